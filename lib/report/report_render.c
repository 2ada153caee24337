// SPDX-License-Identifier: MIT
// The table of outputs, and the words and escapes that they share.
#include "report/report_render.h"

#include "render/json.h"
#include "render/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DEFAULT_LIMIT = 20 };

const char *hsn_report_format_name(hsn_report_format format)
{
    static const char *const names[] = {
#define NAME(name, text) text,
        HSN_REPORT_FORMAT_LIST(NAME)
#undef NAME
    };
    return (unsigned)format < HSN_REPORT_FORMAT_COUNT ? names[format] : "unknown";
}

// ---- escapes ----------------------------------------------------------------------------------

void hsn__put_plain(hsn__buf *out, const char *text)
{
    hsn__text_escape(out, text, strlen(text));
}

typedef struct escape {
    char c;
    const char *text;
} escape;

// Control characters and bytes that are no UTF-8 become '?': no output may carry them.
static void put_escaped(hsn__buf *out, const char *text, const escape *escapes, size_t count)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size;) {
        uint32_t c = 0;
        size_t length = hsn__utf8_decode(text + i, size - i, &c), row = 0;
        while (row < count && text[i] != escapes[row].c)
            row++;
        if (!length || (hsn__utf8_unsafe(c) && row == count))
            hsn__buf_putc(out, '?');
        else if (row < count)
            hsn__buf_puts(out, escapes[row].text);
        else
            hsn__buf_append(out, text + i, length);
        i += length ? length : 1;
    }
}

void hsn__put_xml(hsn__buf *out, const char *text)
{
    static const escape escapes[] = {{'&', "&amp;"},  {'<', "&lt;"},   {'>', "&gt;"},
                                     {'"', "&quot;"}, {'\'', "&#39;"}, {'\n', "&#10;"}};
    put_escaped(out, text, escapes, sizeof escapes / sizeof *escapes);
}

void hsn__put_markdown(hsn__buf *out, const char *text)
{
    static const escape escapes[] = {{'\\', "\\\\"}, {'*', "\\*"},   {'_', "\\_"},  {'`', "\\`"},
                                     {'[', "\\["},   {']', "\\]"},   {'|', "\\|"},  {'#', "\\#"},
                                     {'~', "\\~"},   {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"},
                                     {'@', "&#64;"}, {'\n', " "}};
    put_escaped(out, text, escapes, sizeof escapes / sizeof *escapes);
}

void hsn__put_number(hsn__buf *out, double value)
{
    if (isnan(value))
        hsn__buf_puts(out, "NaN");
    else
        hsn__json_put_real(out, value);
}

// ---- words ------------------------------------------------------------------------------------

void hsn__date_text(int64_t unix_ms, bool with_time, char out[24])
{
    struct tm tm;
    time_t seconds = (time_t)(unix_ms / 1000);
    out[0] = 0;
    if (unix_ms <= 0 || !gmtime_r(&seconds, &tm) || tm.tm_year > 8099)
        return;
    strftime(out, 24, with_time ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d", &tm);
}

void hsn__since_text(const hsn_report_finding *finding, char out[64])
{
    char date[24];
    const hsn_finding_seen *seen = &finding->finding.seen;
    hsn__date_text(seen->first_seen_unix_ms, false, date);
    if (finding->is_new)
        snprintf(out, 64, "new");
    else
        snprintf(out, 64, "%s%s%sseen %llu nights", *date ? "since " : "", date, *date ? ", " : "",
                 (unsigned long long)seen->nights);
}

bool hsn__finding_counts(const hsn_report_finding *finding)
{
    return finding->finding.severity != HSN_SEVERITY_NOTE;
}

// ---- the table --------------------------------------------------------------------------------

int hsn_report_render(const hsn_report *report, hsn_report_format format,
                      const hsn_report_render_options *options, const hsn_writer *writer,
                      hsn_error *err)
{
    // By hsn_report_format.
    static int (*const renderers[])(hsn__rendering *) = {
        hsn__render_text,   hsn__render_json,  hsn__render_csv,         hsn__render_markdown,
        hsn__render_html,   hsn__render_junit, hsn__render_openmetrics, hsn__render_github,
        hsn__render_gitlab, hsn__render_azure, hsn__render_teamcity,
    };
    hsn__buf out = {0};
    hsn__rendering rendering = {.report = report, .out = &out, .writer = writer, .err = err};
    if (options)
        rendering.options = *options;
    if (!rendering.options.limit)
        rendering.options.limit = DEFAULT_LIMIT;
    if ((unsigned)format >= HSN_REPORT_FORMAT_COUNT)
        return hsn__fail(err, HSN_EINVAL, NULL, "no such format of a report");
    int r = renderers[format](&rendering);
    if (r >= 0 && out.failed)
        r = hsn__fail_memory(err);
    int os_errno = r >= 0 && out.size ? writer->write(writer->context, out.data, out.size) : 0;
    if (os_errno)
        r = hsn__fail(err, HSN_EIO, NULL, "cannot write: %s", strerror(os_errno));
    hsn__buf_clear(&out);
    return r;
}
