// SPDX-License-Identifier: MIT
// The replay driver hands over what is in the files, all of it, and notices when it cannot.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/check.h"
#include "replay.h"

static size_t calls, bytes;
static uint8_t first;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    calls++;
    bytes += size;
    first = size ? data[0] : 0;
    return 0;
}

static FILE *with(const char *content)
{
    FILE *file = tmpfile();
    CHECK(file != NULL);
    fputs(content, file);
    rewind(file);
    return file;
}

static void replay_short_read_is_noticed(void)
{
    uint8_t data[8] = {0};
    FILE *file = with("abc");
    CHECK(!replay_read(file, data, 4));
    rewind(file);
    CHECK(!replay_read(file, data, 2));
    rewind(file);
    CHECK(replay_read(file, data, 3));
    CHECK_MEM(data, "abc", 3);
    fclose(file);
}

static void replay_runs_every_file_of_a_folder(void)
{
    char folder[] = "/tmp/heapsnap-test-replay-XXXXXX", path[64];
    CHECK(mkdtemp(folder) != NULL);
    static const char *const contents[] = {"", "x", "yyyy"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%d", folder, i);
        FILE *file = fopen(path, "wb");
        fputs(contents[i], file);
        fclose(file);
    }
    calls = bytes = 0;
    CHECK_EQ(replay_path(folder), 3);
    CHECK_EQ(calls, 3);
    CHECK_EQ(bytes, 5);
    CHECK_EQ(first, 'y');
    CHECK_EQ(replay_path(path), 1);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%d", folder, i);
        unlink(path);
    }
    CHECK_EQ(replay_path(folder), 0);
    rmdir(folder);
    CHECK_EQ(replay_path(folder), -1);
}

static void replay_file_of_another_size_than_announced_fails(void)
{
    // The kernel announces 0 bytes and gives more.
    calls = 0;
    CHECK_EQ(replay_path("/proc/self/status"), -1);
    CHECK_EQ(calls, 0);
}

CHECK_MAIN(CHECK_CASE(replay_short_read_is_noticed), CHECK_CASE(replay_runs_every_file_of_a_folder),
           CHECK_CASE(replay_file_of_another_size_than_announced_fails))
