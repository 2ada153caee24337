// SPDX-License-Identifier: MIT
// The tracemalloc reader on random snapshots: totals are right, and its shortcut changes nothing.
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "readers/read_tracemalloc.h"

// Writes the opcodes of CPython's picklers; memo indices are counted as they do.
struct writer {
    hsn__buf out;
    bool memoize; // protocol 4 and later: MEMOIZE; before: BINPUT
    uint32_t memo;
};

static void put(struct writer *w, const char *bytes, size_t size)
{
    hsn__buf_append(&w->out, bytes, size);
}

static void put_number(struct writer *w, uint8_t opcode, uint64_t value, int bytes)
{
    hsn__buf_putc(&w->out, (char)opcode);
    for (int i = 0; i < bytes; i++)
        hsn__buf_putc(&w->out, (char)(value >> 8 * i));
}

static uint32_t remember(struct writer *w)
{
    if (w->memoize)
        hsn__buf_putc(&w->out, (char)0x94);
    else if (w->memo < 256)
        put_number(w, 'q', w->memo, 1);
    else
        put_number(w, 'r', w->memo, 4);
    return w->memo++;
}

static void recall(struct writer *w, uint32_t index)
{
    if (index < 256)
        put_number(w, 'h', index, 1);
    else
        put_number(w, 'j', index, 4);
}

static void integer(struct writer *w, uint64_t value)
{
    if (value < 256)
        put_number(w, 'K', value, 1);
    else if (value < 65536)
        put_number(w, 'M', value, 2);
    else if (value < UINT64_C(1) << 31)
        put_number(w, 'J', value, 4);
    else {
        put_number(w, 0x8a, 6, 1);
        for (int i = 0; i < 6; i++)
            hsn__buf_putc(&w->out, (char)(value >> 8 * i));
    }
}

static uint32_t text(struct writer *w, const char *word)
{
    put_number(w, 'X', strlen(word), 4);
    hsn__buf_puts(&w->out, word);
    return remember(w);
}

static void class(struct writer *w, const char *name)
{
    hsn__buf_puts(&w->out, "ctracemalloc\n");
    hsn__buf_puts(&w->out, name);
    hsn__buf_putc(&w->out, '\n');
    remember(w);
    put(w, ")\x81", 2);
    remember(w);
    put(w, "}", 1);
    remember(w);
}

static void end_tuple(struct writer *w, int count)
{
    if (count <= 3)
        hsn__buf_putc(&w->out, (char)(0x84 + count));
    else
        hsn__buf_putc(&w->out, 't');
}

#define FILES  5
#define STACKS 40

struct plan {
    check_random random;
    uint32_t files[FILES], stacks[STACKS];
    uint64_t expected_bytes, expected_count;
    int fields; // of a trace: 2, 3 or 4
};

static void traceback(struct writer *w, struct plan *plan, uint32_t *stack)
{
    if (*stack) {
        recall(w, *stack);
        return;
    }
    int frames = 1 + (int)check_random_below(&plan->random, 6);
    if (frames > 3)
        put(w, "(", 1);
    for (int i = 0; i < frames; i++) {
        uint32_t file = check_random_below(&plan->random, FILES);
        char name[] = {'f', (char)('0' + file), 0};
        if (plan->files[file])
            recall(w, plan->files[file]);
        else
            plan->files[file] = text(w, name);
        integer(w, check_random_below(&plan->random, 4) ? check_random_below(&plan->random, 9)
                                                        : check_random_below(&plan->random, 90000));
        end_tuple(w, 2);
        remember(w);
    }
    end_tuple(w, frames);
    *stack = remember(w);
}

static void trace(struct writer *w, struct plan *plan)
{
    check_random *random = &plan->random;
    uint64_t size_bytes = check_random_next(random) >> (20 + check_random_below(random, 43));
    static const uint32_t domains[] = {0, 0, 7, 389047};
    uint32_t domain = domains[check_random_below(random, 4)];
    if (plan->fields == 4)
        put(w, "(", 1);
    if (plan->fields >= 3)
        integer(w, domain);
    integer(w, size_bytes);
    traceback(w, plan, &plan->stacks[check_random_below(random, STACKS)]);
    if (plan->fields == 4)
        integer(w, 6 + check_random_below(random, 300));
    end_tuple(w, plan->fields);
    remember(w);
    plan->expected_bytes += size_bytes;
    plan->expected_count++;
}

static hsn__buf make_snapshot(uint64_t seed, struct plan *plan)
{
    struct writer w = {.memoize = seed % 2};
    *plan = (struct plan){.random = {seed}, .fields = 2 + (int)(seed % 3)};
    int traces = (int)check_random_below(&plan->random, seed % 7 ? 300 : 40000);
    put_number(&w, 0x80, w.memoize ? 4 : 2, 1);
    class(&w, "Snapshot");
    put(&w, "(", 1);
    text(&w, "traces");
    class(&w, "_Traces");
    text(&w, "_traces");
    put(&w, "]", 1);
    remember(&w);
    for (int i = 0; i < traces; i++) {
        if (i % 100 == 0)
            put(&w, "(", 1);
        trace(&w, plan);
        if (i % 100 == 99 || i == traces - 1)
            put(&w, "e", 1);
    }
    put(&w, "sb", 2);
    text(&w, "traceback_limit");
    integer(&w, 25);
    put(&w, "ub.", 3);
    CHECK(!w.out.failed);
    return w.out;
}

struct outcome {
    int status;
    hsn_error err;
    hsn__counting_sink counts;
};

static struct outcome read_snapshot(const hsn__buf *bytes, bool shortcut)
{
    struct outcome outcome = {0};
    hsn_input *in = NULL;
    hsn_sink sink = hsn__counting_sink_init(&outcome.counts);
    if (CHECK_OK(hsn__input_memory(&in, bytes->data, bytes->size, &outcome.err), &outcome.err))
        outcome.status = hsn__tracemalloc_read(in, &sink, shortcut, &outcome.err);
    hsn__input_close(in);
    return outcome;
}

static bool check_twins(const hsn__buf *bytes)
{
    struct outcome fast = read_snapshot(bytes, true), slow = read_snapshot(bytes, false);
    bool ok = CHECK_EQ(fast.status, slow.status);
    ok = CHECK_EQ(fast.counts.digest, slow.counts.digest) && ok;
    ok = CHECK_EQ(fast.err.offset, slow.err.offset) && ok;
    return CHECK_STR(fast.err.message, slow.err.message) && ok;
}

static void tracemalloc_totals_are_those_written(void)
{
    for (uint64_t seed = 1; seed < 60; seed++) {
        struct plan plan;
        hsn__buf bytes = make_snapshot(seed, &plan);
        struct outcome outcome = read_snapshot(&bytes, true);
        CHECK_OK(outcome.status, &outcome.err);
        CHECK_EQ(outcome.counts.allocation_blocks, plan.expected_count);
        CHECK_EQ(outcome.counts.allocation_bytes, plan.expected_bytes);
        CHECK(check_twins(&bytes));
        hsn__buf_clear(&bytes);
    }
}

static void tracemalloc_shortcut_changes_nothing_on_damaged_snapshots(void)
{
    check_random random = {5};
    for (uint64_t seed = 1; seed < 60; seed++) {
        struct plan plan;
        hsn__buf bytes = make_snapshot(seed, &plan);
        if (bytes.size > 10000) {
            hsn__buf_clear(&bytes);
            continue;
        }
        for (int i = 0; i < 150; i++) {
            size_t at = check_random_below(&random, (uint32_t)bytes.size);
            char before = bytes.data[at];
            // Half of the time one of the pickle's own bytes, which gets further than noise.
            bytes.data[at] = i % 2 ? (char)check_random_next(&random)
                                   : bytes.data[check_random_below(&random, (uint32_t)bytes.size)];
            bool same = check_twins(&bytes);
            bytes.data[at] = before;
            if (!same)
                return;
        }
        hsn__buf_clear(&bytes);
    }
}

static void tracemalloc_truncated_snapshot_keeps_the_traces_so_far(void)
{
    struct plan plan;
    hsn__buf bytes = make_snapshot(7, &plan);
    uint64_t last = 0;
    for (size_t size = 200; size < bytes.size; size += bytes.size / 50) {
        hsn__buf cut = {.data = bytes.data, .size = size};
        struct outcome outcome = read_snapshot(&cut, true);
        CHECK_STATUS(outcome.status, HSN_PARTIAL);
        CHECK_STR(outcome.err.message, "truncated: the pickle has no end");
        CHECK_EQ(outcome.err.offset, size);
        CHECK(outcome.counts.allocation_blocks >= last);
        last = outcome.counts.allocation_blocks;
    }
    CHECK(last * 100 > plan.expected_count * 90);
    hsn__buf_clear(&bytes);
}

static void tracemalloc_refuses_other_classes_whatever_was_read(void)
{
    struct plan plan;
    hsn__buf bytes = make_snapshot(8, &plan);
    size_t at = bytes.size - 3;
    bytes.size = at;
    hsn__buf_puts(&bytes, "cos\nsystem\n");
    struct outcome outcome = read_snapshot(&bytes, true);
    CHECK_STATUS(outcome.status, HSN_EFORMAT);
    CHECK_STR(outcome.err.message, "refused: pickle names os.system");
    CHECK_EQ(outcome.err.offset, at);
    CHECK_EQ(outcome.counts.allocations, 0);
    hsn__buf_clear(&bytes);
}

CHECK_MAIN(CHECK_CASE(tracemalloc_totals_are_those_written),
           CHECK_CASE(tracemalloc_shortcut_changes_nothing_on_damaged_snapshots),
           CHECK_CASE(tracemalloc_truncated_snapshot_keeps_the_traces_so_far),
           CHECK_CASE(tracemalloc_refuses_other_classes_whatever_was_read))
