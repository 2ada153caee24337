# SPDX-License-Identifier: MIT
# References by source and by target are the same ones.
snapsql data/monday.jsonl "SELECT kind, count(*) FROM ref GROUP BY kind ORDER BY kind"
snapsql data/monday.jsonl "SELECT count(*) AS by_source, (SELECT count(*) FROM object o JOIN ref r ON r.target = o.address) AS by_target, (SELECT count(*) FROM object o JOIN ref r ON r.source_id = o.id) AS by_id FROM object o JOIN ref r ON r.source = o.address"
