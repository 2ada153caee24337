// SPDX-License-Identifier: MIT
// Folders and patterns among the operands.
#include "cli/dumps.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(struct cli *cli, struct dumps *dumps, size_t *capacity, const char *path)
{
    if (dumps->count == *capacity) {
        *capacity = *capacity * 2 + 64;
        const char **grown = cli_alloc(cli, *capacity, sizeof *grown);
        if (dumps->count)
            memcpy(grown, dumps->paths, dumps->count * sizeof *grown);
        dumps->paths = grown;
    }
    dumps->paths[dumps->count++] = path;
}

static bool is_store(const char *path)
{
    char head[16] = {0};
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(head, 1, sizeof head, file) : 0;
    if (file)
        fclose(file);
    return size == sizeof head && !memcmp(head, "SQLite format 3", 16);
}

// A store under way is NAME.tmp-PID-N, a dump under way NAME.tmp, a journal NAME-journal.
static bool is_unfinished(const char *name)
{
    const char *mark = strstr(name, ".tmp");
    size_t length = strlen(name);
    return (mark && (!mark[4] || mark[4] == '-')) ||
           (length > 8 && !strcmp(name + length - 8, "-journal"));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_folder(struct cli *cli, struct dumps *dumps, size_t *capacity, const char *folder)
{
    size_t first = dumps->count, length = strlen(folder);
    const char *slash = length && folder[length - 1] == '/' ? "" : "/";
    DIR *entries = opendir(folder);
    if (!entries)
        return cli_error(cli, folder, "cannot open: %s", strerror(errno));
    for (struct dirent *entry; (entry = readdir(entries));) {
        struct stat status;
        if (*entry->d_name == '.' || is_unfinished(entry->d_name))
            continue;
        const char *path = cli_format(cli, "%s%s%s", folder, slash, entry->d_name);
        if (!stat(path, &status) && S_ISREG(status.st_mode) && !is_store(path))
            add(cli, dumps, capacity, path);
    }
    closedir(entries);
    if (dumps->count == first)
        return cli_error(cli, folder, "no dump in this folder");
    qsort(dumps->paths + first, dumps->count - first, sizeof *dumps->paths, by_name);
    return STATUS_OK;
}

static int add_matches(struct cli *cli, struct dumps *dumps, size_t *capacity, const char *pattern)
{
    glob_t found;
    int r = glob(pattern, 0, NULL, &found);
    if (r == GLOB_NOMATCH)
        return cli_error(cli, pattern, "no file matches");
    if (r)
        return cli_error(cli, pattern, "cannot be searched for");
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (!is_store(found.gl_pathv[i]))
            add(cli, dumps, capacity, cli_format(cli, "%s", found.gl_pathv[i]));
    globfree(&found);
    return STATUS_OK;
}

int cli_dumps(struct cli *cli, struct dumps *out)
{
    size_t capacity = 0;
    int r = STATUS_OK;
    *out = (struct dumps){0};
    for (size_t i = 0; !r && i < cli->arg_count; i++) {
        const char *argument = cli->args[i];
        struct stat status;
        bool exists = !stat(argument, &status);
        if (exists && S_ISDIR(status.st_mode) && !hsn_is_result_folder(argument)) {
            out->many = true;
            r = add_folder(cli, out, &capacity, argument);
        } else if (!exists && strpbrk(argument, "*?[")) {
            out->many = true;
            r = add_matches(cli, out, &capacity, argument);
        } else {
            r = cli_check_input(cli, argument);
            if (!r)
                add(cli, out, &capacity, argument);
        }
    }
    return r;
}
