// SPDX-License-Identifier: MIT
// Folders that a profiler writes as one result: which of their files is the dump.
#include <sys/stat.h>

#include "heapsnap/load.h"
#include "load/load_private.h"

// Fil: fil-result/2026-11-20T10-00-00_123/, as a program ended or ran out of memory.
static const char *const files[] = {"peak-memory.prof", "out-of-memory.prof"};

bool hsn__result_folder_file(const char *path, hsn__buf *out)
{
    struct stat status;
    if (stat(path, &status) || !S_ISDIR(status.st_mode))
        return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        hsn__buf_reset(out);
        hsn__buf_printf(out, "%s/%s", path, files[i]);
        if (!out->failed && !stat(hsn__buf_text(out), &status) && S_ISREG(status.st_mode))
            return true;
    }
    return false;
}

int hsn_is_result_folder(const char *path)
{
    hsn__buf file = {0};
    bool found = hsn__result_folder_file(path, &file);
    hsn__buf_clear(&file);
    return found;
}
