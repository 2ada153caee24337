// SPDX-License-Identifier: MIT
// Building a table: typed cells in the order of the columns.
#include "render/table_private.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"

#define FLUSH_BYTES ((size_t)64 << 10)

size_t hsn__column_count(const hsn_column *columns)
{
    size_t count = 0;
    while (columns && columns[count].type != HSN_COLUMN_END)
        count++;
    return count;
}

static bool is_nested(const hsn_column *column)
{
    return column->type == HSN_COLUMN_OBJECT || column->type == HSN_COLUMN_LIST;
}

const hsn__cell *hsn__cell_next(const hsn_column *column, const hsn__cell *cell)
{
    return cell + 1 + (is_nested(column) && !cell->is_null ? cell->value.cells : 0);
}

int hsn__render_flush(hsn__buf *buf, const hsn_writer *writer, bool all, hsn_error *err)
{
    if (buf->failed)
        return hsn__fail_memory(err);
    if (!buf->size || (!all && buf->size < FLUSH_BYTES))
        return HSN_OK;
    int error = writer->write(writer->context, buf->data, buf->size);
    hsn__buf_reset(buf);
    return error ? hsn__fail(err, HSN_EIO, NULL, "cannot write: %s", strerror(error)) : HSN_OK;
}

int hsn_table_new(hsn_table **out, const hsn_column *columns, hsn_error *err)
{
    size_t count = hsn__column_count(columns);
    assert(count > 0);
    hsn_table *table = hsn__alloc_zeroed(1, sizeof *table);
    hsn_column *copy = hsn__alloc_zeroed(count + 1, sizeof *copy);
    if (!table || !copy) {
        hsn__free(table);
        hsn__free(copy);
        return hsn__fail_memory(err);
    }
    memcpy(copy, columns, count * sizeof *copy);
    table->columns = copy;
    table->column_count = count;
    table->levels[0] = (hsn__table_level){.columns = copy, .column_count = count};
    *out = table;
    return HSN_OK;
}

void hsn_table_free(hsn_table *table)
{
    if (!table)
        return;
    hsn__arena_clear(&table->texts);
    hsn__free(table->cells);
    hsn__free(table->columns);
    hsn__free(table);
}

// The column that the next cell belongs to.
static const hsn_column *next_column(const hsn_table *table)
{
    const hsn__table_level *level = &table->levels[table->depth];
    return &level->columns[level->next];
}

static void advance(hsn_table *table)
{
    hsn__table_level *level = &table->levels[table->depth];
    if (++level->next == level->column_count) {
        level->next = 0;
        level->elements += table->status == HSN_OK;
    }
}

// Stores a cell; false when the table has failed. The columns go on all the same, so that calls
// after a failure still fit.
static bool store(hsn_table *table, hsn__cell cell)
{
    if (table->status == HSN_OK && table->cell_count >= HSN__TABLE_MAX_CELLS)
        table->status = HSN_ELIMIT;
    if (table->status == HSN_OK &&
        !hsn__array_grow(&table->cells, &table->cell_capacity, table->cell_count + 1,
                         sizeof *table->cells, HSN__TABLE_MAX_CELLS))
        table->status = HSN_ENOMEM;
    if (table->status != HSN_OK)
        return false;
    table->cells[table->cell_count++] = cell;
    return true;
}

static void append(hsn_table *table, hsn__cell cell)
{
    store(table, cell);
    advance(table);
}

void hsn_table_text_bytes(hsn_table *table, const char *text, size_t size)
{
    assert(next_column(table)->type == HSN_COLUMN_TEXT ||
           next_column(table)->type == HSN_COLUMN_VALUE);
    hsn__cell cell = {.size = (uint32_t)size, .form = HSN_COLUMN_TEXT};
    if (size >= UINT32_MAX)
        table->status = table->status == HSN_OK ? HSN_ELIMIT : table->status;
    else if (table->status == HSN_OK) {
        cell.value.text = hsn__arena_copy(&table->texts, text, size);
        if (!cell.value.text)
            table->status = HSN_ENOMEM;
    }
    append(table, cell);
}

void hsn_table_text(hsn_table *table, const char *text)
{
    if (text)
        hsn_table_text_bytes(table, text, strlen(text));
    else
        hsn_table_null(table);
}

void hsn_table_count(hsn_table *table, uint64_t count)
{
    assert(next_column(table)->type == HSN_COLUMN_COUNT);
    append(table, (hsn__cell){.value.number = count});
}

void hsn_table_bytes(hsn_table *table, uint64_t size_bytes)
{
    assert(next_column(table)->type == HSN_COLUMN_BYTES);
    append(table, (hsn__cell){.value.number = size_bytes});
}

void hsn_table_delta(hsn_table *table, int64_t delta)
{
    assert(next_column(table)->type == HSN_COLUMN_DELTA_COUNT ||
           next_column(table)->type == HSN_COLUMN_DELTA_BYTES);
    append(table, (hsn__cell){.value.delta = delta});
}

void hsn_table_integer(hsn_table *table, int64_t value)
{
    assert(next_column(table)->type == HSN_COLUMN_INTEGER ||
           next_column(table)->type == HSN_COLUMN_VALUE);
    append(table, (hsn__cell){.form = HSN_COLUMN_INTEGER, .value.delta = value});
}

void hsn_table_real(hsn_table *table, double value)
{
    assert(next_column(table)->type == HSN_COLUMN_REAL ||
           next_column(table)->type == HSN_COLUMN_REAL_BYTES ||
           next_column(table)->type == HSN_COLUMN_PERCENT ||
           next_column(table)->type == HSN_COLUMN_VALUE);
    append(table, (hsn__cell){.form = HSN_COLUMN_REAL, .value.real = value});
}

void hsn_table_address(hsn_table *table, uint64_t address)
{
    assert(next_column(table)->type == HSN_COLUMN_ADDRESS);
    append(table, (hsn__cell){.value.number = address});
}

void hsn_table_bool(hsn_table *table, int value)
{
    assert(next_column(table)->type == HSN_COLUMN_BOOL);
    append(table, (hsn__cell){.value.number = value != 0});
}

void hsn_table_time(hsn_table *table, int64_t unix_ms)
{
    assert(next_column(table)->type == HSN_COLUMN_TIME);
    append(table, (hsn__cell){.value.delta = unix_ms});
}

void hsn_table_null(hsn_table *table)
{
    append(table, (hsn__cell){.is_null = true});
}

void hsn_table_begin(hsn_table *table)
{
    const hsn_column *column = next_column(table);
    assert(is_nested(column) && table->depth < HSN__TABLE_MAX_DEPTH);
    size_t cell = table->cell_count;
    store(table, (hsn__cell){0});
    table->levels[++table->depth] = (hsn__table_level){
        .columns = column->fields,
        .column_count = hsn__column_count(column->fields),
        .cell = cell,
    };
}

void hsn_table_end(hsn_table *table)
{
    assert(table->depth > 0 && table->levels[table->depth].next == 0);
    hsn__table_level *level = &table->levels[table->depth--];
    if (table->status == HSN_OK) {
        assert(next_column(table)->type == HSN_COLUMN_LIST || level->elements == 1);
        table->cells[level->cell].size = (uint32_t)level->elements;
        table->cells[level->cell].value.cells = table->cell_count - level->cell - 1;
    }
    advance(table);
}

size_t hsn_table_row_count(const hsn_table *table)
{
    return table->levels[0].elements;
}

int hsn_table_status(const hsn_table *table, hsn_error *err)
{
    assert(table->depth == 0 && table->levels[0].next == 0);
    if (table->status == HSN_ENOMEM)
        return hsn__fail_memory(err);
    if (table->status == HSN_ELIMIT)
        return hsn__fail_limit(err, "cells of a table", HSN__TABLE_MAX_CELLS);
    return HSN_OK;
}
