# SPDX-License-Identifier: MIT
# The documented fields, raw integers.
snapload -q data/monday.jsonl -o a.db
snapinfo a.db --json
