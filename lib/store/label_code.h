// SPDX-License-Identifier: MIT
// Label codes: kind and label of a reference as one small number.
//
// Most references of a heap share few names, and most indexes just count on. So a code is
//   3 * kind            no label
//   3 * kind + 1        the index that follows the last one of this kind in this object (from 0)
//   3 * kind + 2        an index: its varint stands behind the code
//   HSN__LABEL_NAMES+n  name n of the snapshot: kind and string, most frequent first
#ifndef HSN_STORE_LABEL_CODE_H
#define HSN_STORE_LABEL_CODE_H

#include "heapsnap/model.h"

#define HSN__LABEL_NAMES (3u * HSN_REF_KIND_COUNT)

enum hsn__label_step { HSN__LABEL_PLAIN, HSN__LABEL_COUNT_ON, HSN__LABEL_INDEX_FOLLOWS };

/** Where the indexes of an object stand, by kind. Start with `{0}` for every object. */
typedef struct hsn__label_state {
    uint32_t next_index[HSN_REF_KIND_COUNT];
} hsn__label_state;

#endif
