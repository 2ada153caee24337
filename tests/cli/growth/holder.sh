# SPDX-License-Identifier: MIT
# By holder: a series for each path that collects.
snapgrow data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl --by holder
status=0
snapgrow data/monday.jsonl data/tuesday.jsonl --by holder --type 'app.*' || status=$?
echo $status
