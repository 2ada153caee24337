// SPDX-License-Identifier: MIT
// What every reader owes: run for each row of the table on every sample in testdata/<row>/.
//
//   conformance TESTDATA [--update] [READER]
//
// For a sample: only its reader bids highest; its records equal <sample>.records; reading twice is
// the same; every prefix and every damaged byte ends in a status; each allocation that fails ends
// in HSN_ENOMEM. Crashes and leaks are found by the sanitizers that the test is built with.
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "readers/reader.h"
#include "readers/text_sink.h"

// A sample up to this size is cut at every byte and damaged at every byte.
#define SMALL       ((size_t)8 << 10)
#define SPREAD      2000
#define SECONDS     20.0
#define ALLOCATIONS 3000
#define MAX_SAMPLE  ((size_t)64 << 20)

static bool update;
static unsigned failures, samples, failed_samples;

struct sample {
    const hsn_reader *reader;
    char path[1024];
    hsn__buf bytes;
};

struct outcome {
    int status;
    hsn_error err;
    hsn__counting_sink counts;
};

static void failed(const struct sample *sample, const char *what, uint64_t where)
{
    failures++;
    fprintf(stderr, "failed: %s: %s: %s (%llu)\n", sample->reader->name, sample->path, what,
            (unsigned long long)where);
}

static bool load(const char *path, hsn__buf *out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    out->max = MAX_SAMPLE;
    char chunk[65536];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        hsn__buf_append(out, chunk, got);
    bool ok = !ferror(file) && !out->failed;
    fclose(file);
    return ok;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct outcome read_bytes(const hsn_reader *reader, const void *data, size_t size)
{
    struct outcome outcome = {0};
    hsn_input *in = NULL;
    hsn_sink sink = hsn__counting_sink_init(&outcome.counts);
    outcome.status = hsn__input_memory(&in, data, size, &outcome.err);
    if (outcome.status == HSN_OK)
        outcome.status = reader->read(in, &sink, &outcome.err);
    hsn__input_close(in);
    return outcome;
}

// A status is OK or PARTIAL, or an error that says what is wrong; never one of our own mistakes.
static void check_outcome(const struct sample *sample, const struct outcome *outcome,
                          const char *what, uint64_t where)
{
    bool good = outcome->status == HSN_OK || outcome->status == HSN_PARTIAL;
    bool bad = outcome->status == HSN_EFORMAT || outcome->status == HSN_ELIMIT ||
               outcome->status == HSN_EUNSUPPORTED;
    if (!good && !bad) {
        fprintf(stderr, "status %s: %s\n", hsn_status_name(outcome->status), outcome->err.message);
        failed(sample, what, where);
    }
    if (outcome->status != HSN_OK && (!outcome->err.code || !outcome->err.message[0]))
        failed(sample, "a failure without a message", where);
    if (outcome->status == HSN_OK && outcome->err.code)
        failed(sample, "success with an error filled in", where);
}

static int keep_line(void *context, const char *text, size_t size, hsn_error *err)
{
    hsn__buf *out = context;
    hsn__buf_append(out, text, size);
    return out->failed ? hsn__fail_memory(err) : HSN_OK;
}

// The sample's events, then its status: the contents of a .records file.
static void make_records(const struct sample *sample, hsn__buf *out)
{
    hsn__text_sink text = {.write = keep_line, .context = out};
    hsn_sink sink = hsn__text_sink_init(&text);
    hsn_input *in = NULL;
    hsn_error err = {0};
    int r = hsn__input_memory(&in, sample->bytes.data, sample->bytes.size, &err);
    if (r == HSN_OK)
        r = sample->reader->read(in, &sink, &err);
    hsn__buf_printf(out, "status %s", hsn_status_name(r));
    if (err.code && err.offset != HSN_NO_OFFSET)
        hsn__buf_printf(out, " offset=%llu", (unsigned long long)err.offset);
    if (err.code)
        hsn__buf_printf(out, " %s", err.message);
    hsn__buf_puts(out, "\n");
    hsn__input_close(in);
    hsn__text_sink_clear(&text);
}

static void check_records(const struct sample *sample)
{
    char path[1100];
    hsn__buf records = {0}, expected = {0};
    snprintf(path, sizeof path, "%s.records", sample->path);
    make_records(sample, &records);
    if (update) {
        FILE *file = fopen(path, "wb");
        bool ok = file && fwrite(hsn__buf_text(&records), 1, records.size, file) == records.size;
        if (!file || fclose(file) || !ok)
            failed(sample, "cannot write its records", 0);
    } else if (!load(path, &expected)) {
        failed(sample, "has no .records (see --update)", 0);
    } else {
        size_t i = 0;
        while (i < records.size && i < expected.size && records.data[i] == expected.data[i])
            i++;
        if (i < records.size || i < expected.size)
            failed(sample, "records differ from .records at byte", i);
    }
    hsn__buf_clear(&records);
    hsn__buf_clear(&expected);
}

// The bids are made on the inflated bytes.
static void check_probe(const struct sample *sample)
{
    hsn_input *in = NULL;
    hsn_error err = {0};
    if (hsn__input_memory(&in, sample->bytes.data, sample->bytes.size, &err) != HSN_OK) {
        failed(sample, err.message, 0);
        return;
    }
    size_t size = 0;
    const uint8_t *head = hsn__input_head(in, &size);
    int own = sample->reader->probe(head, size);
    if (own <= 0 || own > 100)
        failed(sample, "its reader does not bid for it", (uint64_t)own);
    for (const hsn_reader *const *reader = hsn__readers; *reader; reader++) {
        if (*reader != sample->reader && (*reader)->probe(head, size) >= own) {
            fprintf(stderr, "%s bids, too\n", (*reader)->name);
            failed(sample, "another reader bids as high", (uint64_t)own);
        }
    }
    for (size_t cut = 0; cut < size && cut < 512; cut++)
        for (const hsn_reader *const *reader = hsn__readers; *reader; reader++)
            (*reader)->probe(head, cut);
    hsn__input_close(in);
}

static void check_twice(const struct sample *sample)
{
    struct outcome first = read_bytes(sample->reader, sample->bytes.data, sample->bytes.size);
    struct outcome second = read_bytes(sample->reader, sample->bytes.data, sample->bytes.size);
    check_outcome(sample, &first, "the whole sample", 0);
    if (first.status != second.status || memcmp(&first.counts, &second.counts, sizeof first.counts))
        failed(sample, "a second reading differs", 0);
}

static void check_prefixes(const struct sample *sample)
{
    size_t size = sample->bytes.size, step = size <= SMALL ? 1 : size / SPREAD + 1;
    double end = seconds() + SECONDS;
    for (size_t cut = 0; cut < size && seconds() < end; cut += step) {
        struct outcome outcome = read_bytes(sample->reader, sample->bytes.data, cut);
        check_outcome(sample, &outcome, "cut at byte", cut);
    }
}

static void check_damage(struct sample *sample)
{
    static const unsigned char masks[] = {0x01, 0x80, 0xff, 0x20, 0x08};
    size_t size = sample->bytes.size, step = size <= SMALL ? 1 : size / SPREAD + 1;
    double end = seconds() + SECONDS;
    for (size_t at = 0; at < size && seconds() < end; at += step) {
        for (size_t m = 0; m < sizeof masks; m++) {
            sample->bytes.data[at] ^= (char)masks[m];
            struct outcome outcome =
                read_bytes(sample->reader, sample->bytes.data, sample->bytes.size);
            check_outcome(sample, &outcome, "damaged at byte", at);
            sample->bytes.data[at] ^= (char)masks[m];
        }
    }
}

// Fail allocation 1, 2, 3 … until none is left to fail. A reader may do without (then the outcome
// is the one it always has); otherwise it says so.
static void check_allocations(const struct sample *sample, bool forever)
{
    struct outcome whole = read_bytes(sample->reader, sample->bytes.data, sample->bytes.size);
    double end = seconds() + SECONDS;
    for (uint64_t nth = 1; nth < ALLOCATIONS && seconds() < end; nth++) {
        hsn__alloc_fail_at(nth, forever);
        struct outcome outcome = read_bytes(sample->reader, sample->bytes.data, sample->bytes.size);
        uint64_t seen = hsn__alloc_fail_at(0, false);
        bool same = outcome.status == whole.status && outcome.counts.digest == whole.counts.digest;
        if (outcome.status != HSN_ENOMEM && !same)
            failed(sample, "a failed allocation goes unnoticed", nth);
        if (outcome.status == HSN_ENOMEM && outcome.err.code != HSN_ENOMEM)
            failed(sample, "out of memory, but the error says something else", nth);
        if (seen < nth)
            break;
    }
}

static void check_sample(const hsn_reader *reader, const char *folder, const char *name)
{
    struct sample sample = {.reader = reader};
    unsigned before = failures;
    snprintf(sample.path, sizeof sample.path, "%s/%s", folder, name);
    if (!load(sample.path, &sample.bytes)) {
        failed(&sample, "cannot read", 0);
    } else {
        samples++;
        hsn__buf_text(&sample.bytes);
        check_probe(&sample);
        check_records(&sample);
        if (!update) {
            check_twice(&sample);
            check_prefixes(&sample);
            check_damage(&sample);
            check_allocations(&sample, false);
            check_allocations(&sample, true);
        }
    }
    failed_samples += failures > before;
    hsn__buf_clear(&sample.bytes);
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && !strcmp(name + length - tail, end);
}

// Everything but records, the folder's description and the programs that made the samples.
static int is_sample(const struct dirent *entry)
{
    static const char *const others[] = {".records", ".md", ".py", ".js", ".c",
                                         ".java",    ".rb", ".go", ".sh", ".dict"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ends_with(entry->d_name, others[i]))
            return 0;
    return entry->d_name[0] != '.';
}

static void check_reader(const hsn_reader *reader, const char *testdata)
{
    char folder[512];
    struct dirent **entries = NULL;
    unsigned before = samples;
    snprintf(folder, sizeof folder, "%s/%s", testdata, reader->name);
    int count = scandir(folder, &entries, is_sample, alphasort);
    for (int i = 0; i < count; i++) {
        char path[1024];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
            check_sample(reader, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (samples == before) {
        fprintf(stderr, "failed: %s: no sample in %s\n", reader->name, folder);
        failures++;
    }
}

int main(int argc, char **argv)
{
    const char *testdata = NULL, *only = NULL;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--update"))
            update = true;
        else if (!testdata)
            testdata = argv[i];
        else
            only = argv[i];
    }
    if (!testdata || (only && !hsn__reader_find(only))) {
        fprintf(stderr, "usage: conformance TESTDATA [--update] [READER]\n");
        return 99;
    }
    for (const hsn_reader *const *reader = hsn__readers; *reader; reader++)
        if (!only || !strcmp((*reader)->name, only))
            check_reader(*reader, testdata);
    printf("%u cases, %u failed\n", samples, failed_samples);
    return failures != 0;
}
