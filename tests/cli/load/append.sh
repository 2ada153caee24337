# SPDX-License-Identifier: MIT
# Two loads, one store; labels come from the dumps.
snapload -q data/monday.jsonl -o week.db
snapload -q data/tuesday.jsonl -o week.db --append
snapinfo week.db --json | grep -o '"label": "[a-z]*", "source": "[a-z.]*", "format"'
