# SPDX-License-Identifier: MIT
# Allocations by line, as compare_to() orders them, and by the whole traceback.
A=testdata/tracemalloc/python3.10.pickle B=testdata/tracemalloc/python3.13-deep.pickle
snapdiff $A $B -n 4
snapdiff $A $B --by traceback -n 2
snapdiff $A $B --by filename --cumulative -n 2
snapdiff $A $B --by traceback -n 1 --json | sed 1,3d | grep -v captured
