// SPDX-License-Identifier: MIT
// Findings in the words of CI systems: GitHub, GitLab, Azure Pipelines, TeamCity.
//
// Sources: GitHub "Workflow commands", GitLab "Code Quality report format", Azure Pipelines
// "Logging commands", TeamCity "Service messages".
#include "report/report_render.h"

#include "render/json.h"

#include <stdlib.h>
#include <string.h>

// A place in the program: the allocating line of the finding, or of what explains it.
typedef struct spot {
    char file[512];
    unsigned long line;
} spot;

static bool find_spot(const hsn__rendering *r, size_t index, spot *out)
{
    const char *text = r->report->findings[index].finding.allocated_at;
    for (size_t i = 0; !*text && i < r->report->finding_count; i++)
        if (r->report->findings[i].cause_of == index)
            text = r->report->findings[i].finding.allocated_at;
    const char *words = strstr(text, " in ");
    const char *end = words ? words : text + strlen(text), *mark = end;
    while (mark > text && *mark != ':')
        mark--;
    if (mark == text || (size_t)(mark - text) >= sizeof out->file)
        return false;
    memcpy(out->file, text, (size_t)(mark - text));
    out->file[mark - text] = 0;
    out->line = strtoul(mark + 1, NULL, 10);
    // CI systems know the files of a checkout by their place in it.
    const char *folder = r->options.folder ? r->options.folder : "";
    size_t length = strlen(folder);
    if (length && !strncmp(out->file, folder, length) && out->file[length] == '/')
        memmove(out->file, out->file + length + 1, strlen(out->file) - length);
    return true;
}

static bool stands_alone(const hsn_report_finding *finding)
{
    return hsn__finding_counts(finding) && finding->cause_of == SIZE_MAX;
}

static bool fails(const hsn_report_finding *finding)
{
    return finding->finding.severity == HSN_SEVERITY_FAIL;
}

typedef struct escape {
    char c;
    const char *text;
} escape;

static void put_escaped(hsn__buf *out, const char *text, const escape *escapes, size_t count)
{
    for (const char *p = text; *p; p++) {
        size_t row = 0;
        while (row < count && escapes[row].c != *p)
            row++;
        if (row < count)
            hsn__buf_puts(out, escapes[row].text);
        else
            hsn__buf_putc(out, (unsigned char)*p < 0x20 ? ' ' : *p);
    }
}

// ---- GitHub and Azure -------------------------------------------------------------------------

static void put_percent(hsn__buf *out, const char *text, bool property)
{
    static const escape escapes[] = {
        {'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}, {':', "%3A"}, {',', "%2C"}};
    put_escaped(out, text, escapes, property ? 5 : 3);
}

int hsn__render_github(hsn__rendering *r)
{
    for (size_t i = 0; i < r->report->finding_count; i++) {
        const hsn_report_finding *finding = &r->report->findings[i];
        spot at;
        if (!stands_alone(finding))
            continue;
        hsn__buf_printf(r->out, "::%s ", fails(finding) ? "error" : "warning");
        if (find_spot(r, i, &at)) {
            hsn__buf_puts(r->out, "file=");
            put_percent(r->out, at.file, true);
            hsn__buf_printf(r->out, ",line=%lu,", at.line ? at.line : 1);
        }
        hsn__buf_puts(r->out, "title=heapsnap ");
        put_percent(r->out, finding->finding.rule, true);
        hsn__buf_puts(r->out, "::");
        put_percent(r->out, finding->finding.message, false);
        hsn__buf_putc(r->out, '\n');
    }
    return HSN_OK;
}

int hsn__render_azure(hsn__rendering *r)
{
    static const escape in_property[] = {
        {'%', "%AZP25"}, {';', "%3B"}, {']', "%5D"}, {'\r', "%0D"}, {'\n', "%0A"}};
    static const escape in_text[] = {{'%', "%AZP25"}, {'\r', "%0D"}, {'\n', "%0A"}};
    for (size_t i = 0; i < r->report->finding_count; i++) {
        const hsn_report_finding *finding = &r->report->findings[i];
        spot at;
        if (!stands_alone(finding))
            continue;
        hsn__buf_printf(r->out, "##vso[task.logissue type=%s;",
                        fails(finding) ? "error" : "warning");
        if (find_spot(r, i, &at)) {
            hsn__buf_puts(r->out, "sourcepath=");
            put_escaped(r->out, at.file, in_property, 5);
            hsn__buf_printf(r->out, ";linenumber=%lu;", at.line ? at.line : 1);
        }
        hsn__buf_puts(r->out, "code=");
        put_escaped(r->out, finding->finding.rule, in_property, 5);
        hsn__buf_puts(r->out, ";]");
        put_escaped(r->out, finding->finding.message, in_text, 3);
        hsn__buf_putc(r->out, '\n');
    }
    return HSN_OK;
}

// ---- TeamCity ---------------------------------------------------------------------------------

int hsn__render_teamcity(hsn__rendering *r)
{
    static const escape escapes[] = {{'|', "||"}, {'\'', "|'"}, {'[', "|["},
                                     {']', "|]"}, {'\n', "|n"}, {'\r', "|r"}};
    for (size_t i = 0; i < r->report->finding_count; i++) {
        const hsn_report_finding *finding = &r->report->findings[i];
        if (!stands_alone(finding))
            continue;
        if (fails(finding))
            hsn__buf_printf(r->out, "##teamcity[buildProblem identity='%s' description='",
                            finding->finding.fingerprint);
        else
            hsn__buf_puts(r->out, "##teamcity[message status='WARNING' text='");
        put_escaped(r->out, finding->finding.message, escapes, 6);
        hsn__buf_puts(r->out, "']\n");
    }
    return HSN_OK;
}

// ---- GitLab -----------------------------------------------------------------------------------

int hsn__render_gitlab(hsn__rendering *r)
{
    bool first = true;
    hsn__buf_puts(r->out, "[");
    for (size_t i = 0; i < r->report->finding_count; i++) {
        const hsn_report_finding *finding = &r->report->findings[i];
        spot at = {.line = 1};
        if (!stands_alone(finding))
            continue;
        // GitLab wants a file for each; the policy stands for what has no line of its own.
        const char *file = find_spot(r, i, &at) ? at.file : r->report->policy_path;
        hsn__buf_puts(r->out, first ? "\n" : ",\n");
        first = false;
        hsn__buf_puts(r->out, "  {\"description\": ");
        hsn__json_put_text(r->out, finding->finding.message, strlen(finding->finding.message));
        hsn__buf_puts(r->out, ", \"check_name\": ");
        hsn__json_put_text(r->out, finding->finding.rule, strlen(finding->finding.rule));
        hsn__buf_printf(r->out, ", \"fingerprint\": \"%s\", \"severity\": \"%s\"",
                        finding->finding.fingerprint, fails(finding) ? "major" : "minor");
        hsn__buf_puts(r->out, ", \"location\": {\"path\": ");
        hsn__json_put_text(r->out, file, strlen(file));
        hsn__buf_printf(r->out, ", \"lines\": {\"begin\": %lu}}}", at.line ? at.line : 1);
    }
    hsn__buf_puts(r->out, first ? "]\n" : "\n]\n");
    return HSN_OK;
}
