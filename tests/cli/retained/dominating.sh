# SPDX-License-Identifier: MIT
# What keeps the objects of a type.
retained data/monday.jsonl --dominators-of Request
retained data/monday.jsonl --dominators-of str --json
