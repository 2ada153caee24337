// SPDX-License-Identifier: MIT
// A pickle machine that executes nothing: a fixed set of opcodes builds values that its user
// interprets.
#ifndef HSN_READERS_PICKLE_H
#define HSN_READERS_PICKLE_H

#include "base/arena.h"
#include "base/input.h"
#include "readers/sink.h"

/** Most values on the stack: a traceback of 65535 frames, batches of 1000 items, nesting. */
#define HSN__PICKLE_STACK_MAX ((size_t)1 << 18)
/** Most memo entries. */
#define HSN__PICKLE_MEMO_MAX ((size_t)1 << 28)
/** Longest text in bytes. */
#define HSN__PICKLE_TEXT_MAX ((size_t)1 << 20)
/** Most texts, and most bytes of them together. */
#define HSN__PICKLE_TEXTS_MAX      ((size_t)1 << 26)
#define HSN__PICKLE_TEXT_BYTES_MAX ((uint64_t)1 << 30)

/** What a value is. Those from USER on are made by the hooks. */
typedef enum hsn__pickle_kind {
    HSN__PICKLE_UNSET, /**< no value: a memo entry that nothing was put into */
    HSN__PICKLE_MARK,
    HSN__PICKLE_NONE,
    HSN__PICKLE_INT,   /**< number */
    HSN__PICKLE_BIG,   /**< an integer outside int64, or a float: only passed over */
    HSN__PICKLE_TEXT,  /**< id into texts */
    HSN__PICKLE_EMPTY, /**< () */
    HSN__PICKLE_LIST,
    HSN__PICKLE_DICT,
    HSN__PICKLE_GLOBAL, /**< id given by hook `global` */
    HSN__PICKLE_OBJECT, /**< an instance; id of its class */
    HSN__PICKLE_USER,
    HSN__PICKLE_KINDS = 16
} hsn__pickle_kind;

typedef struct hsn__pickle_value {
    hsn__pickle_kind kind;
    uint32_t id;    /**< below 2^28: it shares a memo entry with the kind */
    int64_t number; /**< of INT */
} hsn__pickle_value;

/** What the pickle means. Every hook returns HSN_OK or a negative status with *err filled. */
typedef struct hsn__pickle_hooks {
    /** The pickle names a class or function. Refusing it is the hook's duty. */
    int (*global)(void *context, hsn_text module, hsn_text name, uint32_t *out_id, hsn_error *err);
    /** A tuple of 1 … items. */
    int (*tuple)(void *context, const hsn__pickle_value *items, size_t count,
                 hsn__pickle_value *out, hsn_error *err);
    /** Items go to the end of a list. */
    int (*append)(void *context, const hsn__pickle_value *items, size_t count, hsn_error *err);
    /** An entry goes into a dict. */
    int (*set)(void *context, hsn__pickle_value key, hsn__pickle_value value, hsn_error *err);
    /** `callee(argument)` builds *out. */
    int (*reduce)(void *context, hsn__pickle_value callee, hsn__pickle_value argument,
                  hsn__pickle_value *out, hsn_error *err);
} hsn__pickle_hooks;

typedef struct hsn__pickle {
    hsn_input *in;
    const hsn__pickle_hooks *hooks;
    void *context;
    hsn__pickle_value *stack;
    size_t depth, stack_capacity;
    size_t mark; /**< index of the newest mark, whose number is that of the one before; SIZE_MAX =
                    none */
    uint32_t *memo; /**< kind in the top four bits, id below */
    size_t memo_size, memo_capacity;
    hsn_text *texts;
    size_t text_count, text_capacity;
    uint64_t text_bytes;
    hsn__arena arena;  /**< of the texts */
    uint64_t offset;   /**< of the opcode being executed */
    unsigned protocol; /**< 0 until the pickle says */
} hsn__pickle;

/** Start; everything is allocated on demand. */
void hsn__pickle_init(hsn__pickle *pickle, hsn_input *in, const hsn__pickle_hooks *hooks,
                      void *context);

/** Frees all of it. */
void hsn__pickle_clear(hsn__pickle *pickle);

/**
 * Execute one opcode. HSN_OK; HSN_DONE after STOP, the result on top of the stack; negative with
 * *err filled: HSN_EFORMAT for an opcode that is unknown, misplaced or cut off, HSN_ELIMIT,
 * HSN_ENOMEM, or what a hook said. `err` is needed here and must hold no failure yet.
 */
int hsn__pickle_step(hsn__pickle *pickle, hsn_error *err);

/** Push; false when the stack is full or memory runs out, with *err filled. */
bool hsn__pickle_push(hsn__pickle *pickle, hsn__pickle_value value, hsn_error *err);

/** Remember `value` as memo entry `index`; the same outcome as push. */
bool hsn__pickle_memoize(hsn__pickle *pickle, size_t index, hsn__pickle_value value,
                         hsn_error *err);

/** Memo entry; UNSET when there is none. */
static inline hsn__pickle_value hsn__pickle_memo(const hsn__pickle *pickle, size_t index)
{
    hsn__pickle_value value = {HSN__PICKLE_UNSET, 0, 0};
    if (index < pickle->memo_size) {
        value.kind = (hsn__pickle_kind)(pickle->memo[index] >> 28);
        value.id = pickle->memo[index] & 0xfffffff;
    }
    return value;
}

#endif
