# SPDX-License-Identifier: MIT
# What was captured while the program warmed up counts for nothing but the series.
grow() {
    snapgrow data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl "$@"
}
grow --warmup 1 -n 1
grow --warmup 1d -n 1
grow --warmup auto -n 1
grow --warmup 1 --json -n 1
grow --warmup 1 --by holder --json -n 1
status=0
grow --warmup 2 || status=$?
echo $status
grow --warmup soon || status=$?
echo $status
