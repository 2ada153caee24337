# SPDX-License-Identifier: MIT
# A dump from a pipe; twice is once too often.
cat data/monday.jsonl | snapinfo - --csv | cut -d, -f2,3,13
cat data/monday.jsonl | snapinfo - - || echo status $?
