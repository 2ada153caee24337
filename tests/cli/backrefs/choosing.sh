# SPDX-License-Identifier: MIT
# Types and objects that the search does not go through.
backrefs data/monday.jsonl Request --exclude dict
backrefs data/monday.jsonl Request --filter 'd*' --bytes
backrefs data/monday.jsonl Request --ignore 139887353266432
backrefs data/monday.jsonl Request --exclude no.such.type --depth 0
