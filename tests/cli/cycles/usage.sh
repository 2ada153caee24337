# SPDX-License-Identifier: MIT
# Kinds and sizes out of range are mistakes.
cyclefind data/monday.jsonl --kind dead || echo $?
cyclefind data/monday.jsonl --max-nodes 0 --svg || echo $?
