// SPDX-License-Identifier: MIT
// Unit tests of hsn_resources_find(): what counts, states, parts, groups, holders, failures.
#include "heapsnap/resources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "check.h"
#include "snapshot_of.h"

static const char types[] = "{'type':0,'name':'module','kind':'module'}\n"
                            "{'type':1,'name':'list','kind':'list'}\n"
                            "{'type':2,'name':'TextIOWrapper','module':'_io','kind':'file'}\n"
                            "{'type':3,'name':'FileIO','module':'_io','kind':'file'}\n"
                            "{'type':4,'name':'socket','module':'socket','kind':'socket'}\n"
                            "{'type':5,'name':'bool','kind':'bool'}\n"
                            "{'type':6,'name':'dict','kind':'dict'}\n"
                            "{'type':7,'name':'generator','kind':'generator'}\n"
                            "{'type':8,'name':'frame','kind':'frame'}\n"
                            "{'type':9,'name':'Popen','module':'subprocess'}\n"
                            "{'type':10,'name':'NoneType','kind':'none'}\n"
                            "{'type':11,'name':'BytesIO','module':'_io','kind':'file'}\n"
                            "{'type':12,'name':'coroutine','kind':'coroutine'}\n"
                            "{'string':0,'text':'files'}\n{'string':1,'text':'buffer'}\n"
                            "{'string':2,'text':'_closed'}\n{'string':3,'text':'True'}\n"
                            "{'string':4,'text':'False'}\n{'string':5,'text':'gi_frame'}\n"
                            "{'string':6,'text':'returncode'}\n{'string':7,'text':'__dict__'}\n";

static bool find_lines(snapshot_of *s, const char *lines, const hsn_resources_options *options,
                       hsn_resources *out)
{
    hsn_error err = {0};
    char *text = malloc(sizeof types + strlen(lines));
    strcpy(text, types);
    strcat(text, lines);
    bool ok = snapshot_open(s, text, HSN_GRAPH_FORWARD);
    free(text);
    return ok && CHECK_OK(hsn_resources_find(s->heap, options, NULL, out, &err), &err);
}

// A module with a list of three text files, each with its raw file; one more on its own.
static const char files[] = "{'object':16,'type':0,'size':50,'attr':[0,32,1,112]}\n"
                            "{'object':32,'type':1,'size':64,'item':[48,64,80]}\n"
                            "{'object':48,'type':2,'size':100,'internal':[1,144]}\n"
                            "{'object':64,'type':2,'size':100,'internal':[1,160]}\n"
                            "{'object':80,'type':2,'size':100,'internal':[1,176]}\n"
                            "{'object':112,'type':2,'size':100}\n"
                            "{'object':144,'type':3,'size':10}\n"
                            "{'object':160,'type':3,'size':10}\n"
                            "{'object':176,'type':3,'size':10}\n"
                            "{'object':192,'type':11,'size':10}\n"
                            "{'root':16,'kind':'module','name':'app'}\n";

static void test_resources_group_by_holder_and_count_parts(void)
{
    snapshot_of s;
    hsn_resources found;
    if (!find_lines(&s, files, NULL, &found))
        return;
    CHECK_EQ(found.found, 4);
    if (CHECK_EQ(found.count, 2)) {
        const hsn_resource *row = &found.rows[0];
        CHECK_STR(row->resource, "file");
        CHECK_STR(row->type_name, "_io.TextIOWrapper");
        CHECK_STR(row->state, "");
        CHECK_EQ(row->count, 3);
        CHECK_EQ(row->parts, 3);
        CHECK_EQ(row->size_bytes, 330);
        CHECK_EQ(row->example, 2);
        CHECK_STR(row->chain.expression, "app.files[0]");
        CHECK_EQ(found.rows[1].count, 1);
        CHECK_STR(found.rows[1].chain.expression, "app.buffer");
    }
    hsn_resources_free(&found);
    snapshot_close(&s);
}

static void test_resources_limit_and_filters(void)
{
    snapshot_of s;
    hsn_resources found;
    if (find_lines(&s, files, &(hsn_resources_options){.limit = 1}, &found)) {
        CHECK_EQ(found.count, 1);
        CHECK_EQ(found.groups, 2);
        hsn_resources_free(&found);
        snapshot_close(&s);
    }
    if (find_lines(&s, files, &(hsn_resources_options){.type = "socket*"}, &found)) {
        CHECK_EQ(found.count, 0);
        hsn_resources_free(&found);
        snapshot_close(&s);
    }
}

static void check_state(const char *lines, const char *resource, const char *state)
{
    snapshot_of s;
    hsn_resources found;
    if (!find_lines(&s, lines, NULL, &found))
        return;
    if (CHECK_EQ(found.count, 1)) {
        CHECK_STR(found.rows[0].resource, resource);
        CHECK_STR(found.rows[0].state, state);
        CHECK(!found.rows[0].chain.found);
    }
    hsn_resources_free(&found);
    snapshot_close(&s);
}

#define BUILTINS                                                                                   \
    "{'object':16,'type':5,'size':24}\n{'object':32,'type':5,'size':28}\n"                         \
    "{'object':48,'type':6,'size':99,'dict':[3,0,32,4,0,16]}\n"                                    \
    "{'root':48,'kind':'interpreter','name':'builtins'}\n"

static void test_resources_tell_states_from_references(void)
{
    check_state(BUILTINS "{'object':64,'type':4,'size':9,'slot':[2,32]}\n", "socket", "closed");
    check_state(BUILTINS "{'object':64,'type':4,'size':9,'slot':[2,16]}\n", "socket", "open");
    check_state("{'object':16,'type':5,'size':24}\n"
                "{'object':64,'type':4,'size':9,'slot':[2,16]}\n",
                "socket", "");
    check_state("{'object':64,'type':7,'size':9}\n", "generator", "finished");
    check_state("{'object':64,'type':7,'size':9,'internal':[5,80]}\n"
                "{'object':80,'type':8,'size':9}\n",
                "generator", "suspended");
    check_state("{'object':64,'type':9,'size':9,'attr':[6,80]}\n{'object':80,'type':10,'size':9}\n",
                "process", "not waited for");
    // The same in a dict of the instance.
    check_state("{'object':64,'type':9,'size':9,'internal':[7,96]}\n"
                "{'object':80,'type':10,'size':9}\n"
                "{'object':96,'type':6,'size':9,'dict':[6,0,80]}\n",
                "process", "not waited for");
}

static void test_resources_leave_running_frames_out(void)
{
    snapshot_of s;
    hsn_resources found;
    if (!find_lines(&s,
                    "{'object':16,'type':8,'size':9}\n{'object':32,'type':8,'size':9}\n"
                    "{'root':16,'kind':'frame','name':'run app.py:1'}\n",
                    NULL, &found))
        return;
    if (CHECK_EQ(found.count, 1))
        CHECK_EQ(found.rows[0].example, 1);
    hsn_resources_free(&found);
    snapshot_close(&s);
}

static void test_resources_links_of_a_list_are_one_group(void)
{
    char lines[4000] = "{'root':16,'kind':'module','name':'app'}\n"
                       "{'object':16,'type':0,'size':50,'attr':[0,48]}\n",
         line[128];
    snapshot_of s;
    hsn_resources found;
    for (unsigned i = 0; i < 20; i++) {
        unsigned list = 48 + 32 * i;
        snprintf(line, sizeof line,
                 "{'object':%u,'type':1,'size':9,'item':[%u,%u]}\n"
                 "{'object':%u,'type':4,'size':9}\n",
                 list, list + 16, list + 32, list + 16);
        strcat(lines, line);
    }
    if (!find_lines(&s, lines, NULL, &found))
        return;
    if (CHECK_EQ(found.count, 1))
        CHECK_EQ(found.rows[0].count, 20);
    hsn_resources_free(&found);
    snapshot_close(&s);
}

static void test_resources_coroutines_that_wait_for_each_other_are_listed(void)
{
    snapshot_of s;
    hsn_resources found;
    if (!find_lines(&s,
                    "{'object':16,'type':12,'size':9,'ref':[32]}\n"
                    "{'object':32,'type':12,'size':9,'ref':[16]}\n",
                    NULL, &found))
        return;
    if (CHECK_EQ(found.count, 1)) {
        CHECK_EQ(found.rows[0].example, 0);
        CHECK_EQ(found.rows[0].parts, 1);
    }
    hsn_resources_free(&found);
    snapshot_close(&s);
}

static void test_resources_report_each_failing_allocation(void)
{
    snapshot_of s;
    hsn_resources found = {0};
    int r = HSN_ENOMEM;
    uint64_t nth = 0;
    if (!find_lines(&s, files, NULL, &found))
        return;
    hsn_resources_free(&found);
    while (r == HSN_ENOMEM && nth < 500) {
        hsn__alloc_fail_at(++nth, false);
        r = hsn_resources_find(s.heap, NULL, NULL, &found, NULL);
        hsn__alloc_fail_at(0, false);
        CHECK(r == HSN_OK || !found.rows);
    }
    CHECK_EQ(r, HSN_OK);
    CHECK(nth > 15);
    hsn_resources_free(&found);
    snapshot_close(&s);
}

CHECK_MAIN(CHECK_CASE(test_resources_group_by_holder_and_count_parts),
           CHECK_CASE(test_resources_limit_and_filters),
           CHECK_CASE(test_resources_tell_states_from_references),
           CHECK_CASE(test_resources_leave_running_frames_out),
           CHECK_CASE(test_resources_links_of_a_list_are_one_group),
           CHECK_CASE(test_resources_coroutines_that_wait_for_each_other_are_listed),
           CHECK_CASE(test_resources_report_each_failing_allocation))
