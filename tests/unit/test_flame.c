// SPDX-License-Identifier: MIT
// Unit tests of analysis/flame.c, against a twin that spells every stack out, and of its folded
// text.
#include "analysis/flame_private.h"
#include "analysis/totals_private.h"
#include "base/alloc.h"
#include "check.h"
#include "heapsnap/flame_svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 12, STACKS = 50, TOTALS = 70, DEPTH = 64, ROWS = 4000 };

typedef struct memory_profile {
    hsn_profile profile;
    hsn_frame frames[FRAMES];
    hsn_stack stacks[STACKS];
    hsn_stack_total totals[TOTALS];
} memory_profile;

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
    static const char *const files[] = {"a.py", "b.py", "/x/lib/python3.9/c.py", ""};
    static const char *const functions[] = {"", "f", "g"};
    *p = (memory_profile){
        .profile = {.frames = p->frames, .stacks = p->stacks, .totals = p->totals}};
    p->profile.frame_count = 1 + check_random_below(random, FRAMES);
    p->profile.stack_count = 1 + check_random_below(random, STACKS);
    p->profile.total_count = 1 + check_random_below(random, TOTALS - 1);
    for (size_t i = 0; i < p->profile.frame_count; i++)
        p->frames[i] =
            (hsn_frame){files[check_random_below(random, 4)],
                        functions[check_random_below(random, 3)], check_random_below(random, 3)};
    for (uint32_t i = 0; i < p->profile.stack_count; i++) {
        do {
            p->stacks[i].frame = check_random_below(random, (uint32_t)p->profile.frame_count);
            p->stacks[i].parent =
                i && check_random_below(random, 5) ? check_random_below(random, i) : HSN_NONE;
        } while (is_there(p->stacks, i));
    }
    for (size_t i = 0; i < p->profile.total_count; i++)
        p->totals[i] = (hsn_stack_total){
            .stack = check_random_below(random, 20)
                         ? check_random_below(random, (uint32_t)p->profile.stack_count)
                         : HSN_NONE,
            .count = 1 + check_random_below(random, 4),
            .size_bytes = 1 + check_random_below(random, 300)};
}

// ---- the twin -----------------------------------------------------------------------------------

// A path of the tree, spelled out, with what belongs to it.
typedef struct path {
    char text[DEPTH * 40];
    uint64_t width;
    hsn_cell cells[2], owns[2];
} path;

typedef struct twin {
    path *rows;
    size_t count;
} twin;

static path *find(twin *t, const char *text)
{
    for (size_t i = 0; i < t->count; i++)
        if (!strcmp(t->rows[i].text, text))
            return &t->rows[i];
    path *row = &t->rows[t->count++];
    *row = (path){0};
    snprintf(row->text, sizeof row->text, "%s", text);
    return row;
}

static void frame_text(const hsn_frame *frame, hsn_by by, char *out)
{
    bool native = !*frame->file;
    sprintf(out, "|%s,%s,%u", frame->file,
            by == HSN_BY_FUNCTION || native || by == HSN_BY_LINENO ? frame->function : "",
            by == HSN_BY_LINENO ? (unsigned)frame->line : 0);
}

// Every stack of the totals, frame by frame, onto every path that begins it.
static void spell(const hsn_totals *totals, const hsn_flame_options *o, twin *out)
{
    char frames[DEPTH][40], text[DEPTH * 40];
    for (size_t i = 0; i < totals->count; i++) {
        const hsn_cell *cells = &totals->cells[i * totals->columns];
        const hsn_cell both[2] = {cells[0], cells[totals->columns - 1]};
        size_t depth = 0, used = 0;
        for (uint32_t s = totals->keys[i].stack; s != HSN_NONE; s = totals->stacks[s].parent)
            frame_text(&totals->frames[totals->stacks[s].frame], o->by, frames[depth++]);
        if (!o->reverse)
            for (size_t a = 0, b = depth - 1; a < b; a++, b--) {
                char kept[40];
                memcpy(kept, frames[a], 40);
                memcpy(frames[a], frames[b], 40);
                memcpy(frames[b], kept, 40);
            }
        text[0] = 0;
        path *row = find(out, text);
        for (size_t f = 0;; f++) {
            row->width +=
                both[0].size_bytes > both[1].size_bytes ? both[0].size_bytes : both[1].size_bytes;
            for (int k = 0; k < 2; k++)
                hsn__cell_add(&row->cells[k], both[k].count, both[k].size_bytes);
            while (o->by == HSN_BY_FILENAME && f && f < depth && !strcmp(frames[f], frames[f - 1]))
                f++;
            if (f >= depth)
                break;
            used += (size_t)sprintf(text + used, "%s", frames[f]);
            row = find(out, text);
        }
        for (int k = 0; k < 2; k++)
            hsn__cell_add(&row->owns[k], both[k].count, both[k].size_bytes);
    }
}

static bool same_cells(const hsn_cell *a, const hsn_cell *b)
{
    return a[0].count == b[0].count && a[0].size_bytes == b[0].size_bytes &&
           a[1].count == b[1].count && a[1].size_bytes == b[1].size_bytes;
}

// Every box is a path of the twin, with the same numbers; the order below a box is as promised.
static void compare(const hsn_flame *flame, twin *t, uint64_t least)
{
    char(*texts)[DEPTH * 40] = calloc(flame->count, sizeof *texts);
    size_t wide = 0;
    for (size_t i = 0; i < flame->count; i++) {
        const hsn_flame_box *box = &flame->boxes[i];
        if (i) {
            char frame[40];
            static const hsn_frame none = {"", "", 0};
            CHECK(box->parent < i);
            CHECK_EQ(box->depth, flame->boxes[box->parent].depth + 1);
            frame_text(box->frame == HSN_NONE ? &none : &flame->frames[box->frame].frame,
                       flame->options.by, frame);
            snprintf(texts[i], sizeof texts[i], "%s%s", texts[box->parent], frame);
        }
        size_t before = t->count;
        const path *row = find(t, texts[i]);
        if (!CHECK_EQ(t->count, before))
            break;
        CHECK_EQ(box->width, row->width);
        CHECK(box->width >= least);
        CHECK(same_cells(box->cells, row->cells));
        CHECK(same_cells(box->owns, row->owns));
        for (size_t j = i + 1; j < flame->count && flame->boxes[j].depth >= box->depth; j++)
            if (flame->boxes[j].depth == box->depth) {
                CHECK(flame->boxes[j].width <= box->width);
                break;
            }
    }
    for (size_t i = 0; i < t->count; i++)
        wide += t->rows[i].width >= least && t->rows[i].width;
    CHECK_EQ(flame->count, wide);
    free(texts);
}

// The same of the profile whose stacks are those of the totals.
static void compare_profile(const hsn_totals *totals, const hsn_flame_options *o, twin *t)
{
    hsn_stack_total *rows = calloc(totals->count, sizeof *rows);
    hsn_flame flame;
    hsn_error err = {0};
    for (size_t i = 0; i < totals->count; i++)
        rows[i] = (hsn_stack_total){.stack = totals->keys[i].stack,
                                    .count = totals->cells[i].count,
                                    .size_bytes = totals->cells[i].size_bytes};
    hsn_profile profile = {.frames = (hsn_frame *)totals->frames,
                           .frame_count = totals->frame_count,
                           .stacks = (hsn_stack *)totals->stacks,
                           .stack_count = totals->stack_count,
                           .totals = rows,
                           .total_count = totals->count};
    if (CHECK_OK(hsn__flame_of_profile(&profile, o, &flame, &err), &err))
        compare(&flame, t, (uint64_t)(o->least_share * (double)flame.boxes[0].width));
    hsn_flame_free(&flame);
    free(rows);
}

static void test_flame_equals_the_spelled_out_twin(void)
{
    static const hsn_by bys[] = {HSN_BY_LINENO, HSN_BY_FUNCTION, HSN_BY_FILENAME};
    check_random random = {.state = 7};
    hsn_totals_options traceback = {.by = HSN_BY_TRACEBACK};
    twin t = {.rows = malloc(ROWS * sizeof *t.rows)};
    for (int round = 0; round < 400; round++) {
        memory_profile profiles[2];
        const hsn_profile *pointers[2] = {&profiles[0].profile, &profiles[1].profile};
        size_t count = 1 + (size_t)round % 2;
        hsn_totals totals;
        hsn_flame flame;
        hsn_error err = {0};
        make_random(&profiles[0], &random);
        make_random(&profiles[1], &random);
        if (!CHECK_OK(hsn__totals_of_profiles(pointers, count, &traceback, &totals, &err), &err))
            return;
        hsn_flame_options o = {.by = bys[round % 3], .reverse = round / 6 % 2};
        t.count = 0;
        spell(&totals, &o, &t);
        if (CHECK_OK(hsn__flame_of_totals(&totals, &o, &flame, &err), &err)) {
            compare(&flame, &t, 0);
            CHECK_EQ(flame.dropped, 0);
            uint64_t whole = flame.boxes[0].width;
            hsn_flame_free(&flame);
            o.least_share = 0.05;
            if (CHECK_OK(hsn__flame_of_totals(&totals, &o, &flame, &err), &err))
                compare(&flame, &t, (uint64_t)(0.05 * (double)whole));
            hsn_flame_free(&flame);
        }
        o.least_share = round % 4 ? 0 : 0.03;
        if (count == 1)
            compare_profile(&totals, &o, &t);
        hsn_totals_free(&totals);
    }
    free(t.rows);
}

// ---- depth --------------------------------------------------------------------------------------

static int append(void *context, const void *data, size_t size)
{
    char **text = context;
    size_t used = *text ? strlen(*text) : 0;
    *text = realloc(*text, used + size + 1);
    memcpy(*text + used, data, size);
    (*text)[used + size] = 0;
    return 0;
}

static void test_flame_bears_stacks_of_ten_thousand_frames(void)
{
    enum { LEVELS = 10000 };
    hsn_frame frames[2] = {{"a.py", "f", 1}, {"a.py", "g", 2}};
    hsn_stack *stacks = malloc(LEVELS * sizeof *stacks);
    hsn_stack_total total = {.stack = LEVELS - 1, .count = 1, .size_bytes = 5};
    hsn_profile profile = {.frames = frames,
                           .frame_count = 2,
                           .stacks = stacks,
                           .stack_count = LEVELS,
                           .totals = &total,
                           .total_count = 1};
    const hsn_profile *pointer = &profile;
    hsn_totals_options traceback = {.by = HSN_BY_TRACEBACK};
    hsn_totals totals;
    hsn_error err = {0};
    for (uint32_t i = 0; i < LEVELS; i++)
        stacks[i] = (hsn_stack){.frame = i % 2, .parent = i ? i - 1 : HSN_NONE};
    if (!CHECK_OK(hsn__totals_of_profiles(&pointer, 1, &traceback, &totals, &err), &err))
        return;
    for (int reverse = 0; reverse < 2; reverse++)
        for (uint32_t depth = 0; depth <= 512; depth += 512) {
            hsn_flame_options o = {.reverse = reverse, .max_depth = depth};
            hsn_flame_svg_options look = {0};
            hsn_flame flame;
            char *svg;
            size_t size;
            if (!CHECK_OK(hsn__flame_of_totals(&totals, &o, &flame, &err), &err))
                continue;
            CHECK_EQ(flame.count, depth ? depth + 1 : LEVELS + 1);
            CHECK_EQ(flame.dropped_deep, depth ? 1 : 0);
            CHECK_EQ(flame.boxes[flame.count - 1].width, 5);
            if (CHECK_OK(hsn_flame_render(&flame, &look, &svg, &size, &err), &err)) {
                CHECK_EQ(size, strlen(svg));
                CHECK(size < 5000000);
                CHECK(!depth == !strstr(svg, "1 deeper than 512 levels too"));
                hsn_flame_svg_free(svg);
            }
            hsn_flame_free(&flame);
        }
    hsn_totals_free(&totals);
    free(stacks);
}

// ---- texts --------------------------------------------------------------------------------------

static void test_flame_escapes_texts_once(void)
{
    hsn_frame frames[3] = {{"a<b>.py", "f&\"g\"", 3}, {"", "x;y]]>", 0}, {"/s/c.py", "", 9}};
    hsn_stack stacks[3] = {{0, HSN_NONE}, {1, 0}, {2, 0}};
    hsn_stack_total rows[3] = {{1, 0, 1, 40, 0}, {2, 0, 2, 1500, 0}, {HSN_NONE, 0, 3, 7, 0}};
    hsn_profile profile = {.frames = frames,
                           .frame_count = 3,
                           .stacks = stacks,
                           .stack_count = 3,
                           .totals = rows,
                           .total_count = 3};
    const hsn_profile *pointer = &profile;
    hsn_totals_options traceback = {.by = HSN_BY_TRACEBACK};
    hsn_flame_options o = {0};
    hsn_flame_svg_options look = {.sources = {"a&b.db"}};
    hsn_totals totals;
    hsn_flame flame;
    hsn_error err = {0};
    char *text = NULL, *svg = NULL, *again = NULL;
    size_t size;
    if (!CHECK_OK(hsn__totals_of_profiles(&pointer, 1, &traceback, &totals, &err), &err))
        return;
    if (!CHECK_OK(hsn__flame_of_totals(&totals, &o, &flame, &err), &err))
        return;
    hsn_writer writer = {append, &text};
    CHECK_OK(hsn_flame_folded(&flame, &writer, &err), &err);
    CHECK_STR(text, "f&\"g\" (a<b>.py:3);/s/c.py:9 1500\n"
                    "f&\"g\" (a<b>.py:3);x:y]]> 40\n"
                    "[unknown] 7\n");
    CHECK_OK(hsn_flame_render(&flame, &look, &svg, &size, &err), &err);
    CHECK(strstr(svg, "Live memory of a&amp;b.db: 1.5 KiB in 6 blocks"));
    CHECK(strstr(svg,
                 "f&amp;&quot;g&quot; a&lt;b&gt;.py:3\n1.5 KiB (1 540 bytes), 99.55 %, 3 blocks"));
    CHECK(strstr(svg, "x;y]]&gt;\n40 B (40 bytes)"));
    CHECK(strstr(svg, "(no stack)\n7 B (7 bytes), 0.45 %, 3 blocks"));
    CHECK(!strstr(svg, "a<b>") && !strstr(svg, "&amp;amp;"));
    CHECK_OK(hsn_flame_render(&flame, &look, &again, &size, &err), &err);
    CHECK_STR(again, svg);
    hsn_flame_svg_free(svg);
    hsn_flame_svg_free(again);
    free(text);
    hsn_flame_free(&flame);
    o.reverse = 1;
    text = NULL;
    if (CHECK_OK(hsn__flame_of_totals(&totals, &o, &flame, &err), &err))
        CHECK_STATUS(hsn_flame_folded(&flame, &writer, NULL), HSN_EINVAL);
    hsn_flame_free(&flame);
    hsn_totals_free(&totals);
}

// More boxes than five megabytes hold: the narrowest go, and the picture says so.
static void test_flame_pictures_stay_below_five_megabytes(void)
{
    enum { CHAINS = 4000, LEVELS = 30 };
    hsn_frame *frames = calloc(CHAINS, sizeof *frames);
    hsn_stack *stacks = malloc(CHAINS * LEVELS * sizeof *stacks);
    hsn_stack_total *rows = calloc(CHAINS, sizeof *rows);
    hsn_profile profile = {.frames = frames,
                           .frame_count = CHAINS,
                           .stacks = stacks,
                           .stack_count = CHAINS * LEVELS,
                           .totals = rows,
                           .total_count = CHAINS};
    hsn_flame_options o = {.least_share = HSN_FLAME_LEAST_SHARE};
    hsn_flame_svg_options look = {0};
    hsn_flame flame;
    hsn_error err = {0};
    char *svg = NULL;
    size_t size = 0;
    for (uint32_t i = 0; i < CHAINS; i++) {
        frames[i] = (hsn_frame){"/srv/application/packages/some_module.py", "some_function", i + 1};
        for (uint32_t level = 0; level < LEVELS; level++)
            stacks[i * LEVELS + level] = (hsn_stack){i, level ? i * LEVELS + level - 1 : HSN_NONE};
        rows[i] = (hsn_stack_total){
            .stack = i * LEVELS + LEVELS - 1, .count = 1, .size_bytes = 100000 + i};
    }
    if (CHECK_OK(hsn__flame_of_profile(&profile, &o, &flame, &err), &err)) {
        CHECK_EQ(flame.count, CHAINS * LEVELS + 1);
        if (CHECK_OK(hsn_flame_render(&flame, &look, &svg, &size, &err), &err)) {
            CHECK(size <= 5000000 && size > 4000000);
            CHECK(strstr(svg, " px are left out with all below"));
        }
        hsn_flame_svg_free(svg);
    }
    hsn_flame_free(&flame);
    free(frames);
    free(stacks);
    free(rows);
}

static void test_flame_survives_every_failing_allocation(void)
{
    memory_profile profile;
    check_random random = {.state = 3};
    const hsn_profile *pointer = &profile.profile;
    hsn_totals_options traceback = {.by = HSN_BY_TRACEBACK};
    hsn_totals totals;
    hsn_error err = {0};
    make_random(&profile, &random);
    if (!CHECK_OK(hsn__totals_of_profiles(&pointer, 1, &traceback, &totals, &err), &err))
        return;
    for (int reverse = 0; reverse < 2; reverse++)
        for (uint64_t nth = 1; nth < 10000; nth++) {
            hsn_flame_options o = {.by = HSN_BY_FUNCTION, .reverse = reverse};
            hsn_flame_svg_options look = {0};
            hsn_flame flame;
            char *svg = NULL;
            size_t size;
            hsn__alloc_fail_at(nth, false);
            int r = hsn__flame_of_totals(&totals, &o, &flame, NULL);
            if (r >= 0)
                r = hsn_flame_render(&flame, &look, &svg, &size, NULL);
            bool done = hsn__alloc_fail_at(0, false) < nth;
            hsn_flame_svg_free(svg);
            hsn_flame_free(&flame);
            if (done) {
                CHECK_EQ(r, HSN_OK);
                break;
            }
            CHECK_EQ(r, HSN_ENOMEM);
        }
    hsn_totals_free(&totals);
}

CHECK_MAIN(CHECK_CASE(test_flame_equals_the_spelled_out_twin),
           CHECK_CASE(test_flame_bears_stacks_of_ten_thousand_frames),
           CHECK_CASE(test_flame_escapes_texts_once),
           CHECK_CASE(test_flame_pictures_stay_below_five_megabytes),
           CHECK_CASE(test_flame_survives_every_failing_allocation))
