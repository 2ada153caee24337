# SPDX-License-Identifier: MIT
# A letter that is none.
snapinfo -qx data/monday.jsonl
