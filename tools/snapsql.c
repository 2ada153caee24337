// SPDX-License-Identifier: MIT
// snapsql: run an SQL statement over a store's rows and columns.
#include "cli/tool.h"

#include <heapsnap/sql.h>

static void put_cell(hsn_table *table, const hsn_sql_value *value)
{
    switch (value->type) {
    case HSN_SQL_NULL:
        hsn_table_null(table);
        break;
    case HSN_SQL_INTEGER:
        hsn_table_integer(table, value->integer);
        break;
    case HSN_SQL_REAL:
        hsn_table_real(table, value->real);
        break;
    case HSN_SQL_TEXT:
        hsn_table_text_bytes(table, value->text, value->text_length);
        break;
    }
}

// SQL types cells, not columns, so every column leaves the type to its cells.
static int make_table(struct cli *cli, const hsn_sql *sql, hsn_table **out)
{
    int count = hsn_sql_column_count(sql);
    hsn_column *columns = cli_alloc(cli, (size_t)count + 1, sizeof *columns);
    hsn_error err = {0};
    if (!count)
        return cli_error(cli, NULL, "the statement gives no rows");
    for (int i = 0; i < count; i++)
        columns[i] = (hsn_column){
            HSN_COLUMN_VALUE, cli_format(cli, "%s", hsn_sql_column_name(sql, i)), NULL, 0, NULL};
    columns[count] = (hsn_column){0};
    return hsn_table_new(out, columns, &err) < 0 ? cli_failed(cli, NULL, &err) : STATUS_OK;
}

static int fill(struct cli *cli, const char *argument, hsn_sql *sql, hsn_table *table)
{
    hsn_error err = {0};
    int count = hsn_sql_column_count(sql);
    uint64_t rows = 0;
    int r = HSN_DONE;
    while (rows < cli->limit && (r = hsn_sql_next(sql, &err)) == HSN_OK) {
        for (int i = 0; i < count; i++) {
            hsn_sql_value value;
            if (hsn_sql_column(sql, i, &value, &err) < 0)
                return cli_failed(cli, argument, &err);
            put_cell(table, &value);
        }
        rows++;
    }
    if (r < 0)
        return cli_failed(cli, argument, &err);
    if (r == HSN_OK && hsn_sql_next(sql, &err) == HSN_OK)
        cli_note(cli, "only the first %llu rows are shown; -n takes another number",
                 (unsigned long long)rows);
    return STATUS_OK;
}

static int run(struct cli *cli)
{
    const char *argument = cli->args[0];
    struct snapshot *snapshot;
    hsn_table *table = NULL;
    hsn_sql *sql = NULL;
    hsn_error err = {0};
    int r = cli_open(cli, argument, &snapshot);
    if (r)
        return r;
    if (hsn_sql_prepare(&sql, snapshot->store, snapshot->id, cli->args[1], &err) < 0)
        r = cli_failed(cli, argument, &err);
    if (!r)
        r = make_table(cli, sql, &table);
    if (!r)
        r = fill(cli, argument, sql, table);
    if (!r)
        r = out_table(cli, "sql", table, NULL);
    hsn_table_free(table);
    hsn_sql_close(sql);
    return r;
}

const struct tool tool = {
    .name = "snapsql",
    .summary = "run an SQL statement over the rows and objects of a store",
    .args = "SNAPSHOT SQL",
    .examples = "snapsql a.db 'SELECT type, count(*) FROM object GROUP BY type'\n"
                "snapsql a.db \"SELECT * FROM referrers('0x7f12a0c3b040')\"",
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS,
    .min_args = 2,
    .max_args = 2,
    .run = run,
};
