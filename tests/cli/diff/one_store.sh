# SPDX-License-Identifier: MIT
# Two snapshots of one store, by label, number and place.
snapload -q data/monday.jsonl -o n.db
snapload -q -a data/tuesday.jsonl -o n.db
snapload -q -a data/wednesday.jsonl -o n.db
snapdiff n.db#monday n.db#wednesday -n 1
snapdiff n.db#1 n.db#3 -n 1
snapdiff n.db#first n.db -n 1
