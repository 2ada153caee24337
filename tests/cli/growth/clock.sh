# SPDX-License-Identifier: MIT
# Times that do not rise are of no use, and times that are not known tell no hours.
snapgrow data/monday.jsonl data/wednesday.jsonl data/tuesday.jsonl
for i in 1 2 3; do
    echo "main;work ${i}00000" >$i.folded
done
snapgrow 1.folded 2.folded 3.folded --by function --memory-limit 1M
