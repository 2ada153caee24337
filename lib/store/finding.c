// SPDX-License-Identifier: MIT
// Findings of a report: kept beside the snapshot, found again by their fingerprint.
//
// A fingerprint is FNV-1a of 64 bits over the parts, each with a zero byte behind it, mixed once so
// that all digits differ. Source: Fowler, Noll, Vo; draft-eastlake-fnv.
#include "heapsnap/finding.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "store/map64.h"
#include "store/store_private.h"

enum { DAY_MS = 86400000 };

static const char *const severities[] = {
#define NAME(name, text) text,
    HSN_SEVERITY_LIST(NAME)
#undef NAME
};

const char *hsn_severity_name(hsn_severity severity)
{
    return (unsigned)severity < HSN_SEVERITY_COUNT ? severities[severity] : "unknown";
}

void hsn_finding_fingerprint(const char *const *parts, size_t count, char out[HSN_FINGERPRINT_SIZE])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++) {
        const char *text = parts[i] ? parts[i] : "";
        for (size_t at = 0; at <= strlen(text); at++)
            hash = (hash ^ (uint8_t)text[at]) * UINT64_C(0x100000001b3);
    }
    snprintf(out, HSN_FINGERPRINT_SIZE, "%016" PRIx64, hsn__mix64(hash));
}

static void bind_text(sqlite3_stmt *statement, int column, const char *text)
{
    sqlite3_bind_text(statement, column, text ? text : "", -1, SQLITE_STATIC);
}

// NAN becomes NULL by SQLite's own rule.
static int insert(hsn_store *store, hsn_snapshot_id id, size_t number, const hsn_finding *row,
                  hsn_error *err)
{
    sqlite3_stmt *statement;
    if (!row->fingerprint || !*row->fingerprint)
        return hsn__fail(err, HSN_EINVAL, NULL, "a finding without a fingerprint");
    if ((unsigned)row->severity >= HSN_SEVERITY_COUNT)
        return hsn__fail(err, HSN_EINVAL, NULL, "a finding of no known severity");
    int r = hsn__query_get(store, HSN__QUERY_FINDING_INSERT, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_int64(statement, 2, (int64_t)number);
    bind_text(statement, 3, row->fingerprint);
    bind_text(statement, 4, row->rule);
    bind_text(statement, 5, hsn_severity_name(row->severity));
    bind_text(statement, 6, row->subject);
    bind_text(statement, 7, row->kind);
    bind_text(statement, 8, row->unit);
    sqlite3_bind_double(statement, 9, row->value_old);
    sqlite3_bind_double(statement, 10, row->value_new);
    sqlite3_bind_double(statement, 11, row->value_limit);
    bind_text(statement, 12, row->message);
    bind_text(statement, 13, row->path);
    bind_text(statement, 14, row->allocated_at);
    return hsn__query_run(store, statement, err);
}

static int drop(hsn_store *store, hsn_snapshot_id id, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, HSN__QUERY_FINDING_DELETE, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    return hsn__query_run(store, statement, err);
}

// When the snapshot was captured; *out_known is 0 when nobody said.
static int capture_time(hsn_store *store, hsn_snapshot_id id, int64_t *out, int *out_known,
                        hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, HSN__QUERY_SNAPSHOT_TIME, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    r = hsn__query_next(store, statement, err);
    if (r == HSN_DONE)
        return hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(store), "no snapshot %" PRId64, id);
    if (r < 0)
        return r;
    *out_known = sqlite3_column_type(statement, 0) != SQLITE_NULL;
    *out = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return HSN_OK;
}

int hsn_finding_list_write(hsn_store *store, hsn_snapshot_id id, const hsn_finding *rows,
                           size_t count, hsn_error *err)
{
    int64_t time;
    int known;
    if (count > HSN_MAX_FINDINGS)
        return hsn__fail_limit(err, "findings", HSN_MAX_FINDINGS);
    int r = hsn__store_transaction(store, HSN__QUERY_BEGIN, err);
    if (r < 0)
        return r;
    r = capture_time(store, id, &time, &known, err);
    if (r == HSN_OK)
        r = drop(store, id, err);
    for (size_t i = 0; r == HSN_OK && i < count; i++)
        r = insert(store, id, i, &rows[i], err);
    if (r == HSN_OK)
        r = hsn__store_transaction(store, HSN__QUERY_COMMIT, err);
    if (r < 0)
        hsn__store_transaction(store, HSN__QUERY_ROLLBACK, NULL);
    return r;
}

// Snapshots come by time, unknown times last, so equal days are neighbours.
static void see(hsn_finding_seen *seen, sqlite3_stmt *row, int64_t *last_day)
{
    bool known = sqlite3_column_type(row, 1) != SQLITE_NULL;
    int64_t time = sqlite3_column_int64(row, 1);
    int64_t day = known ? time / DAY_MS : INT64_MAX;
    if (!seen->snapshots) {
        seen->first_snapshot = sqlite3_column_int64(row, 0);
        seen->first_seen_unix_ms = time;
    }
    if (!seen->snapshots || day != *last_day)
        seen->nights++;
    seen->snapshots++;
    *last_day = day;
}

int hsn_finding_seen_read(hsn_store *store, const char *fingerprint, hsn_snapshot_id id,
                          hsn_finding_seen *out, hsn_error *err)
{
    sqlite3_stmt *statement;
    int64_t time = 0, last_day = 0;
    int known = 0;
    *out = (hsn_finding_seen){0};
    int r = capture_time(store, id, &time, &known, err);
    if (r == HSN_OK)
        r = hsn__query_get(store, HSN__QUERY_FINDING_SEEN, &statement, err);
    if (r < 0)
        return r;
    bind_text(statement, 1, fingerprint);
    sqlite3_bind_int64(statement, 2, id);
    if (known)
        sqlite3_bind_int64(statement, 3, time);
    while ((r = hsn__query_next(store, statement, err)) == HSN_OK)
        see(out, statement, &last_day);
    return r < 0 ? r : HSN_OK;
}

typedef struct list_memory {
    hsn__arena arena;
    size_t capacity;
} list_memory;

static const char *text(list_memory *memory, sqlite3_stmt *row, int column)
{
    const char *value = (const char *)sqlite3_column_text(row, column);
    int length = sqlite3_column_bytes(row, column);
    return length ? hsn__arena_copy(&memory->arena, value, (size_t)length) : "";
}

static double number(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN
                                                           : sqlite3_column_double(row, column);
}

static int read_severity(hsn_store *store, const char *word, hsn_severity *out, hsn_error *err)
{
    for (int i = 0; i < HSN_SEVERITY_COUNT; i++)
        if (!strcmp(word, severities[i])) {
            *out = (hsn_severity)i;
            return HSN_OK;
        }
    return hsn__fail(err, HSN_EFORMAT, hsn_store_path(store),
                     "damaged store: a finding of no known severity");
}

static int add_row(hsn_store *store, sqlite3_stmt *row, hsn_finding_list *out, hsn_error *err)
{
    list_memory *memory = out->memory;
    hsn_finding finding = {
        .fingerprint = text(memory, row, 0),
        .rule = text(memory, row, 1),
        .subject = text(memory, row, 3),
        .kind = text(memory, row, 4),
        .unit = text(memory, row, 5),
        .value_old = number(row, 6),
        .value_new = number(row, 7),
        .value_limit = number(row, 8),
        .message = text(memory, row, 9),
        .path = text(memory, row, 10),
        .allocated_at = text(memory, row, 11),
    };
    const char *word = text(memory, row, 2);
    if (!finding.fingerprint || !finding.rule || !finding.subject || !finding.kind ||
        !finding.unit || !finding.message || !finding.path || !finding.allocated_at || !word ||
        !hsn__array_grow(&out->rows, &memory->capacity, out->count + 1, sizeof *out->rows,
                         SIZE_MAX))
        return hsn__fail_memory(err);
    int r = read_severity(store, word, &finding.severity, err);
    if (r == HSN_OK)
        out->rows[out->count++] = finding;
    return r;
}

int hsn_finding_list_read(hsn_store *store, hsn_snapshot_id id, hsn_finding_list *out,
                          hsn_error *err)
{
    sqlite3_stmt *row;
    *out = (hsn_finding_list){.memory = hsn__alloc_zeroed(1, sizeof(list_memory))};
    int r = out->memory ? hsn__query_get(store, HSN__QUERY_FINDING_LIST, &row, err)
                        : hsn__fail_memory(err);
    if (r == HSN_OK)
        sqlite3_bind_int64(row, 1, id);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK)
        r = add_row(store, row, out, err);
    r = r < 0 ? r : HSN_OK;
    for (size_t i = 0; r == HSN_OK && i < out->count; i++)
        r = hsn_finding_seen_read(store, out->rows[i].fingerprint, id, &out->rows[i].seen, err);
    if (r < 0)
        hsn_finding_list_free(out);
    return r;
}

void hsn_finding_list_free(hsn_finding_list *list)
{
    if (!list)
        return;
    if (list->memory)
        hsn__arena_clear(&((list_memory *)list->memory)->arena);
    hsn__free(list->memory);
    hsn__free(list->rows);
    *list = (hsn_finding_list){0};
}
