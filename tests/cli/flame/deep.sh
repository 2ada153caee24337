# SPDX-License-Identifier: MIT
# A stack of ten thousand frames: recognised, drawn to a depth, and printed whole.
awk 'BEGIN { for (i = 0; i < 10000; i++) printf "%sf%d", i ? ";" : "", i % 7; print " 100" }' >deep.folded
snapflame deep.folded
grep -o 'deeper than .* too' deep-flame.svg
snapflame deep.folded --depth 0 --reverse -o - | grep -c '<title>f'
snapflame deep.folded --folded | cmp - deep.folded && echo same
