// SPDX-License-Identifier: MIT
// Loading many dumps side by side.
//
// A worker takes the next dump, makes a store in memory of it (reading, numbering and packing: all
// that takes time), and waits until the dumps before it are in the store on the disk; then it
// copies rows and packed segments. So the order is that of the dumps, and no worker holds more than
// one of them.
#include "heapsnap/load_many.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "load/load_private.h"
#include "store/copy.h"
#include "store/store_private.h"

enum { MAX_JOBS = 256, MAX_DUMPS = 1 << 20 };

// Shared by the workers; everything but what is constant is touched under the lock.
typedef struct crew {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    const char *const *paths;
    size_t count;
    const hsn_load_options *options; // of a single dump
    const hsn_progress *progress;
    hsn_store *target;
    hsn_load_many_result *result;
    size_t next; // dump to be taken
    size_t turn; // dump to be copied
    size_t stored;
    int stopped; // negative: what ended the work before its end
    hsn_error error;
} crew;

// The file's name without its folder and extensions; a name of nothing else stays.
static void put_base_name(hsn__buf *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash && slash[1] ? slash + 1 : path;
    size_t length = *name ? 1 + strcspn(name + 1, ".") : 0;
    hsn__buf_append(out, name, length);
}

static int copy_store(crew *c, size_t at, hsn_store *store, hsn_error *err)
{
    hsn_snapshot_list list;
    hsn__buf label = {0};
    int r = hsn_snapshot_list_read(store, &list, err);
    put_base_name(&label, c->paths[at]);
    for (size_t i = 0; r == HSN_OK && i < list.count; i++) {
        hsn_history_options options = {.with_graph = 1, .unique_label = 1};
        hsn_snapshot_id id;
        if (!*list.rows[i].label)
            options.label = hsn__buf_text(&label);
        r = label.failed
                ? hsn__fail_memory(err)
                : hsn__snapshot_copy(c->target, store, list.rows[i].id, &options, &id, err);
        c->stored += r == HSN_OK;
    }
    hsn_snapshot_list_free(&list);
    hsn__buf_clear(&label);
    return r;
}

static void stop(crew *c, int status, const hsn_error *err)
{
    if (c->stopped)
        return;
    c->stopped = status;
    c->error = *err;
}

// What became of dump `at`, in its turn. `store` is NULL when it could not be read.
static void finish_dump(crew *c, size_t at, hsn_store *store, hsn_load_outcome *outcome)
{
    hsn_error err = {0};
    pthread_mutex_lock(&c->lock);
    while (c->turn != at)
        pthread_cond_wait(&c->moved, &c->lock);
    c->result->dumps[at] = *outcome;
    if (!c->stopped && store) {
        int r = copy_store(c, at, store, &err);
        if (r < 0)
            stop(c, r, &err);
    } else if (!store) {
        c->result->left_out++;
        if (c->options->strict || outcome->status == HSN_ENOMEM)
            stop(c, outcome->status, &outcome->error);
    }
    if (!c->stopped && c->progress &&
        c->progress->tick(c->progress->context, "loading dumps", at + 1, c->count)) {
        hsn__fail(&err, HSN_ECANCELED, NULL, "canceled");
        stop(c, HSN_ECANCELED, &err);
    }
    c->turn++;
    pthread_cond_broadcast(&c->moved);
    pthread_mutex_unlock(&c->lock);
}

static bool take(crew *c, size_t *out)
{
    pthread_mutex_lock(&c->lock);
    bool more = !c->stopped && c->next < c->count;
    *out = c->next;
    c->next += more;
    pthread_mutex_unlock(&c->lock);
    return more;
}

static void *work(void *context)
{
    crew *c = context;
    size_t at;
    while (take(c, &at)) {
        hsn_load_outcome outcome = {0};
        hsn_load_result loaded = {0};
        hsn_store *store = NULL;
        outcome.status =
            hsn__load_in_memory(&store, c->paths[at], c->options, &loaded, &outcome.error);
        hsn_load_result_free(&loaded);
        finish_dump(c, at, store, &outcome);
        hsn_store_close(store);
    }
    return NULL;
}

// The caller works too; a thread that cannot be made is only one fewer.
static void run_crew(crew *c, unsigned jobs)
{
    pthread_t threads[MAX_JOBS];
    unsigned made = 0;
    if (jobs > c->count)
        jobs = (unsigned)c->count;
    while (made + 1 < jobs && !pthread_create(&threads[made], NULL, work, c))
        made++;
    work(c);
    for (unsigned i = 0; i < made; i++)
        pthread_join(threads[i], NULL);
}

// Why nothing at all was stored: the first dump's reason.
static int none_stored(const crew *c, hsn_error *err)
{
    const hsn_load_outcome *first = &c->result->dumps[0];
    if (err && !err->code)
        *err = first->error;
    return first->status;
}

static int fill(crew *c, const hsn_load_options *options, unsigned jobs, hsn_error *err)
{
    int r = hsn__store_transaction(c->target, HSN__QUERY_BEGIN, err);
    if (r < 0)
        return r;
    run_crew(c, jobs);
    if (c->stopped) {
        if (err && !err->code)
            *err = c->error;
        return c->stopped;
    }
    if (!c->stored)
        return none_stored(c, err);
    r = hsn_snapshot_list_read(c->target, &c->result->snapshots, err);
    if (r == HSN_OK && options->retention)
        r = hsn__retention_apply(c->target, options->retention, &c->result->dropped, err);
    return r == HSN_OK ? hsn__store_transaction(c->target, HSN__QUERY_COMMIT, err) : r;
}

static int check_target(const char *path, const hsn_load_options *options, hsn_error *err)
{
    hsn_store *store;
    if (access(path, F_OK))
        return HSN_OK;
    if (!options->append && !options->replace)
        return hsn__fail(err, HSN_EINVAL, path, "the file exists");
    if (options->replace)
        return HSN_OK;
    int r = hsn_store_open(&store, path, &(hsn_store_options){.writable = 1}, err);
    hsn_store_close(store);
    return r;
}

// Some dump was left out or is damaged.
static bool is_partial(const hsn_load_many_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        if (result->dumps[i].status != HSN_OK)
            return true;
    return false;
}

int hsn_load_many(const char *store_path, const char *const *dump_paths, size_t dump_count,
                  const hsn_load_options *options, unsigned jobs, hsn_load_many_result *out,
                  hsn_error *err)
{
    static const hsn_load_options defaults = {0};
    options = options ? options : &defaults;
    hsn_load_options single = *options;
    crew c = {.paths = dump_paths, .count = dump_count, .options = &single, .result = out};
    c.progress = options->progress;
    single.progress = NULL;
    single.retention = NULL;
    *out = (hsn_load_many_result){0};
    if (!dump_count)
        return hsn__fail(err, HSN_EINVAL, store_path, "no dump to load");
    if (dump_count > MAX_DUMPS)
        return hsn__fail_limit(err, "dumps", MAX_DUMPS);
    int r = check_target(store_path, options, err);
    if (r < 0)
        return r;
    out->dumps = hsn__alloc_zeroed(dump_count, sizeof *out->dumps);
    out->count = dump_count;
    r = out->dumps ? hsn__store_create(&c.target, store_path, err) : hsn__fail_memory(err);
    if (r < 0)
        return r;
    pthread_mutex_init(&c.lock, NULL);
    pthread_cond_init(&c.moved, NULL);
    r = fill(&c, options, jobs > MAX_JOBS ? MAX_JOBS : jobs, err);
    if (r < 0)
        hsn__store_abandon(c.target);
    else
        r = hsn__load_publish(c.target, store_path, options, 1, &out->snapshots, &out->dropped,
                              err);
    pthread_cond_destroy(&c.moved);
    pthread_mutex_destroy(&c.lock);
    return r < 0 ? r : is_partial(out) ? HSN_PARTIAL : HSN_OK;
}

void hsn_load_many_free(hsn_load_many_result *result)
{
    if (!result)
        return;
    hsn__free(result->dumps);
    hsn_snapshot_list_free(&result->snapshots);
    *result = (hsn_load_many_result){0};
}
