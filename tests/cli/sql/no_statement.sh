# SPDX-License-Identifier: MIT
# A comment is no statement.
snapsql data/monday.jsonl ' -- nothing'
