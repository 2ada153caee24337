// SPDX-License-Identifier: MIT
// Files into a fuzz target, each in a block of exactly its size, so that sanitizers see a read past
// it.
#include "replay.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

bool replay_read(FILE *file, uint8_t *data, size_t size)
{
    return fread(data, 1, size, file) == size && fgetc(file) == EOF && !ferror(file);
}

static int replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size ? size : 1);
    bool ok = file && data && replay_read(file, data, size);
    if (ok)
        LLVMFuzzerTestOneInput(data, size);
    else
        fprintf(stderr, "cannot read all of %s\n", path);
    if (file)
        fclose(file);
    free(data);
    return ok ? 1 : -1;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_folder(const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, visible, alphasort), ran = 0;
    for (int i = 0; i < count; i++) {
        char inner[4096];
        struct stat status;
        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (ran >= 0 && stat(inner, &status) == 0 && S_ISREG(status.st_mode)) {
            int one = replay_file(inner, (size_t)status.st_size);
            ran = one < 0 ? -1 : ran + one;
        }
        free(entries[i]);
    }
    free(entries);
    return count < 0 ? -1 : ran;
}

int replay_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0) {
        fprintf(stderr, "no such file: %s\n", path);
        return -1;
    }
    return S_ISDIR(status.st_mode) ? replay_folder(path)
                                   : replay_file(path, (size_t)status.st_size);
}
