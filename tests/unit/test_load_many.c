// SPDX-License-Identifier: MIT
// Loading many dumps: the store is the same to the byte however many work on it, bad dumps are left
// out and told, and all appear at once.
#include "check.h"

#include "heapsnap/load_many.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DUMPS = 12, BAD = 5, TRUNCATED = 8 };

static char folder[] = "/tmp/heapsnap-many-XXXXXX";
static char store_path[64], other_path[64], paths[DUMPS][64];
static const char *path_list[DUMPS];

// A worker of the fleet: dumps of very different sizes, so that they are finished out of order.
static void write_dump(unsigned number)
{
    FILE *file = fopen(paths[number], "w");
    unsigned objects = number % 3 ? 20 + number : 20000;
    if (!CHECK(file != NULL))
        return;
    if (number == BAD) {
        fputs("nonsense\n", file);
        fclose(file);
        return;
    }
    fprintf(file, "{\"heapsnap\":1,\"runtime\":\"cpython\",\"pid\":%u", number);
    if (number % 2)
        fprintf(file, ",\"label\":\"worker\"");
    fprintf(file, "}\n{\"type\":0,\"name\":\"T%u\",\"module\":\"app\"}\n", number % 4);
    fprintf(file, "{\"frame\":0,\"file\":\"f%u.py\",\"line\":%u,\"function\":\"f\"}\n", number % 5,
            number);
    fprintf(file, "{\"stack\":0,\"frames\":[0]}\n");
    for (unsigned i = 0; i < objects; i++)
        fprintf(file, "{\"object\":%u,\"type\":0,\"size\":%u,\"stack\":0,\"item\":[%u]}\n",
                4096 + 64 * i, 48 + 8 * (i % 5), 4096 + 64 * ((i * 7) % objects));
    if (number != TRUNCATED)
        fprintf(file,
                "{\"end\":1,\"objects\":%u,\"references\":%u,\"types\":1,\"strings\":0,"
                "\"roots\":0}\n",
                objects, objects);
    fclose(file);
}

static int load(const char *store, unsigned jobs, const hsn_load_options *options,
                hsn_load_many_result *out, hsn_error *err)
{
    return hsn_load_many(store, path_list, DUMPS, options, jobs, out, err);
}

static char *read_file(const char *path, size_t *out_size)
{
    FILE *file = fopen(path, "rb");
    char *data = malloc(1 << 25);
    *out_size = file && data ? fread(data, 1, 1 << 25, file) : 0;
    if (file)
        fclose(file);
    return data;
}

static void check_labels(const hsn_snapshot_list *list)
{
    static const char *const labels[] = {"w0",       "worker", "w2",       "worker-2",
                                         "w4",       "w6",     "worker-3", "w8",
                                         "worker-4", "w10",    "worker-5"};
    if (CHECK_EQ(list->count, DUMPS - 1))
        for (size_t i = 0; i < list->count; i++) {
            CHECK_STR(list->rows[i].label, labels[i]);
            CHECK_EQ(list->rows[i].id, i + 1);
        }
}

static void the_store_does_not_depend_on_the_number_of_jobs(void)
{
    size_t size = 0, other_size = 0;
    char *bytes = NULL;
    for (unsigned jobs = 1; jobs <= 16; jobs *= 2) {
        hsn_load_many_result result;
        hsn_error err = {0};
        const char *path = jobs == 1 ? store_path : other_path;
        CHECK_STATUS(load(path, jobs, NULL, &result, &err), HSN_PARTIAL);
        check_labels(&result.snapshots);
        CHECK_EQ(result.left_out, 1);
        for (size_t i = 0; i < DUMPS; i++)
            CHECK_EQ(result.dumps[i].status, i == BAD         ? HSN_EFORMAT
                                             : i == TRUNCATED ? HSN_PARTIAL
                                                              : HSN_OK);
        CHECK_STR(result.dumps[BAD].error.message, "no known dump format");
        hsn_load_many_free(&result);
        if (jobs == 1) {
            bytes = read_file(path, &size);
            continue;
        }
        char *other = read_file(path, &other_size);
        if (CHECK_EQ(size, other_size))
            CHECK(!memcmp(bytes, other, size));
        free(other);
        unlink(other_path);
    }
    free(bytes);
}

static void what_is_stored_is_whole(void)
{
    hsn_store *store = NULL;
    hsn_error err = {0};
    if (CHECK_OK(hsn_store_open(&store, store_path, NULL, &err), &err))
        CHECK_OK(hsn_store_verify(store, &err), &err);
    hsn_store_close(store);
}

static void strict_stores_nothing(void)
{
    hsn_load_many_result result;
    hsn_error err = {0};
    CHECK_STATUS(load(other_path, 4, &(hsn_load_options){.strict = 1}, &result, &err), HSN_EFORMAT);
    CHECK_STR(err.message, "no known dump format");
    CHECK(access(other_path, F_OK) != 0);
    hsn_load_many_free(&result);
}

static void an_existing_store_is_added_to_or_left_alone(void)
{
    const hsn_retention rule = {.limit_graphs = 1, .graphs = 2};
    hsn_load_many_result result;
    hsn_error err = {0};
    CHECK_STATUS(load(store_path, 3, NULL, &result, NULL), HSN_EINVAL);
    hsn_load_many_free(&result);
    CHECK_STATUS(
        load(store_path, 3, &(hsn_load_options){.append = 1, .retention = &rule}, &result, &err),
        HSN_PARTIAL);
    if (CHECK_EQ(result.snapshots.count, DUMPS - 1)) {
        CHECK_EQ(result.snapshots.rows[0].id, DUMPS);
        CHECK_STR(result.snapshots.rows[0].label, "w0-2");
        CHECK_STR(result.snapshots.rows[1].label, "worker-6");
    }
    CHECK_EQ(result.dropped.graphs_dropped, 2 * (DUMPS - 1) - 2);
    hsn_load_many_free(&result);
    what_is_stored_is_whole();
}

static void nothing_readable_is_the_first_dumps_error(void)
{
    const char *bad[] = {paths[BAD], paths[BAD]};
    hsn_load_many_result result;
    hsn_error err = {0};
    CHECK_STATUS(hsn_load_many(other_path, bad, 2, NULL, 2, &result, &err), HSN_EFORMAT);
    CHECK_STR(err.message, "no known dump format");
    CHECK(access(other_path, F_OK) != 0);
    hsn_load_many_free(&result);
    CHECK_STATUS(hsn_load_many(other_path, bad, 0, NULL, 2, &result, NULL), HSN_EINVAL);
}

static int cancel(void *context, const char *phase, uint64_t done, uint64_t total)
{
    (void)context;
    (void)phase;
    return done == 4 && total == DUMPS;
}

static void a_cancelled_load_stores_nothing(void)
{
    const hsn_progress progress = {.tick = cancel};
    hsn_load_many_result result;
    CHECK_STATUS(load(other_path, 4, &(hsn_load_options){.progress = &progress}, &result, NULL),
                 HSN_ECANCELED);
    CHECK(access(other_path, F_OK) != 0);
    hsn_load_many_free(&result);
    for (unsigned i = 0; i < DUMPS; i++)
        unlink(paths[i]);
    unlink(store_path);
    CHECK(!rmdir(folder));
}

static void begin(void)
{
    if (!CHECK(mkdtemp(folder) != NULL))
        return;
    snprintf(store_path, sizeof store_path, "%s/a.db", folder);
    snprintf(other_path, sizeof other_path, "%s/b.db", folder);
    for (unsigned i = 0; i < DUMPS; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/w%u.jsonl", folder, i);
        path_list[i] = paths[i];
        write_dump(i);
    }
}

CHECK_MAIN(CHECK_CASE(begin), CHECK_CASE(the_store_does_not_depend_on_the_number_of_jobs),
           CHECK_CASE(what_is_stored_is_whole), CHECK_CASE(strict_stores_nothing),
           CHECK_CASE(an_existing_store_is_added_to_or_left_alone),
           CHECK_CASE(nothing_readable_is_the_first_dumps_error),
           CHECK_CASE(a_cancelled_load_stores_nothing))
