# SPDX-License-Identifier: MIT
# What makes the status 1.
echo 'rules: [{rule: heap, severity: warn}]' >policy.yaml
for limit in fail warn never; do
    status=0
    snapreport policy.yaml data/monday.jsonl data/tuesday.jsonl --fail-on=$limit | head -n 1
    snapreport -q policy.yaml data/monday.jsonl data/tuesday.jsonl --fail-on=$limit >/dev/null ||
        status=$?
    echo "$limit = $status"
done
