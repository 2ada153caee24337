# SPDX-License-Identifier: MIT
# The shortest chain from a root, for people and for programs; garbage has none.
backrefs data/monday.jsonl Request --chain
backrefs data/monday.jsonl Request --chain --json --each 2
backrefs data/monday.jsonl 0x7f3a7bce1000 139887353330176 --chain || echo $?
backrefs data/monday.jsonl 139887353330176 --chain
backrefs data/monday.jsonl str --chain --from dict
backrefs data/monday.jsonl str --chain --from module --format dot
