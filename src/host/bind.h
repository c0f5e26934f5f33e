/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Joins a host to an engine's instance: the only place of this room that names the engine. */
#ifndef HOST_BIND_H
#define HOST_BIND_H

#include "engine/engine.h"
#include "host/host.h"

static inline int host_bind_wait_(void *run) {
    return engine_wait((struct engine_instance *)run);
}
static inline void host_bind_wake_(void *run) {
    engine_wake((struct engine_instance *)run);
}
/** Make the waits of a host those of an instance. */
static inline void host_bind(struct host *host, struct engine_instance *instance) {
    host_set_run(host, host_bind_wait_, host_bind_wake_, instance);
}
/** What an engine_host_fn returns for an answer of the host: ENGINE_STOP, or 0 with the error in *error. */
static inline int host_bind_result(int r, int *error) {
    *error = r > 0 ? r : 0;
    return r < 0 ? ENGINE_STOP : 0;
}

#endif
