// SPDX-License-Identifier: MIT
// The reader of meliae dumps: what references mean by type, names of keys, other writers' forms,
// damage.
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "check.h"
#include "record_sink.h"

#define OBJECT(address, type, rest)                                                                \
    "{\"address\": " #address ", \"type\": \"" type "\", \"size\": 8" rest "}\n"

static void check_events(const char *dump, int status, const char *expected)
{
    record_sink sink = {.types = 0};
    hsn_error err = {0};
    CHECK_EQ(record_read("meliae", dump, strlen(dump), &sink, &err), status);
    CHECK_STR(hsn__buf_text(&sink.text), expected);
    hsn__buf_clear(&sink.text);
}

static void test_names_values_and_lengths_are_read(void)
{
    check_events(OBJECT(1, "tuple", ", \"len\": 2, \"refs\": [2, 3]")
                     OBJECT(3, "type", ", \"name\": \"MyClass\", \"refs\": []")
                         OBJECT(5, "int", ", \"value\": 17, \"refs\": []") OBJECT(
                             6, "str", ", \"len\": 4, \"value\": \"a \\u00e9\\/\", \"refs\": []")
                             OBJECT(7, "collections.deque", ", \"refs\": [9]"),
                 HSN_OK,
                 "type 100 .tuple @0 tuple\n"
                 "object 1 type 100 size 8 len 2 rc -1 flags 0 gen -1 stack -1 text \n"
                 " item #1 -> 2\n item #0 -> 3\n"
                 "type 101 .type @0 type\n"
                 "object 3 type 101 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text MyClass\n"
                 "type 102 .int @0 int\n"
                 "object 5 type 102 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text 17\n"
                 "type 103 .str @0 str\n"
                 "object 6 type 103 size 8 len 4 rc -1 flags 0 gen -1 stack -1 text a \xc3\xa9/\n"
                 "type 104 collections.deque @0 instance\n"
                 "object 7 type 104 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text \n"
                 " ref -0 -> 9\n"
                 "fact runtime=cpython\n");
}

static void test_dicts_alternate_and_take_names_from_keys_behind_them(void)
{
    check_events(OBJECT(1, "dict", ", \"len\": 3, \"refs\": [2, 3, 4, 5, 6, 7]")
                     OBJECT(2, "str", ", \"len\": 4, \"value\": \"name\", \"refs\": []")
                         OBJECT(4, "str", ", \"len\": 5, \"value\": \"a key\", \"refs\": []"),
                 HSN_OK,
                 "type 100 .dict @0 dict\n"
                 "type 101 .str @0 str\n"
                 "string 200 name\n"
                 "object 2 type 101 size 8 len 4 rc -1 flags 0 gen -1 stack -1 text name\n"
                 "object 4 type 101 size 8 len 5 rc -1 flags 0 gen -1 stack -1 text a key\n"
                 "object 1 type 100 size 8 len 3 rc -1 flags 0 gen -1 stack -1 text \n"
                 " key s200 -> 2\n value s200 -> 3\n key #1 -> 4\n value #1 -> 5\n"
                 " key #2 -> 6\n value #2 -> 7\n"
                 "fact runtime=cpython\n");
}

static void test_values_alone_tell_python_3_where_values_come_first(void)
{
    check_events(OBJECT(2, "str", ", \"len\": 1, \"value\": \"k\", \"refs\": []")
                     OBJECT(1, "dict", ", \"len\": 2, \"refs\": [3, 4]")
                         OBJECT(5, "dict", ", \"len\": 1, \"refs\": [3, 2]")
                             OBJECT(6, "dict", ", \"len\": 2, \"refs\": [3, 2, 4]"),
                 HSN_OK,
                 "type 100 .str @0 str\n"
                 "string 200 k\n"
                 "object 2 type 100 size 8 len 1 rc -1 flags 0 gen -1 stack -1 text k\n"
                 "type 101 .dict @0 dict\n"
                 "object 1 type 101 size 8 len 2 rc -1 flags 0 gen -1 stack -1 text \n"
                 " value #0 -> 3\n value #1 -> 4\n"
                 "object 5 type 101 size 8 len 1 rc -1 flags 0 gen -1 stack -1 text \n"
                 " value s200 -> 3\n key s200 -> 2\n"
                 "object 6 type 101 size 8 len 2 rc -1 flags 0 gen -1 stack -1 text \n"
                 " ref -0 -> 3\n ref -0 -> 2\n ref -0 -> 4\n"
                 "fact runtime=cpython\n");
}

static void test_functions_name_their_first_two_references(void)
{
    check_events(OBJECT(1, "function", ", \"name\": \"f\", \"refs\": [2, 3, 4]"), HSN_OK,
                 "type 100 .function @0 function\n"
                 "object 1 type 100 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text f\n"
                 "string 200 __code__\nstring 201 __globals__\n"
                 " internal s200 -> 2\n internal s201 -> 3\n ref -0 -> 4\n"
                 "fact runtime=cpython\n");
}

static void test_instances_end_in_their_class_once_it_was_met(void)
{
    check_events(OBJECT(1, "Node", ", \"refs\": [2, 3]")
                     OBJECT(3, "type", ", \"name\": \"Node\", \"refs\": []")
                         OBJECT(4, "Node", ", \"refs\": [5, 3]")
                             OBJECT(6, "Other", ", \"refs\": [5, 3]"),
                 HSN_OK,
                 "type 100 .Node @0 instance\n"
                 "object 1 type 100 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text \n"
                 " ref -0 -> 2\n ref -0 -> 3\n"
                 "type 101 .type @0 type\n"
                 "object 3 type 101 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text Node\n"
                 "object 4 type 100 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text \n"
                 " ref -0 -> 5\n class -0 -> 3\n"
                 "type 102 .Other @0 instance\n"
                 "object 6 type 102 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text \n"
                 " ref -0 -> 5\n ref -0 -> 3\n"
                 "fact runtime=cpython\n");
}

static void test_arrays_any_order_and_converted_forms_are_tolerated(void)
{
    check_events(
        "[\n"
        "{\"type\":\"set\",\"refs\":[2,3],\"new\":{\"a\":[1]},\"size\":8,\"address\":1},\n"
        "{\"address\": 0, \"type\": \"<ex-reference>\", \"size\": 0, \"refs\": []},\n"
        "{\"address\": 4, \"type\": \"str\", \"size\": 8, \"value\": \"a\tb\\x\", \"refs\": []},\n"
        "{\"address\": 5, \"type\": \"dict\", \"size\": 8, \"refs\": [2 , 3]}\n"
        "]\n",
        HSN_OK,
        "type 100 .set @0 set\n"
        "object 1 type 100 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text \n"
        " elem -0 -> 2\n elem -0 -> 3\n"
        "type 101 .str @0 str\n"
        "object 4 type 101 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text a\tb\\x\n"
        "type 102 .dict @0 dict\n"
        "object 5 type 102 size 8 len -1 rc -1 flags 0 gen -1 stack -1 text \n"
        " ref -0 -> 2\n ref -0 -> 3\n"
        "fact runtime=cpython\n");
}

static void test_a_damaged_line_does_not_touch_the_next(void)
{
    static const char *const lines[] = {
        "{\"address\": 1, \"size\": 8, \"refs\": []}",
        "{\"type\": \"str\", \"size\": 8, \"refs\": []}",
        "{\"address\": 0, \"type\": \"str\", \"size\": 8, \"refs\": []}",
        "{\"address\": 1, \"type\": \"str\", \"size\": 8, \"refs\": [1, x]}",
        "{\"address\": 1, \"type\": \"str\", \"size\": 8, \"refs\": [1, 2,]}",
        "{\"address\": 1, \"type\": \"str\", \"size\": 8, \"refs\": [1",
        "{\"address\": 1, \"type\": \"str\", \"size\": 8, \"refs\": []} more",
        "nothing",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char dump[512];
        snprintf(dump, sizeof dump, OBJECT(16, "str", "") "%s\n" OBJECT(32, "str", ""), lines[i]);
        record_sink sink = {.quiet = true};
        hsn_error err = {0};
        bool ok = CHECK_EQ(record_read("meliae", dump, strlen(dump), &sink, &err), HSN_PARTIAL);
        ok &= CHECK_EQ(sink.objects, 2) & CHECK_EQ(sink.warnings, 1);
        if (!ok)
            fprintf(stderr, "%s\n", lines[i]);
    }
}

static const char sample[] = OBJECT(1, "dict", ", \"len\": 2, \"refs\": [2, 3, 4, 5]")
    OBJECT(2, "str", ", \"len\": 4, \"value\": \"name\", \"refs\": []")
        OBJECT(6, "function", ", \"name\": \"f\", \"refs\": [2, 3, 4]")
            OBJECT(7, "list", ", \"len\": 2, \"refs\": [1, 6]");

static void test_prefixes_and_flipped_bytes_do_no_harm(void)
{
    char dump[sizeof sample];
    for (size_t size = 0; size < sizeof sample; size++) {
        record_sink sink = {.quiet = true};
        hsn_error err = {0};
        int r = record_read("meliae", sample, size, &sink, &err);
        CHECK(r == HSN_OK || r == HSN_PARTIAL || (r == HSN_EFORMAT && !sink.objects));
    }
    for (size_t i = 0; i < (sizeof sample - 1) * 8; i++) {
        memcpy(dump, sample, sizeof sample);
        dump[i / 8] ^= (char)(1u << i % 8);
        record_sink sink = {.quiet = true};
        hsn_error err = {0};
        int r = record_read("meliae", dump, sizeof sample - 1, &sink, &err);
        CHECK(r == HSN_OK || r == HSN_PARTIAL);
    }
}

static void test_failures_of_sink_and_memory_are_returned(void)
{
    record_sink all = {.quiet = true};
    hsn_error err = {0};
    CHECK_OK(record_read("meliae", sample, sizeof sample - 1, &all, &err), &err);
    for (uint64_t call = 1; call <= all.calls; call++) {
        record_sink sink = {.quiet = true, .fail_call = call};
        hsn_error failure = {0};
        CHECK_EQ(record_read("meliae", sample, sizeof sample - 1, &sink, &failure), HSN_ESTORE);
        CHECK_EQ(sink.calls, call);
    }
    for (uint64_t nth = 1; nth < 100; nth++) {
        record_sink sink = {.quiet = true};
        hsn_error failure = {0};
        hsn__alloc_fail_at(nth, nth % 2);
        int r = record_read("meliae", sample, sizeof sample - 1, &sink, &failure);
        uint64_t seen = hsn__alloc_fail_at(0, false);
        CHECK_EQ(r, seen >= nth ? HSN_ENOMEM : HSN_OK);
        if (seen < nth)
            break;
    }
}

static int bid(const char *head)
{
    return hsn__reader_find("meliae")->probe((const uint8_t *)head, strlen(head));
}

static void test_probe_leaves_dumps_of_others_alone(void)
{
    CHECK(bid("{\"address\": 140, \"type\"") > 90);
    CHECK(bid("[\n{\"address\":1,") > 90);
    CHECK(bid("{\"type\": \"str\", \"address\": 7}") > 0);
    CHECK_EQ(bid("{\"address\":\"0x7f\", \"type\":\"STRING\"}"), 0);
    CHECK_EQ(bid("{\"heapsnap\":1}"), 0);
    CHECK_EQ(bid("{\"address\":"), 0);
    CHECK_EQ(bid(""), 0);
}

CHECK_MAIN(CHECK_CASE(test_names_values_and_lengths_are_read),
           CHECK_CASE(test_dicts_alternate_and_take_names_from_keys_behind_them),
           CHECK_CASE(test_values_alone_tell_python_3_where_values_come_first),
           CHECK_CASE(test_functions_name_their_first_two_references),
           CHECK_CASE(test_instances_end_in_their_class_once_it_was_met),
           CHECK_CASE(test_arrays_any_order_and_converted_forms_are_tolerated),
           CHECK_CASE(test_a_damaged_line_does_not_touch_the_next),
           CHECK_CASE(test_prefixes_and_flipped_bytes_do_no_harm),
           CHECK_CASE(test_failures_of_sink_and_memory_are_returned),
           CHECK_CASE(test_probe_leaves_dumps_of_others_alone))
