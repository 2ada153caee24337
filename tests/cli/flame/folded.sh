# SPDX-License-Identifier: MIT
# Folded stacks, of one snapshot and of two, by line and by function; they load again with the same sums.
snapflame data/monday.jsonl --folded
snapflame data/monday.jsonl data/tuesday.jsonl --folded
snapflame data/tuesday.jsonl --folded --by function --metric inuse_count
snapflame testdata/tracemalloc/python3.13.pickle --folded -o all.folded
snaptop testdata/tracemalloc/python3.13.pickle --by filename -n 3 --bytes --csv
snaptop all.folded --by filename -n 3 --bytes --csv
