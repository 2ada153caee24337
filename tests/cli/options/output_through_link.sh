# SPDX-License-Identifier: MIT
# A symbolic link stays one.
echo old >real.csv
ln -s real.csv link.csv
snapinfo --csv data/monday.jsonl -o link.csv
test -L link.csv
head -c 9 real.csv
