// SPDX-License-Identifier: MIT
// replay FILE|FOLDER...: the corpus through the fuzz target; a corpus of nothing is a failure.
#include "replay.h"

int main(int argc, char **argv)
{
    int ran = 0;
    for (int i = 1; i < argc; i++) {
        int here = replay_path(argv[i]);
        if (here < 0)
            return 1;
        ran += here;
    }
    printf("%d inputs\n", ran);
    return ran == 0;
}
