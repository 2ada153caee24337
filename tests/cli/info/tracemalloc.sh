# SPDX-License-Identifier: MIT
# Real dumps of five Pythons: only allocations, the same program.
for version in 3.6 3.8 3.10 3.12 3.13; do
    snapinfo --bytes testdata/tracemalloc/python$version.pickle | tail -n 1
done
snapinfo --json testdata/tracemalloc/python3.13.pickle | grep -o "\"allocations.*samples"
