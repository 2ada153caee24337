# SPDX-License-Identifier: MIT
# A statement that gives no rows has nothing to print.
snapsql data/monday.jsonl 'CREATE TABLE t(x)'
