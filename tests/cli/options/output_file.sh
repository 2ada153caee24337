# SPDX-License-Identifier: MIT
# With -o the file is there as a whole.
snapinfo --csv data/monday.jsonl -o out.csv
wc -l <out.csv | tr -d ' '
ls
