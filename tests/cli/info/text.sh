# SPDX-License-Identifier: MIT
# One row for each snapshot.
snapload -q data/monday.jsonl -o a.db
snapload -q -a data/tuesday.jsonl -o a.db
snapinfo a.db
