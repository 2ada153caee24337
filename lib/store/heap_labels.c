// SPDX-License-Identifier: MIT
// The labels of all references of a part as codes: for analyses that group by label.
#include "base/alloc.h"
#include "store/heap_private.h"
#include "store/label_code.h"
#include "store/store_private.h"
#include "base/varint.h"

// One code without its index; NULL when the bytes do not hold one.
static const uint8_t *read_code(const uint8_t *p, const uint8_t *end, uint64_t limit, uint32_t *out)
{
    uint64_t code, index;
    p = hsn__varint_read(p, end, &code);
    if (!p || code >= limit)
        return NULL;
    if (code < HSN__LABEL_NAMES && code % 3 == HSN__LABEL_INDEX_FOLLOWS) {
        p = hsn__varint_read(p, end, &index);
        code--; // to HSN__LABEL_COUNT_ON
    }
    *out = (uint32_t)code;
    return p;
}

int hsn__heap_label_codes(hsn_heap *heap, uint32_t part, uint32_t *out, uint64_t total,
                          hsn_error *err)
{
    uint32_t rows = hsn__heap_part_nodes(heap, part), ignored;
    uint64_t *degrees = NULL, name_count, written = 0;
    const uint64_t *names;
    hsn_store *store = hsn__heap_store(heap);
    hsn__segment segment;
    int r = hsn__heap_names(heap, &names, &name_count, err);
    if (r >= 0)
        r = hsn__heap_read_degrees(heap, part, &degrees, err);
    if (r >= 0)
        r = hsn__segment_read(store, hsn_heap_info(heap)->id, HSN__COLUMN_LABEL, part, rows,
                              &segment, err);
    if (r < 0)
        goto done;
    const uint64_t *weak = degrees + HSN__SEGMENT_ROWS;
    const uint8_t *p = segment.data, *end = p + segment.size;
    uint64_t limit = HSN__LABEL_NAMES + name_count;
    for (uint32_t i = 0; p && i < rows; i++) {
        uint64_t keep = degrees[i] - weak[i];
        for (uint64_t k = 0; p && k < degrees[i]; k++) {
            bool kept = k < keep;
            if (kept && written == total)
                p = NULL;
            else
                p = read_code(p, end, limit, kept ? &out[written++] : &ignored);
        }
    }
    if (p != end || written != total)
        r = hsn__segment_fail(store, HSN__COLUMN_LABEL, part, "cannot be decoded", err);
    hsn__segment_done(store);
done:
    hsn__free(degrees);
    return r;
}
