// SPDX-License-Identifier: MIT
// The part of SQLite's virtual table interface that is the same for all of ours.
//
// A table is a specification (vtab.h): which columns may be pinned by `=`, and how to step through
// rows. Everything is read-only and exists without CREATE: SQLite calls such tables eponymous.
#include "sql/vtab.h"
#include "base/alloc.h"

#include <string.h>

typedef struct table {
    sqlite3_vtab base;
    const hsn__vtab_spec *spec;
    hsn__sql_context *context;
} table;

// What a module is registered with; SQLite frees it.
typedef struct registration {
    const hsn__vtab_spec *spec;
    hsn__sql_context *context;
} registration;

// SQLite wants its own code, and the text in memory of its own.
static int report(sqlite3_vtab *base, int status, const hsn_error *err)
{
    if (status >= 0)
        return SQLITE_OK;
    if (status == HSN_ENOMEM)
        return SQLITE_NOMEM;
    sqlite3_free(base->zErrMsg);
    base->zErrMsg = sqlite3_mprintf("%s", err->message);
    return status == HSN_EFORMAT ? SQLITE_CORRUPT : SQLITE_ERROR;
}

static int connect(sqlite3 *db, void *aux, int count, const char *const *words, sqlite3_vtab **out,
                   char **message)
{
    const registration *known = aux;
    (void)count;
    (void)words;
    (void)message;
    int rc = sqlite3_declare_vtab(db, known->spec->declaration);
    if (rc != SQLITE_OK)
        return rc;
    table *it = hsn__alloc_zeroed(1, sizeof *it);
    if (!it)
        return SQLITE_NOMEM;
    it->spec = known->spec;
    it->context = known->context;
    *out = &it->base;
    return SQLITE_OK;
}

// Closing a connection disconnects its tables first and then asks for unfinished statements, so
// this is where the extension lets go of those that it prepared on its host's connection.
static int disconnect(sqlite3_vtab *base)
{
    const hsn__sql_context *context = ((table *)base)->context;
    if (context->owns_store)
        hsn__store_forget_statements(context->store);
    hsn__free(base);
    return SQLITE_OK;
}

// Pin every key column that the statement compares by `=`; the bits of idxNum say which.
static int best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    const hsn__vtab_spec *spec = ((table *)base)->spec;
    double rows = spec->rows;
    int argument = 0;
    for (int k = 0; k < spec->key_count; k++) {
        const hsn__vtab_key *key = &spec->keys[k];
        bool pinned = false, unusable = false;
        for (int i = 0; i < info->nConstraint && !pinned; i++) {
            if (info->aConstraint[i].iColumn != key->column ||
                info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
                continue;
            unusable |= !info->aConstraint[i].usable;
            if (!info->aConstraint[i].usable)
                continue;
            info->aConstraintUsage[i].argvIndex = ++argument;
            // Not to be compared again: an address may be given as text, an argument is no column.
            info->aConstraintUsage[i].omit = 1;
            info->idxNum |= 1 << k;
            pinned = true;
        }
        if (pinned && key->rows > 0 && key->rows < rows)
            rows = key->rows;
        if (!pinned && key->required && !unusable) {
            base->zErrMsg = sqlite3_mprintf("%s() needs an address", spec->name);
            return SQLITE_ERROR;
        }
        if (!pinned && (key->required || k == 0) && unusable)
            return SQLITE_CONSTRAINT;
    }
    info->estimatedRows = (sqlite3_int64)rows;
    info->estimatedCost = rows;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    const table *it = (const table *)base;
    hsn__cursor *cursor = hsn__alloc_zeroed(1, it->spec->cursor_size);
    if (!cursor)
        return SQLITE_NOMEM;
    cursor->context = it->context;
    *out = &cursor->base;
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
    hsn__cursor *cursor = (hsn__cursor *)base;
    const hsn__vtab_spec *spec = ((table *)base->pVtab)->spec;
    if (spec->close)
        spec->close(cursor);
    hsn_heap_close(cursor->heap);
    hsn__free(cursor);
    return SQLITE_OK;
}

static int begin(hsn__cursor *cursor, sqlite3_value *snapshot, hsn_error *err)
{
    hsn_snapshot_id id = 0;
    if (snapshot) {
        id = sqlite3_value_int64(snapshot);
        if (id <= 0)
            return HSN_DONE;
    }
    int r = hsn__sql_snapshot_get(cursor->context, id, &cursor->snapshot, err);
    if (r == HSN_ENOTFOUND && id) {
        *err = (hsn_error){0};
        return HSN_DONE;
    }
    if (r < 0)
        return r;
    if (cursor->heap && cursor->heap_id != cursor->snapshot->id) {
        hsn_heap_close(cursor->heap);
        cursor->heap = NULL;
    }
    if (!cursor->heap)
        r = hsn_heap_open(&cursor->heap, cursor->context->store, cursor->snapshot->id, err);
    cursor->heap_id = cursor->snapshot->id;
    return r;
}

static int filter(sqlite3_vtab_cursor *base, int pinned_bits, const char *text, int count,
                  sqlite3_value **arguments)
{
    hsn__cursor *cursor = (hsn__cursor *)base;
    const hsn__vtab_spec *spec = ((table *)base->pVtab)->spec;
    sqlite3_value *pinned[HSN__VTAB_KEYS] = {0};
    hsn_error err = {0};
    (void)text;
    for (int k = 0, i = 0; k < spec->key_count && i < count; k++)
        if (pinned_bits >> k & 1)
            pinned[k] = arguments[i++];
    cursor->rowid = 0;
    cursor->at_end = false;
    int r = begin(cursor, pinned[0], &err);
    if (r == HSN_DONE)
        cursor->at_end = true;
    else if (r == HSN_OK)
        r = spec->filter(cursor, pinned, &err);
    return report(base->pVtab, r, &err);
}

static int next(sqlite3_vtab_cursor *base)
{
    hsn__cursor *cursor = (hsn__cursor *)base;
    hsn_error err = {0};
    cursor->rowid++;
    int r = ((table *)base->pVtab)->spec->next(cursor, &err);
    return report(base->pVtab, r, &err);
}

static int eof(sqlite3_vtab_cursor *base)
{
    return ((hsn__cursor *)base)->at_end;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *result, int number)
{
    hsn__cursor *cursor = (hsn__cursor *)base;
    hsn_error err = {0};
    int r = ((table *)base->pVtab)->spec->column(cursor, result, number, &err);
    return report(base->pVtab, r, &err);
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = ((hsn__cursor *)base)->rowid;
    return SQLITE_OK;
}

int hsn__result_label(hsn__cursor *cursor, sqlite3_context *result, const hsn_ref *ref,
                      hsn_error *err)
{
    const char *text;
    int r = HSN_OK;
    if (ref->label_form == HSN_LABEL_INDEX) {
        sqlite3_result_int64(result, ref->label);
    } else if (ref->label_form == HSN_LABEL_STRING) {
        r = hsn_heap_string(cursor->heap, ref->label, &text, err);
        if (r == HSN_OK)
            sqlite3_result_text(result, text, -1, SQLITE_TRANSIENT);
    }
    return r;
}

static void free_registration(void *registered)
{
    hsn__free(registered);
}

// The first module's registration owns the context too.
static void free_with_context(void *registered)
{
    hsn__sql_context_free(((registration *)registered)->context);
    hsn__free(registered);
}

int hsn__sql_register(sqlite3 *db, hsn__sql_context *context)
{
    static const sqlite3_module module = {
        .iVersion = 1,
        .xConnect = connect,
        .xBestIndex = best_index,
        .xDisconnect = disconnect,
        .xOpen = open_cursor,
        .xClose = close_cursor,
        .xFilter = filter,
        .xNext = next,
        .xEof = eof,
        .xColumn = column,
        .xRowid = rowid,
    };
    static const hsn__vtab_spec *const specs[] = {
        &hsn__vtab_object,       &hsn__vtab_ref,   &hsn__vtab_referrers,   &hsn__vtab_referents,
        &hsn__vtab_path_to_root, &hsn__vtab_stack, &hsn__vtab_stack_total,
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        registration *known = hsn__alloc_zeroed(1, sizeof *known);
        if (!known) {
            if (!i)
                hsn__sql_context_free(context);
            return SQLITE_NOMEM;
        }
        *known = (registration){specs[i], context};
        int rc = sqlite3_create_module_v2(db, specs[i]->name, &module, known,
                                          i ? free_registration : free_with_context);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}
