/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What one instance has of WASI 0.2: its host, its resources, arguments, environment, directories, standard
 * streams.
 *
 * Owned by whoever made it (room runtime), freed after its instance; the loop's thread.
 */
#ifndef WASI_P2_STATE_H
#define WASI_P2_STATE_H

#include "component/call.h"
#include "host/host.h"
#include "wasi/given.h"
#include "wasi/p2/resource.h"
#include "wasi/wasi.h"

struct wasi_p2 {
    struct host *host;            /* owned */
    struct memory_budget *budget; /* borrowed; may be NULL */
    uint64_t calls;
    struct p2_resources resources;
    struct wasi_texts args;
    struct wasi_texts env;
    struct host_file *stdio[3];   /* owned references */
    struct p2_input *input;       /* owned reference; of all handles of standard input */
    struct p2_output *outputs[2]; /* likewise; standard output and error */
    struct host_file **dirs;      /* owned, and the references in it */
    uint32_t dirs_count;
};

/** The state of a call, by the rule of wasi.h; the call is counted. */
static inline struct wasi_p2 *p2_of(const struct call *call) {
    struct wasi_p2 *wasi = *(struct wasi_p2 **)component_user(call->instance);
    wasi->calls++;
    return wasi;
}

#endif
