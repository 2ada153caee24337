# SPDX-License-Identifier: MIT
# A damaged side is a warning and status 3; strict makes it an error.
head -n 20 data/tuesday.jsonl >cut.jsonl
status=0
snapdiff data/monday.jsonl cut.jsonl -n 1 || status=$?
echo $status
snapdiff data/monday.jsonl cut.jsonl --strict || status=$?
echo $status
