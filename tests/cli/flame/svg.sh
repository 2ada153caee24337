# SPDX-License-Identifier: MIT
# The picture: its name, its texts, the same bytes twice, what the options change.
snapflame data/monday.jsonl
grep -c '<g><title>' monday-flame.svg
grep -o 'lang="en" xml:lang="en"' monday-flame.svg
grep -A1 '<title>' monday-flame.svg | grep -v '^--' | sed 's/<rect.*//' | head -20
snapflame -q data/monday.jsonl -o again.svg
cmp monday-flame.svg again.svg && echo same
snapflame -q data/monday.jsonl data/tuesday.jsonl --flame --title 'A & B <1>' -o - | grep -E 'heading|class="how"|<desc>'
snapflame data/monday.jsonl --reverse -o - | grep 'class="how"'
snapflame data/tuesday.jsonl --retained --no-keep -o - | grep 'class="heading"'
