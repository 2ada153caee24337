// SPDX-License-Identifier: MIT
// snaptop: what is in a heap, largest first.
#include "cli/grouping.h"

#include <heapsnap/resources.h>
#include <heapsnap/retained.h>
#include <heapsnap/top.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Words of --by; those of tracemalloc and those of docs/cli.md mean the same.
enum {
    BY_AUTO,
    BY_TYPE,
    BY_MODULE,
    BY_FILENAME,
    BY_FILE,
    BY_LINENO,
    BY_SITE,
    BY_FUNCTION,
    BY_TRACEBACK,
    BY_DOMAIN,
    BY_SITE_MODULE,
    BY_OBJECT
};
static const char *const words[] = {"auto",        "type",   "module",   "filename",  "file",
                                    "lineno",      "site",   "function", "traceback", "domain",
                                    "site-module", "object", NULL};
static const hsn_by groupings[] = {
    [BY_TYPE] = HSN_BY_TYPE,         [BY_MODULE] = HSN_BY_MODULE,
    [BY_FILENAME] = HSN_BY_FILENAME, [BY_FILE] = HSN_BY_FILENAME,
    [BY_LINENO] = HSN_BY_LINENO,     [BY_SITE] = HSN_BY_LINENO,
    [BY_FUNCTION] = HSN_BY_FUNCTION, [BY_TRACEBACK] = HSN_BY_TRACEBACK,
    [BY_DOMAIN] = HSN_BY_DOMAIN,     [BY_SITE_MODULE] = HSN_BY_SITE_MODULE,
};
static const char *const sorts[] = {"bytes", "count", NULL};

static bool retained;
static struct grouping grouping = GROUPING_DEFAULTS;
static int sort_by = HSN_TOP_BY_BYTES;
static bool resources;

static const struct opt opts[] = {
    {OPT_CHOICE, 0, "by", "WHAT", &grouping.by,
     "what a row is; auto is type, without objects lineno, of time function; file and site are "
     "filename and lineno",
     .choices = words},
    {OPT_CHOICE, 0, "sort", "KEY", &sort_by, "largest first by bytes or by count",
     .choices = sorts},
    {OPT_FLAG, 0, "retained", NULL, &retained,
     "find retained bytes of types, modules and objects where the store does not keep them"},
    {OPT_FLAG, 0, "resources", NULL, &resources,
     "list instead files, sockets, threads and suspended code, with what holds them"},
    GROUPING_TYPE_ROWS(grouping),
    GROUPING_SITE_ROWS(grouping),
    {0},
};

static const hsn_column numbers[] = {
    {HSN_COLUMN_COUNT, "count", "Count", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained", HSN_COLUMN_IF_ANY, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {HSN_COLUMN_PERCENT, "cumulative_share", "Cumulative", 0, NULL},
    {0},
};

// Retained bytes of a type or module.
struct held {
    const char *name;
    uint64_t bytes;
};

// By name; none where nobody has found them.
struct held_list {
    struct held *rows;
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct held *)a)->name, ((const struct held *)b)->name);
}

static void number_cells(hsn_table *table, hsn_cell cell, const struct held *held, double share,
                         double cumulative_share)
{
    hsn_table_count(table, cell.count);
    hsn_table_bytes(table, cell.size_bytes);
    if (held)
        hsn_table_bytes(table, held->bytes);
    else
        hsn_table_null(table);
    hsn_table_real(table, share);
    if (isnan(cumulative_share))
        hsn_table_null(table);
    else
        hsn_table_real(table, cumulative_share);
}

static double share_of(hsn_cell part, hsn_cell whole)
{
    return whole.size_bytes ? (double)part.size_bytes / (double)whole.size_bytes : 0;
}

// What the limit cut off, and all: for people only, since it is no row.
static void note_rows(struct cli *cli, hsn_table *table, const hsn_top *top)
{
    bool adds_up = !grouping.cumulative;
    if (top->count < top->matched && adds_up) {
        hsn_cell rest = top->sum;
        for (size_t i = 0; i < top->count; i++) {
            rest.count -= top->rows[i].count;
            rest.size_bytes -= top->rows[i].size_bytes;
        }
        grouping_note_cells(table, top->totals.by,
                            cli_format(cli, "(%zu more)", top->matched - top->count));
        number_cells(table, rest, NULL, share_of(rest, top->whole), NAN);
    }
    if (adds_up && top->sum.size_bytes != top->whole.size_bytes) {
        grouping_note_cells(table, top->totals.by, "(chosen)");
        number_cells(table, top->sum, NULL, share_of(top->sum, top->whole), NAN);
    }
    grouping_note_cells(table, top->totals.by, "(total)");
    number_cells(table, top->whole, NULL, share_of(top->whole, top->whole), NAN);
}

// What to do about dominators that the store does not keep.
static unsigned dominators_flags(void)
{
    return retained ? HSN_DOMINATORS_COMPUTE | HSN_DOMINATORS_KEEP : 0;
}

static int read_stored(struct cli *cli, hsn_heap *heap, hsn_by by, struct held_list *out,
                       hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(heap);
    uint64_t *bytes = cli_alloc(cli, types->count, sizeof *bytes);
    int r = hsn_retained_stored(heap, by, bytes, err);
    if (r < 0)
        return r;
    out->rows = cli_alloc(cli, types->count, sizeof *out->rows);
    for (size_t i = 0; i < types->count; i++) {
        const hsn_type *type = &types->rows[i];
        const char *module = *type->module ? type->module : "builtins";
        const char *name = by == HSN_BY_TYPE ? type->name : module;
        out->rows[out->count++] = (struct held){cli_format(cli, "%s", name), bytes[i]};
    }
    return r;
}

static int find_now(struct cli *cli, hsn_heap *heap, hsn_by by, struct held_list *out,
                    hsn_error *err)
{
    hsn_dominators dominators = {0};
    hsn_retained_groups groups = {0};
    int r = hsn_dominators_read(heap, dominators_flags(), cli_progress(cli), &dominators, err);
    if (r >= 0)
        r = hsn_retained_groups_find(heap, &dominators, by, &groups, err);
    out->rows = cli_alloc(cli, groups.count + 1, sizeof *out->rows);
    for (size_t i = 0; i < groups.count; i++)
        out->rows[out->count++] = (struct held){cli_format(cli, "%s", groups.rows[i].name),
                                                groups.rows[i].retained_bytes};
    hsn_retained_groups_free(&groups);
    hsn_dominators_free(&dominators);
    return r;
}

// Retained bytes by name. Without --retained only what the store keeps.
static int read_held(struct cli *cli, const struct snapshot *snapshot, hsn_by by,
                     struct held_list *out)
{
    hsn_heap *heap = NULL;
    hsn_error err = {0}, missing = {0};
    *out = (struct held_list){0};
    if (by != HSN_BY_TYPE && by != HSN_BY_MODULE)
        return retained ? cli_usage(cli, "--retained goes with type, module and object")
                        : STATUS_OK;
    if (!snapshot->info->has_graph && !retained)
        return STATUS_OK;
    int r = hsn_heap_open(&heap, snapshot->store, snapshot->id, &err);
    if (r >= 0) {
        r = read_stored(cli, heap, by, out, &missing);
        if (r == HSN_ENOTFOUND)
            r = retained ? find_now(cli, heap, by, out, &err) : HSN_OK;
        else if (r < 0)
            err = missing;
    }
    hsn_heap_close(heap);
    if (r < 0)
        return cli_failed(cli, snapshot->argument, &err);
    if (out->count)
        qsort(out->rows, out->count, sizeof *out->rows, by_name);
    return STATUS_OK;
}

static const struct held *held_of(const struct held_list *list, const hsn_key *key, hsn_by by)
{
    const struct held wanted = {.name = by == HSN_BY_TYPE ? key->type : key->module};
    if (!list->count)
        return NULL;
    return bsearch(&wanted, list->rows, list->count, sizeof wanted, by_name);
}

static int print_groups(struct cli *cli, struct snapshot *snapshot, hsn_by by)
{
    struct held_list held;
    hsn_top_options options = {.sort = sort_by, .limit = grouping_limit(cli)};
    hsn_snapshot_ref ref = {snapshot->store, snapshot->id};
    hsn_table *table = NULL;
    hsn_error err = {0};
    hsn_top top = {0};
    int r = grouping_options(cli, &grouping, by, &options.totals);
    if (!r)
        r = grouping_check(cli, by, &snapshot, 1);
    if (!r)
        r = read_held(cli, snapshot, by, &held);
    if (r)
        return r;
    if (hsn_top_read(ref, &options, &top, &err) < 0)
        return cli_failed(cli, snapshot->argument, &err);
    r = grouping_table(cli, &top.totals, numbers, &table);
    for (size_t i = 0; !r && i < top.count; i++) {
        const hsn_top_row *row = &top.rows[i];
        grouping_cells(cli, table, &top.totals, &row->key);
        number_cells(table, (hsn_cell){row->count, row->size_bytes}, held_of(&held, &row->key, by),
                     row->share, row->cumulative_share);
    }
    if (!r && cli->format == FORMAT_TEXT)
        note_rows(cli, table, &top);
    hsn_table *members = grouping_members(&top.totals);
    if (!r)
        r = out_table(cli, "top", table, members);
    hsn_table_free(members);
    hsn_table_free(table);
    hsn_top_free(&top);
    return r;
}

static const hsn_column object_columns[] = {
    {HSN_COLUMN_ADDRESS, "address", "Address", 0, NULL},
    {HSN_COLUMN_TEXT, "type", "Type", 0, NULL},
    {HSN_COLUMN_COUNT, "count", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained", HSN_COLUMN_IF_ANY, NULL},
    {HSN_COLUMN_COUNT, "length", "Length", 0, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {0},
};

static int object_cells(hsn_table *table, hsn_heap *heap, const hsn_dominators *dominators,
                        const hsn_top_objects *top, const hsn_top_object *row, hsn_error *err)
{
    hsn_object object;
    int r = hsn_heap_object(heap, row->node, &object, err);
    if (r < 0)
        return r;
    hsn_table_address(table, object.address);
    hsn_table_text(table, hsn_heap_types(heap)->rows[row->type].name);
    hsn_table_count(table, 1);
    hsn_table_bytes(table, row->size_bytes);
    if (dominators->node_count)
        hsn_table_bytes(table, dominators->retained_bytes[row->node]);
    else
        hsn_table_null(table);
    if (object.length == HSN_NO_LENGTH)
        hsn_table_null(table);
    else
        hsn_table_count(table, object.length);
    hsn_table_real(table, share_of((hsn_cell){1, row->size_bytes}, top->whole));
    return HSN_OK;
}

static int print_objects(struct cli *cli, const struct snapshot *snapshot)
{
    hsn_totals_options none;
    hsn_dominators dominators = {0};
    hsn_top_objects top = {0};
    hsn_table *table = NULL;
    hsn_heap *heap = NULL;
    hsn_error err = {0}, missing = {0};
    size_t limit = grouping_limit(cli);
    if (sort_by == HSN_TOP_BY_COUNT)
        return cli_usage(cli, "--sort count needs groups; it does not go with --by object");
    // The options for allocations are refused as they are for types.
    int status = grouping_options(cli, &grouping, HSN_BY_TYPE, &none);
    if (status)
        return status;
    int r = hsn_heap_open(&heap, snapshot->store, snapshot->id, &err);
    if (r >= 0)
        r = hsn_top_objects_read(heap, grouping.type, grouping.module, limit ? limit : SIZE_MAX,
                                 &top, &err);
    if (r >= 0) {
        r = hsn_dominators_read(heap, dominators_flags(), cli_progress(cli), &dominators, &missing);
        if (r < 0 && r != HSN_ENOTFOUND)
            err = missing;
        r = r == HSN_ENOTFOUND ? HSN_OK : r;
    }
    if (r >= 0)
        r = hsn_table_new(&table, object_columns, &err);
    for (size_t i = 0; r >= 0 && i < top.count; i++)
        r = object_cells(table, heap, &dominators, &top, &top.rows[i], &err);
    status = r < 0 ? cli_failed(cli, snapshot->argument, &err) : out_table(cli, "top", table, NULL);
    hsn_table_free(table);
    hsn_top_objects_free(&top);
    hsn_dominators_free(&dominators);
    hsn_heap_close(heap);
    return status;
}

static const hsn_column step_fields[] = {
    {HSN_COLUMN_ADDRESS, "address"},
    {HSN_COLUMN_TEXT, "type"},
    {HSN_COLUMN_TEXT, "label"},
    {0},
};

static const hsn_column frame_fields[] = {
    {HSN_COLUMN_TEXT, "file"},
    {HSN_COLUMN_COUNT, "line"},
    {HSN_COLUMN_TEXT, "function"},
    {0},
};

static const hsn_column resource_columns[] = {
    {HSN_COLUMN_TEXT, "resource", "Resource"},
    {HSN_COLUMN_TEXT, "type", "Type"},
    {HSN_COLUMN_TEXT, "state", "State"},
    {HSN_COLUMN_COUNT, "count", "Count"},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes"},
    {HSN_COLUMN_BYTES, "retained_bytes", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_ADDRESS, "address", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_BOOL, "reachable", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_TEXT, "root_kind", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_TEXT, "root_name", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_LIST, "steps", NULL, HSN_COLUMN_DATA_ONLY, step_fields},
    {HSN_COLUMN_OBJECT, "allocated_at", NULL, HSN_COLUMN_DATA_ONLY, frame_fields},
    {HSN_COLUMN_TEXT, "site", "Allocated at", HSN_COLUMN_TEXT_ONLY | HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_TEXT, "holder", "Held by"},
    {0},
};

static void text_or_null(hsn_table *table, const char *text)
{
    if (*text)
        hsn_table_text(table, text);
    else
        hsn_table_null(table);
}

static void chain_cells(hsn_table *table, const hsn_chain *chain)
{
    hsn_table_bool(table, chain->found);
    text_or_null(table, chain->found ? hsn_root_kind_name(chain->root.kind) : "");
    text_or_null(table, chain->found ? chain->root.name : "");
    hsn_table_begin(table);
    for (size_t i = 0; i < chain->step_count; i++) {
        hsn_table_address(table, chain->steps[i].address);
        hsn_table_text(table, chain->steps[i].type_name);
        hsn_table_text(table, chain->steps[i].label);
    }
    hsn_table_end(table);
}

static void site_cells(struct cli *cli, hsn_table *table, const hsn_frame *site)
{
    if (!*site->file) {
        hsn_table_null(table);
        hsn_table_null(table);
        return;
    }
    hsn_table_begin(table);
    hsn_table_text(table, site->file);
    hsn_table_count(table, site->line);
    text_or_null(table, site->function);
    hsn_table_end(table);
    hsn_table_text(table, cli_format(cli, "%s:%u", site->file, (unsigned)site->line));
}

static int resource_cells(struct cli *cli, hsn_table *table, hsn_heap *heap,
                          const hsn_resource *row, hsn_error *err)
{
    hsn_object object;
    int r = hsn_heap_object(heap, row->example, &object, err);
    if (r < 0)
        return r;
    hsn_table_text(table, row->resource);
    hsn_table_text(table, row->type_name);
    text_or_null(table, row->state);
    hsn_table_count(table, row->count);
    hsn_table_bytes(table, row->size_bytes);
    hsn_table_null(table); // retained bytes need dominators
    hsn_table_address(table, object.address);
    chain_cells(table, &row->chain);
    site_cells(cli, table, &row->site);
    text_or_null(table, row->chain.found ? row->chain.expression : "");
    return HSN_OK;
}

static int print_resources(struct cli *cli, const struct snapshot *snapshot)
{
    hsn_totals_options none;
    hsn_resources_options options = {.type = grouping.type,
                                     .module = grouping.module,
                                     .limit = cli->limit == UINT64_MAX ? 0 : cli->limit};
    hsn_resources found = {0};
    hsn_profile profile = {0};
    hsn_table *table = NULL;
    hsn_heap *heap = NULL;
    hsn_error err = {0};
    if (grouping.by != BY_AUTO || sort_by != HSN_TOP_BY_BYTES)
        return cli_usage(cli, "--resources has groups and an order of its own");
    // The options for allocations are refused as they are for types.
    int status = grouping_options(cli, &grouping, HSN_BY_TYPE, &none);
    if (status)
        return status;
    int r = hsn_heap_open(&heap, snapshot->store, snapshot->id, &err);
    if (r >= 0 && snapshot->info->stacks) {
        r = hsn_profile_read(snapshot->store, snapshot->id, &profile, &err);
        options.profile = &profile;
    }
    if (r >= 0)
        r = hsn_resources_find(heap, &options, cli_progress(cli), &found, &err);
    if (r >= 0)
        r = hsn_table_new(&table, resource_columns, &err);
    for (size_t i = 0; r >= 0 && i < found.count; i++)
        r = resource_cells(cli, table, heap, &found.rows[i], &err);
    status = r < 0 ? cli_failed(cli, snapshot->argument, &err)
                   : out_table(cli, "resources", table, NULL);
    if (!status && found.count < found.groups)
        cli_note(cli, "%zu of %llu rows; --limit 0 shows all", found.count,
                 (unsigned long long)found.groups);
    hsn_table_free(table);
    hsn_resources_free(&found);
    hsn_profile_free(&profile);
    hsn_heap_close(heap);
    return status;
}

static int run(struct cli *cli)
{
    struct snapshot *snapshot;
    int r = cli_open(cli, cli->args[0], &snapshot);
    if (r)
        return r;
    if (resources)
        return print_resources(cli, snapshot);
    if (grouping.by == BY_OBJECT)
        return print_objects(cli, snapshot);
    hsn_by by = grouping.by == BY_AUTO ? HSN_BY_COUNT : groupings[grouping.by];
    return print_groups(cli, snapshot, grouping_by(&grouping, by, &snapshot, 1));
}

const struct tool tool = {
    .name = "snaptop",
    .summary = "list what is in a heap, largest first",
    .args = "SNAPSHOT",
    .examples = "snaptop a.db\n"
                "snaptop a.db --by module\n"
                "snaptop a.db --by object --type dict\n"
                "snaptop a.db --resources\n"
                "snaptop trace.pickle --by lineno --exclude '<frozen importlib*' --json\n"
                "snaptop fleet.db --aggregate sum --tag service=shop",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS | TOOL_AGGREGATE,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
