# SPDX-License-Identifier: MIT
# A load that fails leaves the old store as it was.
snapload -q data/monday.jsonl -o app.db
cksum <app.db >before
head -c 300 data/tuesday.jsonl | snapload --strict -f - -o app.db || echo status $?
cksum <app.db | cmp - before
ls
