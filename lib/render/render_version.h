// SPDX-License-Identifier: MIT
// Versions that only the renderers know.
#ifndef HSN_RENDER_VERSION_H
#define HSN_RENDER_VERSION_H

/** Graphviz as built against: it cannot say at run time without loading its plugins. Static. */
const char *hsn__graphviz_version(void);

#endif
