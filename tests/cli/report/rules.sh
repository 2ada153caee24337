# SPDX-License-Identifier: MIT
# Every rule on the same week, explained by its result.
snapload -q data/monday.jsonl -o n.db
snapload -q -a data/tuesday.jsonl -o n.db
snapload -q -a data/wednesday.jsonl -o n.db
cat >policy.yaml <<END
name: shop
explain: false
rules:
  - {rule: heap, max: 1MiB}
  - {rule: heap, max_growth: [10%, 1MiB]}
  - {rule: objects, max_growth: 5, severity: warn}
  - {rule: rss, title: "memory of the process"}
  - {rule: garbage, max: 100}
  - {rule: refcount_surplus, max: 0}
  - {rule: holder, holder: "app.cache._pending[*]", max: 4K}
  - {rule: type, type: "app.cache.*", max_count: 10}
  - {rule: type, type: str, max_growth: 10%}
  - {rule: module, module: "app.*", max_growth: 100}
  - {rule: new_types, min_size: 1}
  - {rule: new_cycles, min_objects: 1}
  - {rule: growth, steps: 2, min_growth: 100, severity: warn}
END
status=0
snapreport policy.yaml n.db || status=$?
echo "= $status"
