# SPDX-License-Identifier: MIT
# A failed append leaves the store as it was.
snapload -q data/monday.jsonl -o app.db
echo nonsense >bad.jsonl
snapload --append bad.jsonl -o app.db || echo status $?
snapinfo --verify app.db
ls
