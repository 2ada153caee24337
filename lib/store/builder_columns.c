// SPDX-License-Identifier: MIT
// The builder's log into column segments.
//
// Objects are written in address order, so the log, which is in the dump's order, is read out of
// order: one pass notes where the record of each final id starts, then the ids are walked through
// the bitmaps of the address map, 64 Ki a segment. Captures walk a heap in nearly that order, and
// records a few steps ahead are fetched early, so this costs little more than a sequential pass.
#include "store/builder_private.h"
#include "base/alloc.h"
#include "base/varint.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 7, AHEAD = 16, BATCH = 16, REF_ROOM = 4 * HSN__VARINT_MAX };

// Where the record of each id starts.
static uint64_t *find_records(hsn__builder *b)
{
    uint64_t *starts = hsn__alloc_array(b->addresses.count, sizeof *starts);
    const uint8_t *p = b->log, *end = b->log + b->log_size;
    uint64_t pid = 0, fields[FIELDS];
    while (starts && p < end) {
        const uint8_t *start = p;
        p = hsn__builder_record(p, &pid, fields);
        starts[hsn__address_map_id(&b->addresses, pid)] = (uint64_t)(start - b->log);
        p = (const uint8_t *)memchr(p, 0, (size_t)(end - p)) + 1;
    }
    return starts;
}

typedef struct use {
    uint64_t count;
    uint32_t name;
} use;

static int by_use(const void *a, const void *b)
{
    const use *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return (x->name > y->name) - (x->name < y->name);
}

// Names most frequent first, so that the usual codes fit one byte. ranks[name in the log] = code.
static int write_names(hsn__builder *b, hsn__column_writer *w, hsn_error *err)
{
    size_t count = b->label_names.count;
    use *uses = hsn__alloc_array(count, sizeof *uses);
    uint64_t *values = hsn__alloc_array(HSN__SEGMENT_ROWS, sizeof *values);
    int r = HSN_OK;
    w->ranks = hsn__alloc_array(count, sizeof *w->ranks);
    if (!uses || !values || !w->ranks) {
        r = hsn__fail_memory(err);
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        uses[i] = (use){b->label_uses[i], (uint32_t)i};
    qsort(uses, count, sizeof *uses, by_use);
    for (size_t first = 0; r == HSN_OK && first < count; first += HSN__SEGMENT_ROWS) {
        uint32_t part = (uint32_t)(first / HSN__SEGMENT_ROWS);
        uint32_t rows = hsn__segment_rows(count, part);
        for (uint32_t i = 0; i < rows; i++) {
            uint32_t name = uses[first + i].name;
            w->ranks[name] = (uint32_t)(first + i);
            values[i] = b->label_names.keys[name];
        }
        r = hsn__column_writer_put(w, HSN__COLUMN_NAME, part, values, rows, 0, err);
    }
done:
    hsn__free(uses);
    hsn__free(values);
    return r;
}

static int write_strings(hsn__builder *b, hsn__column_writer *w, hsn_error *err)
{
    size_t count = b->strings.count;
    for (size_t first = 0; first < count; first += HSN__SEGMENT_ROWS) {
        uint32_t part = (uint32_t)(first / HSN__SEGMENT_ROWS);
        uint32_t rows = hsn__segment_rows(count, part);
        const uint64_t *starts = b->strings.starts + first;
        uint64_t bytes = starts[rows] - starts[0];
        hsn__buf_reset(&w->data);
        w->data.max = SIZE_MAX / 2;
        if (!hsn__buf_reserve(&w->data, rows * HSN__VARINT_MAX + (size_t)bytes))
            return hsn__fail_memory(err);
        uint8_t *p = (uint8_t *)w->data.data;
        for (uint32_t i = 0; i < rows; i++)
            p = hsn__varint_put(p, starts[i + 1] - starts[i]);
        memcpy(p, b->strings.bytes + starts[0], (size_t)bytes);
        size_t size = (size_t)(p - (uint8_t *)w->data.data) + (size_t)bytes;
        int r = hsn__segment_write(w->store, w->snapshot, HSN__COLUMN_STRING, part, rows, bytes,
                                   w->data.data, size, err);
        if (r < 0)
            return r;
    }
    return HSN_OK;
}

int hsn__column_writer_put(hsn__column_writer *w, hsn__column column, uint32_t part,
                           const uint64_t *values, size_t count, int ascending, hsn_error *err)
{
    hsn__buf_reset(&w->data);
    hsn__column_encode(&w->data, values, count, ascending);
    if (w->data.failed)
        return hsn__fail_memory(err);
    return hsn__segment_write(w->store, w->snapshot, column, part, count, count, w->data.data,
                              w->data.size, err);
}

// One reference as the log has it.
typedef struct logged_ref {
    uint64_t target_pid;
    uint32_t label; // name in the log, or index
    uint8_t kind;
    uint8_t step; // hsn__label_step, or NAMED
} logged_ref;

enum { NAMED = 3 };

static const uint8_t *read_ref(const hsn__builder *b, const uint8_t *p, uint64_t code, uint64_t pid,
                               hsn__label_state *state, logged_ref *out)
{
    uint64_t value;
    code--;
    if (code >= HSN__LABEL_NAMES) {
        out->step = NAMED;
        out->label = (uint32_t)(code - HSN__LABEL_NAMES);
        out->kind = b->label_names.keys[out->label] & 15;
    } else {
        out->kind = (uint8_t)(code / 3);
        out->step = (uint8_t)(code % 3);
        if (out->step == HSN__LABEL_INDEX_FOLLOWS) {
            p = hsn__varint_get(p, &value);
            state->next_index[out->kind] = (uint32_t)(value - 1);
        }
        if (out->step != HSN__LABEL_PLAIN)
            out->label = state->next_index[out->kind]++;
    }
    p = hsn__varint_get(p, &value);
    out->target_pid = pid + (uint64_t)hsn__unzigzag(value - 1);
    return p;
}

static bool room(hsn__buf *buf)
{
    return buf->capacity - buf->size > REF_ROOM || hsn__buf_reserve(buf, REF_ROOM);
}

// Append target and label of one reference to the segments under construction.
static bool put_ref(hsn__column_writer *w, uint32_t source, uint32_t target, const logged_ref *ref,
                    hsn__label_state *state)
{
    if (!room(&w->targets) || !room(&w->labels))
        return false;
    uint8_t *p = (uint8_t *)w->targets.data + w->targets.size;
    p = hsn__varint_put(p, hsn__zigzag((int64_t)target - (int64_t)source));
    w->targets.size = (size_t)(p - (uint8_t *)w->targets.data);
    p = (uint8_t *)w->labels.data + w->labels.size;
    if (ref->step == NAMED) {
        p = hsn__varint_put(p, HSN__LABEL_NAMES + (uint64_t)w->ranks[ref->label]);
    } else if (ref->step == HSN__LABEL_PLAIN) {
        p = hsn__varint_put(p, 3u * ref->kind + HSN__LABEL_PLAIN);
    } else {
        // A dangling reference that was left out makes the next index jump.
        uint32_t *next = &state->next_index[ref->kind];
        if (ref->label == *next) {
            p = hsn__varint_put(p, 3u * ref->kind + HSN__LABEL_COUNT_ON);
        } else {
            p = hsn__varint_put(p, 3u * ref->kind + HSN__LABEL_INDEX_FOLLOWS);
            p = hsn__varint_put(p, ref->label);
        }
        *next = ref->label + 1;
    }
    w->labels.size = (size_t)(p - (uint8_t *)w->labels.data);
    return true;
}

static bool keep_weak(hsn__column_writer *w, uint32_t target, const logged_ref *ref)
{
    if (!hsn__array_grow(&w->weak, &w->weak_capacity, w->weak_count + 1, sizeof *w->weak, SIZE_MAX))
        return false;
    w->weak[w->weak_count++] = (hsn__weak_ref){target, ref->label, ref->step};
    return true;
}

// Write a batch of references, keep weak ones for later. Counts into *degree.
static bool put_batch(hsn__column_writer *w, uint32_t source, const logged_ref *refs, size_t count,
                      hsn__label_state *to, uint64_t *degree)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t target = hsn__address_map_id(&w->builder->addresses, refs[i].target_pid);
        if (target == UINT32_MAX) {
            w->dangling++;
        } else if (refs[i].kind == HSN_REF_WEAK) {
            if (!keep_weak(w, target, &refs[i]))
                return false;
        } else {
            if (!put_ref(w, source, target, &refs[i], to))
                return false;
            ++*degree;
        }
    }
    return true;
}

// The references of one object: strong ones first, then weak ones. False when memory runs out.
//
// They are read in batches, so that the blocks of all targets of a batch are under way from memory
// before the first one is needed.
static bool put_refs(hsn__column_writer *w, const uint8_t *p, uint32_t source, uint64_t pid,
                     uint64_t *out_degree, uint64_t *out_weak)
{
    const hsn__builder *b = w->builder;
    hsn__label_state in = {0}, to = {0};
    logged_ref batch[BATCH];
    uint64_t degree = 0, weak = 0, code;
    w->weak_count = 0;
    p = hsn__varint_get(p, &code);
    while (code) {
        size_t count = 0;
        for (; code && count < BATCH; p = hsn__varint_get(p, &code)) {
            p = read_ref(b, p, code, pid, &in, &batch[count]);
            __builtin_prefetch(&b->addresses.data[batch[count].target_pid / HSN__BLOCK_PLACES]);
            count++;
        }
        if (!put_batch(w, source, batch, count, &to, &degree))
            return false;
    }
    for (; weak < w->weak_count; weak++) {
        const hsn__weak_ref *it = &w->weak[weak];
        logged_ref ref = {.label = it->label, .kind = HSN_REF_WEAK, .step = it->step};
        if (!put_ref(w, source, it->target, &ref, &to))
            return false;
    }
    *out_degree = degree + weak;
    *out_weak = weak;
    w->references += degree + weak;
    w->weak_references += weak;
    return true;
}

enum { ROW_ADDRESS = FIELDS, ROW_DEGREE, ROW_WEAK, ROWS };

// In the order of a record's fields, then the three that are computed here.
static const hsn__column row_columns[ROWS] = {
    HSN__COLUMN_TYPE,   HSN__COLUMN_SIZE, HSN__COLUMN_LENGTH, HSN__COLUMN_REFCOUNT,
    HSN__COLUMN_FLAGS,  HSN__COLUMN_TEXT, HSN__COLUMN_STACK,  HSN__COLUMN_ADDRESS,
    HSN__COLUMN_DEGREE, HSN__COLUMN_WEAK,
};

static int write_part(hsn__column_writer *w, uint32_t part, uint32_t rows,
                      uint64_t (*values)[HSN__SEGMENT_ROWS], hsn_error *err)
{
    int r = HSN_OK;
    for (int c = 0; r == HSN_OK && c < ROWS; c++)
        r = hsn__column_writer_put(w, row_columns[c], part, values[c], rows, c == ROW_ADDRESS, err);
    uint64_t refs = 0;
    for (uint32_t i = 0; i < rows; i++)
        refs += values[ROW_DEGREE][i];
    if (r == HSN_OK)
        r = hsn__segment_write(w->store, w->snapshot, HSN__COLUMN_TARGET, part, rows, refs,
                               w->targets.data, w->targets.size, err);
    if (r == HSN_OK)
        r = hsn__segment_write(w->store, w->snapshot, HSN__COLUMN_LABEL, part, rows, refs,
                               w->labels.data, w->labels.size, err);
    hsn__buf_reset(&w->targets);
    hsn__buf_reset(&w->labels);
    return r;
}

// Walks the pids of objects in address order.
typedef struct walker {
    const hsn__address_map *map;
    size_t at; // in map->order
    unsigned word;
    uint64_t bits;
} walker;

static uint64_t next_pid(walker *walk)
{
    while (!walk->bits) {
        if (++walk->word == 4) {
            walk->word = 0;
            walk->at++;
        }
        walk->bits = walk->map->data[walk->map->order[walk->at]].bits[walk->word];
    }
    uint64_t place = walk->word * 64 + (unsigned)__builtin_ctzll(walk->bits);
    walk->bits &= walk->bits - 1;
    return (uint64_t)walk->map->order[walk->at] * HSN__BLOCK_PLACES + place;
}

static int write_objects(hsn__builder *b, hsn__column_writer *w, const uint64_t *starts,
                         const hsn_progress *progress, hsn_error *err)
{
    uint64_t(*values)[HSN__SEGMENT_ROWS] = hsn__alloc(sizeof *values * ROWS);
    uint32_t count = (uint32_t)b->addresses.count;
    walker walk = {.map = &b->addresses};
    int r = values ? HSN_OK : hsn__fail_memory(err);
    if (count)
        walk.bits = walk.map->data[walk.map->order[0]].bits[0];
    for (uint32_t first = 0; r == HSN_OK && first < count;) {
        uint32_t part = first / HSN__SEGMENT_ROWS, rows = hsn__segment_rows(count, part);
        for (uint32_t i = 0; r == HSN_OK && i < rows; i++) {
            uint32_t id = first + i;
            uint64_t pid = next_pid(&walk), ignored = 0, fields[FIELDS];
            if (count - id > AHEAD)
                __builtin_prefetch(b->log + starts[id + AHEAD]);
            const uint8_t *p = hsn__builder_record(b->log + starts[id], &ignored, fields);
            for (int f = 0; f < FIELDS; f++)
                values[f][i] = fields[f];
            values[ROW_ADDRESS][i] = hsn__address_map_address(&b->addresses, pid);
            if (!put_refs(w, p, id, pid, &values[ROW_DEGREE][i], &values[ROW_WEAK][i]))
                r = hsn__fail_memory(err);
            else if (!b->has_allocations && fields[6])
                r = hsn__builder_add_total(b,
                                           &(hsn_sink_allocation){.stack = (uint32_t)fields[6] - 1,
                                                                  .count = 1,
                                                                  .size_bytes = fields[1]},
                                           err);
        }
        if (r == HSN_OK)
            r = write_part(w, part, rows, values, err);
        first += rows;
        if (r == HSN_OK && progress && progress->tick &&
            progress->tick(progress->context, "storing", first, count))
            r = hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
    }
    hsn__free(values);
    return r;
}

int hsn__builder_write_columns(hsn__builder *b, hsn__column_writer *w, const hsn_progress *progress,
                               hsn_error *err)
{
    uint64_t *starts = NULL;
    int r;
    w->builder = b;
    w->targets.max = w->labels.max = SIZE_MAX / 2;
    r = write_names(b, w, err);
    if (r < 0)
        goto done;
    r = write_strings(b, w, err);
    if (r < 0)
        goto done;
    starts = find_records(b);
    if (!starts) {
        r = hsn__fail_memory(err);
        goto done;
    }
    r = write_objects(b, w, starts, progress, err);
    w->peak_bytes = hsn__builder_bytes(b) + b->addresses.count * sizeof *starts +
                    b->label_names.count * sizeof *w->ranks + w->data.capacity +
                    w->targets.capacity + w->labels.capacity +
                    (uint64_t)ROWS * HSN__SEGMENT_ROWS * sizeof(uint64_t);
done:
    hsn__free(starts);
    hsn__free(w->ranks);
    hsn__free(w->weak);
    hsn__buf_clear(&w->data);
    hsn__buf_clear(&w->targets);
    hsn__buf_clear(&w->labels);
    return r;
}
