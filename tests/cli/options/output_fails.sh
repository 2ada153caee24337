# SPDX-License-Identifier: MIT
# When it cannot be written, nothing is left behind and the old file stays.
echo old >out.csv
mkdir out.csv.tmp
snapinfo --csv data/monday.jsonl -o out.csv || echo status $?
cat out.csv
snapinfo --csv data/monday.jsonl -o none/out.csv || echo status $?
snapinfo --csv data/monday.jsonl -o /dev/full || echo status $?
