# SPDX-License-Identifier: MIT
# The last of several counts.
snapinfo --json --format=text --csv data/monday.jsonl | head -n 1 | cut -d, -f1-3
