// SPDX-License-Identifier: MIT
// snapinfo: what a store or a dump holds.
#include "cli/tool.h"

#include <string.h>

static bool facts, tags, warnings, verify, formats;

static const struct opt opts[] = {
    {OPT_FLAG, 0, "facts", NULL, &facts, "list the facts of the snapshot: collector, host, counts"},
    {OPT_FLAG, 0, "tags", NULL, &tags, "list the tags of the snapshot"},
    {OPT_FLAG, 0, "warnings", NULL, &warnings, "list oddities that were met while loading"},
    {OPT_FLAG, 0, "verify", NULL, &verify, "check everything: structure, checksums, totals"},
    {OPT_FLAG, 0, "formats", NULL, &formats, "list the dump formats that can be read"},
    {0},
};

static const hsn_column metric_fields[] = {
    {HSN_COLUMN_TEXT, "name"},   {HSN_COLUMN_TEXT, "unit"},    {HSN_COLUMN_COUNT, "count"},
    {HSN_COLUMN_COUNT, "value"}, {HSN_COLUMN_BOOL, "default"}, {0},
};

static const hsn_column info_columns[] = {
    {HSN_COLUMN_COUNT, "id", "Id"},
    {HSN_COLUMN_TEXT, "label", "Label", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_TEXT, "source", "Source"},
    {HSN_COLUMN_TEXT, "format", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_TEXT, "runtime", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_TEXT, "runtime_version", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_TEXT, "runtime_text", "Runtime", HSN_COLUMN_TEXT_ONLY},
    {HSN_COLUMN_TEXT, "program", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_TEXT, "host", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "pid", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_TIME, "captured_at_unix_ms", "Captured", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_BYTES, "rss_bytes", "RSS", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_COUNT, "objects", "Objects", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_COUNT, "references", "References", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_COUNT, "weak_references", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "dangling_references", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "duplicate_objects", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "roots", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_BYTES, "heap_bytes", "Heap", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_COUNT, "types", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "stacks", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "allocations", "Allocations", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_BYTES, "allocation_bytes", "Allocated", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_TEXT, "metrics_text", "Metrics", HSN_COLUMN_TEXT_ONLY | HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_COUNT, "samples", "Samples", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_COUNT, "warnings", "Warnings", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_BYTES, "bytes_read", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_BYTES, "bytes_total", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_BOOL, "complete", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_BOOL, "stable_ids", "Stable ids", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_BOOL, "has_graph", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_BOOL, "graph_dropped", "Graph dropped", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_LIST, "metrics", NULL, HSN_COLUMN_DATA_ONLY, metric_fields},
    {HSN_COLUMN_TEXT, "complete_text", "Complete", HSN_COLUMN_TEXT_ONLY},
    {0},
};

static const hsn_column pair_columns[] = {
    {HSN_COLUMN_TEXT, "snapshot", "Snapshot"},
    {HSN_COLUMN_TEXT, "name", "Name"},
    {HSN_COLUMN_TEXT, "value", "Value"},
    {0},
};

static const hsn_column warning_columns[] = {
    {HSN_COLUMN_TEXT, "snapshot", "Snapshot"},
    {HSN_COLUMN_TEXT, "offset", "At byte"},
    {HSN_COLUMN_TEXT, "message", "Warning"},
    {0},
};

static const hsn_column verify_columns[] = {
    {HSN_COLUMN_TEXT, "store", "Store"},
    {HSN_COLUMN_BOOL, "verified", "Verified"},
    {HSN_COLUMN_COUNT, "snapshots", "Snapshots"},
    {0},
};

static const hsn_column format_columns[] = {
    {HSN_COLUMN_TEXT, "name", "Name"},
    {HSN_COLUMN_TEXT, "title", "Format"},
    {HSN_COLUMN_BOOL, "graph", "Graph"},
    {HSN_COLUMN_BOOL, "types", "Types"},
    {HSN_COLUMN_BOOL, "allocations", "Allocations"},
    {HSN_COLUMN_BOOL, "series", "Series"},
    {HSN_COLUMN_TEXT, "spec", NULL, HSN_COLUMN_DATA_ONLY},
    {0},
};

static void text_or_null(hsn_table *table, const char *text)
{
    hsn_table_text(table, *text ? text : NULL);
}

static void bytes_or_null(hsn_table *table, uint64_t size_bytes)
{
    if (size_bytes)
        hsn_table_bytes(table, size_bytes);
    else
        hsn_table_null(table);
}

// How much of the dump stands in the snapshot.
static const char *coverage(struct cli *cli, const hsn_snapshot_info *info)
{
    if (info->complete)
        return "yes";
    if (!info->bytes_total)
        return cli_format(cli, "no, %s read", cli_bytes(cli, info->bytes_read));
    return cli_format(cli, "no, %s of %s read", cli_bytes(cli, info->bytes_read),
                      cli_bytes(cli, info->bytes_total));
}

// What the allocation profile counts.
static void add_metrics(hsn_table *table, const hsn_metric_list *metrics)
{
    hsn_table_begin(table);
    for (size_t i = 0; i < metrics->count; i++) {
        const hsn_metric *metric = &metrics->rows[i];
        if (!metric->total_count)
            continue;
        hsn_table_text(table, metric->name);
        hsn_table_text(table, metric->unit);
        hsn_table_count(table, metric->count);
        hsn_table_count(table, metric->size_bytes);
        hsn_table_bool(table, metric->is_default);
    }
    hsn_table_end(table);
}

// The same for people, where it is more than live memory.
static const char *metrics_text(struct cli *cli, const hsn_metric_list *metrics)
{
    const char *text = "";
    bool others = false;
    for (size_t i = 0; i < metrics->count; i++) {
        if (!metrics->rows[i].total_count)
            continue;
        text = cli_format(cli, "%s%s%s", text, *text ? ", " : "", metrics->rows[i].name);
        others |= i != HSN_METRIC_INUSE;
    }
    return others ? text : "";
}

static void add_info(struct cli *cli, hsn_table *table, const hsn_snapshot_info *info,
                     const hsn_metric_list *metrics)
{
    hsn_table_count(table, (uint64_t)info->id);
    hsn_table_text(table, info->label);
    hsn_table_text(table, info->source);
    hsn_table_text(table, info->format);
    hsn_table_text(table, info->runtime);
    hsn_table_text(table, info->runtime_version);
    hsn_table_text(table, cli_format(cli, "%s%s%s", info->runtime,
                                     *info->runtime_version ? " " : "", info->runtime_version));
    text_or_null(table, info->program);
    text_or_null(table, info->host);
    if (info->pid > 0)
        hsn_table_count(table, (uint64_t)info->pid);
    else
        hsn_table_null(table);
    if (info->captured_at_unix_ms)
        hsn_table_time(table, info->captured_at_unix_ms);
    else
        hsn_table_null(table);
    bytes_or_null(table, info->rss_bytes > 0 ? (uint64_t)info->rss_bytes : 0);
    hsn_table_count(table, info->objects);
    hsn_table_count(table, info->references);
    hsn_table_count(table, info->weak_references);
    hsn_table_count(table, info->dangling_references);
    hsn_table_count(table, info->duplicate_objects);
    hsn_table_count(table, info->roots);
    hsn_table_bytes(table, info->heap_bytes);
    hsn_table_count(table, info->types);
    hsn_table_count(table, info->stacks);
    hsn_table_count(table, info->allocations);
    hsn_table_bytes(table, info->allocation_bytes);
    hsn_table_text(table, metrics_text(cli, metrics));
    hsn_table_count(table, info->samples);
    hsn_table_count(table, info->warnings);
    hsn_table_bytes(table, info->bytes_read);
    bytes_or_null(table, info->bytes_total);
    hsn_table_bool(table, info->complete);
    hsn_table_bool(table, info->stable_ids);
    hsn_table_bool(table, info->has_graph);
    hsn_table_bool(table, info->graph_dropped);
    add_metrics(table, metrics);
    hsn_table_text(table, coverage(cli, info));
}

static int show_info(struct cli *cli, struct snapshot *const *snapshots, size_t count,
                     hsn_error *err)
{
    hsn_table *table = NULL;
    int r = hsn_table_new(&table, info_columns, err);
    if (r < 0)
        goto done;
    for (size_t i = 0; i < count && r >= 0; i++) {
        hsn_metric_list metrics = {0};
        r = hsn_metric_list_read(snapshots[i]->store, snapshots[i]->id, &metrics, err);
        if (r >= 0)
            add_info(cli, table, snapshots[i]->info, &metrics);
        hsn_metric_list_free(&metrics);
    }
    if (r < 0)
        goto done;
    r = out_table(cli, "info", table, NULL);
done:
    hsn_table_free(table);
    return r;
}

// A list of names and values of a snapshot.
struct pairs {
    const char *schema;
    const hsn_column *columns;
    int (*read)(hsn_store *store, hsn_snapshot_id id, hsn_pair_list *out, hsn_error *err);
};

static int show_pairs(struct cli *cli, struct snapshot *const *snapshots, size_t count,
                      const struct pairs *pairs, hsn_error *err)
{
    hsn_table *table = NULL;
    hsn_column columns[4] = {pairs->columns[0], pairs->columns[1], pairs->columns[2]};
    columns[0].flags = count > 1 ? 0 : HSN_COLUMN_DATA_ONLY;
    int r = hsn_table_new(&table, columns, err);
    for (size_t i = 0; i < count && r >= 0; i++) {
        const hsn_snapshot_info *info = snapshots[i]->info;
        hsn_pair_list list = {0};
        r = pairs->read(snapshots[i]->store, info->id, &list, err);
        for (size_t j = 0; j < list.count; j++) {
            hsn_table_text(table, *info->label ? info->label
                                               : cli_format(cli, "%lld", (long long)info->id));
            text_or_null(table, list.rows[j].name);
            hsn_table_text(table, list.rows[j].value);
        }
        hsn_pair_list_free(&list);
    }
    if (r >= 0)
        r = out_table(cli, pairs->schema, table, NULL);
    hsn_table_free(table);
    return r;
}

static int show_verified(struct cli *cli, struct snapshot *const *snapshots, size_t count,
                         hsn_error *err)
{
    hsn_table *table = NULL;
    int r = hsn_table_new(&table, verify_columns, err);
    // The snapshots of a store stand together.
    for (size_t i = 0, next; i < count && r >= 0; i = next) {
        for (next = i + 1; next < count && snapshots[next]->store == snapshots[i]->store;)
            next++;
        r = hsn_store_verify(snapshots[i]->store, err);
        hsn_table_text(table, snapshots[i]->argument);
        hsn_table_bool(table, 1);
        hsn_table_count(table, next - i);
    }
    if (r >= 0)
        r = out_table(cli, "verify", table, NULL);
    hsn_table_free(table);
    return r;
}

static int show_formats(struct cli *cli, hsn_error *err)
{
    hsn_table *table = NULL;
    hsn_format format;
    int r = hsn_table_new(&table, format_columns, err);
    for (size_t i = 0; r >= 0 && hsn_format_get(i, &format) == HSN_OK; i++) {
        hsn_table_text(table, format.name);
        hsn_table_text(table, format.title);
        hsn_table_bool(table, format.has_graph);
        hsn_table_bool(table, format.has_types);
        hsn_table_bool(table, format.has_allocations);
        hsn_table_bool(table, format.has_series);
        hsn_table_text(table, format.spec);
    }
    if (r >= 0)
        r = out_table(cli, "formats", table, NULL);
    hsn_table_free(table);
    return r;
}

// Snapshots of all arguments, one after the other.
static int open_all(struct cli *cli, struct snapshot ***out, size_t *out_count)
{
    struct snapshot **all = NULL;
    size_t all_count = 0;
    for (size_t i = 0; i < cli->arg_count; i++) {
        struct snapshot **some;
        size_t count;
        int r = cli_open_store(cli, cli->args[i], &some, &count);
        if (r)
            return r;
        struct snapshot **joined = cli_alloc(cli, all_count + count + 1, sizeof *joined);
        if (all_count)
            memcpy(joined, all, all_count * sizeof *joined);
        memcpy(joined + all_count, some, count * sizeof *joined);
        all = joined;
        all_count += count;
    }
    *out = all;
    *out_count = all_count;
    return STATUS_OK;
}

static int run(struct cli *cli)
{
    static const struct pairs fact_pairs = {"facts", pair_columns, hsn_snapshot_facts};
    static const struct pairs tag_pairs = {"tags", pair_columns, hsn_snapshot_tags};
    static const struct pairs warning_pairs = {"warnings", warning_columns, hsn_snapshot_warnings};
    hsn_error err = {0};
    struct snapshot **snapshots;
    size_t count;
    int r;
    if (facts + tags + warnings + verify + formats > 1)
        return cli_usage(cli, "only one of --facts, --tags, --warnings, --verify and --formats");
    if (formats && cli->arg_count)
        return cli_usage(cli, "unexpected argument '%s'", cli->args[0]);
    if (!formats && !cli->arg_count)
        return cli_missing_arguments();
    if (!formats && open_all(cli, &snapshots, &count))
        return STATUS_TROUBLE;
    if (formats)
        r = show_formats(cli, &err);
    else if (facts || tags || warnings)
        r = show_pairs(cli, snapshots, count,
                       facts  ? &fact_pairs
                       : tags ? &tag_pairs
                              : &warning_pairs,
                       &err);
    else if (verify)
        r = show_verified(cli, snapshots, count, &err);
    else
        r = show_info(cli, snapshots, count, &err);
    return r < 0 ? cli_failed(cli, cli->args[0], &err) : r;
}

const struct tool tool = {
    .name = "snapinfo",
    .summary = "tell what a store or a dump holds",
    .args = "SNAPSHOT...",
    .examples = "snapinfo nightly.db\n"
                "snapinfo nightly.db#tuesday --facts\n"
                "snapinfo app.jsonl.gz --json\n"
                "snapinfo --verify nightly.db\n"
                "snapinfo --formats",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_SNAPSHOTS,
    .run = run,
};
