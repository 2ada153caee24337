# SPDX-License-Identifier: MIT
# One statement at a time.
snapsql data/monday.jsonl 'SELECT 1; SELECT 2'
