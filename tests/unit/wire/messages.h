/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Example messages for tests: any message filled by its rows, with what is awkward (bounds, empty texts,
 * bytes that are no UTF-8, numbers over 2^63), and a comparison of two by the same rows.  Memory goes with
 * example_done().
 */
#ifndef TESTS_UNIT_WIRE_MESSAGES_H
#define TESTS_UNIT_WIRE_MESSAGES_H

#include <assert.h>

#include "base/mem.h"
#include "wire/ipc.h"

/* How a message is filled. */
enum example_kind { EXAMPLE_PLAIN, EXAMPLE_EMPTY, EXAMPLE_EXTREME, EXAMPLES };

struct example_block {
    struct example_block *next;
    _Alignas(max_align_t) char bytes[];
};

struct example {
    struct ipc_message message;
    struct example_block *blocks;
    unsigned counter;
};

static inline void *example_memory(struct example *e, size_t size) {
    struct example_block *block = mem_alloc(sizeof(*block) + size);
    assert(block);
    block->next = e->blocks;
    e->blocks = block;
    return block->bytes;
}

static inline struct text example_text(struct example *e, const struct ipc_field *f, enum example_kind kind) {
    if (kind == EXAMPLE_EMPTY)
        return (struct text){NULL, 0};
    /* The longest of a list would be megabytes; one text at its bound is what matters. */
    size_t most = f->kind == IPC_TEXTS || f->kind == IPC_WORDS ? 40 : f->max;
    size_t length = kind == EXAMPLE_EXTREME ? most : 7;
    if (length > f->max)
        length = f->max;
    char *s = example_memory(e, length + 1);
    bool any = f->kind == IPC_WORD || f->kind == IPC_WORDS || f->kind == IPC_BYTES;
    for (size_t i = 0; i < length; i++)
        s[i] = (char)('a' + (e->counter + i) % 26);
    if (any && kind == EXAMPLE_EXTREME)
        s[0] = (char)0xff;
    if (f->kind == IPC_BYTES && kind == EXAMPLE_EXTREME && length > 1)
        s[1] = '\0';
    e->counter++;
    return (struct text){s, length};
}

static inline void example_fill(struct example *e, const struct ipc_record *record, void *at,
                                enum example_kind kind) {
    for (const struct ipc_field *f = record->fields; f->name; f++) {
        char *to = (char *)at + f->offset;
        switch (f->kind) {
        case IPC_U64: {
            uint64_t value = kind == EXAMPLE_EMPTY ? 0 : kind == EXAMPLE_EXTREME ? f->max : 1 + e->counter++;
            /* Example numbers of the protocol itself must be the real ones. */
            if (strcmp(f->name, "protocol") == 0)
                value = IPC_PROTOCOL;
            *(uint64_t *)(void *)to = value > f->max ? f->max : value;
            break;
        }
        case IPC_I64:
            *(int64_t *)(void *)to = kind == EXAMPLE_EXTREME ? INT64_MIN : -(int64_t)kind - 1;
            break;
        case IPC_BOOL: *(bool *)to = kind != EXAMPLE_EMPTY; break;
        case IPC_TEXT:
        case IPC_WORD:
        case IPC_BYTES: *(struct text *)(void *)to = example_text(e, f, kind); break;
        case IPC_TEXTS:
        case IPC_WORDS:
        case IPC_LIST: {
            uint32_t count = kind == EXAMPLE_EMPTY ? 0 : kind == EXAMPLE_EXTREME ? 64 : 3;
            if (count > f->count_max)
                count = f->count_max;
            size_t size = f->item ? f->item->size : sizeof(struct text);
            char *items = count ? example_memory(e, count * size) : NULL;
            for (uint32_t i = 0; i < count; i++) {
                if (f->item)
                    example_fill(e, f->item, items + i * size,
                                 kind == EXAMPLE_EXTREME && i ? EXAMPLE_PLAIN : kind);
                else
                    *(struct text *)(void *)(items + i * size) = example_text(e, f, kind);
            }
            *(void **)(void *)to = items;
            *(uint32_t *)(void *)((char *)at + f->count_offset) = count;
            break;
        }
        }
    }
}

static inline void example_make(struct example *e, const struct ipc_row *row, enum example_kind kind) {
    *e = (struct example){.message = {.type = (enum ipc_type)row->number}};
    example_fill(e, &row->record, &e->message.setup, kind);
}

static inline void example_done(struct example *e) {
    while (e->blocks) {
        struct example_block *next = e->blocks->next;
        mem_free(e->blocks);
        e->blocks = next;
    }
}

/* The name of the first field that differs, or NULL. */
static inline const char *example_differs(const struct ipc_record *record, const void *a, const void *b) {
    for (const struct ipc_field *f = record->fields; f->name; f++) {
        const char *p = (const char *)a + f->offset;
        const char *q = (const char *)b + f->offset;
        switch (f->kind) {
        case IPC_U64:
        case IPC_I64:
            if (memcmp(p, q, sizeof(uint64_t)) != 0)
                return f->name;
            break;
        case IPC_BOOL:
            if (*(const bool *)p != *(const bool *)q)
                return f->name;
            break;
        case IPC_TEXT:
        case IPC_WORD:
        case IPC_BYTES: {
            struct text decoded = *(const struct text *)(const void *)q;
            if (!text_equal(*(const struct text *)(const void *)p, decoded) ||
                decoded.data[decoded.length] != '\0')
                return f->name;
            break;
        }
        case IPC_TEXTS:
        case IPC_WORDS:
        case IPC_LIST: {
            uint32_t count = *(const uint32_t *)(const void *)((const char *)a + f->count_offset);
            if (count != *(const uint32_t *)(const void *)((const char *)b + f->count_offset))
                return f->name;
            size_t size = f->item ? f->item->size : sizeof(struct text);
            const char *x = *(const char *const *)(const void *)p;
            const char *y = *(const char *const *)(const void *)q;
            for (uint32_t i = 0; i < count; i++) {
                if (f->item) {
                    const char *inner = example_differs(f->item, x + i * size, y + i * size);
                    if (inner)
                        return inner;
                } else {
                    const struct text *s = (const struct text *)(const void *)(x + i * size);
                    const struct text *t = (const struct text *)(const void *)(y + i * size);
                    if (!text_equal(*s, *t) || t->data[t->length] != '\0')
                        return f->name;
                }
            }
            break;
        }
        }
    }
    return NULL;
}

#endif
