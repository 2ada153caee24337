# SPDX-License-Identifier: MIT
# 1 only when something matches.
status=0
cyclefind data/monday.jsonl --kind pinned --exit-code || status=$?
echo $status
cyclefind data/monday.jsonl --kind garbage --exit-code >/dev/null || status=$?
echo $status
