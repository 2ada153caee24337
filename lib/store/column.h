// SPDX-License-Identifier: MIT
// Columns: how the values of 64 Ki rows become the bytes of one segment, and back.
#ifndef HSN_STORE_COLUMN_H
#define HSN_STORE_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "heapsnap/model.h"

/** Rows (objects, strings) of a segment. */
#define HSN__SEGMENT_ROWS 65536u

/** The columns. Numbers are part of the store. */
typedef enum hsn__column {
    HSN__COLUMN_ADDRESS = 1,    /**< ascending */
    HSN__COLUMN_TYPE = 2,       /**< type id */
    HSN__COLUMN_SIZE = 3,       /**< shallow bytes */
    HSN__COLUMN_LENGTH = 4,     /**< items + 1; 0 = has none */
    HSN__COLUMN_REFCOUNT = 5,   /**< refcount + 1; 0 = unknown or immortal */
    HSN__COLUMN_FLAGS = 6,      /**< flags | (generation + 1) << 8; generation part 0 = unknown */
    HSN__COLUMN_TEXT = 7,       /**< string id + 1; 0 = none */
    HSN__COLUMN_STACK = 8,      /**< stack id + 1; 0 = unknown */
    HSN__COLUMN_DEGREE = 9,     /**< references of the object, weak ones among them */
    HSN__COLUMN_WEAK = 10,      /**< how many of them are weak: these come last */
    HSN__COLUMN_TARGET = 11,    /**< zigzag(target - source) of each reference of these objects */
    HSN__COLUMN_LABEL = 12,     /**< label code of each reference: lib/store/label_code.h */
    HSN__COLUMN_STRING = 13,    /**< interned strings: lengths, then bytes */
    HSN__COLUMN_NAME = 14,      /**< names of references: string id * 16 + kind, by label code */
    HSN__COLUMN_DOMINATOR = 15, /**< 0 = the roots, 1 = none, else 1 + zigzag(dominator - row) */
    HSN__COLUMN_RETAINED = 16,  /**< retained bytes */
    HSN__COLUMN_TYPE_RETAINED = 17,   /**< by type id: of all types of its name */
    HSN__COLUMN_MODULE_RETAINED = 18, /**< by type id: of all types of its module */
    HSN__COLUMN_FRAME = 19,           /**< by frame of the snapshot: row of the table `frame` */
    HSN__COLUMN_STACK_FRAME = 20,     /**< by stack: its newest frame, as numbered in FRAME */
    HSN__COLUMN_STACK_PARENT = 21,    /**< by stack: its number - its caller's; 0 = outermost */
    HSN__COLUMN_TOTAL_STACK = 22,     /**< by total: its stack */
    HSN__COLUMN_TOTAL_DOMAIN = 23,    /**< by total: its allocator domain */
    HSN__COLUMN_TOTAL_COUNT = 24,
    HSN__COLUMN_TOTAL_SIZE = 25, /**< in the metric's unit */
} hsn__column;

/** The word of a column for messages: "address". "unknown" outside the list. */
const char *hsn__column_name(unsigned column);

/**
 * Append the encoding of `count` values to `out`. Picks the smallest of: constant, offsets from the
 * least value with common low zero bits dropped, sparse (most values 0), ascending differences
 * (only when `ascending`).
 */
void hsn__column_encode(hsn__buf *out, const uint64_t *values, size_t count, int ascending);

/**
 * Decode exactly `count` values. False when the bytes are not a valid encoding of that many:
 * nothing outside of `data … data + size` is read.
 */
int hsn__column_decode(const uint8_t *data, size_t size, uint64_t *out, size_t count);

#endif
