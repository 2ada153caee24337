# SPDX-License-Identifier: MIT
# The summary for scripts.
snapload -q data/monday.jsonl -o a.db --json
