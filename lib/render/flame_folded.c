// SPDX-License-Identifier: MIT
// Folded stacks: a line per stack, `root;caller;leaf 4096`, as the folded reader reads them.
//
// Frames are spelled as the exporter spells them. Boxes stand in preorder, so the line so far is
// kept and cut back to the parent's.
#include "heapsnap/flame_svg.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fail.h"
#include "render/export_private.h"

static uint64_t value_of(const hsn_flame *flame, const hsn_cell *cell)
{
    return flame->by_count ? cell->count : cell->size_bytes;
}

static int put_line(const hsn_flame *flame, const hsn_flame_box *box, hsn__buf *line,
                    const hsn_writer *writer, hsn_error *err)
{
    size_t size = line->size;
    if (flame->snapshots == 2)
        hsn__buf_printf(line, " %" PRIu64, value_of(flame, &box->owns[0]));
    hsn__buf_printf(line, " %" PRIu64 "\n", value_of(flame, &box->owns[1]));
    if (line->failed)
        return hsn__fail_memory(err);
    int os_errno = writer->write(writer->context, line->data, line->size);
    line->size = size;
    if (!os_errno)
        return HSN_OK;
    errno = os_errno;
    return hsn__fail_errno(err, "output", "cannot write");
}

int hsn_flame_folded(const hsn_flame *flame, const hsn_writer *writer, hsn_error *err)
{
    hsn__buf line = {0};
    // By depth: where the frame at that depth ends in the line.
    size_t *ends = hsn__alloc_array((size_t)flame->levels + 1, sizeof *ends);
    int r = ends ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0 && flame->options.reverse)
        r = hsn__fail(err, HSN_EINVAL, NULL, "folded stacks begin at the root");
    if (r >= 0)
        ends[0] = 0;
    for (size_t i = 1; r >= 0 && i < flame->count; i++) {
        const hsn_flame_box *box = &flame->boxes[i];
        line.size = ends[box->depth - 1];
        if (line.size)
            hsn__buf_putc(&line, ';');
        if (box->frame == HSN_NONE)
            hsn__buf_puts(&line, "[unknown]");
        else
            hsn__export_put_frame(&line, &flame->frames[box->frame].frame);
        ends[box->depth] = line.size;
        if (value_of(flame, &box->owns[0]) || value_of(flame, &box->owns[1]))
            r = put_line(flame, box, &line, writer, err);
    }
    hsn__buf_clear(&line);
    hsn__free(ends);
    return r;
}
