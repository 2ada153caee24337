# SPDX-License-Identifier: MIT
# A pickle that names a function is refused, and nothing is stored.
snapload testdata/tracemalloc/made-os-system.pickle -o a.db || echo status $?
ls
