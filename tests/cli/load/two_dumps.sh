# SPDX-License-Identifier: MIT
# Objects and allocations of one process become one snapshot.
snapload -q testdata/meliae/python3.8.json testdata/tracemalloc/python3.8.pickle -o both.db
snapinfo both.db
snapinfo --verify both.db
