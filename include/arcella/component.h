/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Components: code that was loaded, by name and version; what it imports and exports.
 *
 * Loaded from a file or from memory is a WebAssembly component, or a core module without imports (whose
 * functions take and give s32, s64, f32 and f64).  A handle stays valid until it is freed: after
 * arcella_component_unload() what is done with it, with its instances and their functions answers
 * ARCELLA_E_CLOSED.
 */
#ifndef ARCELLA_COMPONENT_H
#define ARCELLA_COMPONENT_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Loaded code.  Opaque; arcella_component_free(). */
typedef struct arcella_component arcella_component;

/**
 * Load a component from memory: decode, check, compile.
 *
 * @param runtime  borrowed; outlives the component
 * @param name     UTF-8, NUL-terminated, copied; NULL: the name it carries itself, or ""
 * @param version  UTF-8, NUL-terminated, copied; NULL: ""
 * @param bytes    length bytes, copied
 * @param length   at most 256 MiB
 * @param ret      out: the component, owned by the caller
 * @param reterr   out on failure; may be NULL
 * @return 0; ARCELLA_E_WASM (not a valid binary; the message names the byte offset and what was expected
 * there), ARCELLA_E_UNSUPPORTED (a feature that does not run here, by name), ARCELLA_E_KIND (a core module of
 * WASI), ARCELLA_E_LINK (a core module that imports something), ARCELLA_E_EXISTS (this name, given, is loaded
 * in this version), ARCELLA_E_TOO_LARGE, ARCELLA_E_LIMIT, ARCELLA_E_NOMEM
 * Threads: the runtime's thread.
 * Blocks: while it compiles.  Since: 0.1.
 */
ARCELLA_API int arcella_component_load(arcella_runtime *runtime, const char *name, const char *version,
                                       const void *bytes, size_t length, arcella_component **ret,
                                       arcella_error **reterr);

/**
 * Load a component from a file.
 *
 * @param runtime  borrowed; outlives the component
 * @param name     as for arcella_component_load()
 * @param version  as for arcella_component_load()
 * @param path     of the file, NUL-terminated
 * @param ret      out: the component, owned by the caller
 * @param reterr   out on failure; may be NULL
 * @return as arcella_component_load(); ARCELLA_E_NOT_FOUND, ARCELLA_E_DENIED, ARCELLA_E_SYSTEM (of the file)
 * Threads: the runtime's thread.  Blocks: while it reads and compiles.  Since: 0.1.  Example:
 * examples/embed/main.c
 */
ARCELLA_API int arcella_component_load_file(arcella_runtime *runtime, const char *name, const char *version,
                                            const char *path, arcella_component **ret,
                                            arcella_error **reterr);

/**
 * Load other code behind the same handle, or load again after an unload.  Instances made before keep the code
 * they were made from.  Where it fails, nothing has changed.
 *
 * @param component  borrowed
 * @param bytes      length bytes, copied
 * @param length     at most 256 MiB
 * @param reterr     out on failure; may be NULL
 * @return as arcella_component_load()
 * Threads: the runtime's thread.  Blocks: while it compiles.  Since: 0.1.
 */
ARCELLA_API int arcella_component_reload(arcella_component *component, const void *bytes, size_t length,
                                         arcella_error **reterr);

/**
 * Give back what a component holds: its instances end, their memory and the code are freed.  The handles of
 * it stay valid and answer ARCELLA_E_CLOSED until they are freed, or, for the component, until it is
 * reloaded.
 *
 * @param component  borrowed
 * @param reterr     out on failure; may be NULL
 * @return 0, also where it was unloaded before; ARCELLA_E_BUSY (an instance of it is in a call: this is
 * called from a host function)
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_component_unload(arcella_component *component, arcella_error **reterr);

/**
 * Free a component's handle.  Instances made from it live on, and keep the code until they are freed.
 *
 * @param component  owned; NULL is fine
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_component_free(arcella_component *component);

/* --- what is loaded --- */

/**
 * Tell a component's name.
 *
 * @param component  borrowed
 * @return UTF-8, NUL-terminated, borrowed as long as the component
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API const char *arcella_component_name(const arcella_component *component);

/**
 * Tell a component's version.
 *
 * @param component  borrowed
 * @return UTF-8, NUL-terminated, borrowed as long as the component
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API const char *arcella_component_version(const arcella_component *component);

/**
 * Walk the components of a runtime, newest first.
 *
 * @param runtime  borrowed
 * @param after    the one before it; NULL: begin
 * @return borrowed; NULL at the end
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API arcella_component *arcella_component_next(const arcella_runtime *runtime,
                                                      const arcella_component *after);

/**
 * Find a component by its name.
 *
 * @param runtime  borrowed
 * @param name     UTF-8, NUL-terminated
 * @param version  UTF-8, NUL-terminated; NULL: the one of this name that was loaded last
 * @return borrowed; NULL: there is none
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API arcella_component *arcella_component_find(const arcella_runtime *runtime, const char *name,
                                                      const char *version);

/** What an item is. */
enum arcella_item_kind {
    ARCELLA_ITEM_FUNC = 0,
    ARCELLA_ITEM_RESOURCE = 1, /* a resource type */
    ARCELLA_ITEM_OTHER = 2     /* a core module, a component: nobody can provide it */
};

/** An import or export; begin with ARCELLA_ITEM_INIT. */
struct arcella_item {
    size_t size;  /* sizeof(struct arcella_item) as the caller knows it */
    int kind;     /* enum arcella_item_kind */
    int provided; /* imports: a host function or resource of the embedder matches, or nothing calls it */
    const char *interface; /* "wasi:io/streams@0.2.6"; "" */
    const char *name;      /* "[method]input-stream.read" */
    const char
        *signature; /* FUNC: as in WIT, "read(self: borrow<…>, len: u64) -> …", long ones cut; else "" */
};
#define ARCELLA_ITEM_INIT                                                                                    \
    { sizeof(struct arcella_item), 0, 0, "", "", "" }

/**
 * Tell an import.
 *
 * @param component  borrowed
 * @param index      from 0
 * @param ret        out; its texts are borrowed until the component is unloaded, reloaded or freed
 * @param reterr     out on failure; may be NULL
 * @return 0; ARCELLA_E_NOT_FOUND (there are not so many), ARCELLA_E_CLOSED (unloaded), ARCELLA_E_INVALID,
 *         ARCELLA_E_NOMEM
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_component_import(arcella_component *component, size_t index, struct arcella_item *ret,
                                         arcella_error **reterr);

/**
 * Tell an exported function.
 *
 * @param component  borrowed
 * @param index      from 0
 * @param ret        out; its texts are borrowed until the component is unloaded, reloaded or freed
 * @param reterr     out on failure; may be NULL
 * @return 0; ARCELLA_E_NOT_FOUND (there are not so many), ARCELLA_E_CLOSED (unloaded), ARCELLA_E_INVALID,
 *         ARCELLA_E_NOMEM
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_component_export(arcella_component *component, size_t index, struct arcella_item *ret,
                                         arcella_error **reterr);

/**
 * Tell all that a component imports and exports, with types, as WIT: its world and the packages it names.
 *
 * @param component  borrowed
 * @param ret        out: UTF-8, NUL-terminated, borrowed until the component is unloaded, reloaded or freed
 * @param reterr     out on failure; may be NULL
 * @return 0; ARCELLA_E_KIND (a core module has no WIT), ARCELLA_E_CLOSED, ARCELLA_E_TOO_LARGE,
 * ARCELLA_E_LIMIT, ARCELLA_E_NOMEM
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API int arcella_component_wit(arcella_component *component, const char **ret, arcella_error **reterr);

#ifdef __cplusplus
}
#endif
#endif
