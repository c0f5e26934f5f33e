/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Core types and constant expressions, byte by byte; everything read here is hostile.
 */
#include "engine/module_type.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_ = (call);                                                                                   \
        if (try_)                                                                                            \
            return try_;                                                                                     \
    } while (0)

#define HEAP_NOEXN  (0x74 - 0x80)
#define HEAP_FUNC   (0x70 - 0x80)
#define HEAP_EXTERN (0x6f - 0x80)
#define HEAP_EXN    (0x69 - 0x80)

/* Does a reference to this heap type need what guests may not use (config.c)? */
static bool is_typed(int64_t heap, bool nullable) {
    if (heap == HEAP_EXN || heap == HEAP_NOEXN)
        return false;
    return !nullable || (heap != HEAP_FUNC && heap != HEAP_EXTERN);
}

int module_type_value(struct reader *in, struct module_value *ret) {
    uint8_t byte;
    int64_t heap = 0;
    TRY(reader_byte(in, &byte, "a value type"));
    *ret = (struct module_value){'?', byte, false};
    switch (byte) {
    case 0x7f: ret->letter = 'i'; return 0;
    case 0x7e: ret->letter = 'I'; return 0;
    case 0x7d: ret->letter = 'f'; return 0;
    case 0x7c: ret->letter = 'F'; return 0;
    case 0x7b: ret->letter = 'V'; return 0;
    case 0x63: /* (ref null ht) */
    case 0x64: /* (ref ht) */
        ret->code = 0;
        TRY(reader_signed(in, 33, &heap, "a heap type"));
        ret->typed = is_typed(heap, byte == 0x63);
        return 0;
    default:
        /* The abstract heap types, as short forms. */
        if (byte < 0x68 || byte > 0x74) {
            in->at--;
            return reader_fail(in, "a value type");
        }
        ret->typed = is_typed((int64_t)byte - 0x80, true);
        return 0;
    }
}

const char *module_type_other(uint8_t code) {
    switch (code) {
    case 0x4e: return "a recursion group of core types";
    case 0x4f:
    case 0x50: return "a core subtype";
    case 0x5d: return "a core continuation type";
    case 0x5e: return "a core array type";
    case 0x5f: return "a core struct type";
    case 0x65: return "a shared core type";
    case 0x4c:
    case 0x4d: return "a core type with a descriptor";
    default: return NULL;
    }
}

int module_type_skip_values(struct reader *in, uint32_t *ret_count, bool *typed, const char *what) {
    struct module_value value;
    TRY(reader_count(in, ret_count, MODULE_VALUES_MAX, 1, what));
    for (uint32_t i = 0; i < *ret_count; i++) {
        TRY(module_type_value(in, &value));
        *typed |= value.typed;
    }
    return 0;
}

int module_type_limits(struct reader *in, bool memory, struct module_size *ret) {
    uint8_t flags;
    TRY(reader_byte(in, &flags, "limits"));
    if (flags & ~7u) {
        in->at--;
        if (memory && !(flags & ~15u))
            return reader_unsupported(in, "a memory with a custom page size");
        return reader_refuse(in, "limits of form 0x%02x", flags);
    }
    *ret = (struct module_size){.maximum = UINT64_MAX, .shared = flags & 2, .is_64 = flags & 4};
    TRY(reader_u64(in, &ret->minimum, "a minimum"));
    if (flags & 1)
        TRY(reader_u64(in, &ret->maximum, "a maximum"));
    uint64_t most = ret->is_64 ? (memory ? 1ull << 48 : UINT64_MAX) : memory ? 65536 : UINT32_MAX;
    if (ret->minimum > most || (ret->maximum != UINT64_MAX && ret->maximum > most) ||
        ret->minimum > ret->maximum)
        return reader_refuse(in, "limits that cannot be");
    return 0;
}

int module_type_table(struct reader *in, struct module_size *ret) {
    struct module_value element;
    TRY(module_type_value(in, &element));
    if (element.letter != '?') {
        in->at--;
        return reader_fail(in, "a reference type");
    }
    TRY(module_type_limits(in, false, ret));
    ret->element = element.code;
    ret->typed = element.typed;
    return 0;
}

int module_type_global(struct reader *in, struct module_global *ret) {
    struct module_value value;
    uint8_t mutability;
    TRY(module_type_value(in, &value));
    TRY(reader_byte(in, &mutability, "a global's kind"));
    if (mutability > 1) {
        in->at--;
        return reader_fail(in, "a global's kind (0 or 1)");
    }
    *ret = (struct module_global){value.code, mutability == 1, value.typed};
    return 0;
}

/* Behind 0xfd stands one vector instruction that is constant: v128.const. */
static int skip_vector(struct reader *in) {
    uint32_t op;
    TRY(reader_u32(in, &op, "a vector instruction"));
    if (op != 12)
        return reader_refuse(in, "vector instruction %u in a constant expression", op);
    return reader_skip(in, 16, "a constant");
}

int module_type_skip_constant(struct reader *in) {
    uint8_t op;
    uint32_t index;
    int64_t number;
    for (;;) {
        TRY(reader_byte(in, &op, "a constant expression"));
        switch (op) {
        case 0x0b: return 0;                                                  /* end */
        case 0x23:                                                            /* global.get */
        case 0xd2: TRY(reader_u32(in, &index, "an index")); break;            /* ref.func */
        case 0x41: TRY(reader_signed(in, 32, &number, "a constant")); break;  /* i32.const */
        case 0x42: TRY(reader_signed(in, 64, &number, "a constant")); break;  /* i64.const */
        case 0x43: TRY(reader_skip(in, 4, "a constant")); break;              /* f32.const */
        case 0x44: TRY(reader_skip(in, 8, "a constant")); break;              /* f64.const */
        case 0xd0: TRY(reader_signed(in, 33, &number, "a heap type")); break; /* ref.null */
        case 0xfd: TRY(skip_vector(in)); break;
        case 0x6a:
        case 0x6b:
        case 0x6c: /* i32 add, sub, mul */
        case 0x7c:
        case 0x7d:
        case 0x7e: break; /* i64 add, sub, mul */
        default: in->at--; return reader_refuse(in, "instruction 0x%02x in a constant expression", op);
        }
    }
}
