# SPDX-License-Identifier: MIT
# What needs --aggregate, what has no graph, what no snapshot has, and a dump.
snapload -q data/monday.jsonl -o a.db
snaptop a.db --group day || echo status $?
snaptop a.db --tag service=shop || echo status $?
snaptop a.db --aggregate sum --tag service || echo status $?
snaptop a.db --aggregate sum --tag service=none || echo status $?
snaptop a.db#none --aggregate sum --group day || echo status $?
snaptop data/monday.jsonl --aggregate sum || echo status $?
snaptop a.db --aggregate sum --by object || echo status $?
snaptop a.db --aggregate sum --by traceback || echo status $?
snapdiff --why a.db a.db --aggregate sum || echo status $?
