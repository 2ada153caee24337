// SPDX-License-Identifier: MIT
// retained: what keeps the memory of a heap: dominators, retained bytes, suspects, what if.
#include "cli/choose.h"

#include <heapsnap/chain.h>
#include <heapsnap/icicle.h>
#include <heapsnap/retained.h>

#include <string.h>

enum { BY_OBJECT, BY_TYPE, BY_MODULE, BY_SITE };
static const char *const words[] = {"object", "type", "module", "site", NULL};
static const hsn_by groupings[] = {
    [BY_TYPE] = HSN_BY_TYPE, [BY_MODULE] = HSN_BY_MODULE, [BY_SITE] = HSN_BY_LINENO};

// Levels and boxes below a box that fit a screen, and a picture.
enum { TREE_DEPTH = 3, TREE_CHILDREN = 8, PICTURE_DEPTH = 40, PICTURE_CHILDREN = 4096 };
static const double PICTURE_LEAST = 0.0005, PICTURE_ALONE = 0.02, TREE_ALONE = 0.1;

static int by;
static uint64_t depth;
static double share = 0.1;
static bool tree, each, garbage, suspects, keep = true;
static const char *dominators_of;
static struct opt_list types, without;
static struct opt_file svg;

static const struct opt opts[] = {
    {OPT_CHOICE, 0, "by", "WHAT", &by, "what a row is; site is a line that allocates",
     .choices = words},
    {OPT_LIST, 0, "type", "GLOB", &types, "only objects of such types; repeatable"},
    {OPT_FLAG, 0, "garbage", NULL, &garbage,
     "what no root reaches: the first object of each piece"},
    {OPT_TEXT, 0, "dominators-of", "TYPE", &dominators_of,
     "what keeps the objects of a type, by type"},
    {OPT_GROUP, .name = "Tree"},
    {OPT_FLAG, 0, "tree", NULL, &tree,
     "the dominator tree from the roots; with ADDRESS, from that object"},
    {OPT_COUNT, 'd', "depth", "N", &depth, "N levels of the tree, 3 unless told otherwise"},
    {OPT_FLAG, 0, "each", NULL, &each, "objects of one type below one object stand alone"},
    {OPT_FILE, 0, "svg", "FILE", &svg, "draw the tree as an icicle into an SVG file",
     .extension = ".svg"},
    {OPT_GROUP, .name = "Questions"},
    {OPT_FLAG, 0, "suspects", NULL, &suspects,
     "what keeps much of the heap, and where it piles up"},
    {OPT_REAL, 0, "share", "PERCENT", &share,
     "share of the heap that makes a suspect, 10% unless told otherwise"},
    {OPT_LIST, 0, "without", "WHAT", &without,
     "what would go without a TYPE, an ADDRESS, or references 'SOURCE->TARGET' or "
     "'SOURCE->TARGET:LABEL' between them; repeatable"},
    {OPT_FLAG, 0, "keep", NULL, &keep, "keep results in the store for the next time (default)"},
    {0},
};

// What every mode works with.
struct work {
    struct cli *cli;
    const struct snapshot *snapshot;
    hsn_heap *heap;
    hsn_dominators dominators;
    hsn_node_id from; // ADDRESS; or one of HSN_HELD_BY_…
};

static int failed(struct work *w, const hsn_error *err)
{
    return cli_failed(w->cli, w->snapshot->argument, err);
}

static const char *type_name(const struct work *w, uint32_t type)
{
    return hsn_heap_types(w->heap)->rows[type].name;
}

static double share_of_heap(const struct work *w, uint64_t bytes)
{
    uint64_t all = w->dominators.live_bytes + w->dominators.garbage_bytes;
    return all ? (double)bytes / (double)all : 0;
}

// ---- objects
// -------------------------------------------------------------------------------------

static const hsn_column object_columns[] = {
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained", 0, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {HSN_COLUMN_ADDRESS, "address", "Address", 0, NULL},
    {HSN_COLUMN_TEXT, "type", "Type", 0, NULL},
    {HSN_COLUMN_TEXT, "name", "Name", HSN_COLUMN_IF_ANY, NULL},
    {HSN_COLUMN_ADDRESS, "dominator", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_TEXT, "held_by", "Held by", 0, NULL},
    {0},
};

static void object_cells(struct work *w, hsn_table *table, const hsn_retained_object *row)
{
    bool top = row->dominator_type == HSN_NONE;
    hsn_table_bytes(table, w->dominators.retained_bytes[row->node]);
    hsn_table_real(table, share_of_heap(w, w->dominators.retained_bytes[row->node]));
    hsn_table_bytes(table, row->size_bytes);
    hsn_table_address(table, row->address);
    hsn_table_text(table, type_name(w, row->type));
    hsn_table_text(table, *row->name ? row->name : NULL);
    if (top)
        hsn_table_null(table);
    else
        hsn_table_address(table, row->dominator_address);
    hsn_table_text(table, !top                                  ? type_name(w, row->dominator_type)
                          : row->dominator == HSN_HELD_BY_ROOTS ? "roots"
                                                                : "nothing");
}

static const hsn_column totals_columns[] = {
    {HSN_COLUMN_BYTES, "live_bytes", NULL, 0, NULL},
    {HSN_COLUMN_BYTES, "garbage_bytes", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "has_roots", NULL, 0, NULL},
    {0},
};

// Print a table with the totals of the heap; frees it.
static int print(struct work *w, hsn_table *table, int r, hsn_error *err)
{
    hsn_table *totals = NULL;
    if (r >= 0)
        r = hsn_table_new(&totals, totals_columns, err);
    if (r >= 0) {
        hsn_table_bytes(totals, w->dominators.live_bytes);
        hsn_table_bytes(totals, w->dominators.garbage_bytes);
        hsn_table_bool(totals, hsn_heap_info(w->heap)->roots > 0);
    }
    int status = r < 0 ? failed(w, err) : out_table(w->cli, "retained", table, totals);
    hsn_table_free(table);
    hsn_table_free(totals);
    return status;
}

static int print_objects(struct work *w)
{
    hsn_retained_options options = {.pieces = garbage};
    hsn_retained_objects objects = {0};
    hsn_table *table = NULL;
    hsn_error err = {0};
    options.limit = w->cli->limit == UINT64_MAX ? 0 : w->cli->limit;
    if (types.count) {
        uint8_t *flags = cli_alloc(w->cli, hsn_heap_types(w->heap)->count, 1);
        for (size_t i = 0; i < types.count; i++)
            if (!choose_types(w->heap, types.items[i], flags))
                cli_warn(w->cli, NULL, "no type is called '%s'", types.items[i]);
        options.types = flags;
    }
    int r = hsn_retained_objects_find(w->heap, &w->dominators, &options, &objects, &err);
    if (r >= 0)
        r = hsn_table_new(&table, object_columns, &err);
    for (size_t i = 0; r >= 0 && i < objects.count; i++)
        object_cells(w, table, &objects.rows[i]);
    int status = print(w, table, r, &err);
    if (!status && objects.count < objects.matched)
        cli_note(w->cli, "%zu of %llu objects; --limit 0 shows all", objects.count,
                 (unsigned long long)objects.matched);
    hsn_retained_objects_free(&objects);
    return status;
}

// ---- groups
// --------------------------------------------------------------------------------------

static const hsn_column group_numbers[] = {
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained", 0, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {HSN_COLUMN_COUNT, "count", "Count", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {0},
};

static int print_groups(struct work *w)
{
    hsn_column columns[7] = {0};
    hsn_retained_groups groups = {0};
    hsn_table *table = NULL;
    hsn_error err = {0};
    memcpy(columns, group_numbers, sizeof group_numbers);
    columns[4] = by == BY_TYPE     ? (hsn_column){HSN_COLUMN_TEXT, "type", "Type", 0, NULL}
                 : by == BY_MODULE ? (hsn_column){HSN_COLUMN_TEXT, "module", "Module", 0, NULL}
                                   : (hsn_column){HSN_COLUMN_TEXT, "file", "File", 0, NULL};
    if (by == BY_SITE)
        columns[5] = (hsn_column){HSN_COLUMN_COUNT, "line", "Line", 0, NULL};
    int r = hsn_retained_groups_find(w->heap, &w->dominators, groupings[by], &groups, &err);
    if (r >= 0)
        r = hsn_table_new(&table, columns, &err);
    for (size_t i = 0; r >= 0 && i < groups.count && i < w->cli->limit; i++) {
        const hsn_retained_group *row = &groups.rows[i];
        hsn_table_bytes(table, row->retained_bytes);
        hsn_table_real(table, share_of_heap(w, row->retained_bytes));
        hsn_table_count(table, row->count);
        hsn_table_bytes(table, row->size_bytes);
        hsn_table_text(table, row->name);
        if (by == BY_SITE)
            hsn_table_count(table, row->line);
    }
    int status = print(w, table, r, &err);
    hsn_retained_groups_free(&groups);
    return status;
}

static const hsn_column dominating_columns[] = {
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained", 0, NULL},
    {HSN_COLUMN_COUNT, "count", "Objects", 0, NULL},
    {HSN_COLUMN_TEXT, "type", "Held by", 0, NULL},
    {HSN_COLUMN_COUNT, "dominators", "Holders", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Their bytes", 0, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {0},
};

static int print_dominating(struct work *w)
{
    hsn_dominating_types result = {0};
    hsn_table *table = NULL;
    hsn_error err = {0};
    uint8_t *flags = cli_alloc(w->cli, hsn_heap_types(w->heap)->count, 1);
    if (!choose_types(w->heap, dominators_of, flags))
        return cli_error(w->cli, w->snapshot->argument, "no type is called '%s'", dominators_of);
    int r = hsn_dominating_types_find(w->heap, &w->dominators, flags, &result, &err);
    if (r >= 0)
        r = hsn_table_new(&table, dominating_columns, &err);
    for (size_t i = 0; r >= 0 && i < result.count && i < w->cli->limit; i++) {
        const hsn_dominating_type *row = &result.rows[i];
        hsn_table_bytes(table, row->retained_bytes);
        hsn_table_count(table, row->count);
        hsn_table_text(table, row->name);
        hsn_table_count(table, row->dominators);
        hsn_table_bytes(table, row->size_bytes);
        hsn_table_real(table, share_of_heap(w, row->retained_bytes));
    }
    int status = print(w, table, r, &err);
    hsn_dominating_types_free(&result);
    return status;
}

// ---- tree
// ----------------------------------------------------------------------------------------

static const hsn_column tree_columns[] = {
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained", 0, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {HSN_COLUMN_COUNT, "count", "Objects", 0, NULL},
    {HSN_COLUMN_TEXT, "tree_text", "Object", HSN_COLUMN_TEXT_ONLY, NULL},
    {HSN_COLUMN_COUNT, "depth", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_ADDRESS, "address", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_TEXT, "type", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_TEXT, "label", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_ADDRESS, "dominator", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {0},
};

static int address_cell(struct work *w, hsn_table *table, hsn_node_id node, hsn_error *err)
{
    hsn_object object;
    if (node == HSN_NONE) {
        hsn_table_null(table);
        return HSN_OK;
    }
    int r = hsn_heap_object(w->heap, node, &object, err);
    if (r >= 0)
        hsn_table_address(table, object.address);
    return r;
}

static uint64_t whole_bytes(const struct work *w)
{
    const hsn_dominators *d = &w->dominators;
    return w->from == HSN_HELD_BY_ROOTS     ? d->live_bytes
           : w->from == HSN_HELD_BY_NOTHING ? d->garbage_bytes
                                            : d->retained_bytes[w->from];
}

// What keeps much stands alone; of the rest, objects of one type below one box are together.
static uint64_t alone_bytes(const struct work *w, double least)
{
    return each ? 0 : (uint64_t)(least * (double)whole_bytes(w)) + 1;
}

static int tree_cells(struct work *w, hsn_table *table, const hsn_retained_tree *t,
                      const hsn_retained_box *box, hsn_error *err)
{
    int indent = (int)box->depth * 2;
    hsn_object object;
    hsn_node_id holder = HSN_NONE;
    if (box->parent != HSN_NONE && t->boxes[box->parent].count == 1)
        holder = t->boxes[box->parent].node;
    hsn_table_bytes(table, box->retained_bytes);
    hsn_table_real(table, share_of_heap(w, box->retained_bytes));
    hsn_table_bytes(table, box->size_bytes);
    hsn_table_count(table, box->count);
    if (box->type == HSN_NONE) {
        hsn_table_text(table, cli_format(w->cli, "%*s(smaller ones)", indent, ""));
        hsn_table_count(table, box->depth);
        hsn_table_null(table);
        hsn_table_null(table);
        hsn_table_null(table);
        return address_cell(w, table, holder, err);
    }
    char label[HSN_LABEL_TEXT_BYTES] = "";
    int r = HSN_OK;
    if (box->count == 1)
        r = hsn_retained_label(w->heap, &w->dominators, box->node, label, err);
    if (r >= 0)
        r = hsn_heap_object(w->heap, box->node, &object, err);
    if (r < 0)
        return r;
    const char *name = type_name(w, box->type);
    const char *text = box->count > 1
                           ? cli_format(w->cli, "%*s%s \xc3\x97%llu", indent, "", name,
                                        (unsigned long long)box->count)
                           : cli_format(w->cli, "%*s%s%s%s%s%s 0x%llx", indent, "", label,
                                        *label ? ": " : "", name, *object.text ? " " : "",
                                        object.text, (unsigned long long)object.address);
    hsn_table_text(table, text);
    hsn_table_count(table, box->depth);
    hsn_table_address(table, object.address);
    hsn_table_text(table, name);
    hsn_table_text(table, *label ? label : NULL);
    hsn_node_id above = w->dominators.dominator[box->node];
    return address_cell(w, table, above < HSN_HELD_BY_NOTHING ? above : HSN_NONE, err);
}

// Whether something alive still sees an object that nothing keeps.
static int note_weak(struct work *w)
{
    hsn_node_id holder, target;
    hsn_object from, to;
    hsn_error err = {0};
    int r = hsn_retained_weak_path(w->heap, &w->dominators, w->from, cli_progress(w->cli), &holder,
                                   &target, &err);
    if (r >= 0 && holder == HSN_NONE)
        return STATUS_OK;
    if (r >= 0)
        r = hsn_heap_object(w->heap, holder, &from, &err);
    if (r >= 0)
        r = hsn_heap_object(w->heap, target, &to, &err);
    if (r < 0)
        return failed(w, &err);
    cli_note(w->cli, "only a weak path leads to it: %s 0x%llx \xe2\x87\xa2 %s 0x%llx",
             type_name(w, from.type), (unsigned long long)from.address, type_name(w, to.type),
             (unsigned long long)to.address);
    return STATUS_OK;
}

// "dict 0x7f… ← module app.cache ← roots": who keeps the object that the tree begins with.
static int note_holders(struct work *w)
{
    enum { MOST = 6 };
    const char *text = "";
    hsn_node_id node = w->from;
    hsn_object object;
    hsn_error err = {0};
    for (int i = 0; i < MOST; i++) {
        node = w->dominators.dominator[node];
        if (node == HSN_HELD_BY_ROOTS || node == HSN_HELD_BY_NOTHING)
            break;
        if (hsn_heap_object(w->heap, node, &object, &err) < 0)
            return failed(w, &err);
        text = cli_format(w->cli, "%s%s%s%s 0x%llx \xe2\x86\x90 ", text, type_name(w, object.type),
                          *object.text ? " " : "", object.text, (unsigned long long)object.address);
    }
    cli_note(w->cli, "held by %s%s", text,
             node == HSN_HELD_BY_ROOTS     ? "roots"
             : node == HSN_HELD_BY_NOTHING ? "nothing: it is garbage"
                                           : "\xe2\x80\xa6");
    return note_weak(w);
}

static int print_tree(struct work *w)
{
    hsn_retained_tree_options options = {
        .from = w->from, .most_children = TREE_CHILDREN, .alone_bytes = alone_bytes(w, TREE_ALONE)};
    hsn_retained_tree result = {0};
    hsn_table *table = NULL;
    hsn_error err = {0};
    options.depth = depth ? (uint32_t)(depth < UINT32_MAX ? depth : UINT32_MAX) : TREE_DEPTH;
    if (w->from >= HSN_HELD_BY_NOTHING && options.depth)
        options.depth--; // the first level are the tops themselves
    if (w->cli->format != FORMAT_TEXT)
        options.most_children = UINT32_MAX;
    int r = hsn_retained_tree_find(w->heap, &w->dominators, &options, &result, &err);
    if (r >= 0)
        r = hsn_table_new(&table, tree_columns, &err);
    for (size_t i = 0; r >= 0 && i < result.count; i++)
        r = tree_cells(w, table, &result, &result.boxes[i], &err);
    int status = print(w, table, r, &err);
    hsn_retained_tree_free(&result);
    if (!status && w->from < HSN_HELD_BY_NOTHING)
        status = note_holders(w);
    return status;
}

static int draw(struct work *w)
{
    hsn_retained_tree_options options = {.from = w->from,
                                         .most_children = PICTURE_CHILDREN,
                                         .alone_bytes = alone_bytes(w, PICTURE_ALONE)};
    hsn_retained_tree result = {0};
    hsn_error err = {0};
    struct out *out;
    char *data = NULL;
    size_t size, boxes = 0;
    options.depth = depth ? (uint32_t)(depth < UINT32_MAX ? depth : UINT32_MAX) : PICTURE_DEPTH;
    options.min_bytes = (uint64_t)(PICTURE_LEAST * (double)whole_bytes(w)) + 1;
    int r = hsn_retained_tree_find(w->heap, &w->dominators, &options, &result, &err);
    if (r >= 0)
        r = hsn_icicle_render(w->heap, &w->dominators, &result, w->snapshot->info->source, &data,
                              &size, &err);
    boxes = result.count;
    hsn_retained_tree_free(&result);
    if (r < 0)
        return failed(w, &err);
    const char *path = cli_derived_path(w->cli, &svg, w->snapshot->argument, "-retained.svg");
    int status = out_open(w->cli, path, &out);
    if (!status) {
        out_write(out, data, size);
        status = out_close(out);
    }
    hsn_icicle_free(data);
    if (!status && strcmp(path, "-"))
        cli_note(w->cli, "wrote %s (%zu boxes)", path, boxes);
    return status;
}

// ---- what if
// -------------------------------------------------------------------------------------

static const hsn_column without_columns[] = {
    {HSN_COLUMN_TEXT, "without", "Without", 0, NULL},
    {HSN_COLUMN_COUNT, "references", "References", HSN_COLUMN_IF_ANY, NULL},
    {HSN_COLUMN_COUNT, "objects", "Objects", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {0},
};

// The objects that a word names: one at an address, or all of the types that match.
static int choose_nodes(struct work *w, const char *word, const hsn_node_id **out,
                        size_t *out_count)
{
    hsn_error err = {0};
    uint64_t address;
    hsn_node_id *nodes;
    if (choose_parse_address(word, &address)) {
        nodes = cli_alloc(w->cli, 1, sizeof *nodes);
        *out = nodes;
        *out_count = 1;
        return choose_object(w->cli, w->heap, w->snapshot->argument, address, nodes);
    }
    uint8_t *flags = cli_alloc(w->cli, hsn_heap_types(w->heap)->count, 1);
    if (!choose_types(w->heap, word, flags))
        return cli_error(w->cli, w->snapshot->argument, "no type is called '%s'", word);
    if (hsn_heap_nodes_of_types(w->heap, flags, &nodes, out_count, &err) < 0)
        return failed(w, &err);
    hsn_node_id *copy = cli_alloc(w->cli, *out_count + 1, sizeof *copy);
    if (*out_count)
        memcpy(copy, nodes, *out_count * sizeof *copy);
    hsn_free_nodes(nodes);
    *out = copy;
    return STATUS_OK;
}

// TYPE, ADDRESS, SOURCE->TARGET or SOURCE->TARGET:LABEL.
static int parse_absence(struct work *w, const char *word, hsn_absence *out)
{
    const char *arrow = strstr(word, "->");
    *out = (hsn_absence){0};
    if (!arrow)
        return choose_nodes(w, word, &out->nodes, &out->node_count);
    const char *source = cli_format(w->cli, "%.*s", (int)(arrow - word), word);
    char *target = cli_format(w->cli, "%s", arrow + 2);
    char *colon = strrchr(target, ':');
    // "std::string" is a type, not a label.
    if (colon && colon > target && colon[-1] != ':') {
        *colon = 0;
        out->label = colon + 1;
    }
    int status = choose_nodes(w, source, &out->nodes, &out->node_count);
    return status ? status : choose_nodes(w, target, &out->targets, &out->target_count);
}

static void without_cells(struct work *w, hsn_table *table, const char *text,
                          const hsn_absence_result *result, uint64_t whole)
{
    hsn_table_text(table, text);
    hsn_table_count(table, result->references);
    hsn_table_count(table, result->objects);
    hsn_table_bytes(table, result->size_bytes);
    hsn_table_real(table, whole ? (double)result->size_bytes / (double)whole : 0);
    (void)w;
}

static const hsn_column together_columns[] = {
    {HSN_COLUMN_COUNT, "together_objects", NULL, 0, NULL},
    {HSN_COLUMN_BYTES, "together_bytes", NULL, 0, NULL},
    {0},
};

static int print_without(struct work *w)
{
    size_t count = without.count;
    hsn_absence *absences = cli_alloc(w->cli, count, sizeof *absences);
    hsn_absence_result *results = cli_alloc(w->cli, count + 1, sizeof *results);
    uint64_t whole = hsn_heap_info(w->heap)->heap_bytes;
    hsn_table *table = NULL, *members = NULL;
    hsn_graph *graph = NULL;
    hsn_error err = {0};
    int status = STATUS_OK;
    for (size_t i = 0; i < count && !status; i++)
        status = parse_absence(w, without.items[i], &absences[i]);
    if (status)
        return status;
    int r = hsn_graph_load(&graph, w->heap, HSN_GRAPH_FORWARD, cli_progress(w->cli), &err);
    if (r >= 0)
        r = hsn_retained_without(w->heap, graph, absences, count, cli_progress(w->cli), results,
                                 &err);
    hsn_graph_free(graph);
    if (r >= 0)
        r = hsn_table_new(&table, without_columns, &err);
    if (r >= 0)
        r = hsn_table_new(&members, together_columns, &err);
    for (size_t i = 0; r >= 0 && i < count; i++)
        without_cells(w, table, without.items[i], &results[i], whole);
    if (r >= 0 && count > 1 && w->cli->format == FORMAT_TEXT)
        without_cells(w, table, "(together)", &results[count], whole);
    if (r >= 0) {
        hsn_table_count(members, results[count].objects);
        hsn_table_bytes(members, results[count].size_bytes);
    }
    status = r < 0 ? failed(w, &err) : out_table(w->cli, "retained", table, members);
    hsn_table_free(table);
    hsn_table_free(members);
    return status;
}

// ---- suspects
// ------------------------------------------------------------------------------------

static const hsn_column suspect_columns[] = {
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained", 0, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {HSN_COLUMN_TEXT, "suspect_text", "Suspect", HSN_COLUMN_TEXT_ONLY, NULL},
    {HSN_COLUMN_TEXT, "path", "Path", 0, NULL},
    {HSN_COLUMN_TEXT, "content_text", "Piled up there", HSN_COLUMN_TEXT_ONLY, NULL},
    {HSN_COLUMN_ADDRESS, "address", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_TEXT, "type", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_COUNT, "count", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_TEXT, "kind", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_ADDRESS, "accumulation", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_BYTES, "accumulation_bytes", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_TEXT, "content_type", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_COUNT, "content_count", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_BYTES, "content_bytes", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_COUNT, "path_count", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {0},
};

// The shortest chain from a root to where it piles up, as one would type it.
static int path_text(struct work *w, const hsn_graph *backward, const hsn_suspect *s,
                     const char **out, hsn_error *err)
{
    hsn_chain chain;
    *out = NULL;
    if (s->path_end == HSN_NONE)
        return HSN_OK;
    int r =
        hsn_chain_find(w->heap, backward, &s->path_end, 1, NULL, cli_progress(w->cli), &chain, err);
    if (r >= 0 && chain.found)
        *out = cli_format(w->cli, "%s%s", chain.expression, s->count > 1 ? "[\xe2\x80\xa6]" : "");
    hsn_chain_free(&chain);
    return r;
}

static int suspect_cells(struct work *w, hsn_table *table, const hsn_graph *backward,
                         const hsn_suspect *s, hsn_error *err)
{
    const char *path, *name = type_name(w, s->type), *content = NULL;
    int r = path_text(w, backward, s, &path, err);
    if (r < 0)
        return r;
    const char *suspect =
        s->count > 1 ? cli_format(w->cli, "%s \xc3\x97%llu", name, (unsigned long long)s->count)
                     : name;
    if (s->content_type != HSN_NONE)
        content =
            cli_format(w->cli, "%s \xc3\x97%llu, %s", type_name(w, s->content_type),
                       (unsigned long long)s->content_count, cli_bytes(w->cli, s->content_bytes));
    hsn_table_bytes(table, s->retained_bytes);
    hsn_table_real(table, s->share);
    hsn_table_text(table, suspect);
    bool outside = !path && (s->count == 1 || s->outside * 2 > s->count);
    if (w->cli->format == FORMAT_TEXT && (s->is_garbage || outside))
        path = s->is_garbage ? "(garbage)" : "(held from outside)";
    hsn_table_text(table, path);
    hsn_table_text(table, content);
    r = address_cell(w, table, s->node, err);
    hsn_table_text(table, name);
    hsn_table_count(table, s->count);
    hsn_table_bytes(table, s->size_bytes);
    hsn_table_text(table, s->is_garbage ? "garbage" : "live");
    if (r >= 0)
        r = address_cell(w, table, s->accumulation, err);
    hsn_table_bytes(table, s->accumulation_bytes);
    hsn_table_text(table, s->content_type == HSN_NONE ? NULL : type_name(w, s->content_type));
    hsn_table_count(table, s->content_count);
    hsn_table_bytes(table, s->content_bytes);
    hsn_table_count(table, s->path_count);
    return r;
}

static int print_suspects(struct work *w)
{
    hsn_suspects found = {0};
    hsn_graph *graph = NULL;
    hsn_table *table = NULL;
    hsn_error err = {0};
    int r = hsn_graph_load(&graph, w->heap, HSN_GRAPH_FORWARD, cli_progress(w->cli), &err);
    if (r >= 0)
        r = hsn_suspects_find(w->heap, graph, &w->dominators, share, cli_progress(w->cli), &found,
                              &err);
    hsn_graph_free(graph);
    graph = NULL;
    if (r >= 0 && found.count)
        r = hsn_graph_load(&graph, w->heap, HSN_GRAPH_BACKWARD, cli_progress(w->cli), &err);
    if (r >= 0)
        r = hsn_table_new(&table, suspect_columns, &err);
    for (size_t i = 0; r >= 0 && i < found.count && i < w->cli->limit; i++)
        r = suspect_cells(w, table, graph, &found.rows[i], &err);
    hsn_graph_free(graph);
    int status = print(w, table, r, &err);
    if (!status && !found.count)
        cli_note(w->cli, "nothing keeps %.3g%% of the heap", share * 100);
    if (!status && w->cli->exit_code && found.count)
        status = STATUS_FINDING;
    hsn_suspects_free(&found);
    return status;
}

// ---- modes
// ---------------------------------------------------------------------------------------

static void say(struct work *w)
{
    const hsn_snapshot_info *info = hsn_heap_info(w->heap);
    if (!info->roots)
        cli_note(w->cli, "the snapshot has no roots: what nothing refers to takes their place");
    else if (w->dominators.garbage_bytes && w->cli->format == FORMAT_TEXT && !garbage)
        cli_note(w->cli, "%s are garbage: no root reaches them; see --garbage",
                 cli_bytes(w->cli, w->dominators.garbage_bytes));
}

static int answer(struct work *w)
{
    uint64_t address;
    hsn_error err = {0};
    w->from = garbage ? HSN_HELD_BY_NOTHING : HSN_HELD_BY_ROOTS;
    if (!hsn_heap_info(w->heap)->roots)
        w->from = HSN_HELD_BY_NOTHING;
    if (w->cli->arg_count > 1) {
        if (!choose_parse_address(w->cli->args[1], &address))
            return cli_usage(w->cli, "'%s' is not an address", w->cli->args[1]);
        int r = choose_object(w->cli, w->heap, w->snapshot->argument, address, &w->from);
        if (r)
            return r;
    }
    if (without.count)
        return print_without(w);
    unsigned flags = HSN_DOMINATORS_COMPUTE | (keep ? HSN_DOMINATORS_KEEP : 0);
    if (hsn_dominators_read(w->heap, flags, cli_progress(w->cli), &w->dominators, &err) < 0)
        return failed(w, &err);
    int status = suspects                                                     ? print_suspects(w)
                 : dominators_of                                              ? print_dominating(w)
                 : by != BY_OBJECT                                            ? print_groups(w)
                 : tree || w->cli->arg_count > 1                              ? print_tree(w)
                 : svg.given && w->cli->format == FORMAT_TEXT && !types.count ? STATUS_OK
                                                                              : print_objects(w);
    if (!status && svg.given)
        status = draw(w);
    if (!status)
        say(w);
    return status;
}

static int run(struct cli *cli)
{
    struct snapshot *snapshot;
    struct work w = {.cli = cli};
    hsn_error err = {0};
    int modes = suspects + !!dominators_of + (by != BY_OBJECT) + !!without.count;
    if (modes > 1 || (modes && (tree || garbage || types.count || cli->arg_count > 1)))
        return cli_usage(cli, "these options ask different questions; give one of them");
    if (!(share > 0 && share <= 1))
        return cli_usage(cli, "--share must lie between 0 and 100%%");
    int status = cli_open(cli, cli->args[0], &snapshot);
    if (status)
        return status;
    w.snapshot = snapshot;
    if (hsn_heap_open(&w.heap, snapshot->store, snapshot->id, &err) < 0)
        return failed(&w, &err);
    if (!hsn_heap_info(w.heap)->objects)
        status = cli_error(cli, snapshot->argument, "no objects in this snapshot");
    else
        status = answer(&w);
    hsn_dominators_free(&w.dominators);
    hsn_heap_close(w.heap);
    return status;
}

const struct tool tool = {
    .name = "retained",
    .summary = "tell what keeps the memory of a heap",
    .args = "SNAPSHOT [ADDRESS]",
    .examples = "retained a.db\n"
                "retained a.db --by type\n"
                "retained a.db --suspects --share 20%\n"
                "retained a.db 0x7f3a10000180 --depth 5\n"
                "retained a.db --without app.cache.Request --without 'Node->Node:parent'\n"
                "retained a.db --svg",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS | TOOL_EXIT_CODE,
    .min_args = 1,
    .max_args = 2,
    .exit_notes = "--suspects found some",
    .run = run,
};
