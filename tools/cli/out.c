// SPDX-License-Identifier: MIT
// Files and stdout: written whole and checked, or not at all.
//
// A file is written as FILE.tmp and renamed. What is there already and is no regular file (a
// device, a pipe) is written in place; a symbolic link keeps pointing at its file.
#include "cli/private.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct out {
    struct cli *cli;
    FILE *file;
    const char *shown; // for messages
    char *path;        // to rename to; NULL = written in place
    char *temporary;
    int error; // the first errno
};

static int open_failed(struct out *out)
{
    int r = cli_error(out->cli, out->shown, "cannot write: %s", strerror(errno));
    out_abandon(out);
    return r;
}

// `snaptop a.db -o a.db` would put a table in the place of the store.
bool cli_is_input(struct cli *cli, const char *output)
{
    struct stat status;
    if (stat(output, &status))
        return false;
    for (size_t i = 0; i < cli->arg_count; i++) {
        struct stat input;
        const char *argument = cli->args[i], *mark = strrchr(argument, '#');
        const char *path = mark && access(argument, F_OK)
                               ? cli_format(cli, "%.*s", (int)(mark - argument), argument)
                               : argument;
        if (stat(path, &input) == 0 && input.st_dev == status.st_dev &&
            input.st_ino == status.st_ino)
            return true;
    }
    return false;
}

int out_open(struct cli *cli, const char *path, struct out **result)
{
    struct out *out = calloc(1, sizeof *out);
    struct stat status;
    if (!out)
        return cli_error(cli, NULL, "out of memory");
    out->cli = cli;
    if (!path || !strcmp(path, "-")) {
        out->file = stdout;
        out->shown = "standard output";
        *result = out;
        return STATUS_OK;
    }
    out->shown = path;
    bool exists = stat(path, &status) == 0;
    if (exists && !S_ISREG(status.st_mode)) {
        out->file = fopen(path, "we");
        if (!out->file)
            return open_failed(out);
        *result = out;
        return STATUS_OK;
    }
    if (exists && cli_is_input(cli, path)) {
        out_abandon(out);
        return cli_error(cli, path, "is an input, and would be lost");
    }
    out->path = exists ? realpath(path, NULL) : strdup(path);
    if (!out->path || asprintf(&out->temporary, "%s.tmp", out->path) < 0) {
        out->temporary = NULL;
        return open_failed(out);
    }
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(out->temporary, flags, exists ? status.st_mode & 0777 : 0666);
    out->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out->file) {
        free(out->temporary);
        out->temporary = NULL; // not ours to remove
        return open_failed(out);
    }
    *result = out;
    return STATUS_OK;
}

void out_write(struct out *out, const void *data, size_t size)
{
    if (!out->error && size && fwrite(data, 1, size, out->file) != size)
        out->error = errno ? errno : EIO;
}

void out_printf(struct out *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!out->error && vfprintf(out->file, format, arguments) < 0)
        out->error = errno ? errno : EIO;
    va_end(arguments);
}

static int write_out(void *context, const void *data, size_t size)
{
    struct out *out = context;
    out_write(out, data, size);
    return out->error;
}

hsn_writer out_writer(struct out *out)
{
    return (hsn_writer){.write = write_out, .context = out};
}

int out_close(struct out *out)
{
    int r = STATUS_OK;
    if (fflush(out->file) && !out->error)
        out->error = errno;
    if (out->file != stdout) {
        if (fclose(out->file) && !out->error)
            out->error = errno;
        out->file = NULL;
    }
    if (!out->error && out->path && rename(out->temporary, out->path))
        out->error = errno;
    if (out->error)
        r = cli_error(out->cli, out->shown, "cannot write: %s", strerror(out->error));
    else if (out->path) {
        free(out->temporary);
        out->temporary = NULL;
    }
    // The message stands: main() need not say it again.
    if (out->error && out->file == stdout)
        out->cli->private->stdout_failed = true;
    out_abandon(out);
    return r;
}

void out_abandon(struct out *out)
{
    if (!out)
        return;
    if (out->file && out->file != stdout)
        fclose(out->file);
    if (out->temporary)
        unlink(out->temporary);
    free(out->temporary);
    free(out->path);
    free(out);
}

unsigned cli_terminal_columns(void)
{
    struct winsize size;
    uint64_t columns;
    const char *given = getenv("COLUMNS");
    if (!isatty(STDOUT_FILENO))
        return 0;
    if (given && parse_count(given, &columns) && columns > 0 && columns < 10000)
        return (unsigned)columns;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        return size.ws_col;
    return 0;
}

int out_table(struct cli *cli, const char *schema, const hsn_table *table, const hsn_table *members)
{
    struct cli_private *private = cli->private;
    struct out *out;
    hsn_error err = {0};
    bool to_stdout = !cli->output || !strcmp(cli->output, "-");
    cli_progress_erase(private);
    if (out_open(cli, cli->output, &out))
        return STATUS_TROUBLE;
    hsn_writer writer = out_writer(out);
    hsn_envelope envelope = {
        .schema = cli_format(cli, "heapsnap.%s/1", schema),
        .tool_name = cli->tool->name,
        .tool_version = HSN_VERSION,
        .snapshots = private->infos,
        .snapshot_count = private->info_count,
        .members = members,
    };
    hsn_text_options text = {
        .width = to_stdout ? cli_terminal_columns() : 0,
        .exact_bytes = cli->exact_bytes,
        .color = cli->color && (to_stdout || private->color == WHEN_ALWAYS),
    };
    int r = cli->format == FORMAT_JSON  ? hsn_table_render_json(table, &envelope, &writer, &err)
            : cli->format == FORMAT_CSV ? hsn_table_render_csv(table, &writer, &err)
                                        : hsn_table_render_text(table, &text, &writer, &err);
    // A failed write is in out->error, and out_close() tells it.
    if (r < 0 && r != HSN_EIO) {
        out_abandon(out);
        return cli_failed(cli, NULL, &err);
    }
    return out_close(out);
}

// Length of a name without its extension: this one, or with NULL any that begins with a letter.
static size_t without_extension(const char *name, size_t length, const char *extension)
{
    size_t dot = length;
    while (dot > 0 && name[dot - 1] != '.')
        dot--;
    if (dot < 2)
        return length; // none, or nothing before it
    bool fits = extension ? length - dot == strlen(extension) &&
                                !strncmp(name + dot, extension, length - dot)
                          : isalpha((unsigned char)name[dot]);
    return fits ? dot - 1 : length;
}

const char *cli_derived_path(struct cli *cli, const struct opt_file *file, const char *argument,
                             const char *suffix)
{
    if (file->path)
        return file->path;
    const char *slash = strrchr(argument, '/');
    const char *base = slash ? slash + 1 : argument;
    size_t length = strcspn(base, "#");
    length = without_extension(base, length, "gz");
    length = without_extension(base, length, "zst");
    length = without_extension(base, length, NULL);
    if (length == 0 || !strcmp(argument, "-"))
        return cli_format(cli, "snapshot%s", suffix);
    return cli_format(cli, "%.*s%s", (int)length, base, suffix);
}
