# SPDX-License-Identifier: MIT
# The chosen snapshot, another one, and all of them at once.
snapload -q data/monday.jsonl -o week.db
snapload -q data/tuesday.jsonl -o week.db --append
snapsql week.db#monday 'SELECT count(*) FROM object'
snapsql week.db 'SELECT count(*) FROM object'
snapsql week.db 'SELECT count(*) FROM object WHERE snapshot = 1'
snapsql week.db 'SELECT s.label, count(*) FROM snapshot s JOIN object o ON o.snapshot = s.id GROUP BY s.id'
snapsql week.db 'SELECT count(*) FROM object WHERE snapshot = 7'
