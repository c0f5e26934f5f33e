/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sets of types: each made once, found by a key that spells its kind, its parts (by their ids, as they are
 * interned themselves) and its names.
 */
#include "component/types/internal.h"

/* Types of a component and all it instantiates; a million of the smallest fit. */
#define ARENA_BYTES (512ull * 1024 * 1024)

const char *type_kind_words(enum type_kind kind) {
    static const char *const words[] = {
#define XX(name, text) text,
        TYPE_KIND_MAP(XX)
#undef XX
    };
    return (unsigned)kind < TYPE_KINDS ? words[kind] : "type";
}

/* --- keys --- */

/* The fixed part of a key; behind it an id and a length of the name for each field, then all names. */
struct key_head {
    uint32_t kind; /* enum type_kind, or KEY_FUNC */
    uint32_t count;
    uint32_t length;
    uint32_t resource; /* also: result of a function */
};
struct key_field {
    uint32_t type;
    uint32_t name_length;
};
#define KEY_FUNC    TYPE_KINDS
#define KEY_NO_TYPE UINT32_MAX

/* A key under way: heap memory, moved into the arena where the type is new. */
struct key {
    unsigned char *bytes; /* owned */
    size_t length;
};
static void key_done(struct key *key) {
    mem_free(key->bytes);
}

static uint32_t id_of(const struct type *type) {
    return type ? type->id : KEY_NO_TYPE;
}

static int key_make(struct key *key, struct key_head head, const struct type_field *fields,
                    arcella_error **reterr) {
    uint64_t length = sizeof(head) + (uint64_t)head.count * sizeof(struct key_field);
    for (uint32_t i = 0; i < head.count; i++) {
        if (fields[i].name.length > UINT32_MAX - length)
            return error_nomem(reterr);
        length += fields[i].name.length;
    }
    key->bytes = mem_alloc((size_t)length);
    if (!key->bytes)
        return error_nomem(reterr);
    key->length = (size_t)length;
    memcpy(key->bytes, &head, sizeof(head));
    unsigned char *at = key->bytes + sizeof(head);
    unsigned char *names = at + (size_t)head.count * sizeof(struct key_field);
    for (uint32_t i = 0; i < head.count; i++) {
        struct key_field field = {id_of(fields[i].type), (uint32_t)fields[i].name.length};
        memcpy(at, &field, sizeof(field));
        at += sizeof(field);
        if (field.name_length)
            memcpy(names, fields[i].name.data, field.name_length);
        names += field.name_length;
    }
    return 0;
}

/* Copy key and fields into the arena; names point into the copy of the key. */
static struct type_field *key_keep(struct types *types, const struct key *key,
                                   const struct type_field *fields, uint32_t count, char **ret_key) {
    char *kept = arena_text(&types->arena, (const char *)key->bytes, key->length);
    struct type_field *copies = arena_array(&types->arena, count, sizeof(*copies));
    if (!kept || !copies)
        return NULL;
    const char *name = kept + sizeof(struct key_head) + (size_t)count * sizeof(struct key_field);
    for (uint32_t i = 0; i < count; i++) {
        copies[i] = (struct type_field){.name = {name, fields[i].name.length}, .type = fields[i].type};
        name += fields[i].name.length;
    }
    *ret_key = kept;
    return copies;
}

/* --- value types --- */

/* Find the type of this head and these fields, or make it. */
static int intern(struct types *types, struct key_head head, const struct type_field *fields,
                  const struct type **ret, arcella_error **reterr) {
    CLEANUP(key_done) struct key key = {0};
    int status = key_make(&key, head, fields, reterr);
    if (status)
        return status;
    struct made_type *made = NULL;
    HASH_FIND(hh, types->by_key, key.bytes, key.length, made);
    if (made) {
        *ret = &made->type;
        return 0;
    }
    char *kept = NULL;
    made = arena_new(&types->arena, struct made_type);
    struct type_field *copies = made ? key_keep(types, &key, fields, head.count, &kept) : NULL;
    if (!copies)
        return error_nomem(reterr);
    made->type.kind = (enum type_kind)head.kind;
    made->type.count = head.count;
    made->type.fields = copies;
    made->type.length = head.length;
    made->type.resource = head.resource;
    status = types_lay_out(made, copies, reterr);
    if (status)
        return status;
    made->type.id = types->ids;
    bool added;
    MAP_ADD_TEXT(hh, types->by_key, kept, key.length, made, &added);
    if (!added)
        return error_nomem(reterr);
    types->ids++;
    *ret = &made->type;
    return 0;
}

static bool is_primitive(enum type_kind kind) {
    return kind <= TYPE_STRING || kind == TYPE_ERROR_CONTEXT;
}

struct types *types_new(void) {
    struct types *types = mem_new(struct types);
    if (!types)
        return NULL;
    types->arena.limit_bytes = ARENA_BYTES;
    for (unsigned kind = 0; kind < TYPE_KINDS; kind++)
        if (is_primitive((enum type_kind)kind) &&
            intern(types, (struct key_head){.kind = kind}, NULL, &types->primitives[kind], NULL))
            return types_free(types);
    return types;
}

uint64_t types_bytes(const struct types *types) {
    return types->arena.total_bytes;
}

struct types *types_free(struct types *types) {
    if (!types)
        return NULL;
    HASH_CLEAR(hh, types->by_key);
    HASH_CLEAR(hh, types->funcs_by_key);
    arena_done(&types->arena);
    mem_free(types);
    return NULL;
}

const struct type *types_primitive(const struct types *types, enum type_kind kind) {
    return (unsigned)kind < TYPE_KINDS ? types->primitives[kind] : NULL;
}

/* What each kind asks of its fields. */
static const struct shape {
    uint32_t least, most; /* fields */
    enum { WITH, WITHOUT, MAYBE } payload;
    const char *parts;    /* what they are called */
    const char *names[2]; /* given where the caller's do not count; NULL: the caller's */
} shapes[TYPE_KINDS] = {
    [TYPE_RECORD] = {1, TYPES_FIELDS, WITH, "fields", {NULL, NULL}},
    [TYPE_TUPLE] = {1, TYPES_FIELDS, WITH, "elements", {"", ""}},
    [TYPE_LIST] = {1, 1, WITH, "elements", {"", ""}},
    [TYPE_FIXED_LIST] = {1, 1, WITH, "elements", {"", ""}},
    [TYPE_MAP] = {2, 2, WITH, "elements", {"", ""}},
    [TYPE_VARIANT] = {1, TYPES_FIELDS, MAYBE, "cases", {NULL, NULL}},
    [TYPE_ENUM] = {1, TYPES_FIELDS, WITHOUT, "cases", {NULL, NULL}},
    [TYPE_OPTION] = {2, 2, MAYBE, "cases", {"none", "some"}},
    [TYPE_RESULT] = {2, 2, MAYBE, "cases", {"ok", "error"}},
    [TYPE_FLAGS] = {1, TYPES_FLAGS, WITHOUT, "labels", {NULL, NULL}},
    [TYPE_STREAM] = {1, 1, MAYBE, "elements", {"", ""}},
    [TYPE_FUTURE] = {1, 1, MAYBE, "elements", {"", ""}},
};

static int check_fields(enum type_kind kind, const struct type_field *fields, uint32_t count,
                        arcella_error **reterr) {
    const struct shape *shape = &shapes[kind];
    const char *words = type_kind_words(kind);
    if (count < shape->least)
        return error_set(reterr, ARCELLA_E_WASM, "a type '%s' has no %s, it must have at least one", words,
                         shape->parts);
    if (count > shape->most)
        return error_set(reterr, ARCELLA_E_WASM, "a type '%s' has %u %s, at most %u are allowed", words,
                         count, shape->parts, shape->most);
    for (uint32_t i = 0; i < count; i++)
        if ((shape->payload == WITH && !fields[i].type) || (shape->payload == WITHOUT && fields[i].type))
            return error_set(reterr, ARCELLA_E_WASM, "a type '%s' has %s that %s a type", words, shape->parts,
                             fields[i].type ? "have" : "lack");
    if (kind == TYPE_OPTION && (fields[0].type || !fields[1].type))
        return error_set(reterr, ARCELLA_E_WASM, "an option must have a type of some and none of none");
    return 0;
}

/* The rules that look at what the parts are. Explainer.md (keytype), Binary.md (notes on types). */
static int check_parts(enum type_kind kind, const struct type_field *fields, uint32_t length,
                       arcella_error **reterr) {
    const struct type *first = fields[0].type;
    if (kind == TYPE_FIXED_LIST && length == 0)
        return error_set(reterr, ARCELLA_E_WASM, "a fixed-length list must have more than 0 elements");
    if (kind == TYPE_MAP && (first->kind > TYPE_STRING || first->kind == TYPE_F32 || first->kind == TYPE_F64))
        return error_set(reterr, ARCELLA_E_WASM,
                         "a type '%s' cannot be the key of a map: bool, integers, char and string can",
                         type_kind_words(first->kind));
    if (kind != TYPE_STREAM && kind != TYPE_FUTURE)
        return 0;
    if (first && first->has_borrow)
        return error_set(reterr, ARCELLA_E_WASM, "a %s cannot carry a borrow", type_kind_words(kind));
    if (kind == TYPE_STREAM && first && first->kind == TYPE_CHAR)
        return error_set(reterr, ARCELLA_E_WASM, "a stream of char is not allowed");
    return 0;
}

int types_make(struct types *types, enum type_kind kind, const struct type_field *fields, uint32_t count,
               uint32_t length, const struct type **ret, arcella_error **reterr) {
    if ((unsigned)kind >= TYPE_KINDS || !shapes[kind].most)
        return error_set(reterr, ARCELLA_E_INVALID, "a type '%s' is not made of fields",
                         type_kind_words(kind));
    int status = check_fields(kind, fields, count, reterr);
    if (!status)
        status = check_parts(kind, fields, length, reterr);
    if (status)
        return status;
    struct key_head head = {kind, count, kind == TYPE_FIXED_LIST ? length : 0, 0};
    if (!shapes[kind].names[0])
        return intern(types, head, fields, ret, reterr);
    /* Names that the kind says: two of them, or "" for however many there are. */
    struct type_field few[2], *named = few;
    MEM_AUTO void *many = NULL;
    if (count > ARRAY_LENGTH(few)) {
        named = many = mem_array(count, sizeof(*named));
        if (!many)
            return error_nomem(reterr);
    }
    for (uint32_t i = 0; i < count; i++)
        named[i] =
            (struct type_field){.name = text_of(shapes[kind].names[i ? 1 : 0]), .type = fields[i].type};
    return intern(types, head, named, ret, reterr);
}

int types_handle(struct types *types, enum type_kind kind, uint32_t resource, const struct type **ret,
                 arcella_error **reterr) {
    return intern(types, (struct key_head){.kind = kind, .resource = resource}, NULL, ret, reterr);
}

int types_name_resource(struct types *types, uint32_t resource, struct text name, arcella_error **reterr) {
    for (enum type_kind kind = TYPE_OWN; kind <= TYPE_BORROW; kind++) {
        CLEANUP(key_done) struct key key = {0};
        static const struct type_field none;
        int status = key_make(&key, (struct key_head){.kind = kind, .resource = resource}, &none, reterr);
        if (status)
            return status;
        struct made_type *made = NULL;
        HASH_FIND(hh, types->by_key, key.bytes, key.length, made);
        if (made)
            made->type.resource_name = name;
    }
    return 0;
}

/* --- function types --- */

/* Lay the parameters out as the tuple they are when they are spilled into memory, and flatten them. */
static int lay_params(struct func_type *type, struct type_field *params, arcella_error **reterr) {
    uint8_t flat[TYPES_FLAT_PARAMS];
    uint64_t at = 0;
    type->params_align = 1;
    type->has_unrun = type->async || (type->result && type->result->has_unrun);
    for (uint32_t i = 0; i < type->param_count; i++) {
        const struct type *param = params[i].type; /* a parameter always has one */
        at = types_align(at, param->align);        // NOLINT(clang-analyzer-core.NullDereference)
        if (at + param->size > UINT32_MAX - 8)
            return error_set(reterr, ARCELLA_E_WASM, "the parameters of a function take 2^32 bytes or more");
        params[i].offset = (uint32_t)at;
        at += param->size;
        if (param->align > type->params_align)
            type->params_align = param->align;
        type->has_unrun |= param->has_unrun;
        types_flat_add(flat, &type->flat_params, param);
    }
    type->params_size = (uint32_t)types_align(at, type->params_align);
    type->params = params;
    return 0;
}

int types_func(struct types *types, const struct type_field *params, uint32_t count,
               const struct type *result, bool async, const struct func_type **ret, arcella_error **reterr) {
    if (count > TYPES_PARAMS)
        return error_set(reterr, ARCELLA_E_WASM, "a function has %u parameters, at most %d are allowed",
                         count, TYPES_PARAMS);
    if (result && result->has_borrow)
        return error_set(reterr, ARCELLA_E_WASM, "the result of a function cannot hold a borrow");
    CLEANUP(key_done) struct key key = {0};
    int status = key_make(&key, (struct key_head){KEY_FUNC, count, async, id_of(result)}, params, reterr);
    if (status)
        return status;
    struct made_func *made = NULL;
    HASH_FIND(hh, types->funcs_by_key, key.bytes, key.length, made);
    if (made) {
        *ret = &made->type;
        return 0;
    }
    char *kept = NULL;
    made = arena_new(&types->arena, struct made_func);
    struct type_field *copies = made ? key_keep(types, &key, params, count, &kept) : NULL;
    if (!copies)
        return error_nomem(reterr);
    made->type =
        (struct func_type){.param_count = count, .result = result, .async = async, .id = types->func_ids};
    status = lay_params(&made->type, copies, reterr);
    if (status)
        return status;
    bool added;
    MAP_ADD_TEXT(hh, types->funcs_by_key, kept, key.length, made, &added);
    if (!added)
        return error_nomem(reterr);
    types->func_ids++;
    *ret = &made->type;
    return 0;
}
