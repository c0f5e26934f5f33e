/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The one step between a module's bytes and the compiler: bytes in, bytes out.  Its version is part of the
 * cache key.  What it does today: a start section becomes an export.  Making an instance then runs nothing of
 * the guest's, so it needs no fiber, and the start function is called like any other: sliced, able to wait,
 * within its budget.  (Snapshots will be added here: hidden memories, globals and tables become exports.)
 *
 * The export comes last and its name is the first of "", "!", "!!" … that the module does not use.  So the
 * export takes as many bytes as the start section did, and code lies where it lay: offsets that traps tell
 * are those of the file, but for a byte where a size crosses 127 or the three of a section that was not
 * there.  A module without start section that by chance ends its exports so gets one more behind it ("-",
 * "--" …), so that looking at compiled code tells.
 */
#include "base/limits.h"
#include "engine/inner.h"
#include "engine/section.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

#define FORM_FUNCTION 0 /* of an export: core specification, 5.5.10 */

/* What of a module matters here. */
struct shape {
    struct text all;
    size_t exports_at, exports_end; /* the whole section; both 0: there is none */
    struct text exports;            /* its entries, without the count */
    uint32_t export_count;
    size_t start_at, start_end; /* likewise */
    uint32_t start;             /* the function */
    size_t marks, dashes;       /* the shortest names of '!' and of '-' alone that are free */
    bool is_marked;             /* the last export looks like ours … */
    uint32_t last;              /* … and is this function */
};

static bool is_all(struct text name, char c) {
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] != c)
            return false;
    return true;
}

bool engine_rewrite_marks(const char *name, size_t length) {
    return is_all((struct text){name, length}, '!');
}

static int read_exports(struct shape *shape, struct reader *in) {
    TRY(reader_count(in, &shape->export_count, UINT32_MAX, 3, "exports"));
    shape->exports = (struct text){(const char *)in->at, reader_left(in)};
    for (uint32_t i = 0; i < shape->export_count; i++) {
        struct text name;
        uint8_t form;
        TRY(reader_name(in, &name, "an export's name"));
        TRY(reader_byte(in, &form, "an export"));
        TRY(reader_u32(in, &shape->last, "an export's index"));
        bool marks = is_all(name, '!');
        if (marks && name.length >= shape->marks)
            shape->marks = name.length + 1;
        if (is_all(name, '-') && name.length >= shape->dashes)
            shape->dashes = name.length + 1;
        shape->is_marked = marks && form == FORM_FUNCTION;
    }
    return 0;
}

static int read_shape(struct shape *shape, struct reader *file) {
    TRY(section_magic(file, false));
    while (reader_left(file) > 0) {
        uint8_t id;
        struct reader in;
        size_t at = (size_t)(file->at - file->start);
        TRY(section_next(file, false, &id, &in));
        size_t end = (size_t)(file->at - file->start);
        if (id == SECTION_EXPORT) {
            shape->exports_at = at;
            shape->exports_end = end;
            TRY(read_exports(shape, &in));
        } else if (id == SECTION_START) {
            shape->start_at = at;
            shape->start_end = end;
            TRY(reader_u32(&in, &shape->start, "the start function"));
        }
    }
    return 0;
}

/* The section of exports with one more. */
static int write_exports(const struct shape *shape, char mark, size_t marks, uint32_t function,
                         struct buffer *to, arcella_error **reterr) {
    BUFFER_AUTO content = BUFFER_INIT(to->limit);
    TRY(section_write_u32(&content, shape->export_count + 1, reterr));
    TRY(buffer_add(&content, shape->exports.data ? shape->exports.data : "", shape->exports.length, reterr));
    TRY(section_write_u32(&content, (uint32_t)marks, reterr));
    for (size_t i = 0; i < marks; i++)
        TRY(buffer_add(&content, &mark, 1, reterr));
    TRY(buffer_add(&content, &(char){FORM_FUNCTION}, 1, reterr));
    TRY(section_write_u32(&content, function, reterr));
    TRY(buffer_add(to, &(char){SECTION_EXPORT}, 1, reterr));
    TRY(section_write_u32(to, (uint32_t)content.length, reterr));
    return buffer_add(to, content.data, content.length, reterr);
}

static int keep(const struct shape *shape, size_t from, size_t until, struct buffer *to,
                arcella_error **reterr) {
    return buffer_add(to, shape->all.data + from, until - from, reterr);
}

static int write_module(const struct shape *shape, struct buffer *to, arcella_error **reterr) {
    bool starts = shape->start_end > 0;
    /* Where there are no exports yet, they go where the start section was: that is their place. */
    size_t at = shape->exports_end ? shape->exports_at : shape->start_at;
    size_t behind = shape->exports_end ? shape->exports_end : shape->start_at;
    TRY(keep(shape, 0, at, to, reterr));
    TRY(write_exports(shape, starts ? '!' : '-', starts ? shape->marks : shape->dashes,
                      starts ? shape->start : shape->last, to, reterr));
    if (starts) {
        TRY(keep(shape, behind, shape->start_at, to, reterr));
        behind = shape->start_end;
    }
    return keep(shape, behind, shape->all.length, to, reterr);
}

int engine_rewrite(const void *wasm, size_t length, struct buffer *to_own, struct text *ret,
                   arcella_error **reterr) {
    struct shape shape = {.all = {wasm, length}, .dashes = 1};
    struct reader file = {.start = wasm, .at = wasm, .end = (const uint8_t *)wasm + length, .reterr = reterr};
    *ret = shape.all;
    TRY(read_shape(&shape, &file));
    if (!shape.start_end && !shape.is_marked)
        return 0;
    if (shape.start_end && shape.exports_at > shape.start_at)
        return error_set(reterr, ARCELLA_E_WASM, "exports behind the start section");
    TRY(write_module(&shape, to_own, reterr));
    *ret = (struct text){to_own->data, to_own->length};
    return 0;
}
