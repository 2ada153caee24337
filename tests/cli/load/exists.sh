# SPDX-License-Identifier: MIT
# A store that exists is left alone.
echo precious >app.db
snapload data/monday.jsonl -o app.db || echo status $?
cat app.db
