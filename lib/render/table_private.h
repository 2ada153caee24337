// SPDX-License-Identifier: MIT
// The cells of a table, for its renderers.
#ifndef HSN_RENDER_TABLE_PRIVATE_H
#define HSN_RENDER_TABLE_PRIVATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "heapsnap/table.h"

/** Most cells of a table, nested ones included: 4 GiB of them. */
#define HSN__TABLE_MAX_CELLS ((size_t)1 << 28)

/** Nested values within nested values. */
#define HSN__TABLE_MAX_DEPTH 8

/**
 * A cell. The cells of a table stand in one array, row after row; those of a nested value follow
 * the cell of their column, element after element:
 *
 *     type  | count | [2 elements, 4 cells] type count type count | cut …
 */
typedef struct hsn__cell {
    uint32_t size; /**< bytes of a text; elements of a nested value */
    bool is_null;
    uint8_t form; /**< of a VALUE: the hsn_column_type that it is */
    union {
        const char *text;
        uint64_t number;
        int64_t delta;
        double real;
        uint64_t cells; /**< of a nested value: cells that follow and belong to it */
    } value;
} hsn__cell;

/** A value being filled: the table's rows, or a nested one. */
typedef struct hsn__table_level {
    const hsn_column *columns;
    size_t column_count;
    size_t next;     /**< column of the next cell */
    size_t elements; /**< whole rows */
    size_t cell;     /**< of the nested value itself */
} hsn__table_level;

struct hsn_table {
    hsn_column *columns;
    size_t column_count;
    hsn__cell *cells;
    size_t cell_count, cell_capacity;
    hsn__arena texts;
    hsn__table_level levels[HSN__TABLE_MAX_DEPTH + 1];
    size_t depth;
    int status; /**< HSN_OK, or the sticky failure */
};

/** What a cell is, where its column leaves that to the cell. */
static inline hsn_column_type hsn__cell_type(const hsn_column *column, const hsn__cell *cell)
{
    return column->type == HSN_COLUMN_VALUE ? (hsn_column_type)cell->form : column->type;
}

/** The first cell after `cell` and all that belongs to it. */
const hsn__cell *hsn__cell_next(const hsn_column *column, const hsn__cell *cell);

/** Number of columns before the end row. */
size_t hsn__column_count(const hsn_column *columns);

/** Append the JSON value of a cell (nested values included). */
void hsn__cell_json(hsn__buf *buf, const hsn_column *column, const hsn__cell *cell);

/** Hand the buffer's bytes to the writer once there are many of them, or when `all`. */
int hsn__render_flush(hsn__buf *buf, const hsn_writer *writer, bool all, hsn_error *err);

#endif
