// SPDX-License-Identifier: MIT
// snapreport: the nightly regression report and gate.
#include "cli/tool.h"

#include <heapsnap/report.h>

#include <string.h>
#include <unistd.h>

static const char *const formats[] = {
#define WORD(name, text) text,
    HSN_REPORT_FORMAT_LIST(WORD)
#undef WORD
        NULL};

// Words of --annotations, and the format of each.
static const char *const kinds[] = {"none", "github", "gitlab", "azure", "teamcity", NULL};
static const hsn_report_format kind_formats[] = {
    HSN_REPORT_TEXT, HSN_REPORT_GITHUB, HSN_REPORT_GITLAB, HSN_REPORT_AZURE, HSN_REPORT_TEAMCITY};
static const char *const limits[] = {"fail", "warn", "never", NULL};
enum { FAIL_ON_FAIL, FAIL_ON_WARN };

static const char *history, *html, *markdown, *junit, *openmetrics, *json, *annotations_file;
static int annotations, fail_on;
static bool append = true;

static const struct opt opts[] = {
    {OPT_TEXT, 0, "history", "FILE", &history,
     "the store of earlier nights, instead of the policy's 'history'; tonight is added to it"},
    {OPT_FLAG, 0, "append", NULL, &append,
     "add the snapshots and the findings to the history (the default; --no-append only looks)"},
    {OPT_CHOICE, 0, "fail-on", "WHAT", &fail_on,
     "status 1 when something failed, or when something warned, or never", .choices = limits},
    {OPT_GROUP, 0, "Further outputs, each written beside the one on standard output"},
    {OPT_TEXT, 0, "html", "FILE", &html, "a page that stands alone, with pictures"},
    {OPT_TEXT, 0, "md", "FILE", &markdown, "Markdown, for a comment of a pull request"},
    {OPT_TEXT, 0, "junit", "FILE", &junit, "JUnit XML: a test case for each rule"},
    {OPT_TEXT, 0, "openmetrics", "FILE", &openmetrics,
     "OpenMetrics text, for node_exporter's textfile collector"},
    {OPT_TEXT, 0, "write-json", "FILE", &json, "the document of --json"},
    {OPT_CHOICE, 0, "annotations", "SYSTEM", &annotations, "findings in the words of a CI system",
     .choices = kinds},
    {OPT_TEXT, 0, "annotations-file", "FILE", &annotations_file,
     "where they go; default: standard output, after the report"},
    {0},
};

typedef struct output {
    const char *path; // NULL = standard output
    hsn_report_format format;
} output;

static int write_output(struct cli *cli, const hsn_report *report, const output *to)
{
    struct out *out;
    hsn_error err = {0};
    bool to_stdout = !to->path || !strcmp(to->path, "-");
    if (out_open(cli, to->path, &out))
        return STATUS_TROUBLE;
    hsn_writer writer = out_writer(out);
    char folder[4096];
    hsn_report_render_options options = {.folder = getcwd(folder, sizeof folder),
                                         .limit = cli->limit == UINT64_MAX ? SIZE_MAX
                                                                           : (size_t)cli->limit,
                                         .exact_bytes = cli->exact_bytes,
                                         .color = cli->color && to_stdout};
    int r = hsn_report_render(report, to->format, &options, &writer, &err);
    if (r < 0 && r != HSN_EIO) {
        out_abandon(out);
        return cli_failed(cli, to->path, &err);
    }
    return out_close(out);
}

// Every output, the one that -o names or standard output first.
static size_t list_outputs(struct cli *cli, output *out)
{
    const output all[] = {{html, HSN_REPORT_HTML},
                          {markdown, HSN_REPORT_MARKDOWN},
                          {junit, HSN_REPORT_JUNIT},
                          {openmetrics, HSN_REPORT_OPENMETRICS},
                          {json, HSN_REPORT_JSON}};
    size_t count = 0;
    out[count++] = (output){cli->output, (hsn_report_format)cli->format};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].path)
            out[count++] = all[i];
    if (annotations)
        out[count++] = (output){annotations_file, kind_formats[annotations]};
    return count;
}

static int check_outputs(struct cli *cli, const output *outputs, size_t count)
{
    if (annotations_file && !annotations)
        return cli_usage(cli, "--annotations-file needs --annotations");
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            const char *a = outputs[i].path ? outputs[i].path : "-";
            const char *b = outputs[j].path ? outputs[j].path : "-";
            bool after_text = !j && i + 1 == count && annotations && cli->format == FORMAT_TEXT;
            if (!strcmp(a, b) && !(after_text && !strcmp(a, "-")))
                return cli_usage(cli, "two outputs go to %s",
                                 strcmp(a, "-") ? a : "standard output");
        }
    return STATUS_OK;
}

static int judge(struct cli *cli, hsn_report *report)
{
    hsn_policy *policy = NULL;
    hsn_error err = {0};
    hsn_report_options options = {.inputs = cli->args + 1,
                                  .input_count = cli->arg_count - 1,
                                  .history = history,
                                  .pictures = html || cli->format == (int)HSN_REPORT_HTML,
                                  .keep = append,
                                  .progress = cli_progress(cli)};
    int r = hsn_policy_read(&policy, cli->args[0], &err);
    if (r >= 0)
        r = hsn_report_run(policy, &options, report, &err);
    hsn_policy_free(policy);
    return r < 0 ? cli_failed(cli, NULL, &err) : STATUS_OK;
}

static int run(struct cli *cli)
{
    hsn_report report = {0};
    output outputs[8];
    size_t count = list_outputs(cli, outputs);
    int r = check_outputs(cli, outputs, count);
    if (!r)
        r = judge(cli, &report);
    if (r)
        return r;
    for (size_t i = 0; i < report.warning_count; i++)
        cli_warn(cli, NULL, "%s", report.warnings[i]);
    if (report.is_partial)
        cli_partial(cli);
    if (report.kept)
        cli_note(cli, "%s: %zu snapshot%s added", report.history, report.kept,
                 report.kept == 1 ? "" : "s");
    for (size_t i = 0; i < count && !r; i++)
        r = write_output(cli, &report, &outputs[i]);
    if (!r && report.is_partial && cli->strict)
        r = cli_error(cli, NULL, "some input was left out, or some rule not judged (--strict)");
    bool failed = report.verdict == HSN_OUTCOME_FAILED ||
                  (report.verdict == HSN_OUTCOME_WARNED && fail_on == FAIL_ON_WARN);
    if (!r && failed && fail_on <= FAIL_ON_WARN)
        r = STATUS_FINDING;
    hsn_report_free(&report);
    return r;
}

const struct tool tool = {
    .name = "snapreport",
    .summary = "judge snapshots by a policy: the nightly regression report",
    .args = "POLICY [SNAPSHOT...]",
    .examples = "snapreport policy.yaml nightly.db\n"
                "snapreport policy.yaml --history history.db tonight.jsonl\n"
                "snapreport policy.yaml nightly.db --junit report.xml --md report.md\n"
                "snapreport policy.yaml nightly.db --annotations=github --fail-on=warn",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS,
    .min_args = 1,
    .formats = formats,
    .exit_notes = "a rule failed (see --fail-on)",
    .run = run,
};
