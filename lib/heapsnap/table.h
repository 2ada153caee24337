// SPDX-License-Identifier: MIT
// One table of typed columns, printed as text, JSON or CSV.
#ifndef HEAPSNAP_TABLE_H
#define HEAPSNAP_TABLE_H

#include "heapsnap/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a column holds, and thereby how each output shows it. */
typedef enum hsn_column_type {
    HSN_COLUMN_END,         /**< ends an array of columns, so that `{0}` does */
    HSN_COLUMN_TEXT,        /**< any bytes; escaped on the way out */
    HSN_COLUMN_COUNT,       /**< uint64; text right-aligned digits, JSON integer */
    HSN_COLUMN_BYTES,       /**< uint64; text "1.5 MiB" or exact, JSON integer */
    HSN_COLUMN_DELTA_COUNT, /**< int64; text "+12", "-3", "0" */
    HSN_COLUMN_DELTA_BYTES, /**< int64; text "+1.5 MiB" */
    HSN_COLUMN_PERCENT,     /**< fraction, 1 = all; text "12.3%", JSON 0.123 */
    HSN_COLUMN_REAL,        /**< double; text with two decimals; not finite = null in JSON */
    HSN_COLUMN_REAL_BYTES,  /**< double, a rate of bytes; text "+1.5 MiB", JSON number */
    HSN_COLUMN_ADDRESS,     /**< uint64; "0x7f12" in every output, a string in JSON */
    HSN_COLUMN_BOOL,        /**< text "yes" or "no", JSON true or false */
    HSN_COLUMN_TIME,        /**< int64, ms since 1970; text "2026-11-20T16:31:37Z", JSON integer */
    HSN_COLUMN_INTEGER,     /**< int64 */
    HSN_COLUMN_VALUE,       /**< TEXT, INTEGER or REAL, cell by cell: answers of SQL */
    HSN_COLUMN_OBJECT,      /**< one nested object of `fields` */
    HSN_COLUMN_LIST,        /**< rows of `fields`; of bare values when the only field has no name */
} hsn_column_type;

/** Outputs that leave a column out. */
enum hsn_column_flag {
    HSN_COLUMN_TEXT_ONLY = 1, /**< not in JSON and CSV: a shortened view of another column */
    HSN_COLUMN_DATA_ONLY = 2, /**< not in text */
    HSN_COLUMN_IF_ANY = 4,    /**< in text only when some cell is neither null, 0 nor empty */
    HSN_COLUMN_NS = 8,        /**< BYTES, DELTA_BYTES and REAL_BYTES hold ns: text "1.50 s" */
    HSN_COLUMN_PLAIN = 16,    /**< … hold a number of another unit: text has no unit */
};

/** A column. Its strings and fields must outlive the table: usually all of it is static const. */
typedef struct hsn_column {
    hsn_column_type type;
    const char *name;                /**< in JSON and CSV: "size_bytes"; docs/cli.md has the list */
    const char *title;               /**< text header; NULL = name */
    unsigned flags;                  /**< hsn_column_flag bits */
    const struct hsn_column *fields; /**< of OBJECT and LIST, ended by `{0}` */
} hsn_column;

/** A table under construction, or ready to be printed. */
typedef struct hsn_table hsn_table;

/**
 * A new table without rows. `columns` is an array ended by `{0}`; the array itself is copied.
 *
 * Owns:   the caller owns *out; hsn_table_free().
 * Errors: HSN_ENOMEM.
 */
HSN_API int hsn_table_new(hsn_table **out, const hsn_column *columns, hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_table_free(hsn_table *table);

/**
 * Append the next cell. A row is as many cells as there are columns, in the order of the columns;
 * the first cell after a full row begins the next row. The call must fit the column's type
 * (asserted); hsn_table_null() fits every column. Text is copied; NULL text is null.
 * hsn_table_text_bytes() takes text that is not NUL-terminated.
 *
 * Failure is sticky: when memory or the limit of cells is exhausted, later cells are dropped and
 * hsn_table_status() and the renderers say so. Cost: O(1), 16 bytes a cell and the text.
 */
HSN_API void hsn_table_text(hsn_table *table, const char *text);
HSN_API void hsn_table_text_bytes(hsn_table *table, const char *text, size_t size);
HSN_API void hsn_table_count(hsn_table *table, uint64_t count);
HSN_API void hsn_table_bytes(hsn_table *table, uint64_t size_bytes);
HSN_API void hsn_table_delta(hsn_table *table, int64_t delta); /**< DELTA_COUNT, DELTA_BYTES */
HSN_API void hsn_table_integer(hsn_table *table, int64_t value);
HSN_API void hsn_table_real(hsn_table *table, double value); /**< REAL, REAL_BYTES, PERCENT */
HSN_API void hsn_table_address(hsn_table *table, uint64_t address);
HSN_API void hsn_table_bool(hsn_table *table, int value);
HSN_API void hsn_table_time(hsn_table *table, int64_t unix_ms);
HSN_API void hsn_table_null(hsn_table *table);

/**
 * Begin the nested value of an OBJECT or LIST column. The cells that follow fill its fields: once
 * for an OBJECT, any number of times (0 too) for a LIST; hsn_table_end() ends it. Nests up to 8
 * deep.
 */
HSN_API void hsn_table_begin(hsn_table *table);
HSN_API void hsn_table_end(hsn_table *table);

/** Rows that are whole. */
HSN_API size_t hsn_table_row_count(const hsn_table *table);

/** The sticky failure of the calls above. Errors: HSN_ENOMEM, HSN_ELIMIT (cells, size of a text).
 */
HSN_API int hsn_table_status(const hsn_table *table, hsn_error *err);

/** Where rendered bytes go. `write` returns 0, or an errno value upon which rendering stops. */
typedef struct hsn_writer {
    int (*write)(void *context, const void *data, size_t size);
    void *context;
} hsn_writer;

/** All zero = no colour, human units, no limit of width, with a header line. */
typedef struct hsn_text_options {
    unsigned width;  /**< columns of the terminal: text cells are shortened to fit; 0 = never */
    int exact_bytes; /**< 1572864 instead of "1.5 MiB" */
    int color;       /**< growth red, shrink green, header bold */
    int no_header;
} hsn_text_options;

/**
 * Print as text: a header line, names left-aligned, numbers right-aligned, two blanks between.
 * Control characters and invalid UTF-8 in texts come out escaped ("\x1b"); null is "-".
 *
 * Errors: HSN_EIO (write), HSN_ENOMEM, HSN_ELIMIT.
 * Cost:   O(cells), two passes.
 */
HSN_API int hsn_table_render_text(const hsn_table *table, const hsn_text_options *options,
                                  const hsn_writer *writer, hsn_error *err);

/**
 * Print as CSV (RFC 4180): a line of names, CRLF line ends, fields quoted where needed, null empty,
 * nested values as JSON text. Control characters other than blanks and line ends come out escaped,
 * as in text. Errors: as above.
 */
HSN_API int hsn_table_render_csv(const hsn_table *table, const hsn_writer *writer, hsn_error *err);

/** What surrounds the rows in a JSON document. */
typedef struct hsn_envelope {
    const char *schema;       /**< "heapsnap.grow/1" */
    const char *tool_name;    /**< "snapgrow" */
    const char *tool_version; /**< "0.1.0" */
    const hsn_snapshot_info *const *snapshots;
    size_t snapshot_count;
    const hsn_table *members; /**< columns of its only row become top-level members; may be NULL */
} hsn_envelope;

/**
 * Print as one JSON document: {"schema", "tool", "snapshots", members…, "rows"}. Always valid UTF-8
 * (bad bytes become U+FFFD), keys in column order, one row a line. Errors: as above.
 */
HSN_API int hsn_table_render_json(const hsn_table *table, const hsn_envelope *envelope,
                                  const hsn_writer *writer, hsn_error *err);

/** Room for any result of hsn_bytes_text(), with its NUL. */
#define HSN_BYTES_TEXT_SIZE 16

/** 1536 becomes "1.5 KiB", 512 "512 B": the text that BYTES columns show. */
HSN_API void hsn_bytes_text(uint64_t size_bytes, char out[HSN_BYTES_TEXT_SIZE]);

/**
 * Make a name fit for a terminal: control characters, direction overrides and invalid UTF-8 become
 * "\n", "\x1b", "\u202e". Writes at most room - 1 bytes and a NUL, never half a character or
 * escape; returns the bytes of the whole result, as snprintf() does.
 */
HSN_API size_t hsn_text_escape(const char *text, size_t size, char *out, size_t room);

#ifdef __cplusplus
}
#endif

#endif
