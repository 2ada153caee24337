// SPDX-License-Identifier: MIT
// backrefs: who refers to an object, drawn the way objgraph draws it, or as the shortest chain.
#include "cli/patterns_table.h"

#include <heapsnap/backrefs.h>
#include <heapsnap/backrefs_table.h>
#include <heapsnap/chain.h>
#include <heapsnap/disjoint.h>
#include <heapsnap/draw_backrefs.h>
#include <heapsnap/draw_chain.h>
#include <heapsnap/sql.h>
#include <heapsnap/totals.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// So many boxes of a tree fit a screen; a picture takes more.
#define TREE_BOXES 40

enum { FORMAT_DOT = FORMAT_MORE, FORMAT_SVG };
static const char *const formats[] = {"text", "json", "csv", "dot", "svg", NULL};

static uint64_t depth = HSN_BACKREFS_MAX_DEPTH, too_many = HSN_BACKREFS_TOO_MANY;
static uint64_t max_nodes, each;
static uint64_t chains_wanted;
static bool refs, weak, chain, patterns, full_names, refcounts, collapse = true, sizes = true;
static const char *where, *start = "any";
static struct opt_list only, exclude, ignore, highlight;
static struct opt_file files[HSN_DRAW_FORMAT_COUNT];

static const struct opt opts[] = {
    {OPT_COUNT, 'd', "depth", "N", &depth, "follow N references, 3 unless told otherwise"},
    {OPT_FLAG, 0, "refs", NULL, &refs, "follow references forward: what does it hold?"},
    {OPT_FLAG, 0, "chain", NULL, &chain, "the shortest chain from a root to the object"},
    {OPT_COUNT, 0, "chains", "N", &chains_wanted,
     "up to N chains that share no object: all must be cut to free it"},
    {OPT_FLAG, 0, "patterns", NULL, &patterns,
     "the chains of all objects of the types, merged by pattern"},
    {OPT_TEXT, 0, "from", "WHAT", &start,
     "--chain begins at a module, frame, interpreter, static, handle, any root, or at an object of "
     "a type"},
    {OPT_TEXT, 0, "where", "SQL", &where,
     "begin at the objects for which an expression over the table object holds"},
    {OPT_COUNT, 0, "each", "N", &each,
     "draw the first N objects of a type one by one, not all as one box"},
    {OPT_GROUP, .name = "Choosing"},
    {OPT_COUNT, 0, "too-many", "N", &too_many, "draw N neighbours of a box (10), count the others"},
    {OPT_COUNT, 0, "max-nodes", "N", &max_nodes, "draw at most N boxes: 300, 40 in text"},
    {OPT_LIST, 0, "filter", "TYPE", &only, "go only through types that match; repeatable"},
    {OPT_LIST, 0, "exclude", "TYPE", &exclude, "leave types out; repeatable"},
    {OPT_LIST, 0, "ignore", "ADDRESS", &ignore, "leave an object out; repeatable"},
    {OPT_FLAG, 0, "weak", NULL, &weak, "weak references too, dashed"},
    {OPT_FLAG, 0, "collapse", NULL, &collapse,
     "siblings of one type and label as one box (default)"},
    {OPT_GROUP, .name = "Drawing"},
    {OPT_FILE, 0, "svg", "FILE", &files[HSN_DRAW_SVG], "draw into an SVG file",
     .extension = ".svg"},
    {OPT_FILE, 0, "png", "FILE", &files[HSN_DRAW_PNG], "draw into a PNG file", .extension = ".png"},
    {OPT_FILE, 0, "pdf", "FILE", &files[HSN_DRAW_PDF], "draw into a PDF file", .extension = ".pdf"},
    {OPT_FILE, 0, "dot", "FILE", &files[HSN_DRAW_DOT], "write Graphviz' language",
     .extension = ".dot"},
    {OPT_LIST, 0, "highlight", "TYPE|ADDRESS", &highlight, "draw in blue; repeatable"},
    {OPT_FLAG, 0, "refcounts", NULL, &refcounts, "show refcounts: Request [3]"},
    {OPT_FLAG, 0, "sizes", NULL, &sizes, "show sizes in boxes (default)"},
    {OPT_FLAG, 0, "full-names", NULL, &full_names, "types with their modules"},
    {0},
};

// What the operands and options name in one snapshot.
struct question {
    struct snapshot *snapshot;
    hsn_heap *heap;
    hsn_graph *graph;
    hsn_node_id *roots; // growing while operands are resolved
    size_t root_count;
    size_t *root_ends; // by operand: where its roots end
    size_t operand_count;
    bool addresses_only;
    uint8_t *type_flags;
    hsn_node_id *ignored, *coloured;
    size_t ignored_count, coloured_count;
};

// "0x7f12…" or decimal digits.
static bool parse_address(const char *text, uint64_t *out)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (strspn(text + (hex ? 2 : 0), hex ? "0123456789abcdefABCDEF" : "0123456789") !=
            strlen(text + (hex ? 2 : 0)) ||
        !text[hex ? 2 : 0])
        return false;
    errno = 0;
    *out = strtoull(text, NULL, hex ? 16 : 10);
    return !errno;
}

// 3 = the full name, 2 = the name without its module, 1 = the pattern matches, 0 = no.
static int type_match(const hsn_type *type, const char *pattern)
{
    size_t module = strlen(type->module);
    const char *bare = type->name;
    if (module && !strncmp(bare, type->module, module) && bare[module] == '.')
        bare += module + 1;
    return !strcmp(type->name, pattern) ? 3
           : !strcmp(bare, pattern)
               ? 2
               : hsn_glob_match(pattern, type->name) || hsn_glob_match(pattern, bare);
}

// Flags the types that `pattern` names best; returns how many, and their objects.
static size_t flag_types(const hsn_type_list *types, const char *pattern, uint8_t flag,
                         uint8_t *flags, uint64_t *out_objects)
{
    int best = 1;
    size_t count = 0;
    *out_objects = 0;
    for (size_t i = 0; i < types->count; i++) {
        int match = type_match(&types->rows[i], pattern);
        best = match > best ? match : best;
    }
    for (size_t i = 0; i < types->count; i++)
        if (type_match(&types->rows[i], pattern) == best) {
            flags[i] |= flag;
            count++;
            *out_objects += types->rows[i].count;
        }
    return count;
}

static int compare_nodes(const void *a, const void *b)
{
    hsn_node_id x = *(const hsn_node_id *)a, y = *(const hsn_node_id *)b;
    return (x > y) - (x < y);
}

static int find_node(struct cli *cli, struct question *q, const char *text, hsn_node_id *out)
{
    hsn_error err = {0};
    uint64_t address;
    if (!parse_address(text, &address))
        return cli_usage(cli, "'%s' is not an address", text);
    if (hsn_heap_find_address(q->heap, address, out, &err) == HSN_ENOTFOUND)
        return cli_error(cli, q->snapshot->argument, "no object at %s", text);
    return err.code ? cli_failed(cli, q->snapshot->argument, &err) : STATUS_OK;
}

static int flag_list(struct cli *cli, struct question *q, const struct opt_list *list, uint8_t flag)
{
    const hsn_type_list *types = hsn_heap_types(q->heap);
    for (size_t i = 0; i < list->count; i++) {
        uint64_t objects, address;
        if (parse_address(list->items[i], &address))
            continue;
        if (!flag_types(types, list->items[i], flag, q->type_flags, &objects))
            cli_warn(cli, q->snapshot->argument, "no type matches '%s'", list->items[i]);
    }
    return STATUS_OK;
}

static int node_list(struct cli *cli, struct question *q, const struct opt_list *list,
                     bool addresses_only, hsn_node_id **out, size_t *out_count)
{
    uint64_t address;
    *out = cli_alloc(cli, list->count + 1, sizeof **out);
    for (size_t i = 0; i < list->count; i++) {
        if (!addresses_only && !parse_address(list->items[i], &address))
            continue;
        int r = find_node(cli, q, list->items[i], &(*out)[*out_count]);
        if (r)
            return r;
        ++*out_count;
    }
    qsort(*out, *out_count, sizeof **out, compare_nodes);
    return STATUS_OK;
}

static int read_choice(struct cli *cli, struct question *q)
{
    enum { CHOSEN = 128 };
    const hsn_type_list *types = hsn_heap_types(q->heap);
    q->type_flags = cli_alloc(cli, types->count + 1, 1);
    memset(q->type_flags, 0, types->count + 1);
    flag_list(cli, q, &only, CHOSEN);
    for (size_t i = 0; only.count && i < types->count; i++)
        if (!(q->type_flags[i] & CHOSEN))
            q->type_flags[i] |= HSN_BACKREFS_HIDE;
    flag_list(cli, q, &exclude, HSN_BACKREFS_HIDE);
    flag_list(cli, q, &highlight, HSN_BACKREFS_COLOUR);
    int r = node_list(cli, q, &ignore, true, &q->ignored, &q->ignored_count);
    return r ? r : node_list(cli, q, &highlight, false, &q->coloured, &q->coloured_count);
}

static void add_roots(struct cli *cli, struct question *q, const hsn_node_id *nodes, size_t count)
{
    hsn_node_id *grown = cli_alloc(cli, q->root_count + count + 1, sizeof *grown);
    if (q->root_count)
        memcpy(grown, q->roots, q->root_count * sizeof *grown);
    if (count)
        memcpy(grown + q->root_count, nodes, count * sizeof *grown);
    q->roots = grown;
    q->root_count += count;
    q->root_ends[q->operand_count++] = q->root_count;
}

static int add_type(struct cli *cli, struct question *q, const char *pattern)
{
    const hsn_type_list *types = hsn_heap_types(q->heap);
    uint8_t *wanted = cli_alloc(cli, types->count + 1, 1);
    hsn_node_id *nodes = NULL;
    size_t count = 0;
    uint64_t objects;
    hsn_error err = {0};
    memset(wanted, 0, types->count + 1);
    if (!flag_types(types, pattern, 1, wanted, &objects))
        return cli_error(cli, q->snapshot->argument, "no type matches '%s'", pattern);
    if (!objects)
        return cli_error(cli, q->snapshot->argument, "no object of type '%s'", pattern);
    if (hsn_heap_nodes_of_types(q->heap, wanted, &nodes, &count, &err) < 0)
        return cli_failed(cli, q->snapshot->argument, &err);
    add_roots(cli, q, nodes, count);
    hsn_free_nodes(nodes);
    return STATUS_OK;
}

static int add_where(struct cli *cli, struct question *q)
{
    hsn_node_id *nodes = NULL;
    size_t count = 0;
    hsn_error err = {0};
    if (hsn_sql_nodes_where(q->snapshot->store, q->snapshot->id, where, &nodes, &count, &err) < 0)
        return cli_failed(cli, q->snapshot->argument, &err);
    if (!count)
        return cli_error(cli, q->snapshot->argument, "no object where %s", where);
    add_roots(cli, q, nodes, count);
    hsn_free_nodes(nodes);
    return STATUS_OK;
}

static int read_roots(struct cli *cli, struct question *q)
{
    int r = STATUS_OK;
    q->root_ends = cli_alloc(cli, cli->arg_count + 1, sizeof *q->root_ends);
    q->addresses_only = !where;
    for (size_t i = 1; !r && i < cli->arg_count; i++) {
        uint64_t address;
        hsn_node_id node;
        if (!parse_address(cli->args[i], &address)) {
            q->addresses_only = false;
            r = add_type(cli, q, cli->args[i]);
        } else if (!(r = find_node(cli, q, cli->args[i], &node))) {
            add_roots(cli, q, &node, 1);
        }
    }
    return !r && where ? add_where(cli, q) : r;
}

static bool wants_picture(const struct cli *cli)
{
    for (int i = 0; i < HSN_DRAW_FORMAT_COUNT; i++)
        if (files[i].given)
            return true;
    return cli->format >= FORMAT_MORE;
}

// A table stands beside pictures when its format was asked for.
static bool wants_table(const struct cli *cli)
{
    return cli->format == FORMAT_JSON || cli->format == FORMAT_CSV || !wants_picture(cli);
}

static int write_picture(struct cli *cli, const hsn_drawing *drawing, hsn_draw_format format,
                         const char *path, const char *subject)
{
    struct out *out = NULL;
    char *data = NULL;
    size_t size = 0;
    hsn_error err = {0};
    if (hsn_drawing_render(drawing, format, &data, &size, &err) < 0)
        return cli_failed(cli, subject, &err);
    int r = out_open(cli, path, &out);
    if (!r) {
        out_write(out, data, size);
        r = out_close(out);
    }
    hsn_drawing_free_data(data);
    return r;
}

// Every picture that was asked for: files by their options, stdout or -o by --format.
static int write_pictures(struct cli *cli, const hsn_drawing *drawing, const char *argument,
                          const char *word)
{
    int r = STATUS_OK;
    for (int i = 0; !r && i < HSN_DRAW_FORMAT_COUNT; i++) {
        if (!files[i].given)
            continue;
        const char *suffix = cli_format(cli, "-%s.%s", word, hsn_draw_format_name(i));
        const char *path = cli_derived_path(cli, &files[i], argument, suffix);
        r = write_picture(cli, drawing, i, path, argument);
        if (!r && !files[i].path)
            cli_note(cli, "%s", path);
    }
    if (!r && cli->format >= FORMAT_MORE)
        r = write_picture(cli, drawing, cli->format == FORMAT_DOT ? HSN_DRAW_DOT : HSN_DRAW_SVG,
                          cli->output, argument);
    return r;
}

// "leak.db" of "/var/dumps/leak.db".
static const char *origin(const struct question *q)
{
    const char *slash = strrchr(q->snapshot->argument, '/');
    return slash ? slash + 1 : q->snapshot->argument;
}

static int draw_graph(struct cli *cli, struct question *q, const hsn_backrefs *backrefs)
{
    hsn_draw_backrefs_options options = {.origin = origin(q),
                                         .full_names = full_names,
                                         .refcounts = refcounts,
                                         .no_sizes = !sizes,
                                         .exact_bytes = cli->exact_bytes};
    hsn_drawing *drawing = NULL;
    hsn_error err = {0};
    if (hsn_draw_backrefs(backrefs, &options, &drawing, &err) < 0)
        return cli_failed(cli, q->snapshot->argument, &err);
    int r = write_pictures(cli, drawing, q->snapshot->argument, refs ? "refs" : "backrefs");
    hsn_drawing_free(drawing);
    return r;
}

static int print_graph(struct cli *cli, struct question *q, const hsn_backrefs *backrefs)
{
    hsn_table *table = NULL, *whole = NULL;
    hsn_error err = {0};
    int r = cli->format == FORMAT_TEXT
                ? hsn_backrefs_tree(backrefs, full_names, refcounts, &table, &err)
                : hsn_backrefs_boxes(backrefs, &table, &err);
    if (r >= 0)
        r = hsn_backrefs_whole(backrefs, &whole, &err);
    r = r < 0 ? cli_failed(cli, q->snapshot->argument, &err)
              : out_table(cli, "backrefs", table, whole);
    hsn_table_free(table);
    hsn_table_free(whole);
    return r;
}

static int run_graph(struct cli *cli, struct question *q)
{
    bool picture = wants_picture(cli);
    uint64_t max_boxes = max_nodes                               ? max_nodes
                         : picture || cli->format != FORMAT_TEXT ? HSN_BACKREFS_MAX_BOXES
                                                                 : TREE_BOXES;
    hsn_backrefs_options options = {
        .refs = refs,
        .weak = weak,
        .no_collapse = !collapse,
        .depth_is_set = 1,
        .max_depth = (uint32_t)(depth < UINT32_MAX ? depth : UINT32_MAX),
        .too_many = (uint32_t)(too_many < UINT32_MAX ? too_many : UINT32_MAX),
        .max_boxes = (uint32_t)(max_boxes < HSN_DRAW_MAX_NODES ? max_boxes : HSN_DRAW_MAX_NODES),
        .each = q->addresses_only ? UINT32_MAX : (uint32_t)(each < UINT32_MAX ? each : UINT32_MAX),
        .type_flags = q->type_flags,
        .ignored = q->ignored,
        .ignored_count = q->ignored_count,
        .coloured = q->coloured,
        .coloured_count = q->coloured_count,
    };
    hsn_backrefs backrefs = {0};
    hsn_error err = {0};
    unsigned parts = HSN_GRAPH_BACKWARD | (weak ? HSN_GRAPH_WEAK : 0);
    if (!refs && hsn_graph_load(&q->graph, q->heap, parts, cli_progress(cli), &err) < 0)
        return cli_failed(cli, q->snapshot->argument, &err);
    if (hsn_backrefs_find(q->heap, q->graph, q->roots, q->root_count, &options, cli_progress(cli),
                          &backrefs, &err) < 0)
        return cli_failed(cli, q->snapshot->argument, &err);
    int r = picture ? draw_graph(cli, q, &backrefs) : STATUS_OK;
    if (!r && wants_table(cli))
        r = print_graph(cli, q, &backrefs);
    cli_detail(cli, "%zu boxes, %zu edges", backrefs.box_count, backrefs.edge_count);
    hsn_backrefs_free(&backrefs);
    return r;
}

static const hsn_column step_fields[] = {
    {HSN_COLUMN_ADDRESS, "address", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "type", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "label", NULL, 0, NULL},
    {0},
};

static const hsn_column chain_columns[] = {
    {HSN_COLUMN_ADDRESS, "target", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "found", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "expression", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "root_kind", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "root_name", NULL, 0, NULL},
    {HSN_COLUMN_LIST, "steps", NULL, 0, step_fields},
    {0},
};

static const hsn_column chain_text_columns[] = {
    {HSN_COLUMN_TEXT, "chain", "Chain", 0, NULL},
    {HSN_COLUMN_ADDRESS, "address", "Address", 0, NULL},
    {0},
};

static int chain_options(struct cli *cli, struct question *q, hsn_chain_options *out)
{
    const hsn_type_list *types = hsn_heap_types(q->heap);
    uint64_t objects;
    if (!strcmp(start, "any"))
        return STATUS_OK;
    for (unsigned kind = HSN_ROOT_MODULE; kind <= HSN_ROOT_OTHER; kind++)
        if (!strcmp(start, hsn_root_kind_name((hsn_root_kind)kind))) {
            out->root_kinds = 1u << kind;
            return STATUS_OK;
        }
    uint8_t *wanted = cli_alloc(cli, types->count + 1, 1);
    memset(wanted, 0, types->count + 1);
    if (!flag_types(types, start, 1, wanted, &objects))
        return cli_error(cli, q->snapshot->argument, "no type matches '%s'", start);
    out->start_types = wanted;
    return STATUS_OK;
}

static void chain_row(hsn_table *table, struct question *q, const hsn_chain *row, hsn_node_id first)
{
    hsn_object object;
    if (row->found)
        hsn_table_address(table, row->steps[row->step_count - 1].address);
    else if (hsn_heap_object(q->heap, first, &object, NULL) >= 0)
        hsn_table_address(table, object.address);
    else
        hsn_table_null(table);
    hsn_table_bool(table, row->found);
    hsn_table_text(table, row->found ? row->expression : NULL);
    bool rooted = row->found && row->root.name && *row->root.name;
    hsn_table_text(table, rooted ? hsn_root_kind_name(row->root.kind) : NULL);
    hsn_table_text(table, rooted ? row->root.name : NULL);
    hsn_table_begin(table);
    for (size_t i = 0; i < row->step_count; i++) {
        hsn_table_address(table, row->steps[i].address);
        hsn_table_text(table, row->steps[i].type_name);
        hsn_table_text(table, row->steps[i].label);
    }
    hsn_table_end(table);
}

// For people: the expression, then a line a step.
static void chain_lines(struct cli *cli, hsn_table *table, const hsn_chain *row)
{
    hsn_table_text(table, row->found ? row->expression : "(no chain)");
    hsn_table_null(table);
    for (size_t i = 0; i < row->step_count; i++) {
        const hsn_chain_step *step = &row->steps[i];
        const char *text = *step->text ? step->text : i ? "" : row->root.name;
        const char *label = *step->label ? step->label : "?";
        hsn_table_text(table,
                       cli_format(cli, "  %s%s%s%s%s", i ? label : "", i ? " \xE2\x86\x92 " : "",
                                  step->type_name, *text ? " " : "", text));
        hsn_table_address(table, step->address);
    }
}

static int print_chains(struct cli *cli, struct question *q, const hsn_chain *chains,
                        const hsn_node_id *firsts, size_t count)
{
    hsn_table *table = NULL;
    hsn_error err = {0};
    bool text = cli->format == FORMAT_TEXT;
    if (hsn_table_new(&table, text ? chain_text_columns : chain_columns, &err) < 0)
        return cli_failed(cli, q->snapshot->argument, &err);
    for (size_t i = 0; i < count; i++)
        if (text)
            chain_lines(cli, table, &chains[i]);
        else
            chain_row(table, q, &chains[i], firsts[i]);
    int r = out_table(cli, "chain", table, NULL);
    hsn_table_free(table);
    return r;
}

static int draw_chains(struct cli *cli, struct question *q, const hsn_chain *chains, size_t count)
{
    hsn_drawing *drawing = NULL;
    hsn_error err = {0};
    if (hsn_draw_chains(chains, count, full_names, origin(q), &drawing, &err) < 0)
        return cli_failed(cli, q->snapshot->argument, &err);
    int r = write_pictures(cli, drawing, q->snapshot->argument, "chain");
    hsn_drawing_free(drawing);
    return r;
}

// One chain an operand, to the object of it that is nearest to a root; with --each, N chains.
static int run_chain(struct cli *cli, struct question *q)
{
    hsn_chain_options options = {.max_references = 0};
    hsn_error err = {0};
    size_t most = each ? (each < q->root_count ? (size_t)each : q->root_count) * q->operand_count
                       : q->operand_count;
    hsn_chain *chains = cli_alloc(cli, most, sizeof *chains);
    hsn_node_id *firsts = cli_alloc(cli, most, sizeof *firsts);
    size_t count = 0;
    int r = chain_options(cli, q, &options);
    if (r)
        return r;
    if (hsn_graph_load(&q->graph, q->heap, HSN_GRAPH_BACKWARD, cli_progress(cli), &err) < 0)
        return cli_failed(cli, q->snapshot->argument, &err);
    for (size_t i = 0, begin = 0; !err.code && i < q->operand_count; begin = q->root_ends[i++]) {
        size_t step = each ? 1 : q->root_ends[i] - begin;
        for (size_t at = begin, n = 0; !err.code && at < q->root_ends[i] && (!n || n < each);
             at += step, n++) {
            firsts[count] = q->roots[at];
            if (hsn_chain_find(q->heap, q->graph, q->roots + at, step, &options, cli_progress(cli),
                               &chains[count], &err) >= 0)
                count++;
        }
    }
    if (err.code)
        r = cli_failed(cli, q->snapshot->argument, &err);
    if (!r && wants_picture(cli))
        r = draw_chains(cli, q, chains, count);
    if (!r && wants_table(cli))
        r = print_chains(cli, q, chains, firsts, count);
    for (size_t i = 0; i < count; i++)
        hsn_chain_free(&chains[i]);
    return r;
}

// Of the first object of each operand; what the roots may not begin at, --from says.
static int run_chains(struct cli *cli, struct question *q)
{
    hsn_error err = {0};
    const hsn_root_list *roots;
    size_t capacity = (size_t)chains_wanted * q->operand_count, count = 0;
    hsn_chain *told = cli_alloc(cli, capacity, sizeof *told);
    hsn_node_id *firsts = cli_alloc(cli, capacity, sizeof *firsts), *nodes = NULL;
    if (hsn_heap_roots(q->heap, &roots, &err) >= 0 &&
        hsn_graph_load(&q->graph, q->heap, HSN_GRAPH_BACKWARD, cli_progress(cli), &err) >= 0) {
        nodes = cli_alloc(cli, roots->count + 1, sizeof *nodes);
        for (size_t i = 0; i < roots->count; i++)
            nodes[i] = roots->rows[i].node;
    }
    for (size_t i = 0, begin = 0; !err.code && i < q->operand_count; begin = q->root_ends[i++]) {
        hsn_disjoint found = {0};
        hsn_node_id target = q->roots[begin];
        if (hsn_disjoint_find(q->graph, nodes, roots->count, target, (size_t)chains_wanted,
                              cli_progress(cli), &found, &err) < 0)
            break;
        for (size_t k = 0; k < found.count && !err.code; k++) {
            firsts[count] = target;
            if (hsn_disjoint_tell(q->heap, &found.chains[k], &told[count], &err) >= 0)
                count++;
        }
        if (!found.is_all)
            cli_note(cli, "there are more chains than these %zu", found.count);
        hsn_disjoint_free(&found);
    }
    int r = err.code ? cli_failed(cli, q->snapshot->argument, &err) : STATUS_OK;
    if (!r && wants_picture(cli))
        r = draw_chains(cli, q, told, count);
    if (!r && wants_table(cli))
        r = print_chains(cli, q, told, firsts, count);
    for (size_t i = 0; i < count; i++)
        hsn_chain_free(&told[i]);
    return r;
}

static int run_patterns(struct cli *cli, struct question *q)
{
    enum { MOST_ROWS = 20 };
    const hsn_type_list *types = hsn_heap_types(q->heap);
    uint8_t *wanted = cli_alloc(cli, types->count + 1, 1);
    uint64_t objects;
    memset(wanted, 0, types->count + 1);
    for (size_t i = 1; i < cli->arg_count; i++)
        if (!flag_types(types, cli->args[i], 1, wanted, &objects))
            return cli_error(cli, q->snapshot->argument, "no type matches '%s'", cli->args[i]);
    return patterns_print(cli, q->heap, wanted, q->snapshot->argument, MOST_ROWS);
}

// Options that are of one answer only.
static int check_answers(struct cli *cli)
{
    enum { MOST_CHAINS = 1000 };
    if ((chain || chains_wanted || patterns) && (refs || weak || refcounts || only.count ||
                                                 exclude.count || ignore.count || highlight.count))
        return cli_usage(cli,
                         "%s does not go with --refs, --weak, --refcounts, --filter, "
                         "--exclude, --ignore and --highlight",
                         chain           ? "--chain"
                         : chains_wanted ? "--chains"
                                         : "--patterns");
    if (chain + (chains_wanted > 0) + patterns > 1)
        return cli_usage(cli, "choose one of --chain, --chains and --patterns");
    if (chains_wanted > MOST_CHAINS)
        return cli_usage(cli, "--chains: more than %d", MOST_CHAINS);
    if (chains_wanted && each)
        return cli_usage(cli, "--chains does not go with --each");
    if (patterns && (where || wants_picture(cli)))
        return cli_usage(cli, "--patterns takes types and prints a table");
    if (!chain && strcmp(start, "any"))
        return cli_usage(cli, "--from goes with --chain only");
    return STATUS_OK;
}

static int run(struct cli *cli)
{
    struct question q = {0};
    hsn_error err = {0};
    if (check_answers(cli))
        return STATUS_TROUBLE;
    if (!too_many)
        return cli_usage(cli, "--too-many must be at least 1");
    if (cli->arg_count < 2 && !where)
        return cli_usage(cli, "which objects? name a type, an address, or give --where");
    int r = cli_open(cli, cli->args[0], &q.snapshot);
    if (r)
        return r;
    if (hsn_heap_open(&q.heap, q.snapshot->store, q.snapshot->id, &err) < 0)
        return cli_failed(cli, cli->args[0], &err);
    if (patterns)
        r = run_patterns(cli, &q);
    else if (!(r = read_choice(cli, &q)) && !(r = read_roots(cli, &q)))
        r = chain ? run_chain(cli, &q) : chains_wanted ? run_chains(cli, &q) : run_graph(cli, &q);
    hsn_graph_free(q.graph);
    hsn_heap_close(q.heap);
    return r;
}

const struct tool tool = {
    .name = "backrefs",
    .summary = "show who refers to an object, as a graph or as the shortest chain",
    .args = "SNAPSHOT TYPE|ADDRESS...",
    .examples = "backrefs leak.db Request --svg\n"
                "backrefs leak.db 0x7f3a10001900 --depth 5 --refcounts\n"
                "backrefs leak.db app.cache.Request --chain\n"
                "backrefs leak.db Request --patterns\n"
                "backrefs leak.db --where \"size_bytes > 1000\" --png",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_SNAPSHOTS,
    .min_args = 1,
    .formats = formats,
    .run = run,
};
