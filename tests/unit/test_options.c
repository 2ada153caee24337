// SPDX-License-Identifier: MIT
// Unit tests of tools/cli: values of options, and what a command line makes of them.
#include "check.h"
#include "cli/private.h"

#include <stdio.h>
#include <string.h>

static uint64_t count, size_bytes, since_s;
static double share;
static const char *text;
static bool flag;
static int by;
static struct opt_list list;
static struct opt_file svg;

static const char *const bys[] = {"type", "module", NULL};

static const struct opt opts[] = {
    {.type = OPT_COUNT,
     .letter = 'c',
     .name = "count",
     .value = "N",
     .target = &count,
     .help = "c"},
    {.type = OPT_BYTES, .name = "size", .value = "SIZE", .target = &size_bytes, .help = "s"},
    {.type = OPT_DURATION, .name = "since", .value = "TIME", .target = &since_s, .help = "s"},
    {.type = OPT_REAL, .name = "share", .value = "PERCENT", .target = &share, .help = "s"},
    {.type = OPT_TEXT, .letter = 't', .name = "text", .value = "T", .target = &text, .help = "t"},
    {.type = OPT_FLAG, .letter = 'f', .name = "flag", .target = &flag, .help = "f"},
    {.type = OPT_CHOICE, .name = "by", .value = "KEY", .target = &by, .help = "b", .choices = bys},
    {.type = OPT_LIST, .letter = 'l', .name = "list", .value = "L", .target = &list, .help = "l"},
    {.type = OPT_FILE,
     .letter = 's',
     .name = "svg",
     .target = &svg,
     .help = "s",
     .extension = ".svg"},
    {0},
};

static int run(struct cli *cli)
{
    (void)cli;
    return STATUS_OK;
}

const struct tool tool = {
    .name = "test",
    .summary = "test",
    .args = "ARG...",
    .examples = "test a",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS,
    .max_args = 2,
    .run = run,
};

static struct cli_private private;

// Parses the words of a line, which are apart by single blanks; gives the status.
static int parse(const char *line)
{
    static char words[256], name[] = "test";
    char *argv[32] = {name};
    int argc = 1;
    cli_clear(&private);
    private = (struct cli_private){0};
    private.cli.tool = &tool;
    private.cli.private = &private;
    private.cli.limit = UINT64_MAX;
    count = size_bytes = since_s = 0;
    share = 0;
    text = NULL;
    flag = false;
    by = 0;
    list = (struct opt_list){0};
    svg = (struct opt_file){0};
    snprintf(words, sizeof words, "%s", line);
    for (char *word = words; *word; word++) {
        argv[argc++] = word;
        word = strchr(word, ' ');
        if (!word)
            break;
        *word = 0;
    }
    cli_make_rows(&private);
    return cli_parse(&private, argc, argv);
}

static const char *operand(size_t i)
{
    return i < private.cli.arg_count ? private.cli.args[i] : NULL;
}

static void test_counts_are_decimal_and_fit(void)
{
    uint64_t value = 7;
    CHECK(parse_count("18446744073709551615", &value) && value == UINT64_MAX);
    CHECK(parse_count("007", &value) && value == 7);
    static const char *const bad[] = {"",   "-1", "+1",   " 1",
                                      "1 ", "1k", "0x10", "18446744073709551616"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!parse_count(bad[i], &value));
}

static void test_sizes_have_units_of_1024_and_of_1000(void)
{
    uint64_t value = 0;
    CHECK(parse_bytes("512", &value) && value == 512);
    CHECK(parse_bytes("10M", &value) && value == 10485760);
    CHECK(parse_bytes("10MiB", &value) && value == 10485760);
    CHECK(parse_bytes("10MB", &value) && value == 10000000);
    CHECK(parse_bytes("1TiB", &value) && value == UINT64_C(1) << 40);
    static const char *const bad[] = {"M", "1Mb", "1.5M", "-1M", "1 M", "16777216TiB", "1KiBs"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!parse_bytes(bad[i], &value));
}

static void test_durations_add_up(void)
{
    uint64_t value = 0;
    CHECK(parse_duration("90s", &value) && value == 90);
    CHECK(parse_duration("7d 12h", &value) && value == 648000);
    CHECK(parse_duration("7d12h", &value) && value == 648000);
    CHECK(parse_duration("1w1m", &value) && value == 604860);
    static const char *const bad[] = {"", " ", "7", "d", "7x", "7d ", "7d 12", "30500568904944w"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!parse_duration(bad[i], &value));
}

static void test_reals_may_be_percents(void)
{
    double value = 0;
    CHECK(parse_real("1.5", &value) && value == 1.5);
    CHECK(parse_real("5%", &value) && value == 0.05);
    CHECK(parse_real("-2e3", &value) && value == -2000);
    static const char *const bad[] = {"", "%", "nan", "inf", "0x10", "1.5x", "5%%", "1e999", "1,5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!parse_real(bad[i], &value));
}

static void test_operands_and_options_may_mix(void)
{
    CHECK_EQ(parse("a --count 3 b -f"), STATUS_OK);
    CHECK_STR(operand(0), "a");
    CHECK_STR(operand(1), "b");
    CHECK(!operand(2));
    CHECK(flag && count == 3);
    CHECK_EQ(parse("-- --count -f"), STATUS_OK);
    CHECK_STR(operand(0), "--count");
    CHECK_STR(operand(1), "-f");
    CHECK_EQ(parse("-"), STATUS_OK);
    CHECK_STR(operand(0), "-");
    CHECK_EQ(parse("a b c"), STATUS_TROUBLE);
}

static void test_values_follow_in_every_form(void)
{
    CHECK_EQ(parse("-c5 -tx=y"), STATUS_OK);
    CHECK(count == 5);
    CHECK_STR(text, "x=y");
    CHECK_EQ(parse("-fc 5 --text="), STATUS_OK);
    CHECK(flag && count == 5);
    CHECK_STR(text, "");
    CHECK_EQ(parse("--text --count"), STATUS_OK);
    CHECK_STR(text, "--count");
    CHECK_EQ(parse("-l1 --list 2 --list=3"), STATUS_OK);
    CHECK_EQ(list.count, 3);
    CHECK_STR(list.items[2], "3");
    CHECK_EQ(parse("--by=module"), STATUS_OK);
    CHECK_EQ(by, 1);
    CHECK_EQ(parse("--size=1K --since 1h --share 5%"), STATUS_OK);
    CHECK(size_bytes == 1024 && since_s == 3600 && share == 0.05);
}

static void test_the_last_one_wins(void)
{
    CHECK_EQ(parse("--flag --no-flag -c1 -c2 --json --csv"), STATUS_OK);
    CHECK(!flag && count == 2);
    CHECK_EQ(private.cli.format, FORMAT_CSV);
    CHECK_EQ(parse("--csv --format=text"), STATUS_OK);
    CHECK_EQ(private.cli.format, FORMAT_TEXT);
}

static void test_mistakes_are_refused(void)
{
    static const char *const bad[] = {
        "--cou 1", "--count",      "--count=x", "--count=", "--flag=1",  "--no-count=1",
        "--no-by", "--by=x",       "-x",        "-fx",      "-c",        "--=1",
        "---flag", "--no-no-flag", "--no-",     "--flagg",  "--size=1Q", "--share=nan",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ(parse(bad[i]), STATUS_TROUBLE);
}

static void test_an_optional_file_is_known_by_its_extension(void)
{
    CHECK_EQ(parse("--svg dump.db"), STATUS_OK);
    CHECK(svg.given && !svg.path);
    CHECK_STR(operand(0), "dump.db");
    CHECK_EQ(parse("--svg out.svg dump.db"), STATUS_OK);
    CHECK_STR(svg.path, "out.svg");
    CHECK_STR(operand(0), "dump.db");
    CHECK_EQ(parse("dump.db --svg=out"), STATUS_OK);
    CHECK_STR(svg.path, "out");
    CHECK_EQ(parse("dump.db -s"), STATUS_OK);
    CHECK(svg.given && !svg.path);
    CHECK_EQ(parse("-s out.svg"), STATUS_OK);
    CHECK_STR(svg.path, "out.svg");
}

static void check_derived(const char *argument, const char *expected)
{
    static const struct opt_file without = {.given = true};
    CHECK_STR(cli_derived_path(&private.cli, &without, argument, "-x.svg"), expected);
}

static void test_files_are_named_like_their_input(void)
{
    parse("a");
    check_derived("runs/dump.db", "dump-x.svg");
    check_derived("runs/dump.db#last", "dump-x.svg");
    check_derived("app.jsonl.gz", "app-x.svg");
    check_derived("heap", "heap-x.svg");
    check_derived("v1.2.heapsnapshot", "v1.2-x.svg");
    check_derived("v1.2", "v1.2-x.svg");
    check_derived("heap.2026-11-20.pickle.zst", "heap.2026-11-20-x.svg");
    check_derived("web.prof.gz#3", "web-x.svg");
    check_derived("-", "snapshot-x.svg");
    check_derived("runs/", "snapshot-x.svg");
    check_derived(".db", ".db-x.svg");
}

static void test_limits_are_for_people(void)
{
    CHECK_EQ(parse("a"), STATUS_OK);
    CHECK_EQ(private.cli.limit, 20);
    CHECK_EQ(parse("a --json"), STATUS_OK);
    CHECK(private.cli.limit == UINT64_MAX);
    CHECK_EQ(parse("a -n0"), STATUS_OK);
    CHECK(private.cli.limit == UINT64_MAX);
    CHECK_EQ(parse("a --json -n5"), STATUS_OK);
    CHECK_EQ(private.cli.limit, 5);
    cli_clear(&private);
    private = (struct cli_private){0};
}

CHECK_MAIN(CHECK_CASE(test_counts_are_decimal_and_fit),
           CHECK_CASE(test_sizes_have_units_of_1024_and_of_1000), CHECK_CASE(test_durations_add_up),
           CHECK_CASE(test_reals_may_be_percents), CHECK_CASE(test_operands_and_options_may_mix),
           CHECK_CASE(test_values_follow_in_every_form), CHECK_CASE(test_the_last_one_wins),
           CHECK_CASE(test_mistakes_are_refused),
           CHECK_CASE(test_an_optional_file_is_known_by_its_extension),
           CHECK_CASE(test_files_are_named_like_their_input),
           CHECK_CASE(test_limits_are_for_people))
