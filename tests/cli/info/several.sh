# SPDX-License-Identifier: MIT
# Stores and dumps together.
snapload -q data/monday.jsonl -o a.db
snapinfo a.db data/tuesday.jsonl --csv | cut -d, -f1-4,13
