# SPDX-License-Identifier: MIT
# What did not change is listed when asked for.
snapdiff data/monday.jsonl data/monday.jsonl
snapdiff data/monday.jsonl data/monday.jsonl --unchanged -n 2
