# SPDX-License-Identifier: MIT
# A damaged dump is left out and makes the report partial; alone it is trouble; --strict is stricter.
head -n 30 data/wednesday.jsonl >broken.jsonl
echo 'rules: [heap]' >policy.yaml
try() {
    status=0
    snapreport policy.yaml "$@" || status=$?
    echo "= $status"
}
try data/monday.jsonl data/monday.jsonl broken.jsonl
try data/monday.jsonl data/wednesday.jsonl broken.jsonl
try data/monday.jsonl data/monday.jsonl broken.jsonl --strict
try broken.jsonl
echo text >notes.txt
try data/monday.jsonl data/monday.jsonl notes.txt
