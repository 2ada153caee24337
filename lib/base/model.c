// SPDX-License-Identifier: MIT
// The model's kinds in words.
#include "heapsnap/model.h"

static const char *const kind_names[] = {
#define ROW(name, text) text,
    HSN_KIND_LIST(ROW)
#undef ROW
};

static const char *const ref_kind_names[] = {
#define ROW(name, text) text,
    HSN_REF_KIND_LIST(ROW)
#undef ROW
};

static const char *const root_kind_names[] = {
#define ROW(name, text) text,
    HSN_ROOT_KIND_LIST(ROW)
#undef ROW
};

const char *hsn_kind_name(hsn_kind kind)
{
    return (unsigned)kind < HSN_KIND_COUNT ? kind_names[kind] : "unknown";
}

const char *hsn_ref_kind_name(hsn_ref_kind kind)
{
    return (unsigned)kind < HSN_REF_KIND_COUNT ? ref_kind_names[kind] : "unknown";
}

const char *hsn_root_kind_name(hsn_root_kind kind)
{
    return (unsigned)kind < HSN_ROOT_KIND_COUNT ? root_kind_names[kind] : "unknown";
}
