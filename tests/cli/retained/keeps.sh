# SPDX-License-Identifier: MIT
# Results are kept in a store that can be written, and change no answer.
snapload -q data/monday.jsonl data/monday.jsonl -o a.db 2>/dev/null || snapload -q data/monday.jsonl -o a.db
cp a.db b.db
retained a.db --no-keep --json >fresh.json
cmp a.db b.db
retained a.db --json >first.json
cmp -s a.db b.db || echo changed
cp a.db b.db
retained a.db --json >again.json
cmp a.db b.db
cmp fresh.json first.json
cmp first.json again.json
snapinfo a.db --verify
