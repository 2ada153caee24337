// SPDX-License-Identifier: MIT
// refaudit: refcounts against visible references; what is left over is held by C code.
#include "cli/tool.h"

#include <heapsnap/audit.h>

#include <string.h>

enum { BY_AUTO, BY_TYPE, BY_OBJECT, BY_HOLDER };
static const char *const words[] = {"auto", "type", "object", "holder", NULL};

static int by;
static bool all;
static const char *type, *module;
static uint64_t min_growth = 1;

static const struct opt opts[] = {
    {OPT_CHOICE, 0, "by", "WHAT", &by,
     "what a row is; auto is type in text and for two snapshots, else object", .choices = words},
    {OPT_FLAG, 0, "all", NULL, &all, "list also what known holders explain"},
    {OPT_TEXT, 0, "type", "GLOB", &type, "only types whose full name matches"},
    {OPT_TEXT, 0, "module", "GLOB", &module, "only types of modules that match"},
    {OPT_COUNT, 0, "min-growth", "N", &min_growth,
     "with two snapshots and --exit-code: growth by fewer references is none"},
    {0},
};

// ---- one snapshot
// ----------------------------------------------------------------------------------

static const hsn_column object_columns[] = {
    {HSN_COLUMN_TEXT, "type", "Type"},
    {HSN_COLUMN_ADDRESS, "address", "Address"},
    {HSN_COLUMN_COUNT, "refcount", "Refcount"},
    {HSN_COLUMN_COUNT, "visible_references", "Visible"},
    {HSN_COLUMN_DELTA_COUNT, "surplus", "Surplus"},
    {HSN_COLUMN_DELTA_COUNT, "unexplained", "Unexplained"},
    {HSN_COLUMN_TEXT, "explained_by", "Explained by", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_TEXT, "text", "Name", HSN_COLUMN_IF_ANY},
    {0},
};

static void holder_cell(hsn_table *table, uint32_t holder)
{
    if (holder == HSN_AUDIT_UNEXPLAINED)
        hsn_table_null(table);
    else
        hsn_table_text(table, hsn_audit_holder(holder));
}

static int object_cells(hsn_table *table, hsn_heap *heap, const hsn_audit_object *row,
                        hsn_error *err)
{
    hsn_object object;
    int r = hsn_heap_object(heap, row->node, &object, err);
    if (r < 0)
        return r;
    hsn_table_text(table, hsn_heap_types(heap)->rows[row->type].name);
    hsn_table_address(table, object.address);
    hsn_table_count(table, row->refcount);
    hsn_table_count(table, row->visible);
    hsn_table_delta(table, row->surplus);
    hsn_table_delta(table, row->surplus - row->explained);
    holder_cell(table, row->holder);
    if (*object.text)
        hsn_table_text(table, object.text);
    else
        hsn_table_null(table);
    return HSN_OK;
}

static const hsn_column type_columns[] = {
    {HSN_COLUMN_TEXT, "type", "Type"},
    {HSN_COLUMN_COUNT, "count", "Objects"},
    {HSN_COLUMN_DELTA_COUNT, "unexplained", "Unexplained"},
    {HSN_COLUMN_DELTA_COUNT, "surplus", "Surplus"},
    {HSN_COLUMN_COUNT, "refcount", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "visible_references", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "type_count", "Of"},
    {HSN_COLUMN_ADDRESS, "address", "Example"},
    {HSN_COLUMN_TEXT, "explained_by", "Explained by", HSN_COLUMN_IF_ANY},
    {0},
};

static int type_cells(hsn_table *table, hsn_heap *heap, const hsn_audit_type *row, hsn_error *err)
{
    hsn_object object;
    int r = hsn_heap_object(heap, row->example, &object, err);
    if (r < 0)
        return r;
    hsn_table_text(table, hsn_heap_types(heap)->rows[row->type].name);
    hsn_table_count(table, row->total.objects);
    hsn_table_delta(table, (int64_t)(row->total.unexplained - row->total.unexplained_deficit));
    hsn_table_delta(table, (int64_t)(row->total.surplus - row->total.deficit));
    hsn_table_count(table, row->refcount);
    hsn_table_count(table, row->visible);
    hsn_table_count(table, row->count);
    hsn_table_address(table, object.address);
    holder_cell(table, row->holder);
    return HSN_OK;
}

static const hsn_column holder_columns[] = {
    {HSN_COLUMN_TEXT, "explained_by", "Explained by"},
    {HSN_COLUMN_COUNT, "count", "Objects"},
    {HSN_COLUMN_DELTA_COUNT, "surplus", "Surplus"},
    {HSN_COLUMN_DELTA_COUNT, "unexplained", "Unexplained"},
    {0},
};

static void holder_cells(hsn_table *table, uint32_t holder, const hsn_audit_total *total)
{
    holder_cell(table, holder);
    hsn_table_count(table, total->objects);
    hsn_table_delta(table, (int64_t)(total->surplus - total->deficit));
    hsn_table_delta(table, (int64_t)(total->unexplained - total->unexplained_deficit));
}

// What no holder has a part in.
static hsn_audit_total rest_of(const hsn_audit *audit)
{
    hsn_audit_total rest = audit->whole;
    for (size_t i = 0; i < hsn_audit_holder_count(); i++) {
        const hsn_audit_total *part = &audit->holders[i];
        rest.objects -= part->objects;
        rest.surplus -= part->surplus;
        rest.deficit -= part->deficit;
        rest.unexplained -= part->unexplained;
        rest.unexplained_deficit -= part->unexplained_deficit;
    }
    return rest;
}

static void add_total(hsn_audit_total *sum, const hsn_audit_total *part)
{
    sum->objects += part->objects;
    sum->surplus += part->surplus;
    sum->deficit += part->deficit;
    sum->unexplained += part->unexplained;
    sum->unexplained_deficit += part->unexplained_deficit;
}

// The first holder of the same words: several rows of the table may describe one.
static uint32_t first_of(uint32_t holder)
{
    uint32_t first = 0;
    while (strcmp(hsn_audit_holder(first), hsn_audit_holder(holder)))
        first++;
    return first;
}

static void fill_holders(struct cli *cli, hsn_table *table, const hsn_audit *audit)
{
    hsn_audit_total rest = rest_of(audit);
    hsn_audit_total *sums = cli_alloc(cli, hsn_audit_holder_count(), sizeof *sums);
    for (uint32_t i = 0; i < hsn_audit_holder_count(); i++)
        add_total(&sums[first_of(i)], &audit->holders[i]);
    if (rest.objects)
        holder_cells(table, HSN_AUDIT_UNEXPLAINED, &rest);
    for (uint32_t i = 0; i < hsn_audit_holder_count(); i++)
        if (sums[i].objects)
            holder_cells(table, i, &sums[i]);
}

static const hsn_column member_columns[] = {
    {HSN_COLUMN_COUNT, "counted_objects"},
    {HSN_COLUMN_COUNT, "uncounted_objects"},
    {HSN_COLUMN_COUNT, "objects_with_surplus_or_deficit"},
    {HSN_COLUMN_COUNT, "unexplained_objects"},
    {HSN_COLUMN_COUNT, "unexplained_references"},
    {0},
};

static void member_cells(hsn_table *members, const hsn_audit *audit)
{
    hsn_table_count(members, audit->counted);
    hsn_table_count(members, audit->uncounted);
    hsn_table_count(members, audit->whole.objects);
    hsn_table_count(members, audit->whole.unexplained_objects);
    hsn_table_count(members, audit->whole.unexplained);
}

static size_t shown(const struct cli *cli, size_t count)
{
    return cli->limit < count ? (size_t)cli->limit : count;
}

// What a reader of the table must know to read it right.
static void say(struct cli *cli, const hsn_audit *audit, size_t rows)
{
    const hsn_audit_total *whole = &audit->whole;
    if (shown(cli, rows) < rows)
        cli_note(cli, "%zu of %zu rows; --limit 0 shows all", shown(cli, rows), rows);
    cli_note(
        cli,
        "%llu of %llu objects have an unexplained surplus or deficit; known holders explain %llu",
        (unsigned long long)whole->unexplained_objects, (unsigned long long)audit->counted,
        (unsigned long long)(whole->objects - whole->unexplained_objects));
}

static int print(struct cli *cli, hsn_heap *heap, const hsn_audit *audit)
{
    static const hsn_column *const columns[] = {
        [BY_TYPE] = type_columns, [BY_OBJECT] = object_columns, [BY_HOLDER] = holder_columns};
    int grouping = by == BY_AUTO ? cli->format == FORMAT_TEXT ? BY_TYPE : BY_OBJECT : by;
    size_t rows = grouping == BY_TYPE     ? audit->type_count
                  : grouping == BY_OBJECT ? audit->object_count
                                          : 0;
    hsn_table *table = NULL, *members = NULL;
    hsn_error err = {0};
    int r = hsn_table_new(&table, columns[grouping], &err);
    if (r >= 0)
        r = hsn_table_new(&members, member_columns, &err);
    for (size_t i = 0; r >= 0 && i < shown(cli, rows); i++)
        r = grouping == BY_TYPE ? type_cells(table, heap, &audit->types[i], &err)
                                : object_cells(table, heap, &audit->objects[i], &err);
    if (r >= 0) {
        if (grouping == BY_HOLDER)
            fill_holders(cli, table, audit);
        member_cells(members, audit);
    }
    r = r < 0 ? cli_failed(cli, NULL, &err) : out_table(cli, "audit", table, members);
    if (!r)
        say(cli, audit, rows);
    hsn_table_free(table);
    hsn_table_free(members);
    return r;
}

static int run_one(struct cli *cli, const struct snapshot *snapshot, hsn_heap *heap,
                   const hsn_audit_options *options)
{
    hsn_audit audit = {0};
    hsn_error err = {0};
    int status = hsn_audit_read(heap, options, cli_progress(cli), &audit, &err) < 0
                     ? cli_failed(cli, snapshot->argument, &err)
                     : print(cli, heap, &audit);
    if (!status && cli->exit_code)
        for (size_t i = 0; i < audit.type_count; i++)
            if (audit.types[i].total.unexplained)
                status = STATUS_FINDING;
    hsn_audit_free(&audit);
    return status;
}

// ---- two snapshots
// ---------------------------------------------------------------------------------

static const hsn_column diff_columns[] = {
    {HSN_COLUMN_TEXT, "type", "Type"},
    {HSN_COLUMN_COUNT, "count_old", "Old"},
    {HSN_COLUMN_COUNT, "count_new", "New"},
    {HSN_COLUMN_DELTA_COUNT, "count_delta", "Objects +/-"},
    {HSN_COLUMN_COUNT, "unexplained_old", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "unexplained_new", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_DELTA_COUNT, "unexplained_delta", "Unexplained +/-"},
    {HSN_COLUMN_COUNT, "surplus_old", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "surplus_new", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_DELTA_COUNT, "surplus_delta", "Surplus +/-"},
    {HSN_COLUMN_ADDRESS, "address", "Example"},
    {0},
};

static int diff_cells(hsn_table *table, hsn_heap *heap, const hsn_audit_diff_row *row,
                      hsn_error *err)
{
    hsn_object object = {0};
    int r = row->example == HSN_NONE ? HSN_OK : hsn_heap_object(heap, row->example, &object, err);
    hsn_table_text(table, row->type);
    hsn_table_count(table, row->old_total.unexplained_objects);
    hsn_table_count(table, row->new_total.unexplained_objects);
    hsn_table_delta(table, row->unexplained_objects_delta);
    hsn_table_count(table, row->old_total.unexplained);
    hsn_table_count(table, row->new_total.unexplained);
    hsn_table_delta(table, row->unexplained_delta);
    hsn_table_count(table, row->old_total.surplus);
    hsn_table_count(table, row->new_total.surplus);
    hsn_table_delta(table, row->surplus_delta);
    if (row->example == HSN_NONE)
        hsn_table_null(table);
    else
        hsn_table_address(table, object.address);
    return r;
}

static bool is_shown(const struct cli *cli, const hsn_audit_diff_row *row)
{
    return all || cli->format != FORMAT_TEXT || row->unexplained_delta ||
           row->unexplained_objects_delta;
}

static int print_diff(struct cli *cli, hsn_heap *heap, const hsn_audit_diff *diff)
{
    hsn_table *table = NULL;
    hsn_error err = {0};
    uint64_t count = 0;
    int r = hsn_table_new(&table, diff_columns, &err);
    for (size_t i = 0; r >= 0 && i < diff->count; i++)
        if (is_shown(cli, &diff->rows[i]) && count++ < cli->limit)
            r = diff_cells(table, heap, &diff->rows[i], &err);
    r = r < 0 ? cli_failed(cli, NULL, &err) : out_table(cli, "audit", table, NULL);
    if (!r && !count)
        cli_note(cli, "no unexplained surplus changed");
    if (!r && count > cli->limit)
        cli_note(cli, "%llu of %llu rows; --limit 0 shows all", (unsigned long long)cli->limit,
                 (unsigned long long)count);
    hsn_table_free(table);
    return r;
}

static bool grew(const hsn_audit_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++)
        if (diff->rows[i].unexplained_delta > 0 &&
            (uint64_t)diff->rows[i].unexplained_delta >= min_growth)
            return true;
    return false;
}

static int run_two(struct cli *cli, struct snapshot *const *snapshots, hsn_heap *const *heaps,
                   hsn_audit_options *options)
{
    hsn_audit audits[2] = {{0}, {0}};
    hsn_audit_diff diff = {0};
    hsn_error err = {0};
    int status = STATUS_OK;
    if (by != BY_AUTO && by != BY_TYPE)
        return cli_usage(cli, "two snapshots are compared by type; --by %s needs one", words[by]);
    options->explained = 1; // a growing surplus of a singleton shows, too
    for (int i = 0; i < 2 && !status; i++)
        if (hsn_audit_read(heaps[i], options, cli_progress(cli), &audits[i], &err) < 0)
            status = cli_failed(cli, snapshots[i]->argument, &err);
    if (!status && hsn_audit_compare(hsn_heap_types(heaps[0]), &audits[0], hsn_heap_types(heaps[1]),
                                     &audits[1], &diff, &err) < 0)
        status = cli_failed(cli, NULL, &err);
    if (!status)
        status = print_diff(cli, heaps[1], &diff);
    if (!status && cli->exit_code && grew(&diff))
        status = STATUS_FINDING;
    hsn_audit_diff_free(&diff);
    hsn_audit_free(&audits[0]);
    hsn_audit_free(&audits[1]);
    return status;
}

static int run(struct cli *cli)
{
    hsn_audit_options options = {.type = type, .module = module, .explained = all};
    struct snapshot **snapshots;
    hsn_heap *heaps[2] = {NULL, NULL};
    hsn_error err = {0};
    size_t count;
    int status = cli_open_all(cli, 0, &snapshots, &count);
    for (size_t i = 0; i < count && !status; i++)
        if (hsn_heap_open(&heaps[i], snapshots[i]->store, snapshots[i]->id, &err) < 0)
            status = cli_failed(cli, snapshots[i]->argument, &err);
    if (!status)
        status = count == 2 ? run_two(cli, snapshots, heaps, &options)
                            : run_one(cli, snapshots[0], heaps[0], &options);
    hsn_heap_close(heaps[0]);
    hsn_heap_close(heaps[1]);
    return status;
}

const struct tool tool = {
    .name = "refaudit",
    .summary = "find objects that C code holds: refcounts against visible references",
    .args = "SNAPSHOT [NEW]",
    .examples = "refaudit a.db\n"
                "refaudit mon.db tue.db\n"
                "refaudit a.db --by object --type 'app.*' --json\n"
                "refaudit mon.db tue.db --exit-code --min-growth 100",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS | TOOL_EXIT_CODE,
    .min_args = 1,
    .max_args = 2,
    .exit_notes = "an unexplained surplus; with two snapshots, one that grew",
    .run = run,
};
