# SPDX-License-Identifier: MIT
# Oddities met while loading.
sed 's/^{"root"/{"warning":"the clock stood"}\n&/' data/monday.jsonl >odd.jsonl
snapinfo --warnings odd.jsonl
