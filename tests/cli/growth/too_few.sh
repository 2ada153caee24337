# SPDX-License-Identifier: MIT
# One snapshot does not grow.
status=0
snapgrow data/monday.jsonl || status=$?
echo $status
snapload -q data/monday.jsonl -o n.db
snapgrow n.db#monday || status=$?
echo $status
