// SPDX-License-Identifier: MIT
// Allocation profiles through the builder and back: several metrics and domains, two snapshots that
// share their frames.
#include "base/alloc.h"
#include "check.h"
#include "store/builder.h"
#include "store/store_private.h"

#include <stdio.h>
#include <string.h>

enum { FRAMES = 30, SHIFT = 12, STACKS = 80, EVENTS = 400, METRICS = 3, DOMAINS = 3 };

// What was pushed, summed up in the obvious way.
typedef struct twin {
    uint32_t frames[FRAMES], stacks[STACKS], metrics[METRICS];
    uint32_t newest[STACKS]; // line of a stack's newest frame
    hsn_stack_total sums[STACKS][METRICS][DOMAINS];
} twin;

static const char *const names[METRICS] = {"inuse", "alloc", "cpu"};
static const char *const units[METRICS] = {"bytes", "bytes", "ns"};

static int push(twin *t, const hsn_sink *sink, check_random *random, uint32_t first_line,
                hsn_error *err)
{
    int r = HSN_OK;
    *t = (twin){0};
    for (uint32_t i = 0; r == HSN_OK && i < FRAMES; i++)
        r = sink->ops->frame(
            sink->context,
            &(hsn_sink_frame){.file = hsn__text((first_line + i) % 2 ? "/app/a.py" : "/app/b.py"),
                              .function = hsn__text((first_line + i) % 3 ? "f" : ""),
                              .line = first_line + i},
            &t->frames[i], err);
    for (uint32_t i = 0; r == HSN_OK && i < METRICS; i++)
        r = sink->ops->metric(sink->context, hsn__text(names[i]), hsn__text(units[i]),
                              &t->metrics[i], err);
    for (uint32_t i = 0; r == HSN_OK && i < STACKS; i++) {
        uint32_t frames[4], depth = 1 + check_random_below(random, 4);
        for (uint32_t f = 0; f < depth; f++)
            frames[f] = t->frames[check_random_below(random, FRAMES)];
        t->newest[i] = first_line + frames[0];
        r = sink->ops->stack(sink->context, frames, depth, depth, &t->stacks[i], err);
    }
    for (uint32_t i = 0; r == HSN_OK && i < EVENTS; i++) {
        uint32_t s = check_random_below(random, STACKS), m = check_random_below(random, METRICS);
        hsn_sink_allocation event = {.stack = t->stacks[s],
                                     .domain = check_random_below(random, DOMAINS),
                                     .count = check_random_below(random, 3),
                                     .size_bytes = check_random_below(random, 3),
                                     .metric = t->metrics[m]};
        hsn_stack_total *sum = &t->sums[s][m][event.domain];
        sum->count += event.count;
        sum->size_bytes += event.size_bytes;
        r = sink->ops->allocation(sink->context, &event, err);
    }
    return r;
}

static int add_snapshot(hsn_store *store, twin *t, check_random *random, uint32_t first_line,
                        hsn_snapshot_id *out_id, hsn_error *err)
{
    hsn__builder builder;
    hsn__snapshot_meta meta = {.source = "x", .format = "test", .complete = true};
    uint64_t peak_bytes;
    hsn__builder_init(&builder, 0, 0);
    hsn_sink sink = hsn__builder_sink(&builder);
    int r = push(t, &sink, random, first_line, err);
    if (r == HSN_OK)
        r = hsn__store_transaction(store, HSN__QUERY_BEGIN, err);
    if (r == HSN_OK) {
        r = hsn__builder_write(&builder, store, &meta, NULL, out_id, &peak_bytes, err);
        hsn__store_transaction(store, r == HSN_OK ? HSN__QUERY_COMMIT : HSN__QUERY_ROLLBACK, NULL);
    }
    hsn__builder_clear(&builder);
    return r;
}

// Sums over the stacks of the twin that are `stack`, or whose newest frame has `line`.
static hsn_stack_total twin_sum(const twin *t, uint32_t m, uint32_t domain, uint32_t stack,
                                uint32_t line)
{
    hsn_stack_total sum = {0};
    for (uint32_t s = 0; s < STACKS; s++)
        if (stack == HSN_NONE ? t->newest[s] == line : t->stacks[s] == stack) {
            sum.count += t->sums[s][m][domain].count;
            sum.size_bytes += t->sums[s][m][domain].size_bytes;
        }
    return sum;
}

static void check_profile(const hsn_profile *p, const twin *t, bool newest)
{
    uint64_t count = 0, expected = 0;
    CHECK_EQ(p->metric_count, METRICS);
    for (uint32_t m = 0; m < METRICS; m++) {
        const hsn_metric *metric = &p->metrics[m];
        CHECK_STR(metric->name, names[m]);
        CHECK_STR(metric->unit, units[m]);
        CHECK_EQ(metric->is_default, m == 0);
        for (size_t i = 0; i < metric->total_count; i++) {
            const hsn_stack_total *total = &p->totals[metric->first_total + i];
            uint32_t line = p->frames[p->stacks[total->stack].frame].line;
            hsn_stack_total sum =
                twin_sum(t, m, total->domain, newest ? HSN_NONE : total->stack, line);
            CHECK_EQ(total->metric, m);
            CHECK_EQ(total->count, sum.count);
            CHECK_EQ(total->size_bytes, sum.size_bytes);
            CHECK(total->count || total->size_bytes);
            count += total->count;
        }
    }
    for (uint32_t s = 0; s < STACKS; s++)
        for (uint32_t m = 0; m < METRICS; m++)
            for (uint32_t d = 0; d < DOMAINS; d++)
                expected += t->sums[s][m][d].count;
    CHECK_EQ(count, expected);
}

static uint64_t count_frames(hsn_store *store)
{
    sqlite3_stmt *row;
    uint64_t count = 0;
    hsn__query_get(store, HSN__QUERY_FRAME_LIST, &row, NULL);
    sqlite3_bind_int64(row, 1, 0);
    sqlite3_bind_int64(row, 2, INT64_MAX);
    while (hsn__query_next(store, row, NULL) == HSN_OK)
        count++;
    return count;
}

static void test_profile_comes_back_by_stack_and_by_frame(void)
{
    check_random random = {11};
    hsn_error err = {0};
    for (int round = 0; round < 20; round++) {
        static twin twins[2];
        hsn_snapshot_id ids[2];
        hsn_store *store = NULL;
        if (!CHECK_OK(hsn__store_create(&store, NULL, &err), &err))
            return;
        // Most of the second snapshot's frames are the first one's.
        for (uint32_t i = 0; i < 2; i++)
            CHECK_OK(add_snapshot(store, &twins[i], &random, 1 + i * SHIFT, &ids[i], &err), &err);
        CHECK_EQ(count_frames(store), FRAMES + SHIFT);
        for (int i = 0; i < 2; i++) {
            hsn_profile profile;
            if (CHECK_OK(hsn_profile_read(store, ids[i], &profile, &err), &err))
                check_profile(&profile, &twins[i], false);
            hsn_profile_free(&profile);
            if (CHECK_OK(hsn_profile_read_newest(store, ids[i], &profile, &err), &err))
                check_profile(&profile, &twins[i], true);
            hsn_profile_free(&profile);
        }
        CHECK_OK(hsn_store_verify(store, &err), &err);
        hsn_store_close(store);
    }
}

static void test_profile_damage_is_told_by_verify(void)
{
    static const char *const damages[] = {
        "UPDATE frame_total SET count = count + 1 WHERE metric = 1 AND frame = 3",
        "DELETE FROM frame_total WHERE metric = 0",
        "UPDATE metric SET size_bytes = size_bytes + 1 WHERE id = 2",
        "UPDATE metric SET stack_totals = stack_totals - 1 WHERE id = 0",
        "UPDATE metric SET name = 'alloc' WHERE id = 0",
        "DELETE FROM frame WHERE id = 2",
        "UPDATE segment SET crc32 = crc32 + 1 WHERE \"column\" = 21",
        "DELETE FROM segment WHERE \"column\" = 24",
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        static twin t;
        check_random random = {13};
        hsn_error err = {0};
        hsn_snapshot_id id;
        hsn_store *store = NULL;
        if (!CHECK_OK(hsn__store_create(&store, NULL, &err), &err))
            return;
        CHECK_OK(add_snapshot(store, &t, &random, 1, &id, &err), &err);
        CHECK_OK(hsn_store_verify(store, &err), &err);
        CHECK_EQ(sqlite3_exec(store->db, damages[i], NULL, NULL, NULL), SQLITE_OK);
        CHECK_STATUS(hsn_store_verify(store, &err), HSN_EFORMAT);
        hsn_store_close(store);
    }
}

static void test_profile_of_dropped_stacks_keeps_totals_by_frame(void)
{
    static twin t;
    check_random random = {17};
    hsn_error err = {0};
    hsn_snapshot_id id;
    hsn_profile profile;
    hsn_store *store = NULL;
    if (!CHECK_OK(hsn__store_create(&store, NULL, &err), &err))
        return;
    CHECK_OK(add_snapshot(store, &t, &random, 1, &id, &err), &err);
    CHECK_EQ(sqlite3_exec(store->db,
                          "DELETE FROM segment WHERE \"column\" BETWEEN 20 AND 25;"
                          "UPDATE snapshot SET stacks = 0",
                          NULL, NULL, NULL),
             SQLITE_OK);
    CHECK_STATUS(hsn_profile_read(store, id, &profile, &err), HSN_ENOTFOUND);
    CHECK_STR(err.message,
              "the stacks of snapshot 1 were dropped by retention; totals by line remain");
    err = (hsn_error){0};
    if (CHECK_OK(hsn_profile_read_newest(store, id, &profile, &err), &err))
        check_profile(&profile, &t, true);
    hsn_profile_free(&profile);
    CHECK_OK(hsn_store_verify(store, &err), &err);
    hsn_store_close(store);
}

static void test_profile_reports_each_failing_allocation(void)
{
    static twin t;
    hsn_snapshot_id id;
    int r = HSN_ENOMEM;
    for (uint64_t nth = 1; r != HSN_OK && CHECK(nth < 5000); nth++) {
        check_random random = {19};
        hsn_profile profile = {0};
        hsn_store *store = NULL;
        CHECK_STATUS(hsn__store_create(&store, NULL, NULL), HSN_OK);
        hsn__alloc_fail_at(nth, nth % 2);
        r = add_snapshot(store, &t, &random, 1, &id, NULL);
        if (r == HSN_OK)
            r = hsn_profile_read(store, id, &profile, NULL);
        hsn_profile_free(&profile);
        if (r == HSN_OK)
            r = hsn_profile_read_newest(store, id, &profile, NULL);
        hsn__alloc_fail_at(0, false);
        if (r != HSN_OK)
            CHECK_STATUS(r, HSN_ENOMEM);
        hsn_profile_free(&profile);
        hsn_store_close(store);
    }
}

static void test_profile_refuses_too_many_metrics(void)
{
    hsn__builder builder;
    hsn_error err = {0};
    uint32_t id = 0;
    int r = HSN_OK;
    hsn__builder_init(&builder, 0, 0);
    hsn_sink sink = hsn__builder_sink(&builder);
    for (uint32_t i = 1; i <= HSN_MAX_METRICS && r == HSN_OK; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%u", i);
        r = sink.ops->metric(sink.context, hsn__text(name), hsn__text("count"), &id, &err);
        CHECK(r < 0 || id == i);
    }
    CHECK_STATUS(r, HSN_ELIMIT);
    CHECK_STATUS(sink.ops->metric(sink.context, hsn__text("m7"), hsn__text("count"), &id, &err),
                 HSN_OK);
    CHECK_EQ(id, 7);
    hsn__builder_clear(&builder);
}

CHECK_MAIN(CHECK_CASE(test_profile_comes_back_by_stack_and_by_frame),
           CHECK_CASE(test_profile_damage_is_told_by_verify),
           CHECK_CASE(test_profile_of_dropped_stacks_keeps_totals_by_frame),
           CHECK_CASE(test_profile_reports_each_failing_allocation),
           CHECK_CASE(test_profile_refuses_too_many_metrics))
