# SPDX-License-Identifier: MIT
# With --force it is replaced.
echo precious >app.db
snapload -q --force data/monday.jsonl -o app.db
snapinfo app.db --verify
