// SPDX-License-Identifier: MIT
// Chains of many objects merged by pattern, as a table.
#include "cli/patterns_table.h"

static const hsn_column step_fields[] = {
    {HSN_COLUMN_TEXT, "type", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "label", NULL, 0, NULL},
    {0},
};

static const hsn_column columns[] = {
    {HSN_COLUMN_COUNT, "count", "Count", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {HSN_COLUMN_TEXT, "held", "Held", 0, NULL},
    {HSN_COLUMN_TEXT, "what", "Path \xE2\x86\x92 type", HSN_COLUMN_TEXT_ONLY, NULL},
    {HSN_COLUMN_TEXT, "type", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_TEXT, "path", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_LIST, "path_steps", NULL, HSN_COLUMN_DATA_ONLY, step_fields},
    {0},
};

static double share_of(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void row_cells(struct cli *cli, hsn_table *table, const hsn_pattern_list *list,
                      const hsn_pattern *row)
{
    hsn_table_count(table, row->count);
    hsn_table_bytes(table, row->size_bytes);
    hsn_table_real(table, share_of(row->count, list->objects));
    hsn_table_text(table, hsn_held_name(row->held));
    hsn_table_text(table, cli_format(cli, "%s \xE2\x86\x92 %s", row->text, row->type));
    hsn_table_text(table, row->type);
    hsn_table_text(table, row->text);
    hsn_table_begin(table);
    for (size_t i = 0; i < row->step_count; i++) {
        hsn_table_text(table, row->steps[i].type);
        hsn_table_text(table, row->steps[i].label);
    }
    hsn_table_end(table);
}

int patterns_print(struct cli *cli, hsn_heap *heap, const uint8_t *types, const char *subject,
                   size_t limit)
{
    hsn_pattern_list list;
    hsn_table *table = NULL;
    hsn_error err = {0};
    if (hsn_pattern_find(heap, types, limit, cli_progress(cli), &list, &err) < 0)
        return cli_failed(cli, subject, &err);
    int r = hsn_table_new(&table, columns, &err) < 0 ? cli_failed(cli, subject, &err) : STATUS_OK;
    for (size_t i = 0; !r && i < list.count; i++)
        row_cells(cli, table, &list, &list.rows[i]);
    if (!r && cli->format == FORMAT_TEXT) {
        hsn_table_count(table, list.objects);
        hsn_table_bytes(table, list.size_bytes);
        hsn_table_null(table);
        hsn_table_null(table);
        hsn_table_text(table, list.matched > list.count
                                  ? cli_format(cli, "(total; %zu more patterns)",
                                               (size_t)list.matched - list.count)
                                  : "(total)");
        for (int i = 5; i < 8; i++)
            hsn_table_null(table);
    }
    if (!r)
        r = out_table(cli, "pattern", table, NULL);
    hsn_table_free(table);
    hsn_pattern_list_free(&list);
    return r;
}
