// SPDX-License-Identifier: MIT
// The pickle machine: what each opcode does, and what it will not do.
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "readers/pickle.h"

// Hooks that write down what they were called with.
struct log {
    hsn__pickle *pickle;
    hsn__buf out;
};

static void show(struct log *log, hsn__pickle_value value)
{
    hsn_text text;
    switch (value.kind) {
    case HSN__PICKLE_INT:
        hsn__buf_printf(&log->out, "%lld ", (long long)value.number);
        break;
    case HSN__PICKLE_TEXT:
        text = log->pickle->texts[value.id];
        hsn__buf_printf(&log->out, "'%.*s' ", (int)text.length, text.data);
        break;
    default:
        hsn__buf_printf(&log->out, "<%d> ", (int)value.kind);
    }
}

static void show_all(struct log *log, const char *word, const hsn__pickle_value *items,
                     size_t count)
{
    hsn__buf_puts(&log->out, word);
    for (size_t i = 0; i < count; i++)
        show(log, items[i]);
    hsn__buf_puts(&log->out, "; ");
}

static int on_global(void *context, hsn_text module, hsn_text name, uint32_t *out_id,
                     hsn_error *err)
{
    struct log *log = context;
    (void)err;
    hsn__buf_printf(&log->out, "global %.*s.%.*s; ", (int)module.length, module.data,
                    (int)name.length, name.data);
    *out_id = 5;
    return HSN_OK;
}

static int on_tuple(void *context, const hsn__pickle_value *items, size_t count,
                    hsn__pickle_value *out, hsn_error *err)
{
    (void)err;
    show_all(context, "tuple ", items, count);
    out->kind = HSN__PICKLE_USER;
    return HSN_OK;
}

static int on_append(void *context, const hsn__pickle_value *items, size_t count, hsn_error *err)
{
    (void)err;
    show_all(context, "append ", items, count);
    return HSN_OK;
}

static int on_set(void *context, hsn__pickle_value key, hsn__pickle_value value, hsn_error *err)
{
    hsn__pickle_value pair[] = {key, value};
    (void)err;
    show_all(context, "set ", pair, 2);
    return HSN_OK;
}

static int on_reduce(void *context, hsn__pickle_value callee, hsn__pickle_value argument,
                     hsn__pickle_value *out, hsn_error *err)
{
    hsn__pickle_value pair[] = {callee, argument};
    (void)err;
    show_all(context, "call ", pair, 2);
    out->kind = HSN__PICKLE_OBJECT;
    return HSN_OK;
}

static const hsn__pickle_hooks hooks = {on_global, on_tuple, on_append, on_set, on_reduce};

// Runs `bytes` and checks the status and what was logged: hooks, then the result or the message.
static void check_bytes(const void *bytes, size_t size, int status, const char *expected)
{
    struct log log = {0};
    hsn__pickle pickle;
    hsn_input *in = NULL;
    hsn_error err = {0};
    if (!CHECK_OK(hsn__input_memory(&in, bytes, size, &err), &err))
        return;
    hsn__pickle_init(&pickle, in, &hooks, &log);
    log.pickle = &pickle;
    int r = HSN_OK;
    while (r == HSN_OK)
        r = hsn__pickle_step(&pickle, &err);
    if (r == HSN_DONE)
        show(&log, pickle.stack[pickle.depth - 1]);
    else
        hsn__buf_puts(&log.out, err.message);
    CHECK_EQ(r, status);
    CHECK_STR(hsn__buf_text(&log.out), expected);
    hsn__pickle_clear(&pickle);
    hsn__input_close(in);
    hsn__buf_clear(&log.out);
}

#define RUNS(bytes, expected)  check_bytes(bytes, sizeof(bytes) - 1, HSN_DONE, expected)
#define FAILS(bytes, expected) check_bytes(bytes, sizeof(bytes) - 1, HSN_EFORMAT, expected)

static void pickle_numbers_of_every_width(void)
{
    RUNS("K\xff.", "255 ");
    RUNS("M\xff\xff.", "65535 ");
    RUNS("J\xff\xff\xff\xff.", "-1 ");
    RUNS("\x8a\x00.", "0 ");
    RUNS("\x8a\x01\x80.", "-128 ");
    RUNS("\x8a\x05\x00\x00\x00\x80\x00.", "2147483648 ");
    RUNS("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.", "9223372036854775807 ");
    RUNS("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00.", "<4> ");
    RUNS("\x8b\x02\x00\x00\x00\x01\x02.", "513 ");
    RUNS("I42\n.", "42 ");
    RUNS("L-42L\n.", "-42 ");
    RUNS("L99999999999999999999L\n.", "<4> ");
    RUNS("G\x3f\xf0\x00\x00\x00\x00\x00\x00.", "<4> ");
    FAILS("Ix\n.", "malformed pickle: a number that is none");
    FAILS("\x8b\xff\xff\xff\xff.", "malformed pickle: an integer of absurd length");
}

static void pickle_texts_of_every_form(void)
{
    RUNS("\x8c\x02"
         "ab.",
         "'ab' ");
    RUNS("X\x02\x00\x00\x00"
         "ab.",
         "'ab' ");
    RUNS("\x8d\x02\x00\x00\x00\x00\x00\x00\x00"
         "ab.",
         "'ab' ");
    RUNS("\x8c\x00.", "'' ");
    RUNS("Vab\n.", "'ab' ");
    RUNS("V\xe9\\u20ac\\U0001f600\\n\n.", "'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\\n' ");
    FAILS("X\xff\xff\xff\xff"
          "ab",
          "malformed pickle: a text of absurd length");
}

static void pickle_tuples_lists_and_dicts(void)
{
    RUNS("K\x01K\x02\x86.", "tuple 1 2 ; <11> ");
    RUNS("(K\x01K\x02K\x03K\x04t.", "tuple 1 2 3 4 ; <11> ");
    RUNS("(t.", "<6> ");
    RUNS("](K\x01K\x02"
         "e.",
         "append 1 2 ; <7> ");
    RUNS("(lK\x01"
         "a.",
         "append 1 ; <7> ");
    RUNS("}(\x8c\x01"
         "aK\x01\x8c\x01"
         "bK\x02u.",
         "set 'a' 1 ; set 'b' 2 ; <8> ");
    RUNS("(d\x8c\x01"
         "aK\x01s.",
         "set 'a' 1 ; <8> ");
    FAILS("(K\x01\x86.", "malformed pickle: a tuple of missing items");
    FAILS("K\x01t.", "malformed pickle: a tuple of missing items");
    FAILS("}(K\x01u.", "malformed pickle: entries without a dict");
    FAILS("K\x01(K\x01"
          "e.",
          "malformed pickle: items without a list");
}

static void pickle_memo_by_every_opcode(void)
{
    RUNS("\x8c\x01"
         "a\x94\x8c\x01"
         "b\x94h\x00.",
         "'a' ");
    RUNS("\x8c\x01"
         "aq\x00\x8c\x01"
         "br\x01\x00\x00\x00j\x01\x00\x00\x00.",
         "'b' ");
    RUNS("Va\np0\nVb\np3\ng0\n.", "'a' ");
    FAILS("Va\np0\nVb\np3\ng1\n.", "malformed pickle: a memo entry that does not exist");
    FAILS("\x8c\x01"
          "ar\x00\x00\x00\x10.",
          "malformed pickle: a memo index out of order");
    FAILS("(\x94.", "malformed pickle: nothing to remember");
}

static void pickle_objects_are_named_not_made(void)
{
    RUNS("cmod\nname\n.", "global mod.name; <9> ");
    RUNS("\x8c\x03mod\x8c\x04name\x93)\x81}b.", "global mod.name; <10> ");
    RUNS("cmod\nname\nK\x01\x85R.", "global mod.name; tuple 1 ; call <9> <11> ; <10> ");
    FAILS("K\x01K\x02\x93.", "malformed pickle: a class without a name");
    FAILS("K\x01)\x81.", "malformed pickle: an object of no class");
}

static void pickle_refuses_opcodes_that_no_snapshot_needs(void)
{
    FAILS("(imod\nname\n.", "unknown pickle opcode 0x69");
    FAILS("Pid\n.", "unknown pickle opcode 0x50");
    FAILS("\x82\x01.", "unknown pickle opcode 0x82");
    FAILS("\x80\x06.", "malformed pickle: a protocol newer than 5");
    FAILS(".", "malformed pickle: it ends without a value");
}

static void pickle_truncation_is_told_from_damage(void)
{
    static const char whole[] = "\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x01"
                                "a\x94K\x05M\x01\x01\x8a\x02\x01\x01"
                                "X\x01\0\0\0bI5\ncm\nn\nq\x01j\x01\0\0\0.";
    for (size_t size = 0; size < sizeof whole - 2; size++) {
        hsn_input *in = NULL;
        hsn_error err = {0};
        struct log log = {0};
        hsn__pickle pickle;
        if (!CHECK_OK(hsn__input_memory(&in, whole, size, &err), &err))
            return;
        hsn__pickle_init(&pickle, in, &hooks, &log);
        log.pickle = &pickle;
        int r = HSN_OK;
        while (r == HSN_OK)
            r = hsn__pickle_step(&pickle, &err);
        CHECK_STATUS(r, HSN_EFORMAT);
        CHECK_STR(err.message, "truncated: the pickle has no end");
        CHECK_EQ(err.offset, size);
        hsn__pickle_clear(&pickle);
        hsn__input_close(in);
        hsn__buf_clear(&log.out);
    }
}

static void pickle_stack_has_a_limit(void)
{
    hsn__buf bytes = {0};
    for (size_t i = 0; i < HSN__PICKLE_STACK_MAX + 1; i++)
        hsn__buf_putc(&bytes, 'N');
    check_bytes(bytes.data, bytes.size, HSN_ELIMIT,
                "values on the pickle's stack: more than 262144");
    hsn__buf_clear(&bytes);
}

CHECK_MAIN(CHECK_CASE(pickle_numbers_of_every_width), CHECK_CASE(pickle_texts_of_every_form),
           CHECK_CASE(pickle_tuples_lists_and_dicts), CHECK_CASE(pickle_memo_by_every_opcode),
           CHECK_CASE(pickle_objects_are_named_not_made),
           CHECK_CASE(pickle_refuses_opcodes_that_no_snapshot_needs),
           CHECK_CASE(pickle_truncation_is_told_from_damage), CHECK_CASE(pickle_stack_has_a_limit))
