# SPDX-License-Identifier: MIT
# A folder of Fil's results, one of them, and a pattern: each result is one profile.
for time in 2026-11-20T10-00-00_1 2026-11-20T11-00-00_1; do
    mkdir -p "fil-result/$time"
    echo 'a.py:1 (f);a.py:2 (g) 1000' >"fil-result/$time/peak-memory.prof"
done
printf 'inputs:\n  - path: fil-result\n' >folder.yaml
printf 'inputs:\n  - path: fil-result/2026-11-20T10-00-00_1\n  - path: fil-result/2026-11-20T11*\n' >each.yaml
snapreport folder.yaml | head -4
snapreport each.yaml | head -4
