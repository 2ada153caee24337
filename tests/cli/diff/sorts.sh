# SPDX-License-Identifier: MIT
# Every order.
for sort in growth count magnitude name default; do
    echo "$sort: $(snapdiff data/wednesday.jsonl data/tuesday.jsonl --sort $sort --csv | sed 1d | cut -d, -f1 | tr "\n" " " | tr -d "\r")"
done
