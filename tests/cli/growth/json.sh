# SPDX-License-Identifier: MIT
# The documented fields; each number of counts belongs to a snapshot by snapshot_order.
snapgrow data/monday.jsonl data/tuesday.jsonl data/wednesday.jsonl --json
