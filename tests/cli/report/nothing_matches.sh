# SPDX-License-Identifier: MIT
# A rule whose pattern matches nothing is skipped and makes the report partial: it may be a typo.
try() {
    echo "rules: [heap, $1]" >policy.yaml
    status=0
    snapreport policy.yaml data/monday.jsonl data/monday.jsonl || status=$?
    echo "= $status"
}
try '{rule: type, type: "app.cach.*"}'
try '{rule: module, module: nowhere}'
try '{rule: line, file: "*.py"}'
try 'rss'
try 'longest_pause'
