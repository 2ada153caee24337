// SPDX-License-Identifier: MIT
// Opening, creating and closing stores.
//
// A new store is written without a journal, since nobody sees it: it lies beside its final name as
// NAME.tmp-PID-N and is renamed when it is whole and on the disk. A process that dies leaves only
// that file, which the next load of the same name removes once its owner is gone. Appending uses
// SQLite's rollback journal, so a store is always as before or complete.
#include "store/store_private.h"
#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char schema_sql[] = {
#include "schema_sql.h"
};

enum { BUSY_TIMEOUT_MS = 60000 };

int hsn__store_fail(hsn_store *store, int rc, hsn_error *err)
{
    const char *path = store->final_path ? store->final_path : store->path;
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return hsn__fail_memory(err);
    case SQLITE_FULL:
        return hsn__fail(err, HSN_EIO, path, "no space left to write the store");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM: {
        int os_errno = store->db ? sqlite3_system_errno(store->db) : 0;
        return hsn__fail(err, HSN_EIO, path, "%s%s%s", sqlite3_errstr(rc), os_errno ? ": " : "",
                         os_errno ? strerror(os_errno) : "");
    }
    case SQLITE_NOTADB:
        return hsn__fail(err, HSN_EFORMAT, path, "not a heapsnap store");
    case SQLITE_CORRUPT:
        return hsn__fail(err, HSN_EFORMAT, path, "damaged store: %s",
                         store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return hsn__fail(err, HSN_ESTORE, path, "another process is writing to it");
    case SQLITE_TOOBIG:
        return hsn__fail(err, HSN_ELIMIT, path, "a value is too large for the store");
    default:
        return hsn__fail(err, HSN_ESTORE, path, "%s",
                         store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc));
    }
}

const char *hsn_store_path(const hsn_store *store)
{
    return store->final_path ? store->final_path : store->path;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *result = hsn__alloc(size);
    return result ? memcpy(result, text, size) : NULL;
}

static int open_db(hsn_store *store, const char *path, int flags, hsn_error *err)
{
    int rc = sqlite3_open_v2(path, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return hsn__store_fail(store, rc, err);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    return HSN_OK;
}

static int pragma_number(hsn_store *store, const char *sql, int64_t *out, hsn_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    int r = rc == SQLITE_ROW ? HSN_OK : hsn__store_fail(store, rc, err);
    sqlite3_finalize(statement);
    return r;
}

static int check_schema(hsn_store *store, hsn_error *err)
{
    int64_t application = 0, version = 0;
    int r = pragma_number(store, "PRAGMA application_id", &application, err);
    if (r == HSN_OK)
        r = pragma_number(store, "PRAGMA user_version", &version, err);
    if (r < 0)
        return r;
    if (application != HSN__APPLICATION_ID)
        return hsn__fail(err, HSN_EFORMAT, store->path, "not a heapsnap store");
    if (version > HSN__SCHEMA_VERSION)
        return hsn__fail(err, HSN_EUNSUPPORTED, store->path,
                         "written by a newer heapsnap (schema %lld, this one reads up to %d)",
                         (long long)version, HSN__SCHEMA_VERSION);
    if (version < 1)
        return hsn__fail(err, HSN_EFORMAT, store->path, "not a heapsnap store: schema %lld",
                         (long long)version);
    if (version < HSN__SCHEMA_VERSION)
        return hsn__fail(err, HSN_EUNSUPPORTED, store->path,
                         "made by an earlier version: load its dump again");
    return HSN_OK;
}

// A process that died while it appended left a journal behind. Taking its changes back writes to
// the store, which a read-only connection may not: one that may write does it, then ours sees it
// clean.
static int roll_back_interrupted(hsn_store *store, hsn_error *err)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_exec(store->db, "PRAGMA schema_version", NULL, NULL, NULL);
    if (rc != SQLITE_READONLY_ROLLBACK)
        return HSN_OK; // anything else that is wrong shows at the first real query
    rc = sqlite3_open_v2(store->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
        rc = sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL, NULL);
    }
    sqlite3_close(db);
    if (rc == SQLITE_OK)
        return HSN_OK;
    return hsn__fail(err, HSN_EIO, store->path,
                     "an interrupted load must be undone first, which needs the right to write");
}

int hsn_store_open(hsn_store **out, const char *path, const hsn_store_options *options,
                   hsn_error *err)
{
    int writable = options && options->writable;
    hsn_store *store = hsn__alloc_zeroed(1, sizeof *store);
    struct stat status;
    int r;
    *out = NULL;
    if (!store || !(store->path = copy(path))) {
        r = hsn__fail_memory(err);
        goto done;
    }
    if (stat(path, &status)) {
        r = errno == ENOENT ? hsn__fail(err, HSN_ENOTFOUND, path, "no such file")
                            : hsn__fail_errno(err, path, "cannot open");
        goto done;
    }
    if (!S_ISREG(status.st_mode) || status.st_size == 0) {
        r = hsn__fail(err, HSN_EFORMAT, path, "%s",
                      S_ISREG(status.st_mode) ? "empty file" : "not a file");
        goto done;
    }
    if (access(path, R_OK)) {
        r = hsn__fail_errno(err, path, "cannot open");
        goto done;
    }
    r = open_db(store, path, writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, err);
    if (r == HSN_OK && !writable)
        r = roll_back_interrupted(store, err);
    if (r == HSN_OK)
        r = check_schema(store, err);
done:
    if (r < 0)
        hsn_store_close(store);
    else
        *out = store;
    return r;
}

int hsn__store_borrow(hsn_store **out, sqlite3 *db, hsn_error *err)
{
    hsn_store *store = hsn__alloc_zeroed(1, sizeof *store);
    const char *path = sqlite3_db_filename(db, "main");
    int r;
    *out = NULL;
    if (!store || !(store->path = copy(path ? path : "")))
        r = hsn__fail_memory(err);
    else {
        store->db = db;
        store->borrowed = 1;
        r = check_schema(store, err);
    }
    if (r < 0)
        hsn_store_close(store);
    else
        *out = store;
    return r;
}

void hsn__store_forget_statements(hsn_store *store)
{
    for (size_t i = 0; i < HSN__QUERY_COUNT; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
}

void hsn_store_close(hsn_store *store)
{
    if (!store)
        return;
    hsn__store_forget_statements(store);
    if (!store->borrowed)
        sqlite3_close(store->db);
    hsn__free(store->path);
    hsn__free(store->final_path);
    hsn__free(store);
}

// NAME.tmp-PID-N beside NAME, whose process is gone.
static int is_stale(const char *entry, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(entry, name, length) || strncmp(entry + length, ".tmp-", 5))
        return 0;
    char *end;
    long pid = strtol(entry + length + 5, &end, 10);
    return pid > 0 && *end == '-' && kill((pid_t)pid, 0) && errno == ESRCH;
}

static void remove_stale(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char folder[4096];
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (length + 1 >= sizeof folder)
        return;
    memcpy(folder, path, length);
    memcpy(folder + length, length ? "" : ".", length ? 1 : 2);
    DIR *entries = opendir(folder);
    if (!entries)
        return;
    for (struct dirent *entry; (entry = readdir(entries));)
        if (is_stale(entry->d_name, name))
            unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
}

static int create_schema(hsn_store *store, hsn_error *err)
{
    char pragmas[200];
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA page_size = 8192; PRAGMA application_id = %d; PRAGMA user_version = %d;",
             HSN__APPLICATION_ID, HSN__SCHEMA_VERSION);
    const char *const scripts[] = {
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;",
        pragmas,
        schema_sql,
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        int rc = sqlite3_exec(store->db, scripts[i], NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            return hsn__store_fail(store, rc, err);
    }
    return HSN_OK;
}

// Make the temporary file ourselves, so that a missing folder or right is told in the system's
// words.
static int claim_file(const char *path, hsn_error *err)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return hsn__fail_errno(err, path, "cannot create");
    close(file);
    return HSN_OK;
}

int hsn__store_create(hsn_store **out, const char *path, hsn_error *err)
{
    hsn_store *store = hsn__alloc_zeroed(1, sizeof *store);
    int r = HSN_OK;
    *out = NULL;
    if (!store) {
        r = hsn__fail_memory(err);
        goto done;
    }
    if (path) {
        size_t size = strlen(path) + 64;
        store->final_path = copy(path);
        store->path = hsn__alloc(size);
        if (!store->final_path || !store->path) {
            r = hsn__fail_memory(err);
            goto done;
        }
        remove_stale(path);
        for (unsigned n = 0; n < 100; n++) {
            snprintf(store->path, size, "%s.tmp-%ld-%u", path, (long)getpid(), n);
            if (access(store->path, F_OK))
                break;
        }
        r = claim_file(store->path, NULL);
        if (r < 0) {
            // The user named the final path, so the message does too.
            r = hsn__fail_errno(err, path, "cannot create");
            store->path[0] = 0;
            goto done;
        }
    } else if (!(store->path = copy(""))) {
        r = hsn__fail_memory(err);
        goto done;
    }
    r = open_db(store, path ? store->path : ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                err);
    if (r == HSN_OK)
        r = create_schema(store, err);
done:
    if (r < 0)
        hsn__store_abandon(store);
    else
        *out = store;
    return r;
}

void hsn__store_abandon(hsn_store *store)
{
    if (!store)
        return;
    if (store->final_path && store->path && *store->path)
        unlink(store->path);
    hsn_store_close(store);
}

static int sync_path(const char *path, int flags, hsn_error *err)
{
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0)
        return hsn__fail_errno(err, path, "cannot open");
    int r = HSN_OK;
    if (fsync(file) && errno != EINVAL)
        r = hsn__fail_errno(err, path, "cannot write to the disk");
    close(file);
    return r;
}

// rename() that refuses an existing name. Some file systems cannot: there, a look before has to do.
static int rename_new(const char *from, const char *to)
{
    if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (!access(to, F_OK)) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

// HSN_DONE when the name is taken.
static int rename_whole(const hsn_store *store, int replace, hsn_error *err)
{
    int r = sync_path(store->path, O_RDONLY, err);
    if (r < 0)
        return r;
    if (replace ? rename(store->path, store->final_path)
                : rename_new(store->path, store->final_path)) {
        if (errno == EEXIST)
            return HSN_DONE;
        return hsn__fail_errno(err, store->final_path, "cannot create");
    }
    const char *slash = strrchr(store->final_path, '/');
    char folder[4096] = ".";
    size_t length = slash ? (size_t)(slash - store->final_path) : 0;
    if (slash && length < sizeof folder) {
        memcpy(folder, length ? store->final_path : "/", length ? length : 1);
        folder[length ? length : 1] = 0;
    }
    // The name is there; that some file systems cannot sync a folder is no failure of the load.
    sync_path(folder, O_RDONLY | O_DIRECTORY, NULL);
    return HSN_OK;
}

int hsn__store_commit_file(hsn_store *store, int replace, hsn_error *err)
{
    int r = HSN_OK;
    hsn__store_forget_statements(store);
    int rc = sqlite3_close(store->db);
    if (rc != SQLITE_OK)
        r = hsn__store_fail(store, rc, err);
    store->db = NULL;
    if (r == HSN_OK)
        r = rename_whole(store, replace, err);
    if (r == HSN_DONE)
        r = hsn__fail(err, HSN_EINVAL, store->final_path, "the file exists");
    if (r == HSN_OK)
        hsn_store_close(store);
    else
        hsn__store_abandon(store);
    return r;
}

int hsn__store_publish(hsn_store *store, hsn_error *err)
{
    hsn__store_forget_statements(store);
    int r = rename_whole(store, 0, err);
    if (r == HSN_OK) {
        hsn__free(store->path);
        store->path = store->final_path;
        store->final_path = NULL;
    }
    return r;
}

int hsn__store_transaction(hsn_store *store, hsn__query what, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, what, &statement, err);
    return r < 0 ? r : hsn__query_run(store, statement, err);
}
