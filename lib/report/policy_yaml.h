// SPDX-License-Identifier: MIT
// A YAML document as a small tree whose nodes know their line and column.
#ifndef HSN_REPORT_POLICY_YAML_H
#define HSN_REPORT_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"

typedef enum hsn__yaml_kind {
    HSN__YAML_SCALAR,
    HSN__YAML_SEQUENCE,
    HSN__YAML_MAPPING
} hsn__yaml_kind;

typedef struct hsn__yaml hsn__yaml;
struct hsn__yaml {
    hsn__yaml_kind kind;
    uint32_t line, column; /**< from 1 */
    const char *text;      /**< of a scalar */
    bool plain;            /**< an unquoted scalar: may be a number, null or a boolean */
    const char *key;       /**< in a mapping: the key before it … */
    uint32_t key_line, key_column;
    hsn__yaml *first; /**< items, or values of the mapping */
    hsn__yaml *last;
    hsn__yaml *next;
    hsn__yaml *parent;
};

/**
 * Parse one document. *out is NULL for an empty one. Nodes lie in the arena.
 *
 * Errors: HSN_EFORMAT ("line 3, column 7: …": syntax, a key twice, an alias, a second document),
 *         HSN_ELIMIT (depth 16, 20 000 nodes), HSN_ENOMEM.
 */
int hsn__yaml_parse(hsn__arena *arena, const char *path, const char *text, size_t size,
                    hsn__yaml **out, hsn_error *err);

/** HSN_EFORMAT with the place of a node. */
int hsn__yaml_fail(hsn_error *err, const char *path, const hsn__yaml *node, const char *format, ...)
    HSN__PRINTF(4, 5);

/** The same with the place of its key. */
int hsn__yaml_fail_key(hsn_error *err, const char *path, const hsn__yaml *node, const char *format,
                       ...) HSN__PRINTF(4, 5);

#endif
