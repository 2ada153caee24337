# SPDX-License-Identifier: MIT
# The folder that Fil writes is a dump by itself, for every tool.
mkdir -p fil-result/2026-11-20T20-25-33_301 fil-result/empty
cp testdata/folded/fil-peak-memory.prof fil-result/2026-11-20T20-25-33_301/peak-memory.prof
echo '<svg/>' >fil-result/2026-11-20T20-25-33_301/peak-memory.svg
snaptop fil-result/2026-11-20T20-25-33_301 -n 2
snapload -q fil-result/2026-11-20T20-25-33_301 -o fil.db
snapinfo fil.db --csv | cut -d, -f3-4
snaptop fil-result/empty || echo $?
