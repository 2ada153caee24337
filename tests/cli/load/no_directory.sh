# SPDX-License-Identifier: MIT
# A folder that is not there is told before the dump is read.
snapload data/monday.jsonl -o none/a.db
