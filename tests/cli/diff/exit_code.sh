# SPDX-License-Identifier: MIT
# Growth is status 1 only when asked for, and only when large enough.
try() {
    status=0
    snapdiff "$@" >/dev/null || status=$?
    echo "$* = $status"
}
try data/monday.jsonl data/tuesday.jsonl
try data/monday.jsonl data/tuesday.jsonl --exit-code
try data/monday.jsonl data/monday.jsonl --exit-code
try data/monday.jsonl data/tuesday.jsonl --exit-code --min-growth 1G
try data/monday.jsonl data/tuesday.jsonl --exit-code --type "no.such"
try data/monday.jsonl data/tuesday.jsonl --exit-code -n 1 --json
try data/monday.jsonl data/tuesday.jsonl --min-growth 1
