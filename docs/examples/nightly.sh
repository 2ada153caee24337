#!/bin/sh
# SPDX-License-Identifier: MIT
# A night's report: nightly.sh DUMPS STATE [PID_FILE]. Status: that of snapreport (0 clean, 1 regression).
#
# DUMPS is the folder of heapsnap.install(), STATE a folder that this script owns: policy.yaml (made if
# missing), history.db, and the night's report.html and heapsnap.prom. With the PID file of the service it
# asks for a dump first; without, it takes the newest that a timer wrote.
set -eu

if [ $# -lt 2 ]; then
    echo "usage: nightly.sh DUMPS STATE [PID_FILE]" >&2
    exit 2
fi
dumps=$1
state=$2
pid_file=${3:-}
wait_s=${HEAPSNAP_WAIT_S:-300}

# Names begin with the time, so the last in order is the newest.
newest() {
    for one in "$dumps"/*Z-*.jsonl "$dumps"/*Z-*.jsonl.gz; do
        [ -e "$one" ] && printf '%s\n' "$one"
    done | sort | tail -n 1
}

mkdir -p "$state"
[ -e "$state/policy.yaml" ] || printf 'name: nightly\n' >"$state/policy.yaml"

before=$(newest)
dump=$before
if [ -n "$pid_file" ]; then
    kill -s USR2 "$(cat "$pid_file")"
    waited=0
    while dump=$(newest) && [ "$dump" = "$before" ]; do
        if [ "$waited" -ge "$wait_s" ]; then
            echo "nightly.sh: no dump after $wait_s s: does the process call heapsnap.install()?" >&2
            exit 2
        fi
        sleep 1
        waited=$((waited + 1))
    done
fi
if [ -z "$dump" ]; then
    echo "nightly.sh: no dump in $dumps" >&2
    exit 2
fi

# Seven nights with all objects, a year of totals.
snapload "$dump" --append -o "$state/history.db" --keep-graphs 7 --keep-totals 365d
exec snapreport "$state/policy.yaml" "$state/history.db" --html "$state/report.html" \
    --openmetrics "$state/heapsnap.prom"
