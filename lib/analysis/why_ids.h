// SPDX-License-Identifier: MIT
// Matching by stable id: objects that are still there count where they are now.
//
// The chain of an object may change while the object stays: a shorter way to its holder came up, a
// table was moved. Laid over one tree of patterns, it would be lost in one place and gained in
// another. Where ids are stable, an object of an earlier snapshot that the last one still has
// counts at its pattern in the last one, and one that is gone counts below where its holder is now.
#ifndef HSN_ANALYSIS_WHY_IDS_H
#define HSN_ANALYSIS_WHY_IDS_H

#include "analysis/identity.h"
#include "analysis/pattern_private.h"
#include "heapsnap/totals.h"

/** What stays of an earlier snapshot until the last one is laid over the tree: 20 bytes a node. */
typedef struct hsn__why_kept {
    uint64_t *ids;
    uint32_t *types, *pattern; /**< by node, in patterns */
    hsn_node_id *holder;
    uint32_t count;
} hsn__why_kept;

/** Whether ids of all snapshots may be compared, from what they say of themselves. *out_note: why
 * not although they have stable ids; NULL = no word is needed. Static. Errors: HSN_ESTORE,
 * HSN_ENOMEM. */
int hsn__why_can_use_ids(const hsn_snapshot_ref *snapshots, size_t count, bool *out,
                         const char **out_note, hsn_error *err);

/** Take what is needed out of `placed`, which loses it. Clear *out, failed or not. Errors:
 * HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT. */
int hsn__why_keep(hsn__placed *placed, hsn__why_kept *out, hsn_error *err);
void hsn__why_kept_clear(hsn__why_kept *kept);

/** Whether the types of equal ids agree, each snapshot with the next, and the last with `last`.
 * `ids`: of the last one. */
bool hsn__why_ids_agree(const hsn__why_kept *kept, size_t count, const uint64_t *ids,
                        const hsn__placed *last, const hsn__patterns *patterns);

/** Move the objects of an earlier snapshot to their patterns of now. Makes patterns. Errors:
 * HSN_ENOMEM. Cost: O(nodes), 4 bytes a node. */
int hsn__why_rehome(hsn__why_kept *kept, const uint64_t *ids, const hsn__placed *last,
                    hsn__patterns *patterns, hsn_error *err);

/** Add the snapshot's objects to `cells`. Errors: HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT. */
int hsn__why_kept_sum(const hsn__why_kept *kept, const hsn_snapshot_ref *snapshot,
                      hsn__pattern_cell *cells, hsn_error *err);

#endif
