/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What one instance has of preview 1: its host, its numbers, its arguments and environment.
 *
 * Owned by whoever made it (room runtime), freed after its instance.  The descriptors' rights are the two
 * words of their slots in the host's table.
 */
#ifndef WASI_PREVIEW1_STATE_H
#define WASI_PREVIEW1_STATE_H

#include <stdint.h>

#include "engine/engine.h"
#include "host/table.h"
#include "wasi/given.h"
#include "wasi/wasi.h"

struct wasi_preview1 {
    struct host *host;                /* owned */
    struct host_table *table;         /* owned */
    struct engine_instance *instance; /* borrowed; NULL until bound */
    struct memory_budget *budget;     /* borrowed; may be NULL */
    uint64_t calls;
    struct wasi_texts args;
    struct wasi_texts env;
};

/* The words of a slot. */
enum { PREVIEW1_BASE, PREVIEW1_INHERITING };

/** The state of an instance, by the rule of wasi.h. */
static inline struct wasi_preview1 *preview1_of(const struct engine_instance *instance) {
    return *(struct wasi_preview1 **)engine_user(instance);
}

#endif
