# SPDX-License-Identifier: MIT
# A selector that finds nothing is named.
snapload -q data/monday.jsonl -o a.db
snapinfo a.db#tuesday
