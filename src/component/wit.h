/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * WIT of a component: its imports, exports and their types as a world, with the packages of the interfaces
 * it names, as text that tools read back and as JSON.
 *
 * A world is worked out once from the component's type and then printed; it lives as long as that.  A type
 * has its name from the first import or export of it; what is imported or exported again from another
 * interface becomes a `use` there.  An interface that is both imported and exported is printed once, with
 * what either has.
 *
 * What WIT has no words for (core modules and components as imports, instances in instances, exported types
 * of the world, names that are URLs) stands as a comment in the text and under "unsaid" in JSON.
 *
 * Source: component-model, design/mvp/WIT.md.
 */
#ifndef COMPONENT_WIT_H
#define COMPONENT_WIT_H

#include "base/buffer.h"
#include "base/error.h"
#include "component/check.h"

struct wit;

/**
 * Work out the world of a component.
 *
 * @param root  borrowed; must outlive the result
 * @param ret   for wit_free()
 * @return 0, NOMEM, LIMIT (too large)
 */
int wit_make(const struct component_root *root, struct wit **ret, arcella_error **reterr) MUST_CHECK;
/** @return NULL */
struct wit *wit_free(struct wit *wit);
/** Append the text: `package root:component; world root { … }`, then the other packages. @return 0,
 * TOO_LARGE, NOMEM */
int wit_print(const struct wit *wit, struct buffer *to, arcella_error **reterr) MUST_CHECK;
/**
 * Append the same as JSON:
 *
 *     {"package": "root:component", "world": "root",
 *      "imports": [ITEM…], "exports": [ITEM…], "types": [TYPE…], "interfaces": [INTERFACE…], "unsaid": ["…"]}
 *     ITEM       {"kind": "interface", "name": "wasi:io/poll@0.2.0"}
 *                {"kind": "interface", "name": "label", "of": "ns:pkg/iface"}    (implements …)
 *                {"kind": "inline", "name": "label", "types": [TYPE…], "functions": [FUNCTION…]}
 *                {"kind": "function", … as FUNCTION}
 *     INTERFACE  {"name": "wasi:io/poll@0.2.0", "types": [TYPE…], "functions": [FUNCTION…]}
 *     TYPE       {"name": "t", "kind": "use", "from": "wasi:io/error@0.2.0", "type": "error"}
 *                {"name": "t", "kind": "alias", "type": T}
 *                {"name": "t", "kind": "record", "fields": [{"name": "a", "type": T}…]}
 *                {"name": "t", "kind": "variant", "cases": [{"name": "a", "type": T or absent}…]}
 *                {"name": "t", "kind": "enum" or "flags", "names": ["a"…]}
 *                {"name": "t", "kind": "resource", "functions": [FUNCTION…]}
 *     FUNCTION   {"name": "f", "kind": "function", "constructor", "method" or "static", "async": true or
 * absent, "params": [{"name": "a", "type": T}…], "result": T or absent}    (self of a method is left out) T
 * "u32", … or the name of a type of the same scope; {"list": T}, {"option": T}, {"tuple": [T…]},
 *                {"result": {"ok": T or absent, "err": T or absent}}, {"map": {"key": T, "value": T}},
 *                {"own": "name"}, {"borrow": "name"}, {"stream": T or null}, {"future": T or null},
 *                {"list": T, "length": N}
 *
 * @return 0, TOO_LARGE, NOMEM
 */
int wit_print_json(const struct wit *wit, struct buffer *to, arcella_error **reterr) MUST_CHECK;

#endif
