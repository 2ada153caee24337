# SPDX-License-Identifier: MIT
# A tag without = is a mistake.
snapload data/monday.jsonl --tag x
