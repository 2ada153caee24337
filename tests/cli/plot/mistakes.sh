# SPDX-License-Identifier: MIT
# Nothing over time, nothing to compare with, and what does not go together.
snapplot data/monday.jsonl || echo $?
snapplot data/monday.jsonl data/tuesday.jsonl --json || echo $?
snapplot data/monday.jsonl data/tuesday.jsonl --top 0 || echo $?
snapplot testdata/mprof/memory_profiler-functions.dat data/monday.jsonl || echo $?
