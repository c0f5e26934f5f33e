/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The door of room wasi: WASI preview 1 for core modules, as a table of host functions and a state per
 * instance.
 *
 *     engine_program_new(module, wasi_preview1_imports(&count), count, &program, …);
 *     wasi_preview1_new(&options, &user->wasi, …);            // the first member of *user
 *     engine_instance_new(program, …, user, …, &instance, …);
 *     wasi_preview1_bind(user->wasi, instance);
 *
 * How functions find their state: what engine_user() returns must begin with a `struct wasi_preview1 *`.
 *
 * Numbers a guest finds at its start: 0, 1, 2 standard input, output, error; from 3 the granted directories
 * in the order given; then the granted listening sockets in the order given.  With no socket and no directory
 * named "/", one more directory "/" follows, where every access is denied with an audit line: a C library
 * that knows no directory for a path would answer "no such file" by itself, and nobody would learn which
 * grant is missing.
 *
 * Everything on the loop's thread.
 */
#ifndef WASI_WASI_H
#define WASI_WASI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "engine/engine.h"
#include "host/host.h"

struct wasi_preview1;

/** The module name that imports of preview 1 have. */
#define WASI_PREVIEW1_MODULE "wasi_snapshot_preview1"

/** The functions a module may import, for engine_program_new(). @param ret_count how many @return static rows
 */
const struct engine_import *wasi_preview1_imports(size_t *ret_count);

/* A directory the guest gets, open already. */
struct wasi_dir {
    int fd;                 /* borrowed: the room opens its own description of it */
    const char *guest_path; /* absolute, or "."; copied */
    bool writable;
};

struct wasi_options {
    struct host_config host; /* what room host needs; wait, wake and run of its hooks are set by _bind */
    const char *const *args; /* args[0] is the program's name; copied; at most LIMIT_ARGS, LIMIT_ARGS_BYTES */
    size_t args_count;
    const char *const *env; /* "KEY=VALUE"; copied; at most LIMIT_ENV, LIMIT_ARGS_BYTES */
    size_t env_count;
    const struct wasi_dir *dirs; /* at most LIMIT_DIRS */
    size_t dirs_count;
    int stdio[3];         /* the room's from the call on, also where it fails; -1: input at its end, and
                             output as lines to the output hook */
    const int *listeners; /* listening sockets; the room's from the call on, also where it fails */
    size_t listeners_count;
};

#define WASI_OPTIONS_INIT                                                                                    \
    {                                                                                                        \
        .stdio = { -1, -1, -1 }                                                                              \
    }

/**
 * Make the preview 1 state of one instance.
 *
 * @param options  borrowed during the call but for the descriptors it says it takes
 * @param ret      owned by the caller: free it after its instance is gone
 * @return 0, ARCELLA_E_INVALID (a variable without '=', a guest path, a descriptor that is no such thing),
 *         ARCELLA_E_LIMIT (too many arguments, variables, directories), ARCELLA_E_DENIED (a directory that is
 * not granted), ARCELLA_E_NOMEM, ARCELLA_E_SYSTEM
 */
int wasi_preview1_new(const struct wasi_options *options, struct wasi_preview1 **ret, arcella_error **reterr)
    MUST_CHECK;

/** Make the waits of the state those of an instance; right after engine_instance_new(). */
void wasi_preview1_bind(struct wasi_preview1 *wasi, struct engine_instance *instance);

/** Hand on what the guest wrote to log streams without a newline (its run has ended). */
void wasi_preview1_flush(struct wasi_preview1 *wasi);

/** Close the guest's descriptors and free; its instance must be gone. @return NULL */
struct wasi_preview1 *wasi_preview1_free(struct wasi_preview1 *wasi);

/** The host of the state, for its figures; borrowed. */
struct host *wasi_preview1_host(const struct wasi_preview1 *wasi);

struct wasi_figures {
    uint64_t calls;      /* host functions called so far */
    uint32_t open_files; /* descriptors the guest holds */
    uint32_t resources;  /* of WASI 0.2: handles it holds, … */
    uint32_t pollables;  /* … and those of them it can wait for */
};
/** What happened so far. */
struct wasi_figures wasi_preview1_figures(const struct wasi_preview1 *wasi);

/** Write docs/reference/wasi-preview1.md from the rows. @return 0, TOO_LARGE, NOMEM */
int wasi_preview1_reference(struct buffer *to, arcella_error **reterr) MUST_CHECK;

/* --- WASI 0.2, for components --- */

struct wasi_p2;
struct component_bindings;
struct component_instance;
struct engine_outcome;

/**
 * Offer all interfaces of WASI 0.2 but HTTP to components; what is bound already stays.  How their functions
 * find their state: what component_user() returns must begin with a `struct wasi_p2 *`.
 *
 * @return 0, NOMEM
 */
int wasi_p2_offer(struct component_bindings *bindings, arcella_error **reterr) MUST_CHECK;
/** Walk what is offered, functions and resources. @return the interface of the index-th one; NULL: not so
 * many */
const char *wasi_p2_interface(size_t index);
/** Make the state of one instance. @param options listeners are none of WASI 0.2's: refused @return as
 * wasi_preview1_new() */
int wasi_p2_new(const struct wasi_options *options, struct wasi_p2 **ret, arcella_error **reterr) MUST_CHECK;
/** Make its waits those of an instance; right after component_instance_new(). */
void wasi_p2_bind(struct wasi_p2 *wasi, struct component_instance *instance);
/** Hand on what stands in log streams without a newline (a run has ended). */
void wasi_p2_flush(struct wasi_p2 *wasi);
/** Close what it holds and free; its instance must be gone. @return NULL */
struct wasi_p2 *wasi_p2_free(struct wasi_p2 *wasi);
/** The host of the state; borrowed. */
struct host *wasi_p2_host(const struct wasi_p2 *wasi);
/** What happened so far. */
struct wasi_figures wasi_p2_figures(const struct wasi_p2 *wasi);
/** Write docs/reference/wasi-p2.md from the rows. @return 0, TOO_LARGE, NOMEM */
int wasi_p2_reference(struct buffer *to, arcella_error **reterr) MUST_CHECK;

static inline void wasi_preview1_free_ptr(struct wasi_preview1 **wasi) {
    *wasi = wasi_preview1_free(*wasi);
}

#endif
