# SPDX-License-Identifier: MIT
# An option far from all of them.
snapinfo --frobnicate=3 data/monday.jsonl
