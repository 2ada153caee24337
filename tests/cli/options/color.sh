# SPDX-License-Identifier: MIT
# Colour only when asked for: stdout is no terminal here.
snapinfo data/monday.jsonl | grep -c "$(printf '\033')" || true
snapinfo --color=always data/monday.jsonl | grep -c "$(printf '\033')"
NO_COLOR=1 snapinfo --color=always data/monday.jsonl | grep -c "$(printf '\033')"
