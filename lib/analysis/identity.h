// SPDX-License-Identifier: MIT
// Whether the ids of two snapshots mean the same objects.
//
// Runtimes number their objects in every process anew, so equal ids of two processes are different
// objects, and many of them even of equal types: two runs of one Node program agree in 98 of 100.
// Snapshots of one process agree in all.
#ifndef HSN_ANALYSIS_IDENTITY_H
#define HSN_ANALYSIS_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "heapsnap/store.h"
#include "store/intern.h"

/** The objects of a snapshot, ascending by id; types are numbers in `names`. */
typedef struct hsn__identities {
    const uint64_t *ids;
    const uint32_t *types;
    uint32_t count;
} hsn__identities;

/** Ids that two snapshots have in common, and those of them whose types differ. */
typedef struct hsn__identity {
    uint64_t common, disagreeing;
} hsn__identity;

/** Why ids cannot be compared, from what the snapshots say of themselves; NULL = they may be. */
const char *hsn__identity_obstacle(const hsn_snapshot_info *a, const hsn_snapshot_info *b);

/** Compare the types of equal ids. O(objects). */
hsn__identity hsn__identity_compare(const hsn__identities *a, const hsn__identities *b,
                                    const hsn__intern *names);

/** Whether they are ids of one process: some are common, and one of a thousand differs at most,
 * for an object may change its class. */
bool hsn__identity_holds(const hsn__identity *identity);

#endif
