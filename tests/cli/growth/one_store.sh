# SPDX-License-Identifier: MIT
# One store stands for all of its snapshots in order of capture, whatever the order of loading.
snapload -q data/wednesday.jsonl -o n.db
snapload -q -a data/monday.jsonl -o n.db
snapload -q -a data/tuesday.jsonl -o n.db
snapgrow n.db -n 2
snapgrow n.db --json -n 1
