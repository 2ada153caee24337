# SPDX-License-Identifier: MIT
# The first night has nothing to compare with, and is no failure.
: >policy.yaml
snapreport policy.yaml data/monday.jsonl
