# SPDX-License-Identifier: MIT
# A snapshot without what is asked for is an error with a hint.
status=0
snaptop testdata/tracemalloc/python3.13.pickle --by type || status=$?
echo $status
snaptop testdata/tracemalloc/python3.13.pickle --by function || status=$?
echo $status
sed "s/,\"stack\":[0-9]*//" data/monday.jsonl >plain.jsonl
snaptop plain.jsonl --by lineno || status=$?
echo $status
