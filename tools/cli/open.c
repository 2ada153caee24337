// SPDX-License-Identifier: MIT
// Snapshot arguments: the one place where damage becomes a warning and an exit status.
#include "cli/private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cli_check_input(struct cli *cli, const char *argument)
{
    if (strcmp(argument, "-"))
        return STATUS_OK;
    if (cli->private->stdin_taken)
        return cli_error(cli, "-", "can be read only once");
    cli->private->stdin_taken = true;
    if (isatty(STDIN_FILENO))
        return cli_error(cli, "-", "is a terminal, where a dump is expected");
    return STATUS_OK;
}

void cli_mention(struct cli *cli, const hsn_snapshot_info *info)
{
    struct cli_private *private = cli->private;
    if (private->info_count == private->info_capacity) {
        size_t capacity = private->info_capacity * 2 + 8;
        void *grown = realloc(private->infos, capacity * sizeof *private->infos);
        if (!grown)
            exit(cli_error(cli, NULL, "out of memory"));
        private->infos = grown;
        private->info_capacity = capacity;
    }
    private->infos[private->info_count++] = info;
}

// Opens the store of an argument; cli closes it. *out_err says how it is damaged, if it is.
static int open_store(struct cli *cli, const char *argument, struct cli_opened **out,
                      hsn_snapshot_id *out_id, hsn_error *out_err)
{
    struct cli_private *private = cli->private;
    hsn_load_options options = {.strict = cli->strict, .progress = cli_progress(cli)};
    if (cli_check_input(cli, argument))
        return STATUS_TROUBLE;
    struct cli_opened *opened = cli_alloc(cli, 1, sizeof *opened);
    int r = cli_check_aggregate(cli);
    if (!r && private->aggregate)
        r = cli_open_aggregate(cli, argument, &opened->store, out_id);
    if (r)
        return r;
    if (!private->aggregate)
        r = hsn_snapshot_open(&opened->store, out_id, argument, &options, out_err);
    cli_progress_erase(private);
    if (r < 0 || (r == HSN_PARTIAL && cli->strict)) {
        hsn_store_close(opened->store);
        return cli_failed(cli, argument, out_err);
    }
    opened->next = private->opened;
    private->opened = opened;
    hsn_error err = {0};
    if (hsn_snapshot_list_read(opened->store, &opened->list, &err) < 0)
        return cli_failed(cli, argument, &err);
    *out = opened;
    return STATUS_OK;
}

static struct snapshot *take_row(struct cli *cli, const char *argument, struct cli_opened *opened,
                                 const hsn_snapshot_info *info, const hsn_error *damage)
{
    struct snapshot *snapshot = cli_alloc(cli, 1, sizeof *snapshot);
    *snapshot = (struct snapshot){
        .store = opened->store, .id = info->id, .argument = argument, .info = info};
    cli_mention(cli, info);
    if (!info->complete || damage->code)
        cli_damaged(cli, argument, damage);
    return snapshot;
}

int cli_open(struct cli *cli, const char *argument, struct snapshot **out)
{
    struct cli_opened *opened;
    hsn_snapshot_id id;
    hsn_error damage = {0};
    int r = open_store(cli, argument, &opened, &id, &damage);
    if (r)
        return r;
    for (size_t i = 0; i < opened->list.count; i++)
        if (opened->list.rows[i].id == id) {
            *out = take_row(cli, argument, opened, &opened->list.rows[i], &damage);
            return STATUS_OK;
        }
    return cli_error(cli, argument, "the snapshot vanished");
}

int cli_open_store(struct cli *cli, const char *argument, struct snapshot ***out, size_t *out_count)
{
    struct cli_opened *opened;
    hsn_snapshot_id id;
    hsn_error damage = {0};
    int r = open_store(cli, argument, &opened, &id, &damage);
    if (r)
        return r;
    // The library decides what a selector is; a file whose very name has a '#' has none.
    bool chosen = strchr(argument, '#') && access(argument, F_OK) != 0;
    struct snapshot **snapshots = cli_alloc(cli, opened->list.count + 1, sizeof *snapshots);
    size_t count = 0;
    for (size_t i = 0; i < opened->list.count; i++) {
        const hsn_snapshot_info *info = &opened->list.rows[i];
        hsn_error none = {0};
        if (!chosen || info->id == id)
            snapshots[count++] =
                take_row(cli, argument, opened, info, info->id == id ? &damage : &none);
    }
    *out = snapshots;
    *out_count = count;
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
