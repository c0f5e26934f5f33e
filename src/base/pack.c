/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * MessagePack.  Written by libmsgpack's packer, which only needs a function to write bytes to.
 *
 * Read by our own walk over the bytes and not by libmsgpack, because its unpacker builds a tree in memory: a
 * peer could make us hold some twenty times what it sent, before one look at it.  The walk takes values in
 * the order the message has them, allocates nothing, and each read says what it expects and its bound.  Every
 * form of a number is taken that holds the value, as the specification asks of readers.
 *
 * A reader borrows the bytes; slices point into them.  One thread at a time.
 */
#include <msgpack/pack.h>

#include "base/mem.h"
#include "base/pack.h"

/* --- writing --- */

static int write_bytes(void *user, const char *bytes, size_t count) {
    struct pack_writer *w = user;
    if (w->result == 0)
        w->result = buffer_add(w->to, bytes, count, NULL);
    return w->result;
}

/* libmsgpack's packer is two pointers, so each call makes its own and the writer needs no libmsgpack type. */
#define PACKER(w) (&(msgpack_packer){.data = (w), .callback = write_bytes})

void pack_begin(struct pack_writer *w, struct buffer *to) {
    w->to = to;
    w->result = 0;
}

void pack_array(struct pack_writer *w, uint32_t count) {
    msgpack_pack_array(PACKER(w), count);
}

void pack_map(struct pack_writer *w, uint32_t count) {
    msgpack_pack_map(PACKER(w), count);
}

void pack_u64(struct pack_writer *w, uint64_t value) {
    msgpack_pack_uint64(PACKER(w), value);
}

void pack_i64(struct pack_writer *w, int64_t value) {
    msgpack_pack_int64(PACKER(w), value);
}

void pack_bool(struct pack_writer *w, bool value) {
    if (value)
        msgpack_pack_true(PACKER(w));
    else
        msgpack_pack_false(PACKER(w));
}

void pack_nil(struct pack_writer *w) {
    msgpack_pack_nil(PACKER(w));
}

void pack_text_n(struct pack_writer *w, struct text text) {
    if (text.length > UINT32_MAX) {
        w->result = w->result ? w->result : ARCELLA_E_TOO_LARGE;
        return;
    }
    msgpack_pack_str(PACKER(w), text.length);
    if (text.length)
        msgpack_pack_str_body(PACKER(w), text.data, text.length);
}

void pack_text(struct pack_writer *w, const char *text) {
    if (text)
        pack_text_n(w, text_of(text));
    else
        pack_nil(w);
}

void pack_bytes(struct pack_writer *w, const void *bytes, size_t count) {
    if (count > UINT32_MAX) {
        w->result = w->result ? w->result : ARCELLA_E_TOO_LARGE;
        return;
    }
    msgpack_pack_bin(PACKER(w), count);
    if (count)
        msgpack_pack_bin_body(PACKER(w), bytes, count);
}

int pack_end(struct pack_writer *w, arcella_error **reterr) {
    if (w->result == ARCELLA_E_NOMEM)
        return error_nomem(reterr);
    if (w->result < 0)
        return error_set(reterr, w->result, "the message has more than %zu bytes", w->to->limit);
    return 0;
}

/* --- reading --- */

/* What a reader says when it is its own machine that failed; known by its address. */
static const char no_memory[] = "memory";

/* The forms of MessagePack, as far as this reader tells them apart. */
enum form {
    FORM_UNSIGNED,
    FORM_NEGATIVE,
    FORM_NIL,
    FORM_BOOL,
    FORM_FLOAT,
    FORM_TEXT,
    FORM_BYTES,
    FORM_ARRAY,
    FORM_MAP,
    FORM_OTHER
};

/* The head of a value: its form, the number in it (a value, a count or a length), how many bytes it takes. */
struct head {
    enum form form;
    uint64_t number; /* FORM_NEGATIVE: the bits of an int64_t */
    size_t size;
    uint64_t body; /* bytes that follow the head and belong to the value */
};

static uint64_t read_big_endian(const uint8_t *at, size_t count) {
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | at[i];
    return value;
}

/* For first bytes 0xc0 to 0xdf: form, bytes of number behind the first byte, bytes of body beside the number.
 */
static const struct {
    uint8_t form;
    uint8_t number;
    uint8_t body;
} heads[32] = {
    [0x00] = {FORM_NIL, 0, 0},      [0x01] = {FORM_OTHER, 0, 0},    [0x02] = {FORM_BOOL, 0, 0},
    [0x03] = {FORM_BOOL, 0, 0},     [0x04] = {FORM_BYTES, 1, 0},    [0x05] = {FORM_BYTES, 2, 0},
    [0x06] = {FORM_BYTES, 4, 0},    [0x07] = {FORM_OTHER, 1, 1},    [0x08] = {FORM_OTHER, 2, 1},
    [0x09] = {FORM_OTHER, 4, 1},    [0x0a] = {FORM_FLOAT, 0, 4},    [0x0b] = {FORM_FLOAT, 0, 8},
    [0x0c] = {FORM_UNSIGNED, 1, 0}, [0x0d] = {FORM_UNSIGNED, 2, 0}, [0x0e] = {FORM_UNSIGNED, 4, 0},
    [0x0f] = {FORM_UNSIGNED, 8, 0}, [0x10] = {FORM_NEGATIVE, 1, 0}, [0x11] = {FORM_NEGATIVE, 2, 0},
    [0x12] = {FORM_NEGATIVE, 4, 0}, [0x13] = {FORM_NEGATIVE, 8, 0}, [0x14] = {FORM_OTHER, 0, 2},
    [0x15] = {FORM_OTHER, 0, 3},    [0x16] = {FORM_OTHER, 0, 5},    [0x17] = {FORM_OTHER, 0, 9},
    [0x18] = {FORM_OTHER, 0, 17},   [0x19] = {FORM_TEXT, 1, 0},     [0x1a] = {FORM_TEXT, 2, 0},
    [0x1b] = {FORM_TEXT, 4, 0},     [0x1c] = {FORM_ARRAY, 2, 0},    [0x1d] = {FORM_ARRAY, 4, 0},
    [0x1e] = {FORM_MAP, 2, 0},      [0x1f] = {FORM_MAP, 4, 0},
};

/* A signed number of 1, 2, 4 or 8 bytes; where it is not negative it is as good as an unsigned one. */
static struct head signed_head(uint64_t bits, size_t bytes) {
    unsigned shift = (unsigned)(64 - 8 * bytes) & 63;
    int64_t value = (int64_t)(bits << shift) >> shift;
    return (struct head){.form = value < 0 ? FORM_NEGATIVE : FORM_UNSIGNED, .number = (uint64_t)value};
}

/* Read the head at the reader's place without moving. Returns false where it is not whole or no head at all.
 */
static bool read_head(const struct pack_reader *r, struct head *ret) {
    size_t left = (size_t)(r->end - r->at);
    if (left == 0)
        return false;
    uint8_t first = r->at[0];
    struct head h = {.size = 1};
    if (first < 0x80) {
        h.form = FORM_UNSIGNED;
        h.number = first;
    } else if (first < 0x90) {
        h.form = FORM_MAP;
        h.number = first & 0x0f;
    } else if (first < 0xa0) {
        h.form = FORM_ARRAY;
        h.number = first & 0x0f;
    } else if (first < 0xc0) {
        h.form = FORM_TEXT;
        h.number = h.body = first & 0x1f;
    } else if (first >= 0xe0) {
        h = signed_head(first, 1);
        h.size = 1;
    } else if (first == 0xc1) { /* never used, says the specification */
        return false;
    } else {
        size_t bytes = heads[first - 0xc0].number;
        if (left < 1 + bytes)
            return false;
        h.form = (enum form)heads[first - 0xc0].form;
        h.number = h.form == FORM_BOOL ? first & 1u : read_big_endian(r->at + 1, bytes);
        if (h.form == FORM_NEGATIVE)
            h = signed_head(h.number, bytes);
        h.size = 1 + bytes;
        h.body = heads[first - 0xc0].body;
        if (h.form == FORM_TEXT || h.form == FORM_BYTES || (h.form == FORM_OTHER && bytes))
            h.body += h.number;
    }
    /* What is promised must be there: each element of an array takes at least a byte. */
    uint64_t least = h.form == FORM_ARRAY ? h.number : h.form == FORM_MAP ? h.number * 2 : h.body;
    if (least > left - h.size)
        return false;
    *ret = h;
    return true;
}

static void fail(struct pack_reader *r, const char *expected) {
    if (r->failed)
        return;
    r->failed = true;
    r->expected = expected;
}

void pack_open(struct pack_reader *r, const void *bytes, size_t count) {
    *r = (struct pack_reader){.begin = bytes, .at = bytes, .end = (const uint8_t *)bytes + count};
}

static uint32_t get_container(struct pack_reader *r, enum form form, uint32_t max, const char *expected) {
    struct head h;
    if (r->failed || !read_head(r, &h) || h.form != form || h.number > max) {
        fail(r, expected);
        return 0;
    }
    r->at += h.size;
    return (uint32_t)h.number;
}

uint32_t pack_get_array(struct pack_reader *r, uint32_t max) {
    return get_container(r, FORM_ARRAY, max, "an array of allowed length");
}

uint32_t pack_get_map(struct pack_reader *r, uint32_t max) {
    return get_container(r, FORM_MAP, max, "a map of allowed length");
}

uint64_t pack_get_u64(struct pack_reader *r, uint64_t max) {
    struct head h;
    if (r->failed || !read_head(r, &h) || h.form != FORM_UNSIGNED || h.number > max) {
        fail(r, "a number from zero up and in range");
        return 0;
    }
    r->at += h.size;
    return h.number;
}

int64_t pack_get_i64(struct pack_reader *r) {
    struct head h;
    bool good = !r->failed && read_head(r, &h) &&
                (h.form == FORM_NEGATIVE || (h.form == FORM_UNSIGNED && h.number <= INT64_MAX));
    if (!good) {
        fail(r, "a signed number");
        return 0;
    }
    r->at += h.size;
    return (int64_t)h.number;
}

bool pack_get_bool(struct pack_reader *r) {
    struct head h;
    if (r->failed || !read_head(r, &h) || h.form != FORM_BOOL) {
        fail(r, "true or false");
        return false;
    }
    r->at += h.size;
    return h.number != 0;
}

struct text pack_get_text(struct pack_reader *r, size_t max, bool nil_ok) {
    struct head h;
    bool good = !r->failed && read_head(r, &h);
    if (good && nil_ok && h.form == FORM_NIL) {
        r->at += h.size;
        return (struct text){NULL, 0};
    }
    const char *data = (const char *)r->at + (good ? h.size : 0);
    if (!good || h.form != FORM_TEXT || h.number > max || !text_is_utf8(data, (size_t)h.number)) {
        fail(r, "a text in UTF-8 of allowed length");
        return (struct text){NULL, 0};
    }
    r->at += h.size + h.number;
    return (struct text){data, (size_t)h.number};
}

struct text pack_get_bytes(struct pack_reader *r, size_t max) {
    struct head h;
    if (r->failed || !read_head(r, &h) || h.form != FORM_BYTES || h.number > max) {
        fail(r, "bytes of allowed length");
        return (struct text){NULL, 0};
    }
    const char *data = (const char *)r->at + h.size;
    r->at += h.size + h.number;
    return (struct text){data, (size_t)h.number};
}

void pack_skip(struct pack_reader *r) {
    /* Values still to pass; what a container holds is added to it, so nesting takes no memory and each step
     * at least a byte. It cannot overflow: a head promises no more elements than there are bytes left. */
    uint64_t values = 1;
    const uint8_t *start = r->at;
    while (!r->failed && values) {
        struct head h;
        if (!read_head(r, &h) || values > (uint64_t)(r->end - r->at)) {
            r->at = start;
            fail(r, "any value");
            return;
        }
        values--;
        if (h.form == FORM_ARRAY)
            values += h.number;
        else if (h.form == FORM_MAP)
            values += h.number * 2;
        r->at += h.size + h.body;
    }
}

int pack_close(struct pack_reader *r, arcella_error **reterr) {
    size_t at = (size_t)(r->at - r->begin);
    if (!r->failed && r->at == r->end)
        return 0;
    if (r->failed && r->expected == no_memory)
        return error_nomem(reterr);
    return error_set(reterr, ARCELLA_E_PROTOCOL, "expected %s at byte %zu",
                     r->failed ? r->expected : "the end of the message", at);
}

char *pack_copy_text(struct pack_reader *r, struct text t) {
    if (r->failed)
        return NULL;
    if (!t.data || memchr(t.data, '\0', t.length)) {
        fail(r, "a text without NUL");
        return NULL;
    }
    char *copy = mem_text_n(t.data, t.length);
    if (!copy)
        fail(r, no_memory);
    return copy;
}
