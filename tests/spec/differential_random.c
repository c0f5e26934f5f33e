/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Random types and values.  Small ones mostly, with the edges that matter: parameters that spill, more than
 * 256 cases, 32 flags, texts of each width of character, numbers at their limits.
 */
#include "differential.h"

#define PARTS 300
#define NEST  4

static void give_up(const char *what) {
    fprintf(stderr, "differential: %s\n", what);
    exit(2);
}

/* --- types --- */

static const struct type *random_type(struct chance *c, struct types *types, int depth);

static const struct type *made(struct types *types, enum type_kind kind, const struct type_field *fields,
                               uint32_t count) {
    const struct type *type = NULL;
    ERROR_AUTO *error = NULL;
    if (types_make(types, kind, fields, count, 0, &type, &error))
        give_up(arcella_error_message(error));
    return type;
}

/* A record, tuple, variant, enum or flags. */
static const struct type *random_parts(struct chance *c, struct types *types, enum type_kind kind,
                                       int depth) {
    static char names[PARTS][16];
    struct type_field fields[PARTS] = {{.type = NULL}};
    bool labels = kind == TYPE_ENUM || kind == TYPE_FLAGS;
    uint32_t most = kind == TYPE_FLAGS ? 32 : labels ? 12 : 5;
    if (chance_below(c, 20) == 0 && (kind == TYPE_ENUM || kind == TYPE_VARIANT))
        most = PARTS;
    uint32_t count = 1 + chance_below(c, most);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "p%u", i);
        if (kind != TYPE_TUPLE)
            fields[i].name = text_of(names[i]);
        if (labels || (kind == TYPE_VARIANT && (i > 6 || chance_below(c, 3) == 0)))
            continue;
        fields[i].type = random_type(c, types, depth + 1);
        /* The names are static and the types in between use them too. */
        snprintf(names[i], sizeof(names[i]), "p%u", i);
    }
    return made(types, kind, fields, count);
}

static const struct type *random_type(struct chance *c, struct types *types, int depth) {
    struct type_field fields[2] = {{.type = NULL}};
    const struct type *type = NULL;
    uint32_t pick = chance_below(c, depth < NEST ? 32 : 16);
    if (pick <= TYPE_STRING)
        return types_primitive(types, (enum type_kind)pick);
    switch (pick) {
    case 14:
    case 15: return types_primitive(types, TYPE_STRING);
    case 16:
    case 17: return random_parts(c, types, TYPE_RECORD, depth);
    case 18: return random_parts(c, types, TYPE_TUPLE, depth);
    case 19:
    case 20: return random_parts(c, types, TYPE_VARIANT, depth);
    case 21: return random_parts(c, types, TYPE_ENUM, depth);
    case 22: return random_parts(c, types, TYPE_FLAGS, depth);
    case 23:
    case 24: fields[1].type = random_type(c, types, depth + 1); return made(types, TYPE_OPTION, fields, 2);
    case 25:
    case 26:
        for (int i = 0; i < 2; i++)
            fields[i].type = chance_below(c, 3) ? random_type(c, types, depth + 1) : NULL;
        return made(types, TYPE_RESULT, fields, 2);
    case 27: {
        static const enum type_kind keys[] = {TYPE_BOOL, TYPE_U8,   TYPE_S16,   TYPE_U32,
                                              TYPE_S64,  TYPE_CHAR, TYPE_STRING};
        fields[0].type = types_primitive(types, keys[chance_below(c, sizeof(keys) / sizeof(*keys))]);
        fields[1].type = random_type(c, types, depth + 1);
        return made(types, TYPE_MAP, fields, 2);
    }
    case 28:
        if (types_handle(types, TYPE_OWN, 0, &type, NULL))
            give_up("no memory");
        return type;
    default: fields[0].type = random_type(c, types, depth + 1); return made(types, TYPE_LIST, fields, 1);
    }
}

const struct func_type *random_func(struct chance *chance, struct types *types) {
    static char names[24][16];
    struct type_field params[24] = {{.type = NULL}}, kept[24] = {{.type = NULL}};
    uint32_t count = chance_below(chance, 10) == 0 ? chance_below(chance, 24) : 1 + chance_below(chance, 5);
    uint32_t returned = 0;
    const struct func_type *type = NULL;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "a%u", i);
        params[i].type = random_type(chance, types, 0);
        if (chance_below(chance, 12) == 0 && types_handle(types, TYPE_BORROW, 0, &params[i].type, NULL))
            give_up("no memory");
        params[i].name = text_of(names[i]);
        if (params[i].type->kind != TYPE_BORROW)
            kept[returned++].type = params[i].type;
    }
    const struct type *result = returned == 0   ? NULL
                                : returned == 1 ? kept[0].type
                                                : made(types, TYPE_TUPLE, kept, returned);
    ERROR_AUTO *error = NULL;
    if (types_func(types, params, count, result, false, &type, &error))
        give_up(arcella_error_message(error));
    return type;
}

/* --- values --- */

static void *room(struct arena *arena, size_t count, size_t size) {
    void *p = arena_array(arena, count, size);
    if (!p)
        give_up("no memory");
    return p;
}

static uint32_t random_char(struct chance *c) {
    static const uint32_t below[] = {0x80, 0x80, 0x80, 0x80, 0x100, 0x800, 0x10000, 0x110000};
    uint32_t code = chance_below(c, below[chance_below(c, sizeof(below) / sizeof(*below))]);
    return code >= 0xd800 && code < 0xe000 ? 'x' : code;
}

static uint32_t put_char(char *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    uint32_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t heads[] = {0, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(heads[more] | c >> 6 * more);
    for (uint32_t i = 1; i <= more; i++)
        to[i] = (char)(0x80 | (c >> 6 * (more - i) & 0x3f));
    return more + 1;
}

static struct value random_text(struct chance *c, struct arena *arena) {
    static const uint32_t lengths[] = {1, 8, 20, 60, 300};
    uint32_t count = chance_below(c, lengths[chance_below(c, 5)]), bytes = 0;
    if (chance_below(c, 100) == 0)
        count = chance_below(c, 8000);
    uint32_t plain = chance_below(c, 3); /* nothing but ASCII, nothing but Latin-1, anything */
    char *text = room(arena, 4 * (size_t)count + 1, 1);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = plain == 0   ? chance_below(c, 0x80)
                        : plain == 1 ? chance_below(c, 0x100)
                                     : random_char(c);
        bytes += put_char(text + bytes, code);
    }
    return value_text(text, bytes);
}

static struct value random_number(struct chance *c, const struct type *type) {
    static const uint8_t widths[] = {
        [TYPE_S8] = 8,   [TYPE_U8] = 8,   [TYPE_S16] = 16, [TYPE_U16] = 16,
        [TYPE_S32] = 32, [TYPE_U32] = 32, [TYPE_S64] = 64, [TYPE_U64] = 64,
    };
    static const uint64_t edges[] = {0, 1, UINT64_MAX, 0x7fffffffffffffffu, 0x8000000000000000u};
    unsigned width = widths[type->kind];
    uint64_t bits = chance_below(c, 3) ? chance_next(c) : edges[chance_below(c, 5)];
    bits >>= 64 - width;
    if (type->kind == TYPE_U8 || type->kind == TYPE_U16 || type->kind == TYPE_U32 || type->kind == TYPE_U64)
        return value_unsigned(type->kind, bits);
    return value_signed(type->kind, (int64_t)(bits << (64 - width)) >> (64 - width));
}

static struct value random_float(struct chance *c, enum type_kind kind) {
    uint64_t bits = chance_next(c);
    double d;
    float f;
    if (chance_below(c, 4) == 0)
        bits = chance_below(c, 2) ? 0x7ff0000000000000u | (bits & 0x8000000000000001u) : bits & 1u << 31;
    memcpy(&d, &bits, sizeof(d));
    uint32_t half = (uint32_t)(bits >> 32);
    memcpy(&f, &half, sizeof(f));
    return kind == TYPE_F32 ? value_f32(f) : value_f64(d);
}

static struct value raw_value(struct chance *c, const struct type *type, struct arena *arena);

static const struct value *random_items(struct chance *c, const struct type *type, uint32_t count,
                                        uint32_t kinds, struct arena *arena) {
    struct value *items = room(arena, count * (size_t)kinds + 1, sizeof(*items));
    for (uint32_t i = 0; i < count * kinds; i++)
        items[i] = raw_value(c, type->fields[type->kind == TYPE_LIST ? 0 : i % kinds].type, arena);
    return items;
}

static struct value random_list(struct chance *c, const struct type *type, struct arena *arena) {
    bool simple = type->kind == TYPE_LIST && type->fields[0].type->kind <= TYPE_CHAR;
    uint32_t count = chance_below(c, simple && chance_below(c, 4) == 0 ? 400 : 5);
    if (simple && chance_below(c, 200) == 0)
        count = 100000;
    return value_items(type->kind, random_items(c, type, count, type->kind == TYPE_MAP ? 2 : 1, arena),
                       count);
}

/* Two entries of a map may not have the same key: it would not be told which one a guest gets. */
static struct value random_map(struct chance *c, const struct type *type, struct arena *arena) {
    struct value map = random_list(c, type, arena);
    const struct type *key = type->fields[0].type;
    for (uint32_t i = 0; i < map.count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (value_equal(key, &map.items[2 * i], &map.items[2 * k])) {
                map.count = i;
                return map;
            }
    return map;
}

static struct value raw_value(struct chance *c, const struct type *type, struct arena *arena) {
    struct value *payload = NULL;
    uint32_t index;
    switch (type->kind) {
    case TYPE_BOOL: return value_bool(chance_below(c, 2));
    case TYPE_F32:
    case TYPE_F64: return random_float(c, type->kind);
    case TYPE_CHAR: return value_unsigned(TYPE_CHAR, random_char(c));
    case TYPE_STRING: return random_text(c, arena);
    case TYPE_RECORD:
    case TYPE_TUPLE:
        return value_items(type->kind, random_items(c, type, 1, type->count, arena), type->count);
    case TYPE_LIST: return random_list(c, type, arena);
    case TYPE_MAP: return random_map(c, type, arena);
    case TYPE_FLAGS: return value_unsigned(TYPE_FLAGS, chance_next(c) & (UINT64_MAX >> (64 - type->count)));
    case TYPE_ENUM: return value_case(TYPE_ENUM, chance_below(c, type->count), NULL);
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT:
        index = chance_below(c, type->count);
        if (type->fields[index].type) {
            payload = room(arena, 1, sizeof(*payload));
            *payload = raw_value(c, type->fields[index].type, arena);
        }
        return value_case(type->kind, index, payload);
    case TYPE_OWN:
    case TYPE_BORROW: return value_handle(type->kind, type->resource, 1 + chance_below(c, 1000000));
    default: return random_number(c, type);
    }
}

struct value random_value(struct chance *chance, const struct type *type, struct arena *arena) {
    struct value raw = raw_value(chance, type, arena), fit;
    ERROR_AUTO *error = NULL;
    if (value_fit(type, &raw, arena, &fit, &error))
        give_up(arcella_error_message(error));
    return fit;
}

bool echo_result(const struct func_type *type, const struct value *params, struct arena *arena,
                 struct value *ret) {
    struct value *items = room(arena, type->param_count + 1, sizeof(*items));
    uint32_t count = 0;
    if (!type->result)
        return false;
    for (uint32_t i = 0; i < type->param_count; i++)
        if (type->params[i].type->kind != TYPE_BORROW)
            items[count++] = params[i];
    *ret = count == 1 ? items[0] : value_items(TYPE_TUPLE, items, count);
    return true;
}

/* --- what the guest does wrong --- */

/* Pointers to what does not depend on how much was allocated before, lengths, discriminants, characters. */
void random_edit(struct chance *c, struct echo *echo) {
    static const uint32_t words[] = {
        0,
        1,
        2,
        3,
        7,
        31,
        32,
        255,
        256,
        0xd800,
        0xdfff,
        0x10ffff,
        0x110000,
        0x7fffffff,
        0x80000000,
        0x80000001,
        0x80000010,
        0xfffffff0,
        0xffffffff,
        ECHO_DATA_AT,
        ECHO_DATA_AT + 1,
        ECHO_DATA_AT + 2,
        ECHO_DATA_AT + 4,
        ECHO_MEMORY_BYTES,
        ECHO_MEMORY_BYTES - 1,
        ECHO_MEMORY_BYTES - 4,
        ECHO_MEMORY_BYTES - 8,
        ECHO_MEMORY_BYTES + 8,
    };
    static const uint32_t widths[] = {1, 2, 4};
    struct echo_edit *edit = &echo->edit;
    *edit = (struct echo_edit){.kind = ECHO_NOTHING};
    if (chance_below(c, 2))
        return;
    enum echo_edit_kind kind = (enum echo_edit_kind)(1 + chance_below(c, ECHO_REALLOC));
    if (!echo_edit_applies(echo, kind))
        return;
    edit->kind = kind;
    edit->width = widths[chance_below(c, 3)];
    edit->value = words[chance_below(c, sizeof(words) / sizeof(*words))];
    uint32_t range = 16;
    if (kind == ECHO_RESULT_BYTE)
        range = echo->type->result->size;
    if (kind == ECHO_ARGUMENT_BYTE)
        range = echo->type->params_size;
    if (kind == ECHO_REALLOC)
        range = 4;
    edit->at = chance_below(c, range);
    if (edit->width > 1 && chance_below(c, 4))
        edit->at -= edit->at % edit->width;
    if (kind == ECHO_REALLOC)
        edit->at++;
}
