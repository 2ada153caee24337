# SPDX-License-Identifier: MIT
# The root alone; one ring; limits that cut.
backrefs data/monday.jsonl str --depth 0
backrefs data/monday.jsonl str --depth 1 --no-collapse --too-many 2
backrefs data/monday.jsonl str -d 2 --max-nodes 2
