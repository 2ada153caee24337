# SPDX-License-Identifier: MIT
# Largest type first; shares add up to the whole heap.
snaptop data/wednesday.jsonl
snaptop data/wednesday.jsonl --sort count -n 3
