# SPDX-License-Identifier: MIT
# Only what was captured shortly before the newest snapshot.
snapload -q data/monday.jsonl -o n.db
snapload -q -a data/tuesday.jsonl -o n.db
snapload -q -a data/wednesday.jsonl -o n.db
snapgrow n.db --since 36h --json -n 1
status=0
snapgrow n.db --since 1h || status=$?
echo $status
