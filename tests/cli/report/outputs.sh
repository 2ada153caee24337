# SPDX-License-Identifier: MIT
# Any outputs at once; each is whole.
: >policy.yaml
snapreport policy.yaml data/monday.jsonl data/tuesday.jsonl --fail-on=never --md report.md \
    --junit report.xml --openmetrics report.prom --write-json report.json \
    --annotations=gitlab --annotations-file quality.json -o report.txt
ls
cat report.md report.xml report.prom quality.json
snapreport policy.yaml data/monday.jsonl data/tuesday.jsonl --json --fail-on=never >again.json
cmp report.json again.json
