# SPDX-License-Identifier: MIT
# Damage is a warning and status 3; with --strict an error and no output.
head -c 2500 data/monday.jsonl >cut.jsonl
snapinfo cut.jsonl --csv | cut -d, -f2,3
snapinfo cut.jsonl >/dev/null || echo status $?
snapinfo --strict cut.jsonl || echo status $?
