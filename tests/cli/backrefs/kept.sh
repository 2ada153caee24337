# SPDX-License-Identifier: MIT
# Once the store keeps dominators, boxes of single objects say what they keep.
snapload -q data/monday.jsonl -o monday.db
backrefs monday.db Request --dot=- -q | grep -c keeps || true
retained monday.db -q -n 1
backrefs monday.db Request --dot=- -q | grep keeps
cyclefind monday.db -q --kind live --dot out.dot >/dev/null
grep -o 'label="Node[^"]*keeps[^"]*"' out.dot
