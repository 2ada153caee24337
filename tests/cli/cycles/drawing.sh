# SPDX-License-Identifier: MIT
# One file with every component in a frame, or one for each; names come from the input.
cyclefind data/tuesday.jsonl --dot --svg >/dev/null
cat tuesday-cycles.dot
cyclefind data/tuesday.jsonl --dot out.dot --each -q >/dev/null
ls
