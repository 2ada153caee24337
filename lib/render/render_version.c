// SPDX-License-Identifier: MIT
// Versions that only the renderers know.
#include "render/render_version.h"

#include <graphviz/graphviz_version.h>

const char *hsn__graphviz_version(void)
{
    return PACKAGE_VERSION;
}
