# SPDX-License-Identifier: MIT
# Steady growth first, then the steepest; the last line is the whole heap.
snapgrow data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl
snapgrow data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl -n 1
