// SPDX-License-Identifier: MIT
// What counts as a resource, and how its state shows: data. docs/analysis/resources.md explains it.
#include "analysis/resources_private.h"

#define KIND(name) (1u << HSN_KIND_##name)
#define CODE_KINDS (KIND(GENERATOR) | KIND(COROUTINE))

const hsn__resource_rule hsn__resource_rules[] = {
    // Memory that looks like a file.
    {NULL, .type = "_io.BytesIO"},
    {NULL, .type = "_io.StringIO"},
    {NULL, .type = "threading._DummyThread"},

    {"temporary file", .type = "tempfile._TemporaryFile*", .within = KIND(FILE)},
    {"temporary file", .type = "tempfile.SpooledTemporaryFile", .within = KIND(FILE)},
    {"temporary folder", .type = "tempfile.TemporaryDirectory"},
    {"archive", .type = "zipfile.*ZipFile", .within = KIND(FILE)},
    {"archive", .type = "tarfile.TarFile", .within = KIND(FILE)},
    {"folder listing", .type = "*.ScandirIterator"},
    {"memory map", .type = "mmap.mmap"},
    {"shared memory", .type = "multiprocessing.shared_memory.SharedMemory"},
    {"pipe", .type = "multiprocessing.connection.*Connection"},
    {"process", .type = "subprocess.Popen"},
    {"process", .type = "multiprocessing.*Process"},
    {"process pool", .type = "multiprocessing.pool.Pool"},
    {"thread pool", .type = "multiprocessing.pool.ThreadPool"},
    {"thread pool", .type = "concurrent.futures.thread.ThreadPoolExecutor"},
    {"process pool", .type = "concurrent.futures.process.ProcessPoolExecutor"},
    {"future", .type = "concurrent.futures._base.Future"},
    {"future", .type = "_asyncio.Future"},
    {"future", .type = "asyncio.futures.Future"},
    {"event loop", .type = "asyncio.*EventLoop"},
    {"event loop", .type = "uvloop.loop.Loop"},
    {"transport", .type = "asyncio.*Transport"},
    {"poll object", .type = "select.epoll"},
    {"poll object", .type = "select.kqueue"},
    {"tls socket", .type = "ssl.SSLSocket", .within = KIND(SOCKET)},
    {"tls socket", .type = "_ssl._SSLSocket", .within = KIND(SOCKET)},
    {"tls context", .type = "ssl.SSLContext"},
    {"http session", .type = "requests.sessions.Session"},
    {"http session", .type = "aiohttp.client.ClientSession"},
    {"http session", .type = "httpx.*Client"},
    {"connection pool", .type = "aiohttp.connector.*Connector"},
    {"connection pool", .type = "urllib3.poolmanager.*PoolManager"},
    {"connection pool", .type = "urllib3.connectionpool.*Pool"},
    {"connection pool", .type = "sqlalchemy.pool.*Pool"},
    {"http connection", .type = "http.client.HTTP*Connection"},
    {"http connection", .type = "urllib3.connection.HTTP*Connection"},
    {"database connection", .type = "sqlite3.Connection"},
    {"database cursor", .type = "sqlite3.Cursor"},
    {"database connection", .type = "psycopg2.*connection"},
    {"database connection", .type = "psycopg.*Connection"},
    {"database connection", .type = "pymysql.connections.Connection"},
    {"database connection", .type = "MySQLdb.connections.Connection"},
    {"database connection", .type = "redis.*Connection"},
    {"database connection", .type = "sqlalchemy.engine.base.Connection"},
    {"database session", .type = "sqlalchemy.orm.session.Session"},
    {"database client", .type = "pymongo.*MongoClient"},

    {"file", .kinds = KIND(FILE), .within = KIND(FILE)},
    {"socket", .kinds = KIND(SOCKET), .within = KIND(SOCKET)},
    {"thread", .kinds = KIND(THREAD)},
    {"task", .kinds = KIND(TASK)},
    {"coroutine", .kinds = KIND(COROUTINE),
     .within = KIND(COROUTINE) | KIND(GENERATOR) | KIND(TASK)},
    {"generator", .kinds = KIND(GENERATOR), .within = KIND(GENERATOR)},
    {"traceback", .kinds = KIND(TRACEBACK), .within = KIND(TRACEBACK)},
    {"frame", .kinds = KIND(FRAME), .within = KIND(TRACEBACK) | KIND(FRAME) | CODE_KINDS},
};
const size_t hsn__resource_rule_count = sizeof hsn__resource_rules / sizeof *hsn__resource_rules;

const hsn__state_rule hsn__state_rules[] = {
    // A finished one has given up its frame: an object before 3.11, a part of itself after.
    {NULL, CODE_KINDS, "f_func", 0, HSN__STATE_HAS, "suspended", NULL},
    {NULL, CODE_KINDS, "gi_frame", 0, HSN__STATE_HAS, "suspended", NULL},
    {NULL, CODE_KINDS, "cr_frame", 0, HSN__STATE_HAS, "suspended", NULL},
    {NULL, CODE_KINDS, "ag_frame", 0, HSN__STATE_HAS, "suspended", "finished"},
    // A task that is done has None or a value, and no future to wait for.
    {NULL, KIND(TASK), NULL, KIND(TASK) | KIND(GENERATOR), HSN__STATE_HAS, "waiting", NULL},
    {"_asyncio.Task", 0, NULL, KIND(NOTHING), HSN__STATE_HAS, "done", NULL},
    {NULL, KIND(THREAD), "_is_stopped", 0, HSN__STATE_TRUE, "finished", NULL},
    {NULL, KIND(THREAD), "_tstate_lock", 0, HSN__STATE_NONE, "not running", "running"},
    {NULL, KIND(SOCKET), "_closed", 0, HSN__STATE_TRUE, "closed", "open"},
    {"subprocess.Popen", 0, "returncode", 0, HSN__STATE_NONE, "not waited for", "ended"},
    {"aiohttp.client.ClientSession", 0, "_connector", 0, HSN__STATE_NONE, "closed", "open"},
    {"aiohttp.connector.*Connector", 0, "_closed", 0, HSN__STATE_TRUE, "closed", "open"},
    {"asyncio.*EventLoop", 0, "_closed", 0, HSN__STATE_TRUE, "closed", "open"},
    {"http.client.HTTP*Connection", 0, "sock", 0, HSN__STATE_NONE, "closed", "open"},
    {"urllib3.connection.HTTP*Connection", 0, "sock", 0, HSN__STATE_NONE, "closed", "open"},
    {"concurrent.futures.*PoolExecutor", 0, "_shutdown", 0, HSN__STATE_TRUE, "shut down", "open"},
    {"zipfile.*ZipFile", 0, "fp", 0, HSN__STATE_NONE, "closed", "open"},
    {"tarfile.TarFile", 0, "closed", 0, HSN__STATE_TRUE, "closed", "open"},
};
const size_t hsn__state_rule_count = sizeof hsn__state_rules / sizeof *hsn__state_rules;

const hsn__resource_rule *hsn__resource_rule_of(const hsn_type *type)
{
    for (size_t i = 0; i < hsn__resource_rule_count; i++) {
        const hsn__resource_rule *rule = &hsn__resource_rules[i];
        if (rule->kinds && !(rule->kinds >> type->kind & 1))
            continue;
        if (!rule->type || hsn_glob_match(rule->type, type->name))
            return rule->resource ? rule : NULL;
    }
    return NULL;
}
