# SPDX-License-Identifier: MIT
# What cannot be exported, each with one line.
status() { "$@" || echo $?; }
echo 'main (/srv/app.py:1) 300' >made.folded
status snapexport made.folded
status snapexport made.folded --to svg
status snapexport made.folded --to folded --counts
status snapexport made.folded --to csv --counts
status snapexport made.folded --to csv --metric peak
status snapexport data/monday.jsonl --to pprof -o none/made.pb
printf 'time,rss\n1,2\n2,3\n' >made.csv
status snapexport made.csv --to csv
status snapexport made.folded --to csv -o made.folded
