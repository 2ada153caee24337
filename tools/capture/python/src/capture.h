// SPDX-License-Identifier: MIT
// The accelerator's parts: text (buffers, JSON, the file), table (sets and maps), walk.
#ifndef HEAPSNAP_CAPTURE_H
#define HEAPSNAP_CAPTURE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#define WORD_AT(address) (*(const uint64_t *)(uintptr_t)(address))

/** Growing bytes. Sticky: after a failed allocation `failed` is set and nothing is added. */
typedef struct buffer {
    char *bytes;
    size_t used;
    size_t room;
    bool failed;
} buffer;

char *buffer_room(buffer *b, size_t more); /* space for `more` bytes, or NULL */
void buffer_add(buffer *b, const char *bytes, size_t count);
void buffer_text(buffer *b, const char *text);
void buffer_number(buffer *b, uint64_t number);
void buffer_signed(buffer *b, int64_t number);
/** The JSON string of the first `limit` characters, ASCII only, as Python's json writes it. */
void buffer_quote(buffer *b, PyObject *text, Py_ssize_t limit);
void buffer_quote_latin1(buffer *b, const unsigned char *bytes, size_t count);

/** The file. Errors stick in `error` (an errno) and are looked at once per chunk. */
typedef struct sink {
    int fd;
    bool gzip;
    PyObject *write; /* called with bytes instead of fd, or NULL */
    void *stream;    /* z_stream while gzip */
    int error;
    bool raised; /* a Python exception is set */
} sink;

bool sink_open(sink *s);
void sink_write(sink *s, const char *bytes, size_t count);
void sink_close(sink *s); /* the end of the gzip stream */
bool sink_can_gzip(void);

/** uint64 -> int64; open addressing. Key 0 is not allowed. */
typedef struct map {
    uint64_t *keys;
    int64_t *values;
    size_t used;
    size_t room;
    bool failed;
} map;

bool map_find(const map *m, uint64_t key, int64_t *out_value);
void map_put(map *m, uint64_t key, int64_t value);
void map_free(map *m);

/** The set of seen objects: one bit for every 16 bytes, in pages of 1 MiB of address space. */
typedef struct seen {
    map pages;
    uint64_t last_number;
    uint8_t *last_page;
    bool failed;
} seen;

bool seen_add(seen *s, uint64_t address); /* true when it was new */
void seen_free(seen *s);

/** Texts -> dense numbers; compared by their JSON form. */
typedef struct texts {
    buffer bytes;
    size_t *starts; /* count + 1 of them */
    uint32_t *slots;
    size_t count;
    size_t room;
    size_t slot_room;
    bool failed;
} texts;

/** The number of a text, or -1; with `add`, a new number and *out_new = true. */
int64_t texts_number(texts *t, const char *bytes, size_t count, bool add, bool *out_new);
void texts_free(texts *t);

#endif
