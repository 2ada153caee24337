# SPDX-License-Identifier: MIT
# What cannot work says so in one line.
for words in "0x10" "nonsense" "--suspects --by type" "--share 0 --suspects" "--without NoSuch" \
    "--dominators-of NoSuch" "--without 0x1->0x2"; do
    status=0
    retained data/monday.jsonl $words || status=$?
    echo "$words: $status"
done
