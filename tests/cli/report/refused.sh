# SPDX-License-Identifier: MIT
# Two outputs of one place, and an option without the one that it belongs to.
: >policy.yaml
try() {
    status=0
    snapreport policy.yaml data/monday.jsonl "$@" || status=$?
    echo "$status"
}
try --md -
try --json --annotations=github
try --md a --junit a
try --annotations-file a
try --fail-on=always
try --md policy.yaml
