# SPDX-License-Identifier: MIT
# A dash is standard output.
snapinfo --csv data/monday.jsonl -o - | wc -l | tr -d ' '
