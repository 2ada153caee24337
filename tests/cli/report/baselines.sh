# SPDX-License-Identifier: MIT
# Each kind of baseline, and how it is told.
snapload -q data/monday.jsonl -o released.db --tag release=1.4
snapload -q data/tuesday.jsonl -o tuesday.db
try() {
    echo "baseline: $1
rules: [{rule: heap, max_growth: 1%}]" >policy.yaml
    snapreport policy.yaml $2 data/tuesday.jsonl data/wednesday.jsonl | sed -n '/^Base/p;/^heap/p'
}
try auto
try previous
try median data/monday.jsonl
try '{median_of: 2}' data/monday.jsonl
try best data/monday.jsonl
try '{best_of: 1}' data/monday.jsonl
try '{store: released.db}'
try '{store: released.db#1}'
try '{label: tuesday}' data/monday.jsonl
try '{tag: release=1.*}' released.db
