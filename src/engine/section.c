/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sections of hostile files: each read from its head alone, and nesting bounded before anything else looks.
 */
#include "engine/section.h"

#include "base/limits.h"

const uint8_t wasm_magic_core[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
const uint8_t wasm_magic_component[8] = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};

int section_magic(struct reader *file, bool component) {
    const uint8_t *magic = component ? wasm_magic_component : wasm_magic_core;
    if (reader_left(file) < sizeof(wasm_magic_core) || memcmp(file->at, magic, sizeof(wasm_magic_core)) != 0)
        return reader_fail(file, component ? "a component" : "a core module");
    file->at += sizeof(wasm_magic_core);
    return 0;
}

int section_next(struct reader *file, bool component, uint8_t *ret_id, struct reader *ret_in) {
    uint32_t size;
    int r = reader_byte(file, ret_id, "a section");
    if (r)
        return r;
    if (*ret_id >= (component ? COMPONENT_SECTIONS : SECTIONS)) {
        file->at--;
        return reader_refuse(file, "section %u", *ret_id);
    }
    r = reader_u32(file, &size, "a section's size");
    if (r)
        return r;
    *ret_in = *file;
    r = reader_skip(file, size, "the whole section");
    ret_in->end = file->at;
    return r;
}

int sections_whole(struct reader *file, bool component, unsigned depth) {
    if (depth > LIMIT_COMPONENT_DEPTH)
        return error_set(file->reterr, ARCELLA_E_LIMIT, "components are nested more than %d deep",
                         LIMIT_COMPONENT_DEPTH);
    int r = section_magic(file, component);
    while (!r && reader_left(file) > 0) {
        uint8_t id;
        struct reader in;
        r = section_next(file, component, &id, &in);
        if (!r && component && (id == COMPONENT_SECTION_MODULE || id == COMPONENT_SECTION_COMPONENT))
            r = sections_whole(&in, id == COMPONENT_SECTION_COMPONENT, depth + 1);
    }
    return r;
}

int section_write_u32(struct buffer *to, uint32_t value, arcella_error **reterr) {
    uint8_t bytes[5];
    size_t count = 0;
    do {
        bytes[count++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    return buffer_add(to, bytes, count, reterr);
}
