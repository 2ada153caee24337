# SPDX-License-Identifier: MIT
# What no root reaches stands in trees of its own.
retained data/tuesday.jsonl --garbage
retained data/tuesday.jsonl --garbage --tree
retained data/monday.jsonl 0x7f3a1000fa40
