/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The program's own end, signals to itself, and standing back for others. */
#include "wasi/preview1/abi.h"

int preview1_proc_exit(struct wasi_preview1 *wasi, uint32_t code) {
    (void)engine_stop(wasi->instance, ENGINE_END_EXITED, (int32_t)code, "");
    return HOST_STOP;
}

/* What a signal does to a program that has no handler for it, and preview 1 has no handlers. */
enum action { IGNORE, END, UNSUPPORTED };

static enum action action_of(uint32_t signal) {
    switch (signal) {
    case WASI_SIGNAL_NONE:
    case WASI_SIGNAL_PIPE:
    case WASI_SIGNAL_CHLD:
    case WASI_SIGNAL_CONT:
    case WASI_SIGNAL_URG:
    case WASI_SIGNAL_WINCH: return IGNORE;
    default:
        /* Stopped, it would have nobody to let it go on. */
        return signal >= WASI_SIGNAL_STOP && signal <= WASI_SIGNAL_TTOU ? UNSUPPORTED : END;
    }
}

int preview1_proc_raise(struct wasi_preview1 *wasi, uint32_t signal) {
    switch (action_of(signal)) {
    case IGNORE: return 0;
    case UNSUPPORTED: return HOST_E_NOTSUP;
    case END: break;
    }
    char message[64];
    snprintf(message, sizeof message, "it raised signal %u", signal);
    /* As shells report it. */
    (void)engine_stop(wasi->instance, ENGINE_END_EXITED, 128 + (int32_t)signal, message);
    return HOST_STOP;
}

int preview1_sched_yield(struct wasi_preview1 *wasi) {
    return host_yield(wasi->host);
}
