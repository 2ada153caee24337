# SPDX-License-Identifier: MIT
# Text shows twenty rows unless told otherwise.
snapsql data/monday.jsonl 'SELECT 1 AS one FROM ref' | wc -l
snapsql data/monday.jsonl 'SELECT 1 AS one FROM ref LIMIT 3' --csv
