# SPDX-License-Identifier: MIT
# Lists are JSON within a field.
cyclefind data/monday.jsonl --csv
