# SPDX-License-Identifier: MIT
# CSV of a dump that was never stored.
snapinfo --csv data/monday.jsonl
