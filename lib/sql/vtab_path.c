// SPDX-License-Identifier: MIT
// The function path_to_root(ADDRESS): the steps of the shortest chain from a root to the object.
#include "heapsnap/chain.h"
#include "sql/vtab.h"

typedef struct path_cursor {
    hsn__cursor base;
    hsn_chain chain;
    size_t at;
} path_cursor;

enum column { STEP, ADDRESS, TYPE, KIND, LABEL, TEXT, OF, SNAPSHOT };

static int filter(hsn__cursor *base, sqlite3_value **pinned, hsn_error *err)
{
    path_cursor *c = (path_cursor *)base;
    hsn_node_id target = hsn__sql_node(base->snapshot, pinned[1]);
    hsn_chain_free(&c->chain);
    c->chain = (hsn_chain){0};
    c->at = 0;
    base->at_end = true;
    if (target == HSN_NONE)
        return HSN_OK;
    int r = hsn__sql_snapshot_strong(base->snapshot, err);
    if (r == HSN_OK)
        r = hsn_chain_find(base->heap, base->snapshot->strong, &target, 1, NULL, NULL, &c->chain,
                           err);
    base->at_end = r < 0 || !c->chain.step_count;
    return r;
}

static int next(hsn__cursor *base, hsn_error *err)
{
    path_cursor *c = (path_cursor *)base;
    (void)err;
    base->at_end = ++c->at >= c->chain.step_count;
    return HSN_OK;
}

static int column(hsn__cursor *base, sqlite3_context *result, int number, hsn_error *err)
{
    const path_cursor *c = (const path_cursor *)base;
    const hsn_chain_step *step = &c->chain.steps[c->at];
    switch (number) {
    case STEP:
        sqlite3_result_int64(result, (sqlite3_int64)c->at);
        break;
    case ADDRESS:
        hsn__result_address(result, step->address);
        break;
    case TYPE:
        sqlite3_result_text(result, step->type_name, -1, SQLITE_TRANSIENT);
        break;
    case KIND:
        if (c->at)
            sqlite3_result_text(result, hsn_ref_kind_name(step->ref.kind), -1, SQLITE_STATIC);
        break;
    case LABEL:
        if (c->at)
            return hsn__result_label(base, result, &step->ref, err);
        sqlite3_result_text(result, c->chain.root.name, -1, SQLITE_TRANSIENT);
        break;
    case TEXT:
        if (*step->text)
            sqlite3_result_text(result, step->text, -1, SQLITE_TRANSIENT);
        break;
    case OF:
        hsn__result_address(result, base->snapshot->addresses[c->chain.target]);
        break;
    default:
        sqlite3_result_int64(result, base->snapshot->id);
        break;
    }
    return HSN_OK;
}

static void close(hsn__cursor *base)
{
    hsn_chain_free(&((path_cursor *)base)->chain);
}

const hsn__vtab_spec hsn__vtab_path_to_root = {
    .name = "path_to_root",
    .declaration = "CREATE TABLE x(step INTEGER, address INTEGER, type TEXT, kind TEXT, label, "
                   "text TEXT, \"of\" HIDDEN, snapshot INTEGER HIDDEN)",
    .keys = {{SNAPSHOT, 0, false}, {OF, 10, true}},
    .key_count = 2,
    .rows = 10,
    .cursor_size = sizeof(path_cursor),
    .filter = filter,
    .next = next,
    .column = column,
    .close = close,
};
