# SPDX-License-Identifier: MIT
# What does not go together, and snapshots without stacks.
snapflame data/monday.jsonl --folded --reverse || echo $?
snapflame data/monday.jsonl --folded --json || echo $?
snapflame testdata/mprof/made-children.dat || echo $?
snapflame testdata/tracemalloc/python3.13.pickle --retained || echo $?
snapflame testdata/tracemalloc/python3.13.pickle --by function || echo $?
snapflame data/monday.jsonl --include 'no such file' || echo $?
