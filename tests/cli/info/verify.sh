# SPDX-License-Identifier: MIT
# A sound store is verified; one that lost its end is not.
snapload -q data/monday.jsonl -o a.db
snapinfo --verify a.db
snapinfo --verify a.db --json | tail -n 5
head -c 30000 a.db >cut.db
snapinfo --verify cut.db >out 2>err || echo status $?
grep -c . err
