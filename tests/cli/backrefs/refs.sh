# SPDX-License-Identifier: MIT
# Forward: what a module holds.
backrefs data/monday.jsonl module --refs
