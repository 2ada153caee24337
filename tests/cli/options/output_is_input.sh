# SPDX-License-Identifier: MIT
# A table does not take the place of the store that it is of.
snapload -q data/monday.jsonl -o a.db
ln a.db b.db
snapinfo a.db -o a.db || echo status $?
snapinfo "a.db#monday" -o ./b.db || echo status $?
snapinfo --verify a.db
cp data/monday.jsonl dump.jsonl
snapload --force dump.jsonl -o dump.jsonl || echo status $?
cmp dump.jsonl data/monday.jsonl
