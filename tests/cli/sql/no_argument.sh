# SPDX-License-Identifier: MIT
# A function without its address.
snapsql data/monday.jsonl 'SELECT * FROM referrers'
