// SPDX-License-Identifier: MIT
// Unit tests of questions to the dominator tree: slow twins on random snapshots.
#include <heapsnap/retained.h>

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "snapshot_of.h"
#include "store/sqlite_api.h"

enum { MOST_NODES = 30, TYPES = 4, ROUNDS = 300, FIRST = 4096 };

typedef struct sample {
    snapshot_of s;
    hsn_dominators d;
    uint32_t nodes;
    uint32_t types[MOST_NODES];
    uint64_t sizes[MOST_NODES];
} sample;

static bool make_sample(sample *out, check_random *random)
{
    char *text = NULL;
    size_t size;
    hsn_error err = {0};
    FILE *file = open_memstream(&text, &size);
    uint32_t nodes = 1 + check_random_below(random, MOST_NODES);
    *out = (sample){.nodes = nodes};
    for (int i = 0; i < TYPES; i++)
        fprintf(file, "{'type':%d,'name':'T%d','module':'m%d'}\n", i, i, i / 2);
    fprintf(file, "{'string':0,'text':'a'}\n{'string':1,'text':'b'}\n");
    for (uint32_t i = 0; i < nodes; i++) {
        fprintf(file, "{'object':%u,'type':%u,'size':%u,'attr':[", FIRST + i * 16,
                check_random_below(random, TYPES), check_random_below(random, 50) * 8);
        uint32_t count = check_random_below(random, 4);
        for (uint32_t k = 0; k < count; k++)
            fprintf(file, "%s%u,%u", k ? "," : "", check_random_below(random, 2),
                    FIRST + check_random_below(random, nodes) * 16);
        fprintf(file, "]}\n");
    }
    for (uint32_t i = check_random_below(random, 3); i > 0; i--)
        fprintf(file, "{'root':%u,'kind':'module','name':'m'}\n",
                FIRST + check_random_below(random, nodes) * 16);
    fclose(file);
    bool ok = snapshot_open(&out->s, text, HSN_GRAPH_FORWARD) &&
              CHECK_OK(hsn_dominators_find(out->s.heap, out->s.graph, NULL, &out->d, &err), &err) &&
              CHECK_OK(hsn_heap_column_types(out->s.heap, out->types, &err), &err) &&
              CHECK_OK(hsn_heap_column_sizes(out->s.heap, out->sizes, &err), &err);
    free(text);
    return ok;
}

static void clear_sample(sample *s)
{
    hsn_dominators_free(&s->d);
    snapshot_close(&s->s);
}

static bool is_object(hsn_node_id node)
{
    return node < HSN_HELD_BY_NOTHING;
}

// ---- groups
// ---------------------------------------------------------------------------------------

static bool group_equals_twin(const sample *s, const hsn_retained_group *row, hsn_by by)
{
    uint64_t retained = 0, count = 0;
    for (uint32_t node = 0; node < s->nodes; node++) {
        const hsn_type *types = hsn_heap_types(s->s.heap)->rows;
        const hsn_type *type = &types[s->types[node]];
        bool below = false;
        if (strcmp(by == HSN_BY_TYPE ? type->name : type->module, row->name))
            continue;
        for (hsn_node_id up = s->d.dominator[node]; is_object(up); up = s->d.dominator[up])
            below = below || !strcmp(by == HSN_BY_TYPE ? types[s->types[up]].name
                                                       : types[s->types[up]].module,
                                     row->name);
        retained += below ? 0 : s->d.retained_bytes[node];
        count++;
    }
    return retained == row->retained_bytes && count == row->count;
}

static void test_retained_groups_count_every_byte_once(void)
{
    check_random random = {3};
    for (int round = 0; round < ROUNDS; round++) {
        hsn_by by = round % 2 ? HSN_BY_TYPE : HSN_BY_MODULE;
        hsn_retained_groups groups = {0};
        hsn_error err = {0};
        sample s;
        uint64_t count = 0;
        if (make_sample(&s, &random) &&
            CHECK_OK(hsn_retained_groups_find(s.s.heap, &s.d, by, &groups, &err), &err))
            for (size_t i = 0; i < groups.count; i++) {
                CHECK(group_equals_twin(&s, &groups.rows[i], by));
                CHECK(!i || groups.rows[i - 1].retained_bytes >= groups.rows[i].retained_bytes);
                count += groups.rows[i].count;
            }
        CHECK_EQ(count, s.nodes);
        hsn_retained_groups_free(&groups);
        clear_sample(&s);
    }
}

// ---- objects
// --------------------------------------------------------------------------------------

static void test_retained_objects_are_the_largest_in_order(void)
{
    check_random random = {4};
    for (int round = 0; round < ROUNDS; round++) {
        sample s;
        uint8_t types[TYPES] = {0};
        if (!make_sample(&s, &random)) {
            clear_sample(&s);
            return;
        }
        types[check_random_below(&random, TYPES)] = 1;
        hsn_retained_options options = {.types = round % 2 ? types : NULL,
                                        .pieces = round % 3 == 0,
                                        .limit = check_random_below(&random, MOST_NODES)};
        hsn_retained_objects objects = {0};
        hsn_error err = {0};
        uint64_t matched = 0;
        CHECK_OK(hsn_retained_objects_find(s.s.heap, &s.d, &options, &objects, &err), &err);
        for (uint32_t node = 0; node < s.nodes; node++) {
            size_t rank = 0;
            if ((options.types && !types[s.types[node]]) ||
                (options.pieces && s.d.dominator[node] != HSN_HELD_BY_NOTHING))
                continue;
            matched++;
            for (uint32_t k = 0; k < s.nodes; k++) {
                bool passes = (!options.types || types[s.types[k]]) &&
                              (!options.pieces || s.d.dominator[k] == HSN_HELD_BY_NOTHING);
                uint64_t mine = s.d.retained_bytes[node], its = s.d.retained_bytes[k];
                rank += passes && (its > mine || (its == mine && k < node));
            }
            if (rank < objects.count)
                CHECK_EQ(objects.rows[rank].node, node);
            else
                CHECK(options.limit && rank >= options.limit);
        }
        CHECK_EQ(objects.matched, matched);
        hsn_retained_objects_free(&objects);
        clear_sample(&s);
    }
}

// ---- tree
// -----------------------------------------------------------------------------------------

static void check_tree(const sample *s, const hsn_retained_tree_options *options,
                       const hsn_retained_tree *tree)
{
    uint64_t top_bytes = 0, size_bytes = 0, count = 0;
    for (size_t i = 0; i < tree->count; i++) {
        const hsn_retained_box *box = &tree->boxes[i];
        uint64_t below = 0, children = 0;
        for (size_t k = i + 1; k < tree->count; k++)
            if (tree->boxes[k].parent == i) {
                below += tree->boxes[k].retained_bytes;
                children++;
                CHECK_EQ(tree->boxes[k].depth, box->depth + 1);
            }
        CHECK(children <= (uint64_t)options->most_children + 1);
        if (children)
            CHECK_EQ(box->size_bytes + below, box->retained_bytes);
        if (box->parent == HSN_NONE)
            top_bytes += box->retained_bytes;
        if (box->type != HSN_NONE) {
            CHECK_EQ(s->types[box->node], box->type);
            if (s->d.retained_bytes[box->node] >= options->alone_bytes)
                CHECK_EQ(box->count, 1);
        }
        size_bytes += box->size_bytes;
        count += box->count;
    }
    CHECK_EQ(top_bytes, tree->whole_bytes);
    // Nothing left out: every object stands in one box.
    if (options->most_children == UINT32_MAX && options->depth == UINT32_MAX &&
        !is_object(options->from)) {
        CHECK_EQ(size_bytes, tree->whole_bytes);
        uint64_t expected = 0;
        for (uint32_t node = 0; node < s->nodes; node++) {
            hsn_node_id top = node;
            while (is_object(s->d.dominator[top]))
                top = s->d.dominator[top];
            expected += s->d.dominator[top] == options->from;
        }
        CHECK_EQ(count, expected);
    }
}

static void test_retained_trees_add_up(void)
{
    check_random random = {5};
    for (int round = 0; round < ROUNDS; round++) {
        sample s;
        if (make_sample(&s, &random)) {
            const hsn_node_id from[] = {HSN_HELD_BY_ROOTS, HSN_HELD_BY_NOTHING,
                                        check_random_below(&random, s.nodes)};
            hsn_retained_tree_options options = {.from = from[round % 3],
                                                 .depth = UINT32_MAX,
                                                 .most_children = UINT32_MAX,
                                                 .alone_bytes = UINT64_MAX};
            if (check_random_below(&random, 2))
                options.depth = check_random_below(&random, 4);
            if (check_random_below(&random, 2))
                options.most_children = check_random_below(&random, 4);
            if (check_random_below(&random, 2))
                options.alone_bytes = check_random_below(&random, 800);
            hsn_retained_tree tree = {0};
            hsn_error err = {0};
            if (CHECK_OK(hsn_retained_tree_find(s.s.heap, &s.d, &options, &tree, &err), &err))
                check_tree(&s, &options, &tree);
            hsn_retained_tree_free(&tree);
        }
        clear_sample(&s);
    }
}

// ---- what if
// --------------------------------------------------------------------------------------

typedef struct world {
    bool gone[MOST_NODES];
    bool cut[MOST_NODES][MOST_NODES][3]; // by source, target, label: a, b, any
} world;

// By deletion, with the roots that the dump declares and the pieces of garbage that stand alone.
static uint64_t twin_bytes(const sample *s, const world *w, uint64_t *out_objects)
{
    bool live[MOST_NODES] = {0}, kept[MOST_NODES] = {0}, changed = true;
    uint64_t bytes = 0;
    const hsn_root_list *roots;
    hsn_error err = {0};
    *out_objects = 0;
    for (uint32_t node = 0; node < s->nodes; node++) {
        hsn_node_id top = node;
        while (is_object(s->d.dominator[top]))
            top = s->d.dominator[top];
        live[node] = s->d.dominator[top] == HSN_HELD_BY_ROOTS;
        if (s->d.dominator[node] == HSN_HELD_BY_NOTHING && !w->gone[node]) {
            // A top of garbage is an entry unless other garbage refers to it.
            kept[node] = true;
        }
    }
    CHECK_OK(hsn_heap_roots(s->s.heap, &roots, &err), &err);
    for (size_t i = 0; i < roots->count; i++)
        kept[roots->rows[i].node] = !w->gone[roots->rows[i].node];
    // A top with referrers of its own piece's others is reached, not an entry.
    for (uint32_t node = 0; node < s->nodes; node++) {
        if (live[node] || !kept[node])
            continue;
        for (uint32_t k = 0; k < s->nodes; k++) {
            hsn_span refs = hsn_graph_refs(s->s.graph, k);
            hsn_node_id up = k;
            while (is_object(up) && up != node)
                up = s->d.dominator[up];
            for (size_t i = 0; i < refs.count && !live[k] && up != node; i++)
                if (refs.ids[i] == node)
                    kept[node] = false;
        }
    }
    while (changed) {
        changed = false;
        for (uint32_t node = 0; node < s->nodes; node++) {
            const hsn_ref *refs;
            size_t count;
            if (!kept[node])
                continue;
            CHECK_OK(hsn_heap_refs(s->s.heap, node, &refs, &count, &err), &err);
            for (size_t i = 0; i < count; i++) {
                hsn_node_id target = refs[i].target;
                const char *label;
                CHECK_OK(hsn_heap_string(s->s.heap, refs[i].label, &label, &err), &err);
                if (kept[target] || w->gone[target] || live[node] != live[target] ||
                    w->cut[node][target][2] || w->cut[node][target][*label - 'a'])
                    continue;
                kept[target] = changed = true;
            }
        }
    }
    for (uint32_t node = 0; node < s->nodes; node++)
        if (!kept[node]) {
            bytes += s->sizes[node];
            ++*out_objects;
        }
    return bytes;
}

static void imagine(world *w, const hsn_absence *a)
{
    for (size_t i = 0; i < a->node_count; i++) {
        if (!a->targets)
            w->gone[a->nodes[i]] = true;
        for (size_t k = 0; k < a->target_count; k++)
            w->cut[a->nodes[i]][a->targets[k]][a->label ? *a->label - 'a' : 2] = true;
    }
}

static void test_retained_without_equals_deletion(void)
{
    enum { ABSENCES = 3 };
    check_random random = {6};
    for (int round = 0; round < ROUNDS; round++) {
        sample s;
        hsn_error err = {0};
        hsn_node_id nodes[ABSENCES][2], targets[ABSENCES][4];
        hsn_absence absences[ABSENCES];
        hsn_absence_result results[ABSENCES + 1];
        world together = {0};
        if (!make_sample(&s, &random)) {
            clear_sample(&s);
            return;
        }
        for (int i = 0; i < ABSENCES; i++) {
            bool references = check_random_below(&random, 2);
            for (int k = 0; k < 4; k++)
                targets[i][k] = check_random_below(&random, s.nodes);
            for (int k = 0; k < 2; k++)
                nodes[i][k] = check_random_below(&random, s.nodes);
            absences[i] = (hsn_absence){.nodes = nodes[i], .node_count = 2};
            if (references) {
                absences[i].targets = targets[i];
                absences[i].target_count = 4;
                absences[i].label = check_random_below(&random, 2) ? "b" : NULL;
            }
        }
        if (CHECK_OK(
                hsn_retained_without(s.s.heap, s.s.graph, absences, ABSENCES, NULL, results, &err),
                &err))
            for (int i = 0; i <= ABSENCES; i++) {
                world alone = {0};
                uint64_t objects;
                if (i < ABSENCES) {
                    imagine(&alone, &absences[i]);
                    imagine(&together, &absences[i]);
                }
                CHECK_EQ(results[i].size_bytes,
                         twin_bytes(&s, i < ABSENCES ? &alone : &together, &objects));
                CHECK_EQ(results[i].objects, objects);
            }
        clear_sample(&s);
    }
}

static void test_retained_bytes_are_what_goes_without_the_object(void)
{
    check_random random = {8};
    for (int round = 0; round < ROUNDS / 10; round++) {
        sample s;
        hsn_error err = {0};
        if (make_sample(&s, &random))
            for (hsn_node_id node = 0; node < s.nodes; node++) {
                hsn_absence absence = {.nodes = &node, .node_count = 1};
                hsn_absence_result results[2];
                CHECK_OK(
                    hsn_retained_without(s.s.heap, s.s.graph, &absence, 1, NULL, results, &err),
                    &err);
                CHECK_EQ(results[0].size_bytes, s.d.retained_bytes[node]);
            }
        clear_sample(&s);
    }
}

static void test_retained_sets_are_what_goes_without_all_their_objects(void)
{
    check_random random = {9};
    uint64_t compared = 0;
    for (int round = 0; round < ROUNDS; round++) {
        bool reaches[MOST_NODES][MOST_NODES] = {{0}};
        hsn_node_id members[MOST_NODES];
        hsn_span sets[MOST_NODES];
        uint64_t bytes[MOST_NODES];
        size_t count = 0, used = 0;
        hsn_error err = {0};
        sample s;
        if (!make_sample(&s, &random)) {
            clear_sample(&s);
            return;
        }
        for (uint32_t i = 0; i < s.nodes; i++)
            for (size_t k = 0; k < hsn_graph_refs(s.s.graph, i).count; k++)
                reaches[i][hsn_graph_refs(s.s.graph, i).ids[k]] = true;
        for (uint32_t k = 0; k < s.nodes; k++)
            for (uint32_t i = 0; i < s.nodes; i++)
                for (uint32_t j = 0; j < s.nodes; j++)
                    reaches[i][j] = reaches[i][j] || (reaches[i][k] && reaches[k][j]);
        for (uint32_t i = 0; i < s.nodes; i++) {
            bool is_first = reaches[i][i] && check_random_below(&random, 2);
            for (uint32_t k = 0; k < i; k++)
                is_first = is_first && !(reaches[i][k] && reaches[k][i]);
            if (!is_first)
                continue;
            sets[count] = (hsn_span){members + used, 0};
            for (uint32_t k = i; k < s.nodes; k++)
                if (reaches[i][k] && reaches[k][i]) {
                    members[used++] = k;
                    sets[count].count++;
                }
            count++;
        }
        CHECK_OK(hsn_retained_sets(s.s.heap, s.s.graph, sets, count, NULL, bytes, &err), &err);
        for (size_t i = 0; i < count; i++) {
            hsn_absence absence = {.nodes = sets[i].ids, .node_count = sets[i].count};
            hsn_absence_result results[2];
            CHECK_OK(hsn_retained_without(s.s.heap, s.s.graph, &absence, 1, NULL, results, &err),
                     &err);
            CHECK_EQ(bytes[i], results[0].size_bytes);
            compared++;
        }
        clear_sample(&s);
    }
    CHECK(compared > ROUNDS / 2);
}

// ---- stores
// ---------------------------------------------------------------------------------------

static const char file_lines[] =
    "{'type':0,'name':'T'}\n{'object':16,'type':0,'size':8,'ref':[32]}\n"
    "{'object':32,'type':0,'size':24,'ref':[48]}\n"
    "{'object':48,'type':0,'size':40}\n"
    "{'root':16,'kind':'module','name':'m'}\n";

static bool make_file(char *path)
{
    char dump[] = "/tmp/heapsnap-test-XXXXXX";
    const char *dumps[] = {dump};
    int fd = mkstemp(dump), store = mkstemp(path);
    if (!CHECK(fd >= 0 && store >= 0))
        return false;
    FILE *file = fdopen(fd, "w");
    fprintf(file, "{\"heapsnap\":1,\"runtime\":\"cpython\",\"pid\":1}\n");
    for (const char *p = file_lines; *p; p++)
        fputc(*p == '\'' ? '"' : *p, file);
    fclose(file);
    close(store);
    hsn_load_options options = {.replace = 1};
    bool ok = CHECK_STATUS(hsn_load(path, dumps, 1, &options, NULL, NULL), HSN_PARTIAL);
    unlink(dump);
    return ok;
}

// Open the store, read dominators and give back what that says.
static int read_file(const char *path, unsigned flags, hsn_dominators *out)
{
    hsn_store *store = NULL;
    hsn_heap *heap = NULL;
    *out = (hsn_dominators){0};
    int r = hsn_store_open(&store, path, NULL, NULL);
    if (r >= 0)
        r = hsn_heap_open(&heap, store, 1, NULL);
    if (r >= 0)
        r = hsn_dominators_read(heap, flags, NULL, out, NULL);
    hsn_heap_close(heap);
    hsn_store_close(store);
    return r;
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    CHECK_EQ(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int verify(const char *path)
{
    hsn_store *store = NULL;
    int r = hsn_store_open(&store, path, NULL, NULL);
    if (r >= 0)
        r = hsn_store_verify(store, NULL);
    hsn_store_close(store);
    return r;
}

static void test_retained_bytes_are_kept_in_the_file_and_read_again(void)
{
    char path[] = "/tmp/heapsnap-test-XXXXXX";
    hsn_dominators d;
    if (!make_file(path))
        return;
    CHECK_STATUS(read_file(path, 0, &d), HSN_ENOTFOUND);
    CHECK_STATUS(read_file(path, HSN_DOMINATORS_COMPUTE, &d), HSN_OK);
    CHECK_EQ(d.stored, 0);
    hsn_dominators_free(&d);
    CHECK_STATUS(read_file(path, 0, &d), HSN_ENOTFOUND);
    CHECK_STATUS(read_file(path, HSN_DOMINATORS_COMPUTE | HSN_DOMINATORS_KEEP, &d), HSN_OK);
    CHECK_EQ(d.stored, 1);
    hsn_dominators_free(&d);
    if (CHECK_STATUS(read_file(path, 0, &d), HSN_OK)) {
        CHECK_EQ(d.retained_bytes[0], 72);
        CHECK_EQ(d.retained_bytes[1], 64);
        CHECK_EQ(d.dominator[0], HSN_HELD_BY_ROOTS);
        CHECK_EQ(d.dominator[2], 1);
    }
    hsn_dominators_free(&d);
    CHECK_STATUS(verify(path), HSN_OK);
    unlink(path);
}

static void test_retained_bytes_that_lie_are_refused(void)
{
    // A checksum that fits, and another column's values.
    static const char *const lies[] = {
        "UPDATE segment SET (data, crc32) = (SELECT data, crc32 FROM segment WHERE \"column\" = "
        "16) "
        "WHERE \"column\" = 15",
        "UPDATE segment SET (data, crc32) = (SELECT data, crc32 FROM segment WHERE \"column\" = 1) "
        "WHERE \"column\" = 16",
        "UPDATE segment SET crc32 = crc32 + 1 WHERE \"column\" = 16",
        "DELETE FROM segment WHERE \"column\" = 16",
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char path[] = "/tmp/heapsnap-test-XXXXXX";
        hsn_dominators d;
        if (!make_file(path))
            return;
        CHECK_STATUS(read_file(path, HSN_DOMINATORS_COMPUTE | HSN_DOMINATORS_KEEP, &d), HSN_OK);
        hsn_dominators_free(&d);
        run_sql(path, lies[i]);
        CHECK_STATUS(read_file(path, HSN_DOMINATORS_COMPUTE, &d), HSN_EFORMAT);
        CHECK_STATUS(verify(path), HSN_EFORMAT);
        unlink(path);
    }
}

// ---- suspects
// -------------------------------------------------------------------------------------

static void test_suspects_name_the_accumulation_point_and_the_common_path(void)
{
    // Module → dict → list of ten items that a frame holds too, and an object that holds one big
    // thing alone.
    snapshot_of s;
    char text[4096];
    size_t used = (size_t)snprintf(
        text, sizeof text,
        "{'type':0,'name':'module','kind':'module'}\n{'type':1,'name':'dict','kind':'dict'}\n"
        "{'type':2,'name':'list','kind':'list'}\n{'type':3,'name':'Item'}\n"
        "{'type':4,'name':'frame','kind':'frame'}\n{'type':5,'name':'str','kind':'str'}\n"
        "{'object':16,'type':0,'size':8,'internal':[],'ref':[32]}\n"
        "{'object':32,'type':1,'size':8,'ref':[48,64]}\n"
        "{'object':64,'type':3,'size':8,'ref':[80]}\n{'object':80,'type':5,'size':900}\n"
        "{'object':96,'type':4,'size':8,'ref':[160,176,192,208,224,240,256,272,288,304]}\n"
        "{'object':48,'type':2,'size':8,'ref':[160,176,192,208,224,240,256,272,288,304]}\n");
    for (int i = 0; i < 10; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "{'object':%d,'type':3,'size':100}\n", 160 + 16 * i);
    snprintf(text + used, sizeof text - used,
             "{'root':16,'kind':'module','name':'m'}\n{'root':96,'kind':'frame','name':'f'}\n");
    hsn_dominators d = {0};
    hsn_suspects found = {0};
    hsn_error err = {0};
    if (snapshot_open(&s, text, HSN_GRAPH_FORWARD) &&
        CHECK_OK(hsn_dominators_find(s.heap, s.graph, NULL, &d, &err), &err) &&
        CHECK_OK(hsn_suspects_find(s.heap, s.graph, &d, 0.2, NULL, &found, &err), &err) &&
        CHECK_EQ(found.count, 2)) {
        hsn_node_id string, frame, module;
        CHECK_OK(hsn_heap_find_address(s.heap, 80, &string, &err), &err);
        CHECK_OK(hsn_heap_find_address(s.heap, 96, &frame, &err), &err);
        CHECK_OK(hsn_heap_find_address(s.heap, 16, &module, &err), &err);
        CHECK_EQ(found.rows[0].count, 10);
        CHECK_EQ(found.rows[0].retained_bytes, 1000);
        CHECK_EQ(found.rows[0].path_end, frame);
        CHECK_EQ(found.rows[0].path_count, 10);
        CHECK_EQ(found.rows[1].node, module);
        CHECK_EQ(found.rows[1].retained_bytes, 932);
        CHECK_EQ(found.rows[1].accumulation, string);
    }
    hsn_suspects_free(&found);
    hsn_dominators_free(&d);
    snapshot_close(&s);
}

CHECK_MAIN(CHECK_CASE(test_retained_groups_count_every_byte_once),
           CHECK_CASE(test_retained_objects_are_the_largest_in_order),
           CHECK_CASE(test_retained_trees_add_up),
           CHECK_CASE(test_retained_without_equals_deletion),
           CHECK_CASE(test_retained_bytes_are_what_goes_without_the_object),
           CHECK_CASE(test_retained_sets_are_what_goes_without_all_their_objects),
           CHECK_CASE(test_retained_bytes_are_kept_in_the_file_and_read_again),
           CHECK_CASE(test_retained_bytes_that_lie_are_refused),
           CHECK_CASE(test_suspects_name_the_accumulation_point_and_the_common_path))
