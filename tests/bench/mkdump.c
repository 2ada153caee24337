// SPDX-License-Identifier: MIT
// Writes a dump of any size in the toolkit's own format: a heap like CPython's, reproducible by a
// seed.
//
// The heap is planned in chunks of 2048 objects. Within a chunk every object is owned by one before
// it (a tree, breadth first); chunk roots are owned by registries, which a module holds. Further
// references only lead to later objects, to leaves or to the static part, so the only cycles are
// the planted ones (rings of 2 to 50 instances, one in ten of them garbage) and those among classes
// and modules. Everything is drawn from generators seeded by chunk, so the plan is made three times
// (addresses, in-degrees, writing) instead of being kept: memory is 10 bytes an object.
#include "mkdump.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const label_texts[] = {"__dict__", "__code__",  "__globals__",  "__closure__",
                                          "__mro__",  "co_consts", "__name__",     "__func__",
                                          "next",     "_pending",  "path",         "headers",
                                          "body",     "cache",     "cell_contents"};

static void write_type_line(struct maker *m, uint32_t id, const char *name, const char *module,
                            uint32_t object, const char *kind)
{
    char line[512];
    snprintf(line, sizeof line,
             "{\"type\":%u,\"name\":\"%s\"%s%s%s,\"object\":%" PRIu64 "%s%s%s}\n", id, name,
             *module ? ",\"module\":\"" : "", module, *module ? "\"" : "", address_of(m, object),
             *kind ? ",\"kind\":\"" : "", kind, *kind ? "\"" : "");
    put_text(m, line);
}

static uint32_t write_head(struct maker *m)
{
    char line[512];
    snprintf(line, sizeof line,
             "{\"heapsnap\":1,\"runtime\":\"cpython\",\"runtime_version\":\"3.11.7\",\"program\":"
             "\"mkdump\",\"pid\":42,\"host\":\"bench\",\"captured_at_unix_ms\":1795186701712%s%s%s,"
             "\"values\":false,\"facts\":{\"gc.enabled\":true}}\n",
             m->label ? ",\"label\":\"" : "", m->label ? m->label : "", m->label ? "\"" : "");
    put_text(m, line);
    uint32_t types = 0;
    for (; types < BUILTINS + m->classes; types++) {
        char name[64], module[64];
        class_name(name, sizeof name, types);
        snprintf(module, sizeof module, "app.%s%u", words[types % WORDS], types % MODULES);
        bool builtin = types < BUILTINS;
        write_type_line(m, types, builtin ? type_rows[types].name : name, builtin ? "" : module,
                        m->first_type + types, builtin ? type_rows[types].kind : "");
    }
    if (m->growth) {
        write_type_line(m, types++, m->growth_name, m->growth_module, m->first_growth + 4, "");
        write_type_line(m, types++, "Cache", "app.cache", m->first_growth + 5, "");
        put_text(m, "{\"frame\":0,\"file\":\"/app/views.py\",\"line\":41,\"function\":\"handle\"}\n"
                    "{\"frame\":1,\"file\":\"/app/main.py\",\"line\":12,\"function\":\"serve\"}\n"
                    "{\"stack\":0,\"frames\":[0,1]}\n");
    }
    for (uint32_t i = 0; i < L_FIRST_DRAWN + LABELS; i++) {
        uint32_t drawn = i - L_FIRST_DRAWN;
        if (i < L_FIRST_DRAWN)
            snprintf(line, sizeof line, "{\"string\":%u,\"text\":\"%s\"}\n", i, label_texts[i]);
        else
            snprintf(line, sizeof line, "{\"string\":%u,\"text\":\"%s_%s%u\"}\n", i,
                     words[drawn % WORDS], words[drawn / WORDS % WORDS],
                     (unsigned)(drawn / WORDS / WORDS));
        put_text(m, line);
    }
    return types;
}

static uint32_t write_roots(struct maker *m)
{
    char line[256];
    uint32_t roots = 0;
    for (uint32_t i = 0; i <= MODULES; i++, roots++) {
        char name[64];
        snprintf(name, sizeof name, i < MODULES ? "app.%s%u" : "app.registry", words[i % WORDS], i);
        snprintf(line, sizeof line, "{\"root\":%" PRIu64 ",\"kind\":\"module\",\"name\":\"%s\"}\n",
                 address_of(m, m->first_module + 2 * i), name);
        put_text(m, line);
    }
    for (uint32_t i = 0; i < BUILTINS; i++, roots++) {
        snprintf(line, sizeof line, "{\"root\":%" PRIu64 ",\"kind\":\"static\",\"name\":\"%s\"}\n",
                 address_of(m, m->first_type + i), type_rows[i].name);
        put_text(m, line);
    }
    snprintf(line, sizeof line,
             "{\"root\":%" PRIu64 ",\"kind\":\"frame\",\"name\":\"main main.py:12\",\"thread\":"
             "\"MainThread\"}\n",
             address_of(m, m->first_frame));
    put_text(m, line);
    roots++;
    if (m->growth) {
        snprintf(line, sizeof line,
                 "{\"root\":%" PRIu64 ",\"kind\":\"module\",\"name\":\"app.cache\"}\n",
                 address_of(m, m->first_growth));
        put_text(m, line);
        roots++;
    }
    return roots;
}

static void write_dump(struct maker *m)
{
    char line[256];
    uint32_t types = write_head(m);
    write_objects(m, true);
    uint32_t roots = write_roots(m);
    snprintf(line, sizeof line,
             "{\"end\":1,\"objects\":%u,\"references\":%" PRIu64
             ",\"types\":%u,\"strings\":%u,\"roots\":%u}\n",
             m->total, m->references, types, (unsigned)(L_FIRST_DRAWN + LABELS), roots);
    put_text(m, line);
    flush(m);
}

// "app.cache.Request=1000" into module, name and count.
static bool parse_growth(struct maker *m, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return false;
    *equals = 0;
    m->growth = strtoull(equals + 1, NULL, 10);
    char *dot = strrchr(text, '.');
    if (!dot || !m->growth || m->growth > UINT32_MAX / 16)
        return false;
    *dot = 0;
    m->growth_module = text;
    m->growth_name = dot + 1;
    return true;
}

static bool parse_options(struct maker *m, int argc, char **argv, const char **out_path)
{
    static const struct option options[] = {{"objects", required_argument, NULL, 'n'},
                                            {"refs-per-object", required_argument, NULL, 'r'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"growth", required_argument, NULL, 'g'},
                                            {"label", required_argument, NULL, 'l'},
                                            {"output", required_argument, NULL, 'o'},
                                            {NULL, 0, NULL, 0}};
    int option;
    bool ok = true;
    while ((option = getopt_long(argc, argv, "n:r:s:g:l:o:", options, NULL)) != -1) {
        switch (option) {
        case 'n':
            m->chunk_objects = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            m->refs_per_object = strtod(optarg, NULL);
            break;
        case 's':
            m->seed = strtoull(optarg, NULL, 10);
            break;
        case 'g':
            ok = parse_growth(m, optarg);
            break;
        case 'l':
            m->label = optarg;
            break;
        case 'o':
            *out_path = optarg;
            break;
        default:
            ok = false;
        }
        if (!ok)
            return false;
    }
    return optind == argc && m->chunk_objects > 0;
}

int main(int argc, char **argv)
{
    static struct maker m = {.chunk_objects = 100000, .seed = 1, .refs_per_object = 3};
    const char *path = "-";
    if (!parse_options(&m, argc, argv, &path) || !prepare(&m)) {
        fprintf(stderr, "usage: mkdump [--objects N] [--refs-per-object R] [--seed S] "
                        "[--growth MODULE.TYPE=COUNT] [--label TEXT] [-o FILE]\n");
        return 2;
    }
    m.out = strcmp(path, "-") ? fopen(path, "wb") : stdout;
    if (!m.out) {
        fprintf(stderr, "mkdump: %s: %s\n", path, strerror(errno));
        return 2;
    }
    lay_out(&m);
    write_objects(&m, false);
    write_dump(&m);
    if (fflush(m.out) || (m.out != stdout && fclose(m.out))) {
        fprintf(stderr, "mkdump: %s: %s\n", path, strerror(errno));
        return 2;
    }
    free(m.address);
    free(m.indegree);
    free(m.type);
    free(m.buffer);
    free(m.chunk_roots);
    return 0;
}
