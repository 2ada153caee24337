// SPDX-License-Identifier: MIT
// cyclefind: the reference cycles of a heap, ranked by bytes.
#include "cli/tool.h"

#include <heapsnap/draw_cycles.h>
#include <heapsnap/retained.h>
#include <heapsnap/totals.h>

#include <string.h>

static struct opt_list types, kinds;
static uint64_t min_objects, max_nodes = HSN_DRAW_DEFAULT_NODES;
static struct opt_file files[HSN_DRAW_FORMAT_COUNT];
static bool each, full_names, housekeeping, retained, separate;

static const struct opt opts[] = {
    {OPT_LIST, 0, "kind", "KIND", &kinds,
     "only live, garbage, pinned or unknown components; may be given several times"},
    {OPT_LIST, 0, "type", "GLOB", &types,
     "only components with an object of such a type: full name, or name without module; may be "
     "given several times"},
    {OPT_COUNT, 0, "min-objects", "N", &min_objects, "only components of at least N objects"},
    {OPT_FLAG, 0, "separate", NULL, &separate,
     "a row for each component also where many are alike; JSON and CSV always have that"},
    {OPT_FLAG, 0, "housekeeping", NULL, &housekeeping,
     "also live cycles through classes, modules and the globals of functions, which every process "
     "has"},
    {OPT_FLAG, 0, "retained", NULL, &retained, "tell what would go if a component went"},
    {OPT_GROUP, 0, "Drawing"},
    {OPT_FILE, 0, "svg", "FILE", &files[HSN_DRAW_SVG],
     "draw the components that are listed; without FILE the name comes from the input",
     .extension = ".svg"},
    {OPT_FILE, 0, "png", "FILE", &files[HSN_DRAW_PNG], "the same as PNG", .extension = ".png"},
    {OPT_FILE, 0, "pdf", "FILE", &files[HSN_DRAW_PDF], "the same as PDF", .extension = ".pdf"},
    {OPT_FILE, 0, "dot", "FILE", &files[HSN_DRAW_DOT], "the same as DOT text", .extension = ".dot"},
    {OPT_FLAG, 0, "each", NULL, &each, "a file for each component: dump-cycles-1.svg, …"},
    {OPT_COUNT, 0, "max-nodes", "N", &max_nodes, "draw at most N objects in a file"},
    {OPT_FLAG, 0, "full-names", NULL, &full_names, "draw type names with their modules"},
    {0},
};

static const hsn_column type_fields[] = {
    {HSN_COLUMN_TEXT, "type"},
    {HSN_COLUMN_COUNT, "count"},
    {0},
};

static const hsn_column step_fields[] = {
    {HSN_COLUMN_ADDRESS, "address"},
    {HSN_COLUMN_TEXT, "type"},
    {HSN_COLUMN_TEXT, "label"},
    {HSN_COLUMN_TEXT, "kind"},
    {0},
};

static const hsn_column cut_fields[] = {
    {HSN_COLUMN_ADDRESS, "source"},
    {HSN_COLUMN_ADDRESS, "target"},
    {HSN_COLUMN_TEXT, "label"},
    {HSN_COLUMN_TEXT, "source_type"},
    {HSN_COLUMN_TEXT, "target_type"},
    {HSN_COLUMN_COUNT, "objects_freed"},
    {0},
};

static const hsn_column columns[] = {
    {HSN_COLUMN_COUNT, "component", "#"},
    {HSN_COLUMN_TEXT, "kind", "Kind"},
    {HSN_COLUMN_COUNT, "alike", "Times"},
    {HSN_COLUMN_COUNT, "objects", "Objects"},
    {HSN_COLUMN_BYTES, "size_bytes", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_BYTES, "alike_size_bytes", "Bytes"},
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_LIST, "types", NULL, HSN_COLUMN_DATA_ONLY, type_fields},
    {HSN_COLUMN_TEXT, "types_text", "Types", HSN_COLUMN_TEXT_ONLY},
    {HSN_COLUMN_LIST, "shortest_cycle", NULL, HSN_COLUMN_DATA_ONLY, step_fields},
    {HSN_COLUMN_BOOL, "shortest_is_exact", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_OBJECT, "cut", NULL, HSN_COLUMN_DATA_ONLY, cut_fields},
    {HSN_COLUMN_TEXT, "cut_text", "Cut", HSN_COLUMN_TEXT_ONLY},
    {HSN_COLUMN_TEXT, "shortest_text", "Shortest cycle", HSN_COLUMN_TEXT_ONLY},
    {0},
};

static const hsn_column total_fields[] = {
    {HSN_COLUMN_TEXT, "kind"},
    {HSN_COLUMN_COUNT, "components"},
    {HSN_COLUMN_COUNT, "objects"},
    {HSN_COLUMN_BYTES, "size_bytes"},
    {0},
};

static const hsn_column member_columns[] = {
    {HSN_COLUMN_COUNT, "matched"},
    {HSN_COLUMN_BOOL, "has_roots"},
    {HSN_COLUMN_BOOL, "tells_pinned"},
    {HSN_COLUMN_BOOL, "housekeeping"},
    {HSN_COLUMN_LIST, "totals", NULL, 0, total_fields},
    {0},
};

// ---- filters
// -------------------------------------------------------------------------------------

static int parse_kinds(struct cli *cli, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < kinds.count; i++) {
        unsigned kind = 0;
        while (kind < HSN_CYCLE_KIND_COUNT && strcmp(kinds.items[i], hsn_cycle_kind_name(kind)))
            kind++;
        if (kind == HSN_CYCLE_KIND_COUNT)
            return cli_usage(cli, "--kind '%s' is none of live, garbage, pinned, unknown",
                             kinds.items[i]);
        *out |= 1u << kind;
    }
    return STATUS_OK;
}

// "Node" of "app.tree.Node".
static const char *short_name(const hsn_type *type)
{
    size_t length = strlen(type->module);
    bool prefixed = length && !strncmp(type->name, type->module, length);
    return prefixed && type->name[length] == '.' ? type->name + length + 1 : type->name;
}

// A flag for each type; NULL when every type will do.
static uint8_t *wanted_types(struct cli *cli, const hsn_heap *heap)
{
    const hsn_type_list *list = hsn_heap_types(heap);
    if (!types.count)
        return NULL;
    uint8_t *wanted = cli_alloc(cli, list->count, 1);
    for (size_t i = 0; i < types.count; i++) {
        size_t found = 0;
        for (size_t k = 0; k < list->count; k++)
            if (hsn_glob_match(types.items[i], list->rows[k].name) ||
                hsn_glob_match(types.items[i], short_name(&list->rows[k]))) {
                wanted[k] = 1;
                found++;
            }
        if (!found)
            cli_warn(cli, NULL, "no type is called '%s'", types.items[i]);
    }
    return wanted;
}

// ---- table
// ---------------------------------------------------------------------------------------

// "Node ×3, list ×2 …": the most frequent ones, those of some module before builtins.
static const char *types_text(struct cli *cli, const hsn_heap *heap, const hsn_cycle *row)
{
    enum { MOST = 3 };
    const char *text = "";
    size_t shown = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < row->type_count && shown < MOST; i++) {
            const hsn_type_count *it = &row->types[i];
            const hsn_type *type = &hsn_heap_types(heap)->rows[it->type];
            bool builtin = !*type->module;
            if (builtin != (pass == 1))
                continue;
            text = cli_format(cli, "%s%s%s", text, shown++ ? ", " : "", short_name(type));
            if (it->count > 1)
                text = cli_format(cli, "%s \xc3\x97%llu", text, (unsigned long long)it->count);
        }
    return row->type_count > MOST ? cli_format(cli, "%s \xe2\x80\xa6", text) : text;
}

static void cut_cells(struct cli *cli, hsn_table *table, const hsn_cycle *row)
{
    const hsn_cycle_step *source = &row->shortest[row->cut];
    const hsn_cycle_step *target = &row->shortest[(row->cut + 1) % row->shortest_count];
    hsn_table_begin(table);
    hsn_table_address(table, source->address);
    hsn_table_address(table, target->address);
    hsn_table_text(table, source->label);
    hsn_table_text(table, source->type_name);
    hsn_table_text(table, target->type_name);
    if (row->cut_is_counted)
        hsn_table_count(table, row->cut_frees);
    else
        hsn_table_null(table);
    hsn_table_end(table);
    hsn_table_text(table, cli_format(cli, "%s %s", source->short_name, source->expression));
}

static void row_cells(struct cli *cli, const hsn_heap *heap, hsn_table *table, const hsn_cycle *row,
                      const uint64_t *retained_bytes)
{
    hsn_table_count(table, row->component);
    hsn_table_text(table, hsn_cycle_kind_name(row->kind));
    hsn_table_count(table, row->alike);
    hsn_table_count(table, row->objects);
    hsn_table_bytes(table, row->size_bytes);
    hsn_table_bytes(table, row->alike_size_bytes);
    if (retained_bytes && row->alike == 1) // of several, only the first one's are known
        hsn_table_bytes(table, *retained_bytes);
    else
        hsn_table_null(table);
    hsn_table_begin(table);
    for (size_t i = 0; i < row->type_count; i++) {
        hsn_table_text(table, row->types[i].name);
        hsn_table_count(table, row->types[i].count);
    }
    hsn_table_end(table);
    hsn_table_text(table, types_text(cli, heap, row));
    hsn_table_begin(table);
    for (size_t i = 0; i < row->shortest_count; i++) {
        const hsn_cycle_step *step = &row->shortest[i];
        hsn_table_address(table, step->address);
        hsn_table_text(table, step->type_name);
        hsn_table_text(table, step->label);
        hsn_table_text(table, hsn_ref_kind_name(step->ref.kind));
    }
    hsn_table_end(table);
    hsn_table_bool(table, row->shortest_is_exact);
    cut_cells(cli, table, row);
    hsn_table_text(table, row->shortest_text);
}

static void member_cells(hsn_table *members, const hsn_cycles *cycles)
{
    hsn_table_count(members, cycles->matched);
    hsn_table_bool(members, cycles->has_roots);
    hsn_table_bool(members, cycles->tells_pinned);
    hsn_table_bool(members, housekeeping);
    hsn_table_begin(members);
    for (int kind = 0; kind < HSN_CYCLE_KIND_COUNT; kind++) {
        hsn_table_text(members, hsn_cycle_kind_name(kind));
        hsn_table_count(members, cycles->totals[kind].components);
        hsn_table_count(members, cycles->totals[kind].objects);
        hsn_table_bytes(members, cycles->totals[kind].size_bytes);
    }
    hsn_table_end(members);
}

// What goes with each row's component; NULL without --retained.
static int read_retained(struct cli *cli, hsn_heap *heap, const hsn_graph *graph,
                         const hsn_cycles *cycles, uint64_t **out, hsn_error *err)
{
    hsn_span *sets = cli_alloc(cli, cycles->count, sizeof *sets);
    *out = NULL;
    if (!retained || !cycles->count)
        return HSN_OK;
    for (size_t i = 0; i < cycles->count; i++)
        sets[i] = (hsn_span){cycles->rows[i].nodes, (size_t)cycles->rows[i].objects};
    *out = cli_alloc(cli, cycles->count, sizeof **out);
    return hsn_retained_sets(heap, graph, sets, cycles->count, cli_progress(cli), *out, err);
}

static int print(struct cli *cli, const hsn_heap *heap, const hsn_cycles *cycles,
                 const uint64_t *retained_bytes)
{
    hsn_table *table = NULL, *members = NULL;
    hsn_error err = {0};
    int r = hsn_table_new(&table, columns, &err);
    if (r >= 0)
        r = hsn_table_new(&members, member_columns, &err);
    if (r >= 0) {
        for (size_t i = 0; i < cycles->count; i++)
            row_cells(cli, heap, table, &cycles->rows[i],
                      retained_bytes ? &retained_bytes[i] : NULL);
        member_cells(members, cycles);
    }
    r = r < 0 ? cli_failed(cli, NULL, &err) : out_table(cli, "cycles", table, members);
    hsn_table_free(table);
    hsn_table_free(members);
    return r;
}

// What a reader of the table must know to read it right.
static void say(struct cli *cli, const hsn_cycles *cycles)
{
    if (!cycles->matched)
        cli_note(cli, "no reference cycles%s",
                 kinds.count || types.count || min_objects ? " that match" : "");
    if (cycles->count < cycles->groups)
        cli_note(cli, "%zu of %llu rows; --limit 0 shows all", cycles->count,
                 (unsigned long long)cycles->groups);
    if (cycles->matched && !cycles->has_roots)
        cli_note(cli, "the snapshot has no roots: no component can be told to be live");
    if (cycles->matched && cycles->has_roots && !cycles->tells_pinned)
        cli_note(cli, "the snapshot has no refcounts: pinned components stand as garbage");
}

// ---- drawing
// -------------------------------------------------------------------------------------

static int write_drawing(struct cli *cli, const hsn_drawing *drawing, hsn_draw_format format,
                         const char *path)
{
    struct out *out;
    hsn_error err = {0};
    char *data = NULL;
    size_t size;
    if (hsn_drawing_render(drawing, format, &data, &size, &err) < 0)
        return cli_failed(cli, path, &err);
    int r = out_open(cli, path, &out);
    if (!r) {
        out_write(out, data, size);
        r = out_close(out);
    }
    hsn_drawing_free_data(data);
    if (!r && strcmp(path, "-"))
        cli_note(cli, "wrote %s (%zu objects)", path, hsn_drawing_node_count(drawing));
    return r;
}

// "dump-cycles.svg" → "dump-cycles-2.svg"
static const char *numbered(struct cli *cli, const char *path, uint64_t number)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - path) : strlen(path);
    return cli_format(cli, "%.*s-%llu%s", (int)stem, path, (unsigned long long)number, path + stem);
}

static int write_formats(struct cli *cli, const char *argument, const hsn_drawing *drawing,
                         uint64_t number)
{
    int r = STATUS_OK;
    for (int format = 0; format < HSN_DRAW_FORMAT_COUNT && !r; format++) {
        if (!files[format].given)
            continue;
        const char *suffix = cli_format(cli, "-cycles.%s", hsn_draw_format_name(format));
        const char *path = cli_derived_path(cli, &files[format], argument, suffix);
        r = write_drawing(cli, drawing, format, number ? numbered(cli, path, number) : path);
    }
    return r;
}

// One file of `count` components. `number` 0: its name has none.
static int draw(struct cli *cli, const struct snapshot *snapshot, hsn_heap *heap,
                const hsn_cycle *rows, size_t count, uint64_t number)
{
    hsn_cycle_picture *pictures = cli_alloc(cli, count, sizeof *pictures);
    hsn_drawing *drawing = NULL;
    hsn_error err = {0};
    int r = HSN_OK;
    // Small components leave their room to the next ones.
    uint64_t room = max_nodes;
    for (size_t i = 0; i < count && r >= 0; i++) {
        uint64_t share = room / (count - i);
        r = hsn_cycle_picture_find(heap, &rows[i], share, &pictures[i], &err);
        room -= pictures[i].box_count;
    }
    if (r >= 0)
        r = hsn_draw_cycles(rows, pictures, count, full_names, snapshot->info->source, &drawing,
                            &err);
    r = r < 0 ? cli_failed(cli, snapshot->argument, &err)
              : write_formats(cli, snapshot->argument, drawing, number);
    for (size_t i = 0; i < count; i++)
        hsn_cycle_picture_free(&pictures[i]);
    hsn_drawing_free(drawing);
    return r;
}

static int draw_all(struct cli *cli, const struct snapshot *snapshot, hsn_heap *heap,
                    const hsn_cycles *cycles)
{
    int r = STATUS_OK;
    size_t count = cycles->count < max_nodes ? cycles->count : (size_t)max_nodes;
    bool wanted = false;
    for (int format = 0; format < HSN_DRAW_FORMAT_COUNT; format++)
        wanted = wanted || files[format].given;
    if (!wanted || !count)
        return STATUS_OK;
    if (!each)
        return draw(cli, snapshot, heap, cycles->rows, count, 0);
    for (size_t i = 0; i < cycles->count && !r; i++)
        r = draw(cli, snapshot, heap, &cycles->rows[i], 1, i + 1);
    return r;
}

static int run(struct cli *cli)
{
    struct snapshot *snapshot;
    hsn_cycles_options options = {.min_objects = min_objects,
                                  .no_housekeeping = !housekeeping,
                                  .group_alike = cli->format == FORMAT_TEXT && !separate,
                                  .limit = cli->limit == UINT64_MAX ? 0 : cli->limit};
    hsn_heap *heap = NULL;
    hsn_graph *graph = NULL;
    hsn_cycles cycles = {0};
    uint64_t *retained_bytes = NULL;
    hsn_error err = {0};
    if (max_nodes < 1 || max_nodes > HSN_DRAW_MAX_NODES)
        return cli_usage(cli, "--max-nodes must be between 1 and %d", HSN_DRAW_MAX_NODES);
    int status = parse_kinds(cli, &options.kinds);
    if (!status)
        status = cli_open(cli, cli->args[0], &snapshot);
    if (status)
        return status;
    int r = hsn_heap_open(&heap, snapshot->store, snapshot->id, &err);
    if (r >= 0)
        options.types = wanted_types(cli, heap);
    if (r >= 0)
        r = hsn_graph_load(&graph, heap, HSN_GRAPH_FORWARD, cli_progress(cli), &err);
    if (r >= 0)
        r = hsn_cycles_find(heap, graph, &options, cli_progress(cli), &cycles, &err);
    if (r >= 0)
        r = read_retained(cli, heap, graph, &cycles, &retained_bytes, &err);
    hsn_graph_free(graph);
    status = r < 0 ? cli_failed(cli, snapshot->argument, &err)
                   : print(cli, heap, &cycles, retained_bytes);
    if (!status) {
        say(cli, &cycles);
        status = draw_all(cli, snapshot, heap, &cycles);
    }
    if (!status && cli->exit_code && cycles.matched)
        status = STATUS_FINDING;
    hsn_cycles_free(&cycles);
    hsn_heap_close(heap);
    return status;
}

const struct tool tool = {
    .name = "cyclefind",
    .summary = "find reference cycles, largest first",
    .args = "SNAPSHOT",
    .examples = "cyclefind a.db\n"
                "cyclefind a.db --kind garbage --kind pinned --svg\n"
                "cyclefind a.db --type 'app.*' --json\n"
                "cyclefind a.db --kind garbage --exit-code",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS | TOOL_EXIT_CODE,
    .min_args = 1,
    .max_args = 1,
    .exit_notes = "some component matched",
    .run = run,
};
