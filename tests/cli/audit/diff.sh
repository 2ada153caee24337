# SPDX-License-Identifier: MIT
# Two snapshots: the type whose unexplained surplus grew comes first.
sed 's/"rc":1,"flags":1,"stack":0/"rc":3,"flags":1,"stack":0/' data/tuesday.jsonl >leak.jsonl
refaudit data/monday.jsonl leak.jsonl
refaudit data/monday.jsonl leak.jsonl --csv
refaudit data/monday.jsonl data/tuesday.jsonl
