// SPDX-License-Identifier: MIT
// Snapshot arguments: the one place where damage becomes a warning and an exit status.
#include "cli/private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int check_stdin(struct cli *cli)
{
    if (cli->private->stdin_taken)
        return cli_error(cli, "-", "can be read only once");
    cli->private->stdin_taken = true;
    if (isatty(STDIN_FILENO))
        return cli_error(cli, "-", "is a terminal, where a dump is expected");
    return STATUS_OK;
}

// Remembers the snapshot, so that the envelope names it and the end closes it.
static struct snapshot *remember(struct cli *cli, hsn_store *store, hsn_snapshot_list *list)
{
    struct cli_private *private = cli->private;
    if (private->snapshot_count == private->snapshot_capacity) {
        size_t capacity = private->snapshot_capacity * 2 + 8;
        private->snapshots = realloc(private->snapshots, capacity * sizeof *private->snapshots);
        private->lists = realloc(private->lists, capacity * sizeof *private->lists);
        private->infos = realloc(private->infos, capacity * sizeof *private->infos);
        if (!private->snapshots || !private->lists || !private->infos)
            exit(cli_error(cli, NULL, "out of memory"));
        private->snapshot_capacity = capacity;
    }
    struct snapshot *snapshot = cli_alloc(cli, 1, sizeof *snapshot);
    snapshot->store = store;
    private->snapshots[private->snapshot_count] = snapshot;
    private->lists[private->snapshot_count] = *list;
    private->infos[private->snapshot_count] = NULL;
    private->snapshot_count++;
    return snapshot;
}

int cli_open(struct cli *cli, const char *argument, struct snapshot **out)
{
    struct cli_private *private = cli->private;
    hsn_error err = {0};
    hsn_store *store = NULL;
    hsn_snapshot_id id = 0;
    hsn_snapshot_list list = {0};
    hsn_load_options options = {.strict = cli->strict, .progress = cli_progress(cli)};
    if (!strcmp(argument, "-") && check_stdin(cli))
        return STATUS_TROUBLE;
    int opened = hsn_snapshot_open(&store, &id, argument, &options, &err);
    cli_progress_erase(private);
    if (opened < 0)
        return cli_failed(cli, argument, &err);
    int read = hsn_snapshot_list_read(store, &list, &err);
    struct snapshot *snapshot = remember(cli, store, &list);
    if (read < 0)
        return cli_failed(cli, argument, &err);
    snapshot->id = id;
    snapshot->argument = argument;
    for (size_t i = 0; i < list.count; i++)
        if (list.rows[i].id == id)
            snapshot->info = &list.rows[i];
    private->infos[private->snapshot_count - 1] = snapshot->info;
    if (opened == HSN_PARTIAL) {
        if (cli->strict)
            return cli_error(cli, argument, "%s",
                             err.message[0] ? err.message : "the snapshot is incomplete");
        cli_damaged(cli, argument, &err);
    }
    *out = snapshot;
    return STATUS_OK;
}

int cli_open_all(struct cli *cli, size_t first, struct snapshot ***out, size_t *out_count)
{
    size_t count = cli->arg_count > first ? cli->arg_count - first : 0;
    struct snapshot **snapshots = cli_alloc(cli, count + 1, sizeof *snapshots);
    for (size_t i = 0; i < count; i++)
        if (cli_open(cli, cli->args[first + i], &snapshots[i]))
            return STATUS_TROUBLE;
    *out = snapshots;
    *out_count = count;
    return STATUS_OK;
}
