// SPDX-License-Identifier: MIT
// Inputs: files, pipes and memory, plain and compressed, whole, cut and damaged.
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#ifdef HSN_HAVE_ZSTD
#include <zstd.h>
#endif

#include "base/alloc.h"
#include "base/buf.h"
#include "base/input.h"
#include "check.h"

static char directory[] = "/tmp/heapsnap-test-input-XXXXXX";

static const char *temporary(const void *data, size_t size)
{
    static char path[128];
    static bool made;
    if (!made)
        made = mkdtemp(directory) != NULL;
    snprintf(path, sizeof path, "%s/dump", directory);
    FILE *file = fopen(path, "wb");
    if (CHECK(file != NULL)) {
        if (size)
            CHECK_EQ(fwrite(data, 1, size, file), size);
        fclose(file);
    }
    return path;
}

static void remove_temporary(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/dump", directory);
    unlink(path);
    rmdir(directory);
}

// Text that compresses about as a dump does: `size` bytes, lines of 0 … 200 digits.
static hsn__buf make_text(size_t size, uint64_t seed)
{
    check_random random = {seed};
    hsn__buf text = {0};
    while (text.size < size) {
        uint32_t length = check_random_below(&random, 200);
        for (uint32_t i = 0; i < length && text.size < size; i++)
            hsn__buf_putc(&text, (char)('0' + check_random_below(&random, 10)));
        if (text.size < size)
            hsn__buf_putc(&text, '\n');
    }
    return text;
}

static void append_gzip(hsn__buf *out, const char *data, size_t size)
{
    z_stream z = {0};
    CHECK_EQ(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t bound = deflateBound(&z, size) + 64;
    CHECK(hsn__buf_reserve(out, bound));
    z.next_in = (Bytef *)data;
    z.avail_in = (uInt)size;
    z.next_out = (Bytef *)out->data + out->size;
    z.avail_out = (uInt)bound;
    CHECK_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->size += z.total_out;
    deflateEnd(&z);
}

// Consume everything in pieces of 1 … `most` bytes and compare with `text`; gives the status.
static int drain(hsn_input *in, const hsn__buf *text, uint32_t most, size_t *out_got,
                 hsn_error *err)
{
    check_random random = {most};
    size_t got = 0;
    bool same = true;
    while (!hsn__input_at_end(in)) {
        size_t want = 1 + check_random_below(&random, most);
        size_t have = hsn__input_fill(in, want);
        size_t take = have < want ? have : want;
        same = same && got + take <= text->size && !memcmp(in->next, text->data + got, take) &&
               hsn__input_offset(in) == got;
        static const uint8_t zeros[HSN__INPUT_PADDING];
        same = same && !memcmp(in->end, zeros, sizeof zeros);
        in->next += take;
        got += take;
    }
    CHECK(same);
    *out_got = got;
    return hsn__input_status(in, err);
}

static void check_file(const hsn__buf *bytes, const hsn__buf *text, uint32_t most)
{
    hsn_input *in = NULL;
    hsn_error err = {0};
    size_t got = 0;
    const char *path = temporary(bytes->data, bytes->size);
    if (!CHECK_OK(hsn__input_open(&in, path, &err), &err))
        return;
    CHECK_OK(drain(in, text, most, &got, &err), &err);
    CHECK_EQ(got, text->size);
    uint64_t done, total;
    hsn__input_coverage(in, &done, &total);
    CHECK_EQ(done, bytes->size);
    CHECK_EQ(total, bytes->size);
    hsn__input_close(in);
    in = NULL;
    if (CHECK_OK(hsn__input_memory(&in, bytes->data, bytes->size, &err), &err)) {
        CHECK_OK(drain(in, text, most, &got, &err), &err);
        CHECK_EQ(got, text->size);
    }
    hsn__input_close(in);
}

static void input_plain_files_of_every_size_around_the_window(void)
{
    static const size_t sizes[] = {0, 1, 9, 4095, 4096, 262143, 262144, 262145, 2000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hsn__buf text = make_text(sizes[i], i + 1);
        check_file(&text, &text, 1);
        check_file(&text, &text, 5000);
        check_file(&text, &text, 700000);
        hsn__buf_clear(&text);
    }
}

static void input_gzip_of_several_members_is_one_stream(void)
{
    hsn__buf text = make_text(3000000, 7), packed = {0};
    append_gzip(&packed, text.data, 1000000);
    append_gzip(&packed, text.data, 0);
    append_gzip(&packed, text.data + 1000000, 2000000);
    check_file(&packed, &text, 3000);
    for (int i = 0; i < 600; i++)
        hsn__buf_putc(&packed, 0); // padding up to a tape's block
    check_file(&packed, &text, 700000);
    hsn__buf_clear(&text);
    hsn__buf_clear(&packed);
}

#ifdef HSN_HAVE_ZSTD
static void append_zstd(hsn__buf *out, const char *data, size_t size)
{
    CHECK(hsn__buf_reserve(out, ZSTD_compressBound(size)));
    size_t got = ZSTD_compress(out->data + out->size, ZSTD_compressBound(size), data, size, 3);
    CHECK(!ZSTD_isError(got));
    out->size += got;
}

static void input_zstd_frames_are_one_stream(void)
{
    hsn__buf text = make_text(3000000, 8), packed = {0};
    append_zstd(&packed, text.data, 1000000);
    append_zstd(&packed, text.data + 1000000, 2000000);
    check_file(&packed, &text, 3000);
    hsn_input *in = NULL;
    hsn_error err = {0};
    size_t got = 0;
    if (CHECK_OK(hsn__input_memory(&in, packed.data, packed.size - 1, &err), &err)) {
        CHECK_STATUS(drain(in, &text, 3000, &got, &err), HSN_EFORMAT);
        CHECK_EQ(err.offset, packed.size - 1);
    }
    hsn__input_close(in);
    hsn__buf_clear(&text);
    hsn__buf_clear(&packed);
}
#else
static void input_zstd_frames_are_one_stream(void)
{
    hsn_input *in = NULL;
    hsn_error err = {0};
    CHECK_STATUS(hsn__input_memory(&in, "\x28\xb5\x2f\xfd", 4, &err), HSN_EUNSUPPORTED);
    CHECK_STR(err.message, "zstd compression is not built in: decompress the file first");
}
#endif

static void input_damaged_gzip_gives_the_bytes_so_far_and_the_place(void)
{
    hsn__buf text = make_text(20000, 9), packed = {0};
    append_gzip(&packed, text.data, text.size);
    for (size_t size = 10; size < packed.size; size += 1 + size / 8) {
        hsn_input *in = NULL;
        hsn_error err = {0};
        size_t got = 0;
        if (CHECK_OK(hsn__input_memory(&in, packed.data, size, &err), &err)) {
            CHECK_STATUS(drain(in, &text, 300, &got, &err), HSN_EFORMAT);
            CHECK_EQ(err.offset, size);
            CHECK_STR(err.message, "gzip data: the stream is cut off");
        }
        hsn__input_close(in);
    }
    hsn_input *in = NULL;
    hsn_error err = {0};
    size_t got = 0;
    packed.data[packed.size - 8] ^= 1; // the CRC
    if (CHECK_OK(hsn__input_memory(&in, packed.data, packed.size, &err), &err)) {
        CHECK_STATUS(drain(in, &text, 300, &got, &err), HSN_EFORMAT);
        CHECK_EQ(got, text.size);
        CHECK_STR(err.message, "gzip data: incorrect data check");
    }
    hsn__input_close(in);
    packed.data[packed.size - 8] ^= 1;
    size_t good = packed.size;
    hsn__buf_puts(&packed, "garbage");
    in = NULL;
    err = (hsn_error){0};
    if (CHECK_OK(hsn__input_memory(&in, packed.data, packed.size, &err), &err)) {
        CHECK_STATUS(drain(in, &text, 300, &got, &err), HSN_EFORMAT);
        CHECK_EQ(got, text.size);
        CHECK_EQ(err.offset, good);
        CHECK_STR(err.message, "gzip data: trailing bytes that are no gzip member");
    }
    hsn__input_close(in);
    hsn__buf_clear(&text);
    hsn__buf_clear(&packed);
}

struct writer {
    int fd;
    const hsn__buf *bytes;
    bool stay; // keep the pipe open when done
};

static void *write_slowly(void *argument)
{
    struct writer *writer = argument;
    size_t at = 0;
    check_random random = {3};
    while (at < writer->bytes->size) {
        size_t size = 1 + check_random_below(&random, 30000);
        if (size > writer->bytes->size - at)
            size = writer->bytes->size - at;
        ssize_t put = write(writer->fd, writer->bytes->data + at, size);
        if (put < 0)
            break;
        at += (size_t)put;
    }
    if (!writer->stay)
        close(writer->fd);
    return NULL;
}

// Feed `bytes` through a pipe that stands in for standard input.
static void with_stdin(const hsn__buf *bytes, bool stay, void (*use)(hsn_input *, const hsn__buf *),
                       const hsn__buf *text)
{
    int fds[2], saved = dup(STDIN_FILENO);
    pthread_t thread;
    CHECK_EQ(pipe(fds), 0);
    CHECK_EQ(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
    close(fds[0]);
    struct writer writer = {fds[1], bytes, stay};
    CHECK_EQ(pthread_create(&thread, NULL, write_slowly, &writer), 0);
    hsn_input *in = NULL;
    hsn_error err = {0};
    if (CHECK_OK(hsn__input_open(&in, "-", &err), &err)) {
        CHECK_STR(hsn__input_name(in), "standard input");
        use(in, text);
    }
    hsn__input_close(in);
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0); // not ours to close
    pthread_join(thread, NULL);
    if (stay)
        close(fds[1]);
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
}

static void drain_all(hsn_input *in, const hsn__buf *text)
{
    hsn_error err = {0};
    size_t got = 0;
    CHECK_OK(drain(in, text, 20000, &got, &err), &err);
    CHECK_EQ(got, text->size);
}

static void look_at_head(hsn_input *in, const hsn__buf *text)
{
    size_t size = 0;
    const uint8_t *head = hsn__input_head(in, &size);
    CHECK_EQ(size, HSN__INPUT_HEAD);
    CHECK_MEM(head, text->data, size < text->size ? size : text->size);
}

static void input_pipes_plain_and_compressed(void)
{
    hsn__buf text = make_text(1000000, 10), packed = {0};
    append_gzip(&packed, text.data, text.size);
    with_stdin(&text, false, drain_all, &text);
    with_stdin(&packed, false, drain_all, &text);
    hsn__buf_clear(&text);
    hsn__buf_clear(&packed);
}

static void input_closing_early_does_not_wait_for_a_silent_pipe(void)
{
    hsn__buf text = make_text(60000, 11), packed = {0};
    append_gzip(&packed, text.data, text.size);
    packed.size /= 2; // the writer holds the rest back and stays
    with_stdin(&packed, true, look_at_head, &text);
    hsn__buf_clear(&text);
    hsn__buf_clear(&packed);
}

static void input_closing_early_joins_the_thread(void)
{
    hsn__buf text = make_text(4000000, 12), packed = {0};
    append_gzip(&packed, text.data, text.size);
    for (int i = 0; i < 50; i++) {
        hsn_input *in = NULL;
        hsn_error err = {0};
        if (CHECK_OK(hsn__input_memory(&in, packed.data, packed.size, &err), &err) && i % 2)
            CHECK(hsn__input_bytes(in, (size_t)i * 10000) != NULL);
        hsn__input_close(in);
    }
    hsn__buf_clear(&text);
    hsn__buf_clear(&packed);
}

static void input_lines_of_any_length(void)
{
    hsn__buf text = make_text(600000, 13);
    for (int i = 0; i < 900000; i++)
        hsn__buf_putc(&text, 'x');
    hsn__buf_puts(&text, "\n\nlast");
    hsn_input *in = NULL;
    hsn_error err = {0};
    if (!CHECK_OK(hsn__input_open(&in, temporary(text.data, text.size), &err), &err))
        return;
    size_t at = 0, length;
    bool ended, same = true;
    const uint8_t *line;
    while ((line = hsn__input_line(in, &length, &ended))) {
        same = same && at + length <= text.size && !memcmp(line, text.data + at, length) &&
               (ended ? text.data[at + length] == '\n' : at + length == text.size);
        at += length + ended;
    }
    CHECK(same);
    CHECK_EQ(at, text.size);
    CHECK(!hsn__input_failed(in));
    hsn__input_close(in);
    hsn__buf_clear(&text);
}

static void input_reads_past_the_end_stick(void)
{
    hsn_input *in = NULL;
    hsn_error err = {0};
    if (!CHECK_OK(hsn__input_memory(&in, "\1\2\3\4\5", 5, &err), &err))
        return;
    CHECK_EQ(hsn__input_u16le(in), 0x0201);
    CHECK(!hsn__input_failed(in));
    CHECK_EQ(hsn__input_u32le(in), 0);
    CHECK(hsn__input_failed(in));
    CHECK_EQ(hsn__input_u8(in), 0);
    CHECK_EQ(hsn__input_offset(in), 5);
    CHECK_OK(hsn__input_status(in, &err), &err);
    hsn__input_close(in);
}

static void input_open_says_what_is_wrong(void)
{
    hsn_input *in = NULL;
    hsn_error err = {0};
    CHECK_STATUS(hsn__input_open(&in, "/nonexistent/dump", &err), HSN_EIO);
    CHECK_STR(err.message, "cannot open: No such file or directory");
    CHECK_STR(err.source, "/nonexistent/dump");
    err = (hsn_error){0};
    CHECK_STATUS(hsn__input_open(&in, "/tmp", &err), HSN_EIO);
    CHECK_STR(err.message, "cannot read: Is a directory");
    err = (hsn_error){0};
    CHECK_STATUS(hsn__input_memory(&in,
                                   "\xfd"
                                   "7zXZ\0\0\0\0\0",
                                   10, &err),
                 HSN_EUNSUPPORTED);
    CHECK_STR(err.message, "xz compression is not built in: decompress the file first");
    CHECK(in == NULL);
}

static void input_survives_every_failing_allocation(void)
{
    hsn__buf text = make_text(700000, 14), packed = {0};
    append_gzip(&packed, text.data, text.size);
    for (int forever = 0; forever < 2; forever++)
        for (uint64_t nth = 1;; nth++) {
            hsn_input *in = NULL;
            hsn_error err = {0};
            hsn__alloc_fail_at(nth, forever);
            int r = hsn__input_memory(&in, packed.data, packed.size, &err);
            bool all = r == HSN_OK && hsn__input_fill(in, text.size) == text.size;
            if (r == HSN_OK)
                r = hsn__input_status(in, &err);
            uint64_t seen = hsn__alloc_fail_at(0, false);
            CHECK(all ? r == HSN_OK : r == HSN_ENOMEM);
            if (all)
                CHECK_MEM(in->next, text.data, text.size);
            hsn__input_close(in);
            if (seen < nth)
                break;
        }
    hsn__buf_clear(&text);
    hsn__buf_clear(&packed);
}

static void input_leaves_no_file(void)
{
    remove_temporary();
    CHECK(access(directory, F_OK) < 0);
}

CHECK_MAIN(CHECK_CASE(input_plain_files_of_every_size_around_the_window),
           CHECK_CASE(input_gzip_of_several_members_is_one_stream),
           CHECK_CASE(input_zstd_frames_are_one_stream),
           CHECK_CASE(input_damaged_gzip_gives_the_bytes_so_far_and_the_place),
           CHECK_CASE(input_pipes_plain_and_compressed),
           CHECK_CASE(input_closing_early_does_not_wait_for_a_silent_pipe),
           CHECK_CASE(input_closing_early_joins_the_thread), CHECK_CASE(input_lines_of_any_length),
           CHECK_CASE(input_reads_past_the_end_stick), CHECK_CASE(input_open_says_what_is_wrong),
           CHECK_CASE(input_survives_every_failing_allocation), CHECK_CASE(input_leaves_no_file))
