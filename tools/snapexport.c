// SPDX-License-Identifier: MIT
// snapexport: the allocation profile of a snapshot in the formats of other tools.
#include "cli/tool.h"

#include <heapsnap/export.h>

#include <string.h>
#include <unistd.h>

static const char *const formats[] = {
#define WORD(name, word, title) word,
    HSN_EXPORT_LIST(WORD)
#undef WORD
        NULL};

static int to = HSN_EXPORT_COUNT;
static const char *output, *metric;
static bool counts;

static const struct opt opts[] = {
    {OPT_CHOICE, 0, "to", "FORMAT", &to, "the format to write", .choices = formats},
    {OPT_TEXT, 'o', "output", "FILE", &output, "write into FILE; default or -: standard output"},
    {OPT_TEXT, 0, "metric", "NAME", &metric,
     "only this metric: inuse, alloc, peak, cpu …; snapinfo lists those of a snapshot"},
    {OPT_FLAG, 0, "counts", NULL, &counts, "folded: write counts in place of bytes"},
    {0},
};

static int run(struct cli *cli)
{
    hsn_export_options options = {.metric = metric, .by_count = counts};
    struct snapshot *snapshot;
    hsn_profile profile = {0};
    hsn_error err = {0};
    struct out *out;
    if (to == HSN_EXPORT_COUNT)
        return cli_usage(cli, "--to FORMAT is needed: pprof, folded, speedscope or csv");
    if (counts && to != HSN_EXPORT_FOLDED)
        return cli_usage(cli, "--counts goes with --to folded; the others carry both");
    bool to_stdout = !output || !strcmp(output, "-");
    if (to == HSN_EXPORT_PPROF && to_stdout && isatty(STDOUT_FILENO))
        return cli_usage(cli, "pprof's format is not for terminals; use -o FILE");
    int r = cli_open(cli, cli->args[0], &snapshot);
    if (r)
        return r;
    if (hsn_profile_read(snapshot->store, snapshot->id, &profile, &err) < 0)
        return cli_failed(cli, snapshot->argument, &err);
    r = out_open(cli, output, &out);
    if (!r) {
        hsn_writer writer = out_writer(out);
        if (hsn_export_profile(&profile, snapshot->info, (hsn_export_format)to, &options, &writer,
                               &err) < 0) {
            out_abandon(out);
            r = cli_failed(cli, snapshot->argument, &err);
        } else {
            r = out_close(out);
        }
    }
    hsn_profile_free(&profile);
    return r;
}

const struct tool tool = {
    .name = "snapexport",
    .summary = "write the allocation profile of a snapshot in the format of another tool",
    .args = "SNAPSHOT --to FORMAT",
    .examples = "snapexport a.db --to pprof -o a.pb.gz\n"
                "snapexport a.db --to folded --metric inuse\n"
                "snapexport a.pickle --to speedscope -o a.speedscope.json\n"
                "snapexport a.db --to csv",
    .opts = opts,
    .features = TOOL_SNAPSHOTS,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
