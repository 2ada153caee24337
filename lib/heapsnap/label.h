// SPDX-License-Identifier: MIT
// The label of a reference as people read it: `parent`, `[3]`, `__dict__`; and as they would type
// it.
#ifndef HEAPSNAP_LABEL_H
#define HEAPSNAP_LABEL_H

#include "heapsnap/heap.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most bytes of a label's text with its NUL; longer names end in "…". */
#define HSN_LABEL_TEXT_BYTES 256

/**
 * The label alone, as drawings and JSON show it: the name of an attribute, variable, parameter,
 * dictionary key or internal reference; `[3]` of a sequence's item; `[*]` of a dictionary's entry
 * whose key the dump does not keep; `__class__` of a class; "" where no name is known.
 *
 * `out` has HSN_LABEL_TEXT_BYTES. Errors: those of hsn_heap_string().
 */
HSN_API int hsn_label_text(hsn_heap *heap, const hsn_ref *ref, char *out, hsn_error *err);

/**
 * How well a reference tells a story, 0 = best: attributes, slots, values, items and variables (0);
 * what hangs on containers and functions without a place of its own: keys, elements, cells,
 * defaults (1); structural references with a name (2); nameless ones (3); classes (4); weak ones
 * (5).
 */
HSN_API unsigned hsn_ref_rank(const hsn_ref *ref);

#ifdef __cplusplus
}
#endif

#endif
