# SPDX-License-Identifier: MIT
# A value outside its set lists the set.
snapinfo --format=xml data/monday.jsonl
