# SPDX-License-Identifier: MIT
# A switch can be taken back.
snapinfo --bytes --no-bytes data/monday.jsonl | grep -c '5.4 KiB'
