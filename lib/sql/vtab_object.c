// SPDX-License-Identifier: MIT
// The virtual table `object`: one row an object, read from the columns that the statement names.
#include "base/alloc.h"
#include "sql/vtab.h"

#include <string.h>

enum column {
    ADDRESS,
    TYPE,
    MODULE,
    KIND,
    SIZE_BYTES,
    LENGTH,
    REFCOUNT,
    GENERATION,
    TRACKED,
    IMMORTAL,
    FINALIZED,
    TEXT,
    STACK,
    ID,
    SNAPSHOT,
};

enum key { KEY_SNAPSHOT, KEY_ADDRESS, KEY_ID, KEY_TYPE };

typedef struct object_cursor {
    hsn__cursor base;
    uint64_t node, end;
    uint8_t *wanted; // by type id; NULL = all types
} object_cursor;

static int value(object_cursor *c, hsn__column column, uint64_t *out, hsn_error *err)
{
    return hsn__heap_value(c->base.heap, column, (hsn_node_id)c->node, out, err);
}

// Step over objects of other types.
static int settle(object_cursor *c, hsn_error *err)
{
    for (; c->wanted && c->node < c->end; c->node++) {
        uint64_t type;
        int r = value(c, HSN__COLUMN_TYPE, &type, err);
        if (r < 0)
            return r;
        if (type < hsn_heap_types(c->base.heap)->count && c->wanted[type])
            break;
    }
    c->base.rowid = (sqlite3_int64)c->node;
    c->base.at_end = c->node >= c->end;
    return HSN_OK;
}

static int want_type(object_cursor *c, sqlite3_value *name, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(c->base.heap);
    const char *text = (const char *)sqlite3_value_text(name);
    c->wanted = hsn__alloc_zeroed(types->count, 1);
    if (!c->wanted)
        return hsn__fail_memory(err);
    for (size_t i = 0; text && i < types->count; i++)
        c->wanted[i] = !strcmp(types->rows[i].name, text);
    return HSN_OK;
}

static int filter(hsn__cursor *base, sqlite3_value **pinned, hsn_error *err)
{
    object_cursor *c = (object_cursor *)base;
    hsn__free(c->wanted);
    c->wanted = NULL;
    c->node = 0;
    c->end = hsn_heap_info(base->heap)->objects;
    if (pinned[KEY_TYPE]) {
        int r = want_type(c, pinned[KEY_TYPE], err);
        if (r < 0)
            return r;
    }
    if (pinned[KEY_ADDRESS] || pinned[KEY_ID]) {
        hsn_node_id id = hsn__sql_pinned(base->snapshot, pinned[KEY_ADDRESS], pinned[KEY_ID]);
        bool there = id < c->end;
        c->node = there ? id : c->end;
        c->end = there ? (uint64_t)id + 1 : c->end;
    }
    return settle(c, err);
}

static int next(hsn__cursor *base, hsn_error *err)
{
    object_cursor *c = (object_cursor *)base;
    c->node++;
    return settle(c, err);
}

static int type_column(object_cursor *c, sqlite3_context *result, int column, hsn_error *err)
{
    uint64_t type;
    int r = value(c, HSN__COLUMN_TYPE, &type, err);
    if (r < 0)
        return r;
    if (type >= hsn_heap_types(c->base.heap)->count)
        return hsn__fail(err, HSN_EFORMAT, NULL, "damaged store: no such type");
    const hsn_type *row = &hsn_heap_types(c->base.heap)->rows[type];
    const char *text = column == TYPE     ? row->name
                       : column == MODULE ? row->module
                                          : hsn_kind_name(row->kind);
    sqlite3_result_text(result, text, -1, SQLITE_TRANSIENT);
    return HSN_OK;
}

// Columns that are stored plus one: 0 is NULL.
static int optional_column(object_cursor *c, sqlite3_context *result, hsn__column column,
                           hsn_error *err)
{
    uint64_t stored;
    int r = value(c, column, &stored, err);
    if (r == HSN_OK && stored)
        sqlite3_result_int64(result, (sqlite3_int64)(stored - 1));
    return r;
}

static int flag_column(object_cursor *c, sqlite3_context *result, int column, hsn_error *err)
{
    uint64_t flags;
    int r = value(c, HSN__COLUMN_FLAGS, &flags, err);
    if (r < 0)
        return r;
    switch (column) {
    case GENERATION:
        if (flags >> 8)
            sqlite3_result_int64(result, (sqlite3_int64)(flags >> 8) - 1);
        break;
    case TRACKED:
        sqlite3_result_int(result, !!(flags & HSN_OBJECT_TRACKED));
        break;
    case IMMORTAL:
        sqlite3_result_int(result, !!(flags & HSN_OBJECT_IMMORTAL));
        break;
    default:
        sqlite3_result_int(result, !!(flags & HSN_OBJECT_FINALIZED));
        break;
    }
    return HSN_OK;
}

static int text_column(object_cursor *c, sqlite3_context *result, hsn_error *err)
{
    uint64_t string;
    const char *text;
    int r = value(c, HSN__COLUMN_TEXT, &string, err);
    if (r < 0 || !string)
        return r;
    r = hsn_heap_string(c->base.heap, (uint32_t)string - 1, &text, err);
    if (r == HSN_OK)
        sqlite3_result_text(result, text, -1, SQLITE_TRANSIENT);
    return r;
}

static int column(hsn__cursor *base, sqlite3_context *result, int number, hsn_error *err)
{
    object_cursor *c = (object_cursor *)base;
    uint64_t size_bytes;
    int r;
    switch (number) {
    case ADDRESS:
        hsn__result_address(result, base->snapshot->addresses[c->node]);
        return HSN_OK;
    case TYPE:
    case MODULE:
    case KIND:
        return type_column(c, result, number, err);
    case SIZE_BYTES:
        r = value(c, HSN__COLUMN_SIZE, &size_bytes, err);
        if (r == HSN_OK)
            sqlite3_result_int64(result, (sqlite3_int64)size_bytes);
        return r;
    case LENGTH:
        return optional_column(c, result, HSN__COLUMN_LENGTH, err);
    case REFCOUNT:
        return optional_column(c, result, HSN__COLUMN_REFCOUNT, err);
    case STACK:
        return optional_column(c, result, HSN__COLUMN_STACK, err);
    case TEXT:
        return text_column(c, result, err);
    case ID:
        sqlite3_result_int64(result, (sqlite3_int64)c->node);
        return HSN_OK;
    case SNAPSHOT:
        sqlite3_result_int64(result, base->snapshot->id);
        return HSN_OK;
    default:
        return flag_column(c, result, number, err);
    }
}

static void close(hsn__cursor *base)
{
    hsn__free(((object_cursor *)base)->wanted);
}

const hsn__vtab_spec hsn__vtab_object = {
    .name = "object",
    .declaration = "CREATE TABLE x(address INTEGER, type TEXT, module TEXT, kind TEXT, "
                   "size_bytes INTEGER, length INTEGER, refcount INTEGER, generation INTEGER, "
                   "tracked INTEGER, immortal INTEGER, finalized INTEGER, text TEXT, "
                   "stack INTEGER, id INTEGER HIDDEN, snapshot INTEGER HIDDEN)",
    .keys = {{SNAPSHOT, 0, false}, {ADDRESS, 1, false}, {ID, 1, false}, {TYPE, 1e4, false}},
    .key_count = 4,
    .rows = 1e7,
    .cursor_size = sizeof(object_cursor),
    .filter = filter,
    .next = next,
    .column = column,
    .close = close,
};
