# SPDX-License-Identifier: MIT
# A value that has no place.
snapinfo --json=yes data/monday.jsonl
