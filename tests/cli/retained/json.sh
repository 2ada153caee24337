# SPDX-License-Identifier: MIT
# Every object, with the address of its dominator.
retained data/monday.jsonl --json
retained data/monday.jsonl --csv -n 2
