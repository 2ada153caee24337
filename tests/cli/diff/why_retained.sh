# SPDX-License-Identifier: MIT
# Retained bytes with --why: none unasked, nor when one store keeps them; then both do.
snapload -q data/monday.jsonl -o monday.db
snapload -q data/wednesday.jsonl -o wednesday.db
show() {
    snapdiff "$@" --why --json -n 1 | grep -o '"retained_bytes_[a-z]*": [a-z0-9-]*'
}
show monday.db wednesday.db
retained wednesday.db --json >/dev/null
show monday.db wednesday.db
show monday.db wednesday.db --retained
show monday.db wednesday.db
snapdiff monday.db wednesday.db --why -n 2
snapdiff monday.db wednesday.db --retained
