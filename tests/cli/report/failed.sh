# SPDX-License-Identifier: MIT
# An empty policy is useful: the heap may grow by a tenth, and who holds the growth is told.
: >policy.yaml
status=0
snapreport policy.yaml data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl || status=$?
echo "= $status"
