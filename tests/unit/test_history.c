// SPDX-License-Identifier: MIT
// History: copies of snapshots answer as the original does, and retention drops what its rule says
// and nothing else.
#include "check.h"

#include "base/alloc.h"

#include "heapsnap/finding.h"
#include "heapsnap/graph.h"
#include "heapsnap/heap.h"
#include "heapsnap/history.h"
#include "heapsnap/load.h"
#include "heapsnap/totals.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAY_S = 86400 };

static char folder[] = "/tmp/heapsnap-history-XXXXXX";
static char dump_path[64], history_path[64];

// A heap of `count` requests in a list, held by a module, allocated at two lines; `first` decides
// which type and which frame is met first, so that numbers differ between stores.
static bool write_dump(const char *label, int64_t day, unsigned count, bool first)
{
    FILE *file = fopen(dump_path, "w");
    if (!CHECK(file != NULL))
        return false;
    fprintf(file, "{\"heapsnap\":1,\"runtime\":\"cpython\",\"label\":\"%s\",\"pid\":%u", label,
            count);
    if (day)
        fprintf(file, ",\"captured_at_unix_ms\":%" PRId64, day * DAY_S * 1000);
    fprintf(file, ",\"tags\":{\"service\":\"shop\"},\"facts\":{\"stable_ids\":%d}}\n", first);
    unsigned list = first ? 0 : 1, request = first ? 1 : 0;
    for (unsigned type = 0; type < 2; type++)
        fprintf(file, "{\"type\":%u,\"name\":\"%s\",\"module\":\"%s\"}\n", type,
                type == list ? "list" : "Request", type == list ? "" : "app");
    fprintf(file, "{\"frame\":%u,\"file\":\"views.py\",\"line\":41,\"function\":\"handle\"}\n",
            first ? 0 : 1);
    fprintf(file, "{\"frame\":%u,\"file\":\"wsgi.py\",\"line\":7,\"function\":\"serve\"}\n",
            first ? 1 : 0);
    fprintf(file, "{\"stack\":0,\"frames\":[%u,%u]}\n", first ? 0 : 1, first ? 1 : 0);
    fprintf(file, "{\"object\":4096,\"type\":%u,\"size\":%u,\"item\":[", list, 56 + 8 * count);
    for (unsigned i = 0; i < count; i++)
        fprintf(file, "%s%u", i ? "," : "", 8192 + 64 * i);
    fprintf(file, "]}\n");
    for (unsigned i = 0; i < count; i++)
        fprintf(file, "{\"object\":%u,\"type\":%u,\"size\":48,\"stack\":0}\n", 8192 + 64 * i,
                request);
    fprintf(file,
            "{\"root\":4096,\"kind\":\"module\",\"name\":\"app\"}\n"
            "{\"end\":1,\"objects\":%u,\"references\":%u,\"types\":2,\"strings\":0,\"roots\":1}\n",
            count + 1, count);
    fclose(file);
    return true;
}

static hsn_store *load(const char *label, int64_t day, unsigned count, bool first,
                       hsn_snapshot_id *out)
{
    hsn_store *store = NULL;
    hsn_error err = {0};
    if (write_dump(label, day, count, first))
        CHECK_OK(hsn_snapshot_open(&store, out, dump_path, NULL, &err), &err);
    unlink(dump_path);
    return store;
}

static hsn_snapshot_id append(hsn_store *history, const char *label, int64_t day, unsigned count,
                              const hsn_history_options *options)
{
    hsn_snapshot_id id = 0, copy = 0;
    hsn_error err = {0};
    hsn_store *store = load(label, day, count, count % 2, &id);
    if (store)
        CHECK_OK(hsn_history_append(history, store, id, options, &copy, &err), &err);
    hsn_store_close(store);
    return copy;
}

static hsn_store *open_history(void)
{
    hsn_store *store = NULL;
    hsn_error err = {0};
    CHECK_OK(hsn_history_open(&store, history_path, &err), &err);
    return store;
}

static void close_history(hsn_store *store)
{
    hsn_error err = {0};
    CHECK_OK(hsn_store_verify(store, &err), &err);
    hsn_store_close(store);
    unlink(history_path);
}

static void same_heap(hsn_store *a, hsn_snapshot_id a_id, hsn_store *b, hsn_snapshot_id b_id)
{
    hsn_heap *x = NULL, *y = NULL;
    hsn_error err = {0};
    if (!CHECK_OK(hsn_heap_open(&x, a, a_id, &err), &err) ||
        !CHECK_OK(hsn_heap_open(&y, b, b_id, &err), &err))
        goto done;
    CHECK_EQ(hsn_heap_info(x)->objects, hsn_heap_info(y)->objects);
    CHECK_EQ(hsn_heap_info(x)->stable_ids, hsn_heap_info(y)->stable_ids);
    CHECK_EQ(hsn_heap_info(x)->stable_ids, hsn_heap_info(x)->objects % 2 == 0);
    CHECK_EQ(hsn_heap_info(x)->graph_dropped, hsn_heap_info(y)->graph_dropped);
    for (hsn_node_id node = 0; node < hsn_heap_info(x)->objects; node++) {
        hsn_object p, q;
        const hsn_ref *refs;
        size_t p_refs, q_refs;
        CHECK_OK(hsn_heap_object(x, node, &p, &err), &err);
        CHECK_OK(hsn_heap_object(y, node, &q, &err), &err);
        CHECK_OK(hsn_heap_refs(x, node, &refs, &p_refs, &err), &err);
        CHECK_OK(hsn_heap_refs(y, node, &refs, &q_refs, &err), &err);
        CHECK_STR(hsn_heap_types(x)->rows[p.type].name, hsn_heap_types(y)->rows[q.type].name);
        CHECK(p.address == q.address && p.size_bytes == q.size_bytes && p_refs == q_refs);
    }
done:
    hsn_heap_close(x);
    hsn_heap_close(y);
}

static void same_profile(hsn_store *a, hsn_snapshot_id a_id, hsn_store *b, hsn_snapshot_id b_id,
                         int (*read)(hsn_store *, hsn_snapshot_id, hsn_profile *, hsn_error *))
{
    hsn_profile x = {0}, y = {0};
    hsn_error err = {0};
    if (CHECK_OK(read(a, a_id, &x, &err), &err) && CHECK_OK(read(b, b_id, &y, &err), &err) &&
        CHECK_EQ(x.total_count, y.total_count) && CHECK_EQ(x.stack_count, y.stack_count))
        for (size_t i = 0; i < x.total_count; i++) {
            const hsn_frame *p = &x.frames[x.stacks[x.totals[i].stack].frame];
            const hsn_frame *q = &y.frames[y.stacks[y.totals[i].stack].frame];
            CHECK_STR(p->file, q->file);
            CHECK_EQ(p->line, q->line);
            CHECK_EQ(x.totals[i].size_bytes, y.totals[i].size_bytes);
        }
    hsn_profile_free(&x);
    hsn_profile_free(&y);
}

static uint64_t count_of(hsn_store *store, hsn_snapshot_id id, const char *type)
{
    hsn_snapshot_ref ref = {store, id};
    hsn_totals totals = {0};
    hsn_error err = {0};
    hsn_totals_options options = {.type = type};
    uint64_t count = 0;
    if (CHECK_OK(hsn_totals_read(&ref, 1, &options, &totals, &err), &err) && totals.count)
        count = totals.cells[0].count;
    hsn_totals_free(&totals);
    return count;
}

static void a_copy_answers_as_the_original(void)
{
    const hsn_history_options whole = {.with_graph = 1};
    hsn_store *history = open_history();
    for (unsigned count = 3; count < 7; count++) {
        hsn_snapshot_id id = 0, copy = 0;
        hsn_error err = {0};
        char label[16];
        snprintf(label, sizeof label, "n%u", count);
        hsn_store *store = load(label, 20000 + count, count, count % 2, &id);
        if (!store)
            break;
        CHECK_OK(hsn_history_append(history, store, id, &whole, &copy, &err), &err);
        CHECK_EQ(copy, count - 2);
        same_heap(store, id, history, copy);
        same_profile(store, id, history, copy, hsn_profile_read);
        same_profile(store, id, history, copy, hsn_profile_read_newest);
        CHECK_EQ(count_of(history, copy, "app.Request"), count);
        hsn_store_close(store);
    }
    close_history(history);
}

static void without_a_graph_totals_stay(void)
{
    hsn_store *history = open_history();
    hsn_snapshot_id id = append(history, "a", 20000, 5, NULL), source_id = 0;
    hsn_store *store = load("a", 20000, 5, true, &source_id);
    hsn_error err = {0};
    hsn_heap *heap = NULL;
    hsn_profile profile;
    hsn_pair_list tags;
    CHECK_EQ(count_of(history, id, "app.Request"), 5);
    same_profile(store, source_id, history, id, hsn_profile_read_newest);
    CHECK_STATUS(hsn_heap_open(&heap, history, id, &err), HSN_ENOTFOUND);
    CHECK_STR(err.message, "the graph of snapshot 1 was dropped by retention; totals remain");
    err = (hsn_error){0};
    CHECK_STATUS(hsn_profile_read(history, id, &profile, &err), HSN_ENOTFOUND);
    CHECK_STR(err.message,
              "the stacks of snapshot 1 were dropped by retention; totals by line remain");
    if (CHECK_OK(hsn_snapshot_tags(history, id, &tags, &err), &err) && CHECK_EQ(tags.count, 1))
        CHECK_STR(tags.rows[0].value, "shop");
    hsn_pair_list_free(&tags);
    hsn_store_close(store);
    close_history(history);
}

static void labels_stay_unique(void)
{
    const hsn_history_options plain = {0}, unique = {.unique_label = 1};
    hsn_snapshot_id id = 0, copy = 0;
    hsn_snapshot_list list;
    hsn_error err = {0};
    hsn_store *history = open_history(), *store = load("a", 20000, 5, true, &id);
    CHECK_OK(hsn_history_append(history, store, id, &plain, &copy, &err), &err);
    CHECK_STATUS(hsn_history_append(history, store, id, &plain, &copy, NULL), HSN_EINVAL);
    CHECK_EQ(copy, 0);
    CHECK_OK(hsn_history_append(history, store, id, &unique, &copy, &err), &err);
    CHECK_OK(hsn_history_append(history, store, id, &unique, &copy, &err), &err);
    CHECK_STATUS(hsn_history_append(history, history, 1, &unique, &copy, NULL), HSN_EINVAL);
    if (CHECK_OK(hsn_snapshot_list_read(history, &list, &err), &err) && CHECK_EQ(list.count, 3)) {
        CHECK_STR(list.rows[1].label, "a-2");
        CHECK_STR(list.rows[2].label, "a-3");
    }
    hsn_snapshot_list_free(&list);
    hsn_store_close(store);
    close_history(history);
}

// Which snapshots are there, and which have a graph: "1 2+ 3+".
static void state_of(hsn_store *store, char *out, size_t size)
{
    hsn_snapshot_list list;
    size_t at = 0;
    *out = 0;
    if (!CHECK_OK(hsn_snapshot_list_read(store, &list, NULL), NULL))
        return;
    for (size_t i = 0; i < list.count; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%lld%s", i ? " " : "",
                               (long long)list.rows[i].id, list.rows[i].has_graph ? "+" : "");
    hsn_snapshot_list_free(&list);
}

static void retention_keeps_what_its_rule_says(void)
{
    const hsn_history_options whole = {.with_graph = 1};
    static const struct {
        hsn_retention rule;
        const char *state;
        uint64_t graphs, snapshots;
    } steps[] = {
        {{0}, "1+ 2+ 3+ 4+ 5+ 6+", 0, 0},
        {{.limit_graphs = 1, .graphs = 5}, "1 2+ 3+ 4+ 5+ 6+", 1, 0},
        {{.limit_graphs = 1, .graphs = 5}, "1 2+ 3+ 4+ 5+ 6+", 0, 0},
        // 3 has no time; 2 is four days older than the newest, 4 is three.
        {{.limit_graphs = 1, .graphs_age_s = 3 * DAY_S}, "1 2 3+ 4+ 5+ 6+", 1, 0},
        {{.totals_age_s = 4 * DAY_S}, "2 3+ 4+ 5+ 6+", 0, 1},
        {{.limit_graphs = 1}, "2 3 4 5 6", 4, 0},
        {{.limit_graphs = 1, .totals_age_s = 1}, "3 6", 0, 3},
    };
    static const int64_t days[] = {20001, 20002, 0, 20003, 20005, 20006};
    hsn_store *history = open_history();
    for (unsigned i = 0; i < 6; i++) {
        char label[8];
        snprintf(label, sizeof label, "n%u", i);
        append(history, label, days[i], 3 + i, &whole);
    }
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        hsn_retention_result dropped = {0};
        hsn_error err = {0};
        char state[64];
        CHECK_OK(hsn_history_retain(history, &steps[i].rule, &dropped, &err), &err);
        state_of(history, state, sizeof state);
        CHECK_STR(state, steps[i].state);
        CHECK_EQ(dropped.graphs_dropped, steps[i].graphs);
        CHECK_EQ(dropped.snapshots_dropped, steps[i].snapshots);
        CHECK_OK(hsn_store_verify(history, &err), &err);
    }
    CHECK_EQ(count_of(history, 6, "app.Request"), 8);
    close_history(history);
}

// A night more, a night less: free pages are filled again.
static void a_year_of_nights_does_not_grow(void)
{
    const hsn_retention rule = {.limit_graphs = 1, .graphs = 3, .totals_age_s = 30 * DAY_S};
    const hsn_history_options options = {.with_graph = 1, .retention = &rule};
    hsn_store *history = open_history();
    off_t after_40 = 0;
    for (unsigned day = 1; day <= 400; day++) {
        FILE *file;
        char label[16];
        snprintf(label, sizeof label, "day-%u", day);
        append(history, label, 20000 + day, 2000 + day % 7, &options);
        if ((day == 40 || day == 400) && CHECK((file = fopen(history_path, "rb")) != NULL)) {
            fseek(file, 0, SEEK_END);
            if (day == 40)
                after_40 = ftell(file);
            else
                CHECK(ftell(file) <= after_40 + after_40 / 20);
            fclose(file);
        }
    }
    close_history(history);
}

// Every allocation of an append fails in turn: nothing is added, and the next one works.
static void failing_allocations_add_nothing(void)
{
    const hsn_retention rule = {.limit_graphs = 1, .graphs = 2};
    const hsn_history_options options = {.with_graph = 1, .unique_label = 1, .retention = &rule};
    hsn_snapshot_id id = 0, copy = 0;
    hsn_store *history = open_history(), *store = load("a", 20000, 5, true, &id);
    hsn_error err = {0};
    CHECK_OK(hsn_history_append(history, store, id, &options, &copy, &err), &err);
    for (uint64_t nth = 1, r = 1; r != HSN_OK && nth < 1000; nth++) {
        hsn_snapshot_list list = {0};
        hsn__alloc_fail_at(nth, true);
        int status = hsn_history_append(history, store, id, &options, &copy, NULL);
        hsn__alloc_fail_at(0, false);
        r = status == HSN_OK ? HSN_OK : 1;
        CHECK(status == HSN_OK || status == HSN_ENOMEM);
        CHECK_OK(hsn_snapshot_list_read(history, &list, NULL), NULL);
        CHECK_EQ(list.count, status == HSN_OK ? 2 : 1);
        CHECK(status == HSN_OK || nth < 999);
        hsn_snapshot_list_free(&list);
    }
    hsn_store_close(store);
    close_history(history);
}

// A heap that stays open holds no lock on the file between two calls.
static void who_reads_does_not_keep_a_writer_waiting(void)
{
    const hsn_history_options with_graph = {.with_graph = 1};
    hsn_snapshot_id id = 0, copy = 0;
    hsn_error err = {0};
    hsn_store *history = open_history(), *reader = NULL, *other = load("b", 20001, 3, true, &id);
    hsn_heap *heap = NULL;
    hsn_graph *graph = NULL;
    hsn_type_list types = {0};
    const hsn_ref *refs;
    const char *string;
    size_t count;
    hsn_snapshot_id first = append(history, "a", 20000, 5, &with_graph);
    CHECK_OK(hsn_store_open(&reader, history_path, NULL, &err), &err);
    CHECK_OK(hsn_heap_open(&heap, reader, first, &err), &err);
    CHECK_OK(hsn_heap_refs(heap, 0, &refs, &count, &err), &err);
    if (hsn_heap_info(heap)->strings)
        CHECK_OK(hsn_heap_string(heap, 0, &string, &err), &err);
    CHECK_OK(hsn_graph_load(&graph, heap, HSN_GRAPH_FORWARD, NULL, &err), &err);
    CHECK_OK(hsn_type_list_read(reader, first, &types, &err), &err);
    CHECK_OK(hsn_history_append(history, other, id, NULL, &copy, &err), &err);
    hsn_type_list_free(&types);
    hsn_graph_free(graph);
    hsn_heap_close(heap);
    hsn_store_close(reader);
    hsn_store_close(other);
    close_history(history);
}

static void findings_go_along(void)
{
    hsn_finding row = {.fingerprint = "00000000000000aa",
                       .severity = HSN_SEVERITY_FAIL,
                       .rule = "type",
                       .value_old = NAN,
                       .value_new = 1,
                       .value_limit = NAN};
    hsn_finding_list list = {0};
    hsn_error err = {0};
    hsn_snapshot_id id = 0, copy = 0;
    hsn_store *history = open_history(), *store = load("a", 20000, 5, true, &id);
    CHECK_OK(hsn_finding_list_write(store, id, &row, 1, &err), &err);
    CHECK_OK(hsn_history_append(history, store, id, NULL, &copy, &err), &err);
    if (CHECK_OK(hsn_finding_list_read(history, copy, &list, &err), &err) &&
        CHECK_EQ(list.count, 1))
        CHECK_STR(list.rows[0].fingerprint, row.fingerprint);
    hsn_finding_list_free(&list);
    hsn_store_close(store);
    close_history(history);
    rmdir(folder);
}

static void begin(void)
{
    if (CHECK(mkdtemp(folder) != NULL)) {
        snprintf(history_path, sizeof history_path, "%s/history.db", folder);
        snprintf(dump_path, sizeof dump_path, "%s/a.jsonl", folder);
    }
}

CHECK_MAIN(CHECK_CASE(begin), CHECK_CASE(a_copy_answers_as_the_original),
           CHECK_CASE(without_a_graph_totals_stay), CHECK_CASE(labels_stay_unique),
           CHECK_CASE(retention_keeps_what_its_rule_says),
           CHECK_CASE(a_year_of_nights_does_not_grow), CHECK_CASE(failing_allocations_add_nothing),
           CHECK_CASE(who_reads_does_not_keep_a_writer_waiting), CHECK_CASE(findings_go_along))
