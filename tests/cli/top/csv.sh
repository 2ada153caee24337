# SPDX-License-Identifier: MIT
# One line a type, every row.
snaptop data/monday.jsonl --csv
