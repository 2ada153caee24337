# SPDX-License-Identifier: MIT
# Nothing to judge: no input, an empty folder, a glob or path that leads nowhere, no tag that fits.
try() {
    echo "$1" >policy.yaml
    status=0
    snapreport policy.yaml || status=$?
    echo "$status"
}
mkdir nightly
cp data/monday.jsonl .
try ''
try 'inputs: nightly'
try 'inputs: nightly/*.db'
try 'inputs: nowhere.db'
try 'inputs: [nowhere.db, nightly]'
try 'inputs: monday.jsonl
select: {service: payment}'
try 'inputs: {path: monday.jsonl, label: "friday*"}'
try 'inputs: monday.jsonl
min_snapshots: 3'
