# SPDX-License-Identifier: MIT
# A graph is kept of the newest two, totals of all; questions about a graph that went say so.
for day in monday tuesday wednesday; do
    snapload data/$day.jsonl --append -o h.db --keep-graphs 2 2>&1 | sed 's/ in [0-9.]* s, .*//'
done
snapinfo h.db
snapinfo --verify h.db
snaptop 'h.db#monday' -n 3
snapgrow h.db --json | tr -d '\n ' | grep -o '"counts":\[[0-9,]*\]' | head -3
snapdiff 'h.db#monday' 'h.db#wednesday' -n 2
for question in cyclefind retained refaudit; do
    $question 'h.db#monday' || echo status $?
done
backrefs 'h.db#monday' app.cache.Request || echo status $?
snapdiff --why 'h.db#monday' 'h.db#wednesday' || echo status $?
snaptop 'h.db#monday' --by traceback || echo status $?
snapsql 'h.db#monday' 'SELECT count(*) FROM object' || echo status $?
