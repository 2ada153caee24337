# SPDX-License-Identifier: MIT
# The documented fields.
cyclefind data/monday.jsonl --json
