# SPDX-License-Identifier: MIT
# The documented fields, one row an object.
refaudit data/monday.jsonl --json --all -q
