# SPDX-License-Identifier: MIT
# Retention without --append, and what is neither a number nor a duration.
snapload data/monday.jsonl --keep-graphs 7 || echo status $?
snapload data/monday.jsonl --keep-totals 365d || echo status $?
snapload data/monday.jsonl --append --keep-graphs some || echo status $?
snapload data/monday.jsonl --append --keep-graphs 0d || echo status $?
