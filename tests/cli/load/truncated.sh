# SPDX-License-Identifier: MIT
# What could be read is stored, marked incomplete; the status is 3.
head -c 2500 data/tuesday.jsonl >cut.jsonl
snapload -q cut.jsonl || echo status $?
snapinfo cut.db --csv | cut -d, -f2-4,13-14
snapinfo cut.db >/dev/null || echo status $?
