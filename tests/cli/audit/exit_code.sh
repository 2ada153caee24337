# SPDX-License-Identifier: MIT
# 1 for an unexplained surplus, and for one that grew by enough.
status() { "$@" >/dev/null && echo 0 || echo $?; }
sed 's/"rc":1,"flags":1,"stack":0/"rc":3,"flags":1,"stack":0/' data/tuesday.jsonl >leak.jsonl
status refaudit -q leak.jsonl --exit-code
status refaudit -q leak.jsonl --exit-code --type 'no.*'
status refaudit -q data/monday.jsonl leak.jsonl --exit-code
status refaudit -q data/monday.jsonl leak.jsonl --exit-code --min-growth 17
status refaudit -q leak.jsonl leak.jsonl --exit-code
