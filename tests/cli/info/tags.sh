# SPDX-License-Identifier: MIT
# Tags of one snapshot, and of several.
snapinfo --tags data/monday.jsonl
snapinfo --tags data/monday.jsonl data/tuesday.jsonl
