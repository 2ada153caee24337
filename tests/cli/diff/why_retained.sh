# SPDX-License-Identifier: MIT
# Retained bytes with --why: found and kept; with --shallow only when both stores keep them.
snapload -q data/monday.jsonl -o monday.db
snapload -q data/wednesday.jsonl -o wednesday.db
show() {
    snapdiff "$@" --why --json -n 1 | grep -o '"retained_bytes_[a-z]*": [a-z0-9-]*'
}
show monday.db wednesday.db --shallow
retained wednesday.db --json >/dev/null
show monday.db wednesday.db --shallow
show monday.db wednesday.db --no-keep
show monday.db wednesday.db --shallow
show monday.db wednesday.db
show monday.db wednesday.db --shallow
snapdiff monday.db wednesday.db --why -n 2
snapdiff monday.db wednesday.db --shallow
