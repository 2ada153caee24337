// SPDX-License-Identifier: MIT
// Totals from rows in memory, and the pure rankings over them: what the tests of top, diff, growth
// and sites call.
#ifndef HSN_ANALYSIS_TOTALS_PRIVATE_H
#define HSN_ANALYSIS_TOTALS_PRIVATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "heapsnap/diff.h"
#include "heapsnap/growth.h"
#include "heapsnap/top.h"

/** Most keys of all snapshots together: they are numbered in 32 bits. */
#define HSN__TOTALS_MAX_KEYS (UINT32_MAX - 1)

static inline uint64_t hsn__add_saturated(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static inline void hsn__cell_add(hsn_cell *cell, uint64_t count, uint64_t size_bytes)
{
    cell->count = hsn__add_saturated(cell->count, count);
    cell->size_bytes = hsn__add_saturated(cell->size_bytes, size_bytes);
}

/** after - before, held within int64_t. */
static inline int64_t hsn__delta(uint64_t before, uint64_t after)
{
    if (after >= before)
        return after - before > INT64_MAX ? INT64_MAX : (int64_t)(after - before);
    return before - after > INT64_MAX ? INT64_MIN : -(int64_t)(before - after);
}

/** Totals under construction: keys and cells grow together. Start with `{0}`, then set columns. */
typedef struct hsn__totals_builder {
    hsn_totals totals;
    hsn__arena *arena; /**< of the result: totals.memory */
    size_t key_capacity;
    size_t cell_capacity;
} hsn__totals_builder;

/** Zeroed wholes and an empty arena. Errors: HSN_ENOMEM. */
int hsn__totals_begin(hsn__totals_builder *builder, hsn_by by, size_t columns, hsn_error *err);

/** Append a row of zeros; its strings must live in the arena. Errors: HSN_ENOMEM, HSN_ELIMIT. */
int hsn__totals_add_key(hsn__totals_builder *builder, const hsn_key *key, size_t *out_row,
                        hsn_error *err);

static inline hsn_cell *hsn__totals_cell(hsn__totals_builder *builder, size_t row, size_t column)
{
    return &builder->totals.cells[row * builder->totals.columns + column];
}

/** By traceback: make hsn_totals_compare_keys() O(1) before many keys are compared; else nothing.
 * Cost: O(stacks). Errors: HSN_ENOMEM, and comparing is as before. */
int hsn__totals_order_stacks(hsn_totals *totals, hsn_error *err);

/** The order of two stacks of `totals` (strcmp's sign), found by walking both. */
int hsn__stack_compare(const hsn_totals *totals, uint32_t a, uint32_t b);

/** HSN_EINVAL for options that do not go together. */
int hsn__totals_check(const hsn_totals_options *options, hsn_error *err);

/** The pure halves of hsn_totals_read(). */
int hsn__totals_of_types(const hsn_type_list *const *lists, size_t count,
                         const hsn_totals_options *options, hsn_totals *out, hsn_error *err);
int hsn__totals_of_profiles(const hsn_profile *const *profiles, size_t count,
                            const hsn_totals_options *options, hsn_totals *out, hsn_error *err);

/** The module that types of `module` count for. */
static inline const char *hsn__module_name(const char *module)
{
    return *module ? module : "builtins";
}

static inline const char *hsn__type_module(const hsn_type *type)
{
    return hsn__module_name(type->module);
}

static inline bool hsn__name_passes(const char *name, const char *module, const char *type_glob,
                                    const char *module_glob)
{
    return (!type_glob || hsn_glob_match(type_glob, name)) &&
           (!module_glob || hsn_glob_match(module_glob, module));
}

static inline bool hsn__type_passes(const hsn_type *type, const char *type_glob,
                                    const char *module_glob)
{
    return hsn__name_passes(type->name, hsn__type_module(type), type_glob, module_glob);
}

/** The pure rankings. They take over *totals: it is empty afterwards, also when they fail. */
int hsn__top_rank(hsn_totals *totals, const hsn_top_options *options, hsn_top *out, hsn_error *err);
int hsn__diff_rank(hsn_totals *totals, const hsn_diff_options *options, hsn_diff *out,
                   hsn_error *err);
int hsn__growth_rank(hsn_totals *totals, const hsn_growth_options *options, hsn_growth *out,
                     hsn_error *err);

#endif
