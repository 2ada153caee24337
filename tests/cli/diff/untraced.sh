# SPDX-License-Identifier: MIT
# A side that never recorded what is compared is named; it does not look like growth.
try() {
    status=0
    snapdiff "$@" >/dev/null || status=$?
    echo "$status"
}
sed 's/,"stack":[0-9]*//' data/monday.jsonl >plain.jsonl
try plain.jsonl data/tuesday.jsonl --by lineno
try data/monday.jsonl testdata/tracemalloc/python3.13.pickle
try testdata/tracemalloc/python3.13.pickle testdata/tracemalloc/python3.10.pickle --by type
