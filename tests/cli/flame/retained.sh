# SPDX-License-Identifier: MIT
# Every byte of the heap once, at the line that allocated what keeps it: the same bytes as retained --by site.
snapflame data/wednesday.jsonl --retained --no-keep --folded
retained data/wednesday.jsonl --no-keep --by site --csv | cut -d, -f1,3,5-
snapinfo data/wednesday.jsonl --json | grep -o '"heap_bytes": [0-9]*'
snapflame data/monday.jsonl data/wednesday.jsonl --retained --no-keep --folded
