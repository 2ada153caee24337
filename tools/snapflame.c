// SPDX-License-Identifier: MIT
// snapflame: flame graphs of allocations, of retained bytes, and of what changed.
#include "cli/grouping.h"

#include <heapsnap/flame_svg.h>

#include <string.h>

static const char *const words[] = {"lineno", "function", "filename", NULL};
static const hsn_by groupings[] = {HSN_BY_LINENO, HSN_BY_FUNCTION, HSN_BY_FILENAME};

static struct grouping grouping = GROUPING_DEFAULTS;
static const char *output, *title;
static int by, upwards;
static uint64_t depth = HSN_FLAME_MAX_DEPTH;
static bool reverse, retained, folded, keep = true;

static const struct opt opts[] = {
    {OPT_TEXT, 'o', "output", "FILE", &output,
     "the SVG, or the text of --folded; default: the snapshot's name, -flame.svg"},
    {OPT_TEXT, 0, "title", "TEXT", &title, "heading of the picture"},
    {OPT_GROUP, .name = "What is drawn"},
    {OPT_CHOICE, 0, "by", "WHAT", &by, "what one frame is", .choices = words},
    GROUPING_METRIC_ROW(grouping),
    {OPT_FLAG, 0, "retained", NULL, &retained,
     "by retained bytes: an object takes all that it dominates to where it was allocated"},
    {OPT_FLAG, 0, "keep", NULL, &keep,
     "with --retained: keep dominators in the store for the next time (default)"},
    {OPT_FLAG, 0, "reverse", NULL, &reverse,
     "begin with the frames that allocated; below stand their callers"},
    {OPT_COUNT, 'd', "depth", "N", &depth, "N levels of frames, 512 unless told otherwise; 0: all"},
    {OPT_SET, 0, "icicle", NULL, &upwards, "the root on top (default)", .number = 0},
    {OPT_SET, 0, "flame", NULL, &upwards, "the root at the bottom", .number = 1},
    {OPT_FLAG, 0, "folded", NULL, &folded,
     "print folded stacks instead: 'root;caller;leaf 4096', with two numbers for two snapshots"},
    GROUPING_FILTER_ROWS(grouping),
    {0},
};

static const hsn_column columns[] = {
    {HSN_COLUMN_COUNT, "depth"},
    {HSN_COLUMN_TEXT, "file"},
    {HSN_COLUMN_COUNT, "line"},
    {HSN_COLUMN_TEXT, "function"},
    {HSN_COLUMN_COUNT, "count_old"},
    {HSN_COLUMN_COUNT, "count_new"},
    {HSN_COLUMN_BYTES, "size_bytes_old"},
    {HSN_COLUMN_BYTES, "size_bytes_new"},
    {HSN_COLUMN_BYTES, "own_size_bytes_old"},
    {HSN_COLUMN_BYTES, "own_size_bytes_new"},
    {0},
};

static const hsn_column member_columns[] = {
    {HSN_COLUMN_COUNT, "stacks"}, {HSN_COLUMN_COUNT, "dropped"}, {HSN_COLUMN_COUNT, "levels"},
    {HSN_COLUMN_TEXT, "metric"},  {HSN_COLUMN_TEXT, "unit"},     {0}};

static int print_json(struct cli *cli, const hsn_flame *flame)
{
    hsn_table *table = NULL, *members = NULL;
    hsn_error err = {0};
    bool two = flame->snapshots == 2;
    int r = hsn_table_new(&table, columns, &err);
    if (r >= 0)
        r = hsn_table_new(&members, member_columns, &err);
    for (size_t i = 0; r >= 0 && i < flame->count; i++) {
        static const hsn_frame none = {"", "", 0};
        const hsn_flame_box *box = &flame->boxes[i];
        const hsn_frame *frame = box->frame == HSN_NONE ? &none : &flame->frames[box->frame].frame;
        hsn_table_count(table, box->depth);
        hsn_table_text(table, frame->file);
        hsn_table_count(table, frame->line);
        hsn_table_text(table, *frame->function ? frame->function : NULL);
        if (two)
            hsn_table_count(table, box->cells[0].count);
        else
            hsn_table_null(table);
        hsn_table_count(table, box->cells[1].count);
        if (two)
            hsn_table_bytes(table, box->cells[0].size_bytes);
        else
            hsn_table_null(table);
        hsn_table_bytes(table, box->cells[1].size_bytes);
        if (two)
            hsn_table_bytes(table, box->owns[0].size_bytes);
        else
            hsn_table_null(table);
        hsn_table_bytes(table, box->owns[1].size_bytes);
    }
    if (r >= 0) {
        hsn_table_count(members, flame->stacks);
        hsn_table_count(members, flame->dropped + flame->dropped_deep);
        hsn_table_count(members, flame->levels);
        hsn_table_text(members, flame->metric);
        hsn_table_text(members, flame->unit);
    }
    int status = r < 0 ? cli_failed(cli, NULL, &err) : out_table(cli, "flame", table, members);
    hsn_table_free(table);
    hsn_table_free(members);
    return status;
}

static int print_folded(struct cli *cli, const hsn_flame *flame)
{
    struct out *out;
    hsn_error err = {0};
    int status = out_open(cli, output, &out);
    if (status)
        return status;
    hsn_writer writer = out_writer(out);
    if (hsn_flame_folded(flame, &writer, &err) < 0 && err.code != HSN_EIO) {
        out_abandon(out);
        return cli_failed(cli, cli->args[0], &err);
    }
    return out_close(out);
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static int draw(struct cli *cli, const hsn_flame *flame, struct snapshot *const *snapshots)
{
    hsn_flame_svg_options options = {.title = title, .upwards = upwards};
    struct opt_file file = {.given = true, .path = output};
    struct out *out;
    hsn_error err = {0};
    char *data;
    size_t size;
    for (size_t i = 0; i < flame->snapshots; i++)
        options.sources[i] = file_name(snapshots[i]->argument);
    if (hsn_flame_render(flame, &options, &data, &size, &err) < 0)
        return cli_failed(cli, cli->args[0], &err);
    const char *path = cli_derived_path(cli, &file, cli->args[0], "-flame.svg");
    int status = out_open(cli, path, &out);
    if (!status) {
        out_write(out, data, size);
        status = out_close(out);
    }
    hsn_flame_svg_free(data);
    if (!status && strcmp(path, "-"))
        cli_note(cli, "wrote %s (%zu boxes of %llu stack%s)", path, flame->count,
                 (unsigned long long)flame->stacks, flame->stacks == 1 ? "" : "s");
    return status;
}

static int check(struct cli *cli)
{
    if (folded && reverse)
        return cli_usage(cli, "--folded begins at the root; it does not go with --reverse");
    if (folded && cli->format == FORMAT_JSON)
        return cli_usage(cli, "--folded and --json are two outputs; give one of them");
    if (retained && grouping.domain != UINT64_MAX)
        return cli_usage(cli, "objects have no domain; --domain does not go with --retained");
    if (depth > UINT32_MAX)
        return cli_usage(cli, "--depth: more than %lu", (unsigned long)UINT32_MAX);
    return STATUS_OK;
}

static int run(struct cli *cli)
{
    struct snapshot **snapshots;
    size_t count;
    hsn_snapshot_ref refs[2];
    hsn_totals_options totals;
    hsn_flame flame = {0};
    hsn_error err = {0};
    bool whole = folded || cli->format == FORMAT_JSON;
    int status = check(cli);
    if (!status)
        status = grouping_options(cli, &grouping, HSN_BY_TRACEBACK, &totals);
    if (!status)
        status = cli_open_all(cli, 0, &snapshots, &count);
    if (!status)
        status = grouping_check(cli, HSN_BY_TRACEBACK, snapshots, count);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++)
        refs[i] = (hsn_snapshot_ref){snapshots[i]->store, snapshots[i]->id};
    hsn_flame_options options = {.by = groupings[by],
                                 .metric = totals.metric,
                                 .reverse = reverse,
                                 .retained = retained,
                                 .keep = keep,
                                 .least_share = whole ? 0 : HSN_FLAME_LEAST_SHARE,
                                 .max_depth = folded ? 0 : (uint32_t)depth,
                                 .filters = totals.filters,
                                 .filter_count = totals.filter_count};
    if (hsn_flame_read(refs, count, &options, cli_progress(cli), &flame, &err) < 0)
        return cli_failed(cli, cli->args[0], &err);
    if (flame.count == 1)
        status = cli_error(cli, cli->args[0], "no allocations are left to draw");
    else
        status = folded                       ? print_folded(cli, &flame)
                 : cli->format == FORMAT_JSON ? print_json(cli, &flame)
                                              : draw(cli, &flame, snapshots);
    hsn_flame_free(&flame);
    return status;
}

const struct tool tool = {
    .name = "snapflame",
    .summary = "draw a flame graph of allocations, or of what changed",
    .args = "SNAPSHOT [NEWER]",
    .examples = "snapflame trace.pickle\n"
                "snapflame monday.db tuesday.db -o changed.svg\n"
                "snapflame a.db --by function --reverse --flame\n"
                "snapflame trace.pickle --folded",
    .opts = opts,
    .features = TOOL_SNAPSHOTS | TOOL_JSON,
    .min_args = 1,
    .max_args = 2,
    .run = run,
};
