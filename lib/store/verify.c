// SPDX-License-Identifier: MIT
// Checking a whole store: the file, every segment, and that counts and totals say what columns
// hold.
#include "store/verify.h"
#include "base/alloc.h"
#include "heapsnap/heap.h"
#include "store/results.h"
#include "store/type_totals.h"
#include "base/varint.h"

#include <inttypes.h>
#include <string.h>

// What the columns hold, to be compared with what the rows say.
typedef struct tally {
    uint64_t references, weak_references, heap_bytes;
    uint64_t *counts, *size_bytes; // by type
} tally;

int hsn__verify_wrong(hsn_store *store, hsn_snapshot_id id, hsn_error *err, const char *what)
{
    return hsn__fail(err, HSN_EFORMAT, hsn_store_path(store),
                     "damaged store: snapshot %" PRId64 ": %s", id, what);
}

static int check_file(hsn_store *store, hsn_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA integrity_check(1)", -1, &statement, NULL);
    int r = HSN_OK;
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW) {
        r = hsn__store_fail(store, rc, err);
    } else {
        const char *answer = (const char *)sqlite3_column_text(statement, 0);
        if (!answer || strcmp(answer, "ok"))
            r = hsn__fail(err, HSN_EFORMAT, hsn_store_path(store), "damaged store: %s",
                          answer ? answer : "no answer");
    }
    sqlite3_finalize(statement);
    return r;
}

static int check_object(hsn_store *store, hsn_heap *heap, hsn_node_id node, uint64_t weak_stored,
                        uint64_t *last_address, tally *sum, hsn_error *err)
{
    const hsn_snapshot_info *info = hsn_heap_info(heap);
    const hsn_ref *refs;
    hsn_object object;
    size_t count;
    uint64_t weak = 0;
    int r = hsn_heap_object(heap, node, &object, err);
    if (r == HSN_OK)
        r = hsn_heap_refs(heap, node, &refs, &count, err);
    if (r < 0)
        return r;
    if (node && object.address <= *last_address)
        return hsn__verify_wrong(store, info->id, err, "addresses do not ascend");
    *last_address = object.address;
    if (object.stack != HSN_NONE && object.stack >= info->stacks)
        return hsn__verify_wrong(store, info->id, err, "an object names a stack that is not there");
    sum->counts[object.type]++;
    sum->size_bytes[object.type] += object.size_bytes;
    sum->heap_bytes += object.size_bytes;
    sum->references += count;
    for (size_t i = 0; i < count; i++)
        weak += refs[i].kind == HSN_REF_WEAK;
    sum->weak_references += weak;
    if (weak != weak_stored)
        return hsn__verify_wrong(store, info->id, err, "number of an object's weak references");
    return HSN_OK;
}

// Every object; the column of weak counts, which the heap does not need, is read beside it.
static int check_objects(hsn_store *store, hsn_heap *heap, tally *sum, hsn_error *err)
{
    const hsn_snapshot_info *info = hsn_heap_info(heap);
    uint64_t *weak = hsn__alloc_zeroed(HSN__SEGMENT_ROWS, sizeof *weak);
    uint64_t last_address = 0;
    int r = weak ? HSN_OK : hsn__fail_memory(err);
    for (hsn_node_id node = 0; r == HSN_OK && node < info->objects; node++) {
        uint32_t row = node % HSN__SEGMENT_ROWS, part = node / HSN__SEGMENT_ROWS;
        if (row == 0)
            r = hsn__segment_values(store, info->id, HSN__COLUMN_WEAK, part, weak,
                                    hsn__segment_rows(info->objects, part), err);
        if (r == HSN_OK)
            r = check_object(store, heap, node, weak[row], &last_address, sum, err);
    }
    hsn__free(weak);
    return r;
}

static int check_totals(hsn_store *store, const hsn_heap *heap, const tally *sum, hsn_error *err)
{
    const hsn_snapshot_info *info = hsn_heap_info(heap);
    const hsn_type_list *types = hsn_heap_types(heap);
    if (types->count != info->types)
        return hsn__verify_wrong(store, info->id, err, "number of types");
    if (sum->references != info->references || sum->weak_references != info->weak_references)
        return hsn__verify_wrong(store, info->id, err, "number of references");
    if (sum->heap_bytes != info->heap_bytes)
        return hsn__verify_wrong(store, info->id, err, "bytes of the heap");
    for (size_t i = 0; i < types->count; i++) {
        if (sum->counts[i] != types->rows[i].count ||
            sum->size_bytes[i] != types->rows[i].size_bytes)
            return hsn__verify_wrong(store, info->id, err,
                                     "totals of a type differ from its objects");
        if (types->rows[i].node != HSN_NONE && types->rows[i].node >= info->objects)
            return hsn__verify_wrong(store, info->id, err, "a type's object is not there");
    }
    return HSN_OK;
}

static int check_strings(hsn_heap *heap, hsn_error *err)
{
    const char *text;
    int r = HSN_OK;
    for (uint64_t id = 0; r == HSN_OK && id < hsn_heap_info(heap)->strings; id += HSN__SEGMENT_ROWS)
        r = hsn_heap_string(heap, (uint32_t)id, &text, err);
    return r;
}

// Results, if there are any: each object retains itself and what its children retain.
typedef struct results {
    uint64_t objects;
    uint64_t *dominator; // by row: its code
    uint64_t *sums;      // by row: sizes, then what is retained by it and below
    uint64_t *retained;
} results;

static const char *take_dominators(void *context, uint64_t first, uint32_t rows,
                                   const uint64_t *values)
{
    memcpy(((results *)context)->dominator + first, values, rows * sizeof *values);
    return NULL;
}

static const char *take_retained(void *context, uint64_t first, uint32_t rows,
                                 const uint64_t *values)
{
    memcpy(((results *)context)->retained + first, values, rows * sizeof *values);
    return NULL;
}

static const char *take_sizes(void *context, uint64_t first, uint32_t rows, const uint64_t *values)
{
    memcpy(((results *)context)->sums + first, values, rows * sizeof *values);
    return NULL;
}

static const char *take_types(void *context, uint64_t first, uint32_t rows, const uint64_t *values)
{
    const hsn_snapshot_info *info = context;
    (void)first;
    for (uint32_t i = 0; i < rows; i++)
        if (values[i] > info->heap_bytes)
            return "more bytes than the heap has";
    return NULL;
}

static const char *add_up(results *all, uint64_t heap_bytes)
{
    uint64_t top_bytes = 0;
    for (uint64_t row = 0; row < all->objects; row++) {
        uint64_t code = all->dominator[row];
        if (code < 2) {
            top_bytes += all->retained[row];
            continue;
        }
        uint64_t above = row + (uint64_t)hsn__unzigzag(code - 1);
        if (above >= all->objects || above == row)
            return "a dominator is no object";
        all->sums[above] += all->retained[row];
    }
    for (uint64_t row = 0; row < all->objects; row++)
        if (all->sums[row] != all->retained[row])
            return "retained bytes of an object";
    return top_bytes == heap_bytes ? NULL : "retained bytes of the heap";
}

static int check_results(hsn_store *store, hsn_heap *heap, hsn_error *err)
{
    const hsn_snapshot_info *info = hsn_heap_info(heap);
    results all = {.objects = info->objects};
    bool have;
    int r = hsn__results_have(heap, HSN__COLUMN_DOMINATOR, info->objects, &have, err);
    if (r < 0 || !have)
        return r;
    all.dominator = hsn__alloc_array((size_t)all.objects, sizeof *all.dominator);
    all.sums = hsn__alloc_array((size_t)all.objects, sizeof *all.sums);
    all.retained = hsn__alloc_array((size_t)all.objects, sizeof *all.retained);
    if (!all.dominator || !all.sums || !all.retained)
        r = hsn__fail_memory(err);
    if (r == HSN_OK)
        r = hsn__results_read(heap, HSN__COLUMN_DOMINATOR, all.objects, take_dominators, &all, err);
    if (r == HSN_OK)
        r = hsn__results_read(heap, HSN__COLUMN_RETAINED, all.objects, take_retained, &all, err);
    if (r == HSN_OK)
        r = hsn__results_read(heap, HSN__COLUMN_SIZE, all.objects, take_sizes, &all, err);
    if (r == HSN_OK)
        r = hsn__results_read(heap, HSN__COLUMN_TYPE_RETAINED, info->types, take_types,
                              (void *)(uintptr_t)info, err);
    if (r == HSN_OK)
        r = hsn__results_read(heap, HSN__COLUMN_MODULE_RETAINED, info->types, take_types,
                              (void *)(uintptr_t)info, err);
    const char *fault = r == HSN_OK ? add_up(&all, info->heap_bytes) : NULL;
    if (fault)
        r = hsn__verify_wrong(store, info->id, err, fault);
    hsn__free(all.dominator);
    hsn__free(all.sums);
    hsn__free(all.retained);
    return r;
}

// Totals by type of objects that are not there.
static int check_stated(hsn_store *store, const hsn_snapshot_info *info, hsn_error *err)
{
    hsn_type_list types;
    uint64_t objects = 0, heap_bytes = 0;
    int r = hsn_type_list_read(store, info->id, &types, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < types.count; i++) {
        objects += types.rows[i].count;
        heap_bytes += types.rows[i].size_bytes;
    }
    if (types.count != info->types)
        r = hsn__verify_wrong(store, info->id, err, "number of types");
    else if (objects != info->objects || heap_bytes != info->heap_bytes)
        r = hsn__verify_wrong(store, info->id, err, "totals of types");
    hsn_type_list_free(&types);
    return r < 0 ? r : hsn__verify_profile(store, info, err);
}

static int check_snapshot(hsn_store *store, const hsn_snapshot_info *info, hsn_error *err)
{
    const hsn_root_list *roots;
    hsn_heap *heap = NULL;
    tally sum = {0};
    if (info->objects && !info->has_graph)
        return check_stated(store, info, err);
    int r = hsn_heap_open(&heap, store, info->id, err);
    if (r < 0)
        goto done;
    size_t types = hsn_heap_types(heap)->count;
    sum.counts = hsn__alloc_zeroed(types, sizeof *sum.counts);
    sum.size_bytes = hsn__alloc_zeroed(types, sizeof *sum.size_bytes);
    if (!sum.counts || !sum.size_bytes)
        r = hsn__fail_memory(err);
    if (r == HSN_OK)
        r = check_strings(heap, err);
    if (r == HSN_OK)
        r = check_objects(store, heap, &sum, err);
    if (r == HSN_OK)
        r = check_totals(store, heap, &sum, err);
    if (r == HSN_OK)
        r = hsn_heap_roots(heap, &roots, err);
    if (r == HSN_OK && roots->count != info->roots)
        r = hsn__verify_wrong(store, info->id, err, "number of roots");
    if (r == HSN_OK)
        r = hsn__verify_profile(store, info, err);
    if (r == HSN_OK)
        r = check_results(store, heap, err);
done:
    hsn__free(sum.counts);
    hsn__free(sum.size_bytes);
    hsn_heap_close(heap);
    return r;
}

static int add_total(void *context, const hsn__type_total *total, hsn_error *err)
{
    hsn__type_total *sum = context;
    (void)err;
    sum->count += total->count;
    sum->size_bytes += total->size_bytes;
    return HSN_OK;
}

// Totals by type stay when the graph goes; they add up to what the snapshot says.
static int check_type_totals(hsn_store *store, const hsn_snapshot_info *info,
                             const hsn__type_names *names, hsn_error *err)
{
    hsn__type_total sum = {0};
    size_t count;
    int r = hsn__type_totals_each(store, info->id, names, add_total, &sum, &count, err);
    if (r == HSN_OK && (sum.count != info->objects || sum.size_bytes != info->heap_bytes))
        r = hsn__verify_wrong(store, info->id, err, "totals by type");
    return r;
}

int hsn_store_verify(hsn_store *store, hsn_error *err)
{
    hsn_snapshot_list list = {0};
    hsn__type_names names = {0};
    int r = check_file(store, err);
    if (r == HSN_OK)
        r = hsn_snapshot_list_read(store, &list, err);
    if (r == HSN_OK)
        r = hsn__type_names_read(store, &names, err);
    for (size_t i = 0; r == HSN_OK && i < list.count; i++) {
        if (!list.rows[i].graph_dropped)
            r = check_snapshot(store, &list.rows[i], err);
        if (r == HSN_OK)
            r = check_type_totals(store, &list.rows[i], &names, err);
    }
    hsn__type_names_free(&names);
    hsn_snapshot_list_free(&list);
    return r;
}
