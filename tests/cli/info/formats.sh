# SPDX-License-Identifier: MIT
# Every format has a name, a title and a page.
snapinfo --formats --csv >formats.csv
head -n 1 formats.csv
grep heapsnap, formats.csv
