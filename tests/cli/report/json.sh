# SPDX-License-Identifier: MIT
# The document of --json, and the findings as CSV.
: >policy.yaml
snapreport policy.yaml data/monday.jsonl data/tuesday.jsonl --json --fail-on=never
snapreport policy.yaml data/monday.jsonl data/tuesday.jsonl --csv --fail-on=never
