# SPDX-License-Identifier: MIT
# By label, by number, the first, the last.
snapload -q data/monday.jsonl -o a.db
snapload -q -a data/tuesday.jsonl -o a.db
for selector in monday 2 first last; do
    snapinfo "a.db#$selector" --csv | tail -n 1 | cut -d, -f1-3
done
