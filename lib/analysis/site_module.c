// SPDX-License-Identifier: MIT
// The module, package or binary that a frame belongs to, from the names that profiles carry.
#include "heapsnap/totals.h"

#include <stdbool.h>
#include <string.h>

typedef struct part {
    const char *start;
    size_t size;
} part;

static bool ends_with(part text, const char *end)
{
    size_t size = strlen(end);
    return text.size >= size && !memcmp(text.start + text.size - size, end, size);
}

static bool is(part text, const char *word)
{
    return text.size == strlen(word) && !memcmp(text.start, word, text.size);
}

// What follows the last folder `name`; the whole with `*found` unset when there is none.
static part below(part path, const char *name, bool *found)
{
    part rest = path;
    *found = false;
    for (size_t i = 0; i < path.size;) {
        const char *slash = memchr(path.start + i, '/', path.size - i);
        if (!slash)
            break;
        part folder = {path.start + i, (size_t)(slash - path.start) - i};
        i += folder.size + 1;
        if (is(folder, name)) {
            rest = (part){path.start + i, path.size - i};
            *found = true;
        }
    }
    return rest;
}

static part last_part(part path)
{
    for (size_t i = path.size; i-- > 0;)
        if (path.start[i] == '/' || path.start[i] == '\\')
            return (part){path.start + i + 1, path.size - i - 1};
    return path;
}

// What follows `…/lib/python3.11/`, where the standard library is.
static part below_stdlib(part path, bool *found)
{
    static const char lib[] = "/lib/python";
    *found = false;
    for (size_t i = 0; i + sizeof lib < path.size; i++)
        if (!memcmp(path.start + i, lib, sizeof lib - 1)) {
            size_t at = i + sizeof lib - 1;
            at += strspn(path.start + at, "0123456789.");
            *found = at < path.size && path.start[at] == '/';
            return *found ? (part){path.start + at + 1, path.size - at - 1} : path;
        }
    return path;
}

// Dots for slashes. Returns the length of the whole.
static size_t put(part text, char *out, size_t room, bool dotted)
{
    for (size_t i = 0; i < text.size && i + 1 < room; i++)
        out[i] = dotted && text.start[i] == '/' ? '.' : text.start[i];
    if (room)
        out[text.size < room ? text.size : room - 1] = 0;
    return text.size;
}

static size_t python_module(part path, char *out, size_t room)
{
    bool found;
    part module = below(path, "site-packages", &found);
    if (!found)
        module = below(path, "dist-packages", &found);
    if (!found)
        module = below_stdlib(path, &found);
    module.size -= ends_with(module, ".pyc") ? 4 : 3;
    if (ends_with(module, "/__init__"))
        module.size -= sizeof "/__init__" - 1;
    return put(found ? module : last_part(module), out, room, true);
}

// `import/path.(*Type).method`: up to the first dot behind the last slash.
static bool go_package(part function, part *out)
{
    part name = last_part(function);
    const char *dot = name.size ? memchr(name.start, '.', name.size) : NULL;
    if (!dot || dot == name.start)
        return false;
    *out = (part){function.start, (size_t)(dot - function.start)};
    return true;
}

static part node_package(part path)
{
    const char *slash = memchr(path.start, '/', path.size);
    if (path.size && *path.start == '@' && slash) // @scope/name
        slash = memchr(slash + 1, '/', path.size - (size_t)(slash + 1 - path.start));
    return slash ? (part){path.start, (size_t)(slash - path.start)} : path;
}

size_t hsn_site_module(const hsn_frame *frame, char *out, size_t room)
{
    part file = {frame->file, strlen(frame->file)};
    part function = {frame->function, strlen(frame->function)};
    bool found;
    part module;
    if (ends_with(file, ".py") || ends_with(file, ".pyc"))
        return python_module(file, out, room);
    if (ends_with(file, ".go") && go_package(function, &module))
        return put(module, out, room, false);
    module = below(file, "node_modules", &found);
    return put(found ? node_package(module) : last_part(file), out, room, false);
}
