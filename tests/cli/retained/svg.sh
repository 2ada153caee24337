# SPDX-License-Identifier: MIT
# An icicle of the whole tree, or of what is below an object.
retained data/monday.jsonl --svg
grep -c '<title>' monday-retained.svg
retained data/monday.jsonl 0x7f3a10000100 --svg=part.svg >/dev/null
grep -o 'lang="en" xml:lang="en"' part.svg
grep -c '^shallow [0-9]* bytes' part.svg
