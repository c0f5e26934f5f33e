/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Writes binaries for tests: bytes, LEB128 numbers, names, sections.  A test that has no memory ends.
 *
 *     struct emit body = {0};
 *     emit_unsigned(&body, 1);
 *     emit_section(&out, SECTION_TYPE, &body);      (body is empty again)
 *
 * Sources: the core specification (Binary Format), component-model, design/mvp/Binary.md.
 */
#ifndef TESTS_SPEC_EMIT_H
#define TESTS_SPEC_EMIT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct emit {
    uint8_t *data; /* owned */
    size_t length, capacity;
};

/* Sections of components. */
enum {
    SECTION_CORE_MODULE = 1,
    SECTION_CORE_INSTANCE = 2,
    SECTION_COMPONENT = 4,
    SECTION_INSTANCE = 5,
    SECTION_ALIAS = 6,
    SECTION_TYPE = 7,
    SECTION_CANON = 8,
    SECTION_IMPORT = 10,
    SECTION_EXPORT = 11
};
/* Sections of core modules. */
enum {
    CORE_TYPE = 1,
    CORE_IMPORT = 2,
    CORE_FUNC = 3,
    CORE_MEMORY = 5,
    CORE_GLOBAL = 6,
    CORE_EXPORT = 7,
    CORE_CODE = 10,
    CORE_DATA = 11
};

static inline void emit_done(struct emit *e) {
    mem_free(e->data);
    *e = (struct emit){.data = NULL};
}
static inline void emit_bytes(struct emit *e, const void *bytes, size_t count) {
    if (e->length + count > e->capacity) {
        e->capacity = 2 * (e->length + count) + 64;
        e->data = mem_resize(e->data, e->capacity);
        if (!e->data) {
            fputs("no memory\n", stderr);
            exit(2);
        }
    }
    if (count)
        memcpy(e->data + e->length, bytes, count);
    e->length += count;
}
static inline void emit_byte(struct emit *e, unsigned byte) {
    uint8_t b = (uint8_t)byte;
    emit_bytes(e, &b, 1);
}
/* emit_codes(e, 0x20, 0, 0x0b): bytes as they are. */
#define emit_codes(e, ...)                                                                                   \
    emit_bytes((e), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static inline void emit_unsigned(struct emit *e, uint64_t v) {
    do {
        emit_byte(e, (unsigned)(v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        v >>= 7;
    } while (v);
}
static inline void emit_signed(struct emit *e, int64_t v) {
    while (v < -64 || v > 63) {
        emit_byte(e, (unsigned)(v & 0x7f) | 0x80);
        v >>= 7;
    }
    emit_byte(e, (unsigned)(v & 0x7f));
}
static inline void emit_text(struct emit *e, const char *name, size_t length) {
    emit_unsigned(e, length);
    emit_bytes(e, name, length);
}
static inline void emit_name(struct emit *e, const char *name) {
    emit_text(e, name, strlen(name));
}
/* The name of an import or export. */
static inline void emit_extern_name(struct emit *e, const char *name) {
    emit_byte(e, 0);
    emit_name(e, name);
}
/* A length and the content, which is empty afterwards. */
static inline void emit_sized(struct emit *e, struct emit *content) {
    emit_unsigned(e, content->length);
    emit_bytes(e, content->data, content->length);
    emit_done(content);
}
static inline void emit_section(struct emit *e, unsigned id, struct emit *content) {
    emit_byte(e, id);
    emit_sized(e, content);
}
static inline void emit_component_head(struct emit *e) {
    emit_codes(e, 0, 'a', 's', 'm', 13, 0, 1, 0);
}
static inline void emit_module_head(struct emit *e) {
    emit_codes(e, 0, 'a', 's', 'm', 1, 0, 0, 0);
}

#endif
