/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A component without what its core functions do: each body is one byte that is no instruction, data is
 * empty. What is said of types, imports, exports and how things fit together stays as it is, at other
 * offsets.  For the validator it is put into a component of its own, with a body that cannot be compiled.
 */
#ifndef ENGINE_STRIP_H
#define ENGINE_STRIP_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/text.h"

/**
 * Write a component with the bodies and data of its core modules taken out, at any depth.  In time and room
 * that grow with the bytes.
 *
 * @param to  receives it; its limit should be the bytes' length and some more (heads of sections may grow)
 * @return 0, WASM (it is not whole, with byte offset), LIMIT (nested too deep), TOO_LARGE, NOMEM
 */
int strip_component(struct text bytes, struct buffer *to, arcella_error **reterr) MUST_CHECK;

/**
 * The same inside a component that instantiates nothing and has, behind it, a core module with one such body:
 * whoever compiles it stops at a body, even where the component has none.  It adds to no count of the
 * component inside, and to its nesting 1.
 *
 * @return as strip_component
 */
int strip_enclosed(struct text bytes, struct buffer *to, arcella_error **reterr) MUST_CHECK;

/** Is there, at this offset of what was written, the instruction that is none of a body? */
bool strip_is_body(const struct buffer *stripped, uint64_t offset);

#endif
