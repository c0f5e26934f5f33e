/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From a row of functions.def to a C call: kinds of parameters, and the adapters that read them.
 *
 * An adapter reads the values of a call in order, turns each into what the function gets, and stops at the
 * first that is wrong: then the function does not run.  Pointers are checked in 64 bits against the memory as
 * it is now, results' too, before the function runs; a memory neither moves nor shrinks, so what was checked
 * stays good through a suspension.
 *
 * Guest code can run inside a call that waits: the shutdown entry of a stop.  It may close or renumber any
 * descriptor and move the table.  So a call that may wait gets copies of its slots, and holds their files.
 *
 *     kind         values  the function gets                      wrong: answered with
 *     FD           i       struct host_slot *, right held         badf; see preview1_rights_refusal()
 *     NUMBER       i       uint32_t, a descriptor it checks
 *     U32 U64 S64  i I I   the number
 *     ENUM         i       uint32_t, 0 … more                     inval
 *     FLAGS        i       uint32_t, no bits but those of more    inval
 *     TEXT         ii      struct text, in guest memory, UTF-8    fault, ilseq
 *     BUFFER       ii      struct preview1_span, to be written    fault
 *     IOVS_READ    ii      struct preview1_iovs *, to be written  fault, inval (misaligned)
 *     IOVS_WRITE   ii      struct preview1_iovs *, to be read     fault, inval (misaligned)
 *     ADDRESS      i       uint32_t, aligned to more, which the function checks with preview1_at()
 *     RET_…        i       a pointer to a value of the host, stored after success        fault, inval
 * (misaligned)
 *
 * The witx rules would have a call with a bad pointer trap.  We answer `fault` (and `inval` for a misaligned
 * one), as several runtimes do: the interface has a number for it, and the guest's own error handling can say
 * where.
 */
#ifndef WASI_PREVIEW1_ABI_H
#define WASI_PREVIEW1_ABI_H

#include <string.h>
#include <sys/uio.h>

#include "base/text.h"
#include "catalog/grant.h"
#include "host/table.h"
#include "wasi/preview1/rights.h"
#include "wasi/preview1/state.h"
#include "wasi/preview1/types.h"

/* Flags of a row. */
enum {
    HOST_MAY_BLOCK = 1, /* may suspend the run */
    HOST_NO_RESULT = 2, /* answers no errno: it does not come back */
};

/* Guest memory to be written. */
struct preview1_span {
    uint8_t *data;
    uint32_t size;
};

/* Iovecs of one call that we look at; a call with more moves less, which every caller must expect anyway. */
#define PREVIEW1_IOVS_MAX HOST_IOV_MAX
/* Bytes of one call, as Linux bounds it, so that the sum fits the result.  Room host gives others a turn
 * meanwhile. */
#define PREVIEW1_IO_BYTES_MAX 0x7ffff000u

struct preview1_iovs {
    size_t count;
    size_t bytes; /* their sum, at most PREVIEW1_IO_BYTES_MAX */
    struct iovec v[PREVIEW1_IOVS_MAX];
};

/* What a kind is, for tests and the reference page. */
enum preview1_kind {
    PREVIEW1_KIND_FD,
    PREVIEW1_KIND_NUMBER,
    PREVIEW1_KIND_U32,
    PREVIEW1_KIND_U64,
    PREVIEW1_KIND_S64,
    PREVIEW1_KIND_ENUM,
    PREVIEW1_KIND_FLAGS,
    PREVIEW1_KIND_TEXT,
    PREVIEW1_KIND_BUFFER,
    PREVIEW1_KIND_IOVS_READ,
    PREVIEW1_KIND_IOVS_WRITE,
    PREVIEW1_KIND_ADDRESS,
    PREVIEW1_KIND_RET_U16,
    PREVIEW1_KIND_RET_U32,
    PREVIEW1_KIND_RET_U64,
    PREVIEW1_KIND_RET_FD,
    PREVIEW1_KIND_RET_FDSTAT,
    PREVIEW1_KIND_RET_FILESTAT,
    PREVIEW1_KIND_RET_PRESTAT,
};

struct preview1_parameter {
    enum preview1_kind kind;
    const char *name;
    uint32_t more; /* right, largest value, flags or alignment, by kind */
};
#define PREVIEW1_PARAMETERS_MAX 8

/* What a row may say of grants. */
enum { PREVIEW1_GRANT_NONE = -1, PREVIEW1_GRANT_FS = GRANT_FS };

/* A row as data; `row` of its struct engine_import. */
struct preview1_row {
    const char *name;
    int grant; /* class of grant a call needs (enum grant_class), or PREVIEW1_GRANT_NONE */
    unsigned flags;
    const char *doc;
    struct preview1_parameter parameters[PREVIEW1_PARAMETERS_MAX + 1]; /* ends with a NULL name */
};
/** The rows, in the order of wasi_preview1_imports(). */
extern const struct preview1_row preview1_rows[];

/* --- memory --- */

/** Map a guest range: bounds in 64 bits, alignment a power of two. @return 0, HOST_E_FAULT, HOST_E_INVAL
 * (misaligned) */
static inline int preview1_map(const struct engine_memory *memory, uint32_t address, uint64_t size,
                               uint32_t align, uint8_t **ret) {
    if (UNLIKELY((uint64_t)address + size > memory->size))
        return HOST_E_FAULT;
    if (UNLIKELY(address & (align - 1)))
        return HOST_E_INVAL;
    *ret = memory->base + address;
    return 0;
}

/** Map a guest range from inside a function (kind ADDRESS). @return as preview1_map() */
static inline int preview1_at(const struct wasi_preview1 *wasi, uint32_t address, uint64_t size,
                              uint32_t align, uint8_t **ret) {
    struct engine_memory memory = engine_memory(wasi->instance);
    if (UNLIKELY(!memory.base))
        return HOST_E_FAULT;
    return preview1_map(&memory, address, size, align, ret);
}

/** Map a vector of iovecs and what they point to. @return 0, HOST_E_FAULT, HOST_E_INVAL (misaligned) */
int preview1_map_iovs(const struct engine_memory *memory, uint32_t address, uint32_t count,
                      struct preview1_iovs *ret);

/* --- the pieces of an adapter; each leaves r alone unless something is wrong --- */

static inline int preview1_take_fd(struct wasi_preview1 *wasi, uint32_t number, uint64_t right,
                                   struct host_slot **ret) {
    struct host_slot *slot = host_table_get(wasi->table, number);
    if (UNLIKELY(!slot))
        return HOST_E_BADF;
    if (UNLIKELY((slot->words[PREVIEW1_BASE] & right) != right))
        return preview1_rights_refusal(slot, right);
    *ret = slot;
    return 0;
}

/** Copy a slot and hold its file, for a call that may wait; preview1_drop() it. @return the copy */
static inline struct host_slot *preview1_hold(struct host_slot *copy, const struct host_slot *slot) {
    *copy = *slot;
    host_file_ref(copy->file);
    return copy;
}

static inline void preview1_drop(struct host_slot *copy) {
    if (copy->file)
        host_file_unref(copy->file);
}

static inline int preview1_take_text(const struct engine_memory *memory, uint32_t address, uint32_t length,
                                     struct text *ret) {
    uint8_t *at;
    int r = preview1_map(memory, address, length, 1, &at);
    if (r)
        return r;
    *ret = (struct text){(const char *)at, length};
    return text_is_utf8(ret->data, ret->length) ? 0 : HOST_E_ILSEQ;
}

static inline int preview1_take_span(const struct engine_memory *memory, uint32_t address, uint32_t size,
                                     struct preview1_span *ret) {
    ret->size = size;
    return preview1_map(memory, address, size, 1, &ret->data);
}

/* Walk a sequence (KIND, name, more)(KIND, name, more)…: a pair of macros per purpose, as none can recurse.
 */
#define PREVIEW1_CAT_(...) __VA_ARGS__##_END
#define PREVIEW1_END_(...) PREVIEW1_CAT_(__VA_ARGS__)

/* Signature letters. */
#define PREVIEW1_SIGNATURE(params) PREVIEW1_END_(P1_SIG_A params)
#define P1_SIG_A(kind, name, more) P1_SIG_##kind P1_SIG_B
#define P1_SIG_B(kind, name, more) P1_SIG_##kind P1_SIG_A
#define P1_SIG_A_END
#define P1_SIG_B_END
#define P1_SIG_FD           "i"
#define P1_SIG_NUMBER       "i"
#define P1_SIG_U32          "i"
#define P1_SIG_U64          "I"
#define P1_SIG_S64          "I"
#define P1_SIG_ENUM         "i"
#define P1_SIG_FLAGS        "i"
#define P1_SIG_TEXT         "ii"
#define P1_SIG_BUFFER       "ii"
#define P1_SIG_IOVS_READ    "ii"
#define P1_SIG_IOVS_WRITE   "ii"
#define P1_SIG_ADDRESS      "i"
#define P1_SIG_RET_U16      "i"
#define P1_SIG_RET_U32      "i"
#define P1_SIG_RET_U64      "i"
#define P1_SIG_RET_FD       "i"
#define P1_SIG_RET_FDSTAT   "i"
#define P1_SIG_RET_FILESTAT "i"
#define P1_SIG_RET_PRESTAT  "i"

/* C parameters. */
#define PREVIEW1_PROTOTYPE(params)  PREVIEW1_END_(P1_TYPE_A params)
#define P1_TYPE_A(kind, name, more) , P1_TYPE_##kind(name) P1_TYPE_B
#define P1_TYPE_B(kind, name, more) , P1_TYPE_##kind(name) P1_TYPE_A
#define P1_TYPE_A_END
#define P1_TYPE_B_END
#define P1_TYPE_FD(name)           struct host_slot *name
#define P1_TYPE_NUMBER(name)       uint32_t name
#define P1_TYPE_U32(name)          uint32_t name
#define P1_TYPE_U64(name)          uint64_t name
#define P1_TYPE_S64(name)          int64_t name
#define P1_TYPE_ENUM(name)         uint32_t name
#define P1_TYPE_FLAGS(name)        uint32_t name
#define P1_TYPE_TEXT(name)         struct text name
#define P1_TYPE_BUFFER(name)       struct preview1_span name
#define P1_TYPE_IOVS_READ(name)    struct preview1_iovs *name
#define P1_TYPE_IOVS_WRITE(name)   struct preview1_iovs *name
#define P1_TYPE_ADDRESS(name)      uint32_t name
#define P1_TYPE_RET_U16(name)      uint16_t *ret_##name
#define P1_TYPE_RET_U32(name)      uint32_t *ret_##name
#define P1_TYPE_RET_U64(name)      uint64_t *ret_##name
#define P1_TYPE_RET_FD(name)       uint32_t *ret_##name
#define P1_TYPE_RET_FDSTAT(name)   struct wasi_fdstat *ret_##name
#define P1_TYPE_RET_FILESTAT(name) struct wasi_filestat *ret_##name
#define P1_TYPE_RET_PRESTAT(name)  struct wasi_prestat *ret_##name

/* Does a function have pointers, so that its adapter asks for the memory? A sum. */
#define PREVIEW1_POINTERS(params)  (0 PREVIEW1_END_(P1_PTR_A params))
#define P1_PTR_A(kind, name, more) +P1_PTR_##kind P1_PTR_B
#define P1_PTR_B(kind, name, more) +P1_PTR_##kind P1_PTR_A
#define P1_PTR_A_END
#define P1_PTR_B_END
#define P1_PTR_FD           0
#define P1_PTR_NUMBER       0
#define P1_PTR_U32          0
#define P1_PTR_U64          0
#define P1_PTR_S64          0
#define P1_PTR_ENUM         0
#define P1_PTR_FLAGS        0
#define P1_PTR_TEXT         1
#define P1_PTR_BUFFER       1
#define P1_PTR_IOVS_READ    1
#define P1_PTR_IOVS_WRITE   1
#define P1_PTR_ADDRESS      0
#define P1_PTR_RET_U16      1
#define P1_PTR_RET_U32      1
#define P1_PTR_RET_U64      1
#define P1_PTR_RET_FD       1
#define P1_PTR_RET_FDSTAT   1
#define P1_PTR_RET_FILESTAT 1
#define P1_PTR_RET_PRESTAT  1

/* Reading values: declares what the function gets; in scope: wasi_, memory_, v_, at_, r_, waits_. */
#define PREVIEW1_TAKE(params)       PREVIEW1_END_(P1_TAKE_A params)
#define P1_TAKE_A(kind, name, more) P1_TAKE_##kind(name, more) P1_TAKE_B
#define P1_TAKE_B(kind, name, more) P1_TAKE_##kind(name, more) P1_TAKE_A
#define P1_TAKE_A_END
#define P1_TAKE_B_END
#define P1_TAKE_FD(name, right)                                                                              \
    struct host_slot *name = NULL;                                                                           \
    struct host_slot name##_held_ = {.file = NULL};                                                          \
    r_ = r_ ? r_ : preview1_take_fd(wasi_, v_[at_].u32, WASI_RIGHT_##right, &name);                          \
    if (waits_ && name)                                                                                      \
        name = preview1_hold(&name##_held_, name);                                                           \
    at_ += 1;
#define P1_TAKE_NUMBER(name, more) uint32_t name = v_[at_++].u32;
#define P1_TAKE_U32(name, more)    uint32_t name = v_[at_++].u32;
#define P1_TAKE_U64(name, more)    uint64_t name = v_[at_++].u64;
#define P1_TAKE_S64(name, more)    int64_t name = v_[at_++].i64;
#define P1_TAKE_ENUM(name, most)                                                                             \
    uint32_t name = v_[at_++].u32;                                                                           \
    r_ = r_ ? r_ : (name > (uint32_t)(most) ? HOST_E_INVAL : 0);
#define P1_TAKE_FLAGS(name, all)                                                                             \
    uint32_t name = v_[at_++].u32;                                                                           \
    r_ = r_ ? r_ : (name & ~(uint32_t)(all) ? HOST_E_INVAL : 0);
#define P1_TAKE_TEXT(name, more)                                                                             \
    struct text name = {NULL, 0};                                                                            \
    r_ = r_ ? r_ : preview1_take_text(&memory_, v_[at_].u32, v_[at_ + 1].u32, &name);                        \
    at_ += 2;
#define P1_TAKE_BUFFER(name, more)                                                                           \
    struct preview1_span name = {NULL, 0};                                                                   \
    r_ = r_ ? r_ : preview1_take_span(&memory_, v_[at_].u32, v_[at_ + 1].u32, &name);                        \
    at_ += 2;
#define P1_TAKE_IOVS_READ(name, more)                                                                        \
    struct preview1_iovs name;                                                                               \
    r_ = r_ ? r_ : preview1_map_iovs(&memory_, v_[at_].u32, v_[at_ + 1].u32, &name);                         \
    at_ += 2;
#define P1_TAKE_IOVS_WRITE(name, more) P1_TAKE_IOVS_READ(name, more)
#define P1_TAKE_ADDRESS(name, align)                                                                         \
    uint32_t name = v_[at_++].u32;                                                                           \
    r_ = r_ ? r_ : (name & ((uint32_t)(align)-1) ? HOST_E_INVAL : 0);
#define P1_TAKE_RET_(type, name)                                                                             \
    type name;                                                                                               \
    memset(&name, 0, sizeof name);                                                                           \
    uint8_t *name##_to_ = NULL;                                                                              \
    r_ = r_ ? r_ : preview1_map(&memory_, v_[at_].u32, sizeof(type), _Alignof(type), &name##_to_);           \
    at_ += 1;
#define P1_TAKE_RET_U16(name, more)      P1_TAKE_RET_(uint16_t, name)
#define P1_TAKE_RET_U32(name, more)      P1_TAKE_RET_(uint32_t, name)
#define P1_TAKE_RET_U64(name, more)      P1_TAKE_RET_(uint64_t, name)
#define P1_TAKE_RET_FD(name, more)       P1_TAKE_RET_(uint32_t, name)
#define P1_TAKE_RET_FDSTAT(name, more)   P1_TAKE_RET_(struct wasi_fdstat, name)
#define P1_TAKE_RET_FILESTAT(name, more) P1_TAKE_RET_(struct wasi_filestat, name)
#define P1_TAKE_RET_PRESTAT(name, more)  P1_TAKE_RET_(struct wasi_prestat, name)

/* Passing them on. */
#define PREVIEW1_PASS(params)       PREVIEW1_END_(P1_PASS_A params)
#define P1_PASS_A(kind, name, more) , P1_PASS_##kind(name) P1_PASS_B
#define P1_PASS_B(kind, name, more) , P1_PASS_##kind(name) P1_PASS_A
#define P1_PASS_A_END
#define P1_PASS_B_END
#define P1_PASS_FD(name)           name
#define P1_PASS_NUMBER(name)       name
#define P1_PASS_U32(name)          name
#define P1_PASS_U64(name)          name
#define P1_PASS_S64(name)          name
#define P1_PASS_ENUM(name)         name
#define P1_PASS_FLAGS(name)        name
#define P1_PASS_TEXT(name)         name
#define P1_PASS_BUFFER(name)       name
#define P1_PASS_IOVS_READ(name)    &name
#define P1_PASS_IOVS_WRITE(name)   &name
#define P1_PASS_ADDRESS(name)      name
#define P1_PASS_RET_U16(name)      &name
#define P1_PASS_RET_U32(name)      &name
#define P1_PASS_RET_U64(name)      &name
#define P1_PASS_RET_FD(name)       &name
#define P1_PASS_RET_FDSTAT(name)   &name
#define P1_PASS_RET_FILESTAT(name) &name
#define P1_PASS_RET_PRESTAT(name)  &name

/* Storing results after success. */
#define PREVIEW1_GIVE(params)       PREVIEW1_END_(P1_GIVE_A params)
#define P1_GIVE_A(kind, name, more) P1_GIVE_##kind(name) P1_GIVE_B
#define P1_GIVE_B(kind, name, more) P1_GIVE_##kind(name) P1_GIVE_A
#define P1_GIVE_A_END
#define P1_GIVE_B_END
#define P1_GIVE_FD(name)
#define P1_GIVE_NUMBER(name)
#define P1_GIVE_U32(name)
#define P1_GIVE_U64(name)
#define P1_GIVE_S64(name)
#define P1_GIVE_ENUM(name)
#define P1_GIVE_FLAGS(name)
#define P1_GIVE_TEXT(name)
#define P1_GIVE_BUFFER(name)
#define P1_GIVE_IOVS_READ(name)
#define P1_GIVE_IOVS_WRITE(name)
#define P1_GIVE_ADDRESS(name)
#define P1_GIVE_RET_U16(name)      memcpy(name##_to_, &name, sizeof name);
#define P1_GIVE_RET_U32(name)      memcpy(name##_to_, &name, sizeof name);
#define P1_GIVE_RET_U64(name)      memcpy(name##_to_, &name, sizeof name);
#define P1_GIVE_RET_FD(name)       memcpy(name##_to_, &name, sizeof name);
#define P1_GIVE_RET_FDSTAT(name)   memcpy(name##_to_, &name, sizeof name);
#define P1_GIVE_RET_FILESTAT(name) memcpy(name##_to_, &name, sizeof name);
#define P1_GIVE_RET_PRESTAT(name)  memcpy(name##_to_, &name, sizeof name);

/* Letting go of what a call that may wait held. */
#define PREVIEW1_DROP(params)       PREVIEW1_END_(P1_DROP_A params)
#define P1_DROP_A(kind, name, more) P1_DROP_##kind(name) P1_DROP_B
#define P1_DROP_B(kind, name, more) P1_DROP_##kind(name) P1_DROP_A
#define P1_DROP_A_END
#define P1_DROP_B_END
#define P1_DROP_FD(name) preview1_drop(&name##_held_);
#define P1_DROP_NUMBER(name)
#define P1_DROP_U32(name)
#define P1_DROP_U64(name)
#define P1_DROP_S64(name)
#define P1_DROP_ENUM(name)
#define P1_DROP_FLAGS(name)
#define P1_DROP_TEXT(name)
#define P1_DROP_BUFFER(name)
#define P1_DROP_IOVS_READ(name)
#define P1_DROP_IOVS_WRITE(name)
#define P1_DROP_ADDRESS(name)
#define P1_DROP_RET_U16(name)
#define P1_DROP_RET_U32(name)
#define P1_DROP_RET_U64(name)
#define P1_DROP_RET_FD(name)
#define P1_DROP_RET_FDSTAT(name)
#define P1_DROP_RET_FILESTAT(name)
#define P1_DROP_RET_PRESTAT(name)

/* Parameters as data. */
#define PREVIEW1_DESCRIBE(params)   PREVIEW1_END_(P1_DATA_A params)
#define P1_DATA_A(kind, name, more) {PREVIEW1_KIND_##kind, #name, P1_MORE_##kind(more)}, P1_DATA_B
#define P1_DATA_B(kind, name, more) {PREVIEW1_KIND_##kind, #name, P1_MORE_##kind(more)}, P1_DATA_A
#define P1_DATA_A_END
#define P1_DATA_B_END
#define P1_MORE_FD(right)          WASI_RIGHT_##right
#define P1_MORE_NUMBER(more)       more
#define P1_MORE_U32(more)          more
#define P1_MORE_U64(more)          more
#define P1_MORE_S64(more)          more
#define P1_MORE_ENUM(more)         more
#define P1_MORE_FLAGS(more)        more
#define P1_MORE_TEXT(more)         more
#define P1_MORE_BUFFER(more)       more
#define P1_MORE_IOVS_READ(more)    more
#define P1_MORE_IOVS_WRITE(more)   more
#define P1_MORE_ADDRESS(more)      more
#define P1_MORE_RET_U16(more)      _Alignof(uint16_t)
#define P1_MORE_RET_U32(more)      _Alignof(uint32_t)
#define P1_MORE_RET_U64(more)      _Alignof(uint64_t)
#define P1_MORE_RET_FD(more)       _Alignof(uint32_t)
#define P1_MORE_RET_FDSTAT(more)   _Alignof(struct wasi_fdstat)
#define P1_MORE_RET_FILESTAT(more) _Alignof(struct wasi_filestat)
#define P1_MORE_RET_PRESTAT(more)  _Alignof(struct wasi_prestat)

/*
 * The functions.  Each returns 0, a HOST_E_…, or HOST_STOP; results are stored for the guest only after 0.
 */
#define HOST_FN(fn, params, grant, flags, doc)                                                               \
    int preview1_##fn(struct wasi_preview1 *wasi PREVIEW1_PROTOTYPE(params)) MUST_CHECK;
#include "wasi/preview1/functions.def"
#undef HOST_FN

#endif
