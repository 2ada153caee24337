# SPDX-License-Identifier: MIT
# The night that was stored last is not the newest by its clock: told, and the report is partial.
snapload -q data/monday.jsonl -o n.db
snapload -q -a data/wednesday.jsonl -o n.db
snapload -q -a data/tuesday.jsonl -o n.db
echo 'rules: [heap]' >policy.yaml
status=0
snapreport policy.yaml n.db --fail-on=never || status=$?
echo "= $status"
sed 's/"captured_at_unix_ms":[0-9]*,//' data/monday.jsonl >timeless.jsonl
snapreport policy.yaml timeless.jsonl data/monday.jsonl
