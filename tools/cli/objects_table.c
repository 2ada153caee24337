// SPDX-License-Identifier: MIT
// New, gone and surviving objects by type, as a table.
#include "cli/objects_table.h"

static const hsn_column columns[] = {
    {HSN_COLUMN_TEXT, "type", "Type", 0, NULL},
    {HSN_COLUMN_COUNT, "new_count", "New", 0, NULL},
    {HSN_COLUMN_COUNT, "gone_count", "Gone", 0, NULL},
    {HSN_COLUMN_COUNT, "survived_count", "Survived", 0, NULL},
    {HSN_COLUMN_BYTES, "new_size_bytes", "New bytes", 0, NULL},
    {HSN_COLUMN_BYTES, "gone_size_bytes", "Gone bytes", 0, NULL},
    {HSN_COLUMN_BYTES, "survived_size_bytes", "Survived bytes", 0, NULL},
    {HSN_COLUMN_DELTA_BYTES, "size_bytes_delta", "Bytes +/-", 0, NULL},
    {HSN_COLUMN_ADDRESS, "example", "Example", HSN_COLUMN_IF_ANY, NULL},
    {0},
};

static void row_cells(hsn_table *table, const char *name, const hsn_objects_row *row)
{
    hsn_table_text(table, name);
    hsn_table_count(table, row->fresh.count);
    hsn_table_count(table, row->gone.count);
    hsn_table_count(table, row->survived.count);
    hsn_table_bytes(table, row->fresh.size_bytes);
    hsn_table_bytes(table, row->gone.size_bytes);
    hsn_table_bytes(table, row->survived.size_bytes);
    hsn_table_delta(table, row->size_bytes_delta);
    if (row->example)
        hsn_table_address(table, row->example);
    else
        hsn_table_null(table);
}

static void subtract(hsn_cell *from, const hsn_cell *cell)
{
    from->count -= cell->count;
    from->size_bytes -= cell->size_bytes;
}

static hsn_table *make_members(const hsn_objects *objects)
{
    static const hsn_column member_columns[] = {
        {HSN_COLUMN_COUNT, "common", NULL, 0, NULL},
        {HSN_COLUMN_COUNT, "disagreeing", NULL, 0, NULL},
        {0},
    };
    hsn_table *members = NULL;
    if (hsn_table_new(&members, member_columns, NULL) < 0)
        return NULL;
    hsn_table_count(members, objects->common);
    hsn_table_count(members, objects->disagreeing);
    return members;
}

static bool is_shown(const struct cli *cli, const hsn_objects_row *row, bool unchanged)
{
    return unchanged || cli->format != FORMAT_TEXT || row->fresh.count || row->gone.count ||
           row->size_bytes_delta;
}

static int print(struct cli *cli, const hsn_objects *objects, bool unchanged)
{
    hsn_table *table = NULL, *members = make_members(objects);
    hsn_objects_row rest = objects->sum;
    size_t listed = 0;
    int r = STATUS_OK;
    uint64_t most = cli->limit;
    if (!members || hsn_table_new(&table, columns, NULL) < 0)
        r = cli_error(cli, NULL, "out of memory");
    for (size_t i = 0; !r && i < objects->count; i++) {
        const hsn_objects_row *row = &objects->rows[i];
        if (listed >= most || !is_shown(cli, row, unchanged))
            continue;
        row_cells(table, row->type, row);
        listed++;
        subtract(&rest.fresh, &row->fresh);
        subtract(&rest.gone, &row->gone);
        subtract(&rest.survived, &row->survived);
        rest.size_bytes_delta -= row->size_bytes_delta;
    }
    if (!r && cli->format == FORMAT_TEXT) {
        if (objects->count > listed)
            row_cells(table, cli_format(cli, "(%zu more)", objects->count - listed), &rest);
        row_cells(table, "(total)", &objects->sum);
    }
    if (!r)
        r = out_table(cli, "objects", table, members);
    hsn_table_free(table);
    hsn_table_free(members);
    return r;
}

int objects_print(struct cli *cli, struct snapshot *const *snapshots, size_t count,
                  const char *type, bool unchanged, uint64_t min_growth)
{
    hsn_objects_options options = {.type = type};
    hsn_snapshot_ref refs[3];
    hsn_objects objects;
    hsn_error err = {0};
    for (size_t i = 0; i < count && i < 3; i++)
        refs[i] = (hsn_snapshot_ref){snapshots[i]->store, snapshots[i]->id};
    if (hsn_objects_between(refs, count, &options, &objects, &err) < 0)
        return cli_failed(cli, snapshots[0]->argument, &err);
    int r = print(cli, &objects, unchanged);
    for (size_t i = 0; !r && cli->exit_code && i < objects.count; i++)
        if (objects.rows[i].size_bytes_delta > 0 &&
            (uint64_t)objects.rows[i].size_bytes_delta >= min_growth)
            r = STATUS_FINDING;
    hsn_objects_free(&objects);
    return r;
}
