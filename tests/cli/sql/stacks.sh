# SPDX-License-Identifier: MIT
# The allocation profile by SQL: rows with names, stacks with their callers, totals of a metric.
snapload -q testdata/heaptrack/made-format1.txt -o h.db
snapsql h.db 'SELECT snapshot, id, name, unit, stack_totals, count, size_bytes FROM metric'
snapsql h.db 'SELECT * FROM site ORDER BY 1, 2, 5, 6'
snapsql h.db 'SELECT s.id, s.parent, s.snapshot, f.function, f.line FROM stack AS s JOIN frame AS f ON f.id = s.frame'
snapsql h.db 'SELECT * FROM stack WHERE id = 2 OR id = 99'
snapsql h.db 'SELECT * FROM stack_total'
snapsql h.db 'SELECT count, size_bytes FROM stack_total WHERE metric = 1 AND stack = 2'
snapsql h.db 'SELECT count(*) FROM stack_total WHERE metric = 9 OR stack = -1 OR snapshot = 7'
snapinfo --verify h.db
