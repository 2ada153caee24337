# SPDX-License-Identifier: MIT
# Steady growth is status 1 when asked for.
try() {
    status=0
    snapgrow "$@" >/dev/null || status=$?
    echo "$* = $status"
}
try data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl
try data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl --exit-code
try data/monday.jsonl data/tuesday.jsonl data/monday.jsonl --exit-code
try data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl --exit-code --min-delta 1G
