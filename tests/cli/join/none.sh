# SPDX-License-Identifier: MIT
# Objects without allocation stacks cannot be joined to lines; time and memory are both needed.
status() { "$@" || echo $?; }
cat >bare.jsonl <<'END'
{"heapsnap":1,"runtime":"cpython","runtime_version":"3.11.7","pid":1,"captured_at_unix_ms":1794787200000}
{"type":0,"name":"list","kind":"list"}
{"object":16,"type":0,"size":50}
{"end":1,"objects":1,"references":0,"types":1}
END
status snapjoin bare.jsonl
status snapjoin bare.jsonl data/tuesday.jsonl --by lineno
status snapjoin bare.jsonl --sort time
status snapjoin bare.jsonl --by function
status snapjoin testdata/pstats/python3.11.pstats --by function
