# SPDX-License-Identifier: MIT
# Allocations by line, by file and by traceback.
T=testdata/tracemalloc/python3.13.pickle
snaptop $T -n 4
snaptop $T --by file -n 2 --bytes
snaptop $T --by traceback -n 2
snaptop $T --by site --cumulative -n 2
