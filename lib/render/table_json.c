// SPDX-License-Identifier: MIT
// A table as a JSON document.
#include "render/table_private.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "render/json.h"

static void value(hsn__buf *buf, const hsn_column *column, const hsn__cell *cell)
{
    switch (hsn__cell_type(column, cell)) {
    case HSN_COLUMN_TEXT:
        hsn__json_put_text(buf, cell->value.text, cell->size);
        break;
    case HSN_COLUMN_COUNT:
    case HSN_COLUMN_BYTES:
        hsn__buf_printf(buf, "%" PRIu64, cell->value.number);
        break;
    case HSN_COLUMN_DELTA_COUNT:
    case HSN_COLUMN_DELTA_BYTES:
    case HSN_COLUMN_TIME:
    case HSN_COLUMN_INTEGER:
        hsn__buf_printf(buf, "%" PRId64, cell->value.delta);
        break;
    case HSN_COLUMN_PERCENT:
    case HSN_COLUMN_REAL:
    case HSN_COLUMN_REAL_BYTES:
        hsn__json_put_real(buf, cell->value.real);
        break;
    case HSN_COLUMN_ADDRESS:
        hsn__buf_printf(buf, "\"0x%" PRIx64 "\"", cell->value.number);
        break;
    case HSN_COLUMN_BOOL:
        hsn__buf_puts(buf, cell->value.number ? "true" : "false");
        break;
    case HSN_COLUMN_OBJECT:
    case HSN_COLUMN_LIST:
    case HSN_COLUMN_VALUE:
    case HSN_COLUMN_END:
        assert(!"nested values are written by hsn__cell_json()");
    }
}

// A nested value that is being written.
struct open_value {
    const hsn_column *owner; // OBJECT or LIST
    size_t next;             // field of the next cell
    size_t left;             // elements that have not begun
};

static void key(hsn__buf *buf, const hsn_column *column)
{
    hsn__json_put_text(buf, column->name, strlen(column->name));
    hsn__buf_puts(buf, ": ");
}

// An explicit stack, as deep as tables can nest.
void hsn__cell_json(hsn__buf *buf, const hsn_column *column, const hsn__cell *cell)
{
    struct open_value stack[HSN__TABLE_MAX_DEPTH];
    size_t depth = 0;
    for (;;) {
        // One value: a scalar, or the beginning of a nested one.
        if (cell->is_null)
            hsn__buf_puts(buf, "null");
        else if (column->type == HSN_COLUMN_OBJECT || column->type == HSN_COLUMN_LIST) {
            stack[depth++] = (struct open_value){.owner = column, .left = cell->size};
            if (column->type == HSN_COLUMN_LIST)
                hsn__buf_putc(buf, '[');
        } else {
            value(buf, column, cell);
        }
        cell++;
        // Close what is complete; find the column of the next cell.
        for (;;) {
            if (!depth)
                return;
            struct open_value *top = &stack[depth - 1];
            const hsn_column *fields = top->owner->fields;
            bool bare = !fields[0].name;
            if (top->next && fields[top->next].type == HSN_COLUMN_END) {
                hsn__buf_puts(buf, bare ? "" : "}");
                top->next = 0;
                if (top->left)
                    hsn__buf_puts(buf, ", ");
            }
            if (top->next || top->left) {
                if (top->next == 0) {
                    top->left--;
                    hsn__buf_puts(buf, bare ? "" : "{");
                } else {
                    hsn__buf_puts(buf, ", ");
                }
                column = &fields[top->next++];
                if (!bare)
                    key(buf, column);
                break;
            }
            if (top->owner->type == HSN_COLUMN_LIST)
                hsn__buf_putc(buf, ']');
            depth--;
        }
    }
}

// The members of one row, without braces; returns the next row's first cell.
static const hsn__cell *row_members(hsn__buf *buf, const hsn_table *table, const hsn__cell *cell,
                                    const char *separator)
{
    bool first = true;
    for (const hsn_column *column = table->columns; column->type != HSN_COLUMN_END; column++) {
        if (!(column->flags & HSN_COLUMN_TEXT_ONLY)) {
            hsn__buf_puts(buf, first ? "" : separator);
            first = false;
            key(buf, column);
            hsn__cell_json(buf, column, cell);
        }
        cell = hsn__cell_next(column, cell);
    }
    return cell;
}

static void string_member(hsn__buf *buf, const char *name, const char *text)
{
    hsn__buf_printf(buf, "\"%s\": ", name);
    hsn__json_put_text(buf, text, strlen(text));
}

static void head(hsn__buf *buf, const hsn_envelope *envelope)
{
    hsn__buf_puts(buf, "{\n  ");
    string_member(buf, "schema", envelope->schema);
    hsn__buf_puts(buf, ",\n  \"tool\": {");
    string_member(buf, "name", envelope->tool_name);
    hsn__buf_puts(buf, ", ");
    string_member(buf, "version", envelope->tool_version);
    hsn__buf_puts(buf, "},\n  \"snapshots\": [");
    for (size_t i = 0; i < envelope->snapshot_count; i++) {
        const hsn_snapshot_info *info = envelope->snapshots[i];
        hsn__buf_printf(buf, "%s\n    {\"id\": %" PRId64 ", ", i ? "," : "", info->id);
        string_member(buf, "label", info->label);
        hsn__buf_puts(buf, ", ");
        string_member(buf, "source", info->source);
        hsn__buf_printf(buf, ", \"captured_at_unix_ms\": %" PRId64 "}", info->captured_at_unix_ms);
    }
    hsn__buf_puts(buf, envelope->snapshot_count ? "\n  ],\n" : "],\n");
    if (envelope->members) {
        assert(hsn_table_row_count(envelope->members) == 1);
        hsn__buf_puts(buf, "  ");
        row_members(buf, envelope->members, envelope->members->cells, ",\n  ");
        hsn__buf_puts(buf, ",\n");
    }
}

int hsn_table_render_json(const hsn_table *table, const hsn_envelope *envelope,
                          const hsn_writer *writer, hsn_error *err)
{
    hsn__buf buf = {0};
    int r = hsn_table_status(table, err);
    if (r == HSN_OK && envelope->members)
        r = hsn_table_status(envelope->members, err);
    if (r < 0)
        goto done;
    head(&buf, envelope);
    hsn__buf_puts(&buf, "  \"rows\": [");
    const hsn__cell *cell = table->cells;
    size_t rows = hsn_table_row_count(table);
    for (size_t row = 0; row < rows; row++) {
        hsn__buf_puts(&buf, row ? ",\n    {" : "\n    {");
        cell = row_members(&buf, table, cell, ", ");
        hsn__buf_putc(&buf, '}');
        r = hsn__render_flush(&buf, writer, false, err);
        if (r < 0)
            goto done;
    }
    hsn__buf_puts(&buf, rows ? "\n  ]\n}\n" : "]\n}\n");
    r = hsn__render_flush(&buf, writer, true, err);
done:
    hsn__buf_clear(&buf);
    return r;
}
