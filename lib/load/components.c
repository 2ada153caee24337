// SPDX-License-Identifier: MIT
// What the library is made of.
#include "heapsnap/components.h"

#include "base/codec_version.h"
#include "render/render_version.h"
#include "store/store_version.h"

int hsn_component_get(size_t index, hsn_component *out)
{
    static const struct {
        const char *name;
        const char *(*version)(void);
    } rows[] = {
        {"library", hsn_version},        {"store schema", hsn__schema_version},
        {"sqlite", hsn__sqlite_version}, {"graphviz", hsn__graphviz_version},
        {"zlib", hsn__zlib_version},     {"zstd", hsn__zstd_version},
    };
    if (index >= sizeof rows / sizeof *rows)
        return HSN_DONE;
    *out = (hsn_component){rows[index].name, rows[index].version()};
    return HSN_OK;
}
