// SPDX-License-Identifier: MIT
// Findings: fingerprints that never change, rows that come back as written, and since when they are
// known.
#include "check.h"

#include "heapsnap/finding.h"
#include "heapsnap/load.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/heapsnap-finding-XXXXXX";
static char store_path[64], dump_path[64];

// A snapshot of nothing, captured at `time` milliseconds (0 = nobody says when).
static bool append(int64_t time)
{
    FILE *file = fopen(dump_path, "w");
    hsn_error err = {0};
    if (!CHECK(file != NULL))
        return false;
    fprintf(file, "{\"heapsnap\":1,\"runtime\":\"cpython\"");
    if (time)
        fprintf(file, ",\"captured_at_unix_ms\":%" PRId64, time);
    fprintf(file, "}\n{\"end\":{}}\n");
    fclose(file);
    const char *dump = dump_path;
    return CHECK(hsn_load(store_path, &dump, 1, &(hsn_load_options){.append = 1}, NULL, &err) >= 0);
}

static hsn_store *open_store(void)
{
    hsn_store *store = NULL;
    hsn_error err = {0};
    CHECK_OK(hsn_store_open(&store, store_path, &(hsn_store_options){.writable = 1}, &err), &err);
    return store;
}

static hsn_finding finding_of(const char *fingerprint)
{
    return (hsn_finding){
        .fingerprint = fingerprint,
        .rule = "type",
        .severity = HSN_SEVERITY_WARN,
        .subject = "app.cache.Request",
        .kind = "growth",
        .unit = "bytes",
        .value_old = 10,
        .value_new = 1e12 + 1,
        .value_limit = NAN,
        .message = "grew",
        .path = "app.cache._pending[*]",
    };
}

static void fingerprints_are_the_same_everywhere(void)
{
    char a[HSN_FINGERPRINT_SIZE], b[HSN_FINGERPRINT_SIZE];
    hsn_finding_fingerprint((const char *[]){"type", "app.cache._pending[*]", "Request"}, 3, a);
    CHECK_STR(a, "8690032c17ebf4fc");
    hsn_finding_fingerprint((const char *[]){"ab", "c"}, 2, a);
    hsn_finding_fingerprint((const char *[]){"a", "bc"}, 2, b);
    CHECK(strcmp(a, b) != 0);
    hsn_finding_fingerprint((const char *[]){"a", NULL}, 2, a);
    hsn_finding_fingerprint((const char *[]){"a", ""}, 2, b);
    CHECK_STR(a, b);
}

static void findings_come_back_as_written(void)
{
    hsn_finding rows[] = {finding_of("00000000000000aa"), finding_of("00000000000000bb")};
    hsn_finding_list list;
    hsn_error err = {0};
    if (!append(1000))
        return;
    hsn_store *store = open_store();
    CHECK_OK(hsn_finding_list_write(store, 1, rows, 2, &err), &err);
    CHECK_OK(hsn_finding_list_write(store, 1, rows, 2, &err), &err); // instead of the first ones
    if (CHECK_OK(hsn_finding_list_read(store, 1, &list, &err), &err) && CHECK_EQ(list.count, 2)) {
        const hsn_finding *row = &list.rows[1];
        CHECK_STR(row->fingerprint, "00000000000000bb");
        CHECK_STR(row->rule, "type");
        CHECK_EQ(row->severity, HSN_SEVERITY_WARN);
        CHECK_STR(row->subject, "app.cache.Request");
        CHECK_STR(row->kind, "growth");
        CHECK_STR(row->unit, "bytes");
        CHECK(row->value_old == 10 && row->value_new == 1e12 + 1 && isnan(row->value_limit));
        CHECK_STR(row->message, "grew");
        CHECK_STR(row->path, "app.cache._pending[*]");
        CHECK_STR(row->allocated_at, "");
        CHECK_EQ(row->seen.snapshots, 1);
        CHECK_EQ(row->seen.first_seen_unix_ms, 1000);
    }
    hsn_finding_list_free(&list);
    hsn_store_close(store);
}

static void wrong_findings_leave_the_old_ones(void)
{
    hsn_finding rows[] = {finding_of("00000000000000aa"), finding_of("")};
    hsn_finding_list list = {0};
    hsn_store *store = open_store();
    CHECK_STATUS(hsn_finding_list_write(store, 1, rows, 2, NULL), HSN_EINVAL);
    CHECK_STATUS(hsn_finding_list_write(store, 99, rows, 1, NULL), HSN_ENOTFOUND);
    CHECK_OK(hsn_finding_list_read(store, 1, &list, NULL), NULL);
    CHECK_EQ(list.count, 2);
    hsn_finding_list_free(&list);
    hsn_store_close(store);
}

// Snapshots 2 … were appended out of order; 4 has no time.
static void nights_are_counted_up_to_the_snapshot(void)
{
    enum { DAY = 86400000 };
    static const struct {
        hsn_snapshot_id id;
        int64_t time;
        hsn_snapshot_id first;
        uint64_t snapshots, nights;
    } nights[] = {
        {2, 9 * (int64_t)DAY, 3, 3, 3},     {3, 5 * (int64_t)DAY, 3, 1, 1},     {4, 0, 3, 3, 3},
        {5, 9 * (int64_t)DAY + 5, 3, 5, 4}, {6, 9 * (int64_t)DAY - 5, 3, 3, 3},
    };
    hsn_finding row = finding_of("00000000000000cc");
    hsn_finding_seen seen;
    hsn_error err = {0};
    for (size_t i = 0; i < sizeof nights / sizeof *nights; i++)
        if (!append(nights[i].time))
            return;
    hsn_store *store = open_store();
    for (size_t i = 0; i < sizeof nights / sizeof *nights; i++)
        CHECK_OK(hsn_finding_list_write(store, nights[i].id, &row, 1, &err), &err);
    for (size_t i = 0; i < sizeof nights / sizeof *nights; i++) {
        CHECK_OK(hsn_finding_seen_read(store, row.fingerprint, nights[i].id, &seen, &err), &err);
        CHECK_EQ(seen.first_snapshot, nights[i].first);
        CHECK_EQ(seen.snapshots, nights[i].snapshots);
        CHECK_EQ(seen.nights, nights[i].nights);
    }
    CHECK_OK(hsn_finding_seen_read(store, "ffffffffffffffff", 5, &seen, &err), &err);
    CHECK_EQ(seen.first_snapshot, 0);
    CHECK_EQ(seen.nights, 0);
    hsn_store_close(store);
    unlink(store_path);
    unlink(dump_path);
    rmdir(folder);
}

static void begin(void)
{
    if (CHECK(mkdtemp(folder) != NULL)) {
        snprintf(store_path, sizeof store_path, "%s/a.db", folder);
        snprintf(dump_path, sizeof dump_path, "%s/a.jsonl", folder);
    }
}

CHECK_MAIN(CHECK_CASE(begin), CHECK_CASE(fingerprints_are_the_same_everywhere),
           CHECK_CASE(findings_come_back_as_written), CHECK_CASE(wrong_findings_leave_the_old_ones),
           CHECK_CASE(nights_are_counted_up_to_the_snapshot))
