# SPDX-License-Identifier: MIT
# Snapshots that are older than --keep-totals go as a whole; a duration keeps graphs by age.
for day in monday tuesday wednesday; do
    snapload -q data/$day.jsonl --append -o h.db
done
sed 's/1794787200000/1794960000001/; s/"monday"/"later"/' data/monday.jsonl >later.jsonl
grep -o '"captured_at_unix_ms":[0-9]*' data/*.jsonl later.jsonl
snapload later.jsonl --append -o h.db --keep-totals 1d --keep-graphs 1h 2>&1 | grep dropped
snapinfo h.db
