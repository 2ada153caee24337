# SPDX-License-Identifier: MIT
# Types in text, objects in data, holders when asked; what is explained only with --all.
refaudit data/monday.jsonl
refaudit data/monday.jsonl --all
refaudit data/monday.jsonl --by object
refaudit data/monday.jsonl --by holder -q
