# SPDX-License-Identifier: MIT
# Exact numbers.
snapinfo --bytes data/monday.jsonl
