# SPDX-License-Identifier: MIT
# A dump on standard input needs a name for its store.
snapload - <data/monday.jsonl || echo status $?
snapload -q - -o in.db <data/monday.jsonl
snapinfo in.db --json | grep -c monday
