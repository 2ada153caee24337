# SPDX-License-Identifier: MIT
# Signs and raw integers.
snapdiff data/monday.jsonl data/tuesday.jsonl --csv
