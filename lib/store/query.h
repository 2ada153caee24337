// SPDX-License-Identifier: MIT
// All SQL of the store: a name for every statement, prepared once per store.
#ifndef HSN_STORE_QUERY_H
#define HSN_STORE_QUERY_H

#include "store/sqlite_api.h"

#include "base/fail.h"

/** Of the table `snapshot`, as they are written and read. */
#define HSN__SNAPSHOT_COLUMNS                                                                      \
    "id, label, source, format, runtime, runtime_version, program, host, pid, "                    \
    "captured_at_unix_ms, "                                                                        \
    "rss_bytes, objects, \"references\", weak_references, dangling_references, "                   \
    "duplicate_objects, roots, heap_bytes, types, strings, frames, stacks, allocations, "          \
    "allocation_bytes, samples, warnings, bytes_read, bytes_total, complete, has_refcounts, "      \
    "address_shift, has_graph, stable_ids"

/** X(NAME, SQL). Columns are bound and read by position, in the order written here. */
#define HSN__QUERY_LIST(X)                                                                         \
    X(SNAPSHOT_INSERT,                                                                             \
      "INSERT INTO snapshot(" HSN__SNAPSHOT_COLUMNS                                                \
      ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "                                        \
      "?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, " \
      "?29, ?30, ?31, ?32, ?33)")                                                                  \
    X(SNAPSHOT_NEXT_ID, "SELECT coalesce(max(id), 0) + 1 FROM snapshot")                           \
    X(SNAPSHOT_LIST, "SELECT " HSN__SNAPSHOT_COLUMNS ", graph_dropped FROM snapshot "              \
                     "WHERE ?1 IS NULL OR id = ?1 ORDER BY id")                                    \
    X(SNAPSHOT_BY_LABEL, "SELECT id FROM snapshot WHERE label = ?1")                               \
    X(SNAPSHOT_BY_ID, "SELECT id FROM snapshot WHERE id = ?1")                                     \
    X(SNAPSHOT_FIRST, "SELECT min(id) FROM snapshot")                                              \
    X(SNAPSHOT_LAST, "SELECT max(id) FROM snapshot")                                               \
    X(SNAPSHOT_TIME, "SELECT captured_at_unix_ms FROM snapshot WHERE id = ?1")                     \
    X(FACT_INSERT, "INSERT OR REPLACE INTO fact(snapshot, name, value) VALUES (?1, ?2, ?3)")       \
    X(FACT_LIST, "SELECT name, value FROM fact WHERE snapshot = ?1 ORDER BY name")                 \
    X(TAG_INSERT, "INSERT OR REPLACE INTO tag(snapshot, name, value) VALUES (?1, ?2, ?3)")         \
    X(TAG_LIST, "SELECT name, value FROM tag WHERE snapshot = ?1 ORDER BY name")                   \
    X(WARNING_INSERT,                                                                              \
      "INSERT INTO warning(snapshot, number, \"offset\", message) VALUES (?1, ?2, ?3, ?4)")        \
    X(WARNING_LIST,                                                                                \
      "SELECT coalesce(\"offset\", ''), message FROM warning WHERE snapshot = ?1 ORDER BY number") \
    X(TYPE_FIND, "SELECT id FROM type WHERE name = ?1 AND module = ?2 AND kind = ?3 "              \
                 "AND has_finalizer = ?4")                                                         \
    X(TYPE_INSERT, "INSERT INTO type(name, module, kind, has_finalizer) VALUES (?1, ?2, ?3, ?4)")  \
    X(TYPE_NAMES, "SELECT id, name, module FROM type ORDER BY id")                                 \
    X(TYPE_TOTAL_INSERT,                                                                           \
      "INSERT INTO type_total(snapshot, type, count, size_bytes) VALUES (?1, ?2, ?3, ?4)")         \
    X(TYPE_TOTAL_LIST,                                                                             \
      "SELECT type, count, size_bytes FROM type_total WHERE snapshot = ?1 ORDER BY type")          \
    X(TYPE_TOTAL_TAKE,                                                                             \
      "SELECT hsn__take_total(?2, type, count, size_bytes) FROM type_total WHERE snapshot = ?1")   \
    X(TYPE_TOTAL_TYPES,                                                                            \
      "SELECT name, module, kind, has_finalizer, NULL, count, size_bytes FROM type_total "         \
      "JOIN type ON id = type WHERE snapshot = ?1 ORDER BY type")                                  \
    X(SNAPSHOT_TYPE_INSERT,                                                                        \
      "INSERT INTO snapshot_type(snapshot, id, type, node, address, count, size_bytes) "           \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                                       \
    X(SNAPSHOT_TYPE_LIST,                                                                          \
      "SELECT name, module, kind, has_finalizer, node, count, size_bytes, snapshot_type.id "       \
      "FROM snapshot_type JOIN type ON type.id = snapshot_type.type WHERE snapshot = ?1 "          \
      "ORDER BY snapshot_type.id")                                                                 \
    X(SNAPSHOT_GRAPH_DROPPED, "SELECT graph_dropped FROM snapshot WHERE id = ?1")                  \
    X(ROOT_INSERT, "INSERT INTO root(snapshot, number, node, address, kind, name, thread) "        \
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                          \
    X(ROOT_LIST, "SELECT node, kind, name, thread FROM root WHERE snapshot = ?1 ORDER BY number")  \
    X(FRAME_INSERT, "INSERT INTO frame(id, file, function, line) VALUES (?1, ?2, ?3, ?4)")         \
    X(FRAME_LIST,                                                                                  \
      "SELECT id, file, function, line FROM frame WHERE id BETWEEN ?1 AND ?2 ORDER BY id")         \
    X(FRAME_TOTAL_INSERT,                                                                          \
      "INSERT INTO frame_total(snapshot, metric, frame, domain, count, size_bytes) "               \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                                                           \
    X(FRAME_TOTAL_LIST,                                                                            \
      "SELECT metric, frame, domain, count, size_bytes FROM frame_total WHERE snapshot = ?1 "      \
      "ORDER BY metric, frame, domain")                                                            \
    X(METRIC_INSERT,                                                                               \
      "INSERT INTO metric(snapshot, id, name, unit, stack_totals, count, size_bytes) "             \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                                       \
    X(METRIC_DEFAULT, "SELECT value FROM fact WHERE snapshot = ?1 AND name = 'metric.default'")    \
    X(METRIC_LIST, "SELECT id, name, unit, stack_totals, count, size_bytes FROM metric "           \
                   "WHERE snapshot = ?1 ORDER BY id")                                              \
    X(SAMPLE_INSERT,                                                                               \
      "INSERT INTO sample(snapshot, number, series, time_s, value) VALUES (?1, ?2, ?3, ?4, ?5)")   \
    X(SAMPLE_LIST, "SELECT series, time_s, value FROM sample WHERE snapshot = ?1 ORDER BY number") \
    X(FINDING_INSERT,                                                                              \
      "INSERT INTO finding(snapshot, number, fingerprint, rule, severity, subject, kind, unit, "   \
      "value_old, value_new, value_limit, message, path, allocated_at) VALUES (?1, ?2, ?3, ?4, "   \
      "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)")                                              \
    X(FINDING_DELETE, "DELETE FROM finding WHERE snapshot = ?1")                                   \
    X(FINDING_LIST,                                                                                \
      "SELECT fingerprint, rule, severity, subject, kind, unit, value_old, value_new, "            \
      "value_limit, message, path, allocated_at FROM finding WHERE snapshot = ?1 ORDER BY number") \
    X(FINDING_SEEN,                                                                                \
      "SELECT DISTINCT id, captured_at_unix_ms FROM finding JOIN snapshot ON id = snapshot "       \
      "WHERE fingerprint = ?1 AND CASE WHEN captured_at_unix_ms IS NULL OR ?3 IS NULL "            \
      "THEN id <= ?2 ELSE (captured_at_unix_ms, id) <= (?3, ?2) END "                              \
      "ORDER BY captured_at_unix_ms IS NULL, captured_at_unix_ms, id")                             \
    X(SEGMENT_INSERT,                                                                              \
      "INSERT INTO segment(snapshot, \"column\", part, row_count, value_count, crc32, data) "      \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                                       \
    X(SEGMENT_READ, "SELECT row_count, value_count, crc32, data FROM segment "                     \
                    "WHERE snapshot = ?1 AND \"column\" = ?2 AND part = ?3")                       \
    X(NAME_COUNT,                                                                                  \
      "SELECT coalesce(sum(row_count), 0) FROM segment WHERE snapshot = ?1 AND \"column\" = ?2")   \
    X(COPY_TYPES, "SELECT id, name, module, kind, has_finalizer FROM type WHERE id IN (SELECT "    \
                  "type FROM type_total WHERE snapshot = ?1 UNION SELECT type FROM snapshot_type " \
                  "WHERE snapshot = ?1) ORDER BY id")                                              \
    X(COPY_SNAPSHOT_TYPES, "SELECT id, type, node, address, count, size_bytes FROM snapshot_type " \
                           "WHERE snapshot = ?1 ORDER BY id")                                      \
    X(COPY_SAMPLES,                                                                                \
      "SELECT number, series, time_s, value FROM sample WHERE snapshot = ?1 ORDER BY number")      \
    X(COPY_FINDINGS,                                                                               \
      "SELECT number, fingerprint, rule, severity, subject, kind, unit, value_old, value_new, "    \
      "value_limit, message, path, allocated_at FROM finding WHERE snapshot = ?1 ORDER BY number") \
    X(COPY_WARNINGS,                                                                               \
      "SELECT number, \"offset\", message FROM warning WHERE snapshot = ?1 ORDER BY number")       \
    X(COPY_ROOTS, "SELECT number, node, address, kind, name, thread FROM root WHERE snapshot = "   \
                  "?1 ORDER BY number")                                                            \
    X(COPY_SEGMENTS, "SELECT \"column\", part, row_count, value_count, crc32, data FROM segment "  \
                     "WHERE snapshot = ?1 AND \"column\" <> ?2 ORDER BY \"column\", part")         \
    X(SEGMENT_DELETE, "DELETE FROM segment WHERE snapshot = ?1")                                   \
    X(ROOT_DELETE, "DELETE FROM root WHERE snapshot = ?1")                                         \
    X(SNAPSHOT_TYPE_DELETE, "DELETE FROM snapshot_type WHERE snapshot = ?1")                       \
    X(WARNING_DELETE, "DELETE FROM warning WHERE snapshot = ?1")                                   \
    X(SNAPSHOT_DROP_GRAPH, "UPDATE snapshot SET graph_dropped = 1, has_graph = 0, stacks = 0, "    \
                           "frames = 0 WHERE id = ?1")                                             \
    X(TYPE_TOTAL_DELETE, "DELETE FROM type_total WHERE snapshot = ?1")                             \
    X(FACT_DELETE, "DELETE FROM fact WHERE snapshot = ?1")                                         \
    X(TAG_DELETE, "DELETE FROM tag WHERE snapshot = ?1")                                           \
    X(SAMPLE_DELETE, "DELETE FROM sample WHERE snapshot = ?1")                                     \
    X(METRIC_DELETE, "DELETE FROM metric WHERE snapshot = ?1")                                     \
    X(FRAME_TOTAL_DELETE, "DELETE FROM frame_total WHERE snapshot = ?1")                           \
    X(SNAPSHOT_DELETE, "DELETE FROM snapshot WHERE id = ?1")                                       \
    X(AGGREGATE_ATTACH, "ATTACH ?1 AS source")                                                     \
    X(AGGREGATE_DETACH, "DETACH source")                                                           \
    X(AGGREGATE_MEMBERS, "CREATE TEMP TABLE member(snapshot INTEGER PRIMARY KEY)")                 \
    X(AGGREGATE_TYPES, "INSERT INTO main.type SELECT * FROM source.type")                          \
    X(AGGREGATE_FRAMES, "INSERT INTO main.frame SELECT * FROM source.frame")                       \
    X(AGGREGATE_FORGET, "DELETE FROM temp.member")                                                 \
    X(AGGREGATE_MEMBER, "INSERT INTO temp.member VALUES (?1)")                                     \
    X(AGGREGATE_TOTALS_ONLY,                                                                       \
      "UPDATE main.snapshot SET has_graph = 0, graph_dropped = 2, stacks = 0, frames = 0, "        \
      "samples = 0, warnings = 0, captured_at_unix_ms = ?2 WHERE id = ?1")                         \
    X(AGGREGATE_TYPE_TOTALS,                                                                       \
      "INSERT INTO main.type_total SELECT ?1, type, (sum(count) + ?2 / 2) / ?2 AS number, "        \
      "(sum(size_bytes) + ?2 / 2) / ?2 AS size FROM temp.member "                                  \
      "CROSS JOIN source.type_total AS total ON total.snapshot = member.snapshot "                 \
      "GROUP BY type HAVING number > 0 OR size > 0")                                               \
    X(AGGREGATE_METRICS,                                                                           \
      "INSERT INTO main.metric SELECT ?1, row_number() OVER (ORDER BY name <> 'inuse', name, "     \
      "unit) - 1, "                                                                                \
      "name, unit, 0, sum(count) / ?2, sum(size_bytes) / ?2 FROM source.metric AS metric "         \
      "JOIN temp.member ON member.snapshot = metric.snapshot GROUP BY name, unit")                 \
    X(AGGREGATE_FRAME_TOTALS,                                                                      \
      "INSERT INTO main.frame_total SELECT ?1, own.id, frame, domain, "                            \
      "(sum(total.count) + ?2 / 2) / ?2 AS number, (sum(total.size_bytes) + ?2 / 2) / ?2 AS size " \
      "FROM temp.member CROSS JOIN source.frame_total AS total ON total.snapshot = "               \
      "member.snapshot "                                                                           \
      "JOIN source.metric AS metric ON metric.snapshot = total.snapshot AND metric.id = "          \
      "total.metric "                                                                              \
      "JOIN main.metric AS own ON own.snapshot = ?1 AND own.name = metric.name "                   \
      "AND own.unit = metric.unit GROUP BY own.id, frame, domain HAVING number > 0 OR size > 0")   \
    X(AGGREGATE_NUMBERS,                                                                           \
      "UPDATE main.snapshot SET (objects, heap_bytes, types) = (SELECT coalesce(sum(count), 0), "  \
      "coalesce(sum(size_bytes), 0), count(*) FROM main.type_total WHERE snapshot = ?1), "         \
      "(allocations, allocation_bytes) = (SELECT coalesce(sum(frame_total.count), 0), "            \
      "coalesce(sum(frame_total.size_bytes), 0) FROM main.frame_total WHERE snapshot = ?1 AND "    \
      "metric = 0), "                                                                              \
      "rss_bytes = (SELECT sum(rss_bytes) / ?2 FROM source.snapshot WHERE id IN "                  \
      "(SELECT snapshot FROM temp.member)) WHERE id = ?1")                                         \
    X(AGGREGATE_TAGS, "INSERT INTO main.tag SELECT ?1, name, value FROM source.tag AS tag "        \
                      "JOIN temp.member ON member.snapshot = tag.snapshot GROUP BY name, value "   \
                      "HAVING count(*) = (SELECT count(*) FROM temp.member)")                      \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")

typedef enum hsn__query {
#define HSN__QUERY_ROW(name, sql) HSN__QUERY_##name,
    HSN__QUERY_LIST(HSN__QUERY_ROW)
#undef HSN__QUERY_ROW
        HSN__QUERY_COUNT
} hsn__query;

struct hsn_store;

/** The statement, reset and with no bindings. Owned by the store. */
int hsn__query_get(struct hsn_store *store, hsn__query query, sqlite3_stmt **out, hsn_error *err);

/** Run a statement whose rows, if any, do not matter. */
int hsn__query_run(struct hsn_store *store, sqlite3_stmt *statement, hsn_error *err);

/** HSN_OK with a row, HSN_DONE, or an error. */
int hsn__query_next(struct hsn_store *store, sqlite3_stmt *statement, hsn_error *err);

#endif
