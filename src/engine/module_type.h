/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reading core types and constant expressions: what module_info.c needs beneath its sections.  Source: the
 * core specification, binary format, 5.3 and 5.4.9.
 */
#ifndef ENGINE_MODULE_TYPE_H
#define ENGINE_MODULE_TYPE_H

#include "engine/module_info.h"
#include "engine/reader.h"

/* Most parameters, most results of a function. */
#define MODULE_VALUES_MAX 1000u

struct module_value {
    char letter;  /* as in signatures; '?' for references */
    uint8_t code; /* in the binary; 0: it takes more than a byte */
    bool typed;   /* a reference that needs typed references or collected objects, which guests may not use */
};
struct module_global {
    uint8_t value_type; /* its code, or 0 */
    bool is_mutable;
    bool typed; /* as of a value */
};

/** A value type. @return 0, WASM */
int module_type_value(struct reader *in, struct module_value *ret) MUST_CHECK;
/** What a core type is that begins with this byte and is no function; NULL: nothing that is known. */
const char *module_type_other(uint8_t code);
/**
 * Pass over a vector of value types, and tell how many there were.
 *
 * @param typed  becomes true where one is (struct module_value)
 * @return 0, WASM, LIMIT
 */
int module_type_skip_values(struct reader *in, uint32_t *ret_count, bool *typed, const char *what) MUST_CHECK;
/** Limits of a memory or a table. @return 0, WASM, UNSUPPORTED (a custom page size) */
int module_type_limits(struct reader *in, bool memory, struct module_size *ret) MUST_CHECK;
/** A table's type. @return 0, WASM, UNSUPPORTED */
int module_type_table(struct reader *in, struct module_size *ret) MUST_CHECK;
/** A global's type. @return 0, WASM */
int module_type_global(struct reader *in, struct module_global *ret) MUST_CHECK;
/** Pass over a constant expression. @return 0, WASM */
int module_type_skip_constant(struct reader *in) MUST_CHECK;

#endif
