// SPDX-License-Identifier: MIT
// The virtual table `ref`: one row a reference; by source from the columns, by target through the
// backward graph. And the functions referrers(ADDRESS) and referents(ADDRESS) over the same cursor.
#include "base/alloc.h"
#include "sql/vtab.h"

#include <string.h>

typedef struct ref_cursor {
    hsn__cursor base;
    uint64_t source, end; // sources left, when going by source
    hsn_span referrers;   // sources left, when going by target
    size_t at;
    hsn_node_id target;  // HSN_NONE = any
    const hsn_ref *refs; // of the source at hand
    size_t count, index;
    bool by_target;
    bool has_refs; // refs and count are of the source at hand
} ref_cursor;

static hsn_node_id source_of(const ref_cursor *c)
{
    return c->by_target ? c->referrers.ids[c->at] : (hsn_node_id)c->source;
}

static bool more_sources(const ref_cursor *c)
{
    return c->by_target ? c->at < c->referrers.count : c->source < c->end;
}

// Parallel references repeat their source in the span; its references are looked at once.
static void step_source(ref_cursor *c)
{
    if (!c->by_target) {
        c->source++;
        return;
    }
    hsn_node_id done = c->referrers.ids[c->at];
    while (c->at < c->referrers.count && c->referrers.ids[c->at] == done)
        c->at++;
}

// Stand on the next reference that is wanted, from refs[index] on.
static int settle(ref_cursor *c, hsn_error *err)
{
    for (;;) {
        for (; c->index < c->count; c->index++)
            if (c->target == HSN_NONE || c->refs[c->index].target == c->target)
                return HSN_OK;
        if (c->has_refs)
            step_source(c);
        if (!more_sources(c)) {
            c->base.at_end = true;
            return HSN_OK;
        }
        int r = hsn_heap_refs(c->base.heap, source_of(c), &c->refs, &c->count, err);
        if (r < 0)
            return r;
        c->has_refs = true;
        c->index = 0;
    }
}

static int begin(ref_cursor *c, bool by_source, hsn_node_id source, bool by_target,
                 hsn_node_id target, hsn_error *err)
{
    uint64_t objects = hsn_heap_info(c->base.heap)->objects;
    c->has_refs = false;
    c->count = c->index = c->at = 0;
    c->target = by_target ? target : HSN_NONE;
    c->by_target = by_target && !by_source;
    c->source = by_source ? source : 0;
    c->end = by_source ? (uint64_t)source + 1 : objects;
    if ((by_source && source >= objects) || (by_target && target >= objects)) {
        c->base.at_end = true;
        return HSN_OK;
    }
    if (c->by_target) {
        int r = hsn__sql_snapshot_backward(c->base.snapshot, err);
        if (r < 0)
            return r;
        c->referrers = hsn_graph_referrers(c->base.snapshot->backward, target);
    }
    return settle(c, err);
}

static int next(hsn__cursor *base, hsn_error *err)
{
    ref_cursor *c = (ref_cursor *)base;
    c->index++;
    return settle(c, err);
}

enum ref_column { SOURCE, TARGET, REF_KIND, REF_LABEL, SOURCE_ID, TARGET_ID, REF_SNAPSHOT };
enum ref_key { KEY_SNAPSHOT, KEY_SOURCE, KEY_SOURCE_ID, KEY_TARGET, KEY_TARGET_ID };

static int filter_ref(hsn__cursor *base, sqlite3_value **pinned, hsn_error *err)
{
    hsn_node_id source = hsn__sql_pinned(base->snapshot, pinned[KEY_SOURCE], pinned[KEY_SOURCE_ID]);
    hsn_node_id target = hsn__sql_pinned(base->snapshot, pinned[KEY_TARGET], pinned[KEY_TARGET_ID]);
    bool by_source = pinned[KEY_SOURCE] || pinned[KEY_SOURCE_ID];
    bool by_target = pinned[KEY_TARGET] || pinned[KEY_TARGET_ID];
    return begin((ref_cursor *)base, by_source, source, by_target, target, err);
}

static int column_ref(hsn__cursor *base, sqlite3_context *result, int number, hsn_error *err)
{
    ref_cursor *c = (ref_cursor *)base;
    const hsn_ref *ref = &c->refs[c->index];
    switch (number) {
    case SOURCE:
        hsn__result_address(result, base->snapshot->addresses[source_of(c)]);
        break;
    case TARGET:
        hsn__result_address(result, base->snapshot->addresses[ref->target]);
        break;
    case REF_KIND:
        sqlite3_result_text(result, hsn_ref_kind_name(ref->kind), -1, SQLITE_STATIC);
        break;
    case REF_LABEL:
        return hsn__result_label(base, result, ref, err);
    case SOURCE_ID:
        sqlite3_result_int64(result, source_of(c));
        break;
    case TARGET_ID:
        sqlite3_result_int64(result, ref->target);
        break;
    default:
        sqlite3_result_int64(result, base->snapshot->id);
        break;
    }
    return HSN_OK;
}

const hsn__vtab_spec hsn__vtab_ref = {
    .name = "ref",
    .declaration = "CREATE TABLE x(source INTEGER, target INTEGER, kind TEXT, label, "
                   "source_id INTEGER HIDDEN, target_id INTEGER HIDDEN, snapshot INTEGER HIDDEN)",
    .keys = {{REF_SNAPSHOT, 0, false},
             {SOURCE, 3, false},
             {SOURCE_ID, 3, false},
             {TARGET, 5, false},
             {TARGET_ID, 5, false}},
    .key_count = 5,
    .rows = 3e7,
    .cursor_size = sizeof(ref_cursor),
    .filter = filter_ref,
    .next = next,
    .column = column_ref,
};

enum end_column {
    END_ADDRESS,
    END_TYPE,
    END_SIZE_BYTES,
    END_KIND,
    END_LABEL,
    END_OF, // the first hidden column is the function's first argument
    END_ID,
    END_SNAPSHOT
};

static int filter_referrers(hsn__cursor *base, sqlite3_value **pinned, hsn_error *err)
{
    hsn_node_id of = hsn__sql_node(base->snapshot, pinned[1]);
    return begin((ref_cursor *)base, false, HSN_NONE, true, of, err);
}

static int filter_referents(hsn__cursor *base, sqlite3_value **pinned, hsn_error *err)
{
    hsn_node_id of = hsn__sql_node(base->snapshot, pinned[1]);
    return begin((ref_cursor *)base, true, of, false, HSN_NONE, err);
}

// The object at the other end of the reference.
static int column_end(hsn__cursor *base, sqlite3_context *result, int number, hsn_error *err)
{
    ref_cursor *c = (ref_cursor *)base;
    const hsn_ref *ref = &c->refs[c->index];
    hsn_node_id node = c->by_target ? source_of(c) : ref->target;
    hsn_object object;
    int r;
    switch (number) {
    case END_ADDRESS:
        hsn__result_address(result, base->snapshot->addresses[node]);
        return HSN_OK;
    case END_TYPE:
    case END_SIZE_BYTES:
        // Through the snapshot's heap: the cursor's own stands on the source.
        r = hsn_heap_object(base->snapshot->heap, node, &object, err);
        if (r == HSN_OK && number == END_TYPE)
            sqlite3_result_text(result, hsn_heap_types(base->heap)->rows[object.type].name, -1,
                                SQLITE_TRANSIENT);
        else if (r == HSN_OK)
            sqlite3_result_int64(result, (sqlite3_int64)object.size_bytes);
        return r;
    case END_KIND:
        sqlite3_result_text(result, hsn_ref_kind_name(ref->kind), -1, SQLITE_STATIC);
        return HSN_OK;
    case END_LABEL:
        return hsn__result_label(base, result, ref, err);
    case END_ID:
        sqlite3_result_int64(result, node);
        return HSN_OK;
    case END_OF:
        hsn__result_address(result,
                            base->snapshot->addresses[c->by_target ? c->target : c->source]);
        return HSN_OK;
    default:
        sqlite3_result_int64(result, base->snapshot->id);
        return HSN_OK;
    }
}

#define END_DECLARATION                                                                            \
    "CREATE TABLE x(address INTEGER, type TEXT, size_bytes INTEGER, kind TEXT, label, "            \
    "\"of\" HIDDEN, id INTEGER HIDDEN, snapshot INTEGER HIDDEN)"

const hsn__vtab_spec hsn__vtab_referrers = {
    .name = "referrers",
    .declaration = END_DECLARATION,
    .keys = {{END_SNAPSHOT, 0, false}, {END_OF, 5, true}},
    .key_count = 2,
    .rows = 5,
    .cursor_size = sizeof(ref_cursor),
    .filter = filter_referrers,
    .next = next,
    .column = column_end,
};

const hsn__vtab_spec hsn__vtab_referents = {
    .name = "referents",
    .declaration = END_DECLARATION,
    .keys = {{END_SNAPSHOT, 0, false}, {END_OF, 3, true}},
    .key_count = 2,
    .rows = 3,
    .cursor_size = sizeof(ref_cursor),
    .filter = filter_referents,
    .next = next,
    .column = column_end,
};
