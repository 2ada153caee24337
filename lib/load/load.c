// SPDX-License-Identifier: MIT
// Loading dumps: input, reader, builder, store, one after another.
#include "heapsnap/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "readers/reader.h"
#include "store/builder.h"
#include "store/store_private.h"

// One load under way.
typedef struct loading {
    const hsn_load_options *options;
    hsn__builder builder;
    hsn__buf source, format; // what the snapshot row says
    uint64_t bytes_read, bytes_total;
    bool complete;
    hsn_error damage;
} loading;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void join(hsn__buf *list, const char *separator, const char *word)
{
    if (list->size)
        hsn__buf_puts(list, separator);
    hsn__buf_puts(list, word);
}

static int choose_reader(hsn_input *in, const hsn_load_options *options, const hsn_reader **out,
                         hsn_error *err)
{
    const char *path = hsn__input_name(in);
    size_t size;
    const uint8_t *head = hsn__input_head(in, &size);
    *out = NULL;
    if (options->format) {
        *out = hsn__reader_find(options->format);
        if (!*out)
            return hsn__fail(err, HSN_EINVAL, path, "no dump format named '%s'", options->format);
        return HSN_OK;
    }
    if (!size) {
        int r = hsn__input_status(in, err);
        return r < 0 ? r : hsn__fail_at(err, HSN_EFORMAT, path, 0, "empty file");
    }
    *out = hsn__reader_probe(head, size);
    if (!*out)
        return hsn__fail_at(err, HSN_EFORMAT, path, 0, "no known dump format");
    return HSN_OK;
}

static int read_dump(loading *l, const char *path, hsn_error *err)
{
    hsn_input *in = NULL;
    const hsn_reader *reader;
    hsn_error damage = {0};
    int r = hsn__input_open(&in, path, err);
    if (r < 0)
        goto done;
    r = choose_reader(in, l->options, &reader, err);
    if (r < 0)
        goto done;
    hsn_sink sink = hsn__builder_sink(&l->builder);
    l->builder.input = in;
    l->builder.progress = l->options->progress;
    r = reader->read(in, &sink, &damage);
    if (r == HSN_PARTIAL) {
        l->complete = false;
        if (!l->damage.code)
            l->damage = damage;
        if (l->options->strict)
            r = HSN_EFORMAT;
    }
    if (r < 0) {
        if (err && !err->code) {
            *err = damage;
            if (!*err->source)
                snprintf(err->source, sizeof err->source, "%s", path);
        }
        goto done;
    }
    uint64_t read, total;
    hsn__input_coverage(in, &read, &total);
    l->bytes_read += read;
    l->bytes_total += total ? total : read;
    join(&l->source, " + ", base_name(path));
    join(&l->format, "+", reader->name);
done:
    l->builder.input = NULL;
    hsn__input_close(in);
    return r;
}

static int read_dumps(loading *l, const char *const *paths, size_t count, hsn_error *err)
{
    int r = HSN_OK;
    l->complete = true;
    hsn__builder_init(&l->builder, l->options->max_objects, l->options->max_string_bytes);
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = read_dump(l, paths[i], err);
    hsn_sink sink = hsn__builder_sink(&l->builder);
    for (size_t i = 0; r >= 0 && i < l->options->tag_count; i++)
        r = sink.ops->tag(sink.context, hsn__text(l->options->tags[i].name),
                          hsn__text(l->options->tags[i].value), err);
    return r < 0 ? r : HSN_OK;
}

static int write_snapshot(loading *l, hsn_store *store, hsn_load_result *result, hsn_error *err)
{
    hsn__snapshot_meta meta = {
        .label = l->options->label,
        .source = hsn__buf_text(&l->source),
        .format = hsn__buf_text(&l->format),
        .bytes_read = l->bytes_read,
        .bytes_total = l->bytes_total,
        .complete = l->complete,
    };
    int r = hsn__store_transaction(store, HSN__QUERY_BEGIN, err);
    if (r < 0)
        return r;
    r = hsn__builder_write(&l->builder, store, &meta, l->options->progress, &result->id,
                           &result->peak_bytes, err);
    if (r >= 0)
        r = hsn__snapshot_info_list(store, result->id, &result->snapshot, err);
    if (r >= 0)
        r = hsn__store_transaction(store, HSN__QUERY_COMMIT, err);
    if (r < 0)
        hsn__store_transaction(store, HSN__QUERY_ROLLBACK, NULL);
    return r;
}

static void loading_clear(loading *l)
{
    hsn__builder_clear(&l->builder);
    hsn__buf_clear(&l->source);
    hsn__buf_clear(&l->format);
}

void hsn_load_result_free(hsn_load_result *result)
{
    if (!result)
        return;
    hsn_snapshot_list_free(&result->snapshot);
    *result = (hsn_load_result){0};
}

// A partial load succeeds, and tells where its dump was damaged.
static int finish(const loading *l, int r, hsn_load_result *result, hsn_load_result *kept,
                  hsn_error *err)
{
    if (r >= 0 && !l->complete) {
        r = HSN_PARTIAL;
        if (err && !err->code)
            *err = l->damage;
        result->damage = l->damage;
    }
    if (r < 0 || !kept)
        hsn_load_result_free(result);
    else
        *kept = *result;
    return r;
}

int hsn_load(const char *store_path, const char *const *dump_paths, size_t dump_count,
             const hsn_load_options *options, hsn_load_result *result, hsn_error *err)
{
    static const hsn_load_options defaults = {0};
    loading l = {.options = options ? options : &defaults};
    hsn_load_result outcome = {0};
    hsn_store *store = NULL;
    int r;
    if (result)
        *result = (hsn_load_result){0};
    bool exists = !access(store_path, F_OK);
    if (!dump_count)
        return hsn__fail(err, HSN_EINVAL, store_path, "no dump to load");
    if (exists && !l.options->append && !l.options->replace)
        return hsn__fail(err, HSN_EINVAL, store_path, "the file exists");
    // What cannot be written is told before minutes of reading.
    if (exists && l.options->append)
        r = hsn_store_open(&store, store_path, &(hsn_store_options){.writable = 1}, err);
    else
        r = hsn__store_create(&store, store_path, err);
    if (r >= 0)
        r = read_dumps(&l, dump_paths, dump_count, err);
    if (r >= 0)
        r = write_snapshot(&l, store, &outcome, err);
    if (r < 0 || store->final_path == NULL)
        hsn__store_abandon(store);
    else
        r = hsn__store_commit_file(store, l.options->replace, err);
    r = finish(&l, r, &outcome, result, err);
    loading_clear(&l);
    return r;
}

static int load_in_memory(hsn_store **out, hsn_snapshot_id *out_id, const char *path,
                          const hsn_load_options *options, hsn_error *err)
{
    loading l = {.options = options};
    hsn_load_result outcome = {0};
    hsn_store *store = NULL;
    int r = read_dumps(&l, &path, 1, err);
    if (r >= 0)
        r = hsn__store_create(&store, NULL, err);
    if (r >= 0)
        r = write_snapshot(&l, store, &outcome, err);
    *out_id = outcome.id;
    r = finish(&l, r, &outcome, NULL, err);
    if (r < 0)
        hsn__store_abandon(store);
    else
        *out = store;
    loading_clear(&l);
    return r;
}

// Does the file begin as an SQLite database does?
static bool is_database(const char *path)
{
    char head[16] = {0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t size = fread(head, 1, sizeof head, file);
    fclose(file);
    return size == sizeof head && !memcmp(head, "SQLite format 3", 16);
}

static int open_stored(hsn_store **out, hsn_snapshot_id *out_id, const char *path,
                       const char *selector, hsn_error *err)
{
    hsn_snapshot_list list = {0};
    int r = hsn_store_open(out, path, NULL, err);
    if (r >= 0)
        r = hsn_snapshot_find(*out, selector, out_id, err);
    if (r >= 0)
        r = hsn__snapshot_info_list(*out, *out_id, &list, err);
    if (r >= 0 && list.count && !list.rows[0].complete) {
        r = HSN_PARTIAL;
        hsn__fail(err, HSN_EFORMAT, path, "snapshot %lld is incomplete: its dump was damaged",
                  (long long)*out_id);
    }
    hsn_snapshot_list_free(&list);
    if (r < 0) {
        hsn_store_close(*out);
        *out = NULL;
    }
    return r;
}

int hsn_snapshot_open(hsn_store **out_store, hsn_snapshot_id *out_id, const char *argument,
                      const hsn_load_options *options, hsn_error *err)
{
    static const hsn_load_options defaults = {0};
    const char *mark = strrchr(argument, '#');
    int r;
    *out_store = NULL;
    *out_id = 0;
    if (!options)
        options = &defaults;
    // A file whose own name has a '#' in it is itself.
    if (!mark || mark == argument || !access(argument, F_OK)) {
        if (strcmp(argument, "-") && is_database(argument))
            return open_stored(out_store, out_id, argument, NULL, err);
        return load_in_memory(out_store, out_id, argument, options, err);
    }
    size_t length = (size_t)(mark - argument);
    char *path = hsn__alloc(length + 1);
    if (!path)
        return hsn__fail_memory(err);
    memcpy(path, argument, length);
    path[length] = 0;
    r = access(path, F_OK) ? hsn__fail(err, HSN_ENOTFOUND, path, "no such file")
        : is_database(path)
            ? open_stored(out_store, out_id, path, mark + 1, err)
            : hsn__fail(err, HSN_EINVAL, argument, "only a store has snapshots to choose from");
    hsn__free(path);
    return r;
}

int hsn_format_get(size_t index, hsn_format *out)
{
    for (size_t i = 0; hsn__readers[i]; i++)
        if (i == index) {
            const hsn_reader *reader = hsn__readers[i];
            *out = (hsn_format){
                .name = reader->name,
                .title = reader->title,
                .spec = reader->spec,
                .has_graph = !!(reader->content & HSN_HAS_GRAPH),
                .has_allocations = !!(reader->content & HSN_HAS_ALLOCATIONS),
                .has_series = !!(reader->content & HSN_HAS_SERIES),
            };
            return HSN_OK;
        }
    return HSN_DONE;
}
