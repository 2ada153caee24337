// SPDX-License-Identifier: MIT
// Layout and rendering by the Graphviz libraries, in-process. The only file that includes them.
//
// Graphviz keeps process-wide state, so this file must: its text measuring (pango plug-in, 2.43)
// remembers a font's name that dies with the context, and reads it again in the next one. One
// context for the life of the process is the only safe way; a lock lets one thread in at a time.
// Its messages are kept from stderr and come back in the error.
#include "render/draw_private.h"
#include "base/alloc.h"

#include <graphviz/cgraph.h>
#include <graphviz/graphviz_version.h>
#include <graphviz/gvc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

// From so many boxes on, bounded effort: network simplex and crossing minimisation are superlinear.
#define LARGE_NODES 150
#define LARGE_EDGES 400

// Made on first use, never freed, see above.
static GVC_t *shared_context;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// A refusal of Graphviz with the last words that it left, on one line.
static int refuse(hsn_error *err, const char *what)
{
    char *words = aglasterr();
    if (words) {
        size_t length = strlen(words);
        while (length && (words[length - 1] == '\n' || words[length - 1] == '.'))
            words[--length] = 0;
    }
    const char *text = words && *words ? words : "no reason given";
    if (!strncmp(text, "Error: ", 7))
        text += 7;
    int r = hsn__fail(err, HSN_EUNSUPPORTED, NULL, "%s: %s", what, text);
    hsn__free(words);
    return r;
}

// Graphviz reads the texts only, but its prototypes do not say so.
static void set_attribute(Agraph_t *graph, const char *name, const char *value)
{
    agsafeset(graph, (char *)name, (char *)value, (char *)"");
}

static void bound_effort(Agraph_t *graph)
{
    if (agnnodes(graph) < LARGE_NODES && agnedges(graph) < LARGE_EDGES)
        return;
    set_attribute(graph, "nslimit", "2");
    set_attribute(graph, "nslimit1", "2");
    set_attribute(graph, "mclimit", "0.5");
}

// The bytes of the picture out of Graphviz' own memory.
static int take_picture(GVC_t *context, Agraph_t *graph, const char *format, hsn__buf *out,
                        hsn_error *err)
{
    char *data = NULL;
    unsigned size = 0;
    int r = HSN_OK;
    if (gvRenderData(context, graph, format, &data, &size) || !data || !size) {
        r = refuse(err, "graphviz could not render");
        goto done;
    }
    hsn__buf_append(out, data, size);
    if (out->failed)
        r = size >= HSN__DRAW_MAX_BYTES
                ? hsn__fail_limit(err, "bytes of a picture", HSN__DRAW_MAX_BYTES)
                : hsn__fail_memory(err);
done:
    gvFreeRenderData(data);
    return r;
}

static int render(GVC_t *context, const char *dot, const char *format, hsn__buf *out,
                  hsn_error *err)
{
    int r = HSN_OK;
    bool laid_out = false;
    Agraph_t *graph = agmemread(dot);
    if (!graph) {
        r = refuse(err, "graphviz could not read the graph");
        goto done;
    }
    bound_effort(graph);
    if (!strcmp(format, "png"))
        set_attribute(graph, "dpi", "120");
    if (gvLayout(context, graph, "dot")) {
        r = refuse(err, "graphviz could not lay out the graph");
        goto done;
    }
    laid_out = true;
    r = take_picture(context, graph, format, out, err);
done:
    // Labelled arrows in a row, which clusters bring about, make dot 2.43 move an array whose old
    // address its clean-up frees. Forgetting the layout of such a graph is the lesser evil.
    if (laid_out && !agfstsubg(graph))
        gvFreeLayout(context, graph);
    if (graph)
        agclose(graph);
    return r;
}

int hsn__graphviz_render(const char *dot, const char *format, hsn__buf *out, hsn_error *err)
{
    int r;
    pthread_mutex_lock(&lock);
    agerrlevel_t before = agseterr(AGMAX); // nothing is printed, the last message is kept
    if (!shared_context)
        shared_context = gvContext();
    if (shared_context)
        r = render(shared_context, dot, format, out, err);
    else
        r = refuse(err, "graphviz could not start");
    agseterr(before);
    pthread_mutex_unlock(&lock);
    return r;
}

const char *hsn_draw_graphviz_version(void)
{
    return PACKAGE_VERSION;
}
