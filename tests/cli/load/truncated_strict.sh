# SPDX-License-Identifier: MIT
# With --strict a damaged dump stores nothing.
head -c 2500 data/tuesday.jsonl >cut.jsonl
snapload --strict cut.jsonl || echo status $?
ls *.db 2>/dev/null || echo no store
