# SPDX-License-Identifier: MIT
# The dominator tree, from the roots and from an object, objects of one type together.
retained data/wednesday.jsonl --tree --depth 4
retained data/wednesday.jsonl 0x7f3a10000100 --depth 2
retained data/monday.jsonl 0x7f3a10000100 --each
retained data/monday.jsonl 139887353266688 --json
