// SPDX-License-Identifier: MIT
// Loading dumps: input, reader, builder, store, one after another.
#include "heapsnap/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "load/load_private.h"
#include "load/symbols.h"
#include "readers/reader.h"
#include "store/builder.h"
#include "store/copy.h"
#include "store/store_private.h"

// One load under way.
typedef struct loading {
    const hsn_load_options *options;
    hsn__builder builder;
    hsn_store *store;
    size_t dump_count;
    hsn__buf source, format; // what the snapshot row says
    uint64_t bytes_read, bytes_total;
    uint64_t written_out; // inflated bytes of the dump that earlier snapshots of it took
    bool complete, in_transaction;
    hsn_error damage;
    hsn_snapshot_id first_id, last_id; // written so far
    size_t written;
    uint64_t peak_bytes;
    hsn__symbols symbols; // of the dump that is being read
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

static int write_out(void *context, hsn_error *err);

static void begin_snapshot(loading *l, hsn_input *in)
{
    hsn__builder_init(&l->builder, l->options->max_objects, l->options->max_string_bytes);
    l->builder.input = in;
    l->builder.progress = l->options->progress;
    l->builder.write_out = write_out;
    l->builder.write_out_context = l;
    if (!l->options->no_symbols) {
        l->builder.name_frame = hsn__symbols_name;
        l->builder.name_frame_context = &l->symbols;
    }
}

// A given label is the first snapshot's; the k-th of the same dump is LABEL-k.
static int label_of(const loading *l, hsn__buf *out)
{
    if (l->options->label)
        hsn__buf_puts(out, l->options->label);
    if (l->options->label && l->written)
        hsn__buf_printf(out, "-%zu", l->written + 1);
    return out->failed ? HSN_ENOMEM : HSN_OK;
}

// What the builder holds becomes a snapshot; the transaction stays open.
static int write_snapshot(loading *l, hsn_error *err)
{
    hsn__buf label = {0};
    uint64_t peak_bytes = 0;
    int r = HSN_OK;
    hsn_sink sink = hsn__builder_sink(&l->builder);
    for (size_t i = 0; r >= 0 && i < l->options->tag_count; i++)
        r = sink.ops->tag(sink.context, hsn__text(l->options->tags[i].name),
                          hsn__text(l->options->tags[i].value), err);
    if (r >= 0 && label_of(l, &label) < 0)
        r = hsn__fail_memory(err);
    if (r >= 0 && !l->in_transaction) {
        r = hsn__store_transaction(l->store, HSN__QUERY_BEGIN, err);
        l->in_transaction = r >= 0;
    }
    hsn__snapshot_meta meta = {
        .label = label.size ? hsn__buf_text(&label) : NULL,
        .source = hsn__buf_text(&l->source),
        .format = hsn__buf_text(&l->format),
        .bytes_read = l->bytes_read,
        .bytes_total = l->bytes_total,
        .complete = l->complete,
    };
    if (r >= 0)
        r = hsn__builder_write(&l->builder, l->store, &meta, l->options->progress, &l->last_id,
                               &peak_bytes, err);
    if (r >= 0 && !l->written++)
        l->first_id = l->last_id;
    if (peak_bytes > l->peak_bytes)
        l->peak_bytes = peak_bytes;
    hsn__buf_clear(&label);
    return r < 0 ? r : HSN_OK;
}

// Another snapshot begins in the dump that is being read.
static int write_out(void *context, hsn_error *err)
{
    loading *l = context;
    hsn_input *in = l->builder.input;
    if (l->dump_count > 1)
        return hsn__fail(err, HSN_EINVAL, hsn__input_name(in),
                         "holds several snapshots: load it on its own");
    uint64_t offset = hsn__input_offset(in);
    l->bytes_read = l->bytes_total = offset - l->written_out;
    l->written_out = offset;
    int r = write_snapshot(l, err);
    hsn__builder_clear(&l->builder);
    begin_snapshot(l, in);
    return r;
}

// When a file was last written; 0 = not known, as of standard input.
static int64_t modified_s(const char *path)
{
    struct stat status;
    return !stat(path, &status) && S_ISREG(status.st_mode) ? status.st_mtime : 0;
}

static int read_dump(loading *l, const char *path, hsn_error *err)
{
    hsn_input *in = NULL;
    const hsn_reader *reader;
    hsn_error damage = {0};
    hsn__buf file = {0};
    bool in_folder = hsn__result_folder_file(path, &file);
    int r = hsn__input_open(&in, in_folder ? hsn__buf_text(&file) : path, err);
    if (r < 0)
        goto done;
    r = choose_reader(in, l->options, &reader, err);
    if (r < 0)
        goto done;
    hsn_sink sink = hsn__builder_sink(&l->builder);
    l->builder.input = in;
    join(&l->source, " + ", base_name(path));
    join(&l->format, "+", reader->name);
    l->symbols.dump_modified_s = modified_s(hsn__input_name(in));
    r = reader->read(in, &sink, &damage);
    if (r >= 0) {
        int told = hsn__symbols_tell(&l->symbols, &sink, &damage);
        r = told < 0 ? told : r;
    }
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
    if (l->written_out) {
        l->bytes_read = l->bytes_total = hsn__input_offset(in) - l->written_out;
    } else {
        l->bytes_read += read;
        l->bytes_total += total ? total : read;
    }
done:
    l->builder.input = NULL;
    hsn__symbols_clear(&l->symbols);
    hsn__input_close(in);
    hsn__buf_clear(&file);
    return r;
}

// All dumps into the store, in one transaction.
static int load_dumps(loading *l, const char *const *paths, size_t count, hsn_error *err)
{
    int r = HSN_OK;
    l->complete = true;
    l->dump_count = count;
    begin_snapshot(l, NULL);
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = read_dump(l, paths[i], err);
    if (r >= 0)
        r = write_snapshot(l, err);
    return r < 0 ? r : HSN_OK;
}

// What was stored, in order of id.
static int list_written(const loading *l, hsn_load_result *result, hsn_error *err)
{
    hsn_snapshot_list *list = &result->snapshots;
    size_t kept = 0;
    int r = hsn__snapshot_info_list(l->store, l->written > 1 ? 0 : l->last_id, list, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].id >= l->first_id)
            list->rows[kept++] = list->rows[i];
    list->count = kept;
    result->id = l->last_id;
    result->peak_bytes = l->peak_bytes;
    return HSN_OK;
}

// The end of the transaction, and what was stored.
static int end_loading(loading *l, int r, hsn_load_result *result, hsn_error *err)
{
    if (r >= 0)
        r = list_written(l, result, err);
    if (r >= 0 && l->options->retention)
        r = hsn__retention_apply(l->store, l->options->retention, &result->dropped, err);
    if (r >= 0)
        r = hsn__store_transaction(l->store, HSN__QUERY_COMMIT, err);
    if (r < 0 && l->in_transaction)
        hsn__store_transaction(l->store, HSN__QUERY_ROLLBACK, NULL);
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
    hsn_snapshot_list_free(&result->snapshots);
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
        r = hsn_store_open(&l.store, store_path, &(hsn_store_options){.writable = 1}, err);
    else
        r = hsn__store_create(&l.store, store_path, err);
    if (r >= 0)
        r = load_dumps(&l, dump_paths, dump_count, err);
    r = end_loading(&l, r, &outcome, err);
    if (r < 0 || l.store->final_path == NULL)
        hsn__store_abandon(l.store);
    else
        r = hsn__load_publish(l.store, store_path, l.options, 0, &outcome.snapshots,
                              &outcome.dropped, err);
    if (r >= 0 && outcome.snapshots.count)
        outcome.id = outcome.snapshots.rows[outcome.snapshots.count - 1].id;
    r = finish(&l, r, &outcome, result, err);
    loading_clear(&l);
    return r;
}

int hsn__load_in_memory(hsn_store **out, const char *path, const hsn_load_options *options,
                        hsn_load_result *result, hsn_error *err)
{
    loading l = {.options = options};
    hsn_load_result outcome = {0};
    *out = NULL;
    int r = hsn__store_create(&l.store, NULL, err);
    if (r >= 0)
        r = load_dumps(&l, &path, 1, err);
    r = end_loading(&l, r, &outcome, err);
    r = finish(&l, r, &outcome, result, err);
    if (r < 0)
        hsn__store_abandon(l.store);
    else
        *out = l.store;
    loading_clear(&l);
    return r;
}

// `selector` chooses one of the dump's snapshots; NULL = the last one.
static int open_dump(hsn_store **out, hsn_snapshot_id *out_id, const char *path,
                     const char *selector, const hsn_load_options *options, hsn_error *err)
{
    hsn_error damage = {0};
    int r = hsn__load_in_memory(out, path, options, NULL, &damage);
    int found = r < 0 ? HSN_OK : hsn_snapshot_find(*out, selector, out_id, NULL);
    if (found < 0) {
        hsn_store_close(*out);
        *out = NULL;
        return hsn__fail(err, found, path, "no snapshot named '%s'", selector);
    }
    if (err && !err->code)
        *err = damage;
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
        return open_dump(out_store, out_id, argument, NULL, options, err);
    }
    size_t length = (size_t)(mark - argument);
    char *path = hsn__alloc(length + 1);
    if (!path)
        return hsn__fail_memory(err);
    memcpy(path, argument, length);
    path[length] = 0;
    r = access(path, F_OK)  ? hsn__fail(err, HSN_ENOTFOUND, path, "no such file")
        : is_database(path) ? open_stored(out_store, out_id, path, mark + 1, err)
                            : open_dump(out_store, out_id, path, mark + 1, options, err);
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
                .has_types = !!(reader->content & (HSN_HAS_GRAPH | HSN_HAS_TYPE_TOTALS)),
                .has_allocations = !!(reader->content & HSN_HAS_ALLOCATIONS),
                .has_series = !!(reader->content & HSN_HAS_SERIES),
            };
            return HSN_OK;
        }
    return HSN_DONE;
}
