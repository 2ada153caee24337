// SPDX-License-Identifier: MIT
// Where resources were allocated: the newest frame of the application.
#include "analysis/resources_private.h"

#include <string.h>

#include "base/fail.h"

// Parts of the paths of code that is not the application's own.
static const char *const foreign[] = {"/lib/python", "/site-packages/", "/dist-packages/"};

static bool is_own(const char *file)
{
    // "<frozen importlib._bootstrap>"
    bool own = *file && *file != '<';
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        own = own && !strstr(file, foreign[i]);
    return own;
}

static int copy_frame(hsn__arena *arena, const hsn_frame *frame, hsn_frame *out, hsn_error *err)
{
    *out = (hsn_frame){.file = hsn__arena_copy(arena, frame->file, strlen(frame->file)),
                       .function = hsn__arena_copy(arena, frame->function, strlen(frame->function)),
                       .line = frame->line};
    return out->file && out->function ? HSN_OK : hsn__fail_memory(err);
}

int hsn__resource_sites(const hsn_profile *profile, hsn__arena *arena, hsn_resource *rows,
                        size_t count, hsn_error *err)
{
    size_t stack_count = profile ? profile->stack_count : 0;
    int r = HSN_OK;
    for (size_t i = 0; r >= 0 && i < count; i++) {
        uint32_t stack = rows[i].stack;
        rows[i].site = (hsn_frame){"", "", 0};
        // A caller has a lower number than what it calls, so that this ends.
        while (stack < stack_count && !is_own(profile->frames[profile->stacks[stack].frame].file))
            stack = profile->stacks[stack].parent;
        if (stack < stack_count)
            r = copy_frame(arena, &profile->frames[profile->stacks[stack].frame], &rows[i].site,
                           err);
    }
    return r;
}
