# SPDX-License-Identifier: MIT
# With -q nothing is said.
snapload -q data/monday.jsonl -o out.db
ls
