// SPDX-License-Identifier: MIT
// A drawing as DOT text: the only place where labels are escaped and where colours are chosen.
//
// The look is objgraph's, so that its users read it at once: white root with red text, grey that
// darkens with depth, green modules, blue highlights, dark-red overflow boxes, a red `__del__`
// badge. docs/drawing.md holds the table. Numbers are printed without printf's %g: locales have no
// say.
#include "render/draw_private.h"

#include <inttypes.h>
#include <string.h>

#define FONT "Helvetica,Arial,sans-serif"

// A row of more boxes than this is wider than a screen even when each is narrow.
#define WIDE_ROW 16

typedef struct printer {
    const hsn_drawing *drawing;
    hsn__dot_purpose purpose;
    hsn__buf *out;
} printer;

// Cleaned text inside of a quoted DOT string. Graphviz reads backslashes and HTML entities there.
static void put_escaped(hsn__buf *out, const char *text)
{
    for (const char *rest = text;;) {
        size_t plain = strcspn(rest, "\\\"&\n");
        hsn__buf_append(out, rest, plain);
        rest += plain;
        if (!*rest)
            return;
        hsn__buf_puts(out, *rest == '\\'  ? "\\\\"
                           : *rest == '"' ? "\\\""
                           : *rest == '&' ? "&amp;"
                                          : "\\n");
        rest++;
    }
}

static void put_attribute(hsn__buf *out, const char *name, const char *text)
{
    hsn__buf_printf(out, "%s=\"", name);
    put_escaped(out, text);
    hsn__buf_putc(out, '"');
}

// 0…1000 as 0…1 with a point in every locale.
static void put_mille(hsn__buf *out, unsigned mille)
{
    if (mille >= 1000)
        hsn__buf_putc(out, '1');
    else
        hsn__buf_printf(out, "0.%03u", mille);
}

// Brightness 1 − 0.7·depth/max_depth, in thousandths.
static unsigned brightness(const hsn_drawing *drawing, uint64_t depth)
{
    unsigned max = drawing->head.max_depth;
    if (!max)
        return 1000;
    return 1000 - (unsigned)(700 * (depth < max ? depth : max) / max);
}

static void put_name(hsn__buf *out, const hsn_drawing *drawing, uint32_t index)
{
    uint64_t address = drawing->nodes[index].address;
    if (address)
        hsn__buf_printf(out, "o%" PRIu64, address);
    else
        hsn__buf_printf(out, "n%" PRIu32, index);
}

static void put_node_label(hsn__buf *out, const hsn_draw_node *node)
{
    hsn__buf_puts(out, "label=\"");
    bool first = true;
    for (size_t i = 0; i < HSN_DRAW_LINES; i++) {
        if (!*node->lines[i] && !(i == 0 && node->count > 1))
            continue;
        if (!first)
            hsn__buf_puts(out, "\\n");
        first = false;
        put_escaped(out, node->lines[i]);
        if (i == 0 && node->count > 1) {
            hsn__buf_puts(out, *node->lines[i] ? " \xC3\x97" : "\xC3\x97");
            hsn__draw_number(out, node->count);
        }
    }
    hsn__buf_putc(out, '"');
}

static void put_fill(const printer *p, const hsn_draw_node *node)
{
    unsigned value = brightness(p->drawing, node->depth);
    static const char *const hues[] = {
        [HSN_DRAW_ORDINARY] = "0,0",
        [HSN_DRAW_MODULE] = "0.3,1",
        [HSN_DRAW_HIGHLIGHT] = "0.6,0.6",
    };
    if (node->role == HSN_DRAW_HIGHLIGHT)
        value = 500 + value / 2;
    hsn__buf_printf(p->out, ",fillcolor=\"%s,", hues[node->role]);
    put_mille(p->out, value);
    hsn__buf_putc(p->out, '"');
    // Red on green or blue does not read; the darker red does.
    if (node->flags & HSN_DRAW_ROOT)
        hsn__buf_puts(p->out,
                      node->role == HSN_DRAW_ORDINARY ? ",fontcolor=red" : ",fontcolor=darkred");
    else if (value < 500)
        hsn__buf_puts(p->out, ",fontcolor=white");
}

static const char *node_class(const hsn_draw_node *node)
{
    if (node->flags & HSN_DRAW_ROOT)
        return "root";
    return node->role == HSN_DRAW_MODULE      ? "module"
           : node->role == HSN_DRAW_HIGHLIGHT ? "highlight"
                                              : "ordinary";
}

static void put_tooltip(const printer *p, const char *kind, size_t index, const char *tooltip)
{
    if (p->purpose == HSN__DOT_RENDER) {
        hsn__buf_printf(p->out, ",id=%s%zu", kind, index);
    } else if (*tooltip) {
        hsn__buf_putc(p->out, ',');
        put_attribute(p->out, "tooltip", tooltip);
    }
}

static void put_badge(const printer *p, uint32_t index)
{
    hsn__buf_puts(p->out, "  ");
    put_name(p->out, p->drawing, index);
    hsn__buf_puts(p->out, "->");
    put_name(p->out, p->drawing, index);
    hsn__buf_puts(p->out, "_has_a_del[color=red,style=dotted,len=0.25,weight=10,class=badge];\n  ");
    put_name(p->out, p->drawing, index);
    hsn__buf_puts(p->out, "_has_a_del[label=\"__del__\",shape=doublecircle,height=0.25,"
                          "width=0.25,margin=0,color=red,fillcolor=\"0,.5,1\",fontsize=6,"
                          "class=badge];\n");
}

// A small box for what was left out; `before` when it points to its box.
static void put_more(const printer *p, uint32_t index, const char *text, bool before)
{
    const char *prefix = before ? "too_many_" : "too_many_refs_";
    const hsn_draw_node *node = &p->drawing->nodes[index];
    hsn__buf_puts(p->out, "  ");
    if (before)
        hsn__buf_puts(p->out, prefix);
    put_name(p->out, p->drawing, index);
    hsn__buf_puts(p->out, "->");
    if (!before)
        hsn__buf_puts(p->out, prefix);
    put_name(p->out, p->drawing, index);
    hsn__buf_printf(p->out, "[color=red,style=dotted,len=0.25,weight=10,class=more];\n  %s",
                    prefix);
    put_name(p->out, p->drawing, index);
    hsn__buf_putc(p->out, '[');
    put_attribute(p->out, "label", text);
    hsn__buf_puts(p->out, ",shape=box,height=0.25,color=red,fillcolor=\"0,1,");
    unsigned value = brightness(p->drawing, (uint64_t)node->depth + 1);
    put_mille(p->out, value < 767 ? value : 767);
    hsn__buf_puts(p->out, "\",fontsize=9,fontcolor=white,class=more];\n");
}

static void put_node(const printer *p, uint32_t index)
{
    const hsn_draw_node *node = &p->drawing->nodes[index];
    hsn__buf_puts(p->out, "  ");
    put_name(p->out, p->drawing, index);
    hsn__buf_putc(p->out, '[');
    put_node_label(p->out, node);
    put_fill(p, node);
    if (node->count > 1)
        hsn__buf_puts(p->out, ",peripheries=2");
    if (node->flags & HSN_DRAW_HOLDER)
        hsn__buf_puts(p->out, ",penwidth=2");
    hsn__buf_printf(p->out, ",class=%s", node_class(node));
    put_tooltip(p, "n", index, node->tooltip);
    hsn__buf_puts(p->out, "];\n");
    if (node->flags & HSN_DRAW_FINALIZER)
        put_badge(p, index);
    if (*node->more_sources)
        put_more(p, index, node->more_sources, true);
    if (*node->more_targets)
        put_more(p, index, node->more_targets, false);
}

// "_pending", several on lines of their own, then what has no line: "+ 5 more", "×7".
static void put_edge_label(hsn__buf *out, const hsn_draw_edge *edge)
{
    uint64_t told = edge->label_count + edge->more_labels;
    bool counted = edge->count > 1 && edge->count > told;
    if (!told && !counted)
        return;
    hsn__buf_puts(out, "label=\"");
    for (size_t i = 0; i < edge->label_count; i++) {
        // The blanks keep the text clear of the line beside it.
        hsn__buf_puts(out, i ? "\\n " : " ");
        put_escaped(out, edge->labels[i]);
        hsn__buf_putc(out, ' ');
    }
    if (edge->more_labels) {
        hsn__buf_puts(out, edge->label_count ? "\\n + " : " + ");
        hsn__draw_number(out, edge->more_labels);
        hsn__buf_puts(out, " more ");
    }
    if (counted) {
        hsn__buf_puts(out, told > 1 ? "\\n \xC3\x97" : told ? "\xC3\x97" : " \xC3\x97");
        hsn__draw_number(out, edge->count);
        hsn__buf_putc(out, ' ');
    }
    hsn__buf_puts(out, "\",");
}

static void put_edge(const printer *p, uint32_t index)
{
    static const char *const styles[] = {
        [HSN_DRAW_STRONG] = "class=strong",
        [HSN_DRAW_WEAK] = "style=dashed,color=gray50,fontcolor=gray40,class=weak",
        [HSN_DRAW_CYCLE] = "color=\"#c44f00\",fontcolor=\"#a04000\",penwidth=1.5,class=cycle",
        [HSN_DRAW_BREAK] = "color=red,fontcolor=\"#c00000\",penwidth=2.5,class=break",
        [HSN_DRAW_ELIDED] = "style=dotted,class=elided",
    };
    const hsn_draw_edge *edge = &p->drawing->edges[index];
    hsn__buf_puts(p->out, "  ");
    put_name(p->out, p->drawing, edge->against ? edge->target : edge->source);
    hsn__buf_puts(p->out, " -> ");
    put_name(p->out, p->drawing, edge->against ? edge->source : edge->target);
    hsn__buf_puts(p->out, " [");
    put_edge_label(p->out, edge);
    if (edge->weight)
        hsn__buf_printf(p->out, "weight=%u,", edge->weight);
    if (edge->against)
        hsn__buf_puts(p->out, "dir=back,");
    hsn__buf_puts(p->out, styles[edge->style]);
    put_tooltip(p, "e", index, edge->tooltip);
    hsn__buf_puts(p->out, "];\n");
}

static bool is_wide(const hsn_drawing *drawing)
{
    uint32_t rows[64] = {0};
    for (size_t i = 0; i < drawing->node_count; i++)
        if (++rows[drawing->nodes[i].depth % 64] > WIDE_ROW)
            return true;
    return false;
}

static void put_head(const printer *p)
{
    const hsn_draw_head *head = &p->drawing->head;
    bool right = head->direction == HSN_DRAW_RIGHT ||
                 (head->direction == HSN_DRAW_AUTO && is_wide(p->drawing));
    hsn__buf_puts(p->out, "digraph ObjectGraph {\n  graph[");
    if (right)
        hsn__buf_puts(p->out, "rankdir=LR,");
    hsn__buf_printf(p->out, "ranksep=%s,nodesep=%s,fontname=\"" FONT "\",fontsize=11",
                    right ? "1.2" : "0.5", right ? "0.15" : "0.25");
    if (*head->title) {
        hsn__buf_putc(p->out, ',');
        put_attribute(p->out, "label", head->title);
        hsn__buf_puts(p->out, ",labelloc=b");
    }
    hsn__buf_puts(p->out,
                  "];\n  node[shape=box, style=filled, fillcolor=white, fontname=\"" FONT "\", "
                  "fontsize=12, height=0.3, margin=\"0.1,0.05\"];\n  edge[fontname=\"" FONT "\", "
                  "fontsize=10, arrowsize=0.8");
    // Side by side, arrows that leave and enter at the sides cross fewer boxes.
    hsn__buf_puts(p->out, right ? ", tailport=e, headport=w];\n" : "];\n");
}

static void put_clusters(const printer *p)
{
    const hsn_drawing *drawing = p->drawing;
    for (uint32_t c = 0; c < drawing->cluster_count; c++) {
        hsn__buf_printf(p->out, "  subgraph cluster_%" PRIu32 " { ", c);
        put_attribute(p->out, "label", drawing->clusters[c]);
        hsn__buf_puts(p->out, "; color=gray60; fontsize=11;");
        for (uint32_t i = 0; i < drawing->node_count; i++)
            if (drawing->nodes[i].cluster == c + 1) {
                hsn__buf_putc(p->out, ' ');
                put_name(p->out, drawing, i);
                hsn__buf_putc(p->out, ';');
            }
        hsn__buf_puts(p->out, " }\n");
    }
}

void hsn__dot_print(const hsn_drawing *drawing, hsn__dot_purpose purpose, hsn__buf *out)
{
    printer p = {drawing, purpose, out};
    put_head(&p);
    for (uint32_t i = 0; i < drawing->node_count; i++)
        put_node(&p, i);
    put_clusters(&p);
    for (uint32_t i = 0; i < drawing->edge_count; i++)
        put_edge(&p, i);
    hsn__buf_puts(out, "}\n");
}
