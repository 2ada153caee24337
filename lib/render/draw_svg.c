// SPDX-License-Identifier: MIT
// Graphviz' SVG made fit for pages: accessible, with real tooltips, readable on light and dark.
//
// Graphviz writes its elements in a fixed shape, one tag a line:
//     <g id="n12" class="node ordinary">
//     <title>o140</title>
// The ids are ours (dot.c), so the title after one is replaced by that box's or arrow's tooltip.
// Everything before <svg, with the address of a DTD in it, is dropped: a picture needs no network.
#include "render/draw_private.h"

#include <stdlib.h>
#include <string.h>

// Colours change with the page's scheme, except inside of boxes: their fill carries meaning, and
// their text was chosen for it. The page colour is drawn, so that arrows have contrast anywhere.
static const char style[] =
    "<style>\n"
    ".hsn-drawing{max-width:100%;height:auto;font-family:Helvetica,Arial,sans-serif}\n"
    ".hsn-drawing .root text[fill=red]{fill:#c80000}\n"
    "@media (prefers-color-scheme:dark){\n"
    ".hsn-drawing .graph>polygon:first-of-type{fill:#1e1f22}\n"
    ".hsn-drawing .graph>text,.hsn-drawing .cluster text,.hsn-drawing .edge text{fill:#d5d8dd}\n"
    ".hsn-drawing .node polygon{stroke:#9aa0a8}\n"
    ".hsn-drawing .edge path{stroke:#b4bac2}\n"
    ".hsn-drawing .edge polygon{fill:#b4bac2;stroke:#b4bac2}\n"
    ".hsn-drawing .weak path{stroke:#7d838c}\n"
    ".hsn-drawing .weak polygon{fill:#7d838c;stroke:#7d838c}\n"
    ".hsn-drawing .cycle path{stroke:#ff9d4d}\n"
    ".hsn-drawing .cycle polygon{fill:#ff9d4d;stroke:#ff9d4d}\n"
    ".hsn-drawing .break path{stroke:#ff6b6b}\n"
    ".hsn-drawing .break polygon{fill:#ff6b6b;stroke:#ff6b6b}\n"
    ".hsn-drawing .more path,.hsn-drawing .badge path{stroke:#ff6b6b}\n"
    ".hsn-drawing .node.more polygon{stroke:#ff6b6b}\n"
    "}\n"
    "</style>\n";

void hsn__draw_put_xml(hsn__buf *out, const char *text, size_t size)
{
    for (const char *end = text + size; text < end; text++) {
        size_t plain = 0;
        while (text + plain < end && !strchr("&<>\"", text[plain]))
            plain++;
        hsn__buf_append(out, text, plain);
        text += plain;
        if (text == end)
            return;
        hsn__buf_puts(out, *text == '&'   ? "&amp;"
                           : *text == '<' ? "&lt;"
                           : *text == '>' ? "&gt;"
                                          : "&quot;");
    }
}

static void put_xml(hsn__buf *out, const char *text)
{
    hsn__draw_put_xml(out, text, strlen(text));
}

static bool begins(const char *line, size_t length, const char *prefix)
{
    size_t size = strlen(prefix);
    return length >= size && !memcmp(line, prefix, size);
}

// The end of the line that begins at `at`, after its newline.
static size_t line_end(const char *svg, size_t size, size_t at)
{
    const char *newline = memchr(svg + at, '\n', size - at);
    return newline ? (size_t)(newline - svg) + 1 : size;
}

// The tooltip that belongs to `<g id="n12" …` or `<g id="e3" …`; NULL for any other line.
static const char *tooltip_of(const hsn_drawing *drawing, const char *line, size_t length)
{
    bool node = begins(line, length, "<g id=\"n");
    if (!node && !begins(line, length, "<g id=\"e"))
        return NULL;
    char *end;
    unsigned long index = strtoul(line + 8, &end, 10);
    if (end == line + 8 || *end != '"' ||
        index >= (node ? drawing->node_count : drawing->edge_count))
        return NULL;
    return node ? drawing->nodes[index].tooltip : drawing->edges[index].tooltip;
}

static void put_svg_tag(const hsn_drawing *drawing, const char *tag, size_t length, hsn__buf *out)
{
    hsn__buf_puts(out, "<svg class=\"hsn-drawing\" role=\"img\" lang=\"");
    put_xml(out, drawing->head.language);
    hsn__buf_puts(out, "\" xml:lang=\"");
    put_xml(out, drawing->head.language);
    hsn__buf_puts(out, "\" aria-label=\"");
    put_xml(out, drawing->head.title);
    hsn__buf_putc(out, '"');
    hsn__buf_append(out, tag + 4, length - 4);
    hsn__buf_puts(out, "\n<title>");
    put_xml(out, drawing->head.title);
    hsn__buf_puts(out, "</title>\n<desc>");
    put_xml(out, drawing->head.description);
    hsn__buf_puts(out, "</desc>\n");
    hsn__buf_puts(out, style);
}

void hsn__draw_svg_finish(const hsn_drawing *drawing, const char *svg, size_t size, hsn__buf *out)
{
    const char *begin = memmem(svg, size, "<svg", 4);
    const char *close = begin ? memchr(begin, '>', size - (size_t)(begin - svg)) : NULL;
    if (!close) {
        hsn__buf_append(out, svg, size);
        return;
    }
    hsn__buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    put_svg_tag(drawing, begin, (size_t)(close - begin) + 1, out);
    const char *tooltip = NULL;
    size_t at = line_end(svg, size, (size_t)(close - svg));
    while (at < size) {
        size_t end = line_end(svg, size, at), length = end - at;
        if (begins(svg + at, length, "<title>")) {
            // Titles that are not ours are Graphviz' names of nodes: noise.
            if (tooltip && *tooltip) {
                hsn__buf_puts(out, "<title>");
                put_xml(out, tooltip);
                hsn__buf_puts(out, "</title>\n");
            }
            tooltip = NULL;
        } else if (!begins(svg + at, length, "<!--")) {
            const char *found = tooltip_of(drawing, svg + at, length);
            tooltip = found ? found : tooltip;
            hsn__buf_append(out, svg + at, length);
        }
        at = end;
    }
}
