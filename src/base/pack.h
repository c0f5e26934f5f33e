/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * MessagePack over libmsgpack: writing into a buffer, reading with bounds.
 *
 * Reading walks the bytes in place (no tree, no allocation): texts and byte strings are slices of the input.
 * After the first mistake a reader stays in error and returns zeros, so a row of reads needs one check at the
 * end.
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"

/* --- writing; a failure is remembered in w->result and checked once by pack_end() --- */
struct pack_writer {
    struct buffer *to;
    int result; /* 0 or the first failure */
};
/** Begin to append to a buffer, borrowed until pack_end(). */
void pack_begin(struct pack_writer *w, struct buffer *to);
/** Heads: that many elements, or that many pairs of key and value, follow. */
void pack_array(struct pack_writer *w, uint32_t count);
void pack_map(struct pack_writer *w, uint32_t count);
/** Single values. */
void pack_u64(struct pack_writer *w, uint64_t value);
void pack_i64(struct pack_writer *w, int64_t value);
void pack_bool(struct pack_writer *w, bool value);
void pack_nil(struct pack_writer *w);
void pack_text(struct pack_writer *w, const char *text); /* NULL packs nil */
void pack_text_n(struct pack_writer *w, struct text text);
void pack_bytes(struct pack_writer *w, const void *bytes, size_t count);
/** @return 0, TOO_LARGE, NOMEM */
int pack_end(struct pack_writer *w, arcella_error **reterr) MUST_CHECK;

/* --- reading --- */
struct pack_reader {
    const uint8_t *begin;
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
    const char *expected; /* what was expected where it failed; static text */
};
/** Begin to read count bytes, borrowed as long as anything read from them is used. */
void pack_open(struct pack_reader *r, const void *bytes, size_t count);
/** Read an array head with at most max elements. */
uint32_t pack_get_array(struct pack_reader *r, uint32_t max);
uint32_t pack_get_map(struct pack_reader *r, uint32_t max);
uint64_t pack_get_u64(struct pack_reader *r, uint64_t max);
int64_t pack_get_i64(struct pack_reader *r);
bool pack_get_bool(struct pack_reader *r);
/** Read a text (valid UTF-8) of at most max bytes; nil gives { NULL, 0 } where nil_ok. */
struct text pack_get_text(struct pack_reader *r, size_t max, bool nil_ok);
struct text pack_get_bytes(struct pack_reader *r, size_t max);
/** Skip one value of any form, nesting bounded. */
void pack_skip(struct pack_reader *r);
/** Everything read and nothing left? @return 0, PROTOCOL (what was expected, at which byte) */
int pack_close(struct pack_reader *r, arcella_error **reterr) MUST_CHECK;
/**
 * Copy a slice as a NUL-terminated text; a slice with a NUL inside or without data gives NULL (and sets
 * failed).
 */
char *pack_copy_text(struct pack_reader *r, struct text t);

#endif
