# SPDX-License-Identifier: MIT
# An address may be text; what cannot be an address or an id finds nothing.
snapsql data/monday.jsonl "SELECT type, text FROM object WHERE address = '0x7f3a10000040'"
snapsql data/monday.jsonl "SELECT kind, label FROM ref WHERE source = '0x7f3a10000040' AND target = '0x7f3a10000080'"
snapsql data/monday.jsonl "SELECT count(*) FROM object WHERE address = '0x7f3a10000040' AND id = 0"
snapsql data/monday.jsonl "SELECT count(*) FROM object WHERE address = '0x7f3a10000040' AND id = 1"
snapsql data/monday.jsonl "SELECT count(*) FROM object WHERE address = 1.5 OR id = 0.5 OR id IS NULL"
snapsql data/monday.jsonl "SELECT count(*) FROM ref WHERE source_id = 0 AND source = '0x7f3a10000080'"
