# SPDX-License-Identifier: MIT
# Addresses and ids that are not there give no rows.
snapsql data/monday.jsonl "SELECT count(*) FROM object WHERE address = 1"
snapsql data/monday.jsonl "SELECT count(*) FROM object WHERE id = -1 OR id = 4294967295"
snapsql data/monday.jsonl "SELECT count(*) FROM ref WHERE source = 1"
snapsql data/monday.jsonl "SELECT count(*) FROM ref WHERE target_id = 99999999999"
snapsql data/monday.jsonl "SELECT count(*) FROM referrers('nonsense')"
snapsql data/monday.jsonl "SELECT count(*) FROM path_to_root(NULL)"
