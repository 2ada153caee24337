// SPDX-License-Identifier: MIT
// Objects by stable id: against a twin that looks every id up, and what is refused.
#include "heapsnap/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "check.h"
#include "heapsnap/load.h"

enum { IDS = 60, TYPES = 4, ROUNDS = 100 };

// One process: by id, whether it is there, its type and its size in each snapshot.
typedef struct world {
    bool has[3][IDS];
    unsigned size[3][IDS];
    unsigned type[3][IDS];
} world;

typedef struct opened {
    hsn_store *stores[3];
    hsn_snapshot_ref refs[3];
} opened;

// A snapshot of V8: the root holds everything. Ids are odd, and none is left out for lack of them.
static bool open_world(opened *out, const world *w, unsigned at, const char *fields)
{
    char path[] = "/tmp/heapsnap-test-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    unsigned count = 0;
    hsn_error err = {0};
    if (!CHECK(file != NULL))
        return false;
    for (unsigned i = 0; i < IDS; i++)
        count += w->has[at][i];
    fprintf(file,
            "{\"snapshot\":{\"meta\":{\"node_fields\":[%s],\"node_types\":[[\"synthetic\","
            "\"object\"]],\"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],"
            "\"edge_types\":[[\"element\"]]}},\"nodes\":[0,4,999,0,%u",
            fields, count);
    for (unsigned i = 0; i < IDS; i++)
        if (w->has[at][i])
            fprintf(file, ",1,%u,%u,%u,0", w->type[at][i], 2 * i + 1, w->size[at][i]);
    fprintf(file, "],\"edges\":[");
    for (unsigned i = 0; i < count; i++)
        fprintf(file, "%s0,%u,%u", i ? "," : "", i, 5 * i + 5);
    fprintf(file, "],\"strings\":[\"T0\",\"T1\",\"Detached T1\",\"T3\",\"\"]}");
    fclose(file);
    bool ok =
        CHECK_OK(hsn_snapshot_open(&out->stores[at], &out->refs[at].id, path, NULL, &err), &err);
    out->refs[at].store = out->stores[at];
    unlink(path);
    return ok;
}

static const char all_fields[] = "\"type\",\"name\",\"id\",\"self_size\",\"edge_count\"";

static bool open_all(opened *out, const world *w)
{
    *out = (opened){0};
    for (unsigned at = 0; at < 3; at++)
        if (!open_world(out, w, at, all_fields))
            return false;
    return true;
}

static void close_all(opened *o)
{
    for (unsigned at = 0; at < 3; at++)
        hsn_store_close(o->stores[at]);
}

static void make_world(world *w, check_random *random)
{
    *w = (world){0};
    for (unsigned i = 0; i < IDS; i++) {
        unsigned type = (unsigned)check_random_below(random, TYPES);
        for (unsigned at = 0; at < 3; at++) {
            w->has[at][i] = !i || check_random_below(random, 3) != 0;
            w->size[at][i] = 16 + (unsigned)check_random_below(random, 3) * 8;
            w->type[at][i] = type;
        }
    }
}

static const hsn_objects_row *row_of(const hsn_objects *objects, const char *type)
{
    for (size_t i = 0; i < objects->count; i++)
        if (!strcmp(objects->rows[i].type, type))
            return &objects->rows[i];
    return NULL;
}

static const char *const names[TYPES] = {"T0", "T1", "Detached T1", "T3"};

// The twin: one type, one id at a time.
static hsn_objects_row twin(const world *w, size_t snapshots, unsigned type)
{
    hsn_objects_row out = {.type = names[type]};
    for (unsigned i = 0; i < IDS; i++) {
        bool a = w->has[0][i], b = w->has[1][i], c = w->has[2][i];
        if (w->type[0][i] != type || (snapshots == 3 && (a || !b)))
            continue;
        bool fresh = b && !a, kept = snapshots == 2 ? a && b : c;
        bool gone = snapshots == 2 ? a && !b : !c;
        unsigned last = snapshots == 2 ? w->size[1][i] : w->size[2][i];
        unsigned before = snapshots == 2 ? w->size[0][i] : w->size[1][i];
        out.fresh.count += fresh;
        out.fresh.size_bytes += fresh ? w->size[1][i] : 0;
        out.survived.count += kept;
        out.survived.size_bytes += kept ? last : 0;
        out.gone.count += gone;
        out.gone.size_bytes += gone ? before : 0;
        if (snapshots == 2)
            out.size_bytes_delta += (b ? (int)last : 0) - (a ? (int)before : 0);
        else
            out.size_bytes_delta += kept ? (int)last : 0;
        if (!out.example && fresh && (snapshots == 2 || kept))
            out.example = 2 * i + 1;
    }
    return out;
}

static void check_row(const hsn_objects *objects, const world *w, size_t snapshots, unsigned type)
{
    hsn_objects_row want = twin(w, snapshots, type);
    const hsn_objects_row *row = row_of(objects, names[type]);
    if (!row) {
        CHECK_EQ(want.fresh.count + want.gone.count + want.survived.count, 0);
        return;
    }
    CHECK_EQ(row->fresh.count, want.fresh.count);
    CHECK_EQ(row->fresh.size_bytes, want.fresh.size_bytes);
    CHECK_EQ(row->gone.count, want.gone.count);
    CHECK_EQ(row->gone.size_bytes, want.gone.size_bytes);
    CHECK_EQ(row->survived.count, want.survived.count);
    CHECK_EQ(row->survived.size_bytes, want.survived.size_bytes);
    CHECK_EQ(row->size_bytes_delta, want.size_bytes_delta);
    CHECK_EQ(row->example, want.example);
}

static void test_new_gone_and_survived_objects_are_those_of_the_twin(void)
{
    check_random random = {7};
    for (int round = 0; round < ROUNDS; round++) {
        world w;
        opened o;
        hsn_error err = {0};
        make_world(&w, &random);
        if (!open_all(&o, &w))
            return;
        for (size_t snapshots = 2; snapshots <= 3; snapshots++) {
            hsn_objects objects;
            if (!CHECK_OK(hsn_objects_between(o.refs, snapshots, NULL, &objects, &err), &err))
                return;
            for (unsigned type = 0; type < TYPES; type++)
                check_row(&objects, &w, snapshots, type);
            for (size_t i = 1; i < objects.count; i++)
                CHECK(objects.rows[i - 1].size_bytes_delta >= objects.rows[i].size_bytes_delta);
            hsn_objects_free(&objects);
        }
        close_all(&o);
    }
}

static void test_ids_of_other_types_are_of_another_process(void)
{
    check_random random = {11};
    world w;
    opened o;
    hsn_error err = {0};
    hsn_objects objects;
    make_world(&w, &random);
    w.type[0][0] = 0;
    w.type[1][0] = w.type[2][0] = 3;
    if (!open_all(&o, &w))
        return;
    CHECK_STATUS(hsn_objects_between(o.refs, 2, NULL, &objects, &err), HSN_EINVAL);
    CHECK(strstr(err.message, "ids of different processes, 1 of ") != NULL);
    close_all(&o);
}

static void test_an_element_that_left_its_document_is_the_same(void)
{
    check_random random = {13};
    world w;
    opened o;
    hsn_error err = {0};
    hsn_objects objects;
    make_world(&w, &random);
    w.type[0][0] = 1;
    w.type[1][0] = w.type[2][0] = 2;
    if (!open_all(&o, &w))
        return;
    CHECK_OK(hsn_objects_between(o.refs, 2, NULL, &objects, &err), &err);
    CHECK_EQ(objects.disagreeing, 0);
    hsn_objects_free(&objects);
    close_all(&o);
}

static void test_objects_without_ids_are_refused(void)
{
    check_random random = {17};
    world w;
    opened o = {0};
    hsn_error err = {0};
    hsn_objects objects;
    make_world(&w, &random);
    if (!open_world(&o, &w, 0, all_fields) ||
        !open_world(&o, &w, 1, "\"type\",\"name\",\"no\",\"self_size\",\"edge_count\""))
        return;
    CHECK_STATUS(hsn_objects_between(o.refs, 2, NULL, &objects, &err), HSN_EINVAL);
    CHECK_STR(err.message, "objects cannot be matched by id: its objects have no stable ids");
    CHECK_STATUS(hsn_objects_between(o.refs, 1, NULL, &objects, NULL), HSN_EINVAL);
    close_all(&o);
}

static void test_objects_survives_every_failing_allocation(void)
{
    check_random random = {19};
    world w;
    opened o;
    int r = HSN_ENOMEM;
    make_world(&w, &random);
    if (!open_all(&o, &w))
        return;
    for (uint64_t nth = 1; nth < 3000 && r != HSN_OK; nth++) {
        hsn_objects objects;
        hsn__alloc_fail_at(nth, false);
        r = hsn_objects_between(o.refs, 3, NULL, &objects, NULL);
        hsn__alloc_fail_at(0, false);
        if (r < 0)
            CHECK_STATUS(r, HSN_ENOMEM);
        hsn_objects_free(&objects);
    }
    CHECK_STATUS(r, HSN_OK);
    close_all(&o);
}

CHECK_MAIN(CHECK_CASE(test_new_gone_and_survived_objects_are_those_of_the_twin),
           CHECK_CASE(test_ids_of_other_types_are_of_another_process),
           CHECK_CASE(test_an_element_that_left_its_document_is_the_same),
           CHECK_CASE(test_objects_without_ids_are_refused),
           CHECK_CASE(test_objects_survives_every_failing_allocation))
