# SPDX-License-Identifier: MIT
# A dump that is not there leaves no store behind.
snapload none.jsonl -o a.db || echo status $?
ls
