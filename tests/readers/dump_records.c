// SPDX-License-Identifier: MIT
// Read a dump and write what its reader pushes: one event a line, or with --count the totals and
// the time.
//
//   dump_records [--count] FILE
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "readers/reader.h"
#include "readers/text_sink.h"

static int print_line(void *context, const char *text, size_t size, hsn_error *err)
{
    return fwrite(text, 1, size, context) == size ? HSN_OK
                                                  : hsn__fail_errno(err, "stdout", "cannot write");
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void print_counts(const hsn__counting_sink *counts, uint64_t size_bytes, double elapsed)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"bytes\":%" PRIu64 ",\"elapsed_ns\":%.0f,\"bytes_per_s\":%.0f,\"objects\":%" PRIu64
           ",\"references\":%" PRIu64 ",\"frames\":%" PRIu64 ",\"stacks\":%" PRIu64
           ",\"allocation_blocks\":%" PRIu64 ",\"allocation_bytes\":%" PRIu64
           ",\"digest\":\"%016" PRIx64 "\",\"peak_rss_kib\":%ld}\n",
           size_bytes, elapsed * 1e9, (double)size_bytes / elapsed, counts->objects,
           counts->references, counts->frames, counts->stacks, counts->allocation_blocks,
           counts->allocation_bytes, counts->digest, usage.ru_maxrss);
}

int main(int argc, char **argv)
{
    bool count = argc == 3 && !strcmp(argv[1], "--count");
    if (argc != 2 + count) {
        fprintf(stderr, "usage: dump_records [--count] FILE\n");
        return 99;
    }
    const char *path = argv[1 + count];
    hsn_input *in = NULL;
    hsn_error err = {0};
    hsn__counting_sink counts;
    hsn__text_sink text = {.write = print_line, .context = stdout};
    hsn_sink sink = count ? hsn__counting_sink_init(&counts) : hsn__text_sink_init(&text);
    double start = seconds();
    int r = hsn__input_open(&in, path, &err);
    if (r == HSN_OK) {
        size_t size = 0;
        const uint8_t *head = hsn__input_head(in, &size);
        const hsn_reader *reader = hsn__reader_probe(head, size);
        r = reader ? reader->read(in, &sink, &err)
                   : hsn__fail(&err, HSN_EUNSUPPORTED, path, "no reader bids for it");
        if (count && r >= 0)
            print_counts(&counts, hsn__input_offset(in), seconds() - start);
    }
    if (err.code)
        fprintf(stderr, "%s: %s\n", err.source, err.message);
    hsn__input_close(in);
    if (!count)
        hsn__text_sink_clear(&text);
    return r < 0 ? 2 : r == HSN_PARTIAL ? 3 : 0;
}
