# SPDX-License-Identifier: MIT
# Each mistake in a policy is told with its line and column.
try() {
    printf '%s' "$1" >policy.yaml
    status=0
    snapreport policy.yaml data/monday.jsonl || status=$?
    echo "$status"
}
try 'nam: a'
try 'name: [a, b]'
try 'name: ""'
try 'rules: heap'
try 'rules: []'
try 'rules:
  - rule: heep'
try 'rules:
  - severity: warn'
try 'rules:
  - rule: heap
    sevrity: warn'
try 'rules:
  - rule: heap
    severity: fatal'
try 'rules:
  - rule: heap
    max: lots'
try 'rules:
  - rule: heap
    max_growth: [10%, 20%]'
try 'rules:
  - rule: longest_pause
    max: 10MiB'
try 'rules:
  - rule: growth
    steps: 1'
try 'rules:
  - rule: growth
    by: colour'
try 'rules:
  - rule: holder'
try 'rules:
  - [heap]'
try 'baseline: yesterday'
try 'baseline: {best_of: 0}'
try 'baseline: {tag: release}'
try 'baseline: {best_of: 2, tag: a=b}'
try 'last: many'
try 'explain: maybe'
try 'select: prod'
try 'inputs: [{label: x}]'
try 'inputs: [[a]]'
try 'allow:
  - type: a'
try 'allow:
  - reason: because'
try 'allow:
  - {type: a, reason: b, expires: tomorrow}'
try 'allow:
  - {type: a, reason: b, expires: 2026-02-30}'
try 'allow:
  - {rule: hep, reason: b}'
try 'allow: all'
try 'name: a
name: b'
try 'name: &x a
history: *x'
try 'name: a
---
name: b'
try 'rules: [heap'
try 'a: b: c'
try '- heap'
try "$(printf '\tname: a')"
try 'keep: 7'
try 'keep: {graphs: 7, totals: 1y}'
try 'keep: {graph: 7}'
try 'rules: [{rule: type, min_share: 5}]'
