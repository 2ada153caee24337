// SPDX-License-Identifier: MIT
// The parts of the audit: the table of known holders, and matching objects against it.
#ifndef HSN_ANALYSIS_AUDIT_PRIVATE_H
#define HSN_ANALYSIS_AUDIT_PRIVATE_H

#include <stdbool.h>

#include "heapsnap/audit.h"

/** Whether the collector looks at the object, whether anything visible refers to it. */
enum { HSN__TRACKED = 1, HSN__UNTRACKED = 2, HSN__SEEN = 4, HSN__UNSEEN = 8, HSN__EMPTY = 16 };

/**
 * A holder that the snapshot cannot show, and what it holds: zero and NULL ask for nothing. An
 * object belongs to the first row that it fits; kinds are bits 1u << hsn_kind.
 */
typedef struct hsn__audit_rule {
    const char *holder;      /**< words for people */
    bool deficit;            /**< explains too few references, not too many */
    uint16_t since, before;  /**< CPython: 0x030c is 3.12 */
    uint32_t kinds;          /**< of the object's type, one of them */
    const char *type;        /**< glob over the full name of the object's type */
    const char *text;        /**< the object's name */
    uint32_t roots;          /**< bits 1u << hsn_root_kind, one of which it is */
    uint8_t state;           /**< of the words above, all of them */
    bool running;            /**< a running frame refers to it, as often as it has a surplus */
    uint32_t keys;           /**< kinds that its keys all are (the first 16 references) */
    uint32_t targets;        /**< kinds that all else is that it refers to */
    const char *first;       /**< label of its first reference */
    const char *target_type; /**< glob over the type of its first target that is no key */
    uint32_t most;           /**< references that it explains in one object; 0 = all */
    uint32_t most_frames;    /**< `most`, and so many for each running frame */
    uint32_t cap;            /**< objects that it explains; if more fit, it explains none */
    uint32_t cap_kinds;      /**< `cap` and as many as there are objects of these kinds */
    uint32_t cap_frames;     /**< `cap` and so many for each running frame */
} hsn__audit_rule;

extern const hsn__audit_rule hsn__audit_rules[];
extern const size_t hsn__audit_rule_count;

/** A node and how often something is so. Sorted by node. */
typedef struct hsn__audit_note {
    hsn_node_id node;
    uint32_t count;
} hsn__audit_note;

/** What matching needs to know beside the object. Clear with hsn__audit_matcher_clear(). */
typedef struct hsn__audit_matcher {
    hsn_heap *heap;
    const uint32_t *type_of; /**< by node */
    const hsn_root_list *roots;
    uint64_t *applies;        /**< bitmap of rules for this runtime and version */
    hsn__audit_note *running; /**< references from running frames */
    size_t running_count;
    hsn__audit_note *bases; /**< static types: static subclasses that do not count them */
    size_t base_count;
    uint64_t frame_count; /**< running ones */
    uint64_t kind_counts[HSN_KIND_COUNT];
} hsn__audit_matcher;

/** Errors: HSN_ESTORE, HSN_EFORMAT, HSN_ENOMEM. */
int hsn__audit_matcher_init(hsn__audit_matcher *matcher, hsn_heap *heap, const uint32_t *type_of,
                            hsn_error *err);
void hsn__audit_matcher_clear(hsn__audit_matcher *matcher);

/**
 * Fill in `explained` and `holder` of all objects, which come in order of node. A rule that fits
 * more objects than it may is left out, and its objects are tried again without it.
 * Errors: HSN_ESTORE, HSN_EFORMAT, HSN_ENOMEM.
 */
int hsn__audit_explain(hsn__audit_matcher *matcher, hsn_audit_object *objects, size_t count,
                       hsn_error *err);

/** References that are left over; of a deficit, missing. */
static inline uint64_t hsn__audit_rest(const hsn_audit_object *object)
{
    int64_t rest = object->surplus - object->explained;
    return rest < 0 ? -(uint64_t)rest : (uint64_t)rest;
}

/** Enter an object into the totals of its type or holder. */
void hsn__audit_add(hsn_audit_total *total, const hsn_audit_object *object);

#endif
