// SPDX-License-Identifier: MIT
// Unit tests of render/table*.c and what they print with: units, JSON scalars, UTF-8.
#include "heapsnap/table.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "check.h"
#include "render/json.h"
#include "render/units.h"
#include "render/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int append(void *context, const void *data, size_t size)
{
    hsn__buf_append(context, data, size);
    return 0;
}

static int refuse(void *context, const void *data, size_t size)
{
    (void)context, (void)data, (void)size;
    return ENOSPC;
}

static const hsn_column pair_fields[] = {
    {HSN_COLUMN_TEXT, "type", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "count", NULL, 0, NULL},
    {0},
};
static const hsn_column bare_fields[] = {{HSN_COLUMN_COUNT, NULL, NULL, 0, NULL}, {0}};
static const hsn_column deep_fields[] = {
    {HSN_COLUMN_LIST, "inner", NULL, 0, pair_fields},
    {HSN_COLUMN_OBJECT, "object", NULL, 0, pair_fields},
    {0},
};

static const hsn_column few_columns[] = {
    {HSN_COLUMN_TEXT, "type", "Type", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Size", 0, NULL},
    {0},
};

static hsn_table *few(const char *text, uint64_t size_bytes)
{
    hsn_table *table = NULL;
    CHECK_OK(hsn_table_new(&table, few_columns, NULL), NULL);
    hsn_table_text(table, text);
    hsn_table_bytes(table, size_bytes);
    return table;
}

static void check_rendered(hsn_table *table, char format, const hsn_text_options *options,
                           const char *expected)
{
    static const hsn_envelope envelope = {.schema = "s/1", .tool_name = "t", .tool_version = "1"};
    hsn__buf buf = {0};
    hsn_writer writer = {.write = append, .context = &buf};
    hsn_error err = {0};
    int r = format == 't'   ? hsn_table_render_text(table, options, &writer, &err)
            : format == 'c' ? hsn_table_render_csv(table, &writer, &err)
                            : hsn_table_render_json(table, &envelope, &writer, &err);
    CHECK_OK(r, &err);
    CHECK_STR(hsn__buf_text(&buf), expected);
    hsn__buf_clear(&buf);
}

static void test_text_aligns_names_left_and_numbers_right(void)
{
    hsn_table *table = few("dict", 1572864);
    hsn_table_text(table, "a");
    hsn_table_bytes(table, 5);
    CHECK_EQ(hsn_table_row_count(table), 2);
    check_rendered(table, 't', NULL, "Type     Size\ndict  1.5 MiB\na         5 B\n");
    check_rendered(table, 't', &(hsn_text_options){.exact_bytes = 1, .no_header = 1},
                   "dict  1572864\na           5\n");
    hsn_table_free(table);
}

static void test_text_without_rows_is_a_header(void)
{
    hsn_table *table = NULL;
    CHECK_OK(hsn_table_new(&table, few_columns, NULL), NULL);
    check_rendered(table, 't', NULL, "Type  Size\n");
    check_rendered(table, 'c', NULL, "type,size_bytes\r\n");
    check_rendered(table, 'j', NULL,
                   "{\n  \"schema\": \"s/1\",\n  \"tool\": {\"name\": \"t\", \"version\": \"1\"},\n"
                   "  \"snapshots\": [],\n  \"rows\": []\n}\n");
    hsn_table_free(table);
}

static void test_control_characters_do_not_reach_the_terminal(void)
{
    hsn_table *table = few("a\x1b[31m\n\xff\xc2\x9b\xe2\x80\xae", 0);
    check_rendered(table, 't', &(hsn_text_options){.no_header = 1},
                   "a\\x1b[31m\\n\\xff\\u009b\\u202e  0 B\n");
    check_rendered(table, 'c', NULL,
                   "type,size_bytes\r\n\"a\\x1b[31m\n\xef\xbf\xbd\\u009b\\u202e\",0\r\n");
    check_rendered(table, 'j', NULL,
                   "{\n  \"schema\": \"s/1\",\n  \"tool\": {\"name\": \"t\", \"version\": \"1\"},\n"
                   "  \"snapshots\": [],\n  \"rows\": [\n"
                   "    {\"type\": \"a\\u001b[31m\\n\xef\xbf\xbd\\u009b\\u202e\", "
                   "\"size_bytes\": 0}\n  ]\n}\n");
    hsn_table_free(table);
}

static void test_names_are_shortened_only_to_a_terminal(void)
{
    hsn_table *table = few("application.models.accounts.Request", 7);
    check_rendered(table, 't', &(hsn_text_options){.no_header = 1},
                   "application.models.accounts.Request  7 B\n");
    check_rendered(table, 't', &(hsn_text_options){.no_header = 1, .width = 25},
                   "applicati\xe2\x80\xa6ts.Request  7 B\n");
    hsn_table_free(table);
}

static void test_wide_characters_are_shortened_by_columns(void)
{
    // Ten characters of two columns each.
    hsn_table *table = few("\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2"
                           "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2",
                           7);
    check_rendered(table, 't', &(hsn_text_options){.no_header = 1, .width = 19},
                   "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe2\x80\xa6\xe6\xbc\xa2\xe6\xbc\xa2"
                   "\xe6\xbc\xa2   7 B\n");
    hsn_table_free(table);
}

static void test_several_columns_share_the_loss(void)
{
    static const hsn_column columns[] = {
        {HSN_COLUMN_TEXT, "a", NULL, 0, NULL},
        {HSN_COLUMN_TEXT, "b", NULL, 0, NULL},
        {HSN_COLUMN_TEXT, "c", NULL, 0, NULL},
        {0},
    };
    hsn_table *table = NULL;
    CHECK_OK(hsn_table_new(&table, columns, NULL), NULL);
    hsn_table_text(table, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    hsn_table_text(table, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    hsn_table_text(table, "short");
    check_rendered(table, 't', &(hsn_text_options){.no_header = 1, .width = 40},
                   "aaaaaaa\xe2\x80\xa6"
                   "aaaaaaa  bbbbbbb\xe2\x80\xa6"
                   "bbbbbbbb  short\n");
    hsn_table_free(table);
}

static void test_every_type_in_every_output(void)
{
    static const hsn_column columns[] = {
        {HSN_COLUMN_DELTA_COUNT, "dc", NULL, 0, NULL},
        {HSN_COLUMN_DELTA_BYTES, "db", NULL, 0, NULL},
        {HSN_COLUMN_PERCENT, "p", NULL, 0, NULL},
        {HSN_COLUMN_REAL, "r", NULL, 0, NULL},
        {HSN_COLUMN_REAL_BYTES, "rb", NULL, 0, NULL},
        {HSN_COLUMN_ADDRESS, "a", NULL, 0, NULL},
        {HSN_COLUMN_BOOL, "b", NULL, 0, NULL},
        {HSN_COLUMN_TIME, "t", NULL, 0, NULL},
        {HSN_COLUMN_COUNT, "c", NULL, 0, NULL},
        {0},
    };
    hsn_table *table = NULL;
    CHECK_OK(hsn_table_new(&table, columns, NULL), NULL);
    hsn_table_delta(table, -3);
    hsn_table_delta(table, 1536);
    hsn_table_real(table, 0.1234);
    hsn_table_real(table, 0.1);
    hsn_table_real(table, -2048.4);
    hsn_table_address(table, 0x7f12);
    hsn_table_bool(table, 1);
    hsn_table_time(table, INT64_C(1795186701712));
    hsn_table_count(table, UINT64_MAX);
    for (int i = 0; i < 9; i++)
        hsn_table_null(table);
    check_rendered(table, 't', &(hsn_text_options){.no_header = 1},
                   "-3  +1.5 KiB  12.3%  0.10  -2.0 KiB  0x7f12  yes  2026-11-20T14:58:21Z  "
                   "18446744073709551615\n"
                   " -         -      -     -         -  -       -    -                     "
                   "                   -\n");
    check_rendered(table, 'c', NULL,
                   "dc,db,p,r,rb,a,b,t,c\r\n"
                   "-3,1536,0.1234,0.1,-2048.4,0x7f12,true,1795186701712,18446744073709551615\r\n"
                   ",,,,,,,,\r\n");
    check_rendered(table, 'j', NULL,
                   "{\n  \"schema\": \"s/1\",\n  \"tool\": {\"name\": \"t\", \"version\": \"1\"},\n"
                   "  \"snapshots\": [],\n  \"rows\": [\n"
                   "    {\"dc\": -3, \"db\": 1536, \"p\": 0.1234, \"r\": 0.1, \"rb\": -2048.4, "
                   "\"a\": \"0x7f12\", \"b\": true, \"t\": 1795186701712, "
                   "\"c\": 18446744073709551615},\n"
                   "    {\"dc\": null, \"db\": null, \"p\": null, \"r\": null, \"rb\": null, "
                   "\"a\": null, \"b\": null, \"t\": null, \"c\": null}\n  ]\n}\n");
    hsn_table_free(table);
}

static hsn_table *nested(void)
{
    static const hsn_column columns[] = {
        {HSN_COLUMN_LIST, "deep", NULL, 0, deep_fields},
        {HSN_COLUMN_LIST, "bare", NULL, 0, bare_fields},
        {HSN_COLUMN_TEXT, "text", NULL, HSN_COLUMN_TEXT_ONLY, NULL},
        {HSN_COLUMN_TEXT, "data", NULL, HSN_COLUMN_DATA_ONLY, NULL},
        {0},
    };
    hsn_table *table = NULL;
    CHECK_OK(hsn_table_new(&table, columns, NULL), NULL);
    for (int row = 0; row < 2; row++) {
        hsn_table_begin(table);
        for (int i = 0; i < 2 * row; i++) {
            hsn_table_begin(table);
            for (int j = 0; j < i; j++) {
                hsn_table_text(table, "x");
                hsn_table_count(table, (uint64_t)j);
            }
            hsn_table_end(table);
            if (i == 0) {
                hsn_table_null(table);
                continue;
            }
            hsn_table_begin(table);
            hsn_table_null(table);
            hsn_table_count(table, 9);
            hsn_table_end(table);
        }
        hsn_table_end(table);
        hsn_table_begin(table);
        for (int i = 0; i < 3 * row; i++)
            hsn_table_count(table, (uint64_t)i);
        hsn_table_end(table);
        hsn_table_text(table, "t");
        hsn_table_text(table, "d");
    }
    return table;
}

static void test_nested_values(void)
{
    hsn_table *table = nested();
    CHECK_EQ(hsn_table_row_count(table), 2);
    check_rendered(table, 'j', NULL,
                   "{\n  \"schema\": \"s/1\",\n  \"tool\": {\"name\": \"t\", \"version\": \"1\"},\n"
                   "  \"snapshots\": [],\n  \"rows\": [\n"
                   "    {\"deep\": [], \"bare\": [], \"data\": \"d\"},\n"
                   "    {\"deep\": [{\"inner\": [], \"object\": null}, "
                   "{\"inner\": [{\"type\": \"x\", \"count\": 0}], "
                   "\"object\": {\"type\": null, \"count\": 9}}], "
                   "\"bare\": [0, 1, 2], \"data\": \"d\"}\n  ]\n}\n");
    check_rendered(table, 'c', NULL,
                   "deep,bare,data\r\n[],[],d\r\n"
                   "\"[{\"\"inner\"\": [], \"\"object\"\": null}, {\"\"inner\"\": [{\"\"type\"\": "
                   "\"\"x\"\", \"\"count\"\": 0}], \"\"object\"\": {\"\"type\"\": null, "
                   "\"\"count\"\": 9}}]\",\"[0, 1, 2]\",d\r\n");
    check_rendered(table, 't', NULL,
                   "deep         bare     text\n"
                   "                      t\n"
                   "-, x 0, - 9  0, 1, 2  t\n");
    hsn_table_free(table);
}

static void test_blank_columns_can_be_left_out_of_text(void)
{
    static const hsn_column columns[] = {
        {HSN_COLUMN_TEXT, "a", NULL, HSN_COLUMN_IF_ANY, NULL},
        {HSN_COLUMN_COUNT, "b", NULL, HSN_COLUMN_IF_ANY, NULL},
        {HSN_COLUMN_LIST, "c", NULL, HSN_COLUMN_IF_ANY, bare_fields},
        {HSN_COLUMN_REAL, "d", NULL, HSN_COLUMN_IF_ANY, NULL},
        {0},
    };
    hsn_table *table = NULL;
    CHECK_OK(hsn_table_new(&table, columns, NULL), NULL);
    check_rendered(table, 't', NULL, "\n");
    for (int row = 0; row < 2; row++) {
        hsn_table_text(table, "");
        hsn_table_count(table, (uint64_t)row);
        hsn_table_begin(table);
        hsn_table_end(table);
        hsn_table_null(table);
    }
    check_rendered(table, 't', NULL, "b\n0\n1\n");
    check_rendered(table, 'c', NULL, "a,b,c,d\r\n,0,[],\r\n,1,[],\r\n");
    hsn_table_free(table);
}

static void test_members_stand_before_the_rows(void)
{
    hsn_table *table = few("dict", 1), *members = few("total", 2);
    hsn_snapshot_info info = {.id = 3, .label = "a\"b", .source = "x.gz", .captured_at_unix_ms = 5};
    const hsn_snapshot_info *infos[] = {&info};
    hsn_envelope envelope = {.schema = "s/1",
                             .tool_name = "t",
                             .tool_version = "1",
                             .snapshots = infos,
                             .snapshot_count = 1,
                             .members = members};
    hsn__buf buf = {0};
    hsn_writer writer = {.write = append, .context = &buf};
    CHECK_OK(hsn_table_render_json(table, &envelope, &writer, NULL), NULL);
    CHECK_STR(hsn__buf_text(&buf),
              "{\n  \"schema\": \"s/1\",\n  \"tool\": {\"name\": \"t\", \"version\": \"1\"},\n"
              "  \"snapshots\": [\n    {\"id\": 3, \"label\": \"a\\\"b\", \"source\": \"x.gz\", "
              "\"captured_at_unix_ms\": 5}\n  ],\n"
              "  \"type\": \"total\",\n  \"size_bytes\": 2,\n"
              "  \"rows\": [\n    {\"type\": \"dict\", \"size_bytes\": 1}\n  ]\n}\n");
    hsn__buf_clear(&buf);
    hsn_table_free(table);
    hsn_table_free(members);
}

static void test_colour_marks_growth_and_shrink(void)
{
    static const hsn_column columns[] = {{HSN_COLUMN_DELTA_COUNT, "d", NULL, 0, NULL}, {0}};
    hsn_table *table = NULL;
    CHECK_OK(hsn_table_new(&table, columns, NULL), NULL);
    hsn_table_delta(table, 1);
    hsn_table_delta(table, -1);
    hsn_table_delta(table, 0);
    check_rendered(table, 't', &(hsn_text_options){.color = 1},
                   " \x1b[1md\x1b[0m\n\x1b[31m+1\x1b[0m\n\x1b[32m-1\x1b[0m\n 0\n");
    hsn_table_free(table);
}

static void test_failing_writes_stop_the_rendering(void)
{
    hsn_table *table = few("dict", 1);
    hsn_writer writer = {.write = refuse};
    hsn_error err = {0};
    CHECK_STATUS(hsn_table_render_text(table, NULL, &writer, &err), HSN_EIO);
    CHECK(strstr(err.message, "No space left") != NULL);
    CHECK_STATUS(hsn_table_render_csv(table, &writer, NULL), HSN_EIO);
    CHECK_STATUS(hsn_table_render_json(
                     table, &(hsn_envelope){.schema = "", .tool_name = "", .tool_version = ""},
                     &writer, NULL),
                 HSN_EIO);
    hsn_table_free(table);
}

// Every allocation in turn: the table stays usable, and tells.
static void test_failing_allocations_are_sticky(void)
{
    unsigned failures = 0;
    for (uint64_t nth = 1; nth < 100; nth++) {
        hsn__buf buf = {0};
        hsn_writer writer = {.write = append, .context = &buf};
        hsn_table *table = NULL;
        hsn__alloc_fail_at(nth, true);
        int r = hsn_table_new(&table, few_columns, NULL);
        for (int i = 0; r >= 0 && i < 2000; i++) {
            hsn_table_text(table, "some name of a type");
            hsn_table_bytes(table, 1);
        }
        if (r >= 0)
            r = hsn_table_status(table, NULL);
        if (r >= 0)
            r = hsn_table_render_text(table, NULL, &writer, NULL);
        hsn__alloc_fail_at(0, false);
        failures += r == HSN_ENOMEM;
        hsn_table_free(table);
        hsn__buf_clear(&buf);
        if (r >= 0)
            break;
        CHECK_EQ(r, HSN_ENOMEM);
    }
    CHECK(failures > 5);
}

static void check_bytes(uint64_t size_bytes, const char *expected)
{
    char text[HSN_BYTES_TEXT_SIZE];
    hsn_bytes_text(size_bytes, text);
    CHECK_STR(text, expected);
}

static void test_bytes_round_to_the_next_unit(void)
{
    check_bytes(0, "0 B");
    check_bytes(1023, "1023 B");
    check_bytes(1024, "1.0 KiB");
    check_bytes(1536, "1.5 KiB");
    check_bytes(1024 * 1024 - 1, "1.0 MiB");
    check_bytes(UINT64_C(1023) << 20, "1023.0 MiB");
    check_bytes(UINT64_MAX, "16.0 EiB");
}

static void check_time(int64_t unix_ms, const char *expected)
{
    hsn__buf buf = {0};
    hsn__units_time(&buf, unix_ms);
    CHECK_STR(hsn__buf_text(&buf), expected);
    hsn__buf_clear(&buf);
}

static void test_times_are_utc(void)
{
    check_time(0, "1970-01-01T00:00:00Z");
    check_time(-1, "1969-12-31T23:59:59Z");
    check_time(INT64_C(951782400000), "2000-02-29T00:00:00Z");
    check_time(INT64_C(253402300799999), "9999-12-31T23:59:59Z");
    check_time(INT64_C(253402300800000), "253402300800000");
    check_time(INT64_MAX, "9223372036854775807");
    check_time(INT64_MIN, "-9223372036854775808");
}

static void test_json_reals_read_back_the_same(void)
{
    check_random random = {42};
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = check_random_next(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        hsn__buf buf = {0};
        hsn__json_put_real(&buf, value);
        if (isfinite(value))
            CHECK(strtod(hsn__buf_text(&buf), NULL) == value);
        else
            CHECK_STR(hsn__buf_text(&buf), "null");
        hsn__buf_clear(&buf);
    }
}

static void test_numbers_have_a_point_in_every_locale(void)
{
    char comma[] = "-12,5e+07", point[] = "3.25",
         two_bytes[] = "1\xd9\xab"
                       "5",
         whole[] = "77";
    hsn__c_locale_number(comma);
    hsn__c_locale_number(point);
    hsn__c_locale_number(two_bytes);
    hsn__c_locale_number(whole);
    CHECK_STR(comma, "-12.5e+07");
    CHECK_STR(point, "3.25");
    CHECK_STR(two_bytes, "1.5");
    CHECK_STR(whole, "77");
}

// The slow twin: encode every character that there is, and decode it again.
static void test_utf8_decodes_what_is_valid_and_nothing_else(void)
{
    unsigned wrong = 0;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char text[4];
        size_t size;
        if (c < 0x80) {
            text[0] = (char)c;
            size = 1;
        } else if (c < 0x800) {
            text[0] = (char)(0xc0 | c >> 6);
            text[1] = (char)(0x80 | (c & 0x3f));
            size = 2;
        } else if (c < 0x10000) {
            text[0] = (char)(0xe0 | c >> 12);
            text[1] = (char)(0x80 | (c >> 6 & 0x3f));
            text[2] = (char)(0x80 | (c & 0x3f));
            size = 3;
        } else {
            text[0] = (char)(0xf0 | c >> 18);
            text[1] = (char)(0x80 | (c >> 12 & 0x3f));
            text[2] = (char)(0x80 | (c >> 6 & 0x3f));
            text[3] = (char)(0x80 | (c & 0x3f));
            size = 4;
        }
        uint32_t decoded = 0;
        size_t got = hsn__utf8_decode(text, size, &decoded);
        bool surrogate = c >= 0xd800 && c < 0xe000;
        wrong += surrogate ? got != 0 : got != size || decoded != c;
        wrong += size > 1 && hsn__utf8_decode(text, size - 1, &decoded) != 0;
    }
    CHECK_EQ(wrong, 0);
    static const char *const bad[] = {
        "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
        "\xff", "\xc3("};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t decoded;
        CHECK_EQ(hsn__utf8_decode(bad[i], strlen(bad[i]), &decoded), 0);
    }
}

static void test_random_bytes_escape_to_printable_utf8(void)
{
    check_random random = {7};
    for (int i = 0; i < 3000; i++) {
        char text[40], out[400];
        size_t size = check_random_below(&random, sizeof text);
        for (size_t j = 0; j < size; j++)
            text[j] = (char)check_random_next(&random);
        size_t whole = hsn_text_escape(text, size, out, sizeof out);
        CHECK_EQ(whole, strlen(out));
        for (size_t j = 0; j < whole;) {
            uint32_t c = 0;
            size_t length = hsn__utf8_decode(out + j, whole - j, &c);
            if (!CHECK(length && !hsn__utf8_unsafe(c)))
                break;
            j += length;
        }
        char cut[16];
        CHECK_EQ(hsn_text_escape(text, size, cut, sizeof cut), whole);
        CHECK(!strncmp(cut, out, strlen(cut)) && strlen(cut) < sizeof cut);
    }
}

CHECK_MAIN(CHECK_CASE(test_text_aligns_names_left_and_numbers_right),
           CHECK_CASE(test_text_without_rows_is_a_header),
           CHECK_CASE(test_control_characters_do_not_reach_the_terminal),
           CHECK_CASE(test_names_are_shortened_only_to_a_terminal),
           CHECK_CASE(test_wide_characters_are_shortened_by_columns),
           CHECK_CASE(test_several_columns_share_the_loss),
           CHECK_CASE(test_every_type_in_every_output), CHECK_CASE(test_nested_values),
           CHECK_CASE(test_blank_columns_can_be_left_out_of_text),
           CHECK_CASE(test_members_stand_before_the_rows),
           CHECK_CASE(test_colour_marks_growth_and_shrink),
           CHECK_CASE(test_failing_writes_stop_the_rendering),
           CHECK_CASE(test_failing_allocations_are_sticky),
           CHECK_CASE(test_bytes_round_to_the_next_unit), CHECK_CASE(test_times_are_utc),
           CHECK_CASE(test_json_reals_read_back_the_same),
           CHECK_CASE(test_numbers_have_a_point_in_every_locale),
           CHECK_CASE(test_utf8_decodes_what_is_valid_and_nothing_else),
           CHECK_CASE(test_random_bytes_escape_to_printable_utf8))
