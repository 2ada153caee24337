// SPDX-License-Identifier: MIT
// The virtual tables `stack` and `stack_total`: the allocation profile's columns as rows.
#include "base/alloc.h"
#include "sql/vtab.h"

typedef struct stack_cursor {
    hsn__cursor base;
    const hsn_profile *profile;
    uint64_t row, end;
} stack_cursor;

// The rows from `first` to `end`, of which one may be pinned by its number.
static void stand(stack_cursor *c, uint64_t first, uint64_t end)
{
    c->row = first;
    c->end = end;
    c->base.rowid = (sqlite3_int64)first;
    c->base.at_end = first >= end;
}

static int begin(stack_cursor *c, hsn_error *err)
{
    int r = hsn__sql_snapshot_profile(c->base.snapshot, err);
    c->profile = &c->base.snapshot->profile;
    return r;
}

static int next(hsn__cursor *base, hsn_error *err)
{
    stack_cursor *c = (stack_cursor *)base;
    (void)err;
    stand(c, c->row + 1, c->end);
    return HSN_OK;
}

// ---- stack -------------------------------------------------------------------------------------

enum { STACK_ID, STACK_FRAME, STACK_PARENT, STACK_SNAPSHOT };
enum { STACK_KEY_SNAPSHOT, STACK_KEY_ID };

static int stack_filter(hsn__cursor *base, sqlite3_value **pinned, hsn_error *err)
{
    stack_cursor *c = (stack_cursor *)base;
    int r = begin(c, err);
    if (r < 0)
        return r;
    stand(c, 0, c->profile->stack_count);
    if (pinned[STACK_KEY_ID]) {
        uint64_t id = hsn__sql_id(pinned[STACK_KEY_ID]);
        stand(c, id, id < c->end ? id + 1 : id);
    }
    return HSN_OK;
}

static int stack_column(hsn__cursor *base, sqlite3_context *result, int number, hsn_error *err)
{
    const stack_cursor *c = (stack_cursor *)base;
    const hsn_stack *stack = &c->profile->stacks[c->row];
    (void)err;
    if (number == STACK_ID)
        sqlite3_result_int64(result, (sqlite3_int64)c->row);
    else if (number == STACK_FRAME)
        sqlite3_result_int64(result, (sqlite3_int64)base->snapshot->frame_ids[stack->frame]);
    else if (number == STACK_PARENT && stack->parent != HSN_NONE)
        sqlite3_result_int64(result, stack->parent);
    else if (number == STACK_SNAPSHOT)
        sqlite3_result_int64(result, base->snapshot->id);
    return HSN_OK;
}

const hsn__vtab_spec hsn__vtab_stack = {
    .name = "stack",
    .declaration = "CREATE TABLE x(id INTEGER, frame INTEGER, parent INTEGER, "
                   "snapshot INTEGER HIDDEN)",
    .keys = {{STACK_SNAPSHOT, 0, false}, {STACK_ID, 1, false}},
    .key_count = 2,
    .rows = 1e6,
    .cursor_size = sizeof(stack_cursor),
    .filter = stack_filter,
    .next = next,
    .column = stack_column,
};

// ---- stack_total -------------------------------------------------------------------------------

enum { TOTAL_STACK, TOTAL_METRIC, TOTAL_DOMAIN, TOTAL_COUNT, TOTAL_SIZE, TOTAL_SNAPSHOT };
enum { TOTAL_KEY_SNAPSHOT, TOTAL_KEY_METRIC, TOTAL_KEY_STACK };

// The first total of a metric's run whose stack is not below `stack`.
static uint64_t find_stack(const hsn_profile *profile, uint64_t low, uint64_t high, uint64_t stack)
{
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (profile->totals[middle].stack < stack)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// A metric's totals are a run in order of stacks. A stack alone is pinned only together with its
// metric; without one, the rows of other stacks are stepped over.
typedef struct total_cursor {
    stack_cursor base;
    uint64_t stack; // HSN_NO_OFFSET = any
} total_cursor;

static void settle(total_cursor *c)
{
    uint64_t row = c->base.row;
    while (c->stack != HSN_NO_OFFSET && row < c->base.end &&
           c->base.profile->totals[row].stack != c->stack)
        row++;
    stand(&c->base, row, c->base.end);
}

static int total_filter(hsn__cursor *base, sqlite3_value **pinned, hsn_error *err)
{
    total_cursor *c = (total_cursor *)base;
    int r = begin(&c->base, err);
    if (r < 0)
        return r;
    const hsn_profile *profile = c->base.profile;
    uint64_t first = 0, end = profile->total_count;
    c->stack = pinned[TOTAL_KEY_STACK] ? hsn__sql_id(pinned[TOTAL_KEY_STACK]) : HSN_NO_OFFSET;
    if (pinned[TOTAL_KEY_METRIC]) {
        uint32_t metric = hsn__sql_id(pinned[TOTAL_KEY_METRIC]);
        bool there = metric < profile->metric_count;
        first = there ? profile->metrics[metric].first_total : 0;
        end = there ? first + profile->metrics[metric].total_count : 0;
        if (c->stack != HSN_NO_OFFSET) {
            first = find_stack(profile, first, end, c->stack);
            end = find_stack(profile, first, end, c->stack + 1);
        }
    }
    stand(&c->base, first, end);
    settle(c);
    return HSN_OK;
}

static int total_next(hsn__cursor *base, hsn_error *err)
{
    int r = next(base, err);
    settle((total_cursor *)base);
    return r;
}

static int total_column(hsn__cursor *base, sqlite3_context *result, int number, hsn_error *err)
{
    const stack_cursor *c = (stack_cursor *)base;
    const hsn_stack_total *total = &c->profile->totals[c->row];
    (void)err;
    const uint64_t values[] = {
        [TOTAL_STACK] = total->stack,     [TOTAL_METRIC] = total->metric,
        [TOTAL_DOMAIN] = total->domain,   [TOTAL_COUNT] = total->count,
        [TOTAL_SIZE] = total->size_bytes, [TOTAL_SNAPSHOT] = (uint64_t)base->snapshot->id,
    };
    if (number >= 0 && (size_t)number < sizeof values / sizeof *values)
        sqlite3_result_int64(result, (sqlite3_int64)values[number]);
    return HSN_OK;
}

const hsn__vtab_spec hsn__vtab_stack_total = {
    .name = "stack_total",
    .declaration = "CREATE TABLE x(stack INTEGER, metric INTEGER, domain INTEGER, count INTEGER, "
                   "size_bytes INTEGER, snapshot INTEGER HIDDEN)",
    .keys = {{TOTAL_SNAPSHOT, 0, false}, {TOTAL_METRIC, 5e5, false}, {TOTAL_STACK, 4, false}},
    .key_count = 3,
    .rows = 1e6,
    .cursor_size = sizeof(total_cursor),
    .filter = total_filter,
    .next = total_next,
    .column = total_column,
};
