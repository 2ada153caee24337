// SPDX-License-Identifier: MIT
// Unit tests of the drawing: DOT is compared as text, pictures by what must be in them.
#include "heapsnap/draw.h"
#include "base/alloc.h"
#include "check.h"
#include "render/draw_private.h"

#include <stdio.h>
#include <string.h>

#define DOT_HEAD                                                                                   \
    "digraph ObjectGraph {\n"                                                                      \
    "  graph[ranksep=0.5,nodesep=0.25,fontname=\"Helvetica,Arial,sans-serif\",fontsize=11];\n"     \
    "  node[shape=box, style=filled, fillcolor=white, fontname=\"Helvetica,Arial,sans-serif\", "   \
    "fontsize=12, height=0.3, margin=\"0.1,0.05\"];\n"                                             \
    "  edge[fontname=\"Helvetica,Arial,sans-serif\", fontsize=10, arrowsize=0.8];\n"

static hsn_drawing *new_drawing(unsigned max_depth)
{
    hsn_error err = {0};
    hsn_drawing *drawing = NULL;
    hsn_draw_head head = {.max_depth = max_depth};
    CHECK_OK(hsn_drawing_new(&drawing, &head, &err), &err);
    return drawing;
}

static uint32_t add_node(hsn_drawing *drawing, hsn_draw_node node)
{
    hsn_error err = {0};
    uint32_t index = HSN_NONE;
    CHECK_OK(hsn_drawing_add_node(drawing, &node, &index, &err), &err);
    return index;
}

static uint32_t add_cluster(hsn_drawing *drawing, const char *title)
{
    hsn_error err = {0};
    uint32_t index = HSN_NONE;
    CHECK_OK(hsn_drawing_add_cluster(drawing, title, &index, &err), &err);
    return index;
}

static void add_edge(hsn_drawing *drawing, hsn_draw_edge edge)
{
    hsn_error err = {0};
    CHECK_OK(hsn_drawing_add_edge(drawing, &edge, &err), &err);
}

// Renders, compares when `expected` is given, and hands the text over (hsn_drawing_free_data).
static char *render(const hsn_drawing *drawing, hsn_draw_format format, size_t *out_size)
{
    hsn_error err = {0};
    char *data = NULL;
    size_t size = 0;
    CHECK_OK(hsn_drawing_render(drawing, format, &data, &size, &err), &err);
    if (out_size)
        *out_size = size;
    return data;
}

static void check_dot(hsn_drawing *drawing, const char *expected)
{
    char *dot = render(drawing, HSN_DRAW_DOT, NULL);
    CHECK_STR(dot, expected);
    hsn_drawing_free_data(dot);
    hsn_drawing_free(drawing);
}

static void test_draw_empty_drawing_is_a_graph(void)
{
    check_dot(new_drawing(3), DOT_HEAD "}\n");
}

static void test_draw_grey_darkens_and_text_turns_white(void)
{
    hsn_drawing *drawing = new_drawing(3);
    for (uint32_t depth = 0; depth < 5; depth++)
        add_node(drawing, (hsn_draw_node){.address = depth + 1, .lines = {"T"}, .depth = depth});
    check_dot(drawing,
              DOT_HEAD "  o1[label=\"T\",fillcolor=\"0,0,1\",class=ordinary,tooltip=\"T\"];\n"
                       "  o2[label=\"T\",fillcolor=\"0,0,0.767\",class=ordinary,tooltip=\"T\"];\n"
                       "  o3[label=\"T\",fillcolor=\"0,0,0.534\",class=ordinary,tooltip=\"T\"];\n"
                       "  o4[label=\"T\",fillcolor=\"0,0,0.300\",fontcolor=white,class=ordinary,"
                       "tooltip=\"T\"];\n"
                       "  o5[label=\"T\",fillcolor=\"0,0,0.300\",fontcolor=white,class=ordinary,"
                       "tooltip=\"T\"];\n}\n");
}

static void test_draw_roles_and_flags_choose_colours(void)
{
    hsn_drawing *drawing = new_drawing(3);
    add_node(drawing, (hsn_draw_node){.address = 1, .lines = {"R"}, .flags = HSN_DRAW_ROOT});
    add_node(drawing, (hsn_draw_node){.address = 2,
                                      .lines = {"module", "app"},
                                      .depth = 3,
                                      .role = HSN_DRAW_MODULE,
                                      .flags = HSN_DRAW_HOLDER});
    add_node(drawing, (hsn_draw_node){.lines = {"H"}, .depth = 3, .role = HSN_DRAW_HIGHLIGHT});
    add_node(drawing,
             (hsn_draw_node){.address = 4, .role = HSN_DRAW_MODULE, .flags = HSN_DRAW_ROOT});
    check_dot(drawing, DOT_HEAD
              "  o1[label=\"R\",fillcolor=\"0,0,1\",fontcolor=red,class=root,tooltip=\"R\"];\n"
              "  o2[label=\"module\\napp\",fillcolor=\"0.3,1,0.300\",fontcolor=white,penwidth=2,"
              "class=module,tooltip=\"module\\napp\"];\n"
              "  n2[label=\"H\",fillcolor=\"0.6,0.6,0.650\",class=highlight,tooltip=\"H\"];\n"
              "  o4[label=\"\",fillcolor=\"0.3,1,1\",fontcolor=darkred,class=root];\n}\n");
}

static void test_draw_group_tells_its_count_and_what_was_left_out(void)
{
    hsn_drawing *drawing = new_drawing(3);
    add_node(drawing, (hsn_draw_node){.address = 9,
                                      .lines = {"Request", NULL, "57 KiB"},
                                      .count = 1204,
                                      .tooltip = "all",
                                      .flags = HSN_DRAW_FINALIZER,
                                      .more_sources = "38 more backreferences",
                                      .more_targets = "1 more reference"});
    check_dot(drawing, DOT_HEAD
              "  o9[label=\"Request \xC3\x97"
              "1 204\\n57 KiB\",fillcolor=\"0,0,1\",peripheries=2,"
              "class=ordinary,tooltip=\"all\"];\n"
              "  o9->o9_has_a_del[color=red,style=dotted,len=0.25,weight=10,class=badge];\n"
              "  o9_has_a_del[label=\"__del__\",shape=doublecircle,height=0.25,width=0.25,margin=0,"
              "color=red,fillcolor=\"0,.5,1\",fontsize=6,class=badge];\n"
              "  too_many_o9->o9[color=red,style=dotted,len=0.25,weight=10,class=more];\n"
              "  too_many_o9[label=\"38 more backreferences\",shape=box,height=0.25,color=red,"
              "fillcolor=\"0,1,0.767\",fontsize=9,fontcolor=white,class=more];\n"
              "  o9->too_many_refs_o9[color=red,style=dotted,len=0.25,weight=10,class=more];\n"
              "  too_many_refs_o9[label=\"1 more reference\",shape=box,height=0.25,color=red,"
              "fillcolor=\"0,1,0.767\",fontsize=9,fontcolor=white,class=more];\n}\n");
}

static void test_draw_parallel_references_are_one_arrow(void)
{
    hsn_drawing *drawing = new_drawing(0);
    add_node(drawing, (hsn_draw_node){.address = 1});
    add_node(drawing, (hsn_draw_node){.address = 2});
    add_edge(drawing, (hsn_draw_edge){.source = 0,
                                      .target = 1,
                                      .labels = (const char *[]){"a", NULL, "b", "c", "", "d", "e"},
                                      .label_count = 7,
                                      .more_labels = 2,
                                      .count = 7,
                                      .weight = 2});
    add_edge(drawing, (hsn_draw_edge){.source = 1, .target = 0, .count = 3, .against = 1});
    add_edge(drawing, (hsn_draw_edge){.source = 1,
                                      .target = 1,
                                      .labels = (const char *[]){"[*]"},
                                      .label_count = 1,
                                      .count = 1204,
                                      .style = HSN_DRAW_WEAK});
    check_dot(drawing, DOT_HEAD
              "  o1[label=\"\",fillcolor=\"0,0,1\",class=ordinary];\n"
              "  o2[label=\"\",fillcolor=\"0,0,1\",class=ordinary];\n"
              "  o1 -> o2 [label=\" a \\n b \\n c \\n d \\n + 3 more \",weight=2,class=strong,"
              "tooltip=\"a\\nb\\nc\\nd\\ne\"];\n"
              "  o1 -> o2 [label=\" \xC3\x97"
              "3 \",dir=back,class=strong];\n"
              "  o2 -> o2 [label=\" [*] \xC3\x97"
              "1 204 \",style=dashed,color=gray50,"
              "fontcolor=gray40,class=weak,tooltip=\"[*]\"];\n}\n");
}

static void test_draw_hostile_text_is_escaped_once(void)
{
    hsn_drawing *drawing = new_drawing(0);
    add_node(drawing,
             (hsn_draw_node){.address = 1,
                             .lines = {"a\"b\\N&lt;\n<x>", "\xff\x01\xe2\x80\xae", "]; evil"}});
    check_dot(drawing, DOT_HEAD
              "  o1[label=\"a\\\"b\\\\N&amp;lt;\\\\n<x>\\n\xEF\xBF\xBD\\\\x01\\\\u202e\\n]; "
              "evil\",fillcolor=\"0,0,1\",class=ordinary,tooltip=\"a\\\"b\\\\N&amp;lt;\\\\n"
              "<x>\\n\xEF\xBF\xBD\\\\x01\\\\u202e\\n]; evil\"];\n}\n");
}

static void test_draw_clean_keeps_both_ends_of_long_names(void)
{
    hsn__buf buf = {0};
    hsn__draw_clean(&buf, "abcdefghij", 10, false);
    CHECK_STR(hsn__buf_text(&buf), "abcdefghij");
    hsn__buf_reset(&buf);
    hsn__draw_clean(&buf, "abcdefghijk", 10, false);
    CHECK_STR(hsn__buf_text(&buf), "abcde\xE2\x80\xA6hijk");
    hsn__buf_reset(&buf);
    char name[10001];
    memset(name, 'n', 10000);
    name[10000] = 0;
    hsn__draw_clean(&buf, name, 60, false);
    CHECK_EQ(buf.size, 59 + 3);
    hsn__buf_clear(&buf);
}

static void test_draw_clusters_name_their_boxes(void)
{
    hsn_drawing *drawing = new_drawing(0);
    uint32_t cluster = add_cluster(drawing, "garbage \"1\"");
    CHECK_EQ(cluster, 0);
    add_node(drawing, (hsn_draw_node){.address = 1, .cluster = cluster + 1});
    add_node(drawing, (hsn_draw_node){.address = 2});
    check_dot(drawing, DOT_HEAD "  o1[label=\"\",fillcolor=\"0,0,1\",class=ordinary];\n"
                                "  o2[label=\"\",fillcolor=\"0,0,1\",class=ordinary];\n"
                                "  subgraph cluster_0 { label=\"garbage \\\"1\\\"\"; color=gray60; "
                                "fontsize=11; o1; }\n}\n");
}

static void test_draw_wide_rows_run_to_the_right(void)
{
    hsn_drawing *drawing = new_drawing(1);
    for (uint32_t i = 0; i < 17; i++)
        add_node(drawing, (hsn_draw_node){.address = i + 1, .depth = 1});
    char *dot = render(drawing, HSN_DRAW_DOT, NULL);
    CHECK(strstr(dot, "graph[rankdir=LR,") != NULL);
    hsn_drawing_free_data(dot);
    hsn_drawing_free(drawing);
}

static void test_draw_refuses_more_boxes_than_its_limit(void)
{
    hsn_error err = {0};
    hsn_drawing *drawing = new_drawing(0);
    for (uint32_t i = 0; i < HSN_DRAW_MAX_NODES; i++)
        add_node(drawing, (hsn_draw_node){.depth = i});
    CHECK_STATUS(hsn_drawing_add_node(drawing, &(hsn_draw_node){0}, NULL, &err), HSN_ELIMIT);
    CHECK_EQ(hsn_drawing_node_count(drawing), HSN_DRAW_MAX_NODES);
    CHECK_EQ(hsn_drawing_edge_count(drawing), 0);
    hsn_drawing_free(drawing);
}

static hsn_drawing *titled_drawing(void)
{
    hsn_error err = {0};
    hsn_drawing *drawing = NULL;
    hsn_draw_head head = {.title = "who holds <Request> & co", .description = "Two boxes."};
    CHECK_OK(hsn_drawing_new(&drawing, &head, &err), &err);
    add_node(drawing,
             (hsn_draw_node){.address = 1, .lines = {"Request"}, .tooltip = "a<b>\n\"c\""});
    add_node(drawing, (hsn_draw_node){.address = 2, .lines = {"\xE6\x97\xA5"}, .depth = 1});
    add_edge(drawing,
             (hsn_draw_edge){
                 .source = 1, .target = 0, .labels = (const char *[]){"x<y"}, .label_count = 1});
    return drawing;
}

static void test_draw_svg_has_title_language_and_tooltips(void)
{
    hsn_drawing *drawing = titled_drawing();
    char *svg = render(drawing, HSN_DRAW_SVG, NULL);
    CHECK(strstr(svg, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg class=") == svg);
    CHECK(strstr(svg, " role=\"img\" lang=\"en\" xml:lang=\"en\" "
                      "aria-label=\"who holds &lt;Request&gt; &amp; co\"") != NULL);
    CHECK(
        strstr(svg, "<title>who holds &lt;Request&gt; &amp; co</title>\n<desc>Two boxes.</desc>"));
    CHECK(strstr(svg, "<title>a&lt;b&gt;\n&quot;c&quot;</title>") != NULL);
    CHECK(strstr(svg, "<title>x&lt;y</title>") != NULL);
    CHECK(strstr(svg, "prefers-color-scheme:dark") != NULL);
    CHECK(!strstr(svg, "<!DOCTYPE") && !strstr(svg, "<title>o1"));
    CHECK(strstr(svg, "</svg>\n") != NULL);
    hsn_drawing_free_data(svg);
    hsn_drawing_free(drawing);
}

static void test_draw_pictures_have_the_bytes_of_their_format(void)
{
    hsn_drawing *drawing = titled_drawing();
    size_t size = 0;
    char *png = render(drawing, HSN_DRAW_PNG, &size);
    CHECK(size > 500 && !memcmp(png, "\x89PNG\r\n", 6));
    hsn_drawing_free_data(png);
    char *pdf = render(drawing, HSN_DRAW_PDF, &size);
    CHECK(size > 500 && !memcmp(pdf, "%PDF-", 5));
    hsn_drawing_free_data(pdf);
    CHECK_STR(hsn_draw_format_name(HSN_DRAW_PNG), "png");
    hsn_drawing_free(drawing);
}

static void test_draw_graphviz_refusal_is_an_error_with_its_words(void)
{
    hsn_error err = {0};
    hsn__buf out = {0};
    CHECK_STATUS(hsn__graphviz_render("digraph {", "svg", &out, &err), HSN_EUNSUPPORTED);
    CHECK(strstr(err.message, "syntax error") != NULL);
    CHECK(!strchr(err.message, '\n'));
    err = (hsn_error){0};
    CHECK_STATUS(hsn__graphviz_render("digraph {a}", "nonsense", &out, &err), HSN_EUNSUPPORTED);
    CHECK(err.message[0] != 0);
    hsn__buf_clear(&out);
}

// Layout engines have crashed on self-loops, parallel, flat and reversed arrows with labels,
// and in clusters.
static void test_draw_random_graphs_survive_the_layout(void)
{
    check_random random = {7};
    for (int round = 0; round < 40; round++) {
        hsn_drawing *drawing = new_drawing(3);
        uint32_t count = 1 + check_random_below(&random, 40), clusters = round % 4;
        for (uint32_t i = 0; i < clusters; i++)
            add_cluster(drawing, "cluster");
        for (uint32_t i = 0; i < count; i++)
            add_node(drawing,
                     (hsn_draw_node){.address = i + 1,
                                     .lines = {"Type", "text"},
                                     .depth = check_random_below(&random, 4),
                                     .count = check_random_below(&random, 3),
                                     .flags = check_random_below(&random, 8),
                                     .more_sources = i % 3 ? NULL : "1 more",
                                     .cluster = check_random_below(&random, clusters + 1)});
        for (uint32_t i = check_random_below(&random, 80); i; i--)
            add_edge(drawing,
                     (hsn_draw_edge){.source = check_random_below(&random, count),
                                     .target = check_random_below(&random, count),
                                     .labels = (const char *[]){"label"},
                                     .label_count = check_random_below(&random, 2),
                                     .weight = check_random_below(&random, 11),
                                     .style = (hsn_draw_style)check_random_below(&random, 5),
                                     .against = (int)check_random_below(&random, 2)});
        size_t size = 0;
        char *svg = render(drawing, HSN_DRAW_SVG, &size);
        CHECK(size > 1000);
        hsn_drawing_free_data(svg);
        hsn_drawing_free(drawing);
    }
}

static void test_draw_failing_allocations_leave_nothing(void)
{
    hsn_draw_head head = {.title = "t"};
    for (uint64_t nth = 1; nth < 60; nth++) {
        hsn_error err = {0};
        hsn_drawing *drawing = NULL;
        char *dot = NULL;
        size_t size = 0;
        hsn__alloc_fail_at(nth, true);
        int r = hsn_drawing_new(&drawing, &head, &err);
        if (r >= 0)
            r = hsn_drawing_add_node(drawing, &(hsn_draw_node){.lines = {"T"}}, NULL, &err);
        if (r >= 0)
            r = hsn_drawing_add_edge(
                drawing, &(hsn_draw_edge){.labels = (const char *[]){"a", "b"}, .label_count = 2},
                &err);
        if (r >= 0)
            r = hsn_drawing_render(drawing, HSN_DRAW_DOT, &dot, &size, &err);
        hsn__alloc_fail_at(0, false);
        CHECK(r == HSN_ENOMEM || r == HSN_OK);
        CHECK_EQ(err.code, r);
        hsn_drawing_free_data(dot);
        hsn_drawing_free(drawing);
        if (r == HSN_OK)
            return;
    }
    CHECK(!"the drawing needs fewer allocations than that");
}

CHECK_MAIN(CHECK_CASE(test_draw_empty_drawing_is_a_graph),
           CHECK_CASE(test_draw_grey_darkens_and_text_turns_white),
           CHECK_CASE(test_draw_roles_and_flags_choose_colours),
           CHECK_CASE(test_draw_group_tells_its_count_and_what_was_left_out),
           CHECK_CASE(test_draw_parallel_references_are_one_arrow),
           CHECK_CASE(test_draw_hostile_text_is_escaped_once),
           CHECK_CASE(test_draw_clean_keeps_both_ends_of_long_names),
           CHECK_CASE(test_draw_clusters_name_their_boxes),
           CHECK_CASE(test_draw_wide_rows_run_to_the_right),
           CHECK_CASE(test_draw_refuses_more_boxes_than_its_limit),
           CHECK_CASE(test_draw_svg_has_title_language_and_tooltips),
           CHECK_CASE(test_draw_pictures_have_the_bytes_of_their_format),
           CHECK_CASE(test_draw_graphviz_refusal_is_an_error_with_its_words),
           CHECK_CASE(test_draw_random_graphs_survive_the_layout),
           CHECK_CASE(test_draw_failing_allocations_leave_nothing))
