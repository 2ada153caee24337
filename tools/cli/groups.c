// SPDX-License-Identifier: MIT
// --aggregate: an argument's store becomes one of groups of its snapshots, before one is chosen.
#include "cli/private.h"

#include <heapsnap/aggregate.h>

#include <string.h>
#include <unistd.h>

const char *const cli_aggregates[] = {"each",
#define WORD(name, text) text,
                                      HSN_AGGREGATE_LIST(WORD)
#undef WORD
                                          NULL};

int cli_pairs(struct cli *cli, const char *option, const struct opt_list *list, hsn_pair **out)
{
    hsn_pair *pairs = cli_alloc(cli, list->count + 1, sizeof *pairs);
    for (size_t i = 0; i < list->count; i++) {
        const char *equals = strchr(list->items[i], '=');
        if (!equals || equals == list->items[i])
            return cli_usage(cli, "option '--%s': '%s' is not NAME=VALUE", option, list->items[i]);
        pairs[i].name = cli_format(cli, "%.*s", (int)(equals - list->items[i]), list->items[i]);
        pairs[i].value = equals + 1;
    }
    *out = pairs;
    return STATUS_OK;
}

// A dump has no groups to choose from; hsn_store_open() says what the file is not.
static int open_groups(struct cli *cli, const char *path, hsn_store **out, hsn_error *err)
{
    struct cli_private *private = cli->private;
    hsn_pair *tags;
    hsn_store *source;
    if (cli_pairs(cli, "tag", &private->tags, &tags))
        return STATUS_TROUBLE;
    hsn_aggregate_options options = {
        .how = (hsn_aggregate)(private->aggregate - 1),
        .group = private->group,
        .tags = tags,
        .tag_count = private->tags.count,
    };
    int r = hsn_store_open(&source, path, NULL, err);
    if (r >= 0)
        r = hsn_aggregate_open(out, source, &options, err);
    hsn_store_close(source);
    return r < 0 ? cli_failed(cli, path, err) : STATUS_OK;
}

int cli_open_aggregate(struct cli *cli, const char *argument, hsn_store **out,
                       hsn_snapshot_id *out_id)
{
    const char *mark = access(argument, F_OK) ? strrchr(argument, '#') : NULL;
    const char *path = mark ? cli_format(cli, "%.*s", (int)(mark - argument), argument) : argument;
    hsn_error err = {0};
    int r = open_groups(cli, path, out, &err);
    if (!r && hsn_snapshot_find(*out, mark ? mark + 1 : NULL, out_id, &err) < 0) {
        hsn_store_close(*out);
        r = cli_failed(cli, path, &err);
    }
    return r;
}

int cli_check_aggregate(struct cli *cli)
{
    const struct cli_private *private = cli->private;
    if (!private->aggregate && (private->group || private->tags.count))
        return cli_usage(cli, "%s needs --aggregate", private->group ? "--group" : "--tag");
    return STATUS_OK;
}
