# SPDX-License-Identifier: MIT
# A store of an earlier version is refused, one of a later one too.
snapload -q data/monday.jsonl -o a.db
for version in 1 99; do
    python3 -c "import sqlite3; sqlite3.connect('a.db').execute('PRAGMA user_version = $version')"
    snaptop a.db || echo status $?
done
