# SPDX-License-Identifier: MIT
# One chart for the total and one for each row, with three lines beside the series.
snapgrow data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl -n 2 --svg >/dev/null
grep -c '<svg' monday-growth.svg
grep -o 'app.cache.Request\|growing, [^<]*' monday-growth.svg
snapgrow data/monday.jsonl data/wednesday.jsonl data/tuesday.jsonl -n 1 --svg steps.svg >/dev/null
grep -o 'noisy, [^<]*' steps.svg
status=0
snapgrow data/monday.jsonl data/tuesday.jsonl --why --svg || status=$?
echo $status
