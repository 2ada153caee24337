// SPDX-License-Identifier: MIT
// The stages behind an input: raw bytes of a file, a codec that inflates them, a thread to do it
// on.
#ifndef HSN_BASE_INPUT_PRIVATE_H
#define HSN_BASE_INPUT_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/input.h"

/**
 * First size of the window, and of every buffer between the stages. It hardly matters: over the
 * tracemalloc reader, plain or gzip, 32 KiB to 4 MiB take the same time within the noise of 5 %.
 */
#define HSN__INPUT_CHUNK ((size_t)256 << 10)

/** Most bytes the window may grow to. */
#define HSN__INPUT_MAX ((size_t)1 << 30)

/** Bytes as they lie in the file: a descriptor, or memory that is already whole. */
typedef struct hsn__raw {
    int fd;           /**< -1 = memory, or nothing left to read */
    int wake_fd;      /**< readable = give up waiting; -1 = none. For pipes under a thread */
    bool owns_fd;     /**< close it at the end */
    bool ended;       /**< end of file, failure, or woken */
    const char *name; /**< for messages */
    uint64_t total;   /**< size of the file in bytes; 0 = unknown */
} hsn__raw;

/**
 * One read(2) into `data`; 0 at the end of the file, when woken, or on failure with *err filled.
 * Waits for descriptors that would block.
 */
size_t hsn__raw_read(hsn__raw *raw, uint8_t *data, size_t room, hsn_error *err);

typedef struct hsn__codec hsn__codec;

/** One row of the table of compressions. */
typedef struct hsn__codec_ops {
    const char *name; /**< "gzip" */
    const char *magic;
    size_t magic_size;
    /** HSN_OK, or HSN_ENOMEM. NULL = recognised, but this build cannot inflate it. */
    int (*open)(hsn__codec *codec);
    /** Inflate up to `room` bytes; 0 only at the end or with codec->err filled. */
    size_t (*read)(hsn__codec *codec, uint8_t *out, size_t room);
    void (*close)(hsn__codec *codec);
} hsn__codec_ops;

/** A compressed stream being inflated. Uses no memory but what it took when it was opened. */
struct hsn__codec {
    const hsn__codec_ops *ops;
    hsn__raw *raw;
    uint8_t *buffer;           /**< compressed bytes; the codec owns them */
    size_t capacity;           /**< of buffer */
    size_t position, size;     /**< unread part of buffer */
    atomic_uint_fast64_t done; /**< compressed bytes taken from raw */
    void *state;               /**< of the library that inflates */
    bool in_stream; /**< within a member or frame: the end of the file here is a truncation */
    bool ended;
    hsn_error err;
};

/** The row whose magic begins these bytes; NULL when they are plain. */
const hsn__codec_ops *hsn__codec_probe(const uint8_t *head, size_t size);

/** Have compressed bytes in the buffer; false at the end of the file or on failure. */
bool hsn__codec_refill(hsn__codec *codec);

/** Offset in the file of the next compressed byte. */
uint64_t hsn__codec_offset(const hsn__codec *codec);

/** Buffers on the way from the inflating thread to the reader. */
#define HSN__FEED_SLOTS 3

/** A thread that inflates ahead of the reader. */
typedef struct hsn__feed {
    hsn__codec *codec;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /**< one of the fields below */
    uint8_t *slots[HSN__FEED_SLOTS];
    size_t sizes[HSN__FEED_SLOTS];
    unsigned first, count; /**< filled slots, in a ring */
    bool finished;         /**< the thread will fill no more */
    bool stop;             /**< the reader wants no more */
    size_t taken;          /**< bytes of slot `first` copied out; the reader's own */
    int wake_fds[2];       /**< a pipe that ends a wait in read; -1 = none */
} hsn__feed;

/** Start inflating; NULL when threads or memory are short, upon which the caller inflates itself.
 */
hsn__feed *hsn__feed_start(hsn__codec *codec);

/** Copy out up to `room` inflated bytes, waiting for at least one; 0 at the end. */
size_t hsn__feed_read(hsn__feed *feed, uint8_t *out, size_t room);

/** Stop the thread, wait for it, free. Accepts NULL. */
void hsn__feed_stop(hsn__feed *feed);

#endif
