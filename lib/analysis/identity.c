// SPDX-License-Identifier: MIT
// Whether the ids of two snapshots mean the same objects.
#include "analysis/identity.h"

#include <string.h>

enum { AGREEING = 1000 };

const char *hsn__identity_obstacle(const hsn_snapshot_info *a, const hsn_snapshot_info *b)
{
    if (!a->stable_ids || !b->stable_ids)
        return "its objects have no stable ids";
    if (strcmp(a->runtime, b->runtime) != 0)
        return "it is of another runtime";
    if (*a->host && *b->host && strcmp(a->host, b->host) != 0)
        return "it is of another host";
    if (a->pid > 0 && b->pid > 0 && a->pid != b->pid)
        return "it is of another process";
    return NULL;
}

// A DOM node is the same before and after it left its document.
static void skip_state(const char **text, size_t *length)
{
    static const char word[] = "Detached ";
    const size_t size = sizeof word - 1;
    if (*length > size && !memcmp(*text, word, size)) {
        *text += size;
        *length -= size;
    }
}

static bool same_type(const hsn__intern *names, uint32_t a, uint32_t b)
{
    size_t a_length, b_length;
    if (a == b)
        return true;
    const char *a_text = hsn__intern_get(names, a, &a_length);
    const char *b_text = hsn__intern_get(names, b, &b_length);
    skip_state(&a_text, &a_length);
    skip_state(&b_text, &b_length);
    return a_length == b_length && !memcmp(a_text, b_text, a_length);
}

hsn__identity hsn__identity_compare(const hsn__identities *a, const hsn__identities *b,
                                    const hsn__intern *names)
{
    hsn__identity out = {0};
    for (uint32_t i = 0, k = 0; i < a->count && k < b->count;) {
        if (a->ids[i] != b->ids[k]) {
            if (a->ids[i] < b->ids[k])
                i++;
            else
                k++;
            continue;
        }
        out.common++;
        out.disagreeing += !same_type(names, a->types[i++], b->types[k++]);
    }
    return out;
}

bool hsn__identity_holds(const hsn__identity *identity)
{
    return identity->common && identity->disagreeing <= identity->common / AGREEING;
}
