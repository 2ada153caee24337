// SPDX-License-Identifier: MIT
// JSON documents of more than one line: json_scan.h with newlines as blanks. Calls fail, too, when
// memory for a text ran out: json->text.failed.
#ifndef HSN_READERS_JSON_DOCUMENT_H
#define HSN_READERS_JSON_DOCUMENT_H

#include "json_scan.h"

/** The next byte that is neither blank nor newline, not consumed; 0 at the end of the input. */
uint8_t hsn__json_document_peek(hsn__json *json);

/** Consume `c`, blanks and newlines allowed before it. */
bool hsn__json_document_take(hsn__json *json, uint8_t c);

/**
 * The next member's key up to and with its colon, and the blanks before its value: HSN_OK; HSN_DONE
 * after `}`; HSN_PARTIAL with the problem. *first starts true and is cleared.
 */
int hsn__json_document_member(hsn__json *json, bool *first, hsn__json_span *out_key);

/** The same for an array after `[`: HSN_OK when an element stands next. */
int hsn__json_document_element(hsn__json *json, bool *first);

/** Any value, without recursion; nested no deeper than HSN__JSON_DEPTH. */
bool hsn__json_document_skip(hsn__json *json);

#endif
