# SPDX-License-Identifier: MIT
# Two workers a night, three nights: sum, mean and worst, by day and by tag.
for day in monday tuesday wednesday; do
    for worker in 1 2; do
        sed "s/\"label\":\"$day\"/\"label\":\"$day-$worker\"/; s/\"service\":\"shop\"/\"service\":\"s$worker\"/" \
            data/$day.jsonl >$day-$worker.jsonl
    done
done
snapload -q --each *.jsonl -o fleet.db
snaptop fleet.db --aggregate sum -n 2
snaptop fleet.db#2026-11-17 --aggregate mean --group day -n 2
snaptop fleet.db#s2 --aggregate worst --group service -n 2
snapdiff fleet.db#monday fleet.db#wednesday --aggregate sum --group label -n 2
snapgrow fleet.db --aggregate sum --group day --tag service=s1 --json | tr -d '\n ' | grep -o '"counts":\[[0-9,]*\]' | head -2
snapgrow fleet.db --aggregate sum --group day --json | tr -d '\n ' | grep -o '"counts":\[[0-9,]*\]' | head -2
snaptop fleet.db --aggregate sum --by lineno
