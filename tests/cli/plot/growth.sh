# SPDX-License-Identifier: MIT
# Growth over snapshots: a chart for the whole, for resident memory, and for each of the first rows.
snapplot data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl --top 2
grep -oE '<text class="(heading|name|faint)".*' monday-plot.svg | sed 's/ x="[^>]*>/>/'
for day in monday tuesday wednesday; do snapload -q --append data/$day.jsonl -o week.db; done
snapplot -q week.db --by lineno --count -o - | grep -oE '<text class="(heading|name|faint)".*' | sed 's/ x="[^>]*>/>/'
