/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A runtime: the engine, its loop, and everything made from it.
 *
 *   arcella_runtime ── component   loaded code, by name and version            (component.h)
 *        │                └── instance   one running copy, with limits         (instance.h)
 *        │                        └── func   an exported function, resolved
 *        └── host functions and resources of the embedder, by WIT name         (host.h)
 *
 * Threads.  A runtime, and all that is made from it, is used from one thread, the one that made it; several
 * runtimes may live in several threads, or in one.  A thread of its own (the ticker) ends guests that run too
 * long; it blocks all signals and sleeps while no guest runs.
 *
 * Stacks.  A call runs on the caller's stack where that has room for options.stack_bytes and 128 KiB more;
 * else, where a start section runs, and in an instance that may wait (wasi.h), on a stack of its own, which
 * costs some hundred nanoseconds.  A guest
 * that needs more than stack_bytes is ended (ARCELLA_E_LIMIT); it never reaches the caller's frames.  From a
 * host function of a guest that is on a stack of its own, no other instance can be called (ARCELLA_E_BUSY).
 *
 * Signals.  The first arcella_runtime_new() of a process installs handlers for SIGSEGV, SIGBUS, SIGILL and
 * SIGFPE: by them a guest's access out of bounds becomes a trap.  They run on an alternate signal stack,
 * which the engine gives to each thread that runs guests and has none, or too small a one.  What is not a
 * guest's fault is handed to the handler that was installed before, as it was installed, or ends the process
 * as ever.  So a program with handlers of its own
 *   - installs them before its first runtime; or, if later, keeps what sigaction() says was there and calls
 * that handler (SA_SIGINFO: with all three arguments) for every fault that is not its own, before anything
 * that does not return;
 *   - installs them with SA_ONSTACK, and leaves SIGSEGV, SIGBUS, SIGILL and SIGFPE unblocked in the thread of
 * the runtime;
 *   - does not take a signal there for a crash before the engine has seen it: a debugger or crash reporter
 * that stops at SIGSEGV sees faults of guests that are none. The handlers stay; the library is never
 * unloaded.  A handler of the program's may not call anything of here.
 */
#ifndef ARCELLA_RUNTIME_H
#define ARCELLA_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A runtime.  Opaque; arcella_runtime_free(). */
typedef struct arcella_runtime arcella_runtime;

/** What a runtime is made with; begin with ARCELLA_OPTIONS_INIT, leave the rest 0 for the defaults. */
struct arcella_options {
    size_t size;          /* sizeof(struct arcella_options) as the caller knows it */
    uint64_t stack_bytes; /* guest stack class: 512 KiB (default), 2 MiB or 8 MiB */
    int fuel;             /* not 0: meter fuel, so that limits may name it */
};
#define ARCELLA_OPTIONS_INIT                                                                                 \
    { sizeof(struct arcella_options), 0, 0 }

/**
 * Make a runtime.
 *
 * @param options  borrowed during the call; NULL for the defaults
 * @param ret      out: the runtime, owned by the caller
 * @param reterr   out on failure; may be NULL
 * @return 0; ARCELLA_E_INVALID (an option out of its bounds), ARCELLA_E_NOMEM, ARCELLA_E_SYSTEM
 * Threads: the calling thread owns the runtime.  Blocks: no.  Since: 0.1.
 */
ARCELLA_API int arcella_runtime_new(const struct arcella_options *options, arcella_runtime **ret,
                                    arcella_error **reterr);

/**
 * Free a runtime with everything made from it: all handles of components, instances and functions are gone.
 *
 * @param runtime  owned; NULL is fine; not from a host function (nothing is done there)
 * Threads: the runtime's thread.  Since: 0.1.
 */
ARCELLA_API void arcella_runtime_free(arcella_runtime *runtime);

#ifdef __cplusplus
}
#endif
#endif
