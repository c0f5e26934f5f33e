/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Validity of a component, as the specification and the reference validator have it: index spaces, aliases,
 * instantiations, subtyping, resources, canonical options, names, visibility of types.  Bodies of core
 * modules are not looked at: the engine validates each when it compiles it.
 *
 * Source: component-model, design/mvp/Explainer.md and Binary.md (validation notes), CanonicalABI.md
 * (canonical definitions).
 */
#ifndef COMPONENT_CHECK_H
#define COMPONENT_CHECK_H

#include "base/error.h"
#include "component/check/entity.h"
#include "component/decode/ast.h"
#include "component/types/types.h"

/* The type of a whole component, with the memory of all that it points to. */
struct component_root {
    struct component_type type;
    uint32_t resources; /* resources have numbers below this */
    struct arena arena; /* owned */
};

/**
 * Validate a component and tell its type.
 *
 * @param ast   borrowed; the root keeps slices of its bytes and must not outlive it
 * @param types where value types are made; must outlive the root
 * @param ret   for component_root_free()
 * @return 0, WASM (not valid: byte offset, what stands there, what was expected), UNSUPPORTED (a feature that
 *         this room does not run, by name and offset), LIMIT (types too large or too deep, too many of
 *         something), NOMEM
 */
int component_check(const struct ast *ast, struct types *types, struct component_root **ret,
                    arcella_error **reterr) MUST_CHECK;
/** @return NULL */
struct component_root *component_root_free(struct component_root *root);

#endif
