// SPDX-License-Identifier: MIT
// The reader of the toolkit's own dumps: every kind of line, any form of it, damage and its limits.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "check.h"
#include "record_sink.h"

#define HEADER "{\"heapsnap\":1,\"runtime\":\"cpython\"}\n"
#define TYPES                                                                                      \
    "{\"type\":0,\"name\":\"T\"}\n{\"string\":0,\"text\":\"x\"}\n{\"string\":1,\"text\":\"y\"}\n"

// The events of a dump; the text belongs to the sink.
static const char *events(const char *dump, record_sink *sink, int expected_status, hsn_error *err)
{
    hsn__buf_clear(&sink->text);
    *sink = (record_sink){.types = 0};
    *err = (hsn_error){0};
    int r = record_read("heapsnap", dump, strlen(dump), sink, err);
    check_status(r, expected_status, err, __FILE__, __LINE__, dump);
    return hsn__buf_text(&sink->text);
}

static void test_every_kind_of_line_is_read(void)
{
    static const char dump[] =
        "{\"heapsnap\":1,\"runtime\":\"cpython\",\"runtime_version\":\"3.11.7\",\"pid\":42,"
        "\"captured_at_unix_ms\":1795186701712,\"label\":\"be\\u0066ore\",\"tags\":{\"service\":"
        "\"payment\"},\"values\":false,\"new\":[1,{\"a\":2}],\"facts\":{\"gc.enabled\":true,"
        "\"gc.count.0\":12,\"pause_ms\":1.5,\"none\":null,\"deep\":{\"a\":1}}}\n"
        "{\"type\":0,\"name\":\"Request\",\"module\":\"app.cache\",\"object\":32,\"finalizer\":"
        "true}\n"
        "{\"type\":1,\"name\":\"dict\",\"kind\":\"dict\"}\n"
        "{\"string\":0,\"text\":\"_pending\"}\n"
        "{\"frame\":0,\"file\":\"/app/v.py\",\"line\":41,\"function\":\"handle\"}\n"
        "{\"frame\":1,\"file\":\"/app/m.py\",\"line\":7}\n"
        "{\"stack\":0,\"frames\":[1,0]}\n"
        "{\"object\":16,\"type\":1,\"size\":232,\"rc\":2,\"len\":3,\"flags\":1,\"gen\":0,\"text\":"
        "\"n\",\"stack\":0,\"dict\":[0,64,80,-1,96,112]}\n"
        "{\"object\":32,\"type\":0,\"size\":64,\"attr\":[0,16],\"slot\":[0,17],\"item\":[1,0,3],"
        "\"elem\":[4],\"cell\":[0,5],\"default\":[0,6],\"local\":[0,7],\"internal\":[0,8],"
        "\"class\":9,\"ref\":[10,11],\"weak\":[18446744073709551615]}\n"
        "{\"root\":32,\"kind\":\"frame\",\"name\":\"handle\",\"thread\":\"MainThread\"}\n"
        "{\"root\":16,\"kind\":\"strange\"}\n"
        "{\"warning\":\"from the capture\"}\n"
        "{\"end\":1,\"objects\":2,\"references\":17,\"types\":2,\"strings\":1,\"roots\":2}\n";
    record_sink sink = {.types = 0};
    hsn_error err;
    const char *got = events(dump, &sink, HSN_OK, &err);
    CHECK_STR(got, "fact runtime=cpython\n"
                   "fact runtime_version=3.11.7\n"
                   "fact pid=42\n"
                   "fact captured_at_unix_ms=1795186701712\n"
                   "fact label=before\n"
                   "tag service=payment\n"
                   "fact values=false\n"
                   "fact gc.enabled=true\n"
                   "fact gc.count.0=12\n"
                   "fact pause_ms=1.5\n"
                   "warning 274 a fact that is no scalar\n"
                   "type 100 app.cache.Request @32 instance finalizer\n"
                   "type 101 .dict @0 dict\n"
                   "string 200 _pending\n"
                   "frame 300 /app/v.py:41 handle\n"
                   "frame 301 /app/m.py:7 \n"
                   "stack 400 of 2 301 300\n"
                   "object 16 type 101 size 232 len 3 rc 2 flags 1 gen 0 stack 400 text n\n"
                   " key s200 -> 64\n value s200 -> 80\n key #1 -> 96\n value #1 -> 112\n"
                   "object 32 type 100 size 64 len -1 rc -1 flags 0 gen -1 stack -1 text \n"
                   " attr s200 -> 16\n slot s200 -> 17\n item #0 -> 1\n item #1 -> 0\n"
                   " item #2 -> 3\n elem -0 -> 4\n cell s200 -> 5\n default s200 -> 6\n"
                   " local s200 -> 7\n internal s200 -> 8\n class -0 -> 9\n ref -0 -> 10\n"
                   " ref -0 -> 11\n weak -0 -> 18446744073709551615\n"
                   "root 32 frame handle [MainThread]\n"
                   "root 16 other  []\n"
                   "warning -1 from the capture\n");
    hsn__buf_clear(&sink.text);
}

static void test_order_blanks_escapes_and_unknown_keys_do_not_matter(void)
{
    static const char *const forms[] = {
        "{\"object\":16,\"type\":0,\"size\":64,\"rc\":3,\"text\":\"ab\",\"attr\":[0,1,1,2],"
        "\"item\":"
        "[5,6]}",
        "{ \"object\" : 16 ,\t\"type\" : 0 , \"size\":64, \"rc\": 3, \"text\": \"ab\" , \"attr\" : "
        "[ "
        "0 , 1 ,1, 2 ] , \"item\": [5 ,6] } \r",
        "{\"object\":16,\"attr\":[0,1,1,2],\"item\":[5,6],\"text\":\"\\u0061b\",\"rc\":3,\"size\":"
        "64,"
        "\"type\":0}",
        "{\"object\":16,\"typ\":9,\"type\":0,\"types\":[{\"type\":4}],\"s\\u0069ze\":64,\"rc\":3,"
        "\"\":null,\"text\":\"ab\",\"attr\":[0,1,1,2],\"\\\"\":-1e5,\"item\":[5,6],\"attrs\":[]}",
        "{\"object\":16,\"type\":7,\"type\":0,\"elem\":[],\"dict\":[ "
        "],\"size\":64,\"rc\":3,\"text\":"
        "\"ab\",\"attr\":[0,1],\"attr\":[1,2],\"item\":[5,6]}",
    };
    record_sink first = {.types = 0}, sink = {.types = 0};
    hsn_error err;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char dump[1024];
        snprintf(dump, sizeof dump,
                 HEADER TYPES
                 "%s\n{\"end\":1,\"objects\":1,\"references\":4,\"types\":1,\"strings\":2}",
                 forms[i]);
        if (!i)
            events(dump, &first, HSN_OK, &err);
        else
            CHECK_STR(events(dump, &sink, HSN_OK, &err), hsn__buf_text(&first.text));
    }
    hsn__buf_clear(&first.text);
    hsn__buf_clear(&sink.text);
}

static void test_what_is_undefined_is_warned_about_and_the_rest_kept(void)
{
    record_sink sink = {.types = 0};
    hsn_error err;
    const char *got = events(
        HEADER TYPES "{\"stack\":0,\"frames\":[7]}\n"
                     "{\"object\":16,\"type\":5,\"size\":1,\"stack\":3,\"attr\":[9,32]}\n"
                     "{\"object\":32,\"size\":1,\"dict\":[9,48,64]}\n"
                     "{\"type\":0,\"name\":\"again\"}\n{\"type\":3,\"name\":\"gap\"}\n"
                     "{\"object\":48,\"type\":3,\"size\":1}\n"
                     "{\"end\":1,\"objects\":3,\"references\":3,\"types\":3,\"strings\":2}\n",
        &sink, HSN_OK, &err);
    static const char *const expected[] = {
        "stack with the undefined frame 7\nstack 400 of 0\n",
        "object of the undefined type 5\ntype 101 .<unknown> @0 instance\n",
        "object with the undefined stack 3\nobject 16 type 101 size 1 ",
        "label of the undefined string 9\n",
        " attr -0 -> 32\n",
        "object without a type\nobject 32 type 101 ",
        " key -0 -> 48\n value -0 -> 64\n",
        "type 0 is defined twice\ntype 102 .again",
        "the id of a type is 3, not 1\ntype 103 .gap",
        "object 48 type 103 ",
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!CHECK(strstr(got, expected[i])))
            fprintf(stderr, "%s in\n%s", expected[i], got);
    hsn__buf_clear(&sink.text);
}

static void test_a_damaged_line_is_skipped_as_a_whole(void)
{
    static const char *const lines[] = {
        "{\"object\":16,\"type\":0,\"size\":1,\"attr\":[0,1,1]}",
        "{\"object\":16,\"type\":0,\"size\":1,\"attr\":[-1,1]}",
        "{\"object\":16,\"type\":0,\"size\":1,\"dict\":[0,1]}",
        "{\"object\":16,\"type\":0,\"size\":1,\"item\":[1,-2]}",
        "{\"object\":16,\"type\":0,\"size\":1,\"item\":[1,2,]}",
        "{\"object\":16,\"type\":0,\"size\":1,\"item\":[1 2]}",
        "{\"object\":16,\"type\":0,\"size\":1,\"item\":[1,2}",
        "{\"object\":16,\"type\":0,\"size\":1,\"item\":[1.5]}",
        "{\"object\":16,\"type\":0,\"size\":1,\"item\":7}",
        "{\"object\":16,\"type\":0,\"size\":18446744073709551616}",
        "{\"object\":16,\"type\":0,\"size\":\"1\"}",
        "{\"object\":16,\"type\":0,\"size\":1,\"text\":\"a\\q\"}",
        "{\"object\":16,\"type\":0,\"size\":1,\"text\":\"a}",
        "{\"object\":16,\"type\":0,\"size\":1} x",
        "{\"object\":16,\"type\":0,\"size\":1,\"new\":[{]}",
        "{\"object\":0,\"type\":0,\"size\":1}",
        "{\"object\":-1}",
        "{\"object\"}",
        "{}",
        "[]",
        "nonsense",
        "{\"color\":1}",
        "{\"type\":4000000000,\"name\":\"far\"}",
        "{\"stack\":0}",
        "{\"root\":0,\"kind\":\"module\"}",
        HEADER,
    };
    record_sink sink = {.types = 0};
    hsn_error err;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char dump[1024];
        snprintf(dump, sizeof dump,
                 HEADER TYPES
                 "%s\n{\"object\":32,\"type\":0,\"size\":1,\"item\":[48]}\n"
                 "{\"end\":1,\"objects\":1,\"references\":1,\"types\":1,\"strings\":2}\n",
                 lines[i]);
        events(dump, &sink, HSN_PARTIAL, &err);
        bool ok = CHECK_EQ(sink.warnings, 1) & CHECK_EQ(sink.objects, 1) &
                  CHECK_EQ(sink.references, 1) & CHECK(strstr(err.message, "1 damaged line, "));
        ok &= CHECK(err.offset >= strlen(HEADER TYPES) &&
                    err.offset <= strlen(HEADER TYPES) + strlen(lines[i]));
        if (!ok)
            fprintf(stderr, "%s: %s at %llu\n", lines[i], err.message,
                    (unsigned long long)err.offset);
    }
    hsn__buf_clear(&sink.text);
}

static void check_outcome(const char *dump, int status, const char *message)
{
    record_sink sink = {.types = 0};
    hsn_error err;
    events(dump, &sink, status, &err);
    if (!CHECK(strstr(err.message, message)))
        fprintf(stderr, "\"%s\", not \"%s\"\n", err.message, message);
    hsn__buf_clear(&sink.text);
}

static void test_the_outcome_names_what_is_missing(void)
{
    check_outcome("", HSN_EFORMAT, "the file is empty");
    check_outcome("\n\n", HSN_EFORMAT, "the file is empty");
    check_outcome("PK\x03\x04", HSN_EFORMAT, "no JSON object");
    check_outcome("{\"heapsnap\":1,\"runti", HSN_PARTIAL, "truncated: the end line is missing");
    check_outcome("{\"heaps", HSN_EFORMAT, "a string without its end");
    check_outcome(HEADER TYPES, HSN_PARTIAL, "truncated: the end line is missing");
    check_outcome(HEADER "{\"end\":1,\"objects\":3}\n", HSN_PARTIAL,
                  "the end line counts 3 objects, not 0");
    check_outcome(HEADER "{\"end\":1}\n\n" HEADER, HSN_PARTIAL, "data behind the end line");
    check_outcome("{\"end\":1}\n", HSN_PARTIAL, "the header line is missing");
    check_outcome("{\"heapsnap\":2}\n", HSN_EUNSUPPORTED, "version 2 of the dump format");
    check_outcome(HEADER "{\"end\":1}", HSN_OK, "");
}

static void test_warnings_are_limited_and_counted(void)
{
    hsn__buf dump = {0};
    record_sink sink = {.types = 0};
    hsn_error err;
    hsn__buf_puts(&dump, HEADER);
    for (int i = 0; i < 1500; i++)
        hsn__buf_puts(&dump, "{\"object\":x}\n");
    hsn__buf_puts(&dump, "{\"end\":1}\n");
    const char *got = events(hsn__buf_text(&dump), &sink, HSN_PARTIAL, &err);
    CHECK_EQ(sink.warnings, 1001);
    CHECK(strstr(got, "500 more warnings were left out"));
    CHECK(strstr(err.message, "1500 damaged lines"));
    hsn__buf_clear(&dump);
    hsn__buf_clear(&sink.text);
}

static void put_numbers(hsn__buf *dump, const char *key, uint32_t count, uint32_t per_entry)
{
    hsn__buf_printf(dump, ",\"%s\":[", key);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < per_entry; k++)
            hsn__buf_printf(dump, "%s%u", i | k ? "," : "",
                            per_entry > 1 && !k ? i % 2 : 1000000 + i * 16);
    hsn__buf_puts(dump, "]");
}

// A line of many megabytes, through the window of a real file, with the type before and behind.
static void test_a_huge_object_never_needs_a_whole_line(void)
{
    for (int type_first = 0; type_first < 2; type_first++) {
        hsn__buf dump = {0};
        hsn__buf_puts(&dump, HEADER TYPES "{\"object\":16");
        if (type_first)
            hsn__buf_puts(&dump, ",\"type\":0,\"size\":64");
        put_numbers(&dump, "item", 300000, 1);
        put_numbers(&dump, "attr", 20001, 2);
        put_numbers(&dump, "dict", 30000, 3);
        if (!type_first)
            hsn__buf_puts(&dump, ",\"size\":64,\"type\":0");
        hsn__buf_puts(&dump, "}\n{\"end\":1,\"objects\":1,\"references\":380001,\"types\":1,"
                             "\"strings\":2}\n");
        char path[] = "/tmp/heapsnap-test-XXXXXX";
        int fd = mkstemp(path);
        CHECK(fd >= 0 && write(fd, dump.data, dump.size) == (ssize_t)dump.size);
        close(fd);
        record_sink sink = {.types = 0};
        hsn_sink target = {&record_ops, &sink};
        hsn_input *in = NULL;
        hsn_error err = {0};
        CHECK_OK(hsn__input_open(&in, path, &err), &err);
        CHECK_OK(hsn__reader_find("heapsnap")->read(in, &target, &err), &err);
        CHECK_EQ(sink.references, 380001);
        const char *got = hsn__buf_text(&sink.text);
        CHECK(strstr(got, "object 16 type 100 size 64 "));
        CHECK(strstr(got, " item #299999 -> 5799984\n attr s200 -> 1000000\n attr s201"));
        CHECK(strstr(got, " attr s200 -> 1320000\n key s200 -> 1000000\n"));
        CHECK(strstr(got, " key s201 -> 1479984\n value s201 -> 1479984\n"));
        hsn__input_close(in);
        unlink(path);
        hsn__buf_clear(&sink.text);
        hsn__buf_clear(&dump);
    }
}

static void test_keys_behind_thousands_of_references_are_ignored_with_a_warning(void)
{
    hsn__buf dump = {0};
    record_sink sink = {.types = 0};
    hsn_error err;
    hsn__buf_puts(&dump, HEADER TYPES "{\"object\":16,\"type\":0");
    put_numbers(&dump, "item", 5000, 1);
    hsn__buf_puts(&dump, ",\"size\":64,\"rc\":3}\n{\"end\":1,\"objects\":1,\"references\":5000,"
                         "\"types\":1,\"strings\":2}\n");
    const char *got = events(hsn__buf_text(&dump), &sink, HSN_OK, &err);
    CHECK(strstr(got, "object 16 type 100 size 0 "));
    CHECK(strstr(got, "\"size\" behind thousands of references is ignored"));
    CHECK_EQ(sink.warnings, 1);
    hsn__buf_clear(&dump);
    hsn__buf_clear(&sink.text);
}

static const char sample[] =
    "{\"heapsnap\":1,\"runtime\":\"cpython\",\"tags\":{\"a\":\"b\"},\"facts\":{\"c\":1}}\n" TYPES
    "{\"frame\":0,\"file\":\"f\",\"line\":1}\n{\"stack\":0,\"frames\":[0]}\n"
    "{\"object\":16,\"type\":0,\"size\":64,\"rc\":1,\"text\":\"t\\u00e9\",\"stack\":0,\"attr\":[0,"
    "32,1,"
    "48],\"dict\":[0,1,2,-1,3,4],\"class\":64}\n"
    "{\"object\":32,\"type\":9,\"size\":64,\"item\":[16,0,48],\"weak\":[64]}\n"
    "{\"root\":16,\"kind\":\"module\",\"name\":\"m\"}\n{\"warning\":\"w\"}\n"
    "{\"end\":1,\"objects\":2,\"references\":10,\"types\":1,\"strings\":2,\"roots\":1}\n";

static void test_every_prefix_is_partial_or_refused(void)
{
    for (size_t size = 0; size < sizeof sample - 1; size++) {
        record_sink sink = {.quiet = true};
        hsn_error err = {0};
        int r = record_read("heapsnap", sample, size, &sink, &err);
        // Without its newline the last line is still whole.
        bool whole = size == sizeof sample - 2;
        CHECK(whole ? r == HSN_OK : r == HSN_PARTIAL || (r == HSN_EFORMAT && size < 40));
        CHECK(whole || err.message[0]);
    }
}

static void test_no_flipped_byte_does_harm(void)
{
    char dump[sizeof sample];
    for (size_t i = 0; i < sizeof sample - 1; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(dump, sample, sizeof sample);
            dump[i] ^= (char)(1u << bit);
            record_sink sink = {.quiet = true};
            hsn_error err = {0};
            int r = record_read("heapsnap", dump, sizeof sample - 1, &sink, &err);
            CHECK(r == HSN_OK || r == HSN_PARTIAL || r == HSN_EUNSUPPORTED);
            CHECK((r == HSN_OK) == !err.message[0]);
        }
    }
}

static void test_the_sinks_failure_ends_the_reading(void)
{
    record_sink all = {.quiet = true};
    hsn_error err = {0};
    CHECK_OK(record_read("heapsnap", sample, sizeof sample - 1, &all, &err), &err);
    for (uint64_t call = 1; call <= all.calls; call++) {
        record_sink sink = {.quiet = true, .fail_call = call};
        hsn_error failure = {0};
        CHECK_EQ(record_read("heapsnap", sample, sizeof sample - 1, &sink, &failure), HSN_ESTORE);
        CHECK_EQ(sink.calls, call);
        CHECK_STR(failure.message, "failed on purpose");
    }
}

static void test_running_out_of_memory_is_reported_and_leaks_nothing(void)
{
    for (uint64_t nth = 1; nth < 100; nth++) {
        record_sink sink = {.quiet = true};
        hsn_error err = {0};
        hsn__alloc_fail_at(nth, nth % 2);
        int r = record_read("heapsnap", sample, sizeof sample - 1, &sink, &err);
        uint64_t seen = hsn__alloc_fail_at(0, false);
        CHECK(r == (seen >= nth ? HSN_ENOMEM : HSN_OK));
        if (seen < nth)
            break;
    }
}

CHECK_MAIN(CHECK_CASE(test_every_kind_of_line_is_read),
           CHECK_CASE(test_order_blanks_escapes_and_unknown_keys_do_not_matter),
           CHECK_CASE(test_what_is_undefined_is_warned_about_and_the_rest_kept),
           CHECK_CASE(test_a_damaged_line_is_skipped_as_a_whole),
           CHECK_CASE(test_the_outcome_names_what_is_missing),
           CHECK_CASE(test_warnings_are_limited_and_counted),
           CHECK_CASE(test_a_huge_object_never_needs_a_whole_line),
           CHECK_CASE(test_keys_behind_thousands_of_references_are_ignored_with_a_warning),
           CHECK_CASE(test_every_prefix_is_partial_or_refused),
           CHECK_CASE(test_no_flipped_byte_does_harm),
           CHECK_CASE(test_the_sinks_failure_ends_the_reading),
           CHECK_CASE(test_running_out_of_memory_is_reported_and_leaks_nothing))
