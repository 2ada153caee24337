# SPDX-License-Identifier: MIT
# A cut option is unknown, and the nearest is named.
snapinfo --js data/monday.jsonl
