// SPDX-License-Identifier: MIT
// Growth as a table: what a row is, its series, how fast it grows and how surely.
#include "cli/growth_table.h"

#include "cli/grouping.h"

#include <math.h>

static const hsn_column bare_count[] = {{HSN_COLUMN_COUNT, NULL, NULL, 0, NULL}, {0}};
static const hsn_column bare_bytes[] = {{HSN_COLUMN_BYTES, NULL, NULL, 0, NULL}, {0}};

// clang-format off
// Of a row and of the whole alike; number_cells() fills them.
#define NUMBER_COLUMNS                                                                             \
    {HSN_COLUMN_LIST, "counts", NULL, HSN_COLUMN_DATA_ONLY, bare_count},                           \
    {HSN_COLUMN_LIST, "sizes_bytes", NULL, HSN_COLUMN_DATA_ONLY, bare_bytes},                      \
    {HSN_COLUMN_DELTA_COUNT, "count_delta", NULL, HSN_COLUMN_DATA_ONLY, NULL},                     \
    {HSN_COLUMN_DELTA_BYTES, "size_bytes_delta", NULL, HSN_COLUMN_DATA_ONLY, NULL},                \
    {HSN_COLUMN_REAL, "slope_count", NULL, HSN_COLUMN_DATA_ONLY, NULL},                            \
    {HSN_COLUMN_REAL_BYTES, "slope_bytes", "Bytes/step", 0, NULL},                                 \
    {HSN_COLUMN_REAL_BYTES, "slope_bytes_low", NULL, HSN_COLUMN_DATA_ONLY, NULL},                  \
    {HSN_COLUMN_REAL_BYTES, "slope_bytes_high", NULL, HSN_COLUMN_DATA_ONLY, NULL},                 \
    {HSN_COLUMN_REAL_BYTES, "bytes_per_hour", "Bytes/hour", HSN_COLUMN_IF_ANY, NULL},              \
    {HSN_COLUMN_REAL_BYTES, "bytes_per_hour_low", NULL, HSN_COLUMN_DATA_ONLY, NULL},               \
    {HSN_COLUMN_REAL_BYTES, "bytes_per_hour_high", NULL, HSN_COLUMN_DATA_ONLY, NULL},              \
    {HSN_COLUMN_BOOL, "grew_every_step", NULL, HSN_COLUMN_DATA_ONLY, NULL},                        \
    {HSN_COLUMN_REAL, "late_early_ratio", NULL, HSN_COLUMN_DATA_ONLY, NULL},                       \
    {HSN_COLUMN_REAL, "p_value", NULL, HSN_COLUMN_DATA_ONLY, NULL},                                \
    {HSN_COLUMN_REAL_BYTES, "gain_bytes", NULL, HSN_COLUMN_DATA_ONLY, NULL},                       \
    {HSN_COLUMN_REAL_BYTES, "noise_bytes", NULL, HSN_COLUMN_DATA_ONLY, NULL},                      \
    {HSN_COLUMN_REAL, "steps_to_limit", NULL, HSN_COLUMN_DATA_ONLY, NULL},                         \
    {HSN_COLUMN_REAL, "hours_to_limit", NULL, HSN_COLUMN_DATA_ONLY, NULL},                         \
    {HSN_COLUMN_REAL, "hours_to_limit_low", NULL, HSN_COLUMN_DATA_ONLY, NULL},                     \
    {HSN_COLUMN_TEXT, "verdict", NULL, HSN_COLUMN_DATA_ONLY, NULL}

static const hsn_column whole_columns[] = {NUMBER_COLUMNS, {0}};

static const hsn_column row_columns[] = {
    {HSN_COLUMN_COUNT, "first", "First", HSN_COLUMN_TEXT_ONLY, NULL},
    {HSN_COLUMN_COUNT, "last", "Last", HSN_COLUMN_TEXT_ONLY, NULL},
    NUMBER_COLUMNS,
    {HSN_COLUMN_TEXT, "limit", "To limit", HSN_COLUMN_TEXT_ONLY | HSN_COLUMN_IF_ANY, NULL},
    {HSN_COLUMN_TEXT, "p", "p", HSN_COLUMN_TEXT_ONLY, NULL},
    {HSN_COLUMN_TEXT, "word", "Verdict", HSN_COLUMN_TEXT_ONLY, NULL},
    {HSN_COLUMN_TEXT, "trend", "Trend", HSN_COLUMN_TEXT_ONLY, NULL},
    {0},
};
// clang-format on

// Bytes over the snapshots as a row of blocks, from the least to the most of this row.
static const char *blocks_of(struct cli *cli, const hsn_cell *cells, size_t count)
{
    enum { MOST = 10, BLOCK_BYTES = 3 };
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    size_t shown = count < MOST ? count : MOST;
    char text[MOST * BLOCK_BYTES + 1];
    uint64_t least = UINT64_MAX, most = 0;
    for (size_t i = 0; i < count; i++) {
        least = cells[i].size_bytes < least ? cells[i].size_bytes : least;
        most = cells[i].size_bytes > most ? cells[i].size_bytes : most;
    }
    for (size_t i = 0; i < shown; i++) {
        const hsn_cell *cell = &cells[i * (count - 1) / (shown - 1)];
        double part =
            most > least ? (double)(cell->size_bytes - least) / (double)(most - least) : 0;
        const char *block = blocks[(int)(part * 7 + 0.5)];
        for (size_t b = 0; b < BLOCK_BYTES; b++)
            text[i * BLOCK_BYTES + b] = block[b];
    }
    text[shown * BLOCK_BYTES] = 0;
    return cli_format(cli, "%s", text);
}

static const char *probability(struct cli *cli, double p)
{
    return p < 0.001 ? "<0.001" : cli_format(cli, "%.3f", p);
}

// "9.5 h", "4 d", "2.1 y", or steps where hours are not known; NULL = never, as far as one can see.
static const char *time_to_limit(struct cli *cli, const hsn_growth_row *row)
{
    static const struct {
        double hours, least;
        const char *unit;
    } units[] = {{8766, 2 * 8766, "y"}, {24, 48, "d"}, {1, 1, "h"}, {1.0 / 60, 0, "min"}};
    double hours = row->hours_to_limit;
    if (row->trend.verdict > HSN_VERDICT_GROWING && hours != 0 && row->steps_to_limit != 0)
        return NULL;
    if (isnan(hours))
        return isnan(row->steps_to_limit) || !isnan(row->hourly.slope)
                   ? NULL
                   : cli_format(cli, "%.0f steps", ceil(row->steps_to_limit));
    if (hours <= 0)
        return "reached";
    size_t i = 0;
    while (hours < units[i].least)
        i++;
    double value = hours / units[i].hours;
    if (value > 1000)
        return cli_format(cli, "> 1000 %s", units[i].unit);
    return cli_format(cli, "%.*f %s", value < 10, value, units[i].unit);
}

static void real_or_null(hsn_table *table, double value)
{
    if (isnan(value))
        hsn_table_null(table);
    else
        hsn_table_real(table, value);
}

static void number_cells(hsn_table *table, const hsn_growth_row *row, size_t count)
{
    hsn_table_begin(table);
    for (size_t i = 0; i < count; i++)
        hsn_table_count(table, row->cells[i].count);
    hsn_table_end(table);
    hsn_table_begin(table);
    for (size_t i = 0; i < count; i++)
        hsn_table_bytes(table, row->cells[i].size_bytes);
    hsn_table_end(table);
    hsn_table_delta(table, row->count_delta);
    hsn_table_delta(table, row->size_bytes_delta);
    hsn_table_real(table, row->slope_count);
    hsn_table_real(table, row->slope_bytes);
    hsn_table_real(table, row->slope_bytes_low);
    hsn_table_real(table, row->slope_bytes_high);
    real_or_null(table, row->hourly.slope);
    real_or_null(table, row->hourly.low);
    real_or_null(table, row->hourly.high);
    hsn_table_bool(table, row->grew_every_step);
    real_or_null(table, row->late_early_ratio);
    hsn_table_real(table, row->trend.kendall.p_value);
    hsn_table_real(table, row->trend.gain);
    hsn_table_real(table, row->trend.noise);
    real_or_null(table, row->steps_to_limit);
    real_or_null(table, row->hours_to_limit);
    real_or_null(table, row->hours_to_limit_low);
    hsn_table_text(table, hsn_verdict_name(row->trend.verdict));
}

static void row_cells(struct cli *cli, hsn_table *table, const hsn_growth *growth,
                      const hsn_growth_row *row, size_t first)
{
    size_t count = growth->snapshots;
    bool is_text = cli->format == FORMAT_TEXT;
    hsn_table_count(table, row->cells[first].count);
    hsn_table_count(table, row->cells[count - 1].count);
    number_cells(table, row, count);
    hsn_table_text(table, time_to_limit(cli, row));
    hsn_table_text(table, probability(cli, row->trend.kendall.p_value));
    hsn_table_text(table, hsn_verdict_name(row->trend.verdict));
    hsn_table_text(table, is_text ? blocks_of(cli, row->cells, count) : "");
}

// What stands beside the rows: which of the envelope's snapshots each number of `counts` belongs
// to, and the whole.
static hsn_table *make_members(struct cli *cli, const hsn_growth *growth, const size_t *order,
                               bool by_holder)
{
    bool sites = !by_holder && hsn_by_is_site(growth->totals.by);
    size_t first = by_holder ? growth->warmup : 0;

    static const char *const clocks[] = {"rising", "unknown", "went_back"};
    const hsn_column columns[] = {
        {HSN_COLUMN_LIST, "snapshot_order", NULL, 0, bare_count},
        {HSN_COLUMN_COUNT, "warmup_snapshots", NULL, 0, NULL},
        {HSN_COLUMN_TEXT, "clock", NULL, 0, NULL},
        {HSN_COLUMN_OBJECT, "total", NULL, 0,
         sites ? grouping_units(cli, whole_columns, &growth->totals) : whole_columns},
        sites ? grouping_metric_column : (hsn_column){0},
        {0},
    };
    hsn_table *members = NULL;
    if (hsn_table_new(&members, columns, NULL) < 0)
        return NULL;
    hsn_table_begin(members);
    for (size_t i = 0; i < growth->snapshots; i++)
        hsn_table_count(members, order[first + i]);
    hsn_table_end(members);
    hsn_table_count(members, growth->warmup);
    hsn_table_text(members, clocks[growth->clock]);
    hsn_table_begin(members);
    number_cells(members, &growth->whole, growth->snapshots);
    hsn_table_end(members);
    if (sites)
        grouping_metric_cell(members, &growth->totals);
    return members;
}

void growth_say(struct cli *cli, const hsn_growth *growth, const char *subject,
                uint64_t memory_limit)
{
    if (growth->warmup == 1)
        cli_note(cli, "warm-up: the first snapshot is left out");
    else if (growth->warmup)
        cli_note(cli, "warm-up: the first %zu snapshots are left out", growth->warmup);
    if (growth->clock == HSN_GROWTH_CLOCK_WENT_BACK)
        cli_warn(cli, subject,
                 "capture times do not rise from one snapshot to the next; rates are "
                 "by steps");
    else if (growth->clock == HSN_GROWTH_CLOCK_UNKNOWN && memory_limit)
        cli_warn(cli, subject, "capture times are not known; the limit is told in steps");
}

static int new_table(struct cli *cli, const hsn_growth *growth, bool by_holder, hsn_table **out)
{
    static const hsn_column holder[] = {
        {HSN_COLUMN_TEXT, "what", "Path → type", HSN_COLUMN_TEXT_ONLY, NULL},
        {HSN_COLUMN_TEXT, "path", NULL, HSN_COLUMN_DATA_ONLY, NULL},
        {HSN_COLUMN_TEXT, "type", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    };
    enum { NAMES = sizeof holder / sizeof *holder };
    hsn_column columns[NAMES + sizeof row_columns / sizeof *row_columns];
    hsn_error err = {0};
    if (!by_holder)
        return grouping_table(cli, &growth->totals, row_columns, out);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        columns[i] = i < NAMES ? holder[i] : row_columns[i - NAMES];
    return hsn_table_new(out, columns, &err) < 0 ? cli_failed(cli, NULL, &err) : STATUS_OK;
}

static void name_cells(struct cli *cli, hsn_table *table, const hsn_growth *growth,
                       const hsn_growth_row *row, bool by_holder)
{
    if (!by_holder) {
        grouping_cells(cli, table, &growth->totals, &row->key);
        return;
    }
    hsn_table_text(table, cli_format(cli, "%s → %s", row->holder, row->key.type));
    hsn_table_text(table, row->holder);
    hsn_table_text(table, row->key.type);
}

static void total_cells(struct cli *cli, hsn_table *table, const hsn_growth *growth, bool by_holder)
{
    const char *note = "(total)";
    if (growth->matched > growth->count)
        note = cli_format(cli, "(total; %zu more)", growth->matched - growth->count);
    if (!by_holder) {
        grouping_note_cells(table, growth->totals.by, note);
        return;
    }
    hsn_table_text(table, note);
    hsn_table_null(table);
    hsn_table_null(table);
}

int growth_print(struct cli *cli, const hsn_growth *growth, const size_t *order, bool by_holder)
{
    // By holder the warm-up is not in the cells.
    size_t first = by_holder ? 0 : growth->warmup;
    hsn_table *table = NULL, *members = make_members(cli, growth, order, by_holder);
    int r =
        members ? new_table(cli, growth, by_holder, &table) : cli_error(cli, NULL, "out of memory");
    for (size_t i = 0; !r && i < growth->count; i++) {
        name_cells(cli, table, growth, &growth->rows[i], by_holder);
        row_cells(cli, table, growth, &growth->rows[i], first);
    }
    if (!r && cli->format == FORMAT_TEXT) {
        total_cells(cli, table, growth, by_holder);
        row_cells(cli, table, growth, &growth->whole, first);
    }
    if (!r)
        r = out_table(cli, "growth", table, members);
    hsn_table_free(table);
    hsn_table_free(members);
    return r;
}
