// SPDX-License-Identifier: MIT
// Unit tests of hsn_audit_read() and hsn_audit_compare(): counting, known holders, caps, failures.
#include "heapsnap/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/audit_private.h"
#include "base/alloc.h"
#include "check.h"
#include "snapshot_of.h"

static const char types[] = "{'type':0,'name':'Packet','module':'app'}\n"
                            "{'type':1,'name':'list','kind':'list'}\n"
                            "{'type':2,'name':'str','kind':'str'}\n"
                            "{'type':3,'name':'dict','kind':'dict'}\n"
                            "{'type':4,'name':'type','kind':'type'}\n"
                            "{'type':5,'name':'frame','kind':'frame'}\n"
                            "{'type':6,'name':'tuple','kind':'tuple'}\n"
                            "{'type':7,'name':'code','kind':'code'}\n"
                            "{'string':0,'text':'parent'}\n{'string':1,'text':'__name__'}\n"
                            "{'string':2,'text':'__base__'}\n{'string':3,'text':'self'}\n";

static bool open_lines(snapshot_of *s, const char *lines)
{
    char *text = malloc(sizeof types + strlen(lines));
    strcpy(text, types);
    strcat(text, lines);
    bool ok = snapshot_open(s, text, HSN_GRAPH_FORWARD);
    free(text);
    return ok;
}

static bool audit_lines(snapshot_of *s, const char *lines, const hsn_audit_options *options,
                        hsn_audit *out)
{
    hsn_error err = {0};
    return open_lines(s, lines) &&
           CHECK_OK(hsn_audit_read(s->heap, options, NULL, out, &err), &err);
}

static void test_audit_counts_parallel_references_and_no_weak_ones(void)
{
    snapshot_of s;
    hsn_audit audit;
    if (!audit_lines(&s,
                     "{'object':16,'type':1,'size':64,'rc':0,'flags':1,'item':[32,32,48]}\n"
                     "{'object':32,'type':0,'size':48,'rc':2,'flags':1,'weak':[48]}\n"
                     "{'object':48,'type':0,'size':48,'rc':3,'flags':1}\n",
                     NULL, &audit))
        return;
    CHECK_EQ(audit.counted, 3);
    if (CHECK_EQ(audit.object_count, 1) && CHECK_EQ(audit.type_count, 1)) {
        CHECK_EQ(audit.objects[0].node, 2);
        CHECK_EQ(audit.objects[0].refcount, 3);
        CHECK_EQ(audit.objects[0].visible, 1);
        CHECK_EQ(audit.objects[0].surplus, 2);
        CHECK_EQ(audit.objects[0].holder, HSN_AUDIT_UNEXPLAINED);
        CHECK_EQ(audit.types[0].count, 2);
        CHECK_EQ(audit.types[0].total.unexplained, 2);
        CHECK_EQ(audit.types[0].example, 2);
    }
    hsn_audit_free(&audit);
    snapshot_close(&s);
}

static void test_audit_leaves_immortals_and_unknown_counts_out(void)
{
    snapshot_of s;
    hsn_audit audit;
    if (!audit_lines(&s,
                     "{'object':16,'type':0,'size':64,'flags':3}\n"
                     "{'object':32,'type':0,'size':48}\n"
                     "{'object':48,'type':0,'size':48,'rc':1,'flags':1}\n",
                     NULL, &audit))
        return;
    CHECK_EQ(audit.counted, 1);
    CHECK_EQ(audit.uncounted, 2);
    CHECK_EQ(audit.object_count, 1);
    hsn_audit_free(&audit);
    snapshot_close(&s);
}

static void test_audit_explains_names_namespaces_and_static_types(void)
{
    snapshot_of s;
    hsn_audit audit;
    if (!audit_lines(&s,
                     // A namespace's copy, whose key is held by C as well.
                     "{'object':16,'type':3,'size':64,'rc':1,'flags':1,'dict':[1,32,32]}\n"
                     "{'object':32,'type':2,'size':48,'rc':9}\n"
                     // Two static types; the second does not count the first one as its base.
                     "{'object':48,'type':4,'size':48,'rc':1}\n"
                     "{'object':64,'type':4,'size':48,'rc':1,'internal':[2,48]}\n"
                     "{'type':8,'name':'module','kind':'module'}\n"
                     "{'object':80,'type':8,'size':48,'rc':0,'flags':1}\n"
                     "{'root':48,'kind':'static','name':'a'}\n"
                     "{'root':64,'kind':'static','name':'b'}\n",
                     &(hsn_audit_options){.explained = 1}, &audit))
        return;
    CHECK_EQ(audit.whole.unexplained_objects, 0);
    if (CHECK_EQ(audit.object_count, 3)) {
        uint64_t explained = 0;
        for (size_t i = 0; i < audit.object_count; i++) {
            CHECK(audit.objects[i].holder != HSN_AUDIT_UNEXPLAINED);
            CHECK(*hsn_audit_holder(audit.objects[i].holder));
            explained += (uint64_t)audit.objects[i].explained;
        }
        CHECK_EQ(explained, 1 + 7 + 1);
    }
    hsn_audit_free(&audit);
    snapshot_close(&s);
}

static void test_audit_a_running_frame_explains_as_much_as_it_refers_to(void)
{
    snapshot_of s;
    hsn_audit audit;
    if (!audit_lines(&s,
                     "{'object':16,'type':5,'size':64,'local':[3,32]}\n"
                     "{'object':32,'type':0,'size':48,'rc':5,'flags':1}\n"
                     "{'root':16,'kind':'frame','name':'run app.py:1'}\n",
                     NULL, &audit))
        return;
    // One for the frame itself, two on its evaluation stack, two that nobody has.
    if (CHECK_EQ(audit.object_count, 1)) {
        CHECK_EQ(audit.objects[0].surplus, 4);
        CHECK_EQ(audit.objects[0].explained, 2);
    }
    hsn_audit_free(&audit);
    snapshot_close(&s);
}

// Tuples of names fit as long as there are as many objects of code.
static void check_tuples(unsigned tuples, unsigned codes, uint64_t unexplained)
{
    char lines[4096] = "{'object':16,'type':2,'size':48}\n", line[128];
    snapshot_of s;
    hsn_audit audit;
    for (unsigned i = 0; i < tuples; i++) {
        snprintf(line, sizeof line,
                 "{'object':%u,'type':6,'size':48,'rc':1,'flags':1,'item':[16]}\n", 32 + 16 * i);
        strcat(lines, line);
    }
    for (unsigned i = 0; i < codes; i++) {
        snprintf(line, sizeof line, "{'object':%u,'type':7,'size':48,'rc':0}\n", 1024 + 16 * i);
        strcat(lines, line);
    }
    if (!audit_lines(&s, lines, NULL, &audit))
        return;
    CHECK_EQ(audit.whole.objects, tuples);
    CHECK_EQ(audit.whole.unexplained_objects, unexplained);
    hsn_audit_free(&audit);
    snapshot_close(&s);
}

static void test_audit_a_rule_that_fits_more_than_it_may_explains_none(void)
{
    check_tuples(3, 3, 0);
    check_tuples(4, 3, 4);
}

// Two empty dicts fit the registry of warnings, which is one object; then calls in progress.
static void check_dicts(const char *roots, uint64_t unexplained)
{
    char lines[1024] = "{'object':16,'type':1,'size':64,'rc':0,'flags':1,'item':[32,48]}\n"
                       "{'object':32,'type':3,'size':48,'rc':2}\n"
                       "{'object':48,'type':3,'size':48,'rc':2}\n"
                       "{'object':64,'type':5,'size':48}\n{'object':80,'type':5,'size':48}\n";
    snapshot_of s;
    hsn_audit audit;
    strcat(lines, roots);
    if (!audit_lines(&s, lines, NULL, &audit))
        return;
    CHECK_EQ(audit.whole.unexplained_objects, unexplained);
    hsn_audit_free(&audit);
    snapshot_close(&s);
}

static void test_audit_tries_other_rules_when_one_fits_too_much(void)
{
    static const char one[] = "{'root':64,'kind':'frame','name':'f a.py:1'}\n";
    static const char both[] = "{'root':64,'kind':'frame','name':'f a.py:1'}\n"
                               "{'root':80,'kind':'frame','name':'g a.py:2'}\n";
    check_dicts(both, 0);
    check_dicts(one, 2);
}

static void test_audit_filters_rows_and_not_totals(void)
{
    snapshot_of s;
    hsn_audit audit;
    if (!audit_lines(&s,
                     "{'object':16,'type':0,'size':64,'rc':1,'flags':1}\n"
                     "{'object':32,'type':1,'size':48,'rc':1,'flags':1,'item':[16]}\n"
                     "{'object':48,'type':3,'size':48,'rc':2,'flags':1}\n",
                     &(hsn_audit_options){.module = "builtins", .type = "d*"}, &audit))
        return;
    CHECK_EQ(audit.whole.unexplained, 3);
    if (CHECK_EQ(audit.object_count, 1))
        CHECK_EQ(audit.objects[0].node, 2);
    hsn_audit_free(&audit);
    snapshot_close(&s);
}

static void test_audit_needs_refcounts(void)
{
    snapshot_of s;
    hsn_audit audit;
    hsn_error err = {0};
    if (!open_lines(&s, "{'object':16,'type':0,'size':64}\n"))
        return;
    CHECK_EQ(hsn_audit_read(s.heap, NULL, NULL, &audit, &err), HSN_ENOTFOUND);
    CHECK_STR(err.message, "no refcounts in this snapshot");
    snapshot_close(&s);
}

static int stop(void *context, const char *phase, uint64_t done, uint64_t total)
{
    (void)context, (void)phase, (void)done, (void)total;
    return 1;
}

static void test_audit_can_be_canceled(void)
{
    snapshot_of s;
    hsn_audit audit;
    hsn_progress progress = {stop, NULL};
    if (!open_lines(&s, "{'object':16,'type':0,'size':64,'rc':1}\n"))
        return;
    CHECK_STATUS(hsn_audit_read(s.heap, NULL, &progress, &audit, NULL), HSN_ECANCELED);
    CHECK(!audit.objects);
    snapshot_close(&s);
}

// ---- the slow twin
// ---------------------------------------------------------------------------------

enum { MOST = 40 };

typedef struct made {
    unsigned count;
    unsigned refs[MOST][MOST]; // source, target: how often
    unsigned refcounts[MOST];
} made;

static void make(made *m, check_random *random, char *lines, size_t size)
{
    size_t used = 0;
    memset(m, 0, sizeof *m);
    m->count = 1 + check_random_below(random, MOST);
    for (unsigned i = 0; i < m->count; i++) {
        const char *comma = "";
        m->refcounts[i] = check_random_below(random, 6);
        used += (size_t)snprintf(lines + used, size - used,
                                 "{'object':%u,'type':0,'size':16,'rc':%u,'flags':1,'ref':[",
                                 16 * (i + 1), m->refcounts[i]);
        for (unsigned k = check_random_below(random, 8); k > 0; k--) {
            unsigned target = check_random_below(random, m->count);
            m->refs[i][target]++;
            used += (size_t)snprintf(lines + used, size - used, "%s%u", comma, 16 * (target + 1));
            comma = ",";
        }
        used += (size_t)snprintf(lines + used, size - used, "]}\n");
    }
}

static int64_t slow_surplus(const made *m, unsigned node)
{
    int64_t surplus = m->refcounts[node];
    for (unsigned source = 0; source < m->count; source++)
        surplus -= m->refs[source][node];
    return surplus;
}

static void test_audit_equals_its_slow_twin(void)
{
    check_random random = {2026};
    for (int round = 0; round < 60; round++) {
        char lines[MOST * 200];
        snapshot_of s;
        hsn_audit audit;
        made m;
        unsigned differ = 0;
        make(&m, &random, lines, sizeof lines);
        if (!audit_lines(&s, lines, NULL, &audit))
            return;
        for (unsigned i = 0; i < m.count; i++)
            differ += slow_surplus(&m, i) != 0;
        CHECK_EQ(audit.object_count, differ);
        for (size_t i = 0; i < audit.object_count; i++) {
            CHECK_EQ(audit.objects[i].surplus, slow_surplus(&m, audit.objects[i].node));
            if (i && audit.objects[i].surplus > 0)
                CHECK(audit.objects[i - 1].surplus >= audit.objects[i].surplus);
        }
        hsn_audit_free(&audit);
        snapshot_close(&s);
    }
}

// ---- two snapshots
// ---------------------------------------------------------------------------------

static void test_audit_compare_puts_the_type_that_grew_first(void)
{
    snapshot_of old, new;
    hsn_audit before, after;
    hsn_audit_diff diff;
    hsn_error err = {0};
    if (!audit_lines(&old,
                     "{'object':16,'type':0,'size':64,'rc':1,'flags':1}\n"
                     "{'object':32,'type':1,'size':64,'rc':7,'flags':1,'item':[16]}\n",
                     &(hsn_audit_options){.explained = 1}, &before))
        return;
    if (audit_lines(&new,
                    "{'object':16,'type':0,'size':64,'rc':1,'flags':1}\n"
                    "{'object':32,'type':0,'size':64,'rc':3,'flags':1}\n"
                    "{'object':48,'type':1,'size':64,'rc':6,'flags':1,'item':[32]}\n",
                    &(hsn_audit_options){.explained = 1}, &after)) {
        CHECK_OK(hsn_audit_compare(hsn_heap_types(old.heap), &before, hsn_heap_types(new.heap),
                                   &after, &diff, &err),
                 &err);
        if (CHECK_EQ(diff.count, 2)) {
            CHECK_STR(diff.rows[0].type, "app.Packet");
            CHECK_EQ(diff.rows[0].unexplained_delta, 3);
            CHECK_EQ(diff.rows[0].unexplained_objects_delta, 2);
            CHECK_EQ(diff.rows[0].example, 1);
            CHECK_STR(diff.rows[1].type, "list");
            CHECK_EQ(diff.rows[1].unexplained_delta, -1);
        }
        hsn_audit_diff_free(&diff);
        hsn_audit_free(&after);
        snapshot_close(&new);
    }
    hsn_audit_free(&before);
    snapshot_close(&old);
}

static void test_audit_reports_each_failing_allocation(void)
{
    snapshot_of s;
    hsn_audit audit = {0};
    int r = HSN_ENOMEM;
    uint64_t nth = 0;
    if (!open_lines(&s, "{'object':16,'type':5,'size':64,'rc':0,'local':[3,32]}\n"
                        "{'object':32,'type':0,'size':48,'rc':4,'flags':1}\n"
                        "{'root':16,'kind':'frame','name':'run app.py:1'}\n"))
        return;
    while (r == HSN_ENOMEM && nth < 500) {
        hsn__alloc_fail_at(++nth, false);
        r = hsn_audit_read(s.heap, NULL, NULL, &audit, NULL);
        hsn__alloc_fail_at(0, false);
        CHECK(r == HSN_OK || !audit.objects);
    }
    CHECK_EQ(r, HSN_OK);
    CHECK(nth > 15);
    hsn_audit_free(&audit);
    snapshot_close(&s);
}

// A rule that could fit an application's own objects must not swallow a leak of them.
static void test_audit_rules_for_containers_have_bounds(void)
{
    for (size_t i = 0; i < hsn__audit_rule_count; i++) {
        const hsn__audit_rule *rule = &hsn__audit_rules[i];
        uint32_t open = 1u << HSN_KIND_DICT | 1u << HSN_KIND_LIST | 1u << HSN_KIND_SET |
                        1u << HSN_KIND_INSTANCE | 1u << HSN_KIND_FUNCTION | 1u << HSN_KIND_METHOD;
        bool any = !rule->kinds && !rule->type && !rule->roots && !rule->running;
        CHECK(*rule->holder);
        CHECK(!any);
        if (rule->kinds & open && !rule->running)
            CHECK(rule->most && (rule->cap || rule->cap_kinds || rule->cap_frames));
    }
}

CHECK_MAIN(CHECK_CASE(test_audit_counts_parallel_references_and_no_weak_ones),
           CHECK_CASE(test_audit_leaves_immortals_and_unknown_counts_out),
           CHECK_CASE(test_audit_explains_names_namespaces_and_static_types),
           CHECK_CASE(test_audit_a_running_frame_explains_as_much_as_it_refers_to),
           CHECK_CASE(test_audit_a_rule_that_fits_more_than_it_may_explains_none),
           CHECK_CASE(test_audit_tries_other_rules_when_one_fits_too_much),
           CHECK_CASE(test_audit_filters_rows_and_not_totals),
           CHECK_CASE(test_audit_needs_refcounts), CHECK_CASE(test_audit_can_be_canceled),
           CHECK_CASE(test_audit_equals_its_slow_twin),
           CHECK_CASE(test_audit_compare_puts_the_type_that_grew_first),
           CHECK_CASE(test_audit_reports_each_failing_allocation),
           CHECK_CASE(test_audit_rules_for_containers_have_bounds))
