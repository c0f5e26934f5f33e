/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A module: compiled code mapped from a file, shared by all programs made of it and counted.  The file stays
 * mapped; pages of code and initial memory come from the page cache, also across processes.
 */
#include <assert.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "engine/inner.h"

int engine_module_load(struct engine *engine, const char *path, struct engine_module **ret,
                       arcella_error **reterr) {
    /* The engine's own words for a missing file have no code; ask the system first. */
    CLEANUP(fd_close_ptr) int fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot open compiled code '%s'", path);
    struct stat st;
    if (sys_fstat(fd, &st))
        return error_set_errno(reterr, errno, "cannot look at compiled code '%s'", path);
    if (!S_ISREG(st.st_mode) || st.st_size == 0)
        return error_set(reterr, ARCELLA_E_CORRUPT, "'%s' is no compiled code", path);
    struct engine_module *module = mem_new(struct engine_module);
    if (!module)
        return error_nomem(reterr);
    wasmtime_error_t *e = wasmtime_module_deserialize_file(engine->wasm, path, &module->module);
    if (e) {
        mem_free(module);
        return engine_error_take(e, ARCELLA_E_CORRUPT, reterr, "compiled code refused: ");
    }
    module->engine = engine;
    module->references = 1;
    engine->stats.modules++;
    *ret = module;
    return 0;
}

struct engine_module *engine_module_ref(struct engine_module *module) {
    module->references++;
    return module;
}

struct engine_module *engine_module_unref(struct engine_module *module) {
    if (!module)
        return NULL;
    assert(module->references > 0);
    if (--module->references == 0) {
        module->engine->stats.modules--;
        wasmtime_module_delete(module->module);
        mem_free(module);
    }
    return NULL;
}
