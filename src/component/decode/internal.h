/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the files of the decoder share.  A decoder is a window of the file and the ast that it fills; windows
 * get smaller on the way in (a section, a nested component) and each must be read to its end.  Every function
 * reads one production of Binary.md at the window's place, and returns 0, WASM, LIMIT, UNSUPPORTED or NOMEM.
 */
#ifndef COMPONENT_DECODE_INTERNAL_H
#define COMPONENT_DECODE_INTERNAL_H

#include "base/limits.h"
#include "component/decode/ast.h"
#include "engine/reader.h"

struct decoder {
    struct ast *ast;
    struct reader in;
    unsigned depth; /* of components and of component and instance types, in one */
};

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

/* Files are below 4 GiB: ast_decode(). */
static inline uint32_t decoder_offset(const struct decoder *d) {
    return (uint32_t)(d->in.at - d->in.start);
}
/** Refuse a form that the ast has no place for. @return UNSUPPORTED */
int decoder_unsupported(struct decoder *d, uint32_t offset, const char *what);
/** Fail at the byte just read: "expected WHAT at byte 123". @return WASM */
int decoder_fail_back(struct decoder *d, const char *what);
/** One level deeper; the caller takes it back. @return 0, LIMIT */
int decoder_enter(struct decoder *d) MUST_CHECK;
/** Room for count things of a size; ret points to the pointer. @return 0, LIMIT, NOMEM */
int decoder_alloc(struct decoder *d, size_t count, size_t size, void *ret) MUST_CHECK;
#define decoder_array(d, count, ret) decoder_alloc((d), (count), sizeof(**(ret)), (ret))

/** A name: UTF-8 of at most LIMIT_COMPONENT_NAME_BYTES. */
int decode_name(struct decoder *d, struct text *ret, const char *what) MUST_CHECK;
/** nameattributes */
int decode_extern_name(struct decoder *d, struct ast_name *ret) MUST_CHECK;
/** A sort that is one of those in `allowed` (bits 1 << enum component_sort). */
int decode_sort(struct decoder *d, uint32_t allowed, enum component_sort *ret, const char *what) MUST_CHECK;
/** The same in a place where only core sorts can stand, without 0x00 before them. */
int decode_core_sort(struct decoder *d, uint32_t allowed, enum component_sort *ret, const char *what)
    MUST_CHECK;
/** A byte that is 0 or 1. */
int decode_flag(struct decoder *d, bool *ret, const char *what) MUST_CHECK;

#define SORT_BIT(name) (1u << SORT_##name)
/* What core modules export. */
#define SORTS_CORE_EXPORT                                                                                    \
    (SORT_BIT(CORE_FUNC) | SORT_BIT(CORE_TABLE) | SORT_BIT(CORE_MEMORY) | SORT_BIT(CORE_GLOBAL) |            \
     SORT_BIT(CORE_TAG))
/* What components import and export. */
#define SORTS_EXTERN                                                                                         \
    (SORT_BIT(CORE_MODULE) | SORT_BIT(FUNC) | SORT_BIT(VALUE) | SORT_BIT(TYPE) | SORT_BIT(COMPONENT) |       \
     SORT_BIT(INSTANCE))
#define SORTS_OUTER (SORT_BIT(CORE_TYPE) | SORT_BIT(CORE_MODULE) | SORT_BIT(TYPE) | SORT_BIT(COMPONENT))

/* type.c */
int decode_valtype(struct decoder *d, struct ast_valtype *ret) MUST_CHECK;
int decode_result(struct decoder *d, bool *ret_has, struct ast_valtype *ret) MUST_CHECK;
int decode_type(struct decoder *d, struct ast_type **ret) MUST_CHECK;
int decode_extern_type(struct decoder *d, struct ast_extern *ret) MUST_CHECK;
/* core.c */
int decode_core_type(struct decoder *d, struct ast_core_type **ret) MUST_CHECK;
int decode_core_instance(struct decoder *d, struct ast_def *ret) MUST_CHECK;
/* def.c */
int decode_alias(struct decoder *d, struct ast_alias *ret) MUST_CHECK;
int decode_instance(struct decoder *d, struct ast_def *ret) MUST_CHECK;
int decode_import(struct decoder *d, struct ast_def *ret) MUST_CHECK;
int decode_export(struct decoder *d, struct ast_def *ret) MUST_CHECK;
int decode_start(struct decoder *d) MUST_CHECK;
/* canon.c */
int decode_canon(struct decoder *d, struct ast_canon *ret) MUST_CHECK;

#endif
