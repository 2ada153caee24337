# SPDX-License-Identifier: MIT
# A label names one snapshot of a store.
snapload -q data/monday.jsonl -o a.db
snapload -q data/monday.jsonl -o a.db -a || echo status $?
snapinfo a.db --csv | cut -d, -f1,2
