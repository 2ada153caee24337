# SPDX-License-Identifier: MIT
# Growth first; what did not change is counted, not listed.
snapdiff data/monday.jsonl data/wednesday.jsonl
snapdiff data/monday.jsonl data/wednesday.jsonl -n 2
