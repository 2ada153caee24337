# SPDX-License-Identifier: MIT
# The documented fields of every row, changed or not.
snapdiff data/monday.jsonl data/tuesday.jsonl --json
