# SPDX-License-Identifier: MIT
# A comparison is by type; without refcounts there is nothing to compare.
status() { "$@" || echo $?; }
status refaudit data/monday.jsonl data/tuesday.jsonl --by object
sed 's/"rc":[0-9]*,//' data/monday.jsonl >nothing.jsonl
status refaudit nothing.jsonl
