// SPDX-License-Identifier: MIT
// Unit tests of the builder and the heap: what goes in through the sink comes out of the store.
#include "base/alloc.h"
#include "check.h"
#include "heapsnap/heap.h"
#include "heapsnap/load.h"
#include "store/builder.h"
#include "store/store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_OBJECTS = 600, MOST_REFS = 12, TYPES = 5, WORDS = 40 };

typedef struct made_object {
    hsn_sink_object object;
    hsn_sink_ref refs[MOST_REFS];
    size_t ref_count;
    char text[16];
} made_object;

// A random heap, kept beside the store as the slow and obvious twin.
typedef struct made_heap {
    made_object objects[MOST_OBJECTS];
    size_t count;
    uint32_t words[WORDS];
    uint32_t stacks[3];
} made_heap;

static uint64_t random_address(check_random *random, unsigned shift)
{
    return (UINT64_C(0x7f0000000) + check_random_below(random, 4000)) << shift;
}

static void make_object(made_heap *heap, check_random *random, unsigned shift)
{
    made_object *it = &heap->objects[heap->count++];
    *it = (made_object){0};
    it->object = (hsn_sink_object){
        .address = random_address(random, shift),
        .size_bytes = check_random_below(random, 5000),
        .length = check_random_below(random, 2) ? HSN_NO_LENGTH : check_random_below(random, 9),
        .refcount =
            check_random_below(random, 3) ? check_random_below(random, 99) : HSN_NO_REFCOUNT,
        .type = check_random_below(random, TYPES),
        .stack =
            check_random_below(random, 2) ? HSN_NONE : heap->stacks[check_random_below(random, 3)],
        .flags = check_random_below(random, 8),
        .generation = check_random_below(random, 2) ? HSN_NO_GENERATION
                                                    : (uint8_t)check_random_below(random, 3),
    };
    if (!check_random_below(random, 4))
        snprintf(it->text, sizeof it->text, "t%u", check_random_below(random, 50));
    it->object.text = (hsn_text){it->text, strlen(it->text)};
    it->ref_count = check_random_below(random, MOST_REFS);
    for (size_t i = 0; i < it->ref_count; i++) {
        hsn_sink_ref *ref = &it->refs[i];
        ref->target = check_random_below(random, 9) ? random_address(random, shift) : 0;
        ref->kind = (uint8_t)check_random_below(random, HSN_REF_KIND_COUNT);
        ref->label_form = (uint8_t)check_random_below(random, 3);
        ref->label = ref->label_form == HSN_LABEL_STRING
                         ? heap->words[check_random_below(random, WORDS)]
                     : check_random_below(random, 2) ? (uint32_t)i
                                                     : check_random_below(random, 1 << 20);
    }
}

static int announce(made_heap *heap, const hsn_sink *sink, hsn_error *err)
{
    uint32_t id, frames[3];
    int r = HSN_OK;
    for (uint32_t i = 0; r == HSN_OK && i < TYPES; i++) {
        char name[16];
        snprintf(name, sizeof name, "Type%u", i);
        r = sink->ops->type(sink->context,
                            &(hsn_sink_type){.name = hsn__text(name),
                                             .module = hsn__text(i ? "app.model" : ""),
                                             .kind = (hsn_kind)i},
                            &id, err);
    }
    for (uint32_t i = 0; r == HSN_OK && i < WORDS; i++) {
        char word[16];
        snprintf(word, sizeof word, "word%u", i);
        r = sink->ops->string(sink->context, hsn__text(word), &heap->words[i], err);
    }
    for (uint32_t i = 0; r == HSN_OK && i < 3; i++) {
        r = sink->ops->frame(sink->context,
                             &(hsn_sink_frame){.file = hsn__text("/app/a.py"), .line = 10 + i},
                             &frames[i], err);
        if (r == HSN_OK)
            r = sink->ops->stack(sink->context, frames, i + 1, i + 1, &heap->stacks[i], err);
    }
    return r;
}

static int push(made_heap *heap, const hsn_sink *sink, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; r == HSN_OK && i < heap->count; i++) {
        const made_object *it = &heap->objects[i];
        r = sink->ops->object(sink->context, &it->object, err);
        if (r == HSN_OK) // in two batches
            r = sink->ops->refs(sink->context, it->refs, it->ref_count / 2, err);
        if (r == HSN_OK)
            r = sink->ops->refs(sink->context, it->refs + it->ref_count / 2,
                                it->ref_count - it->ref_count / 2, err);
    }
    if (r == HSN_OK && heap->count)
        r = sink->ops->root(sink->context,
                            &(hsn_sink_root){.address = heap->objects[0].object.address,
                                             .kind = HSN_ROOT_MODULE,
                                             .name = hsn__text("app.model")},
                            err);
    return r;
}

// Build a store in memory of the heap. With `err`, failures are the caller's business.
static int build(made_heap *heap, const hsn_load_options *options, hsn_store **out,
                 hsn_snapshot_id *out_id, hsn_error *err)
{
    hsn__builder builder;
    uint64_t peak;
    hsn_sink sink = hsn__builder_sink(&builder);
    hsn__builder_init(&builder, options ? options->max_objects : 0,
                      options ? options->max_string_bytes : 0);
    int r = announce(heap, &sink, err);
    if (r == HSN_OK)
        r = push(heap, &sink, err);
    *out = NULL;
    if (r == HSN_OK)
        r = hsn__store_create(out, NULL, err);
    if (r == HSN_OK)
        r = hsn__builder_write(
            &builder, *out,
            &(hsn__snapshot_meta){.source = "made", .format = "test", .complete = true}, NULL,
            out_id, &peak, err);
    hsn__builder_clear(&builder);
    if (r < 0) {
        hsn__store_abandon(*out);
        *out = NULL;
    }
    return r;
}

// The first object with this address: later ones are duplicates.
static const made_object *find(const made_heap *heap, uint64_t address)
{
    for (size_t i = 0; i < heap->count; i++)
        if (heap->objects[i].object.address == address)
            return &heap->objects[i];
    return NULL;
}

static bool same_ref(hsn_heap *h, const hsn_sink_ref *made, const hsn_ref *stored)
{
    hsn_object target;
    hsn_error err = {0};
    if (hsn_heap_object(h, stored->target, &target, &err) < 0 || target.address != made->target)
        return false;
    return stored->kind == made->kind && stored->label_form == made->label_form &&
           (made->label_form == HSN_LABEL_NONE || stored->label == made->label);
}

static void compare_object(hsn_heap *h, hsn_node_id node, const made_heap *heap,
                           uint64_t *references)
{
    hsn_error err = {0};
    hsn_object object;
    const hsn_ref *refs;
    size_t count, at = 0;
    if (!CHECK_OK(hsn_heap_object(h, node, &object, &err), &err))
        return;
    const made_object *made = find(heap, object.address);
    if (!CHECK(made != NULL))
        return;
    CHECK_EQ(object.size_bytes, made->object.size_bytes);
    CHECK_EQ(object.length, made->object.length);
    CHECK_EQ(object.refcount, made->object.refcount);
    CHECK_EQ(object.type, made->object.type);
    CHECK_EQ(object.stack, made->object.stack);
    CHECK_EQ(object.flags, made->object.flags);
    CHECK_EQ(object.generation, made->object.generation);
    CHECK_STR(object.text, made->text);
    if (!CHECK_OK(hsn_heap_refs(h, node, &refs, &count, &err), &err))
        return;
    hsn_ref *copy = count ? malloc(count * sizeof *copy) : NULL;
    if (count)
        memcpy(copy, refs, count * sizeof *copy);
    for (int weak = 0; weak < 2; weak++) // strong ones first, each in the dump's order
        for (size_t i = 0; i < made->ref_count; i++) {
            const hsn_sink_ref *ref = &made->refs[i];
            if ((ref->kind == HSN_REF_WEAK) != weak || !ref->target || !find(heap, ref->target))
                continue;
            if (CHECK(at < count))
                CHECK(same_ref(h, ref, &copy[at]));
            at++;
        }
    CHECK_EQ(at, count);
    *references += count;
    free(copy);
}

static void compare(const made_heap *heap, hsn_store *store, hsn_snapshot_id id)
{
    hsn_error err = {0};
    hsn_heap *h = NULL;
    uint64_t references = 0, distinct = 0;
    if (!CHECK_OK(hsn_heap_open(&h, store, id, &err), &err))
        return;
    const hsn_snapshot_info *info = hsn_heap_info(h);
    for (size_t i = 0; i < heap->count; i++) {
        const made_object *made = &heap->objects[i];
        hsn_node_id node;
        distinct += find(heap, made->object.address) == made;
        CHECK_OK(hsn_heap_find_address(h, made->object.address, &node, &err), &err);
        compare_object(h, node, heap, &(uint64_t){0});
    }
    CHECK_EQ(info->objects, distinct);
    CHECK_EQ(info->duplicate_objects, heap->count - distinct);
    for (hsn_node_id node = 0; node < info->objects; node++)
        compare_object(h, node, heap, &references);
    CHECK_EQ(info->references, references);
    hsn_node_id node;
    CHECK_STATUS(hsn_heap_find_address(h, 12345, &node, NULL), HSN_ENOTFOUND);
    CHECK_EQ(info->roots, heap->count ? 1 : 0);
    hsn_heap_close(h);
    CHECK_OK(hsn_store_verify(store, &err), &err);
}

static void test_builder_gives_back_random_heaps(void)
{
    check_random random = {5};
    made_heap *heap = calloc(1, sizeof *heap);
    for (int round = 0; round < 40; round++) {
        hsn_error err = {0};
        hsn_store *store;
        hsn_snapshot_id id;
        // Word ids are given out in order, so the twin knows them before it is announced.
        for (uint32_t i = 0; i < WORDS; i++)
            heap->words[i] = i;
        for (uint32_t i = 0; i < 3; i++)
            heap->stacks[i] = 0;
        heap->count = 0;
        size_t want = check_random_below(&random, round % 4 ? 60 : MOST_OBJECTS);
        for (size_t i = 0; i < want; i++) // some heaps turn out to be less aligned half-way
            make_object(heap, &random, round % 3 || i < want / 2 ? 4 : 3);
        if (CHECK_OK(build(heap, NULL, &store, &id, &err), &err)) {
            compare(heap, store, id);
            hsn_store_close(store);
        }
    }
    free(heap);
}

static void test_builder_stops_at_the_limit_of_objects(void)
{
    check_random random = {6};
    made_heap *heap = calloc(1, sizeof *heap);
    hsn_error err = {0};
    hsn_store *store;
    hsn_snapshot_id id;
    while (heap->count < 300)
        make_object(heap, &random, 4);
    CHECK_STATUS(build(heap, &(hsn_load_options){.max_objects = 100}, &store, &id, &err),
                 HSN_ELIMIT);
    CHECK_STR(err.message, "objects: more than 100");
    CHECK_STATUS(build(heap, &(hsn_load_options){.max_string_bytes = 50}, &store, &id, NULL),
                 HSN_ELIMIT);
    free(heap);
}

static void test_builder_survives_every_failing_allocation(void)
{
    check_random random = {8};
    made_heap *heap = calloc(1, sizeof *heap);
    while (heap->count < 40)
        make_object(heap, &random, heap->count < 20 ? 4 : 3);
    for (int forever = 0; forever < 2; forever++) {
        int r = HSN_ENOMEM;
        for (uint64_t nth = 1; r != HSN_OK && CHECK(nth < 5000); nth++) {
            hsn_error err = {0};
            hsn_store *store = NULL;
            hsn_snapshot_id id;
            hsn__alloc_fail_at(nth, forever);
            r = build(heap, NULL, &store, &id, &err);
            hsn__alloc_fail_at(0, false);
            if (r != HSN_OK)
                CHECK_STATUS(r, HSN_ENOMEM);
            hsn_store_close(store);
        }
    }
    free(heap);
}

static void test_heap_survives_every_failing_allocation(void)
{
    check_random random = {8};
    made_heap *heap = calloc(1, sizeof *heap);
    hsn_store *store;
    hsn_snapshot_id id;
    while (heap->count < 40)
        make_object(heap, &random, 4);
    if (!CHECK_OK(build(heap, NULL, &store, &id, NULL), NULL))
        return;
    int r = HSN_ENOMEM;
    for (uint64_t nth = 1; r != HSN_OK && CHECK(nth < 1000); nth++) {
        hsn__alloc_fail_at(nth, false);
        r = hsn_store_verify(store, NULL);
        hsn__alloc_fail_at(0, false);
        if (r != HSN_OK)
            CHECK_STATUS(r, HSN_ENOMEM);
    }
    hsn_store_close(store);
    free(heap);
}

CHECK_MAIN(CHECK_CASE(test_builder_gives_back_random_heaps),
           CHECK_CASE(test_builder_stops_at_the_limit_of_objects),
           CHECK_CASE(test_builder_survives_every_failing_allocation),
           CHECK_CASE(test_heap_survives_every_failing_allocation))
