# SPDX-License-Identifier: MIT
# A baseline that is named and missing is trouble: the gate would judge nothing.
try() {
    echo "baseline: {$1}" >policy.yaml
    status=0
    snapreport policy.yaml data/tuesday.jsonl data/wednesday.jsonl || status=$?
    echo "$status"
}
try 'store: released.db'
try 'tag: release=1.4'
try 'label: released'
