# SPDX-License-Identifier: MIT
# Boxes are rows, edges name them by their place.
backrefs data/monday.jsonl Request --json
backrefs data/monday.jsonl Request --csv
