# SPDX-License-Identifier: MIT
# Resources have groups and an order of their own; allocations cannot choose them.
status() { "$@" || echo $?; }
status snaptop data/monday.jsonl --resources --by module
status snaptop data/monday.jsonl --resources --sort count
status snaptop data/monday.jsonl --resources --include 'views.py'
