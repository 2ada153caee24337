// SPDX-License-Identifier: MIT
// The store over a file system that fails: every SQLite call to it fails in turn, once and then for
// good, while a store is made and while a snapshot is appended. Afterwards the store is absent, or
// as before, or complete, and nothing else lies beside it.
#include "check.h"
#include "heapsnap/load.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- a VFS that fails its nth call -------------------------------------------------------------

static sqlite3_vfs *real_vfs;
static struct fault {
    unsigned long calls;   // seen so far
    unsigned long fail_at; // 0 = never
    bool forever;
} fault;

typedef struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real;
} faulty_file;

static bool fails(void)
{
    fault.calls++;
    return fault.fail_at &&
           (fault.calls == fault.fail_at || (fault.forever && fault.calls > fault.fail_at));
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((faulty_file *)file)->real;
}

static int x_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
}

static int x_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
    return fails() ? SQLITE_IOERR_READ
                   : real_of(file)->pMethods->xRead(real_of(file), data, size, offset);
}

static int x_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    return fails() ? SQLITE_FULL
                   : real_of(file)->pMethods->xWrite(real_of(file), data, size, offset);
}

static int x_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return fails() ? SQLITE_IOERR_TRUNCATE
                   : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int x_sync(sqlite3_file *file, int flags)
{
    return fails() ? SQLITE_IOERR_FSYNC : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int x_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return fails() ? SQLITE_IOERR_FSTAT : real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int x_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int x_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int x_check_lock(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int x_control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int x_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int x_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int x_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 1,
        .xClose = x_close,
        .xRead = x_read,
        .xWrite = x_write,
        .xTruncate = x_truncate,
        .xSync = x_sync,
        .xFileSize = x_file_size,
        .xLock = x_lock,
        .xUnlock = x_unlock,
        .xCheckReservedLock = x_check_lock,
        .xFileControl = x_control,
        .xSectorSize = x_sector_size,
        .xDeviceCharacteristics = x_characteristics,
    };
    faulty_file *faulty = (faulty_file *)file;
    (void)vfs;
    faulty->base.pMethods = NULL;
    if (fails())
        return SQLITE_CANTOPEN;
    faulty->real = (sqlite3_file *)(faulty + 1);
    int rc = real_vfs->xOpen(real_vfs, name, faulty->real, flags, out_flags);
    if (rc == SQLITE_OK)
        faulty->base.pMethods = &methods;
    return rc;
}

static int x_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return fails() ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync);
}

static int x_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    return real_vfs->xAccess(real_vfs, name, flags, out);
}

static int x_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    return real_vfs->xFullPathname(real_vfs, name, size, out);
}

static void install(void)
{
    static sqlite3_vfs faulty;
    if (real_vfs)
        return;
    real_vfs = sqlite3_vfs_find(NULL);
    faulty = *real_vfs;
    faulty.iVersion = 1;
    faulty.szOsFile = (int)sizeof(faulty_file) + real_vfs->szOsFile;
    faulty.zName = "faulty";
    faulty.xOpen = x_open;
    faulty.xDelete = x_delete;
    faulty.xAccess = x_access;
    faulty.xFullPathname = x_full_path;
    sqlite3_vfs_register(&faulty, 1);
}

// ---- loads ---------------------------------------------------------------------------------

static char folder[64], dump[128], store[128];

static void make_folder(void)
{
    install();
    snprintf(folder, sizeof folder, "store-faults.%ld", (long)getpid());
    snprintf(dump, sizeof dump, "%s/a.jsonl", folder);
    snprintf(store, sizeof store, "%s/a.db", folder);
    CHECK(!mkdir(folder, 0700));
    FILE *file = fopen(dump, "w");
    if (!CHECK(file != NULL))
        exit(1);
    fputs("{\"heapsnap\":1,\"runtime\":\"test\"}\n{\"type\":0,\"name\":\"Node\",\"module\":\"app\"}"
          "\n",
          file);
    enum { OBJECTS = 3000 };
    for (int i = 1; i <= OBJECTS; i++)
        fprintf(
            file,
            "{\"object\":%d,\"type\":0,\"size\":%d,\"rc\":1,\"item\":[%d,%d],\"text\":\"n%d\"}\n",
            i * 64, 16 + i % 40, i % OBJECTS * 64 + 64, i * 7 % OBJECTS * 64 + 64, i);
    fprintf(file,
            "{\"root\":64,\"kind\":\"module\",\"name\":\"app\"}\n"
            "{\"end\":1,\"objects\":%d,\"references\":%d,\"types\":1,\"strings\":0,\"roots\":1}\n",
            OBJECTS, OBJECTS * 2);
    fclose(file);
}

// Names in the folder other than the dump; the store is one of them or not.
static int others(bool *has_store)
{
    DIR *entries = opendir(folder);
    int count = 0;
    *has_store = false;
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "a.jsonl"))
            continue;
        *has_store |= !strcmp(entry->d_name, "a.db");
        count++;
    }
    closedir(entries);
    return count;
}

static int load(bool append, unsigned long fail_at, bool forever)
{
    const char *dumps[] = {dump};
    hsn_error err = {0};
    fault = (struct fault){.fail_at = fail_at, .forever = forever};
    int r = hsn_load(store, dumps, 1, &(hsn_load_options){.append = append}, NULL, &err);
    fault.fail_at = 0;
    CHECK((r < 0) == (err.code != 0));
    CHECK(r >= 0 || err.message[0]);
    return r;
}

// Snapshots of the store, every one of them whole; -1 when it cannot be read.
static int whole_snapshots(void)
{
    hsn_snapshot_list list = {0};
    hsn_store *opened = NULL;
    hsn_error err = {0};
    int count = -1;
    if (CHECK_OK(hsn_store_open(&opened, store, NULL, &err), &err) &&
        CHECK_OK(hsn_store_verify(opened, &err), &err) &&
        CHECK_OK(hsn_snapshot_list_read(opened, &list, &err), &err))
        count = (int)list.count;
    hsn_snapshot_list_free(&list);
    hsn_store_close(opened);
    return count;
}

static void test_store_faults_leave_no_new_store_or_a_whole_one(void)
{
    make_folder();
    for (int forever = 0; forever < 2; forever++) {
        int r = HSN_EIO;
        for (unsigned long nth = 1; r != HSN_OK && CHECK(nth < 5000); nth++) {
            bool has_store;
            r = load(false, nth, forever);
            int files = others(&has_store);
            CHECK_EQ(has_store, r == HSN_OK);
            CHECK_EQ(files, has_store);
            if (r == HSN_OK)
                CHECK_EQ(whole_snapshots(), 1);
            else
                CHECK(r == HSN_EIO || r == HSN_ESTORE);
        }
        CHECK(fault.calls > 3); // the faults were there to be met
        unlink(store);
    }
}

static void test_store_faults_leave_an_old_store_as_it_was(void)
{
    for (int forever = 0; forever < 2; forever++) {
        unlink(store);
        CHECK_EQ(load(false, 0, false), HSN_OK);
        int snapshots = 1, r = HSN_EIO;
        for (unsigned long nth = 1; r != HSN_OK && CHECK(nth < 5000); nth++) {
            r = load(true, nth, forever);
            // A failed commit may still have been one: SQLite deletes the journal last.
            int found = whole_snapshots();
            if (r == HSN_OK)
                CHECK_EQ(found, snapshots + 1);
            else
                CHECK(found == snapshots || found == snapshots + 1);
            snapshots = found;
        }
        CHECK(fault.calls > 10);
    }
    unlink(store);
    unlink(dump);
    rmdir(folder);
}

CHECK_MAIN(CHECK_CASE(test_store_faults_leave_no_new_store_or_a_whole_one),
           CHECK_CASE(test_store_faults_leave_an_old_store_as_it_was))
