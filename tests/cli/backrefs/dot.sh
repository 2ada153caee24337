# SPDX-License-Identifier: MIT
# DOT is the contract: every byte of it.
backrefs data/monday.jsonl Request --format dot --highlight 'Node' --highlight 139887353266304
