# SPDX-License-Identifier: MIT
# A policy that is not there.
status=0
snapreport nowhere.yaml data/monday.jsonl || status=$?
echo "$status"
snapreport . data/monday.jsonl || status=$?
echo "$status"
