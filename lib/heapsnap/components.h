// SPDX-License-Identifier: MIT
// What this library is made of: for --version and bug reports.
#ifndef HEAPSNAP_COMPONENTS_H
#define HEAPSNAP_COMPONENTS_H

#include "heapsnap/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A part and its version, as linked at run time where it can say so. */
typedef struct hsn_component {
    const char *name;    /**< "library", "store schema", "sqlite", "graphviz" … */
    const char *version; /**< "3.40.1" */
} hsn_component;

/** Row `index`; HSN_DONE after the last one. Static strings. */
HSN_API int hsn_component_get(size_t index, hsn_component *out);

#ifdef __cplusplus
}
#endif

#endif
