// SPDX-License-Identifier: MIT
// Flame graphs of allocations: what the boxes say and how they look; boxes.c draws them.
#include "heapsnap/flame_svg.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "render/boxes_private.h"
#include "render/draw_private.h"
#include "render/units.h"
#include "render/utf8.h"

typedef struct picture {
    const hsn_flame *flame;
    const hsn_flame_svg_options *options;
    const char *things; // what is counted: " blocks"
} picture;

// ---- numbers ----------------------------------------------------------------------------------

static bool is_unit(const picture *p, const char *unit)
{
    return !strcmp(p->flame->unit, unit);
}

// The unit of plain numbers: of samples the metric's name.
static const char *unit_of(const picture *p)
{
    return is_unit(p, HSN_UNIT_COUNT) ? p->flame->metric : p->flame->unit;
}

static void put_exact(hsn__buf *out, const picture *p, uint64_t size)
{
    hsn__draw_number(out, size);
    hsn__buf_putc(out, ' ');
    hsn__buf_puts(out, unit_of(p));
}

// "1.2 MiB", "1.50 s", "137 samples"
static void put_size(hsn__buf *out, const picture *p, uint64_t size)
{
    if (is_unit(p, HSN_UNIT_BYTES))
        hsn__units_bytes(out, size, false);
    else if (is_unit(p, HSN_UNIT_NS))
        hsn__units_ns(out, size, false);
    else
        put_exact(out, p, size);
}

static void put_count(hsn__buf *out, const picture *p, uint64_t count)
{
    hsn__draw_number(out, count);
    hsn__buf_append(out, p->things, strlen(p->things) - (count == 1));
}

static void put_sign(hsn__buf *out, uint64_t before, uint64_t after)
{
    hsn__buf_puts(out, after > before ? "+" : after < before ? "-" : "");
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

// "1.2 MiB (1 234 567 bytes)", "12 blocks"
static void put_value(hsn__buf *out, const picture *p, const hsn_cell *cell, bool count)
{
    if (count) {
        put_count(out, p, cell->count);
        return;
    }
    put_size(out, p, cell->size_bytes);
    if (is_unit(p, HSN_UNIT_BYTES) || is_unit(p, HSN_UNIT_NS)) {
        hsn__buf_puts(out, " (");
        put_exact(out, p, cell->size_bytes);
        hsn__buf_putc(out, ')');
    }
}

// What tells more than the width: counts when there are any that differ from the sizes.
static bool has_other(const picture *p, const hsn_cell cells[2])
{
    if (p->flame->by_count)
        return cells[0].size_bytes || cells[1].size_bytes;
    return (cells[0].count || cells[1].count) && !is_unit(p, HSN_UNIT_COUNT);
}

// "1.2 MiB (1 234 567 bytes), 3.45 %, 12 blocks"
static void put_amount(hsn__buf *out, const picture *p, const hsn_cell cells[2])
{
    const hsn_cell *all = &p->flame->boxes[0].cells[1], *cell = &cells[1];
    bool by_count = p->flame->by_count;
    double whole = (double)(by_count ? all->count : all->size_bytes);
    put_value(out, p, cell, by_count);
    if (whole > 0) {
        hsn__buf_puts(out, by_count ? " (" : ", ");
        hsn__units_real(out, (double)(by_count ? cell->count : cell->size_bytes) * 100 / whole, 2);
        hsn__buf_puts(out, by_count ? " %)" : " %");
    }
    if (has_other(p, cells)) {
        hsn__buf_puts(out, ", ");
        put_value(out, p, cell, !by_count);
    }
}

// "+1.2 MiB (1 234 bytes → 1 259 525 bytes)", "+12 blocks (1 → 13)"
static void put_change(hsn__buf *out, const picture *p, const hsn_cell cells[2], bool count)
{
    uint64_t before = count ? cells[0].count : cells[0].size_bytes;
    uint64_t after = count ? cells[1].count : cells[1].size_bytes;
    put_sign(out, before, after);
    if (count)
        put_count(out, p, distance(before, after));
    else
        put_size(out, p, distance(before, after));
    hsn__buf_puts(out, " (");
    hsn__draw_number(out, before);
    hsn__buf_puts(out, " \xe2\x86\x92 ");
    if (count)
        hsn__draw_number(out, after);
    else
        put_exact(out, p, after);
    hsn__buf_putc(out, ')');
}

static void put_cells(hsn__buf *out, const picture *p, const hsn_cell cells[2])
{
    if (p->flame->snapshots == 1) {
        put_amount(out, p, cells);
        return;
    }
    put_change(out, p, cells, p->flame->by_count);
    if (has_other(p, cells)) {
        hsn__buf_puts(out, ", ");
        put_change(out, p, cells, !p->flame->by_count);
    }
}

// ---- boxes ------------------------------------------------------------------------------------

// The last two parts of a path: enough to know the file.
static const char *short_path(const char *path)
{
    const char *start = path;
    unsigned slashes = 0;
    for (const char *c = path + strlen(path); c > path && slashes < 2; c--)
        if ((c[-1] == '/' || c[-1] == '\\') && ++slashes == 2)
            start = c;
    return start;
}

static void put_place(hsn__buf *out, const char *file, uint32_t line)
{
    hsn__text_escape(out, file, strlen(file));
    if (line)
        hsn__buf_printf(out, ":%" PRIu32, line);
}

static void put_frame(hsn__buf *out, const hsn_frame *frame)
{
    hsn__text_escape(out, frame->function, strlen(frame->function));
    if (*frame->function && *frame->file)
        hsn__buf_putc(out, ' ');
    if (*frame->file)
        put_place(out, short_path(frame->file), frame->line);
    else if (!*frame->function)
        hsn__buf_puts(out, "(unknown)");
}

// The more of it is new or gone, the stronger.
static const char *change_look(const picture *p, const hsn_flame_box *box)
{
    static const char *const up[] = {"up1", "up2", "up3", "up4"};
    static const char *const down[] = {"down1", "down2", "down3", "down4"};
    bool by_count = p->flame->by_count;
    uint64_t before = by_count ? box->cells[0].count : box->cells[0].size_bytes;
    uint64_t after = by_count ? box->cells[1].count : box->cells[1].size_bytes;
    if (before == after)
        return "same";
    double share = (double)distance(before, after) / (double)box->width;
    int step = (int)(share * 4);
    step = step > 3 ? 3 : step;
    return after > before ? up[step] : down[step];
}

static int describe(void *context, size_t index, hsn__box_text *out, hsn_error *err)
{
    static const char *const looks[] = {[HSN_FLAME_APPLICATION] = "app",
                                        [HSN_FLAME_PACKAGE] = "pkg",
                                        [HSN_FLAME_STDLIB] = "std",
                                        [HSN_FLAME_NATIVE] = "nat"};
    const picture *p = context;
    const hsn_flame_box *box = &p->flame->boxes[index];
    const hsn_flame_frame *frame = box->frame == HSN_NONE ? NULL : &p->flame->frames[box->frame];
    out->look = frame ? looks[frame->origin] : index ? "nat" : "all";
    if (p->flame->snapshots == 2)
        out->look = change_look(p, box);
    if (frame)
        put_frame(&out->name, &frame->frame);
    else
        hsn__buf_puts(&out->name, index ? "(no stack)" : "all");
    put_cells(&out->tooltip, p, box->cells);
    bool owns = box->owns[0].size_bytes || box->owns[1].size_bytes || box->owns[1].count;
    if (owns && memcmp(box->owns, box->cells, sizeof box->owns)) {
        hsn__buf_puts(&out->tooltip, p->flame->options.reverse ? "\nbegins here: " : "\nitself: ");
        put_cells(&out->tooltip, p, box->owns);
    }
    if (frame && short_path(frame->frame.file) != frame->frame.file) {
        hsn__buf_putc(&out->tooltip, '\n');
        put_place(&out->tooltip, frame->frame.file, frame->frame.line);
    }
    (void)err;
    return HSN_OK;
}

// ---- texts of the whole -----------------------------------------------------------------------

static void put_source(hsn__buf *out, const char *source)
{
    hsn__text_escape(out, source, strlen(source));
}

// What the picture shows, as a heading says it.
static const char *subject(const picture *p)
{
    static const struct {
        const char *metric, *text;
    } subjects[] = {
        {HSN_METRIC_INUSE_NAME, "Live memory"},
        {"alloc", "Everything allocated"},
        {"peak", "Memory at the peak"},
        {"temporary", "Temporary memory"},
        {"cpu", "CPU time"},
        {"wall", "Time"},
    };
    if (p->flame->options.retained)
        return "Retained memory";
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (!strcmp(subjects[i].metric, p->flame->metric))
            return subjects[i].text;
    return p->flame->metric;
}

static void put_title(hsn__buf *out, const picture *p)
{
    const char *const *sources = p->options->sources;
    const hsn_cell *cells = p->flame->boxes[0].cells;
    if (p->options->title) {
        put_source(out, p->options->title);
        return;
    }
    hsn__buf_puts(out, subject(p));
    if (sources[0]) {
        hsn__buf_puts(out, sources[1] ? ", " : " of ");
        put_source(out, sources[0]);
    }
    if (sources[0] && sources[1]) {
        hsn__buf_puts(out, " \xe2\x86\x92 ");
        put_source(out, sources[1]);
    }
    hsn__buf_puts(out, ": ");
    if (p->flame->snapshots == 2) {
        put_sign(out, cells[0].size_bytes, cells[1].size_bytes);
        put_size(out, p, distance(cells[0].size_bytes, cells[1].size_bytes));
        hsn__buf_puts(out, " (");
        put_size(out, p, cells[0].size_bytes);
        hsn__buf_puts(out, " \xe2\x86\x92 ");
        put_size(out, p, cells[1].size_bytes);
        hsn__buf_putc(out, ')');
        return;
    }
    put_size(out, p, cells[1].size_bytes);
    if (cells[1].count && !is_unit(p, HSN_UNIT_COUNT)) {
        hsn__buf_puts(out, " in ");
        put_count(out, p, cells[1].count);
    }
}

static void put_how(hsn__buf *out, const picture *p)
{
    const hsn_flame_options *o = &p->flame->options;
    hsn__buf_printf(out, "width: %s%s; %s%s", o->retained ? "retained " : "",
                    p->flame->by_count ? p->things + 1 : unit_of(p),
                    p->options->upwards ? "above" : "below",
                    o->reverse ? " what allocated: its callers" : " a frame: what it called");
    if (p->flame->snapshots == 2)
        hsn__buf_puts(out, "; of both snapshots the larger");
}

static void put_description(hsn__buf *out, const picture *p)
{
    hsn__buf_puts(out, p->options->upwards ? "A flame graph of " : "An icicle of ");
    hsn__draw_number(out, p->flame->stacks);
    hsn__buf_puts(out, p->flame->stacks == 1 ? " stack" : " stacks");
    if (p->flame->count > 1) {
        const hsn_flame_box *first = &p->flame->boxes[1];
        hsn__buf_puts(out, "; the widest box is ");
        if (first->frame == HSN_NONE)
            hsn__buf_puts(out, "what has no stack");
        else
            put_frame(out, &p->flame->frames[first->frame].frame);
        hsn__buf_puts(out, ", ");
        put_cells(out, p, first->cells);
    }
    hsn__buf_putc(out, '.');
}

static const hsn__box_legend origins[] = {
    {"app", "application"},
    {"pkg", "installed packages"},
    {"std", "standard library"},
    {"nat", "no file known"},
};
static const hsn__box_legend changes[] = {
    {"up1", "+ grew"}, {"up4", "new"}, {"down1", "- shrank"}, {"down4", "gone"}, {"same", "same"}};

int hsn_flame_render(const hsn_flame *flame, const hsn_flame_svg_options *options, char **out,
                     size_t *out_size, hsn_error *err)
{
    picture p = {.flame = flame,
                 .options = options,
                 .things = flame->options.retained                ? " objects"
                           : !strcmp(flame->unit, HSN_UNIT_BYTES) ? " blocks"
                                                                  : " times"};
    bool two = flame->snapshots == 2;
    hsn__boxes boxes = {.count = flame->count,
                        .legend = two ? changes : origins,
                        .legend_count = two ? sizeof changes / sizeof *changes
                                            : sizeof origins / sizeof *origins,
                        .dropped = flame->dropped,
                        .dropped_deep = flame->dropped_deep,
                        .max_depth = flame->options.max_depth,
                        .upwards = options->upwards,
                        .describe = describe,
                        .context = &p};
    hsn__buf title = {0}, how = {0}, description = {0}, svg = {0};
    hsn__box *rows = hsn__alloc_array(flame->count, sizeof *rows);
    int r = rows ? HSN_OK : hsn__fail_memory(err);
    *out = NULL;
    *out_size = 0;
    if (r < 0)
        goto done;
    for (size_t i = 0; i < flame->count; i++)
        rows[i] = (hsn__box){flame->boxes[i].parent, flame->boxes[i].depth, flame->boxes[i].width};
    put_title(&title, &p);
    put_how(&how, &p);
    put_description(&description, &p);
    boxes.boxes = rows;
    boxes.title = hsn__buf_text(&title);
    boxes.how_to_read = hsn__buf_text(&how);
    boxes.description = hsn__buf_text(&description);
    r = title.failed || how.failed || description.failed ? hsn__fail_memory(err)
                                                         : hsn__boxes_draw(&boxes, &svg, err);
    if (r >= 0) {
        *out_size = svg.size;
        hsn__buf_text(&svg);
        *out = svg.data;
        svg = (hsn__buf){0};
    }
done:
    hsn__buf_clear(&svg);
    hsn__buf_clear(&title);
    hsn__buf_clear(&how);
    hsn__buf_clear(&description);
    hsn__free(rows);
    return r;
}

void hsn_flame_svg_free(char *svg)
{
    hsn__free(svg);
}
