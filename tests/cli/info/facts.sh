# SPDX-License-Identifier: MIT
# What the dump says of its process.
snapinfo --facts data/monday.jsonl
