/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From the types of the ast to interned types.  Who calls knows what an index of the type space means:
 * check/ with abstract resources, resolve/ with those that run; both give it as callbacks.  Holds nothing.
 */
#ifndef COMPONENT_DECODE_TYPES_BUILD_H
#define COMPONENT_DECODE_TYPES_BUILD_H

#include "component/decode/ast.h"
#include "component/types/types.h"

/*
 * The type index space, as the caller has it.  A callback that fails sets the error and returns WASM: "type 7
 * is out of range: there are 3", "type 2 is a function, expected a value type"; the byte is added here.
 */
struct types_lookup {
    int (*value)(void *user, uint32_t index, const struct type **ret, arcella_error **reterr);
    int (*resource)(void *user, uint32_t index, uint32_t *ret, arcella_error **reterr);
    void *user;
};

/**
 * The type that a definition makes (AST_TYPE_PRIMITIVE, AST_TYPE_DEFINED); labels are checked, and that they
 * are strongly unique.
 *
 * @return 0, WASM (the byte, and what is wrong), NOMEM
 */
int types_build_defined(struct types *types, const struct types_lookup *lookup, const struct ast_type *from,
                        const struct type **ret, arcella_error **reterr) MUST_CHECK;
/** A function type (AST_TYPE_FUNC). @return 0, WASM, NOMEM */
int types_build_func(struct types *types, const struct types_lookup *lookup, const struct ast_type *from,
                     const struct func_type **ret, arcella_error **reterr) MUST_CHECK;

#endif
