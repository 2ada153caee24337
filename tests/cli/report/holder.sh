# SPDX-License-Identifier: MIT
# What a holder retains, as the rule judges it and as `retained` tells it: the same bytes.
snapload -q data/tuesday.jsonl -o n.db
cat >policy.yaml <<END
rules:
  - {rule: holder, holder: app.cache._pending, max: 1K}
  - {rule: holder, holder: "app.cache._pending[*]", max: 1K}
  - {rule: holder, holder: "app.*", max: 1K}
  - {rule: holder, holder: app.nothing, max: 1K}
END
snapreport policy.yaml n.db --format csv --bytes || echo "= $?"
retained n.db --bytes
