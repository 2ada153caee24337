# SPDX-License-Identifier: MIT
# The time until the heap is as large; --limit with a unit means memory, without one rows.
grow() {
    snapgrow data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl "$@"
}
grow --memory-limit 100KiB
grow --limit 100KiB --limit 1
grow --limit 10KB -n 1
grow --memory-limit 100KiB --json -n 1
