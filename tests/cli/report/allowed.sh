# SPDX-License-Identifier: MIT
# What the allow-list lets through does not fail, until it expires.
try() {
    echo "rules: [{rule: type, type: 'app.cache.*', max_growth: 1%}]
allow: [$1]" >policy.yaml
    status=0
    snapreport policy.yaml data/monday.jsonl data/wednesday.jsonl || status=$?
    echo "= $status"
}
try '{type: app.cache.Request, reason: the cache grew on purpose, expires: 2026-11-18}'
try '{type: app.cache.Request, reason: the cache grew on purpose, expires: 2026-11-17}'
try '{module: app.tree, reason: another one}'
echo "rules: [heap]
allow: [{holder: 'app.cache._pending[*]', reason: larger cache}]" >policy.yaml
snapreport policy.yaml data/monday.jsonl data/wednesday.jsonl
