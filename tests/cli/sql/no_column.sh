# SPDX-License-Identifier: MIT
# A mistake in the SQL is told in one line.
snapsql data/monday.jsonl 'SELECT nope FROM object'
