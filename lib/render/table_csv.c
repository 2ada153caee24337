// SPDX-License-Identifier: MIT
// A table as CSV (RFC 4180).
#include "render/table_private.h"

#include <inttypes.h>
#include <string.h>

#include "render/json.h"
#include "render/utf8.h"

static void field(hsn__buf *buf, const char *text, size_t size)
{
    bool quote = size && (memchr(text, ',', size) || memchr(text, '"', size) ||
                          memchr(text, '\n', size) || memchr(text, '\r', size));
    hsn__buf_puts(buf, quote ? "\"" : "");
    for (size_t i = 0; i < size;) {
        uint32_t c = 0;
        size_t length = hsn__utf8_decode(text + i, size - i, &c);
        bool blank = c == '\t' || c == '\r' || c == '\n';
        if (c == '"')
            hsn__buf_putc(buf, '"');
        if (!length)
            hsn__buf_puts(buf, "\xef\xbf\xbd");
        else if (hsn__utf8_unsafe(c) && !blank)
            hsn__text_escape(buf, text + i, length);
        else
            hsn__buf_append(buf, text + i, length);
        i += length ? length : 1;
    }
    hsn__buf_puts(buf, quote ? "\"" : "");
}

static void cell_field(hsn__buf *buf, hsn__buf *scratch, const hsn_column *column,
                       const hsn__cell *cell)
{
    if (cell->is_null)
        return;
    switch (hsn__cell_type(column, cell)) {
    case HSN_COLUMN_TEXT:
        field(buf, cell->value.text, cell->size);
        break;
    case HSN_COLUMN_ADDRESS:
        hsn__buf_printf(buf, "0x%" PRIx64, cell->value.number);
        break;
    default:
        hsn__buf_reset(scratch);
        hsn__cell_json(scratch, column, cell);
        buf->failed = buf->failed || scratch->failed;
        if (strcmp(hsn__buf_text(scratch), "null") != 0)
            field(buf, scratch->data, scratch->size);
    }
}

int hsn_table_render_csv(const hsn_table *table, const hsn_writer *writer, hsn_error *err)
{
    hsn__buf buf = {0}, scratch = {0};
    int r = hsn_table_status(table, err);
    if (r < 0)
        goto done;
    bool first = true;
    for (const hsn_column *column = table->columns; column->type != HSN_COLUMN_END; column++) {
        if (column->flags & HSN_COLUMN_TEXT_ONLY)
            continue;
        hsn__buf_puts(&buf, first ? "" : ",");
        field(&buf, column->name, strlen(column->name));
        first = false;
    }
    hsn__buf_puts(&buf, "\r\n");
    const hsn__cell *cell = table->cells;
    for (size_t row = 0; row < hsn_table_row_count(table); row++) {
        first = true;
        for (const hsn_column *column = table->columns; column->type != HSN_COLUMN_END; column++) {
            if (!(column->flags & HSN_COLUMN_TEXT_ONLY)) {
                hsn__buf_puts(&buf, first ? "" : ",");
                first = false;
                cell_field(&buf, &scratch, column, cell);
            }
            cell = hsn__cell_next(column, cell);
        }
        hsn__buf_puts(&buf, "\r\n");
        r = hsn__render_flush(&buf, writer, false, err);
        if (r < 0)
            goto done;
    }
    r = hsn__render_flush(&buf, writer, true, err);
done:
    hsn__buf_clear(&scratch);
    hsn__buf_clear(&buf);
    return r;
}
