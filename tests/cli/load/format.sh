# SPDX-License-Identifier: MIT
# A format by name; an unknown one points to the list.
snapload -q --format heapsnap data/monday.jsonl -o a.db
snapload --format hprofx data/monday.jsonl -o b.db || echo status $?
snapload --format tracemalloc data/monday.jsonl -o c.db || echo status $?
ls *.db
