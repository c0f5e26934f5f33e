/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The sections of core modules and components, from outside: which there are, whether all are whole.
 */
#ifndef ENGINE_SECTION_H
#define ENGINE_SECTION_H

#include "base/buffer.h"
#include "engine/reader.h"

/* The sections of a core module, by their codes. */
enum section {
    SECTION_CUSTOM,
    SECTION_TYPE,
    SECTION_IMPORT,
    SECTION_FUNCTION,
    SECTION_TABLE,
    SECTION_MEMORY,
    SECTION_GLOBAL,
    SECTION_EXPORT,
    SECTION_START,
    SECTION_ELEMENT,
    SECTION_CODE,
    SECTION_DATA,
    SECTION_DATA_COUNT,
    SECTION_TAG,
    SECTIONS
};
/* Of a component's, those that hold a module or another component. */
enum { COMPONENT_SECTION_MODULE = 1, COMPONENT_SECTION_COMPONENT = 4, COMPONENT_SECTIONS = 13 };

/* How a core module and a component begin. */
extern const uint8_t wasm_magic_core[8];
extern const uint8_t wasm_magic_component[8];

/**
 * Read how one begins, and stand behind it.
 *
 * @return 0, WASM
 */
int section_magic(struct reader *file, bool component) MUST_CHECK;
/**
 * Read the next section's head; it is whole in file, which stands behind it then.
 *
 * @param ret_in  the section's content
 * @return 0, WASM
 */
int section_next(struct reader *file, bool component, uint8_t *ret_id, struct reader *ret_in) MUST_CHECK;
/**
 * Are all sections whole, and those of what is in them?
 *
 * @param depth  0
 * @return 0, WASM, LIMIT (nested too deep)
 */
int sections_whole(struct reader *file, bool component, unsigned depth) MUST_CHECK;
/** Write a number as LEB128, as short as it goes. @return 0, TOO_LARGE, NOMEM */
int section_write_u32(struct buffer *to, uint32_t value, arcella_error **reterr) MUST_CHECK;

#endif
