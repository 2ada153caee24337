# SPDX-License-Identifier: MIT
# Nothing grew: status 0.
echo 'baseline: previous' >policy.yaml
snapreport policy.yaml data/monday.jsonl data/monday.jsonl
