// SPDX-License-Identifier: MIT
// A pickle machine that executes nothing.
//
// It knows the opcodes that CPython's picklers, the one in C and the one in Python, emit for plain
// data and for instances of a few known classes, in protocols 0 to 5. Names of classes go to a hook
// that refuses all but its own; objects are never made. Unknown opcodes are an error.
//
// Cost:   O(1) an opcode; memory 4 bytes a memo entry.
// Source: CPython's Lib/pickletools.py describes every opcode.
#include "pickle.h"

#include "base/alloc.h"
#include "base/buf.h"

static int misplaced(hsn__pickle *pickle, const char *what, hsn_error *err)
{
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(pickle->in), pickle->offset,
                        "malformed pickle: %s", what);
}

static int cut_off(hsn__pickle *pickle, hsn_error *err)
{
    int status = hsn__input_status(pickle->in, err);
    if (status < 0)
        return status;
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(pickle->in),
                        hsn__input_offset(pickle->in), "truncated: the pickle has no end");
}

void hsn__pickle_init(hsn__pickle *pickle, hsn_input *in, const hsn__pickle_hooks *hooks,
                      void *context)
{
    *pickle = (hsn__pickle){.in = in, .hooks = hooks, .context = context, .mark = SIZE_MAX};
}

void hsn__pickle_clear(hsn__pickle *pickle)
{
    hsn__free(pickle->stack);
    hsn__free(pickle->memo);
    hsn__free(pickle->texts);
    hsn__arena_clear(&pickle->arena);
    *pickle = (hsn__pickle){0};
}

static bool grow(void *array, size_t *capacity, size_t need, size_t size, size_t max,
                 const char *what, hsn_error *err)
{
    if (hsn__array_grow(array, capacity, need, size, max))
        return true;
    if (need > max)
        hsn__fail_limit(err, what, max);
    else
        hsn__fail_memory(err);
    return false;
}

bool hsn__pickle_push(hsn__pickle *pickle, hsn__pickle_value value, hsn_error *err)
{
    if (pickle->depth == pickle->stack_capacity &&
        !grow(&pickle->stack, &pickle->stack_capacity, pickle->depth + 1, sizeof *pickle->stack,
              HSN__PICKLE_STACK_MAX, "values on the pickle's stack", err))
        return false;
    pickle->stack[pickle->depth++] = value;
    return true;
}

bool hsn__pickle_memoize(hsn__pickle *pickle, size_t index, hsn__pickle_value value, hsn_error *err)
{
    // An entry takes more than a byte of the file, so a higher index is a lie that would cost
    // memory.
    if (index > hsn__input_offset(pickle->in)) {
        misplaced(pickle, "a memo index out of order", err);
        return false;
    }
    if (index >= pickle->memo_capacity &&
        !grow(&pickle->memo, &pickle->memo_capacity, index + 1, sizeof *pickle->memo,
              HSN__PICKLE_MEMO_MAX, "entries of the pickle's memo", err))
        return false;
    while (pickle->memo_size <= index)
        pickle->memo[pickle->memo_size++] = 0;
    pickle->memo[index] = (uint32_t)value.kind << 28 | value.id;
    return true;
}

static int push(hsn__pickle *pickle, hsn__pickle_kind kind, uint32_t id, int64_t number,
                hsn_error *err)
{
    hsn__pickle_value value = {kind, id, number};
    return hsn__pickle_push(pickle, value, err) ? HSN_OK : err->code;
}

static int push_mark(hsn__pickle *pickle, hsn_error *err)
{
    int r = push(pickle, HSN__PICKLE_MARK, 0, (int64_t)pickle->mark, err);
    if (r == HSN_OK)
        pickle->mark = pickle->depth - 1;
    return r;
}

// Values above the newest mark are taken off together with it; NULL when there is no mark.
static hsn__pickle_value *pop_to_mark(hsn__pickle *pickle, size_t *out_count)
{
    if (pickle->mark == SIZE_MAX)
        return NULL;
    hsn__pickle_value *items = pickle->stack + pickle->mark + 1;
    *out_count = pickle->depth - pickle->mark - 1;
    pickle->depth = pickle->mark;
    pickle->mark = (size_t)items[-1].number;
    return items;
}

// `count` values from the top, none of them below the newest mark; NULL when there are fewer.
static hsn__pickle_value *top(hsn__pickle *pickle, size_t count)
{
    size_t floor = pickle->mark == SIZE_MAX ? 0 : pickle->mark + 1;
    return pickle->depth < floor + count ? NULL : pickle->stack + pickle->depth - count;
}

static int push_text(hsn__pickle *pickle, const uint8_t *bytes, uint64_t size, hsn_error *err)
{
    if (!grow(&pickle->texts, &pickle->text_capacity, pickle->text_count + 1, sizeof *pickle->texts,
              HSN__PICKLE_TEXTS_MAX, "texts of the pickle", err))
        return err->code;
    if (pickle->text_bytes + size > HSN__PICKLE_TEXT_BYTES_MAX)
        return hsn__fail_limit(err, "bytes of the pickle's texts", HSN__PICKLE_TEXT_BYTES_MAX);
    char *copy = hsn__arena_copy(&pickle->arena, (const char *)bytes, size);
    if (!copy)
        return hsn__fail_memory(err);
    pickle->text_bytes += size;
    pickle->texts[pickle->text_count] = (hsn_text){copy, size};
    return push(pickle, HSN__PICKLE_TEXT, (uint32_t)pickle->text_count++, 0, err);
}

static int counted_text(hsn__pickle *pickle, uint64_t size, hsn_error *err)
{
    if (hsn__input_failed(pickle->in))
        return cut_off(pickle, err);
    if (size > HSN__PICKLE_TEXT_MAX)
        return misplaced(pickle, "a text of absurd length", err);
    const uint8_t *bytes = hsn__input_bytes(pickle->in, size);
    return bytes ? push_text(pickle, bytes, size, err) : cut_off(pickle, err);
}

// The argument of a text opcode: up to the newline.
static const char *line(hsn__pickle *pickle, size_t *out_length, hsn_error *err)
{
    bool ended;
    const uint8_t *bytes = hsn__input_line(pickle->in, out_length, &ended);
    if (!bytes || !ended) {
        pickle->in->past_end = true;
        cut_off(pickle, err);
        return NULL;
    }
    return (const char *)bytes;
}

// "12", "12L"; out of int64's range is BIG.
static int decimal(hsn__pickle *pickle, hsn__pickle_value *out, hsn_error *err)
{
    size_t length, i = 0;
    const char *digits = line(pickle, &length, err);
    if (!digits)
        return err->code;
    bool negative = length && digits[0] == '-', fits = true;
    uint64_t number = 0;
    i = negative;
    size_t first = i;
    for (; i < length && digits[i] >= '0' && digits[i] <= '9'; i++) {
        fits = fits && number < INT64_MAX / 10;
        number = fits ? number * 10 + (uint64_t)(digits[i] - '0') : 0;
    }
    if (i == first || (i < length && !(digits[i] == 'L' && i + 1 == length)))
        return misplaced(pickle, "a number that is none", err);
    out->kind = fits ? HSN__PICKLE_INT : HSN__PICKLE_BIG;
    out->number = negative ? -(int64_t)number : (int64_t)number;
    return HSN_OK;
}

// Two's complement, little-endian, `size` bytes.
static int push_long(hsn__pickle *pickle, uint64_t size, hsn_error *err)
{
    if (hsn__input_failed(pickle->in))
        return cut_off(pickle, err);
    if (size > HSN__PICKLE_TEXT_MAX)
        return misplaced(pickle, "an integer of absurd length", err);
    const uint8_t *bytes = hsn__input_bytes(pickle->in, size);
    if (!bytes)
        return cut_off(pickle, err);
    if (size > 8)
        return push(pickle, HSN__PICKLE_BIG, 0, 0, err);
    uint64_t number = size && bytes[size - 1] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = size; i-- > 0;)
        number = number << 8 | bytes[i];
    return push(pickle, HSN__PICKLE_INT, 0, (int64_t)number, err);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

static void put_utf8(hsn__buf *out, uint32_t c)
{
    if (c >= 0x10000) {
        hsn__buf_putc(out, (char)(0xf0 | c >> 18));
        hsn__buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
    } else if (c >= 0x800) {
        hsn__buf_putc(out, (char)(0xe0 | c >> 12));
    }
    if (c >= 0x800)
        hsn__buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
    else if (c >= 0x80)
        hsn__buf_putc(out, (char)(0xc0 | c >> 6));
    hsn__buf_putc(out, (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c));
}

// Protocol 0's text: Latin-1 with \uXXXX and \UXXXXXXXX.
static int escaped_text(hsn__pickle *pickle, hsn_error *err)
{
    size_t length;
    const char *raw = line(pickle, &length, err);
    if (!raw)
        return err->code;
    if (length > HSN__PICKLE_TEXT_MAX)
        return misplaced(pickle, "a text of absurd length", err);
    hsn__buf text = {0};
    for (size_t i = 0; i < length;) {
        uint32_t c = (uint8_t)raw[i++];
        size_t digits = i < length && c == '\\' ? raw[i] == 'u' ? 4 : raw[i] == 'U' ? 8 : 0 : 0;
        uint32_t code = 0;
        size_t k = 0;
        while (k < digits && i + 1 + k < length && hex_digit(raw[i + 1 + k]) >= 0)
            code = code << 4 | (uint32_t)hex_digit(raw[i + 1 + k++]);
        if (digits && k == digits && code < 0x110000) {
            c = code;
            i += 1 + digits;
        }
        put_utf8(&text, c);
    }
    int r = text.failed ? hsn__fail_memory(err)
                        : push_text(pickle, (const uint8_t *)hsn__buf_text(&text), text.size, err);
    hsn__buf_clear(&text);
    return r;
}

static int push_global(hsn__pickle *pickle, hsn_text module, hsn_text name, hsn_error *err)
{
    uint32_t id = 0;
    int r = pickle->hooks->global(pickle->context, module, name, &id, err);
    return r < 0 ? r : push(pickle, HSN__PICKLE_GLOBAL, id, 0, err);
}

// "module\nname\n"
static int global_lines(hsn__pickle *pickle, hsn_error *err)
{
    char module[256];
    size_t length, name_length;
    const char *text = line(pickle, &length, err);
    if (!text)
        return err->code;
    if (length > sizeof module)
        return misplaced(pickle, "a module's name of absurd length", err);
    memcpy(module, text, length);
    text = line(pickle, &name_length, err);
    if (!text)
        return err->code;
    return push_global(pickle, (hsn_text){module, length}, (hsn_text){text, name_length}, err);
}

static int stack_global(hsn__pickle *pickle, hsn_error *err)
{
    hsn__pickle_value *names = top(pickle, 2);
    if (!names || names[0].kind != HSN__PICKLE_TEXT || names[1].kind != HSN__PICKLE_TEXT)
        return misplaced(pickle, "a class without a name", err);
    pickle->depth -= 2;
    return push_global(pickle, pickle->texts[names[0].id], pickle->texts[names[1].id], err);
}

static int new_object(hsn__pickle *pickle, hsn_error *err)
{
    hsn__pickle_value *parts = top(pickle, 2);
    if (!parts || parts[0].kind != HSN__PICKLE_GLOBAL || parts[1].kind != HSN__PICKLE_EMPTY)
        return misplaced(pickle, "an object of no class", err);
    pickle->depth -= 2;
    return push(pickle, HSN__PICKLE_OBJECT, parts[0].id, 0, err);
}

static int reduce(hsn__pickle *pickle, hsn_error *err)
{
    hsn__pickle_value *parts = top(pickle, 2), result = {HSN__PICKLE_UNSET, 0, 0};
    if (!parts)
        return misplaced(pickle, "a call of nothing", err);
    int r = pickle->hooks->reduce(pickle->context, parts[0], parts[1], &result, err);
    pickle->depth--;
    parts[0] = result;
    return r;
}

static int build(hsn__pickle *pickle, hsn_error *err)
{
    hsn__pickle_value *parts = top(pickle, 2);
    if (!parts || parts[0].kind != HSN__PICKLE_OBJECT || parts[1].kind != HSN__PICKLE_DICT)
        return misplaced(pickle, "a state without an object", err);
    pickle->depth--;
    return HSN_OK;
}

static int tuple(hsn__pickle *pickle, hsn__pickle_value *items, size_t count, hsn_error *err)
{
    hsn__pickle_value result = {HSN__PICKLE_EMPTY, 0, 0};
    if (!items)
        return misplaced(pickle, "a tuple of missing items", err);
    int r = count ? pickle->hooks->tuple(pickle->context, items, count, &result, err) : HSN_OK;
    return r < 0 ? r : push(pickle, result.kind, result.id, 0, err);
}

static int short_tuple(hsn__pickle *pickle, size_t count, hsn_error *err)
{
    hsn__pickle_value *items = top(pickle, count);
    if (items)
        pickle->depth -= count;
    return tuple(pickle, items, count, err);
}

static int long_tuple(hsn__pickle *pickle, hsn_error *err)
{
    size_t count = 0;
    hsn__pickle_value *items = pop_to_mark(pickle, &count);
    return tuple(pickle, items, count, err);
}

static int append(hsn__pickle *pickle, hsn__pickle_value *items, size_t count, hsn_error *err)
{
    hsn__pickle_value *list = items ? top(pickle, 1) : NULL;
    if (!list || list->kind != HSN__PICKLE_LIST)
        return misplaced(pickle, "items without a list", err);
    return pickle->hooks->append(pickle->context, items, count, err);
}

static int set_items(hsn__pickle *pickle, hsn__pickle_value *items, size_t count, hsn_error *err)
{
    hsn__pickle_value *dict = items ? top(pickle, 1) : NULL;
    int r = HSN_OK;
    if (!dict || dict->kind != HSN__PICKLE_DICT || count % 2)
        return misplaced(pickle, "entries without a dict", err);
    for (size_t i = 0; i < count && r == HSN_OK; i += 2)
        r = pickle->hooks->set(pickle->context, items[i], items[i + 1], err);
    return r;
}

// LIST, DICT: a container and its items in one, as protocol 0 does.
static int filled(hsn__pickle *pickle, hsn__pickle_kind kind, hsn_error *err)
{
    size_t count = 0;
    hsn__pickle_value *items = pop_to_mark(pickle, &count);
    if (!items)
        return misplaced(pickle, "items without a mark", err);
    if (count)
        return misplaced(pickle, "a container that was not empty at first", err);
    return push(pickle, kind, 0, 0, err);
}

static int take_items(hsn__pickle *pickle, size_t single, hsn_error *err)
{
    hsn__pickle_value *items;
    size_t count = single;
    if (single) {
        items = top(pickle, single);
        if (items)
            pickle->depth -= single;
    } else {
        items = pop_to_mark(pickle, &count);
    }
    hsn__pickle_value *container = items ? top(pickle, 1) : NULL;
    if (container && container->kind == HSN__PICKLE_DICT)
        return set_items(pickle, items, count, err);
    return append(pickle, items, count, err);
}

static int put(hsn__pickle *pickle, size_t index, hsn_error *err)
{
    if (hsn__input_failed(pickle->in))
        return cut_off(pickle, err);
    hsn__pickle_value *value = top(pickle, 1);
    if (!value || value->kind == HSN__PICKLE_INT)
        return misplaced(pickle, "nothing to remember", err);
    return hsn__pickle_memoize(pickle, index, *value, err) ? HSN_OK : err->code;
}

static int get(hsn__pickle *pickle, size_t index, hsn_error *err)
{
    if (hsn__input_failed(pickle->in))
        return cut_off(pickle, err);
    hsn__pickle_value value = hsn__pickle_memo(pickle, index);
    if (value.kind == HSN__PICKLE_UNSET)
        return misplaced(pickle, "a memo entry that does not exist", err);
    return push(pickle, value.kind, value.id, 0, err);
}

static int text_index(hsn__pickle *pickle, bool store, hsn_error *err)
{
    hsn__pickle_value index = {HSN__PICKLE_UNSET, 0, 0};
    int r = decimal(pickle, &index, err);
    if (r < 0)
        return r;
    if (index.kind != HSN__PICKLE_INT || index.number < 0)
        return misplaced(pickle, "a memo index that is none", err);
    return store ? put(pickle, (size_t)index.number, err) : get(pickle, (size_t)index.number, err);
}

static int push_number(hsn__pickle *pickle, uint64_t number, hsn_error *err)
{
    if (hsn__input_failed(pickle->in))
        return cut_off(pickle, err);
    return push(pickle, HSN__PICKLE_INT, 0, (int64_t)number, err);
}

static int text_number(hsn__pickle *pickle, hsn_error *err)
{
    hsn__pickle_value value = {HSN__PICKLE_UNSET, 0, 0};
    int r = decimal(pickle, &value, err);
    return r < 0 ? r : push(pickle, value.kind, 0, value.number, err);
}

// Opcodes without effect on the stack's contents, and those that end it.
static int frame_opcode(hsn__pickle *pickle, uint8_t opcode, hsn_error *err)
{
    if (opcode == 0x80)
        pickle->protocol = hsn__input_u8(pickle->in);
    else
        hsn__input_u64le(pickle->in); // a frame's length: advice for buffering
    if (hsn__input_failed(pickle->in))
        return cut_off(pickle, err);
    if (pickle->protocol > 5)
        return misplaced(pickle, "a protocol newer than 5", err);
    return HSN_OK;
}

static int push_float(hsn__pickle *pickle, hsn_error *err)
{
    return hsn__input_bytes(pickle->in, 8) ? push(pickle, HSN__PICKLE_BIG, 0, 0, err)
                                           : cut_off(pickle, err);
}

static int unknown(hsn__pickle *pickle, uint8_t opcode, hsn_error *err)
{
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(pickle->in), pickle->offset,
                        "unknown pickle opcode 0x%02x", opcode);
}

static int execute(hsn__pickle *pickle, uint8_t opcode, hsn_error *err)
{
    hsn_input *in = pickle->in;
    switch (opcode) {
    case 0x80: // PROTO
    case 0x95: // FRAME
        return frame_opcode(pickle, opcode, err);
    case '.': // STOP
        return top(pickle, 1) ? HSN_DONE : misplaced(pickle, "it ends without a value", err);
    case '(': // MARK
        return push_mark(pickle, err);
    case 'N': // NONE
        return push(pickle, HSN__PICKLE_NONE, 0, 0, err);
    case 'K': // BININT1
        return push_number(pickle, hsn__input_u8(in), err);
    case 'M': // BININT2
        return push_number(pickle, hsn__input_u16le(in), err);
    case 'J': // BININT
        return push_number(pickle, (uint64_t)(int32_t)hsn__input_u32le(in), err);
    case 0x8a: // LONG1
        return push_long(pickle, hsn__input_u8(in), err);
    case 0x8b: // LONG4
        return push_long(pickle, hsn__input_u32le(in), err);
    case 'I': // INT
    case 'L': // LONG
        return text_number(pickle, err);
    case 'G': // BINFLOAT
        return push_float(pickle, err);
    case 0x8c: // SHORT_BINUNICODE
        return counted_text(pickle, hsn__input_u8(in), err);
    case 'X': // BINUNICODE
        return counted_text(pickle, hsn__input_u32le(in), err);
    case 0x8d: // BINUNICODE8
        return counted_text(pickle, hsn__input_u64le(in), err);
    case 'V': // UNICODE
        return escaped_text(pickle, err);
    case ')': // EMPTY_TUPLE
        return push(pickle, HSN__PICKLE_EMPTY, 0, 0, err);
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: // TUPLE3
        return short_tuple(pickle, opcode - 0x84u, err);
    case 't': // TUPLE
        return long_tuple(pickle, err);
    case ']': // EMPTY_LIST
        return push(pickle, HSN__PICKLE_LIST, 0, 0, err);
    case '}': // EMPTY_DICT
        return push(pickle, HSN__PICKLE_DICT, 0, 0, err);
    case 'l': // LIST
        return filled(pickle, HSN__PICKLE_LIST, err);
    case 'd': // DICT
        return filled(pickle, HSN__PICKLE_DICT, err);
    case 'a': // APPEND
        return take_items(pickle, 1, err);
    case 's': // SETITEM
        return take_items(pickle, 2, err);
    case 'e': // APPENDS
    case 'u': // SETITEMS
        return take_items(pickle, 0, err);
    case 0x94: // MEMOIZE
        return put(pickle, pickle->memo_size, err);
    case 'q': // BINPUT
        return put(pickle, hsn__input_u8(in), err);
    case 'r': // LONG_BINPUT
        return put(pickle, hsn__input_u32le(in), err);
    case 'p': // PUT
        return text_index(pickle, true, err);
    case 'h': // BINGET
        return get(pickle, hsn__input_u8(in), err);
    case 'j': // LONG_BINGET
        return get(pickle, hsn__input_u32le(in), err);
    case 'g': // GET
        return text_index(pickle, false, err);
    case 'c': // GLOBAL
        return global_lines(pickle, err);
    case 0x93: // STACK_GLOBAL
        return stack_global(pickle, err);
    case 0x81: // NEWOBJ
        return new_object(pickle, err);
    case 'R': // REDUCE
        return reduce(pickle, err);
    case 'b': // BUILD
        return build(pickle, err);
    default:
        return unknown(pickle, opcode, err);
    }
}

int hsn__pickle_step(hsn__pickle *pickle, hsn_error *err)
{
    pickle->offset = hsn__input_offset(pickle->in);
    uint8_t opcode = hsn__input_u8(pickle->in);
    if (hsn__input_failed(pickle->in))
        return cut_off(pickle, err);
    return execute(pickle, opcode, err);
}
