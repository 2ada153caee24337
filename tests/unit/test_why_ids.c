// SPDX-License-Identifier: MIT
// Matching by stable id: against a twin that looks up one object after the other.
#include "analysis/why_ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "check.h"
#include "heapsnap/load.h"
#include "heapsnap/why.h"

enum { IDS = 40, TYPES = 5, LABELS = 3, ROUNDS = 150 };

// A tree at one instant: by id, whether it is there, and the object and label that it hangs on.
typedef struct tree {
    bool has[IDS];
    unsigned holder[IDS], label[IDS], type[IDS];
} tree;

typedef struct opened {
    hsn_store *store;
    hsn_heap *heap;
    hsn_snapshot_ref ref;
} opened;

static unsigned row_of(const tree *t, unsigned id)
{
    unsigned row = 1;
    for (unsigned i = 0; i < id; i++)
        row += t->has[i];
    return row;
}

static void write_edges(FILE *file, const tree *t)
{
    fprintf(file, "\"edges\":[1,0,%u", 5 * row_of(t, 0));
    for (unsigned i = 0; i < IDS; i++)
        for (unsigned k = i + 1; t->has[i] && k < IDS; k++)
            if (t->has[k] && t->holder[k] == i)
                fprintf(file, ",0,%u,%u", 6 + t->label[k], 5 * row_of(t, k));
    fprintf(file, "]");
}

static unsigned degree(const tree *t, unsigned id)
{
    unsigned count = 0;
    for (unsigned k = id + 1; k < IDS; k++)
        count += t->has[k] && t->holder[k] == id;
    return count;
}

static bool open_tree(opened *out, const tree *t)
{
    char path[] = "/tmp/heapsnap-test-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    hsn_error err = {0};
    *out = (opened){0};
    if (!CHECK(file != NULL))
        return false;
    fprintf(file,
            "{\"snapshot\":{\"meta\":{\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\","
            "\"edge_count\"],\"node_types\":[[\"synthetic\",\"object\"]],\"edge_fields\":["
            "\"type\",\"name_or_index\",\"to_node\"],\"edge_types\":[[\"property\","
            "\"shortcut\"]]}},\"nodes\":[0,5,9999,0,1");
    for (unsigned i = 0; i < IDS; i++)
        if (t->has[i])
            fprintf(file, ",1,%u,%u,%u,%u", t->type[i], 2 * i + 1, 16 + i, degree(t, i));
    fprintf(file, "],");
    write_edges(file, t);
    fprintf(file, ",\"strings\":[\"T0\",\"T1\",\"T2\",\"T3\",\"T4\",\"\",\"a\",\"b\",\"c\"]}");
    fclose(file);
    bool ok = CHECK_OK(hsn_snapshot_open(&out->store, &out->ref.id, path, NULL, &err), &err) &&
              CHECK_OK(hsn_heap_open(&out->heap, out->store, out->ref.id, &err), &err);
    out->ref.store = out->store;
    unlink(path);
    return ok;
}

static void close_tree(opened *o)
{
    hsn_heap_close(o->heap);
    hsn_store_close(o->store);
}

static unsigned holder_in(const tree *t, unsigned id, check_random *random)
{
    unsigned holder;
    do
        holder = check_random_below(random, id);
    while (!t->has[holder]);
    return holder;
}

static void make_tree(tree *t, check_random *random)
{
    *t = (tree){0};
    for (unsigned i = 0; i < IDS; i++) {
        t->has[i] = !i || check_random_below(random, 4) != 0;
        t->type[i] = check_random_below(random, TYPES);
        t->label[i] = check_random_below(random, LABELS);
        if (i)
            t->holder[i] = holder_in(t, i, random);
    }
}

// Later: some are gone, some new, some hang elsewhere.
static void change_tree(tree *t, check_random *random)
{
    for (unsigned i = 1; i < IDS; i++) {
        bool was = t->has[i];
        t->has[i] = check_random_below(random, 5) ? was : !was;
        if (!t->has[t->holder[i]] || !check_random_below(random, 4)) {
            t->holder[i] = holder_in(t, i, random);
            t->label[i] = check_random_below(random, LABELS);
        }
    }
}

// ---- the twin

typedef struct twin {
    const hsn__why_kept *kept;
    const uint32_t *pattern; // as it was
    const uint64_t *ids;
    const hsn__placed *last;
    hsn__patterns *patterns;
} twin;

static uint32_t twin_home(const twin *t, hsn_node_id node)
{
    for (uint32_t k = 0; k < t->last->graph->node_count; k++)
        if (t->ids[k] == t->kept->ids[node])
            return t->last->pattern[k];
    hsn_node_id holder = t->kept->holder[node];
    const hsn__pattern *row = &t->patterns->rows[t->pattern[node]];
    if (holder == HSN_NONE)
        return t->pattern[node];
    uint32_t home = twin_home(t, holder);
    // No namespaces here.
    if (home == t->pattern[holder] || row->parent != t->pattern[holder])
        return t->pattern[node];
    return hsn__patterns_child(t->patterns, home, row->label, row->type);
}

static void check_rehome(const opened *before, const opened *after)
{
    hsn__patterns patterns;
    hsn__placed old = {0}, last = {0};
    hsn__why_kept kept = {0};
    uint64_t ids[IDS];
    uint32_t pattern[IDS];
    hsn_error err = {0};
    bool ok = CHECK_OK(hsn__patterns_init(&patterns, &err), &err) &&
              CHECK_OK(hsn__placed_find(&old, before->heap, &patterns, NULL, &err), &err) &&
              CHECK_OK(hsn__why_keep(&old, &kept, &err), &err) &&
              CHECK_OK(hsn__placed_find(&last, after->heap, &patterns, NULL, &err), &err) &&
              CHECK_OK(hsn_heap_column_addresses(after->heap, ids, &err), &err);
    if (ok) {
        memcpy(pattern, kept.pattern, kept.count * sizeof *pattern);
        CHECK(hsn__why_ids_agree(&kept, 1, ids, &last, &patterns));
        ok = CHECK_OK(hsn__why_rehome(&kept, ids, &last, &patterns, &err), &err);
    }
    twin t = {&kept, pattern, ids, &last, &patterns};
    for (uint32_t i = 0; ok && i < kept.count; i++)
        CHECK_EQ(kept.pattern[i], twin_home(&t, i));
    hsn__why_kept_clear(&kept);
    hsn__placed_clear(&old);
    hsn__placed_clear(&last);
    hsn__patterns_clear(&patterns);
}

static void test_objects_move_to_where_the_twin_finds_them(void)
{
    check_random random = {5};
    for (int round = 0; round < ROUNDS; round++) {
        tree t;
        opened before, after;
        make_tree(&t, &random);
        if (!open_tree(&before, &t))
            return;
        change_tree(&t, &random);
        if (!open_tree(&after, &t))
            return;
        check_rehome(&before, &after);
        close_tree(&before);
        close_tree(&after);
    }
}

// ---- what it is for

// 0 holds 1 by a or, `moved`, 2 does; 1 holds `items` from `first` on.
static bool open_cache(opened *out, bool moved, unsigned first, unsigned items)
{
    tree t = {.has = {true, true, true}, .type = {0, 1, 2}, .label = {0, 0, 1}};
    t.holder[2] = 1;
    t.type[1] = 2;
    t.type[2] = 1;
    if (moved)
        t.holder[2] = 0;
    for (unsigned i = first; i < first + items; i++) {
        t.has[i] = true;
        t.type[i] = 3;
        t.holder[i] = 2;
        t.label[i] = 2;
    }
    return open_tree(out, &t);
}

static void test_a_holder_that_moved_gained_only_what_is_new(void)
{
    opened before, after;
    hsn_error err = {0};
    hsn_why why;
    if (!open_cache(&before, false, 5, 10) || !open_cache(&after, true, 5, 16))
        return;
    hsn_snapshot_ref refs[] = {before.ref, after.ref};
    if (!CHECK_OK(hsn_why_over(refs, 2, NULL, NULL, &why, &err), &err))
        return;
    CHECK_EQ(why.matched_by, HSN_WHY_BY_ID);
    CHECK(!why.id_obstacle);
    if (CHECK_EQ(why.count, 1)) {
        CHECK_STR(why.rows[0].type, "T3");
        CHECK_EQ(why.rows[0].count_delta, 6);
        CHECK_EQ(why.rows[0].holder.items_old, 10);
        CHECK_EQ(why.rows[0].holder.items_new, 16);
    }
    hsn_why_free(&why);
    close_tree(&before);
    close_tree(&after);
}

static void test_objects_that_come_and_go_are_no_growth(void)
{
    opened before, after;
    hsn_error err = {0};
    hsn_why why;
    // Sizes go by id, so the same number of later ones is a little larger.
    if (!open_cache(&before, false, 5, 10) || !open_cache(&after, true, 20, 10))
        return;
    hsn_snapshot_ref refs[] = {before.ref, after.ref};
    if (!CHECK_OK(hsn_why_over(refs, 2, NULL, NULL, &why, &err), &err))
        return;
    for (size_t i = 0; i < why.count; i++)
        CHECK_EQ(why.rows[i].count_delta, 0);
    hsn_why_free(&why);
    close_tree(&before);
    close_tree(&after);
}

static void test_ids_of_another_process_are_not_used(void)
{
    opened before, after;
    hsn_error err = {0};
    hsn_why why;
    tree t = {.has = {true, true, true}, .type = {0, 3, 4}};
    if (!open_cache(&before, false, 5, 10) || !open_tree(&after, &t))
        return;
    hsn_snapshot_ref refs[] = {before.ref, after.ref};
    if (!CHECK_OK(hsn_why_over(refs, 2, NULL, NULL, &why, &err), &err))
        return;
    CHECK_EQ(why.matched_by, HSN_WHY_BY_PATTERN);
    CHECK_STR(why.id_obstacle, "they are of different processes");
    hsn_why_free(&why);
    close_tree(&before);
    close_tree(&after);
}

static void test_matching_by_id_survives_every_failing_allocation(void)
{
    opened before, after;
    hsn_why_options options = {.dominators = HSN_DOMINATORS_COMPUTE};
    if (!open_cache(&before, false, 5, 10) || !open_cache(&after, true, 5, 16))
        return;
    hsn_snapshot_ref refs[] = {before.ref, after.ref};
    for (uint64_t nth = 1;; nth++) {
        hsn_why why;
        hsn__alloc_fail_at(nth, true);
        int r = hsn_why_over(refs, 2, &options, NULL, &why, NULL);
        hsn__alloc_fail_at(0, false);
        if (r == HSN_OK) {
            CHECK(nth > 20);
            hsn_why_free(&why);
            break;
        }
        if (!CHECK_STATUS(r, HSN_ENOMEM) || !CHECK(nth < 5000))
            break;
    }
    close_tree(&before);
    close_tree(&after);
}

CHECK_MAIN(CHECK_CASE(test_objects_move_to_where_the_twin_finds_them),
           CHECK_CASE(test_a_holder_that_moved_gained_only_what_is_new),
           CHECK_CASE(test_objects_that_come_and_go_are_no_growth),
           CHECK_CASE(test_ids_of_another_process_are_not_used),
           CHECK_CASE(test_matching_by_id_survives_every_failing_allocation))
