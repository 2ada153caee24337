# SPDX-License-Identifier: MIT
# A closed stream is an error, never the store that is opened next.
snapload -q data/monday.jsonl -o a.db
snapinfo a.db >&- || echo status $?
snapinfo - <&- || echo status $?
snapinfo none.db 2>&- || echo status $?
snapload data/tuesday.jsonl --append -o a.db 2>&- >&- <&- || echo status $?
snapinfo --verify a.db
