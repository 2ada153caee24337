# SPDX-License-Identifier: MIT
# The queries of docs/history.md.
for day in monday tuesday wednesday; do
    snapload -q data/$day.jsonl --append -o h.db --keep-graphs 1
done
snapsql h.db "SELECT captured_at_unix_ms / 1000 AS time, count, size_bytes
FROM type_history WHERE name = 'app.cache.Request' ORDER BY time"
snapsql h.db "SELECT captured_at_unix_ms / 1000 AS time, tag.value AS service, heap_bytes
FROM snapshot JOIN tag ON tag.snapshot = snapshot.id AND tag.name = 'service' ORDER BY time"
snapsql h.db "SELECT name, sum(CASE snapshot WHEN 3 THEN size_bytes ELSE -size_bytes END) AS grown
FROM type_total_named WHERE snapshot IN (1, 3) GROUP BY name ORDER BY grown DESC, name LIMIT 3"
snapsql h.db "SELECT file, line, sum(size_bytes) AS bytes FROM site
WHERE snapshot = 1 AND metric = 'inuse' GROUP BY file, line ORDER BY bytes DESC"
snapsql h.db "SELECT rule, subject, message, datetime(min(captured_at_unix_ms) / 1000, 'unixepoch') AS since,
       count(DISTINCT captured_at_unix_ms / 86400000) AS nights
FROM finding JOIN snapshot ON snapshot.id = finding.snapshot
GROUP BY fingerprint HAVING max(snapshot.id) = (SELECT max(id) FROM snapshot) ORDER BY nights DESC"
