// SPDX-License-Identifier: MIT
// Property: on any bytes a reader returns, reads nothing outside of them, refers only to ids that
// it was given, leaks nothing, explains every failure, and does the same when run again.
//
// Compiled once per row of the table of formats, with -DREADER=<row>. Violations abort.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers/reader.h"
#include "replay.h"

#define NAME_(reader) hsn__reader_##reader
#define NAME(reader)  NAME_(reader)

extern const hsn_reader NAME(READER);

struct outcome {
    int status;
    hsn_error err;
    hsn__counting_sink counts;
};

static struct outcome read_bytes(const uint8_t *data, size_t size)
{
    struct outcome outcome = {0};
    hsn_input *in = NULL;
    hsn_sink sink = hsn__counting_sink_init(&outcome.counts);
    outcome.status = hsn__input_memory(&in, data, size, &outcome.err);
    if (outcome.status == HSN_OK)
        outcome.status = NAME(READER).read(in, &sink, &outcome.err);
    hsn__input_close(in);
    return outcome;
}

static void require(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "violated: %s\n", what);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int bid = NAME(READER).probe(data, size < HSN__INPUT_HEAD ? size : HSN__INPUT_HEAD);
    struct outcome first = read_bytes(data, size), second = read_bytes(data, size);
    require(bid >= 0 && bid <= 100, "a bid is within 0 and 100");
    require(first.status == second.status && first.err.offset == second.err.offset &&
                !memcmp(&first.counts, &second.counts, sizeof first.counts),
            "a second run is identical");
    require((first.status == HSN_OK) == (first.err.code == 0),
            "an error is filled in on failure only");
    require(first.status == HSN_OK || first.err.message[0], "a failure has a message");
    return 0;
}
