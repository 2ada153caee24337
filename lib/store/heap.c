// SPDX-License-Identifier: MIT
// Random access to objects: one decoded segment per column is kept, and one of references.
//
// Analyses pick a few objects out of millions; showing them touches segments here and there. A
// decoded segment is kept until another one of its column is asked for, so callers that go through
// objects in order of id decode each segment once.
#include "store/heap_private.h"
#include "base/alloc.h"
#include "store/label_code.h"
#include "store/store_private.h"
#include "base/varint.h"

#include <inttypes.h>
#include <string.h>

// Up to the last one with a value per object: those of objects, and kept results.
enum { PLAIN_COLUMNS = HSN__COLUMN_RETAINED + 1, NO_PART = UINT32_MAX };

typedef struct plain_column {
    uint64_t *values; // HSN__SEGMENT_ROWS of them, allocated on first use
    uint32_t part;    // NO_PART = nothing decoded
} plain_column;

typedef struct string_part {
    char *bytes; // texts one after another, NUL-ended
    uint32_t *starts;
} string_part;

struct hsn_heap {
    hsn_store *store;
    hsn_snapshot_list info;
    hsn_type_list types;
    hsn_root_list roots;
    bool has_roots;
    plain_column columns[PLAIN_COLUMNS];
    hsn_ref *refs; // of part refs_part
    uint64_t *ref_starts;
    size_t refs_capacity;
    uint32_t refs_part;
    uint64_t *names; // names of references, by label code - HSN__LABEL_NAMES
    uint64_t name_count;
    string_part *strings; // by part; bytes NULL = not read yet
};

static const hsn_snapshot_info *info_of(const hsn_heap *heap)
{
    return &heap->info.rows[0];
}

int hsn_heap_open(hsn_heap **out, hsn_store *store, hsn_snapshot_id id, hsn_error *err)
{
    hsn_heap *heap = hsn__alloc_zeroed(1, sizeof *heap);
    int r;
    *out = NULL;
    if (!heap)
        return hsn__fail_memory(err);
    heap->store = store;
    heap->refs_part = NO_PART;
    for (size_t i = 0; i < PLAIN_COLUMNS; i++)
        heap->columns[i].part = NO_PART;
    r = hsn__snapshot_info_list(store, id, &heap->info, err);
    if (r == HSN_OK && !heap->info.count)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(store), "no snapshot %" PRId64, id);
    if (r == HSN_OK && info_of(heap)->graph_dropped == HSN_GRAPH_AGGREGATED)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(store),
                      "an aggregate of snapshots has totals, but no object graph");
    if (r == HSN_OK && info_of(heap)->graph_dropped)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(store),
                      "the graph of snapshot %" PRId64 " was dropped by retention; totals remain",
                      id);
    if (r == HSN_OK && info_of(heap)->objects && !info_of(heap)->has_graph)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(store),
                      "snapshot %" PRId64 " has totals by type, but no object graph", id);
    if (r == HSN_OK)
        r = hsn_type_list_read(store, id, &heap->types, err);
    if (r == HSN_OK) {
        size_t parts = (size_t)(info_of(heap)->strings / HSN__SEGMENT_ROWS) + 1;
        heap->strings = hsn__alloc_zeroed(parts, sizeof *heap->strings);
        if (!heap->strings)
            r = hsn__fail_memory(err);
    }
    if (r < 0)
        hsn_heap_close(heap);
    else
        *out = heap;
    return r;
}

void hsn_heap_close(hsn_heap *heap)
{
    if (!heap)
        return;
    if (heap->strings)
        for (size_t i = 0; i <= info_of(heap)->strings / HSN__SEGMENT_ROWS; i++) {
            hsn__free(heap->strings[i].bytes);
            hsn__free(heap->strings[i].starts);
        }
    hsn__free(heap->strings);
    for (size_t i = 0; i < PLAIN_COLUMNS; i++)
        hsn__free(heap->columns[i].values);
    hsn__free(heap->refs);
    hsn__free(heap->ref_starts);
    hsn__free(heap->names);
    hsn_root_list_free(&heap->roots);
    hsn_type_list_free(&heap->types);
    hsn_snapshot_list_free(&heap->info);
    hsn__free(heap);
}

hsn_store *hsn__heap_store(hsn_heap *heap)
{
    return heap->store;
}

const hsn_snapshot_info *hsn_heap_info(const hsn_heap *heap)
{
    return info_of(heap);
}

const hsn_type_list *hsn_heap_types(const hsn_heap *heap)
{
    return &heap->types;
}

int hsn_heap_roots(hsn_heap *heap, const hsn_root_list **out, hsn_error *err)
{
    if (!heap->has_roots) {
        int r = hsn_root_list_read(heap->store, info_of(heap)->id, &heap->roots, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < heap->roots.count; i++)
            if (heap->roots.rows[i].node >= info_of(heap)->objects) {
                hsn_root_list_free(&heap->roots);
                return hsn__fail(err, HSN_EFORMAT, hsn_store_path(heap->store),
                                 "damaged store: a root is no object");
            }
        heap->has_roots = true;
    }
    *out = &heap->roots;
    return HSN_OK;
}

// Decode `part` of a plain column unless it is there already.
static int load_part(hsn_heap *heap, hsn__column number, uint32_t part, const uint64_t **out,
                     hsn_error *err)
{
    plain_column *column = &heap->columns[number];
    *out = NULL;
    if (!column->values) {
        column->values = hsn__alloc_array(HSN__SEGMENT_ROWS, sizeof *column->values);
        if (!column->values)
            return hsn__fail_memory(err);
    }
    if (column->part != part) {
        column->part = NO_PART;
        int r = hsn__segment_values(heap->store, info_of(heap)->id, number, part, column->values,
                                    hsn__segment_rows(info_of(heap)->objects, part), err);
        if (r < 0)
            return r;
        column->part = part;
    }
    *out = column->values;
    return HSN_OK;
}

static int check_node(hsn_heap *heap, hsn_node_id node, hsn_error *err)
{
    if (node < info_of(heap)->objects)
        return HSN_OK;
    return hsn__fail(err, HSN_EINVAL, hsn_store_path(heap->store), "no object %" PRIu32, node);
}

int hsn_heap_object(hsn_heap *heap, hsn_node_id node, hsn_object *out, hsn_error *err)
{
    static const hsn__column columns[] = {
        HSN__COLUMN_ADDRESS,  HSN__COLUMN_TYPE,  HSN__COLUMN_SIZE, HSN__COLUMN_LENGTH,
        HSN__COLUMN_REFCOUNT, HSN__COLUMN_FLAGS, HSN__COLUMN_TEXT, HSN__COLUMN_STACK,
    };
    uint64_t row[8];
    int r = check_node(heap, node, err);
    for (int i = 0; r == HSN_OK && i < 8; i++) {
        const uint64_t *values;
        r = load_part(heap, columns[i], node / HSN__SEGMENT_ROWS, &values, err);
        if (r == HSN_OK)
            row[i] = values[node % HSN__SEGMENT_ROWS];
    }
    if (r < 0)
        return r;
    if (row[1] >= heap->types.count || row[6] > info_of(heap)->strings)
        return hsn__fail(err, HSN_EFORMAT, hsn_store_path(heap->store),
                         "damaged store: object %" PRIu32 " names a type or text that is not there",
                         node);
    // HSN_NO_LENGTH and HSN_NO_REFCOUNT are 0 - 1.
    *out = (hsn_object){
        .address = row[0],
        .type = (uint32_t)row[1],
        .size_bytes = row[2],
        .length = row[3] - 1,
        .refcount = row[4] - 1,
        .flags = (uint32_t)(row[5] & 0xff),
        .generation = (uint8_t)((row[5] >> 8) - 1),
        .text = "",
        .stack = (uint32_t)row[7] - 1,
    };
    return row[6] ? hsn_heap_string(heap, (uint32_t)row[6] - 1, &out->text, err) : HSN_OK;
}

int hsn__heap_value(hsn_heap *heap, hsn__column column, hsn_node_id node, uint64_t *out,
                    hsn_error *err)
{
    const uint64_t *values;
    int r = check_node(heap, node, err);
    if (r == HSN_OK)
        r = load_part(heap, column, node / HSN__SEGMENT_ROWS, &values, err);
    if (r == HSN_OK)
        *out = values[node % HSN__SEGMENT_ROWS];
    return r;
}

static int load_names(hsn_heap *heap, hsn_error *err)
{
    hsn_snapshot_id id = info_of(heap)->id;
    sqlite3_stmt *statement;
    if (heap->names)
        return HSN_OK;
    int r = hsn__query_get(heap->store, HSN__QUERY_NAME_COUNT, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_int64(statement, 2, HSN__COLUMN_NAME);
    r = hsn__query_next(heap->store, statement, err);
    if (r < 0)
        return r;
    uint64_t count = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    if (count > UINT32_MAX)
        return hsn__segment_fail(heap->store, HSN__COLUMN_NAME, 0, "too many names", err);
    uint64_t *names = hsn__alloc_array((size_t)count, sizeof *names);
    if (!names)
        return hsn__fail_memory(err);
    r = HSN_OK;
    for (uint32_t part = 0; r == HSN_OK && (uint64_t)part * HSN__SEGMENT_ROWS < count; part++)
        r = hsn__segment_values(heap->store, id, HSN__COLUMN_NAME, part,
                                names + (size_t)part * HSN__SEGMENT_ROWS,
                                hsn__segment_rows(count, part), err);
    for (uint64_t i = 0; r == HSN_OK && i < count; i++)
        if (names[i] >> 4 >= info_of(heap)->strings || (names[i] & 15) >= HSN_REF_KIND_COUNT)
            r = hsn__segment_fail(heap->store, HSN__COLUMN_NAME, (uint32_t)(i / HSN__SEGMENT_ROWS),
                                  "no such string", err);
    if (r < 0) {
        hsn__free(names);
        return r;
    }
    heap->names = names;
    heap->name_count = count;
    return HSN_OK;
}

int hsn__heap_names(hsn_heap *heap, const uint64_t **out, uint64_t *out_count, hsn_error *err)
{
    int r = load_names(heap, err);
    *out = heap->names;
    *out_count = r < 0 ? 0 : heap->name_count;
    return r;
}

static const uint8_t *read_label(const hsn_heap *heap, const uint8_t *p, const uint8_t *end,
                                 hsn__label_state *state, hsn_ref *out)
{
    uint64_t code, index;
    p = hsn__varint_read(p, end, &code);
    if (!p)
        return NULL;
    if (code >= HSN__LABEL_NAMES) {
        if (code - HSN__LABEL_NAMES >= heap->name_count)
            return NULL;
        uint64_t name = heap->names[code - HSN__LABEL_NAMES];
        out->kind = name & 15;
        out->label_form = HSN_LABEL_STRING;
        out->label = (uint32_t)(name >> 4);
        return p;
    }
    out->kind = (uint8_t)(code / 3);
    out->label_form = HSN_LABEL_INDEX;
    out->label = 0;
    switch (code % 3) {
    case HSN__LABEL_PLAIN:
        out->label_form = HSN_LABEL_NONE;
        return p;
    case HSN__LABEL_INDEX_FOLLOWS:
        p = hsn__varint_read(p, end, &index);
        if (!p || index > UINT32_MAX)
            return NULL;
        state->next_index[out->kind] = (uint32_t)index;
        break;
    }
    out->label = state->next_index[out->kind]++;
    return p;
}

static int decode_targets(hsn_heap *heap, const hsn__segment *segment, uint32_t part,
                          hsn_error *err)
{
    const uint8_t *p = segment->data, *end = p + segment->size;
    uint32_t rows = hsn__segment_rows(info_of(heap)->objects, part);
    uint64_t value;
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t source = (uint64_t)part * HSN__SEGMENT_ROWS + i;
        for (uint64_t at = heap->ref_starts[i]; at < heap->ref_starts[i + 1]; at++) {
            p = hsn__varint_read(p, end, &value);
            uint64_t target = p ? source + (uint64_t)hsn__unzigzag(value) : UINT64_MAX;
            if (target >= info_of(heap)->objects)
                return hsn__segment_fail(heap->store, HSN__COLUMN_TARGET, part, "cannot be decoded",
                                         err);
            heap->refs[at].target = (hsn_node_id)target;
        }
    }
    return HSN_OK;
}

static int decode_labels(hsn_heap *heap, const hsn__segment *segment, uint32_t part, hsn_error *err)
{
    const uint8_t *p = segment->data, *end = p + segment->size;
    uint32_t rows = hsn__segment_rows(info_of(heap)->objects, part);
    for (uint32_t i = 0; i < rows; i++) {
        hsn__label_state state = {0};
        for (uint64_t at = heap->ref_starts[i]; at < heap->ref_starts[i + 1]; at++) {
            p = read_label(heap, p, end, &state, &heap->refs[at]);
            if (!p)
                return hsn__segment_fail(heap->store, HSN__COLUMN_LABEL, part, "cannot be decoded",
                                         err);
        }
    }
    return HSN_OK;
}

// Room for the references of a part, and where those of each object start.
static int place_refs(hsn_heap *heap, uint32_t part, hsn_error *err)
{
    uint32_t rows = hsn__segment_rows(info_of(heap)->objects, part);
    const uint64_t *degrees;
    int r = load_part(heap, HSN__COLUMN_DEGREE, part, &degrees, err);
    if (r < 0)
        return r;
    if (!heap->ref_starts)
        heap->ref_starts = hsn__alloc_array(HSN__SEGMENT_ROWS + 1, sizeof *heap->ref_starts);
    if (!heap->ref_starts)
        return hsn__fail_memory(err);
    heap->ref_starts[0] = 0;
    for (uint32_t i = 0; i < rows; i++) {
        if (degrees[i] > info_of(heap)->references - heap->ref_starts[i])
            return hsn__segment_fail(heap->store, HSN__COLUMN_DEGREE, part,
                                     "more references than the snapshot has", err);
        heap->ref_starts[i + 1] = heap->ref_starts[i] + degrees[i];
    }
    return HSN_OK;
}

static int load_refs(hsn_heap *heap, uint32_t part, hsn_error *err)
{
    uint32_t rows = hsn__segment_rows(info_of(heap)->objects, part);
    hsn__segment segment;
    if (heap->refs_part == part)
        return HSN_OK;
    heap->refs_part = NO_PART;
    int r = load_names(heap, err);
    if (r == HSN_OK)
        r = place_refs(heap, part, err);
    if (r == HSN_OK)
        r = hsn__segment_read(heap->store, info_of(heap)->id, HSN__COLUMN_TARGET, part, rows,
                              &segment, err);
    if (r < 0)
        return r;
    // Every reference takes at least a byte, so a lie about their number cannot take all memory.
    if (segment.size < heap->ref_starts[rows])
        r = hsn__segment_fail(heap->store, HSN__COLUMN_TARGET, part, "too short", err);
    else if (!hsn__array_grow(&heap->refs, &heap->refs_capacity, (size_t)heap->ref_starts[rows],
                              sizeof *heap->refs, SIZE_MAX))
        r = hsn__fail_memory(err);
    else
        r = decode_targets(heap, &segment, part, err);
    if (r == HSN_OK)
        r = hsn__segment_read(heap->store, info_of(heap)->id, HSN__COLUMN_LABEL, part, rows,
                              &segment, err);
    if (r == HSN_OK)
        r = decode_labels(heap, &segment, part, err);
    if (r == HSN_OK)
        heap->refs_part = part;
    hsn__segment_done(heap->store);
    return r;
}

int hsn_heap_refs(hsn_heap *heap, hsn_node_id node, const hsn_ref **out, size_t *out_count,
                  hsn_error *err)
{
    *out = NULL;
    *out_count = 0;
    int r = check_node(heap, node, err);
    if (r == HSN_OK)
        r = load_refs(heap, node / HSN__SEGMENT_ROWS, err);
    if (r < 0)
        return r;
    uint32_t row = node % HSN__SEGMENT_ROWS;
    *out_count = (size_t)(heap->ref_starts[row + 1] - heap->ref_starts[row]);
    *out = *out_count ? heap->refs + heap->ref_starts[row] : NULL;
    return HSN_OK;
}

static int load_strings(hsn_heap *heap, uint32_t part, hsn_error *err)
{
    string_part *strings = &heap->strings[part];
    uint32_t rows = hsn__segment_rows(info_of(heap)->strings, part);
    hsn__segment segment;
    int r = hsn__segment_read(heap->store, info_of(heap)->id, HSN__COLUMN_STRING, part, rows,
                              &segment, err);
    if (r < 0)
        return r;
    const uint8_t *p = segment.data, *end = p + segment.size;
    string_part fresh = {
        .bytes = hsn__alloc(segment.size + rows),
        .starts = hsn__alloc_array((size_t)rows + 1, sizeof *fresh.starts),
    };
    if (!fresh.bytes || !fresh.starts) {
        r = hsn__fail_memory(err);
        goto done;
    }
    uint64_t total = 0, length = 0;
    for (uint32_t i = 0; r == HSN_OK && i < rows; i++) {
        p = hsn__varint_read(p, end, &length);
        if (!p || length > segment.size)
            r = hsn__segment_fail(heap->store, HSN__COLUMN_STRING, part, "cannot be decoded", err);
        fresh.starts[i] = (uint32_t)total;
        total += r == HSN_OK ? length + 1 : 0;
        if (total > segment.size + rows)
            r = hsn__segment_fail(heap->store, HSN__COLUMN_STRING, part, "cannot be decoded", err);
    }
    if (r == HSN_OK && (uint64_t)(end - p) != total - rows)
        r = hsn__segment_fail(heap->store, HSN__COLUMN_STRING, part, "wrong length", err);
    fresh.starts[rows] = (uint32_t)total;
    for (uint32_t i = 0; r == HSN_OK && i < rows; i++) {
        size_t size = fresh.starts[i + 1] - fresh.starts[i] - 1;
        memcpy(fresh.bytes + fresh.starts[i], p, size);
        fresh.bytes[fresh.starts[i] + size] = 0;
        p += size;
    }
done:
    hsn__segment_done(heap->store);
    if (r < 0) {
        hsn__free(fresh.bytes);
        hsn__free(fresh.starts);
    } else {
        *strings = fresh;
    }
    return r;
}

int hsn_heap_string(hsn_heap *heap, uint32_t id, const char **out, hsn_error *err)
{
    *out = "";
    if (id >= info_of(heap)->strings)
        return hsn__fail(err, HSN_EINVAL, hsn_store_path(heap->store), "no string %" PRIu32, id);
    string_part *part = &heap->strings[id / HSN__SEGMENT_ROWS];
    if (!part->bytes) {
        int r = load_strings(heap, id / HSN__SEGMENT_ROWS, err);
        if (r < 0)
            return r;
    }
    *out = part->bytes + part->starts[id % HSN__SEGMENT_ROWS];
    return HSN_OK;
}

int hsn_heap_find_address(hsn_heap *heap, uint64_t address, hsn_node_id *out, hsn_error *err)
{
    uint64_t low = 0, high = info_of(heap)->objects;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        const uint64_t *values;
        int r = load_part(heap, HSN__COLUMN_ADDRESS, (uint32_t)(middle / HSN__SEGMENT_ROWS),
                          &values, err);
        if (r < 0)
            return r;
        uint64_t found = values[middle % HSN__SEGMENT_ROWS];
        if (found == address) {
            *out = (hsn_node_id)middle;
            return HSN_OK;
        }
        if (found < address)
            low = middle + 1;
        else
            high = middle;
    }
    return hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(heap->store),
                     "no object at address 0x%" PRIx64, address);
}
