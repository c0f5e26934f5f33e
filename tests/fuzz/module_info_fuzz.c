/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: the reader of WebAssembly binaries.  Whatever it accepts must hold what it says.
 */
#include "base/text.h"
#include "engine/module_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_item(const struct module_item *item, const uint8_t *data, size_t size) {
    const uint8_t *name = (const uint8_t *)item->name.data;
    if (item->name.length && (name < data || name + item->name.length > data + size))
        __builtin_trap();
    if (!text_is_utf8(item->name.data, item->name.length) ||
        !text_is_utf8(item->signature, strnlen(item->signature, sizeof(item->signature))))
        __builtin_trap();
    if (strnlen(item->signature, sizeof(item->signature)) == sizeof(item->signature))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct module_info info;
    arcella_error *error = NULL;
    int r = module_info_read(data, size, &info, &error);
    if (r) {
        if (arcella_error_code(error) != r)
            __builtin_trap();
        arcella_error_free(error);
        return 0;
    }
    for (uint32_t i = 0; i < info.import_count; i++)
        check_item(&info.imports[i], data, size);
    for (uint32_t i = 0; i < info.export_count; i++)
        check_item(&info.exports[i], data, size);
    for (uint32_t i = 0; i < info.memory_count; i++)
        if (info.memories[i].minimum > info.memories[i].maximum)
            __builtin_trap();
    for (uint32_t i = 0; i < info.table_count; i++)
        if (info.tables[i].minimum > info.tables[i].maximum)
            __builtin_trap();
    if (info.code_bytes > size || info.data_bytes > size || info.function_count > size)
        __builtin_trap();
    module_info_done(&info);
    return 0;
}
