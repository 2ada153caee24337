# SPDX-License-Identifier: MIT
# Objects chosen by SQL.
backrefs data/monday.jsonl --where "size_bytes > 1000" --depth 1
status=0
backrefs data/monday.jsonl --where "size_bytes > 100000" || status=$?
backrefs data/monday.jsonl --where "nonsense >" || status=$?
echo $status
