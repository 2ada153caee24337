# SPDX-License-Identifier: MIT
# Night after night into one store: since when a finding is known; a repeated job adds nothing.
echo 'keep: {graphs: 1}' >policy.yaml
for day in monday tuesday wednesday wednesday; do
    status=0
    snapreport policy.yaml --history h.db data/$day.jsonl >report.txt || status=$?
    sed -n '1p;/fingerprint/p' report.txt
    echo "$day = $status"
done
snapreport policy.yaml --history h.db data/monday.jsonl --no-append --fail-on=never | sed -n 1p
snapreport policy.yaml --history h.db h.db --no-append --fail-on=never | sed -n 1,4p
snapsql h.db "SELECT snapshot, rule, severity, subject FROM finding WHERE severity <> 'note'"
snapinfo h.db --json | grep -c '"graph_dropped": true' || true
echo text >broken.db
snapreport policy.yaml --history broken.db data/monday.jsonl || echo $?
