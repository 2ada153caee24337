-- SPDX-License-Identifier: MIT
-- The store: one SQLite file, one or many snapshots. Schema 2.
--
-- Rows hold what people query with any SQLite client. The objects and references themselves are
-- columns, packed in the table `segment` (docs/store.md tells how); SQL sees them through the virtual
-- tables `object` and `ref` of `snapsql` and of the loadable extension.
--
-- A snapshot appears in one transaction, so a row in `snapshot` is always whole. `complete` = 0 means
-- that the *dump* was truncated or damaged. Addresses are 64 bits, stored as signed integers. NULL means
-- unknown unless said otherwise. Times are milliseconds since 1970, UTC. Sizes are bytes.

CREATE TABLE snapshot (
    id                  INTEGER PRIMARY KEY,
    label               TEXT UNIQUE,          -- given by the user or the dump
    source              TEXT NOT NULL,        -- file names of the dumps, without folders, joined by ' + '
    format              TEXT NOT NULL,        -- names of the readers, joined by '+'
    runtime             TEXT,                 -- cpython
    runtime_version     TEXT,                 -- 3.11.7
    program             TEXT,
    host                TEXT,
    pid                 INTEGER,
    captured_at_unix_ms INTEGER,
    rss_bytes           INTEGER,              -- resident set of the process when captured
    objects             INTEGER NOT NULL,
    "references"        INTEGER NOT NULL,     -- strong and weak; dangling ones are not among them
    weak_references     INTEGER NOT NULL,
    dangling_references INTEGER NOT NULL,     -- targets that the dump does not hold
    duplicate_objects   INTEGER NOT NULL,     -- addresses that came twice; the first was kept
    roots               INTEGER NOT NULL,
    heap_bytes          INTEGER NOT NULL,     -- sum of shallow bytes
    types               INTEGER NOT NULL,
    strings             INTEGER NOT NULL,
    frames              INTEGER NOT NULL,
    stacks              INTEGER NOT NULL,     -- 0 although metrics have totals: stacks were dropped
    allocations         INTEGER NOT NULL,     -- live blocks of the allocation profile
    allocation_bytes    INTEGER NOT NULL,
    samples             INTEGER NOT NULL,
    warnings            INTEGER NOT NULL,     -- all of them; table `warning` keeps the first thousand
    bytes_read          INTEGER NOT NULL,     -- of the dump files ...
    bytes_total         INTEGER NOT NULL,     -- ... of so many; 0 = unknown
    complete            INTEGER NOT NULL,     -- 1, or 0: the dump was truncated or damaged
    has_refcounts       INTEGER NOT NULL,     -- 1: some object carries a refcount
    address_shift       INTEGER NOT NULL,     -- every address is a multiple of 1 << address_shift
    has_graph           INTEGER NOT NULL,     -- 1: its objects are in segments; 0: at most their totals by type
    graph_dropped       INTEGER NOT NULL DEFAULT 0, -- 1: retention took the graph; 2: an aggregate has none
    stable_ids          INTEGER NOT NULL      -- 1: addresses are ids that an object keeps as long as it lives
) STRICT;

-- What the dump said of its process: gc.enabled, gc.count.0, python.build ...
CREATE TABLE fact (
    snapshot INTEGER NOT NULL REFERENCES snapshot(id),
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (snapshot, name)
) STRICT, WITHOUT ROWID;

-- What the user said of it: service=payment.
CREATE TABLE tag (
    snapshot INTEGER NOT NULL REFERENCES snapshot(id),
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (snapshot, name)
) STRICT, WITHOUT ROWID;

-- Oddities found while loading, in order; the first thousand.
CREATE TABLE warning (
    snapshot INTEGER NOT NULL REFERENCES snapshot(id),
    number   INTEGER NOT NULL,   -- from 0
    "offset" INTEGER,            -- byte of the (inflated) dump; NULL = no place
    message  TEXT NOT NULL,
    PRIMARY KEY (snapshot, number)
) STRICT, WITHOUT ROWID;

-- Types, shared by the snapshots of the store: a type that looks the same in two of them is one row.
CREATE TABLE type (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,      -- full: app.cache.Request; builtins bare: dict
    module        TEXT NOT NULL,      -- '' for builtins
    kind          INTEGER NOT NULL,   -- what its instances are: hsn_kind in heapsnap/model.h
    has_finalizer INTEGER NOT NULL,   -- 1: user code runs when an instance dies
    UNIQUE (name, module, kind, has_finalizer)
) STRICT;

-- Sums by type, so that the commonest questions look at no object. They stay when the graph goes.
CREATE TABLE type_total (
    snapshot   INTEGER NOT NULL REFERENCES snapshot(id),
    type       INTEGER NOT NULL REFERENCES type(id),
    count      INTEGER NOT NULL,      -- objects
    size_bytes INTEGER NOT NULL,      -- shallow
    PRIMARY KEY (snapshot, type)
) STRICT, WITHOUT ROWID;

-- The same with names, for people.
CREATE VIEW type_total_named AS
    SELECT snapshot, name, module, count, size_bytes
    FROM type_total JOIN type ON type.id = type_total.type;

-- One type over time: WHERE name = 'app.cache.Request'. The joins are in the order that makes this a seek a
-- snapshot, where a plain join reads all totals.
CREATE VIEW type_history AS
    SELECT type.name AS name, type.module AS module, snapshot.id AS snapshot, snapshot.label AS label,
           captured_at_unix_ms, count, size_bytes
    FROM type CROSS JOIN snapshot
    CROSS JOIN type_total ON type_total.snapshot = snapshot.id AND type_total.type = type.id;

-- The types as the graph of one snapshot numbers them. Two may be one row in `type`: a class that was
-- loaded twice. They go with the graph.
CREATE TABLE snapshot_type (
    snapshot   INTEGER NOT NULL REFERENCES snapshot(id),
    id         INTEGER NOT NULL,      -- dense from 0
    type       INTEGER NOT NULL REFERENCES type(id),
    node       INTEGER,               -- row of the object that is this type
    address    INTEGER,               -- its address
    count      INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (snapshot, id)
) STRICT, WITHOUT ROWID;

-- Objects that are alive on their own.
CREATE TABLE root (
    snapshot INTEGER NOT NULL REFERENCES snapshot(id),
    number   INTEGER NOT NULL,        -- from 0, by node, kind, name
    node     INTEGER NOT NULL,        -- row of the object
    address  INTEGER NOT NULL,
    kind     INTEGER NOT NULL,        -- hsn_root_kind in heapsnap/model.h
    name     TEXT NOT NULL,           -- app.cache; handle app.py:31
    thread   TEXT NOT NULL,           -- of a frame; '' otherwise
    PRIMARY KEY (snapshot, number)
) STRICT, WITHOUT ROWID;

-- Places in programs. Shared: a place that several snapshots of the store have is one row.
CREATE TABLE frame (
    id       INTEGER PRIMARY KEY,
    file     TEXT NOT NULL,           -- '' = unknown
    function TEXT NOT NULL,           -- '' = unknown
    line     INTEGER NOT NULL         -- 0 = unknown
) STRICT;

-- What the allocation profile of a snapshot tells by stack. 0 is always there: inuse, in bytes.
-- The stacks themselves and their totals are columns; SQL sees them as the virtual tables `stack`
-- and `stack_total`.
CREATE TABLE metric (
    snapshot     INTEGER NOT NULL REFERENCES snapshot(id),
    id           INTEGER NOT NULL,    -- from 0
    name         TEXT NOT NULL,       -- inuse, alloc, peak, temporary, cpu ...
    unit         TEXT NOT NULL,       -- bytes, ns, count ...
    stack_totals INTEGER NOT NULL,    -- rows of `stack_total`
    count        INTEGER NOT NULL,    -- sum of blocks, calls or samples
    size_bytes   INTEGER NOT NULL,    -- sum, in the unit
    PRIMARY KEY (snapshot, id)
) STRICT, WITHOUT ROWID;

-- Sums by newest frame, so that the commonest questions look at no stack.
CREATE TABLE frame_total (
    snapshot   INTEGER NOT NULL REFERENCES snapshot(id),
    metric     INTEGER NOT NULL,
    frame      INTEGER NOT NULL REFERENCES frame(id),
    domain     INTEGER NOT NULL,      -- 0 = the runtime's own allocator
    count      INTEGER NOT NULL,      -- blocks, calls or samples
    size_bytes INTEGER NOT NULL,      -- in the metric's unit
    PRIMARY KEY (snapshot, metric, frame, domain)
) STRICT, WITHOUT ROWID;

-- The same with names.
CREATE VIEW site AS
    SELECT total.snapshot AS snapshot, metric.name AS metric, metric.unit AS unit, frame.file AS file,
           frame.line AS line, frame.function AS function, total.domain AS domain,
           total.count AS count, total.size_bytes AS size_bytes
    FROM frame_total AS total
    JOIN metric ON metric.snapshot = total.snapshot AND metric.id = total.metric
    JOIN frame ON frame.id = total.frame;

-- Timed values.
CREATE TABLE sample (
    snapshot INTEGER NOT NULL REFERENCES snapshot(id),
    number   INTEGER NOT NULL,        -- order in the dump
    series   TEXT NOT NULL,           -- rss_bytes
    time_s   REAL NOT NULL,           -- seconds since 1970, or since the start
    value    REAL NOT NULL,
    PRIMARY KEY (snapshot, number)
) STRICT, WITHOUT ROWID;

-- What a report found, night after night: `snapreport` writes it. The same leak has the same fingerprint.
CREATE TABLE finding (
    snapshot     INTEGER NOT NULL REFERENCES snapshot(id),
    number       INTEGER NOT NULL,    -- order in the report
    fingerprint  TEXT NOT NULL,       -- 16 hex digits: of rule, holder pattern and type
    rule         TEXT NOT NULL,       -- word of the policy
    severity     TEXT NOT NULL,       -- note, warn, fail
    subject      TEXT NOT NULL,       -- a type, a module, file:line ...
    kind         TEXT NOT NULL,       -- growth, garbage ...; '' = none
    unit         TEXT NOT NULL,       -- of the values: bytes, count, ms; '' = none
    value_old    REAL,                -- of the baseline
    value_new    REAL,                -- of this snapshot
    value_limit  REAL,                -- that was exceeded
    message      TEXT NOT NULL,       -- one line
    path         TEXT NOT NULL,       -- holder pattern; '' = none
    allocated_at TEXT NOT NULL,       -- file:line in function; '' = unknown
    PRIMARY KEY (snapshot, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_fingerprint ON finding (fingerprint);

-- The columns: objects in address order, their references, strings, stacks and their totals,
-- 65 536 rows a segment.
CREATE TABLE segment (
    id          INTEGER PRIMARY KEY,
    snapshot    INTEGER NOT NULL REFERENCES snapshot(id),
    "column"    INTEGER NOT NULL,     -- hsn__column in lib/store/column.h
    part        INTEGER NOT NULL,     -- rows part * 65536 ...
    row_count   INTEGER NOT NULL,     -- objects, strings, stacks ...
    value_count INTEGER NOT NULL,     -- values: as row_count, or the references of these objects
    crc32       INTEGER NOT NULL,     -- of data
    data        BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX segment_place ON segment (snapshot, "column", part);
