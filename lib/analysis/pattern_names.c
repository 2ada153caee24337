// SPDX-License-Identifier: MIT
// Whose code a module or a file is: the application's, the standard library's, or a measuring
// tool's.
#include "analysis/pattern_private.h"

#include <string.h>

static const char *const stdlib_modules[] = {
#define X(name) name,
#include "analysis/stdlib.def"
#undef X
};

// Of the standard library and beside it: they fill caches while a heap is being looked at.
static const char *const tool_modules[] = {
    "_abc",
    "_distutils_hack",
    "_frozen_importlib",
    "_frozen_importlib_external",
    "_heapsnap",
    "_sre",
    "_tracemalloc",
    "_warnings",
    "_weakrefset",
    "abc",
    "codecs",
    "encodings",
    "enum",
    "functools",
    "gc",
    "gzip",
    "heapsnap",
    "importlib",
    "json",
    "linecache",
    "re",
    "site",
    "sre_compile",
    "sre_constants",
    "sre_parse",
    "sys",
    "sysconfig",
    "tracemalloc",
    "typing",
    "warnings",
    "zipimport",
    "zlib",
};

// Whether the part of `name` before its first dot is in the sorted list.
static bool has_top_level(const char *const *list, size_t count, const char *name)
{
    size_t length = strcspn(name, "."), low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(list[middle], name, length);
        if (!order && list[middle][length])
            order = 1;
        if (!order)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool hsn__is_stdlib_module(const char *name)
{
    return has_top_level(stdlib_modules, sizeof stdlib_modules / sizeof *stdlib_modules, name) ||
           hsn__is_tool_module(name);
}

bool hsn__is_tool_module(const char *name)
{
    return has_top_level(tool_modules, sizeof tool_modules / sizeof *tool_modules, name);
}

static bool is_package_file(const char *path)
{
    return strstr(path, "/site-packages/") || strstr(path, "/dist-packages/") ||
           strstr(path, "/node_modules/") || strstr(path, "\\site-packages\\");
}

bool hsn__is_stdlib_file(const char *path)
{
    if (path[0] == '<')
        return !strncmp(path, "<frozen ", 8) || !strncmp(path, "<built", 6);
    if (!strncmp(path, "node:", 5))
        return true;
    if (is_package_file(path))
        return false;
    // …/lib/python3.11/threading.py, …/Python311/Lib/threading.py
    const char *lib = strstr(path, "/lib/python"), *windows = strstr(path, "\\Lib\\");
    if (lib && (lib[11] == '2' || lib[11] == '3'))
        return true;
    return windows != NULL;
}

bool hsn__is_application_file(const char *path)
{
    return *path && *path != '<' && !hsn__is_stdlib_file(path) && !is_package_file(path);
}
