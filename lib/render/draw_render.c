// SPDX-License-Identifier: MIT
// Drawings as the bytes of files: DOT, or what Graphviz makes of it.
#include "render/draw_private.h"
#include "base/alloc.h"

static const char *const format_names[] = {
#define ROW(name, text) text,
    HSN_DRAW_FORMAT_LIST(ROW)
#undef ROW
};

const char *hsn_draw_format_name(hsn_draw_format format)
{
    return (unsigned)format < HSN_DRAW_FORMAT_COUNT ? format_names[format] : "unknown";
}

static int check_buf(const hsn__buf *buf, hsn_error *err)
{
    if (!buf->failed)
        return HSN_OK;
    return buf->capacity >= HSN__DRAW_MAX_BYTES / 2
               ? hsn__fail_limit(err, "bytes of a picture", HSN__DRAW_MAX_BYTES)
               : hsn__fail_memory(err);
}

static int render_picture(const hsn_drawing *drawing, hsn_draw_format format, hsn__buf *out,
                          hsn_error *err)
{
    hsn__buf dot = {.max = HSN__DRAW_MAX_BYTES}, raw = {.max = HSN__DRAW_MAX_BYTES};
    int r;
    hsn__dot_print(drawing, HSN__DOT_RENDER, &dot);
    if ((r = check_buf(&dot, err)) < 0)
        goto done;
    r = hsn__graphviz_render(hsn__buf_text(&dot), hsn_draw_format_name(format),
                             format == HSN_DRAW_SVG ? &raw : out, err);
    if (r < 0)
        goto done;
    if (format == HSN_DRAW_SVG)
        hsn__draw_svg_finish(drawing, hsn__buf_text(&raw), raw.size, out);
    r = check_buf(out, err);
done:
    hsn__buf_clear(&dot);
    hsn__buf_clear(&raw);
    return r;
}

int hsn_drawing_render(const hsn_drawing *drawing, hsn_draw_format format, char **out,
                       size_t *out_size, hsn_error *err)
{
    hsn__buf buf = {.max = HSN__DRAW_MAX_BYTES};
    int r;
    if (format == HSN_DRAW_DOT) {
        hsn__dot_print(drawing, HSN__DOT_FILE, &buf);
        r = check_buf(&buf, err);
    } else {
        r = render_picture(drawing, format, &buf, err);
    }
    if (r < 0) {
        hsn__buf_clear(&buf);
        return r;
    }
    hsn__buf_text(&buf);
    *out = buf.data;
    *out_size = buf.size;
    return HSN_OK;
}

void hsn_drawing_free_data(char *data)
{
    hsn__free(data);
}
