/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Making and freeing the preview 1 state of an instance: texts copied, descriptors wrapped and numbered. */
#include "wasi/preview1/state.h"

#include <errno.h>

#include "base/fd.h"
#include "base/limits.h"
#include "host/bind.h"
#include "host/socket.h"
#include "host/stream.h"
#include "wasi/preview1/rights.h"

/* Number a file; taken in any case. */
static int add(struct wasi_preview1 *wasi, struct host_file *file, arcella_error **reterr) {
    HOST_FILE_AUTO *owned = file;
    uint64_t words[2];
    preview1_rights_of(file, words);
    uint32_t number;
    int r = host_table_add(wasi->table, file, words, &number);
    if (r == HOST_E_NOMEM)
        return error_nomem(reterr);
    if (r)
        return error_set(reterr, ARCELLA_E_LIMIT,
                         "the guest may not hold so many descriptors from its start");
    TAKE(owned);
    return 0;
}

static int add_stdio(struct wasi_preview1 *wasi, int fds[3], arcella_error **reterr) {
    int r = 0;
    for (unsigned i = 0; !r && i < 3; i++) {
        struct host_file *file = NULL;
        r = wasi_given_stdio(wasi->host, i, &fds[i], &file, reterr);
        r = r ? r : add(wasi, file, reterr);
    }
    return r;
}

static int add_dirs(struct wasi_preview1 *wasi, const struct wasi_options *options, arcella_error **reterr) {
    int r = 0;
    for (size_t i = 0; !r && i < wasi_given_dirs(options); i++) {
        struct host_file *file = NULL;
        r = wasi_given_dir(wasi->host, options, i, &file, reterr);
        r = r ? r : add(wasi, file, reterr);
    }
    return r;
}

static int add_listener(struct wasi_preview1 *wasi, int *fd, arcella_error **reterr) {
    struct host_file *file = NULL;
    int r = host_listener_new(wasi->host, *fd, &file);
    if (r)
        return wasi_given_error(r, "listening socket", NULL, reterr);
    *fd = -1;
    return add(wasi, file, reterr);
}

static int fill(struct wasi_preview1 *wasi, const struct wasi_options *options, int stdio[3],
                arcella_error **reterr) {
    int r = wasi_given_texts(options, &wasi->args, &wasi->env, reterr);
    r = r ? r : host_new(&options->host, &wasi->host, reterr);
    r = r ? r : host_table_new(wasi->host, &wasi->table, reterr);
    r = r ? r : add_stdio(wasi, stdio, reterr);
    return r ? r : add_dirs(wasi, options, reterr);
}

int wasi_preview1_new(const struct wasi_options *options, struct wasi_preview1 **ret,
                      arcella_error **reterr) {
    int stdio[3] = {options->stdio[0], options->stdio[1], options->stdio[2]};
    CLEANUP(wasi_preview1_free_ptr) struct wasi_preview1 *wasi = mem_new(struct wasi_preview1);
    int r = wasi ? 0 : error_nomem(reterr);
    if (!r) {
        wasi->budget = options->host.budget;
        r = fill(wasi, options, stdio, reterr);
    }
    for (size_t i = 0; i < options->listeners_count; i++) {
        int fd = options->listeners[i];
        r = r ? r : add_listener(wasi, &fd, reterr);
        fd_close(fd);
    }
    for (unsigned i = 0; i < 3; i++)
        fd_close(stdio[i]);
    if (r)
        return r;
    *ret = TAKE(wasi);
    return 0;
}

void wasi_preview1_bind(struct wasi_preview1 *wasi, struct engine_instance *instance) {
    wasi->instance = instance;
    host_bind(wasi->host, instance);
}

void wasi_preview1_flush(struct wasi_preview1 *wasi) {
    /* Renumbered or closed streams flush with their last reference. */
    for (uint32_t number = 0; number < 3; number++) {
        struct host_slot *slot = host_table_get(wasi->table, number);
        if (slot && slot->file->kind == HOST_LOG)
            host_log_flush(slot->file);
    }
}

struct wasi_preview1 *wasi_preview1_free(struct wasi_preview1 *wasi) {
    if (!wasi)
        return NULL;
    if (wasi->table)
        host_table_free(wasi->table);
    if (wasi->host)
        host_free(wasi->host);
    wasi_texts_done(&wasi->args);
    wasi_texts_done(&wasi->env);
    mem_free(wasi);
    return NULL;
}

struct host *wasi_preview1_host(const struct wasi_preview1 *wasi) {
    return wasi->host;
}

struct wasi_figures wasi_preview1_figures(const struct wasi_preview1 *wasi) {
    return (struct wasi_figures){.calls = wasi->calls, .open_files = host_table_count(wasi->table)};
}
