# SPDX-License-Identifier: MIT
# A value that is missing.
snapload data/monday.jsonl --label
