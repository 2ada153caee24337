// SPDX-License-Identifier: MIT
// A table as text for people: aligned columns, human units, escaped names.
//
// Two passes over the cells: the first measures the columns, the second prints. Nothing of a cell's
// text is kept between them, so that a table of a million rows costs no more than its cells.
#include "render/table_private.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "render/units.h"
#include "render/utf8.h"

#define GAP          2
#define LEAST_COLUMN 12
#define ELLIPSIS     "\xe2\x80\xa6"
#define HIDDEN       SIZE_MAX

static bool is_number(const hsn_column *column)
{
    switch (column->type) {
    case HSN_COLUMN_COUNT:
    case HSN_COLUMN_BYTES:
    case HSN_COLUMN_DELTA_COUNT:
    case HSN_COLUMN_DELTA_BYTES:
    case HSN_COLUMN_PERCENT:
    case HSN_COLUMN_REAL:
    case HSN_COLUMN_REAL_BYTES:
    case HSN_COLUMN_INTEGER:
        return true;
    default:
        return false;
    }
}

static bool can_shrink(const hsn_column *column)
{
    return column->type == HSN_COLUMN_TEXT || column->type == HSN_COLUMN_VALUE ||
           column->type == HSN_COLUMN_LIST || column->type == HSN_COLUMN_OBJECT;
}

static void scalar(hsn__buf *buf, const hsn_column *column, const hsn__cell *cell, bool exact)
{
    bool duration = column->flags & HSN_COLUMN_NS;
    bool other = duration || column->flags & HSN_COLUMN_PLAIN;
    switch (cell->is_null ? HSN_COLUMN_END : hsn__cell_type(column, cell)) {
    case HSN_COLUMN_TEXT:
        hsn__text_escape(buf, cell->value.text, cell->size);
        break;
    case HSN_COLUMN_COUNT:
        hsn__buf_printf(buf, "%" PRIu64, cell->value.number);
        break;
    case HSN_COLUMN_BYTES:
        if (other)
            hsn__units_ns(buf, cell->value.number, exact || !duration);
        else
            hsn__units_bytes(buf, cell->value.number, exact);
        break;
    case HSN_COLUMN_DELTA_COUNT:
        hsn__buf_printf(buf, cell->value.delta ? "%+" PRId64 : "%" PRId64, cell->value.delta);
        break;
    case HSN_COLUMN_DELTA_BYTES:
        if (other)
            hsn__units_delta(buf, cell->value.delta, duration, exact);
        else
            hsn__units_delta_bytes(buf, cell->value.delta, exact);
        break;
    case HSN_COLUMN_REAL_BYTES:
        if (other && fabs(cell->value.real) < 9e18)
            hsn__units_delta(buf, (int64_t)round(cell->value.real), duration, exact);
        else
            hsn__units_real_bytes(buf, cell->value.real, exact);
        break;
    case HSN_COLUMN_PERCENT:
        hsn__units_real(buf, cell->value.real * 100, 1);
        if (buf->size && buf->data[buf->size - 1] != '-')
            hsn__buf_putc(buf, '%');
        break;
    case HSN_COLUMN_REAL:
        hsn__units_real(buf, cell->value.real, 2);
        break;
    case HSN_COLUMN_ADDRESS:
        hsn__buf_printf(buf, "0x%" PRIx64, cell->value.number);
        break;
    case HSN_COLUMN_BOOL:
        hsn__buf_puts(buf, cell->value.number ? "yes" : "no");
        break;
    case HSN_COLUMN_INTEGER:
        hsn__buf_printf(buf, "%" PRId64, cell->value.delta);
        break;
    case HSN_COLUMN_TIME:
        hsn__units_time(buf, cell->value.delta);
        break;
    default:
        hsn__buf_putc(buf, '-');
    }
}

// A nested value flattened: its scalars in order, elements apart by ", ", fields by " ".
static void nested(hsn__buf *buf, const hsn_column *column, const hsn__cell *cell, bool exact)
{
    struct {
        const hsn_column *fields;
        size_t next, left;
    } stack[HSN__TABLE_MAX_DEPTH], *top;
    size_t depth = 0;
    const char *separator = "";
    for (;;) {
        bool opens = !cell->is_null &&
                     (column->type == HSN_COLUMN_OBJECT || column->type == HSN_COLUMN_LIST);
        if (opens) {
            stack[depth].fields = column->fields;
            stack[depth].next = 0;
            stack[depth++].left = cell->size;
        } else {
            hsn__buf_puts(buf, separator);
            scalar(buf, column, cell, exact);
            separator = " ";
        }
        cell++;
        for (;;) {
            if (!depth)
                return;
            top = &stack[depth - 1];
            if (top->next && top->fields[top->next].type == HSN_COLUMN_END) {
                top->next = 0;
                separator = ", ";
            }
            if (top->next || top->left)
                break;
            depth--;
        }
        if (top->next == 0)
            top->left--;
        column = &top->fields[top->next++];
    }
}

static void cell_text(hsn__buf *buf, const hsn_column *column, const hsn__cell *cell, bool exact)
{
    hsn__buf_reset(buf);
    if (column->type == HSN_COLUMN_LIST || column->type == HSN_COLUMN_OBJECT)
        nested(buf, column, cell, exact);
    else
        scalar(buf, column, cell, exact);
}

static const char *title(const hsn_column *column)
{
    return column->title ? column->title : column->name;
}

// Anything to see? A nested value that is empty is nothing, and so is a 0.
static bool is_blank(const hsn_column *column, const hsn__cell *cell)
{
    if (cell->is_null)
        return true;
    switch (hsn__cell_type(column, cell)) {
    case HSN_COLUMN_TEXT:
    case HSN_COLUMN_LIST:
        return cell->size == 0;
    case HSN_COLUMN_OBJECT:
        return false;
    case HSN_COLUMN_PERCENT:
    case HSN_COLUMN_REAL:
    case HSN_COLUMN_REAL_BYTES:
        return cell->value.real == 0;
    default:
        return cell->value.number == 0;
    }
}

// Leaves HIDDEN as the width of the columns that text does not show.
static void hide(const hsn_table *table, size_t *widths)
{
    const hsn__cell *cell = table->cells;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].flags & (HSN_COLUMN_DATA_ONLY | HSN_COLUMN_IF_ANY))
            widths[i] = HIDDEN;
    for (size_t row = 0; row < hsn_table_row_count(table); row++)
        for (size_t i = 0; i < table->column_count; i++) {
            const hsn_column *column = &table->columns[i];
            if (widths[i] == HIDDEN && !(column->flags & HSN_COLUMN_DATA_ONLY) &&
                !is_blank(column, cell))
                widths[i] = 0;
            cell = hsn__cell_next(column, cell);
        }
}

static void measure(const hsn_table *table, const hsn_text_options *options, hsn__buf *scratch,
                    size_t *widths)
{
    const hsn__cell *cell = table->cells;
    for (size_t i = 0; i < table->column_count && !options->no_header; i++)
        if (widths[i] != HIDDEN)
            widths[i] = hsn__utf8_text_columns(title(&table->columns[i]),
                                               strlen(title(&table->columns[i])));
    for (size_t row = 0; row < hsn_table_row_count(table); row++)
        for (size_t i = 0; i < table->column_count; i++) {
            const hsn_column *column = &table->columns[i];
            if (widths[i] != HIDDEN) {
                cell_text(scratch, column, cell, options->exact_bytes);
                size_t width = hsn__utf8_text_columns(scratch->data, scratch->size);
                widths[i] = width > widths[i] ? width : widths[i];
            }
            cell = hsn__cell_next(column, cell);
        }
}

// Take what is too much from the widest column that can give, again and again.
static void fit(const hsn_table *table, size_t *widths, size_t room)
{
    for (;;) {
        size_t total = 0, widest = SIZE_MAX, second = LEAST_COLUMN;
        for (size_t i = 0; i < table->column_count; i++) {
            if (widths[i] == HIDDEN)
                continue;
            total += widths[i] + (total ? GAP : 0);
            if (!can_shrink(&table->columns[i]) || widths[i] <= LEAST_COLUMN)
                continue;
            if (widest == SIZE_MAX || widths[i] > widths[widest])
                widest = i;
        }
        if (total <= room || widest == SIZE_MAX)
            return;
        for (size_t i = 0; i < table->column_count; i++)
            if (i != widest && widths[i] != HIDDEN && can_shrink(&table->columns[i]) &&
                widths[i] > second)
                second = widths[i];
        size_t excess = total - room;
        size_t most = widths[widest] - second;
        // Equal widest columns give one at a time, in turn.
        widths[widest] -= excess < most ? excess : most ? most : 1;
    }
}

// The first bytes of `text` that fill at most `columns`.
static size_t prefix_bytes(const char *text, size_t size, size_t columns)
{
    size_t used = 0, i = 0;
    while (i < size) {
        uint32_t c = 0;
        size_t length = hsn__utf8_decode(text + i, size - i, &c);
        used += length ? hsn__utf8_columns(c) : 1;
        if (used > columns)
            break;
        i += length ? length : 1;
    }
    return i;
}

// Shortens in the middle: the ends of type names and paths tell most. Returns the columns used,
// which may be fewer than `columns` where wide characters stand at the cut.
static size_t put_shortened(hsn__buf *buf, const char *text, size_t size, size_t columns)
{
    size_t for_head = (columns - 1) / 2, for_tail = columns - 1 - for_head;
    size_t head = prefix_bytes(text, size, for_head);
    size_t tail = prefix_bytes(text, size, hsn__utf8_text_columns(text, size) - for_tail);
    // The cut may have fallen into a wide character: it goes as a whole.
    while (hsn__utf8_text_columns(text + tail, size - tail) > for_tail)
        tail += prefix_bytes(text + tail, size - tail, 2);
    hsn__buf_append(buf, text, head);
    hsn__buf_puts(buf, ELLIPSIS);
    hsn__buf_append(buf, text + tail, size - tail);
    return hsn__utf8_text_columns(text, head) + 1 +
           hsn__utf8_text_columns(text + tail, size - tail);
}

static void pad(hsn__buf *buf, size_t columns)
{
    static const char blanks[] = "                                ";
    for (; columns > 32; columns -= 32)
        hsn__buf_append(buf, blanks, 32);
    hsn__buf_append(buf, blanks, columns);
}

// One cell of a line, padded unless it ends the line.
static void put_cell(hsn__buf *line, const hsn_column *column, const char *text, size_t size,
                     size_t width, const char *color, bool last)
{
    size_t columns = hsn__utf8_text_columns(text, size);
    size_t blanks = columns < width ? width - columns : 0;
    if (is_number(column))
        pad(line, blanks);
    hsn__buf_puts(line, color);
    if (columns > width)
        blanks = width - put_shortened(line, text, size, width);
    else
        hsn__buf_append(line, text, size);
    if (*color)
        hsn__buf_puts(line, "\x1b[0m");
    if (!is_number(column) && !last)
        pad(line, blanks);
}

static const char *cell_color(const hsn_column *column, const hsn__cell *cell, bool color)
{
    bool delta = column->type == HSN_COLUMN_DELTA_COUNT || column->type == HSN_COLUMN_DELTA_BYTES;
    if (!color || !delta || cell->is_null || !cell->value.delta)
        return "";
    return cell->value.delta > 0 ? "\x1b[31m" : "\x1b[32m";
}

// One line: the header when `cell` is NULL. Returns the first cell after the row.
static const hsn__cell *put_line(hsn__buf *out, hsn__buf *scratch, const hsn_table *table,
                                 const hsn_text_options *options, const size_t *widths, size_t last,
                                 const hsn__cell *cell)
{
    bool first = true;
    for (size_t i = 0; i < table->column_count; i++) {
        const hsn_column *column = &table->columns[i];
        if (widths[i] != HIDDEN) {
            if (!first)
                pad(out, GAP);
            first = false;
            if (cell) {
                cell_text(scratch, column, cell, options->exact_bytes);
                out->failed = out->failed || scratch->failed;
                put_cell(out, column, scratch->data, scratch->size, widths[i],
                         cell_color(column, cell, options->color), i == last);
            } else {
                put_cell(out, column, title(column), strlen(title(column)), widths[i],
                         options->color ? "\x1b[1m" : "", i == last);
            }
        }
        if (cell)
            cell = hsn__cell_next(column, cell);
    }
    hsn__buf_putc(out, '\n');
    return cell;
}

int hsn_table_render_text(const hsn_table *table, const hsn_text_options *options,
                          const hsn_writer *writer, hsn_error *err)
{
    static const hsn_text_options defaults = {0};
    options = options ? options : &defaults;
    hsn__buf out = {0}, scratch = {0};
    size_t *widths = NULL, last = 0;
    const hsn__cell *cell = table->cells;
    int r = hsn_table_status(table, err);
    if (r < 0)
        goto done;
    widths = hsn__alloc_zeroed(table->column_count, sizeof *widths);
    if (!widths) {
        r = hsn__fail_memory(err);
        goto done;
    }
    hide(table, widths);
    for (size_t i = 0; i < table->column_count; i++)
        if (widths[i] != HIDDEN)
            last = i;
    measure(table, options, &scratch, widths);
    if (options->width)
        fit(table, widths, options->width);
    if (!options->no_header)
        put_line(&out, &scratch, table, options, widths, last, NULL);
    for (size_t row = 0; row < hsn_table_row_count(table) && r == HSN_OK; row++) {
        cell = put_line(&out, &scratch, table, options, widths, last, cell);
        r = hsn__render_flush(&out, writer, false, err);
    }
    if (r == HSN_OK)
        r = hsn__render_flush(&out, writer, true, err);
done:
    hsn__free(widths);
    hsn__buf_clear(&scratch);
    hsn__buf_clear(&out);
    return r;
}
