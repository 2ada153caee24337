# SPDX-License-Identifier: MIT
# Referrers, referents and the chain to a root, of an address given as text.
snapsql data/monday.jsonl "SELECT type, size_bytes, kind, label FROM referrers('0x7f3a10000080')"
snapsql data/monday.jsonl "SELECT type, size_bytes, kind, label FROM referents('0x7f3a10000040')"
snapsql data/monday.jsonl "SELECT step, type, kind, label, text FROM path_to_root((SELECT max(address) FROM object WHERE type = 'app.cache.Request'))"
