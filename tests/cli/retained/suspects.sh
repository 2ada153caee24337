# SPDX-License-Identifier: MIT
# What keeps much, and where it piles up; 1 only when asked for.
retained data/wednesday.jsonl --suspects
retained data/wednesday.jsonl --suspects --share 5% --json
status=0
retained data/wednesday.jsonl --suspects --exit-code >/dev/null || status=$?
echo $status
retained data/wednesday.jsonl --suspects --share 100% --exit-code
