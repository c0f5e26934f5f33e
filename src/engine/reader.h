/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reading a WebAssembly binary byte by byte: bounds are checked before each step, numbers are LEB128 in no
 * more bytes than their width needs, and an error names the byte offset and what was expected there.  A
 * reader is a plain value over borrowed bytes.
 */
#ifndef ENGINE_READER_H
#define ENGINE_READER_H

#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/text.h"

struct reader {
    const uint8_t *start; /* of the file, for offsets */
    const uint8_t *at;
    const uint8_t *end;
    arcella_error **reterr;
};

static inline size_t reader_left(const struct reader *r) {
    return (size_t)(r->end - r->at);
}
/** Fail at the present place: "expected WHAT at byte 123". @return WASM */
int reader_fail(struct reader *r, const char *what);
/** Fail with a sentence of its own; the place is added. @return WASM */
int reader_refuse(struct reader *r, const char *format, ...) PRINTF_LIKE(2, 3);
/** Refuse by name what is at the present place: "WHAT at byte 123 is not supported". @return UNSUPPORTED */
int reader_unsupported(struct reader *r, const char *what);
/** One byte. @return 0, WASM */
int reader_byte(struct reader *r, uint8_t *ret, const char *what) MUST_CHECK;
/** An unsigned LEB128 of at most 32 bits. @return 0, WASM */
int reader_u32(struct reader *r, uint32_t *ret, const char *what) MUST_CHECK;
/** An unsigned LEB128 of at most 64 bits. @return 0, WASM */
int reader_u64(struct reader *r, uint64_t *ret, const char *what) MUST_CHECK;
/** A signed LEB128 of at most bits (33 or 64), whose value is only of interest as "negative or not". @return
 * 0, WASM */
int reader_signed(struct reader *r, unsigned bits, int64_t *ret, const char *what) MUST_CHECK;
/** Pass over count bytes. @return 0, WASM */
int reader_skip(struct reader *r, uint64_t count, const char *what) MUST_CHECK;
/** A name: length and UTF-8, borrowed. @return 0, WASM */
int reader_name(struct reader *r, struct text *ret, const char *what) MUST_CHECK;
/** A count of things that take at least bytes_each in the file. @return 0, WASM, LIMIT (over most) */
int reader_count(struct reader *r, uint32_t *ret, uint32_t most, uint32_t bytes_each, const char *what)
    MUST_CHECK;

#endif
