// SPDX-License-Identifier: MIT
// Chains as boxes and arrows: the way from a root to an object.
#include "heapsnap/draw_chain.h"
#include "base/alloc.h"
#include "render/draw_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// A step of any chain: sorted by address, equal ones become one box.
typedef struct place {
    uint64_t address;
    uint32_t chain, step;
    uint32_t depth; // from the target
    uint32_t box;
} place;

typedef struct drawer {
    const hsn_chain *chains;
    size_t count;
    bool full_names;
    hsn_drawing *drawing;
    place *places; // by chain, then step
    size_t place_count;
} drawer;

static int compare_addresses(const void *a, const void *b)
{
    const place *x = *(place *const *)a, *y = *(place *const *)b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x < y ? -1 : x > y;
}

// The class itself: "Request" of "app.cache.Request".
static const char *short_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot[1] ? dot + 1 : name;
}

static int add_box(drawer *d, place *at, hsn_error *err)
{
    const hsn_chain *chain = &d->chains[at->chain];
    const hsn_chain_step *step = &chain->steps[at->step];
    bool is_target = at->step + 1 == chain->step_count;
    hsn__buf root = {0}, tooltip = {0};
    // A module's name is its text; a root of another kind says how it is alive.
    if (!at->step && chain->root.kind != HSN_ROOT_MODULE && *chain->root.name)
        hsn__buf_printf(&root, "root: %s", chain->root.name);
    if (!at->step && *chain->root.thread)
        hsn__buf_printf(&root, ", thread %s", chain->root.thread);
    hsn__buf_printf(&tooltip, "%s at 0x%" PRIx64, step->type_name, step->address);
    if (*step->text)
        hsn__buf_printf(&tooltip, "\n%s", step->text);
    hsn_draw_node node = {
        .address = step->address,
        .lines = {d->full_names ? step->type_name : short_name(step->type_name), step->text,
                  hsn__buf_text(&root)},
        .tooltip = hsn__buf_text(&tooltip),
        .depth = at->depth,
        .role = step->kind == HSN_KIND_MODULE ? HSN_DRAW_MODULE : HSN_DRAW_ORDINARY,
        .flags = (is_target ? HSN_DRAW_ROOT : 0) | (at->step ? 0 : HSN_DRAW_HOLDER),
    };
    int r = root.failed || tooltip.failed ? hsn__fail_memory(err)
                                          : hsn_drawing_add_node(d->drawing, &node, &at->box, err);
    hsn__buf_clear(&root);
    hsn__buf_clear(&tooltip);
    return r;
}

static int add_boxes(drawer *d, hsn_error *err)
{
    place **sorted = hsn__alloc_array(d->place_count, sizeof *sorted);
    int r = sorted ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < d->place_count; i++)
        sorted[i] = &d->places[i];
    if (r >= 0 && d->place_count)
        qsort(sorted, d->place_count, sizeof *sorted, compare_addresses);
    // The first place of an address gets the box, in order of the chains; the others share it.
    for (size_t i = 1; r >= 0 && i < d->place_count; i++)
        if (sorted[i]->address == sorted[i - 1]->address)
            sorted[i]->box = sorted[i - 1]->box != HSN_NONE ? sorted[i - 1]->box
                                                            : (uint32_t)(sorted[i - 1] - d->places);
    hsn__free(sorted);
    for (size_t i = 0; r >= 0 && i < d->place_count; i++) {
        place *at = &d->places[i];
        if (at->box == HSN_NONE)
            r = add_box(d, at, err);
        else
            at->box = d->places[at->box].box;
    }
    return r;
}

// Chains to targets of one container share their first steps; an arrow is drawn once.
static int add_arrows(drawer *d, hsn_error *err)
{
    uint64_t *seen = hsn__alloc_array(d->place_count, sizeof *seen);
    size_t seen_count = 0;
    int r = seen ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 1; r >= 0 && i < d->place_count; i++) {
        const place *at = &d->places[i];
        if (!at->step)
            continue;
        uint64_t pair = (uint64_t)at[-1].box << 32 | at->box;
        size_t k = 0;
        while (k < seen_count && seen[k] != pair)
            k++;
        if (k < seen_count)
            continue;
        seen[seen_count++] = pair;
        const char *label = d->chains[at->chain].steps[at->step].label;
        r = hsn_drawing_add_edge(d->drawing,
                                 &(hsn_draw_edge){.source = at[-1].box,
                                                  .target = at->box,
                                                  .labels = &label,
                                                  .label_count = 1,
                                                  .weight = 2},
                                 err);
    }
    hsn__free(seen);
    return r;
}

static int begin(drawer *d, const char *origin, hsn_error *err)
{
    size_t found = 0, longest = 0;
    const hsn_chain *only = NULL;
    for (size_t i = 0; i < d->count; i++)
        if (d->chains[i].found) {
            found++;
            only = &d->chains[i];
            d->place_count += only->step_count;
            longest = only->step_count > longest ? only->step_count : longest;
        }
    hsn__buf title = {0}, description = {0};
    if (found == 1)
        hsn__buf_puts(&title, only->expression);
    else
        hsn__buf_printf(&title, "%zu chains", found);
    if (origin)
        hsn__buf_printf(&title, " \xE2\x80\x94 %s", origin);
    hsn__buf_puts(&description, "Chains of references from a root down to an object:");
    for (size_t i = 0, told = 0; i < d->count && told < 8; i++)
        if (d->chains[i].found)
            hsn__buf_printf(&description, "%s %s", told++ ? "," : "", d->chains[i].expression);
    hsn_draw_head head = {.title = hsn__buf_text(&title),
                          .description = hsn__buf_text(&description),
                          .direction = HSN_DRAW_DOWN,
                          .max_depth = longest ? (unsigned)longest - 1 : 0};
    int r = title.failed || description.failed ? hsn__fail_memory(err)
                                               : hsn_drawing_new(&d->drawing, &head, err);
    hsn__buf_clear(&title);
    hsn__buf_clear(&description);
    return r;
}

int hsn_draw_chains(const hsn_chain *chains, size_t count, int full_names, const char *origin,
                    hsn_drawing **out, hsn_error *err)
{
    drawer d = {.chains = chains, .count = count, .full_names = full_names != 0};
    int r = begin(&d, origin, err);
    if (r < 0)
        return r;
    if (d.place_count > HSN_DRAW_MAX_NODES)
        r = hsn__fail_limit(err, "boxes of a drawing", HSN_DRAW_MAX_NODES);
    else if (!(d.places = hsn__alloc_array(d.place_count, sizeof *d.places)))
        r = hsn__fail_memory(err);
    size_t n = 0;
    for (uint32_t i = 0; r >= 0 && i < count; i++)
        for (uint32_t step = 0; chains[i].found && step < chains[i].step_count; step++)
            d.places[n++] = (place){.address = chains[i].steps[step].address,
                                    .chain = i,
                                    .step = step,
                                    .depth = (uint32_t)chains[i].step_count - 1 - step,
                                    .box = HSN_NONE};
    if (r >= 0 && (r = add_boxes(&d, err)) >= 0)
        r = add_arrows(&d, err);
    hsn__free(d.places);
    if (r >= 0)
        *out = d.drawing;
    else
        hsn_drawing_free(d.drawing);
    return r;
}
