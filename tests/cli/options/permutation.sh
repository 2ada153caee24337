# SPDX-License-Identifier: MIT
# Options may follow operands; -- ends them.
snapinfo data/monday.jsonl --csv | head -n 1 | cut -d, -f1-3
cp data/monday.jsonl ./--csv
snapinfo -- --csv | wc -l | tr -d ' '
