# SPDX-License-Identifier: MIT
# A new store is named like the dump, and one line says what was stored.
snapload data/monday.jsonl 2>&1 | sed 's/ in [0-9.]* s, .*/ in T/'
ls *.db
