# SPDX-License-Identifier: MIT
# Pictures appear under the names that they are given or that they take from the snapshot.
backrefs data/monday.jsonl Request --svg --png=picture.png --pdf other.pdf --dot
ls *.svg *.png *.pdf *.dot
grep -c '<title>' monday-backrefs.svg
grep -o 'role="img" lang="en"' monday-backrefs.svg
head -c 8 picture.png | tail -c 7 | head -c 3
echo
head -c 5 other.pdf
echo
backrefs data/monday.jsonl Request --format svg -o out.svg
cmp out.svg monday-backrefs.svg
backrefs data/monday.jsonl Request --refs --svg
backrefs data/monday.jsonl Request --chain --svg=chain.svg --csv
