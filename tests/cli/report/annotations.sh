# SPDX-License-Identifier: MIT
# The words of each CI system; with text they come after the report.
: >policy.yaml
for system in github azure teamcity; do
    snapreport policy.yaml data/monday.jsonl data/tuesday.jsonl --fail-on=never \
        --annotations=$system | tail -n 1
done
snapreport policy.yaml data/monday.jsonl data/tuesday.jsonl --fail-on=never --format=github
