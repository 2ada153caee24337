// SPDX-License-Identifier: MIT
// Options that choose and group totals, and the columns that name their rows.
#include "cli/grouping.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_FRAMES = 4 };

static int add_filters(struct cli *cli, const struct grouping *grouping, hsn_totals_options *out)
{
    size_t count = grouping->include.count + grouping->exclude.count, n = 0;
    bool by_domain = grouping->domain != UINT64_MAX;
    hsn_site_filter *filters = cli_alloc(cli, count + 1, sizeof *filters);
    if (by_domain && grouping->domain > UINT32_MAX)
        return cli_usage(cli, "--domain: more than %lu", (unsigned long)UINT32_MAX);
    if (grouping->all_frames && !count)
        return cli_usage(cli, "--all-frames needs --include or --exclude");
    for (size_t i = 0; i < count; i++) {
        bool exclude = i >= grouping->include.count;
        const char *text = exclude ? grouping->exclude.items[i - grouping->include.count]
                                   : grouping->include.items[i];
        hsn_error err = {0};
        if (hsn_site_filter_parse(text, &filters[n], &err) < 0)
            return cli_usage(cli, "%s: %s", exclude ? "--exclude" : "--include", err.message);
        filters[n].exclusive = exclude;
        filters[n].all_frames = grouping->all_frames;
        // A person who names files and a domain means both; inclusive filters of tracemalloc are
        // alternatives, so that the domain goes into each of them.
        filters[n].has_domain = by_domain && !exclude;
        filters[n++].domain = by_domain ? (uint32_t)grouping->domain : 0;
    }
    if (by_domain && !grouping->include.count)
        filters[n++] = (hsn_site_filter){.has_domain = 1, .domain = (uint32_t)grouping->domain};
    out->filters = filters;
    out->filter_count = n;
    return STATUS_OK;
}

int grouping_options(struct cli *cli, const struct grouping *grouping, hsn_by by,
                     hsn_totals_options *out)
{
    const char *word = hsn_by_name(by);
    *out = (hsn_totals_options){.by = by,
                                .metric = grouping->metric,
                                .cumulative = grouping->cumulative,
                                .type = grouping->type,
                                .module = grouping->module};
    if (add_filters(cli, grouping, out))
        return STATUS_TROUBLE;
    if (hsn_by_is_site(by) && (grouping->type || grouping->module))
        return cli_usage(cli, "--type and --module choose objects; they do not go with --by %s",
                         word);
    if (!hsn_by_is_site(by) && out->filter_count)
        return cli_usage(cli, "allocations cannot be chosen with --by %s; try --by lineno", word);
    if (grouping->metric && !hsn_by_is_site(by))
        return cli_usage(cli, "--metric is about allocations; it does not go with --by %s", word);
    if (grouping->cumulative &&
        (!hsn_by_is_site(by) || by == HSN_BY_TRACEBACK || by == HSN_BY_DOMAIN))
        return cli_usage(cli, "--cumulative needs frames; it does not go with --by %s", word);
    return STATUS_OK;
}

static bool has_site_options(const struct grouping *grouping)
{
    return grouping->metric || grouping->cumulative || grouping->include.count ||
           grouping->exclude.count || grouping->domain != UINT64_MAX;
}

// A profile may have no live memory but CPU time. What cannot be read is told by whoever needs it.
static bool has_profile(const struct snapshot *snapshot, bool *out_memory)
{
    hsn_metric_list metrics;
    bool has = *out_memory = snapshot->info->allocations > 0;
    if (has || hsn_metric_list_read(snapshot->store, snapshot->id, &metrics, NULL) < 0)
        return has;
    for (size_t i = 0; i < metrics.count; i++)
        if (metrics.rows[i].total_count) {
            has = true;
            *out_memory = *out_memory || !strcmp(metrics.rows[i].unit, HSN_UNIT_BYTES);
        }
    hsn_metric_list_free(&metrics);
    return has;
}

hsn_by grouping_by(const struct grouping *grouping, hsn_by by, struct snapshot *const *snapshots,
                   size_t count)
{
    bool objects = false, allocations = false, memory = false, of_this;
    for (size_t i = 0; i < count; i++) {
        objects = objects || snapshots[i]->info->objects;
        allocations = has_profile(snapshots[i], &of_this) || allocations;
        memory = memory || of_this;
    }
    // Profiles of time are asked by function: cProfile knows nothing finer.
    if (by == HSN_BY_COUNT && !objects && allocations && !memory)
        return HSN_BY_FUNCTION;
    if (by == HSN_BY_COUNT)
        return grouping->metric || (!objects && allocations) ? HSN_BY_LINENO : HSN_BY_TYPE;
    if (by == HSN_BY_MODULE && ((!objects && allocations) || has_site_options(grouping)))
        return HSN_BY_SITE_MODULE;
    return by;
}

int grouping_check(struct cli *cli, hsn_by by, struct snapshot *const *snapshots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const hsn_snapshot_info *info = snapshots[i]->info;
        bool memory, objects = info->objects, allocations = has_profile(snapshots[i], &memory);
        if (!hsn_by_is_site(by) && !objects)
            return cli_error(cli, snapshots[i]->argument, "no objects in this snapshot%s",
                             allocations ? "; try --by lineno" : "");
        // A profile may be empty; an object graph without any stack was not traced.
        if (hsn_by_is_site(by) && !allocations && objects)
            return cli_error(cli, snapshots[i]->argument, "no allocations were traced");
    }
    return STATUS_OK;
}

size_t grouping_limit(const struct cli *cli)
{
    return cli->limit >= SIZE_MAX ? 0 : (size_t)cli->limit;
}

static const hsn_column frame_fields[] = {
    {HSN_COLUMN_TEXT, "file", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "line", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "function", NULL, 0, NULL},
    {0},
};

size_t grouping_columns(hsn_by by, hsn_column *out)
{
    static const hsn_column type = {HSN_COLUMN_TEXT, "type", "Type", 0, NULL};
    static const hsn_column module = {HSN_COLUMN_TEXT, "module", "Module", 0, NULL};
    static const hsn_column domain = {HSN_COLUMN_VALUE, "domain", "Domain", 0, NULL};
    static const hsn_column file = {HSN_COLUMN_TEXT, "file", "File", 0, NULL};
    static const hsn_column data[] = {
        {HSN_COLUMN_TEXT, "file", NULL, HSN_COLUMN_DATA_ONLY, NULL},
        {HSN_COLUMN_COUNT, "line", NULL, HSN_COLUMN_DATA_ONLY, NULL},
        {HSN_COLUMN_TEXT, "function", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    };
    static const hsn_column stack = {HSN_COLUMN_LIST, "stack", NULL, HSN_COLUMN_DATA_ONLY,
                                     frame_fields};
    static const hsn_column shown = {HSN_COLUMN_TEXT, "site", "Site", HSN_COLUMN_TEXT_ONLY, NULL};
    size_t n = 0;
    switch (by) {
    case HSN_BY_TYPE:
        out[n++] = type;
        break;
    case HSN_BY_MODULE:
        out[n++] = module;
        break;
    case HSN_BY_SITE_MODULE:
        out[n++] = module;
        break;
    case HSN_BY_DOMAIN:
        out[n++] = domain;
        break;
    case HSN_BY_FILENAME:
        out[n++] = file;
        break;
    case HSN_BY_LINENO:
        out[n++] = data[0];
        out[n++] = data[1];
        out[n++] = data[2];
        out[n++] = shown;
        break;
    case HSN_BY_FUNCTION:
        out[n++] = data[0];
        out[n++] = data[2];
        out[n++] = shown;
        break;
    default:
        assert(by == HSN_BY_TRACEBACK);
        out[n++] = stack;
        out[n++] = shown;
        break;
    }
    return n;
}

static void text_or_null(hsn_table *table, const char *text)
{
    if (*text)
        hsn_table_text(table, text);
    else
        hsn_table_null(table);
}

static const char *file_name(const char *file)
{
    return *file ? file : "(unknown)";
}

static void lineno_cells(struct cli *cli, hsn_table *table, const hsn_key *key)
{
    hsn_table_text(table, key->file);
    hsn_table_count(table, key->line);
    text_or_null(table, key->function);
    if (!*key->file && *key->function)
        hsn_table_text(table, key->function);
    else
        hsn_table_text(table, cli_format(cli, "%s:%u%s%s", file_name(key->file), key->line,
                                         *key->function ? " " : "", key->function));
}

static void function_cells(struct cli *cli, hsn_table *table, const hsn_key *key)
{
    const char *function = *key->function ? key->function : "(unknown)";
    hsn_table_text(table, key->file);
    text_or_null(table, key->function);
    hsn_table_text(table, *key->file ? cli_format(cli, "%s %s", key->file, function) : function);
}

// The last two parts of a path: enough to know the file, and several frames fit a line.
static const char *short_path(const char *path)
{
    const char *start = path;
    unsigned slashes = 0;
    for (const char *c = path + strlen(path); c > path && slashes < 2; c--)
        if (c[-1] == '/' && ++slashes == 2)
            start = c;
    return start;
}

static const char *stack_text(struct cli *cli, const hsn_totals *totals, uint32_t stack)
{
    char text[512];
    size_t used = 0, frames = 0, left = 0;
    text[0] = 0;
    for (; stack != HSN_NONE; stack = totals->stacks[stack].parent) {
        const hsn_frame *frame = &totals->frames[totals->stacks[stack].frame];
        if (frames++ >= TEXT_FRAMES || used >= sizeof text - 1) {
            left++;
            continue;
        }
        int written = snprintf(text + used, sizeof text - used, "%s%s:%u", frames > 1 ? " < " : "",
                               short_path(file_name(frame->file)), frame->line);
        used += written > 0 ? (size_t)written : 0;
    }
    return left ? cli_format(cli, "%s < %zu more", text, left) : cli_format(cli, "%s", text);
}

static void stack_cells(struct cli *cli, hsn_table *table, const hsn_totals *totals,
                        const hsn_key *key)
{
    hsn_table_begin(table);
    for (uint32_t s = key->stack; s != HSN_NONE; s = totals->stacks[s].parent) {
        const hsn_frame *frame = &totals->frames[totals->stacks[s].frame];
        hsn_table_text(table, frame->file);
        hsn_table_count(table, frame->line);
        text_or_null(table, frame->function);
    }
    hsn_table_end(table);
    hsn_table_text(table, stack_text(cli, totals, key->stack));
}

void grouping_cells(struct cli *cli, hsn_table *table, const hsn_totals *totals, const hsn_key *key)
{
    switch (totals->by) {
    case HSN_BY_TYPE:
        hsn_table_text(table, key->type);
        break;
    case HSN_BY_MODULE:
        hsn_table_text(table, key->module);
        break;
    case HSN_BY_SITE_MODULE:
        hsn_table_text(table, cli->format == FORMAT_TEXT ? file_name(key->module) : key->module);
        break;
    case HSN_BY_DOMAIN:
        hsn_table_integer(table, key->domain);
        break;
    case HSN_BY_FILENAME:
        hsn_table_text(table, cli->format == FORMAT_TEXT ? file_name(key->file) : key->file);
        break;
    case HSN_BY_LINENO:
        lineno_cells(cli, table, key);
        break;
    case HSN_BY_FUNCTION:
        function_cells(cli, table, key);
        break;
    default:
        stack_cells(cli, table, totals, key);
        break;
    }
}

void grouping_note_cells(hsn_table *table, hsn_by by, const char *note)
{
    hsn_column columns[GROUPING_COLUMNS];
    size_t count = grouping_columns(by, columns);
    for (size_t i = 0; i + 1 < count; i++)
        hsn_table_null(table);
    hsn_table_text(table, note);
}

// "size_bytes_delta" is "value_delta", "sizes_bytes" is "values", "slope_bytes" is "slope_value".
static const char *value_name(struct cli *cli, const char *name)
{
    static const char *const words[][2] = {
        {"sizes_bytes", "values"}, {"size_bytes", "value"}, {"bytes", "value"}};
    bool of_objects = !strncmp(name, "retained", 8);
    for (size_t i = 0; i < sizeof words / sizeof *words && !of_objects; i++) {
        const char *at = strstr(name, words[i][0]);
        if (at)
            return cli_format(cli, "%.*s%s%s", (int)(at - name), name, words[i][1],
                              at + strlen(words[i][0]));
    }
    return name;
}

// "Bytes +/-" is "Time +/-" or "Value +/-".
static const char *value_title(struct cli *cli, const char *title, bool duration)
{
    const char *bytes = title ? strstr(title, "ytes") : NULL;
    if (!bytes || bytes == title)
        return title;
    bool upper = bytes[-1] == 'B';
    const char *word = duration ? (upper ? "Time" : "time") : (upper ? "Value" : "value");
    return cli_format(cli, "%.*s%s%s", (int)(bytes - title - 1), title, word, bytes + 4);
}

const hsn_column *grouping_units(struct cli *cli, const hsn_column *columns,
                                 const hsn_totals *totals)
{
    bool duration = !strcmp(totals->unit, HSN_UNIT_NS);
    size_t count = 0;
    if (!strcmp(totals->unit, HSN_UNIT_BYTES))
        return columns;
    while (columns[count].type)
        count++;
    hsn_column *out = cli_alloc(cli, count + 1, sizeof *out);
    for (size_t i = 0; i < count; i++) {
        out[i] = columns[i];
        out[i].name = value_name(cli, columns[i].name);
        out[i].title = value_title(cli, columns[i].title, duration);
        if (columns[i].type == HSN_COLUMN_BYTES || columns[i].type == HSN_COLUMN_DELTA_BYTES ||
            columns[i].type == HSN_COLUMN_REAL_BYTES)
            out[i].flags |= duration ? HSN_COLUMN_NS : HSN_COLUMN_PLAIN;
    }
    out[count] = (hsn_column){0};
    return out;
}

static const hsn_column metric_fields[] = {
    {HSN_COLUMN_TEXT, "name", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "unit", NULL, 0, NULL},
    {0},
};

const hsn_column grouping_metric_column = {HSN_COLUMN_OBJECT, "metric", NULL, 0, metric_fields};

void grouping_metric_cell(hsn_table *table, const hsn_totals *totals)
{
    if (!hsn_by_is_site(totals->by)) {
        hsn_table_null(table);
        return;
    }
    hsn_table_begin(table);
    hsn_table_text(table, totals->metric);
    hsn_table_text(table, totals->unit);
    hsn_table_end(table);
}

hsn_table *grouping_members(const hsn_totals *totals)
{
    const hsn_column columns[] = {grouping_metric_column, {0}};
    hsn_table *members = NULL;
    if (!hsn_by_is_site(totals->by) || hsn_table_new(&members, columns, NULL) < 0)
        return NULL;
    grouping_metric_cell(members, totals);
    return members;
}

int grouping_table(struct cli *cli, const hsn_totals *totals, const hsn_column *columns,
                   hsn_table **out)
{
    hsn_error err = {0};
    hsn_column all[32];
    size_t n = grouping_columns(totals->by, all);
    for (columns = grouping_units(cli, columns, totals); columns->type; columns++) {
        assert(n + 1 < sizeof all / sizeof *all);
        all[n++] = *columns;
    }
    all[n] = (hsn_column){0};
    return hsn_table_new(out, all, &err) < 0 ? cli_failed(cli, NULL, &err) : STATUS_OK;
}
