// SPDX-License-Identifier: MIT
// What snaptop, snapdiff and snapgrow share: options that choose and group, and columns that name a
// row.
#ifndef CLI_GROUPING_H
#define CLI_GROUPING_H

#include "cli/tool.h"

#include <heapsnap/totals.h>

/** Values of the options; a tool has one, static, started with GROUPING_DEFAULTS. */
struct grouping {
    int by; /**< index into the tool's own words; the tool makes it an hsn_by */
    bool cumulative;
    const char *type, *module, *metric;
    struct opt_list include, exclude;
    bool all_frames;
    uint64_t domain; /**< UINT64_MAX = any */
};

#define GROUPING_DEFAULTS                                                                          \
    {                                                                                              \
        .domain = UINT64_MAX                                                                       \
    }

/** Option rows. */
// clang-format off
#define GROUPING_TYPE_ROWS(g)                                                                      \
    {OPT_TEXT, 0, "type", "GLOB", &(g).type, "only types whose full name matches"},                \
    {OPT_TEXT, 0, "module", "GLOB", &(g).module, "only types of modules that match"}
#define GROUPING_SITE_ROWS(g)                                                                      \
    {OPT_GROUP, .name = "Allocations"},                                                            \
    GROUPING_METRIC_ROW(g),                                                                        \
    {OPT_FLAG, 0, "cumulative", NULL, &(g).cumulative,                                             \
     "count an allocation at every frame of its stack"},                                           \
    GROUPING_FILTER_ROWS(g)
/** Of GROUPING_SITE_ROWS the one that measures, and those that choose. */
#define GROUPING_METRIC_ROW(g)                                                                     \
    {OPT_TEXT, 0, "metric", "NAME", &(g).metric,                                                   \
     "what is counted: inuse, alloc, peak, cpu, or NAME_count to rank by count; snapinfo lists "   \
     "what a snapshot has"}
#define GROUPING_FILTER_ROWS(g)                                                                    \
    {OPT_LIST, 0, "include", "GLOB[:LINE]", &(g).include,                                          \
     "only allocations in files that match; repeatable"},                                          \
    {OPT_LIST, 0, "exclude", "GLOB[:LINE]", &(g).exclude,                                          \
     "no allocations in files that match; repeatable"},                                            \
    {OPT_FLAG, 0, "all-frames", NULL, &(g).all_frames,                                             \
     "--include and --exclude look at every frame, not the newest"},                               \
    {OPT_COUNT, 0, "domain", "N", &(g).domain, "only allocations of tracemalloc domain N"}
// clang-format on

/** Fill *out for the grouping `by`. STATUS_OK, or STATUS_TROUBLE (a usage error, printed). */
int grouping_options(struct cli *cli, const struct grouping *grouping, hsn_by by,
                     hsn_totals_options *out);

/**
 * The grouping that `by` means, HSN_BY_COUNT = none was asked for: types, or lineno when there are
 * only allocations or a metric was named. Modules are those of allocation sites when there are no
 * objects, or when an option about allocations is given.
 */
hsn_by grouping_by(const struct grouping *grouping, hsn_by by, struct snapshot *const *snapshots,
                   size_t count);

/**
 * Whether every snapshot has what `by` groups. What one was never asked to record would look like
 * growth in the other. STATUS_OK, or STATUS_TROUBLE (printed).
 */
int grouping_check(struct cli *cli, hsn_by by, struct snapshot *const *snapshots, size_t count);

/** How many rows to print; 0 = all. */
size_t grouping_limit(const struct cli *cli);

enum { GROUPING_COLUMNS = 4 };

/** The columns that name a row, at most GROUPING_COLUMNS; returns how many. */
size_t grouping_columns(hsn_by by, hsn_column *out);

/**
 * Columns of numbers for the unit of `totals`: bytes as they are; of another metric `size_bytes`
 * becomes `value`, in text a duration or a plain number. Ended by `{0}`.
 */
const hsn_column *grouping_units(struct cli *cli, const hsn_column *columns,
                                 const hsn_totals *totals);

/** Cells of grouping_metric_column, the member `metric` of a document: null unless by sites. */
extern const hsn_column grouping_metric_column;
void grouping_metric_cell(hsn_table *table, const hsn_totals *totals);

/** A table of that member only, for out_table(); NULL when by types, or without memory. */
hsn_table *grouping_members(const hsn_totals *totals);

/** Their cells for a key. */
void grouping_cells(struct cli *cli, hsn_table *table, const hsn_totals *totals,
                    const hsn_key *key);

/** Their cells for a line of text that is no key: "(total)". */
void grouping_note_cells(hsn_table *table, hsn_by by, const char *note);

/** A table of the naming columns and then `columns` (ended by `{0}`) in the unit of `totals`.
 * STATUS_OK or STATUS_TROUBLE. */
int grouping_table(struct cli *cli, const hsn_totals *totals, const hsn_column *columns,
                   hsn_table **out);

#endif
