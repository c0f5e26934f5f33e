/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Fuzz target: a component read whole, as before its modules are compiled: decoded, checked, resolved.  What
 * the check found valid must resolve, and what is told of it must hold together.
 */
#include "component/component.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition) {
    if (!condition)
        __builtin_trap();
}

static void look(const struct component *component, const uint8_t *data, size_t size) {
    for (uint32_t i = 0; i < component_module_count(component); i++) {
        struct text bytes = component_module_bytes(component, i);
        must((const uint8_t *)bytes.data >= data &&
             (const uint8_t *)bytes.data + bytes.length <= data + size);
        must(component_module_same(component, i) <= i);
    }
    for (uint32_t i = 0; i < component_import_count(component); i++) {
        const struct component_import *import = component_import_at(component, i);
        must((import->kind == COMPONENT_IMPORT_FUNC) == (import->type != NULL));
        /* What is of the world itself is of no interface that could be missing. */
        bool of_world = !import->interface.length &&
                        (import->kind == COMPONENT_IMPORT_FUNC || import->kind == COMPONENT_IMPORT_RESOURCE);
        must(component_import_match(component, NULL, import, NULL, 0) ==
             (of_world ? COMPONENT_NO_NAME : COMPONENT_NO_INTERFACE));
    }
    for (uint32_t i = 0; i < component_func_count(component); i++)
        must(component_func_type(component_func_at(component, i)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct component *component = NULL;
    arcella_error *error = NULL;
    int r = component_read(data, size, NULL, NULL, &component, &error);
    must(r != ARCELLA_E_INTERNAL);
    must((r == 0) == (component != NULL) && (r == 0) == (error == NULL));
    if (component)
        look(component, data, size);
    arcella_error_free(error);
    component_unref(component);
    return 0;
}
