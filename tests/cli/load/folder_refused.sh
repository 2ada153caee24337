# SPDX-License-Identifier: MIT
# Folders without a dump, patterns that match nothing, --jobs for one dump.
mkdir empty
snapload empty || echo status $?
snapload 'no*such' -o a.db || echo status $?
snapload '*.jsonl' || echo status $?
snapload --jobs 2 data/monday.jsonl || echo status $?
snapload --force --each data/monday.jsonl -o data/monday.jsonl || echo status $?
