// SPDX-License-Identifier: MIT
// Aggregates against sums that are made by hand from the single snapshots.
#include "check.h"

#include "base/alloc.h"

#include "heapsnap/aggregate.h"
#include "heapsnap/heap.h"
#include "heapsnap/load_many.h"
#include "heapsnap/totals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Three nights of four workers of two services; the type that worker 3 leaks is only there.
enum { NIGHTS = 3, WORKERS = 4, SNAPSHOTS = NIGHTS * WORKERS };

static const int64_t FIRST_MS = INT64_C(20000) * 86400000;
static char folder[] = "/tmp/heapsnap-aggregate-XXXXXX";
static char store_path[64];

static unsigned requests_of(unsigned night, unsigned worker)
{
    return 10 + 3 * night + 5 * worker;
}

static void write_dump(const char *path, unsigned night, unsigned worker)
{
    FILE *file = fopen(path, "w");
    unsigned requests = requests_of(night, worker);
    if (!CHECK(file != NULL))
        return;
    fprintf(file,
            "{\"heapsnap\":1,\"runtime\":\"cpython\",\"pid\":%u,\"label\":\"w%u-%u\","
            "\"captured_at_unix_ms\":%" PRId64 ",\"rss_bytes\":%u,"
            "\"tags\":{\"service\":\"%s\",\"env\":\"prod\"}}\n",
            worker, night, worker, FIRST_MS + night * INT64_C(86400000) + worker,
            1000 * (worker + 1), worker < 2 ? "shop" : "pay");
    fprintf(file, "{\"type\":0,\"name\":\"Request\",\"module\":\"app\"}\n"
                  "{\"type\":1,\"name\":\"Leak\",\"module\":\"app\"}\n");
    fprintf(file,
            "{\"frame\":0,\"file\":\"views.py\",\"line\":%u,\"function\":\"f\"}\n"
            "{\"stack\":0,\"frames\":[0]}\n",
            worker % 2 ? 41 : 7);
    for (unsigned i = 0; i < requests; i++)
        fprintf(file, "{\"object\":%u,\"type\":0,\"size\":48,\"stack\":0}\n", 4096 + 64 * i);
    if (worker == 3)
        fprintf(file, "{\"object\":1024,\"type\":1,\"size\":4}\n");
    fprintf(file,
            "{\"end\":1,\"objects\":%u,\"references\":0,\"types\":2,\"strings\":0,\"roots\":0}\n",
            requests + (worker == 3));
    fclose(file);
}

static void begin(void)
{
    static char paths[SNAPSHOTS + 1][64];
    const char *list[SNAPSHOTS + 1];
    hsn_load_many_result result;
    hsn_error err = {0};
    if (!CHECK(mkdtemp(folder) != NULL))
        return;
    snprintf(store_path, sizeof store_path, "%s/a.db", folder);
    for (unsigned i = 0; i <= SNAPSHOTS; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%02u.jsonl", folder, i);
        list[i] = paths[i];
        if (i < SNAPSHOTS)
            write_dump(paths[i], i / WORKERS, i % WORKERS);
    }
    FILE *cut = fopen(paths[SNAPSHOTS], "w"); // incomplete: never part of an aggregate
    if (CHECK(cut != NULL)) {
        fprintf(cut, "{\"heapsnap\":1,\"runtime\":\"cpython\"}\n{\"type\":0,\"name\":\"T\"}\n"
                     "{\"object\":4096,\"type\":0,\"size\":1000}\n");
        fclose(cut);
    }
    CHECK_STATUS(hsn_load_many(store_path, list, SNAPSHOTS + 1, NULL, 2, &result, &err),
                 HSN_PARTIAL);
    hsn_load_many_free(&result);
    for (unsigned i = 0; i <= SNAPSHOTS; i++)
        unlink(paths[i]);
}

static hsn_store *aggregate(const hsn_aggregate_options *options)
{
    hsn_store *source = NULL, *store = NULL;
    hsn_error err = {0};
    if (CHECK_OK(hsn_store_open(&source, store_path, NULL, &err), &err))
        CHECK_OK(hsn_aggregate_open(&store, source, options, &err), &err);
    hsn_store_close(source);
    return store;
}

static hsn_cell cell_of(hsn_store *store, hsn_snapshot_id id, hsn_by by, const char *name)
{
    hsn_snapshot_ref ref = {store, id};
    hsn_totals totals = {0};
    hsn_error err = {0};
    hsn_totals_options options = {.by = by};
    hsn_cell cell = {0};
    if (CHECK_OK(hsn_totals_read(&ref, 1, &options, &totals, &err), &err))
        for (size_t i = 0; i < totals.count; i++) {
            char site[64];
            snprintf(site, sizeof site, "%s:%u", totals.keys[i].file, totals.keys[i].line);
            if (!strcmp(by == HSN_BY_TYPE ? totals.keys[i].type : site, name))
                cell = totals.cells[i];
        }
    hsn_totals_free(&totals);
    return cell;
}

// The labels of the groups, joined.
static void labels_of(hsn_store *store, char *out, size_t size)
{
    hsn_snapshot_list list = {0};
    size_t at = 0;
    *out = 0;
    CHECK_OK(hsn_snapshot_list_read(store, &list, NULL), NULL);
    for (size_t i = 0; i < list.count; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%s", i ? "|" : "", list.rows[i].label);
    hsn_snapshot_list_free(&list);
}

static void groups_are_formed_by_words(void)
{
    static const struct {
        const char *group, *labels;
    } cases[] = {
        {NULL, "all"},
        {"day", "2024-10-04|2024-10-05|2024-10-06"},
        {"hour", "2024-10-04T00Z|2024-10-05T00Z|2024-10-06T00Z"},
        {"service", "shop|pay"},
        {"tag:service", "shop|pay"},
        {"env", "prod"},
        {"region", "-"},
        {"host", "-"},
        {"label", "w0|w1|w2"},
        {"service,day", "shop 2024-10-04|pay 2024-10-04|shop 2024-10-05|pay 2024-10-05|"
                        "shop 2024-10-06|pay 2024-10-06"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char labels[256];
        hsn_store *store = aggregate(&(hsn_aggregate_options){.group = cases[i].group});
        if (!store)
            continue;
        labels_of(store, labels, sizeof labels);
        CHECK_STR(labels, cases[i].labels);
        hsn_store_close(store);
    }
}

static void sum_mean_and_worst_are_what_they_say(void)
{
    for (unsigned how = 0; how < HSN_AGGREGATE_COUNT; how++) {
        hsn_store *store = aggregate(&(hsn_aggregate_options){.how = how, .group = "day"});
        for (unsigned night = 0; store && night < NIGHTS; night++) {
            unsigned sum = 0, odd = 0, worst = requests_of(night, 3);
            for (unsigned worker = 0; worker < WORKERS; worker++) {
                sum += requests_of(night, worker);
                odd += worker % 2 ? requests_of(night, worker) : 0;
            }
            unsigned requests = how == HSN_AGGREGATE_SUM    ? sum
                                : how == HSN_AGGREGATE_MEAN ? (sum + 2) / 4
                                                            : worst;
            unsigned at_41 = how == HSN_AGGREGATE_SUM    ? odd
                             : how == HSN_AGGREGATE_MEAN ? (odd + 2) / 4
                                                         : worst;
            CHECK_EQ(cell_of(store, night + 1, HSN_BY_TYPE, "app.Request").count, requests);
            CHECK_EQ(cell_of(store, night + 1, HSN_BY_TYPE, "app.Leak").size_bytes,
                     how == HSN_AGGREGATE_MEAN ? 1 : 4);
            CHECK_EQ(cell_of(store, night + 1, HSN_BY_LINENO, "views.py:41").count, at_41);
        }
        hsn_store_close(store);
    }
}

static void the_snapshot_tells_what_it_is_made_of(void)
{
    hsn_store *store = aggregate(&(hsn_aggregate_options){.group = "service"});
    hsn_snapshot_list list = {0};
    hsn_pair_list pairs = {0};
    hsn_error err = {0};
    if (!store)
        return;
    if (CHECK_OK(hsn_snapshot_list_read(store, &list, &err), &err) && CHECK_EQ(list.count, 2)) {
        const hsn_snapshot_info *pay = &list.rows[1];
        CHECK_EQ(pay->captured_at_unix_ms, FIRST_MS + 2 * INT64_C(86400000) + 3);
        CHECK_EQ(pay->rss_bytes, 3 * (3000 + 4000));
        CHECK_EQ(pay->types, 2);
        CHECK_EQ(pay->objects, pay->allocations + 3);
        CHECK_EQ(pay->heap_bytes, pay->allocation_bytes + 12);
    }
    CHECK_OK(hsn_snapshot_facts(store, 2, &pairs, &err), &err);
    if (CHECK_EQ(pairs.count, 2)) {
        CHECK_STR(pairs.rows[0].value, "sum");
        CHECK_STR(pairs.rows[1].value, "6");
    }
    hsn_pair_list_free(&pairs);
    CHECK_OK(hsn_snapshot_tags(store, 2, &pairs, &err), &err);
    CHECK_EQ(pairs.count, 2); // env and service: shared by all
    hsn_pair_list_free(&pairs);
    hsn_snapshot_list_free(&list);
    hsn_store_close(store);
}

static void tags_choose(void)
{
    const hsn_pair shop = {"service", "shop"}, none = {"service", "none"};
    hsn_store *source = NULL, *other = NULL;
    hsn_store *store =
        aggregate(&(hsn_aggregate_options){.group = "day", .tags = &shop, .tag_count = 1});
    hsn_error err = {0};
    if (store)
        CHECK_EQ(cell_of(store, 1, HSN_BY_TYPE, "app.Request").count,
                 requests_of(0, 0) + requests_of(0, 1));
    hsn_store_close(store);
    CHECK_OK(hsn_store_open(&source, store_path, NULL, &err), &err);
    CHECK_STATUS(hsn_aggregate_open(&other, source,
                                    &(hsn_aggregate_options){.tags = &none, .tag_count = 1}, &err),
                 HSN_ENOTFOUND);
    CHECK_STR(err.message, "no complete snapshot has these tags");
    hsn_store_close(source);
}

static void failing_allocations_are_told(void)
{
    hsn_store *source = NULL, *store = NULL;
    hsn_error err = {0};
    int r = HSN_ENOMEM;
    CHECK_OK(hsn_store_open(&source, store_path, NULL, &err), &err);
    for (uint64_t nth = 1; r != HSN_OK && nth < 1000; nth++) {
        hsn__alloc_fail_at(nth, true);
        r = hsn_aggregate_open(&store, source, &(hsn_aggregate_options){.group = "service,day"},
                               NULL);
        hsn__alloc_fail_at(0, false);
        CHECK(r == HSN_OK ? store != NULL : r == HSN_ENOMEM && !store);
    }
    CHECK_EQ(r, HSN_OK);
    hsn_store_close(store);
    hsn_store_close(source);
}

static void an_aggregate_has_no_graph(void)
{
    hsn_store *store = aggregate(&(hsn_aggregate_options){.group = "day"});
    hsn_heap *heap;
    hsn_profile profile;
    hsn_error err = {0};
    CHECK_STATUS(hsn_heap_open(&heap, store, 1, &err), HSN_ENOTFOUND);
    CHECK_STR(err.message, "an aggregate of snapshots has totals, but no object graph");
    err = (hsn_error){0};
    CHECK_STATUS(hsn_profile_read(store, 1, &profile, &err), HSN_ENOTFOUND);
    CHECK_OK(hsn_store_verify(store, NULL), NULL);
    hsn_store_close(store);
    unlink(store_path);
    CHECK(!rmdir(folder));
}

CHECK_MAIN(CHECK_CASE(begin), CHECK_CASE(groups_are_formed_by_words),
           CHECK_CASE(sum_mean_and_worst_are_what_they_say),
           CHECK_CASE(the_snapshot_tells_what_it_is_made_of), CHECK_CASE(tags_choose),
           CHECK_CASE(failing_allocations_are_told), CHECK_CASE(an_aggregate_has_no_graph))
