// SPDX-License-Identifier: MIT
// Many snapshots as one: totals are summed in SQL, from the attached source into a store in memory.
//
// Types and frames keep their numbers, so that no name is looked up. Which snapshots make a group
// is decided here, by texts that come from their rows and tags.
#include "heapsnap/aggregate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "store/store_private.h"

static const char *const words[] = {
#define WORD(name, text) text,
    HSN_AGGREGATE_LIST(WORD)
#undef WORD
};

typedef struct member {
    const hsn_snapshot_info *info;
    const char *group;
} member;

typedef struct group {
    const char *name;
    const member *members;
    size_t count;
    const hsn_snapshot_info *largest;
    int64_t latest_unix_ms, earliest_id;
} group;

typedef struct aggregating {
    hsn_store *source, *target;
    const hsn_aggregate_options *options;
    hsn_snapshot_list list;
    hsn__arena arena;
    member *members; // by name of their group
    size_t member_count;
    group *groups;
    size_t group_count;
} aggregating;

// ---- which snapshots, and which group ----------------------------------------------------------

static const char *tag_of(const hsn_pair_list *tags, const char *name, size_t length)
{
    for (size_t i = 0; i < tags->count; i++)
        if (strlen(tags->rows[i].name) == length && !memcmp(tags->rows[i].name, name, length))
            return tags->rows[i].value;
    return "";
}

static void put_time(hsn__buf *out, const char *format, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts;
    char text[32];
    if (unix_ms > 0 && gmtime_r(&seconds, &parts) && strftime(text, sizeof text, format, &parts))
        hsn__buf_puts(out, text);
    else
        hsn__buf_putc(out, '-');
}

// worker-12 is worker; a label that is only a number stays.
static void put_bare_label(hsn__buf *out, const char *label)
{
    size_t length = strlen(label);
    while (length && strchr("0123456789", label[length - 1]))
        length--;
    while (length && strchr("-_.:# ", label[length - 1]))
        length--;
    length = length ? length : strlen(label);
    hsn__buf_append(out, length ? label : "-", length ? length : 1);
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && !memcmp(text, word, length);
}

static void put_key(hsn__buf *out, const char *word, size_t length, const hsn_snapshot_info *info,
                    const hsn_pair_list *tags)
{
    const char *text;
    if (is_word(word, length, "day")) {
        put_time(out, "%Y-%m-%d", info->captured_at_unix_ms);
        return;
    }
    if (is_word(word, length, "hour")) {
        put_time(out, "%Y-%m-%dT%HZ", info->captured_at_unix_ms);
        return;
    }
    if (is_word(word, length, "label")) {
        put_bare_label(out, info->label);
        return;
    }
    if (length > 4 && !memcmp(word, "tag:", 4))
        text = tag_of(tags, word + 4, length - 4);
    else
        text = is_word(word, length, "host")      ? info->host
               : is_word(word, length, "program") ? info->program
                                                  : tag_of(tags, word, length);
    hsn__buf_puts(out, *text ? text : "-");
}

static void put_group(hsn__buf *out, const char *words_of_group, const hsn_snapshot_info *info,
                      const hsn_pair_list *tags)
{
    hsn__buf_reset(out);
    if (!words_of_group)
        hsn__buf_puts(out, "all");
    for (const char *p = words_of_group; p && *p;) {
        size_t length = strcspn(p, ",");
        if (p != words_of_group)
            hsn__buf_putc(out, ' ');
        put_key(out, p, length, info, tags);
        p += length + (p[length] == ',');
    }
}

static bool is_chosen(const hsn_aggregate_options *options, const hsn_pair_list *tags)
{
    for (size_t i = 0; i < options->tag_count; i++)
        if (strcmp(tag_of(tags, options->tags[i].name, strlen(options->tags[i].name)),
                   options->tags[i].value) != 0)
            return false;
    return true;
}

static int choose(aggregating *a, hsn_error *err)
{
    hsn__buf name = {0};
    int r = hsn_snapshot_list_read(a->source, &a->list, err);
    if (r == HSN_OK && !(a->members = hsn__alloc_zeroed(a->list.count, sizeof *a->members)))
        r = hsn__fail_memory(err);
    for (size_t i = 0; r == HSN_OK && i < a->list.count; i++) {
        const hsn_snapshot_info *info = &a->list.rows[i];
        hsn_pair_list tags = {0};
        if (!info->complete)
            continue;
        r = hsn_snapshot_tags(a->source, info->id, &tags, err);
        if (r == HSN_OK && is_chosen(a->options, &tags)) {
            member *next = &a->members[a->member_count++];
            put_group(&name, a->options->group, info, &tags);
            next->info = info;
            next->group = name.failed ? NULL : hsn__arena_copy(&a->arena, name.data, name.size);
            if (!next->group)
                r = hsn__fail_memory(err);
        }
        hsn_pair_list_free(&tags);
    }
    hsn__buf_clear(&name);
    if (r == HSN_OK && !a->member_count)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(a->source),
                      a->options->tag_count ? "no complete snapshot has these tags"
                                            : "no complete snapshot");
    return r;
}

static int by_group(const void *a, const void *b)
{
    const member *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    if (order)
        return order;
    return x->info->id < y->info->id ? -1 : x->info->id > y->info->id;
}

static int by_time(const void *a, const void *b)
{
    const group *x = a, *y = b;
    if (x->latest_unix_ms != y->latest_unix_ms)
        return x->latest_unix_ms < y->latest_unix_ms ? -1 : 1;
    return x->earliest_id < y->earliest_id ? -1 : x->earliest_id > y->earliest_id;
}

static group make_group(const member *first, size_t count)
{
    group made = {.name = first->group,
                  .members = first,
                  .count = count,
                  .largest = first->info,
                  .earliest_id = first->info->id};
    for (size_t i = 0; i < count; i++) {
        const hsn_snapshot_info *info = first[i].info;
        if (info->captured_at_unix_ms > made.latest_unix_ms)
            made.latest_unix_ms = info->captured_at_unix_ms;
        if (info->heap_bytes > made.largest->heap_bytes)
            made.largest = info;
    }
    return made;
}

static int form_groups(aggregating *a, hsn_error *err)
{
    a->groups = hsn__alloc_zeroed(a->member_count, sizeof *a->groups);
    if (!a->groups)
        return hsn__fail_memory(err);
    qsort(a->members, a->member_count, sizeof *a->members, by_group);
    for (size_t i = 0, end; i < a->member_count; i = end) {
        for (end = i + 1;
             end < a->member_count && !strcmp(a->members[i].group, a->members[end].group);)
            end++;
        a->groups[a->group_count++] = make_group(&a->members[i], end - i);
    }
    qsort(a->groups, a->group_count, sizeof *a->groups, by_time);
    return HSN_OK;
}

// ---- the store ---------------------------------------------------------------------------------

static int run(hsn_store *store, hsn__query query, int64_t first, int64_t second, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, query, &statement, err);
    if (r < 0)
        return r;
    if (sqlite3_bind_parameter_count(statement) > 0)
        sqlite3_bind_int64(statement, 1, first);
    if (sqlite3_bind_parameter_count(statement) > 1)
        sqlite3_bind_int64(statement, 2, second);
    return hsn__query_run(store, statement, err);
}

static int attach(aggregating *a, hsn_error *err)
{
    sqlite3_stmt *statement;
    const char *path = hsn_store_path(a->source);
    if (!*path)
        return hsn__fail(err, HSN_EUNSUPPORTED, NULL, "only a store can be aggregated");
    int r = hsn__query_get(a->target, HSN__QUERY_AGGREGATE_ATTACH, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
    r = hsn__query_run(a->target, statement, err);
    if (r == HSN_OK)
        r = run(a->target, HSN__QUERY_AGGREGATE_MEMBERS, 0, 0, err);
    if (r == HSN_OK)
        r = run(a->target, HSN__QUERY_AGGREGATE_TYPES, 0, 0, err);
    if (r == HSN_OK)
        r = run(a->target, HSN__QUERY_AGGREGATE_FRAMES, 0, 0, err);
    return r;
}

static int write_fact(hsn_store *store, hsn_snapshot_id id, const char *name, const char *value,
                      hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, HSN__QUERY_FACT_INSERT, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_text(statement, 2, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, value, -1, SQLITE_TRANSIENT);
    return hsn__query_run(store, statement, err);
}

static int write_facts(const aggregating *a, const group *from, hsn_snapshot_id id, hsn_error *err)
{
    hsn__buf number = {0};
    hsn__buf_printf(&number, "%zu", from->count);
    int r = number.failed
                ? hsn__fail_memory(err)
                : write_fact(a->target, id, "aggregate.snapshots", hsn__buf_text(&number), err);
    if (r == HSN_OK)
        r = write_fact(a->target, id, "aggregate", words[a->options->how], err);
    hsn__buf_clear(&number);
    return r;
}

// The row of the largest member, under the group's number and name.
static int write_row(const aggregating *a, const group *from, hsn_snapshot_id id, hsn_error *err)
{
    sqlite3_stmt *row, *statement;
    int r = hsn__query_get(a->source, HSN__QUERY_SNAPSHOT_LIST, &row, err);
    if (r == HSN_OK)
        sqlite3_bind_int64(row, 1, from->largest->id);
    if (r == HSN_OK)
        r = hsn__query_next(a->source, row, err);
    if (r == HSN_OK)
        r = hsn__query_get(a->target, HSN__QUERY_SNAPSHOT_INSERT, &statement, err);
    if (r != HSN_OK)
        return r < 0 ? r
                     : hsn__fail(err, HSN_ESTORE, hsn_store_path(a->source),
                                 "a snapshot vanished while it was read");
    for (int i = 0; i < sqlite3_bind_parameter_count(statement); i++)
        sqlite3_bind_value(statement, i + 1, sqlite3_column_value(row, i));
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_text(statement, 2, from->name, -1, SQLITE_STATIC);
    r = hsn__query_run(a->target, statement, err);
    sqlite3_reset(row);
    if (r == HSN_OK)
        r = hsn__query_get(a->target, HSN__QUERY_AGGREGATE_TOTALS_ONLY, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    if (from->latest_unix_ms)
        sqlite3_bind_int64(statement, 2, from->latest_unix_ms);
    return hsn__query_run(a->target, statement, err);
}

// The members whose totals are added up: of the worst it is one.
static int write_members(const aggregating *a, const group *from, hsn_error *err)
{
    bool worst = a->options->how == HSN_AGGREGATE_WORST;
    int r = run(a->target, HSN__QUERY_AGGREGATE_FORGET, 0, 0, err);
    for (size_t i = 0; r == HSN_OK && i < (worst ? 1 : from->count); i++)
        r = run(a->target, HSN__QUERY_AGGREGATE_MEMBER,
                worst ? from->largest->id : from->members[i].info->id, 0, err);
    return r;
}

static int write_group(const aggregating *a, const group *from, hsn_snapshot_id id, hsn_error *err)
{
    static const hsn__query totals[] = {
        HSN__QUERY_AGGREGATE_TYPE_TOTALS,  HSN__QUERY_AGGREGATE_METRICS,
        HSN__QUERY_AGGREGATE_FRAME_TOTALS, HSN__QUERY_AGGREGATE_NUMBERS,
        HSN__QUERY_AGGREGATE_TAGS,
    };
    bool mean = a->options->how == HSN_AGGREGATE_MEAN;
    int r = write_members(a, from, err);
    if (r == HSN_OK)
        r = write_row(a, from, id, err);
    for (size_t i = 0; r == HSN_OK && i < sizeof totals / sizeof *totals; i++)
        r = run(a->target, totals[i], id, mean ? (int64_t)from->count : 1, err);
    return r == HSN_OK ? write_facts(a, from, id, err) : r;
}

int hsn_aggregate_open(hsn_store **out, hsn_store *source, const hsn_aggregate_options *options,
                       hsn_error *err)
{
    aggregating a = {.source = source, .options = options};
    *out = NULL;
    if ((unsigned)options->how >= HSN_AGGREGATE_COUNT)
        return hsn__fail(err, HSN_EINVAL, NULL, "no such way to aggregate");
    int r = choose(&a, err);
    if (r == HSN_OK)
        r = form_groups(&a, err);
    if (r == HSN_OK)
        r = hsn__store_create(&a.target, NULL, err);
    if (r == HSN_OK)
        r = attach(&a, err);
    for (size_t i = 0; r == HSN_OK && i < a.group_count; i++)
        r = write_group(&a, &a.groups[i], (hsn_snapshot_id)i + 1, err);
    if (r == HSN_OK) {
        hsn__store_forget_statements(a.target);
        r = run(a.target, HSN__QUERY_AGGREGATE_DETACH, 0, 0, err);
    }
    if (r == HSN_OK)
        *out = a.target;
    else
        hsn__store_abandon(a.target);
    hsn_snapshot_list_free(&a.list);
    hsn__free(a.members);
    hsn__free(a.groups);
    hsn__arena_clear(&a.arena);
    return r;
}
