# SPDX-License-Identifier: MIT
# Allocations over several snapshots.
snapgrow testdata/tracemalloc/python3.10.pickle testdata/tracemalloc/python3.13-deep.pickle -n 3
