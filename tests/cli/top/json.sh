# SPDX-License-Identifier: MIT
# The documented fields, raw integers, every row.
snaptop data/monday.jsonl --json
