// SPDX-License-Identifier: MIT
// From paths, folders and globs to the snapshots that are looked at, in order of capture.
#include "report/report_private.h"

#include "base/alloc.h"
#include "heapsnap/load.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const hsn_report_input *hsn__point(const hsn__run *run, size_t point)
{
    return &run->report->inputs[run->report->points[point]];
}

hsn_snapshot_ref hsn__point_ref(const hsn__run *run, size_t point)
{
    return run->sources[run->report->points[point]].ref;
}

size_t hsn__inputs_store(const hsn__run *run, const char *path)
{
    for (size_t i = 0; i < run->store_count; i++)
        if (!strcmp(run->store_paths[i], path))
            return i;
    return SIZE_MAX;
}

static bool is_store(const char *path)
{
    char head[16] = {0};
    FILE *file = fopen(path, "rbe");
    size_t size = file ? fread(head, 1, sizeof head, file) : 0;
    if (file)
        fclose(file);
    return size == sizeof head && !memcmp(head, "SQLite format 3", sizeof head);
}

// ---- one snapshot -----------------------------------------------------------------------------

static double fact_number(const hsn_pair_list *facts, const char *name)
{
    for (size_t i = 0; i < facts->count; i++)
        if (!strcmp(facts->rows[i].name, name)) {
            char *end;
            double value = strtod(facts->rows[i].value, &end);
            return *facts->rows[i].value && !*end && value >= 0 ? value : NAN;
        }
    return NAN;
}

static int read_facts(hsn__run *run, hsn_store *store, hsn_report_input *input)
{
    hsn_pair_list facts = {0}, tags = {0};
    int r = hsn_snapshot_facts(store, input->info.id, &facts, run->err);
    if (r >= 0)
        r = hsn_snapshot_tags(store, input->info.id, &tags, run->err);
    if (r < 0)
        goto done;
    input->longest_pause_ms = fact_number(&facts, "gc.pause.longest_ns") / 1e6;
    input->total_pause_ms = fact_number(&facts, "gc.pause.total_ns") / 1e6;
    input->tags = hsn__arena_zeroed(run->arena, tags.count + 1, sizeof *input->tags);
    if (!input->tags) {
        r = hsn__fail_memory(run->err);
        goto done;
    }
    for (size_t i = 0; i < tags.count; i++) {
        hsn_pair *tag = &input->tags[input->tag_count++];
        tag->name = hsn__report_text(run, tags.rows[i].name);
        tag->value = hsn__report_text(run, tags.rows[i].value);
        if (!tag->name || !tag->value)
            r = HSN_ENOMEM;
    }
done:
    hsn_pair_list_free(&facts);
    hsn_pair_list_free(&tags);
    return r;
}

static int copy_info(hsn__run *run, const hsn_snapshot_info *from, hsn_snapshot_info *to)
{
    *to = *from;
    const char **const texts[] = {&to->label,   &to->source,          &to->format, &to->runtime,
                                  &to->program, &to->runtime_version, &to->host};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = hsn__report_text(run, *texts[i]);
        if (!*texts[i])
            return HSN_ENOMEM;
    }
    return HSN_OK;
}

static int add_row(hsn__run *run, size_t store, const hsn_snapshot_info *info, const char *argument,
                   const char *label)
{
    hsn_report *report = run->report;
    size_t count = report->input_count;
    if (count == HSN__MAX_INPUTS)
        return hsn__fail_limit(run->err, "snapshots of a report", HSN__MAX_INPUTS);
    if (!hsn__array_grow(&report->inputs, &run->input_capacity, count + 1, sizeof *report->inputs,
                         HSN__MAX_INPUTS) ||
        !hsn__array_grow(&run->sources, &run->source_capacity, count + 1, sizeof *run->sources,
                         HSN__MAX_INPUTS))
        return hsn__fail_memory(run->err);
    hsn_report_input *input = &report->inputs[count];
    *input = (hsn_report_input){.argument = argument,
                                .longest_pause_ms = NAN,
                                .total_pause_ms = NAN,
                                .has_graph = info->has_graph,
                                .in_history = store == run->history,
                                .excluded = ""};
    run->sources[count] = (hsn__source){{run->stores[store], info->id}, store};
    report->input_count++;
    int r = copy_info(run, info, &input->info);
    if (r >= 0)
        r = read_facts(run, run->stores[store], input);
    if (r < 0)
        return r;
    if (!info->complete) {
        input->excluded = "incomplete: its dump was damaged";
        return hsn__report_warn(run, true, "%s: incomplete: its dump was damaged; left out",
                                argument);
    }
    if (label && !hsn_glob_match(label, info->label))
        input->excluded = "its label was not asked for";
    return HSN_OK;
}

// ---- one argument -----------------------------------------------------------------------------

static int keep_store(hsn__run *run, hsn_store *store, const char *path, size_t *out)
{
    size_t count = run->store_count, capacity = run->store_capacity;
    if (!hsn__array_grow(&run->stores, &run->store_capacity, count + 1, sizeof *run->stores,
                         HSN__MAX_INPUTS) ||
        !hsn__array_grow(&run->store_paths, &capacity, count + 1, sizeof *run->store_paths,
                         HSN__MAX_INPUTS)) {
        hsn_store_close(store);
        return hsn__fail_memory(run->err);
    }
    run->stores[count] = store;
    run->store_paths[count] = path;
    *out = run->store_count++;
    return HSN_OK;
}

// `only`: the snapshot that the argument chose; 0 = all of the store.
static int add_rows(hsn__run *run, size_t store, hsn_snapshot_id only, const char *argument,
                    const char *label)
{
    hsn_snapshot_list list = {0};
    int r = hsn_snapshot_list_read(run->stores[store], &list, run->err);
    for (size_t i = 0; i < list.count && r >= 0; i++) {
        const hsn_snapshot_info *info = &list.rows[i];
        if (only && info->id != only)
            continue;
        const char *name =
            only ? argument : hsn__report_format(run, "%s#%" PRId64, argument, info->id);
        r = name ? add_row(run, store, info, name, label) : HSN_ENOMEM;
    }
    hsn_snapshot_list_free(&list);
    return r;
}

// The history given as an input too: its snapshots stand in the list already.
static bool is_history(const hsn__run *run, const char *path)
{
    struct stat a, b;
    return run->history != SIZE_MAX && !stat(path, &a) && !stat(run->report->history, &b) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int hsn__inputs_add(hsn__run *run, const char *path, const char *label, size_t *out_first)
{
    hsn_store *store = NULL;
    hsn_snapshot_id id = 0;
    hsn_error err = {0};
    size_t index = 0;
    const char *argument = hsn__report_text(run, path);
    int r;
    if (!argument)
        return HSN_ENOMEM;
    if (out_first)
        *out_first = run->report->input_count;
    if (is_history(run, path))
        return HSN_OK;
    bool all = is_store(path);
    if (all)
        r = hsn_store_open(&store, path, NULL, &err);
    else
        r = hsn_snapshot_open(&store, &id, path,
                              &(hsn_load_options){.progress = run->options->progress}, &err);
    if (r == HSN_ECANCELED || r == HSN_ENOMEM)
        return hsn__fail(run->err, r, argument, "%s", err.message);
    if (r < 0) {
        const char *what = err.message[0] ? err.message : hsn_status_text(r);
        if (err.code && err.offset != HSN_NO_OFFSET && err.offset)
            return hsn__report_warn(run, true, "%s: at byte %" PRIu64 ": %s", argument, err.offset,
                                    what);
        return hsn__report_warn(run, true, "%s: %s", argument, what);
    }
    r = keep_store(run, store, argument, &index);
    return r < 0 ? r : add_rows(run, index, all ? 0 : id, argument, label);
}

// ---- paths ------------------------------------------------------------------------------------

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), of_end = strlen(end);
    return length > of_end && !strcmp(text + length - of_end, end);
}

// The files that match, by name; what is being written is left out. *out_found counts the others.
static int add_matches(hsn__run *run, const char *pattern, const char *label, size_t *out_found)
{
    glob_t found;
    int r = HSN_OK, outcome = glob(pattern, 0, NULL, &found);
    *out_found = 0;
    if (outcome == GLOB_NOSPACE)
        return hsn__fail_memory(run->err);
    if (outcome)
        return HSN_OK;
    for (size_t i = 0; i < found.gl_pathc && r >= 0; i++) {
        struct stat status;
        const char *file = found.gl_pathv[i];
        if (ends_in(file, ".tmp") || stat(file, &status) ||
            (!S_ISREG(status.st_mode) && !hsn_is_result_folder(file)))
            continue;
        r = hsn__inputs_add(run, file, label, NULL);
        ++*out_found;
    }
    globfree(&found);
    return r;
}

static int add_folder(hsn__run *run, const char *path, const char *label)
{
    size_t size = strlen(path), found;
    char *pattern = hsn__arena_alloc(run->arena, 2 * size + sizeof "/*");
    if (!pattern)
        return hsn__fail_memory(run->err);
    char *to = pattern;
    for (size_t i = 0; i < size; i++) {
        if (strchr("*?[\\", path[i]))
            *to++ = '\\';
        *to++ = path[i];
    }
    memcpy(to, "/*", sizeof "/*");
    int r = add_matches(run, pattern, label, &found);
    return r < 0 || found ? r : hsn__report_warn(run, true, "%s: the folder is empty", path);
}

static int add_glob(hsn__run *run, const char *path, const char *label)
{
    size_t found;
    int r = add_matches(run, path, label, &found);
    return r < 0 || found ? r : hsn__report_warn(run, true, "%s: no file matches", path);
}

static int add_choice(hsn__run *run, const hsn__input_choice *choice)
{
    struct stat status;
    const char *path = choice->path;
    if (!choice->literal && path[0] != '/')
        path = hsn__report_format(run, "%s%s", run->policy->folder, path);
    if (!path)
        return HSN_ENOMEM;
    if (!stat(path, &status))
        return S_ISDIR(status.st_mode) && !hsn_is_result_folder(path)
                   ? add_folder(run, path, choice->label)
                   : hsn__inputs_add(run, path, choice->label, NULL);
    if (!choice->literal && strpbrk(path, "*?["))
        return add_glob(run, path, choice->label);
    return hsn__inputs_add(run, path, choice->label, NULL);
}

static int add_history(hsn__run *run)
{
    const char *path = run->options->history;
    struct stat status;
    hsn_store *store = NULL;
    if (!path && run->policy->history)
        path = run->policy->history[0] == '/'
                   ? run->policy->history
                   : hsn__report_format(run, "%s%s", run->policy->folder, run->policy->history);
    if (!path)
        return HSN_OK;
    path = run->report->history = hsn__report_text(run, path);
    if (path && stat(path, &status) && errno == ENOENT)
        return HSN_OK;
    // A history that cannot be read must not look like a first night.
    int r = path ? hsn_store_open(&store, path, NULL, run->err) : HSN_ENOMEM;
    if (r >= 0)
        r = keep_store(run, store, path, &run->history);
    return r < 0 ? r : add_rows(run, run->history, 0, path, NULL);
}

static int add_all(hsn__run *run)
{
    const hsn_report_options *options = run->options;
    int r = add_history(run);
    for (size_t i = 0; i < options->input_count && r >= 0; i++)
        r = add_choice(run, &(hsn__input_choice){.path = options->inputs[i], .literal = true});
    for (size_t i = 0; !options->input_count && i < run->policy->input_count && r >= 0; i++)
        r = add_choice(run, &run->policy->inputs[i]);
    return r;
}

// ---- choosing ---------------------------------------------------------------------------------

static bool has_tags(const hsn_report_input *input, const hsn_policy *policy)
{
    for (size_t i = 0; i < policy->select_count; i++) {
        bool has = false;
        for (size_t j = 0; j < input->tag_count; j++)
            has = has || (!strcmp(input->tags[j].name, policy->select[i].name) &&
                          hsn_glob_match(policy->select[i].value, input->tags[j].value));
        if (!has)
            return false;
    }
    return true;
}

bool hsn__same_moment(const hsn_snapshot_info *a, const hsn_snapshot_info *b)
{
    return a->captured_at_unix_ms == b->captured_at_unix_ms && a->captured_at_unix_ms &&
           a->pid == b->pid && a->heap_bytes == b->heap_bytes && a->objects == b->objects &&
           a->allocation_bytes == b->allocation_bytes && !strcmp(a->host, b->host) &&
           !strcmp(a->source, b->source);
}

// A dump that stands in the history already is looked at once, with its graph.
static void drop_repeated(hsn_report *report)
{
    for (size_t i = 0; i < report->input_count; i++)
        for (size_t j = 0; j < report->input_count; j++) {
            hsn_report_input *old = &report->inputs[i];
            const hsn_report_input *fresh = &report->inputs[j];
            if (i != j && !*old->excluded && !*fresh->excluded && old->in_history &&
                !fresh->in_history && hsn__same_moment(&old->info, &fresh->info))
                old->excluded = "given again beside the history";
        }
}

typedef struct order {
    int64_t at;
    size_t input;
} order;

static int compare(const void *a, const void *b)
{
    const order *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->input < y->input ? -1 : x->input > y->input;
}

// In one store the last row is the last night, unless a clock went backwards.
static int check_clock(hsn__run *run, size_t last)
{
    const hsn_report *report = run->report;
    const hsn_report_input *newest = &report->inputs[last], *other;
    for (size_t i = 0; i < report->input_count; i++) {
        other = &report->inputs[i];
        if (!*other->excluded && run->sources[i].store == run->sources[last].store &&
            other->info.id > newest->info.id)
            return hsn__report_warn(
                run, true,
                "%s: the clock went backwards: it was stored after %s but captured before it, "
                "which is judged",
                other->argument, newest->argument);
    }
    return HSN_OK;
}

static int order_points(hsn__run *run)
{
    hsn_report *report = run->report;
    order *found = hsn__arena_zeroed(run->arena, report->input_count + 1, sizeof *found);
    size_t count = 0, unknown = 0, first = 0;
    int r = HSN_OK;
    if (!found)
        return hsn__fail_memory(run->err);
    for (size_t i = 0; i < report->input_count; i++)
        if (!*report->inputs[i].excluded) {
            found[count++] = (order){report->inputs[i].info.captured_at_unix_ms, i};
            unknown += !report->inputs[i].info.captured_at_unix_ms;
        }
    if (unknown && count > 1)
        r = hsn__report_warn(run, false,
                             "%zu of %zu snapshots have no time of capture: all are taken in the "
                             "order found",
                             unknown, count);
    else
        qsort(found, count, sizeof *found, compare);
    if (run->policy->last && count > run->policy->last)
        first = count - run->policy->last;
    for (size_t i = 0; i < first; i++)
        report->inputs[found[i].input].excluded = "older than the last ones asked for";
    report->points = hsn__arena_zeroed(run->arena, count + 1, sizeof *report->points);
    if (!report->points)
        return hsn__fail_memory(run->err);
    for (size_t i = first; i < count; i++)
        report->points[report->point_count++] = found[i].input;
    report->judged = count ? found[count - 1].input : SIZE_MAX;
    return r < 0 || !count || unknown ? r : check_clock(run, report->judged);
}

static int none_left(hsn__run *run)
{
    const hsn_report *report = run->report;
    size_t complete = 0;
    for (size_t i = 0; i < report->input_count; i++)
        complete += report->inputs[i].info.complete != 0;
    // What was warned of on the way is the cause: nothing else will be printed.
    const char *cause = report->warning_count ? report->warnings[0] : NULL;
    if (!report->input_count && cause)
        return hsn__fail(run->err, HSN_ENOTFOUND, NULL, "no snapshot to judge: %s", cause);
    if (!report->input_count)
        return hsn__fail(run->err, HSN_ENOTFOUND, run->policy->path,
                         "no snapshot to judge: give 'inputs' or arguments");
    if (!complete)
        return hsn__fail(run->err, HSN_ENOTFOUND, NULL, "no complete snapshot: %s",
                         cause ? cause : "all are damaged");
    return hsn__fail(run->err, HSN_ENOTFOUND, run->policy->path,
                     "no snapshot has the tags and label asked for (%zu looked at)",
                     report->input_count);
}

int hsn__inputs_find(hsn__run *run)
{
    hsn_report *report = run->report;
    const hsn_policy *policy = run->policy;
    int r = add_all(run);
    if (r < 0)
        return r;
    drop_repeated(report);
    for (size_t i = 0; i < report->input_count; i++)
        if (!*report->inputs[i].excluded && !has_tags(&report->inputs[i], policy))
            report->inputs[i].excluded = "its tags were not asked for";
    r = order_points(run);
    if (r < 0)
        return r;
    if (!report->point_count)
        return none_left(run);
    if (policy->min_snapshots > report->point_count)
        return hsn__fail(run->err, HSN_ENOTFOUND, policy->path,
                         "%zu snapshots, and min_snapshots asks for %u", report->point_count,
                         (unsigned)policy->min_snapshots);
    return HSN_OK;
}
