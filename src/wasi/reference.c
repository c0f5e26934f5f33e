/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* docs/reference/wasi-preview1.md, written from the rows; tools/generate prints it, a test holds it to this.
 */
#include "base/buffer.h"
#include "wasi/preview1/abi.h"
#include "wasi/preview1/errno.h"
#include "wasi/wasi.h"

static const char *const head =
    "<!-- SPDX-License-Identifier: Apache-2.0 OR MIT -->\n"
    "<!-- Made from src/wasi/preview1/functions.def by tools/generate. -->\n"
    "# WASI preview 1\n"
    "\n"
    "Module `" WASI_PREVIEW1_MODULE
    "`. Every function answers an errno, except where it says that it does not\n"
    "come back. Parameters stand in the order of the binary interface; `-> name` is a pointer to where a "
    "result is\n"
    "stored after success. *Right* is what a descriptor must hold. *Grant* is the class of grant that is "
    "checked when\n"
    "the call is made; calls on an open descriptor were granted when it was opened or handed over. A "
    "function that\n"
    "*waits* suspends its own instance and no other.\n"
    "\n";

static const char *const kinds[] = {
    [PREVIEW1_KIND_FD] = "descriptor",
    [PREVIEW1_KIND_NUMBER] = "descriptor",
    [PREVIEW1_KIND_U32] = "u32",
    [PREVIEW1_KIND_U64] = "u64",
    [PREVIEW1_KIND_S64] = "s64",
    [PREVIEW1_KIND_ENUM] = "one of 0 to",
    [PREVIEW1_KIND_FLAGS] = "flags of",
    [PREVIEW1_KIND_TEXT] = "text (pointer, length)",
    [PREVIEW1_KIND_BUFFER] = "buffer to fill (pointer, length)",
    [PREVIEW1_KIND_IOVS_READ] = "buffers to fill (pointer to pairs, count)",
    [PREVIEW1_KIND_IOVS_WRITE] = "buffers to take from (pointer to pairs, count)",
    [PREVIEW1_KIND_ADDRESS] = "pointer",
    [PREVIEW1_KIND_RET_U16] = "u16",
    [PREVIEW1_KIND_RET_U32] = "u32",
    [PREVIEW1_KIND_RET_U64] = "u64",
    [PREVIEW1_KIND_RET_FD] = "descriptor",
    [PREVIEW1_KIND_RET_FDSTAT] = "fdstat",
    [PREVIEW1_KIND_RET_FILESTAT] = "filestat",
    [PREVIEW1_KIND_RET_PRESTAT] = "prestat",
};

static int write_right(struct buffer *to, uint32_t right, arcella_error **reterr) {
    for (unsigned bit = 0; bit < 30; bit++) {
        if (right != 1u << bit)
            continue;
        char name[64];
        snprintf(name, sizeof name, "%s", preview1_right_name(bit));
        for (char *c = name; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        return buffer_format(to, reterr, ", right `%s`", name);
    }
    return 0;
}

static int write_parameter(struct buffer *to, const struct preview1_parameter *parameter,
                           arcella_error **reterr) {
    bool result = parameter->kind >= PREVIEW1_KIND_RET_U16;
    int r = buffer_format(to, reterr, "- %s`%s`: %s", result ? "-> " : "", parameter->name,
                          kinds[parameter->kind]);
    if (!r && parameter->kind == PREVIEW1_KIND_FD)
        r = write_right(to, parameter->more, reterr);
    if (!r && parameter->kind == PREVIEW1_KIND_ENUM)
        r = buffer_format(to, reterr, " %u", parameter->more);
    if (!r && parameter->kind == PREVIEW1_KIND_FLAGS)
        r = buffer_format(to, reterr, " 0x%x", parameter->more);
    return r ? r : buffer_text(to, "\n", reterr);
}

static int write_row(struct buffer *to, const struct engine_import *import, arcella_error **reterr) {
    const struct preview1_row *row = import->row;
    int r = buffer_format(to, reterr, "## %s\n\n%s", row->name, row->doc);
    if (!r && row->flags & HOST_MAY_BLOCK)
        r = buffer_text(to, " May wait.", reterr);
    if (!r && row->flags & HOST_NO_RESULT)
        r = buffer_text(to, " Does not come back.", reterr);
    r = r ? r : buffer_format(to, reterr, " Signature `%s`", import->signature);
    if (!r && row->grant != PREVIEW1_GRANT_NONE)
        r = buffer_format(to, reterr, ", grant `%s`", grant_class_name((enum grant_class)row->grant));
    r = r ? r : buffer_text(to, row->parameters[0].name ? ".\n\n" : ".\n", reterr);
    for (const struct preview1_parameter *p = row->parameters; !r && p->name; p++)
        r = write_parameter(to, p, reterr);
    return r ? r : buffer_text(to, "\n", reterr);
}

int wasi_preview1_reference(struct buffer *to, arcella_error **reterr) {
    size_t count;
    const struct engine_import *imports = wasi_preview1_imports(&count);
    int r = buffer_text(to, head, reterr);
    for (size_t i = 0; !r && i < count; i++)
        r = write_row(to, &imports[i], reterr);
    r = r ? r : buffer_text(to, "## Errors\n\n| number | name | meaning |\n| --- | --- | --- |\n", reterr);
    for (unsigned i = 0; !r && i < WASI_ERRNOS; i++)
        r = buffer_format(to, reterr, "| %u | `%s` | %s |\n", i, preview1_errno_name(i),
                          preview1_errno_words(i));
    return r;
}
