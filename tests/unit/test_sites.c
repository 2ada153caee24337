// SPDX-License-Identifier: MIT
// Unit tests of analysis/sites.c, filter.c and glob.c, against twins that spell every traceback
// out.
#include "analysis/glob.h"
#include "analysis/totals_private.h"
#include "base/alloc.h"
#include "check.h"

#include <stdio.h>
#include <string.h>

enum { MAX_FRAMES = 24, MAX_STACKS = 60, MAX_TOTALS = 90, MAX_DEPTH = 64, MAX_ROWS = 400 };

typedef struct memory_profile {
    hsn_profile profile;
    hsn_frame frames[MAX_FRAMES];
    hsn_stack stacks[MAX_STACKS];
    hsn_stack_total totals[MAX_TOTALS];
    hsn_metric metrics[2];
} memory_profile;

static const char *const files[] = {"a.py",      "a.pyc", "lib/b.py", "lib/\xc3\xa9.py",
                                    "<unknown>", ""};
static const char *const functions[] = {"", "f", "g"};

// Whether one of the stacks before `i` is the same. Those of a snapshot differ.
static bool is_there(const hsn_stack *stacks, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (stacks[j].frame == stacks[i].frame && stacks[j].parent == stacks[i].parent)
            return true;
    return false;
}

static void make_random(memory_profile *p, check_random *random)
{
    *p = (memory_profile){.profile = {.frames = p->frames,
                                      .stacks = p->stacks,
                                      .totals = p->totals,
                                      .metrics = p->metrics,
                                      .metric_count = 2},
                          .metrics = {{.name = "inuse", .unit = "bytes", .is_default = 1},
                                      {.name = "alloc", .unit = "bytes"}}};
    p->profile.frame_count = 1 + check_random_below(random, MAX_FRAMES);
    p->profile.stack_count = 1 + check_random_below(random, MAX_STACKS);
    p->profile.total_count = check_random_below(random, MAX_TOTALS);
    for (size_t i = 0; i < p->profile.frame_count; i++)
        p->frames[i] =
            (hsn_frame){files[check_random_below(random, 6)],
                        functions[check_random_below(random, 3)], check_random_below(random, 3)};
    for (uint32_t i = 0; i < p->profile.stack_count; i++) {
        do {
            p->stacks[i].frame = check_random_below(random, (uint32_t)p->profile.frame_count);
            p->stacks[i].parent =
                i && check_random_below(random, 4) ? check_random_below(random, i) : HSN_NONE;
        } while (is_there(p->stacks, i));
    }
    for (size_t i = 0; i < p->profile.total_count; i++)
        p->totals[i] =
            (hsn_stack_total){check_random_below(random, (uint32_t)p->profile.stack_count),
                              check_random_below(random, 3), 1 + check_random_below(random, 4),
                              check_random_below(random, 300), 0};
    p->metrics[0].total_count = check_random_below(random, (uint32_t)p->profile.total_count + 1);
    p->metrics[1].first_total = p->metrics[0].total_count;
    p->metrics[1].total_count = p->profile.total_count - p->metrics[0].total_count;
    for (size_t i = p->metrics[1].first_total; i < p->profile.total_count; i++)
        p->totals[i].metric = 1;
}

// ---- the twin
// ------------------------------------------------------------------------------------

// A group of the twin: its frames spelled out, newest first.
typedef struct spelled {
    hsn_frame frames[MAX_DEPTH];
    size_t depth;
    hsn_cell cells[2];
} spelled;

typedef struct spelled_list {
    spelled rows[MAX_ROWS];
    size_t count;
} spelled_list;

static size_t spell(const hsn_profile *p, uint32_t stack, hsn_frame *out)
{
    size_t depth = 0;
    for (; stack != HSN_NONE; stack = p->stacks[stack].parent)
        out[depth++] = p->frames[p->stacks[stack].frame];
    return depth;
}

static bool same_frame(const hsn_frame *a, const hsn_frame *b, hsn_by by)
{
    if (by == HSN_BY_SITE_MODULE)
        return !strcmp(a->file, b->file);
    bool by_function = by == HSN_BY_FUNCTION || (by != HSN_BY_FILENAME && !*a->file);
    if (strcmp(a->file, b->file) || (by_function && strcmp(a->function, b->function)))
        return false;
    return by == HSN_BY_FILENAME || by == HSN_BY_FUNCTION || a->line == b->line;
}

static void twin_add(spelled_list *list, const hsn_frame *frames, size_t depth, hsn_by by,
                     size_t column, const hsn_stack_total *total)
{
    size_t i;
    for (i = 0; i < list->count; i++) {
        bool same = list->rows[i].depth == depth;
        for (size_t f = 0; same && f < depth; f++)
            same = same_frame(&list->rows[i].frames[f], &frames[f], by);
        if (same)
            break;
    }
    if (i == list->count) {
        memset(&list->rows[i], 0, sizeof list->rows[i]);
        memcpy(list->rows[i].frames, frames, depth * sizeof *frames);
        list->rows[i].depth = depth;
        list->count++;
    }
    list->rows[i].cells[column].count += total->count;
    list->rows[i].cells[column].size_bytes += total->size_bytes;
}

static bool twin_frame_matches(const hsn_site_filter *f, const hsn_frame *frame)
{
    char name[64];
    snprintf(name, sizeof name, "%s", frame->file);
    size_t length = strlen(name);
    if (length >= 4 && !strcmp(name + length - 4, ".pyc"))
        name[length - 1] = 0;
    return hsn_glob_match(f->pattern, name) && (!f->has_line || f->line == frame->line);
}

// Word for word what Filter._match() and DomainFilter._match() say.
static bool twin_match(const hsn_site_filter *f, const hsn_frame *frames, size_t depth,
                       uint32_t domain)
{
    bool inclusive = !f->exclusive, r;
    if (!f->pattern)
        return (domain == f->domain) != !inclusive;
    if (f->all_frames) {
        bool any = false;
        for (size_t i = 0; i < depth; i++)
            any = any || twin_frame_matches(f, &frames[i]);
        r = any ? inclusive : !inclusive;
    } else {
        r = twin_frame_matches(f, &frames[0]) != !inclusive;
    }
    if (f->has_domain)
        return inclusive ? r && domain == f->domain : r || domain != f->domain;
    return r;
}

static bool twin_passes(const hsn_site_filter *filters, size_t count, const hsn_frame *frames,
                        size_t depth, uint32_t domain)
{
    bool any_inclusive = false, included = false;
    for (size_t i = 0; i < count; i++) {
        bool matched = twin_match(&filters[i], frames, depth, domain);
        if (filters[i].exclusive && !matched)
            return false;
        any_inclusive = any_inclusive || !filters[i].exclusive;
        included = included || (!filters[i].exclusive && matched);
    }
    return included || !any_inclusive;
}

// What a frame counts for: itself, or what stands in the place of its file.
static hsn_frame twin_place(const hsn_frame *frame, uint32_t domain, hsn_by by)
{
    static const char *const modules[] = {"a", "a", "b", "\xc3\xa9", "<unknown>", ""};
    if (by == HSN_BY_DOMAIN)
        return (hsn_frame){"", "", domain};
    for (size_t i = 0; by == HSN_BY_SITE_MODULE && i < 6; i++)
        if (!strcmp(frame->file, files[i]))
            return (hsn_frame){modules[i], "", 0};
    return *frame;
}

// By function and module a stack counts once, however often it passes there.
static bool twin_recurs(const hsn_frame *frames, size_t f, hsn_by by)
{
    if (by != HSN_BY_FUNCTION && by != HSN_BY_SITE_MODULE)
        return false;
    hsn_frame here = twin_place(&frames[f], 0, by);
    for (size_t i = 0; i < f; i++) {
        hsn_frame newer = twin_place(&frames[i], 0, by);
        if (!strcmp(newer.file, here.file) && !strcmp(newer.function, here.function))
            return true;
    }
    return false;
}

static void twin_group(spelled_list *list, const hsn_profile *p, size_t column,
                       const hsn_totals_options *o)
{
    for (size_t i = 0; i < p->total_count; i++) {
        hsn_frame frames[MAX_DEPTH];
        size_t depth = spell(p, p->totals[i].stack, frames);
        if (p->totals[i].metric != (o->metric && *o->metric == 'a'))
            continue;
        if (!twin_passes(o->filters, o->filter_count, frames, depth, p->totals[i].domain))
            continue;
        if (o->by == HSN_BY_TRACEBACK)
            twin_add(list, frames, depth, o->by, column, &p->totals[i]);
        for (size_t f = 0; o->by != HSN_BY_TRACEBACK && f < (o->cumulative ? depth : 1); f++) {
            hsn_frame place = twin_place(&frames[f], p->totals[i].domain, o->by);
            if (twin_recurs(frames, f, o->by))
                continue;
            twin_add(list, &place, 1, o->by, column, &p->totals[i]);
        }
    }
}

static int twin_compare(const spelled *a, const spelled *b)
{
    for (size_t i = 0; i < a->depth && i < b->depth; i++) {
        const hsn_frame *x = &a->frames[a->depth - 1 - i], *y = &b->frames[b->depth - 1 - i];
        int order = strcmp(x->file, y->file);
        if (!order)
            order = x->line < y->line ? -1 : x->line > y->line;
        if (!order && !*x->file)
            order = strcmp(x->function, y->function);
        if (order)
            return order;
    }
    return a->depth < b->depth ? -1 : a->depth > b->depth;
}

// ---- tests
// ---------------------------------------------------------------------------------------

static spelled spell_row(const hsn_totals *totals, size_t row)
{
    const hsn_key *key = &totals->keys[row];
    spelled s = {.depth = 1, .frames = {{key->file, key->function, key->line}}};
    if (totals->by == HSN_BY_DOMAIN)
        s.frames[0].line = key->domain;
    if (totals->by == HSN_BY_SITE_MODULE)
        s.frames[0].file = key->module;
    if (totals->by == HSN_BY_TRACEBACK) {
        hsn_profile p = {.frames = (hsn_frame *)totals->frames,
                         .stacks = (hsn_stack *)totals->stacks};
        s.depth = spell(&p, key->stack, s.frames);
        CHECK_STR(s.frames[0].file, key->file);
        CHECK_EQ(s.frames[0].line, key->line);
    }
    memcpy(s.cells, &totals->cells[row * 2], sizeof s.cells);
    return s;
}

static void check_against_twin(const hsn_totals *totals, const spelled_list *list)
{
    CHECK_EQ(totals->count, list->count);
    for (size_t i = 0; i < totals->count; i++) {
        spelled row = spell_row(totals, i);
        size_t found = 0;
        for (size_t j = 0; j < list->count; j++) {
            bool same = row.depth == list->rows[j].depth;
            for (size_t f = 0; same && f < row.depth; f++)
                same = same_frame(&list->rows[j].frames[f], &row.frames[f], totals->by);
            if (!same)
                continue;
            found++;
            CHECK_MEM(row.cells, list->rows[j].cells, sizeof row.cells);
        }
        CHECK_EQ(found, 1);
        for (size_t j = 0; j < totals->count && totals->by == HSN_BY_TRACEBACK; j++) {
            spelled other = spell_row(totals, j);
            int expected = twin_compare(&row, &other), got = hsn_totals_compare_keys(totals, i, j);
            CHECK_EQ((got > 0) - (got < 0), (expected > 0) - (expected < 0));
        }
    }
}

static void make_random_filters(hsn_site_filter *filters, size_t count, check_random *random)
{
    static const char *const patterns[] = {"*.py",     "lib/*", "a.py", "<unknown>",
                                           "lib/?.py", "*",     ""};
    for (size_t i = 0; i < count; i++)
        filters[i] = (hsn_site_filter){
            .exclusive = (int)check_random_below(random, 2),
            .pattern =
                check_random_below(random, 5) ? patterns[check_random_below(random, 7)] : NULL,
            .has_line = !check_random_below(random, 3),
            .line = check_random_below(random, 3),
            .all_frames = (int)check_random_below(random, 2),
            .has_domain = !check_random_below(random, 3),
            .domain = check_random_below(random, 3),
        };
}

static void test_sites_equal_the_spelled_out_twin(void)
{
    static memory_profile a, b;
    static spelled_list list;
    check_random random = {7};
    for (int round = 0; round < 1500; round++) {
        hsn_site_filter filters[3];
        static const char *const metrics[] = {NULL, "inuse", "alloc", "alloc_count"};
        hsn_totals_options options = {.by = HSN_BY_FILENAME + check_random_below(&random, 6),
                                      .metric = metrics[check_random_below(&random, 4)],
                                      .filters = filters,
                                      .filter_count = check_random_below(&random, 4)};
        const hsn_profile *profiles[] = {&a.profile, &b.profile};
        hsn_totals totals = {0};
        hsn_error err = {0};
        options.cumulative = options.by != HSN_BY_TRACEBACK && options.by != HSN_BY_DOMAIN
                                 ? (int)check_random_below(&random, 2)
                                 : 0;
        make_random_filters(filters, 3, &random);
        make_random(&a, &random);
        make_random(&b, &random);
        list.count = 0;
        twin_group(&list, &a.profile, 0, &options);
        twin_group(&list, &b.profile, 1, &options);
        if (CHECK_OK(hsn__totals_of_profiles(profiles, 2, &options, &totals, &err), &err))
            check_against_twin(&totals, &list);
        hsn_totals_free(&totals);
    }
}

static void test_metric_is_chosen_by_name_and_by_what_ranks(void)
{
    hsn_metric metrics[] = {{.name = "inuse", .unit = "bytes"},
                            {.name = "cpu", .unit = "ns", .total_count = 2, .is_default = 1},
                            {.name = "cpu_count", .unit = "count", .total_count = 1}};
    static const struct {
        const char *word;
        size_t index;
        int by_count;
    } cases[] = {{NULL, 1, 0},
                 {"cpu", 1, 0},
                 {"cpu_ns", 1, 0},
                 {"cpu_count", 2, 0},
                 {"cpu_count_count", 2, 0}};
    hsn_error err = {0};
    size_t index;
    int by_count;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_STATUS(hsn_metric_choose(metrics, 3, cases[i].word, &index, &by_count, NULL), HSN_OK);
        CHECK_EQ(index, cases[i].index);
        CHECK_EQ(by_count, cases[i].by_count);
    }
    CHECK_STATUS(hsn_metric_choose(metrics, 2, "cpu_count", &index, &by_count, NULL), HSN_OK);
    CHECK_EQ(index, 1);
    CHECK_EQ(by_count, 1);
    // Nothing live is no answer where no memory was recorded.
    CHECK_STATUS(hsn_metric_choose(metrics, 3, "inuse", &index, &by_count, &err), HSN_ENOTFOUND);
    CHECK_STR(err.message, "no metric named 'inuse'; there are: cpu (ns), cpu_count (count)");
    metrics[1].unit = "bytes";
    CHECK_STATUS(hsn_metric_choose(metrics, 3, "inuse_bytes", &index, &by_count, NULL), HSN_OK);
    CHECK_EQ(index, 0);
}

static void test_site_module_is_what_people_import(void)
{
    static const struct {
        hsn_frame frame;
        const char *module;
    } cases[] = {
        {{"/usr/lib/python3.11/asyncio/events.py", "run", 1}, "asyncio.events"},
        {{"/usr/lib/python3.11/site-packages/django/db/__init__.py", "", 1}, "django.db"},
        {{"/opt/lib/python3/dist-packages/yaml/loader.pyc", "", 1}, "yaml.loader"},
        {{"/srv/app/views.py", "", 1}, "views"},
        {{"views.py", "", 1}, "views"},
        {{"/go/src/net/http/server.go", "net/http.(*conn).serve", 9}, "net/http"},
        {{"/go/src/main.go", "", 9}, "main.go"},
        {{"file:///srv/node_modules/a/node_modules/@s/b/x.js", "f", 1}, "@s/b"},
        {{"/usr/lib/libssl.so.3", "0x1234", 0}, "libssl.so.3"},
        {{"<string>", "", 1}, "<string>"},
        {{"", "malloc", 0}, ""},
    };
    char text[64], small[4];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_EQ(hsn_site_module(&cases[i].frame, text, sizeof text), strlen(cases[i].module));
        CHECK_STR(text, cases[i].module);
    }
    CHECK_EQ(hsn_site_module(&cases[0].frame, small, sizeof small), 14);
    CHECK_STR(small, "asy");
}

static void test_sites_refuse_metrics_of_different_units(void)
{
    static memory_profile a, b;
    check_random random = {5};
    hsn_totals_options options = {.by = HSN_BY_LINENO, .metric = "alloc"};
    const hsn_profile *profiles[] = {&a.profile, &b.profile};
    hsn_totals totals = {0};
    hsn_error err = {0};
    make_random(&a, &random);
    make_random(&b, &random);
    a.profile.total_count = b.profile.total_count = MAX_TOTALS / 2;
    for (size_t i = 0; i < 2; i++) {
        a.metrics[i].total_count = b.metrics[i].total_count = MAX_TOTALS / 4;
        a.metrics[i].first_total = b.metrics[i].first_total = i * (MAX_TOTALS / 4);
    }
    memset(a.totals, 0, sizeof a.totals);
    memset(b.totals, 0, sizeof b.totals);
    b.metrics[1].unit = "ns";
    CHECK_STATUS(hsn__totals_of_profiles(profiles, 2, &options, &totals, &err), HSN_EINVAL);
    CHECK_STR(err.message, "metric 'alloc' is in bytes in one snapshot, in ns in another");
    hsn_totals_free(&totals);
}

static void test_sites_match_by_frames_whatever_their_ids(void)
{
    hsn_frame old_frames[] = {{"app.py", "main", 1}, {"app.py", "work", 7}};
    hsn_frame new_frames[] = {{"app.py", "work", 7}, {"x.py", "", 3}, {"app.py", "main", 1}};
    hsn_stack old_stacks[] = {{0, HSN_NONE}, {1, 0}};
    hsn_stack new_stacks[] = {{1, HSN_NONE}, {2, HSN_NONE}, {0, 1}};
    hsn_stack_total old_totals[] = {{1, 0, 2, 100, 0}}, new_totals[] = {{2, 0, 5, 700, 0}};
    hsn_profile old_profile = {old_frames, 2, old_stacks, 2, old_totals, 1, NULL, 0, NULL};
    hsn_profile new_profile = {new_frames, 3, new_stacks, 3, new_totals, 1, NULL, 0, NULL};
    const hsn_profile *profiles[] = {&old_profile, &new_profile};
    hsn_totals_options options = {.by = HSN_BY_TRACEBACK};
    hsn_totals totals;
    hsn_error err = {0};
    CHECK_OK(hsn__totals_of_profiles(profiles, 2, &options, &totals, &err), &err);
    if (CHECK_EQ(totals.count, 1)) {
        CHECK_EQ(totals.cells[0].size_bytes, 100);
        CHECK_EQ(totals.cells[1].size_bytes, 700);
        CHECK_STR(totals.keys[0].function, "work");
    }
    hsn_totals_free(&totals);
}

static void test_sites_without_a_stack_are_one_row(void)
{
    hsn_stack_total total = {HSN_NONE, 0, 3, 90, 0};
    hsn_profile profile = {.totals = &total, .total_count = 1};
    const hsn_profile *profiles[] = {&profile};
    for (hsn_by by = HSN_BY_FILENAME; by < HSN_BY_COUNT; by++) {
        hsn_totals totals;
        hsn_error err = {0};
        hsn_totals_options options = {.by = by};
        CHECK_OK(hsn__totals_of_profiles(profiles, 1, &options, &totals, &err), &err);
        if (CHECK_EQ(totals.count, 1)) {
            CHECK_STR(totals.keys[0].file, "");
            CHECK_EQ(totals.cells[0].size_bytes, 90);
        }
        hsn_totals_free(&totals);
    }
}

static void test_sites_refuse_damaged_profiles(void)
{
    hsn_frame frame = {"a.py", "", 1};
    hsn_stack stack = {0, HSN_NONE};
    hsn_stack_total total = {0, 0, 1, 1, 0};
    hsn_profile profile = {&frame, 1, &stack, 1, &total, 1, NULL, 0, NULL};
    const hsn_profile *profiles[] = {&profile};
    hsn_totals_options options = {.by = HSN_BY_LINENO};
    hsn_totals totals;
    stack.frame = 1;
    CHECK_STATUS(hsn__totals_of_profiles(profiles, 1, &options, &totals, NULL), HSN_EFORMAT);
    stack = (hsn_stack){0, 0}; // its own caller
    CHECK_STATUS(hsn__totals_of_profiles(profiles, 1, &options, &totals, NULL), HSN_EFORMAT);
    stack.parent = HSN_NONE;
    total.stack = 1;
    CHECK_STATUS(hsn__totals_of_profiles(profiles, 1, &options, &totals, NULL), HSN_EFORMAT);
}

static void test_sites_sums_stop_at_the_largest_number(void)
{
    hsn_frame frame = {"a.py", "", 1};
    hsn_stack stack = {0, HSN_NONE};
    hsn_stack_total sums[] = {{0, 0, 1, UINT64_MAX - 5, 0}, {0, 1, 1, 100, 0}};
    hsn_profile profile = {&frame, 1, &stack, 1, sums, 2, NULL, 0, NULL};
    const hsn_profile *profiles[] = {&profile};
    hsn_totals_options options = {.by = HSN_BY_LINENO};
    hsn_totals totals;
    CHECK_STATUS(hsn__totals_of_profiles(profiles, 1, &options, &totals, NULL), HSN_OK);
    CHECK(totals.cells[0].size_bytes == UINT64_MAX);
    CHECK(totals.wholes[0].size_bytes == UINT64_MAX);
    hsn_totals_free(&totals);
}

static void test_sites_survive_every_failing_allocation(void)
{
    static memory_profile a;
    check_random random = {3};
    hsn_site_filter filter = {.pattern = "*"};
    hsn_totals_options options = {.by = HSN_BY_TRACEBACK, .filters = &filter, .filter_count = 1};
    const hsn_profile *profiles[] = {&a.profile};
    make_random(&a, &random);
    a.profile.total_count = a.metrics[0].total_count = MAX_TOTALS / 2;
    a.metrics[1].total_count = 0;
    int r = HSN_ENOMEM;
    for (uint64_t nth = 1; r != HSN_OK && nth < 10000; nth++) {
        hsn_totals totals = {0};
        hsn__alloc_fail_at(nth, nth % 2);
        r = hsn__totals_of_profiles(profiles, 1, &options, &totals, NULL);
        hsn__alloc_fail_at(0, false);
        if (r != HSN_OK)
            CHECK_STATUS(r, HSN_ENOMEM);
        hsn_totals_free(&totals);
    }
    CHECK_STATUS(r, HSN_OK);
}

static void test_filter_text_may_end_in_a_line(void)
{
    hsn_site_filter f;
    CHECK_STATUS(hsn_site_filter_parse("app/*.py:31", &f, NULL), HSN_OK);
    CHECK_EQ(f.pattern_bytes, 8);
    CHECK_EQ(f.has_line, 1);
    CHECK_EQ(f.line, 31);
    CHECK_STATUS(hsn_site_filter_parse("c:\\app.py", &f, NULL), HSN_OK);
    CHECK_EQ(f.has_line, 0);
    CHECK_EQ(f.pattern_bytes, 9);
    CHECK_STATUS(hsn_site_filter_parse("a.py:", &f, NULL), HSN_OK);
    CHECK_EQ(f.has_line, 0);
    CHECK_STATUS(hsn_site_filter_parse("a.py:4294967296", &f, NULL), HSN_EINVAL);
    CHECK_STATUS(hsn_site_filter_parse(":7", &f, NULL), HSN_EINVAL);
    CHECK_STATUS(hsn_site_filter_parse("", &f, NULL), HSN_EINVAL);
}

// Expected values are what Python's fnmatch.fnmatchcase() says.
static void test_glob_means_what_fnmatch_means(void)
{
    static const struct {
        const char *pattern, *text;
        int expected;
    } rows[] = {
        {"*", "", 1},
        {"", "", 1},
        {"", "a", 0},
        {"?", "", 0},
        {"*.py", "a/b.py", 1},
        {"*.py", ".py", 1},
        {"*.py", "a.pyc", 0},
        {"a*b*c", "aXbYbZc", 1},
        {"a*b", "ab", 1},
        {"a**b", "acb", 1},
        {"?", "\xc3\xa9", 1},
        {"??", "\xc3\xa9", 0},
        {"[abc]", "b", 1},
        {"[!abc]", "b", 0},
        {"[!abc]", "d", 1},
        {"[a-c]", "b", 1},
        {"[a-]", "-", 1},
        {"[-a]", "-", 1},
        {"[]]", "]", 1},
        {"[!]]", "]", 0},
        {"[!]]", "a", 1},
        {"[", "[", 1},
        {"[a", "[a", 1},
        {"[]", "[]", 1},
        {"[!]", "[!]", 1},
        {"[^a]", "^", 1},
        {"[^a]", "b", 0},
        {"\\*", "\\x", 1},
        {"\\*", "*", 0},
        {"[\\]", "\\", 1},
        {"[a-b-c]", "-", 1},
        {"[a-b-c]", "b", 1},
        {"[c-a]", "b", 0},
        {"[!c-a]", "b", 1},
        {"[c-ax]", "x", 1},
        {"[--a]", "9", 1},
        {"[[]", "[", 1},
        {"[a-\xc3\xa9]", "z", 1},
        {"*[0-9]*", "a7b", 1},
        {"a\n?", "a\n\n", 1},
        {"*aab", "aaaaaaaaab", 1},
        {"*a*b*c*", "cba", 0},
        {"[a&&b]", "&", 1},
        {"*x", "\xff\xfex", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!CHECK_EQ(hsn_glob_match(rows[i].pattern, rows[i].text), rows[i].expected))
            fprintf(stderr, "    pattern %s, text %s\n", rows[i].pattern, rows[i].text);
}

// The obvious matcher of * and ?.
static bool twin_glob(const char *pattern, const char *text)
{
    if (!*pattern)
        return !*text;
    if (*pattern == '*')
        return twin_glob(pattern + 1, text) || (*text && twin_glob(pattern, text + 1));
    return *text && (*pattern == '?' || *pattern == *text) && twin_glob(pattern + 1, text + 1);
}

static void test_glob_equals_the_recursive_twin(void)
{
    check_random random = {11};
    for (int round = 0; round < 20000; round++) {
        char pattern[8] = {0}, text[10] = {0};
        for (uint32_t i = check_random_below(&random, 8); i-- > 0;)
            pattern[i] = "ab*?"[check_random_below(&random, 4)];
        for (uint32_t i = check_random_below(&random, 10); i-- > 0;)
            text[i] = "ab"[check_random_below(&random, 2)];
        if (!CHECK_EQ(hsn_glob_match(pattern, text), twin_glob(pattern, text)))
            fprintf(stderr, "    pattern %s, text %s\n", pattern, text);
    }
}

CHECK_MAIN(CHECK_CASE(test_sites_equal_the_spelled_out_twin),
           CHECK_CASE(test_sites_match_by_frames_whatever_their_ids),
           CHECK_CASE(test_sites_without_a_stack_are_one_row),
           CHECK_CASE(test_sites_refuse_damaged_profiles),
           CHECK_CASE(test_sites_sums_stop_at_the_largest_number),
           CHECK_CASE(test_metric_is_chosen_by_name_and_by_what_ranks),
           CHECK_CASE(test_site_module_is_what_people_import),
           CHECK_CASE(test_sites_refuse_metrics_of_different_units),
           CHECK_CASE(test_sites_survive_every_failing_allocation),
           CHECK_CASE(test_filter_text_may_end_in_a_line),
           CHECK_CASE(test_glob_means_what_fnmatch_means),
           CHECK_CASE(test_glob_equals_the_recursive_twin))
