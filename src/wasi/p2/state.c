/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Making and freeing what an instance has of WASI 0.2. */
#include "wasi/p2/state.h"

#include "base/fd.h"
#include "host/bind.h"
#include "host/stream.h"

DEFINE_CLEANUP(wasi_p2_free_ptr, struct wasi_p2 *, wasi_p2_free)

static int open_stdio(struct wasi_p2 *wasi, int fds[3], arcella_error **reterr) {
    int r = 0;
    for (unsigned i = 0; !r && i < 3; i++)
        r = wasi_given_stdio(wasi->host, i, &fds[i], &wasi->stdio[i], reterr);
    if (r)
        return r;
    wasi->input = p2_input_new(wasi, wasi->stdio[0], HOST_INPUT_AT_POSITION);
    for (unsigned i = 0; i < 2; i++)
        wasi->outputs[i] = p2_output_new(wasi, wasi->stdio[i + 1], HOST_OUTPUT_STREAM, 0);
    return wasi->input && wasi->outputs[0] && wasi->outputs[1] ? 0 : error_nomem(reterr);
}

static int open_dirs(struct wasi_p2 *wasi, const struct wasi_options *options, arcella_error **reterr) {
    size_t count = wasi_given_dirs(options);
    wasi->dirs = mem_array(count + 1, sizeof(*wasi->dirs));
    if (!wasi->dirs)
        return error_nomem(reterr);
    int r = 0;
    for (size_t i = 0; !r && i < count; i++) {
        r = wasi_given_dir(wasi->host, options, i, &wasi->dirs[i], reterr);
        wasi->dirs_count += !r;
    }
    return r;
}

static int fill(struct wasi_p2 *wasi, const struct wasi_options *options, int stdio[3],
                arcella_error **reterr) {
    if (options->listeners_count)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "a component gets no listening sockets: it makes its own where it may listen");
    int r = wasi_given_texts(options, &wasi->args, &wasi->env, reterr);
    r = r ? r : host_new(&options->host, &wasi->host, reterr);
    r = r ? r : open_stdio(wasi, stdio, reterr);
    return r ? r : open_dirs(wasi, options, reterr);
}

int wasi_p2_new(const struct wasi_options *options, struct wasi_p2 **ret, arcella_error **reterr) {
    int stdio[3] = {options->stdio[0], options->stdio[1], options->stdio[2]};
    CLEANUP(wasi_p2_free_ptr) struct wasi_p2 *wasi = mem_new(struct wasi_p2);
    int r = wasi ? 0 : error_nomem(reterr);
    if (!r) {
        p2_resources_init(&wasi->resources);
        wasi->budget = options->host.budget;
        r = fill(wasi, options, stdio, reterr);
    }
    for (size_t i = 0; i < options->listeners_count; i++)
        fd_close(options->listeners[i]);
    for (unsigned i = 0; i < 3; i++)
        fd_close(stdio[i]);
    if (r)
        return r;
    *ret = TAKE(wasi);
    return 0;
}

void wasi_p2_bind(struct wasi_p2 *wasi, struct component_instance *instance) {
    host_bind(wasi->host, component_engine(instance));
}

void wasi_p2_flush(struct wasi_p2 *wasi) {
    for (unsigned i = 1; i < 3; i++)
        if (wasi->stdio[i]->kind == HOST_LOG)
            host_log_flush(wasi->stdio[i]);
}

struct wasi_p2 *wasi_p2_free(struct wasi_p2 *wasi) {
    if (!wasi)
        return NULL;
    p2_input_unref(wasi, wasi->input);
    for (unsigned i = 0; i < 2; i++)
        p2_output_unref(wasi, wasi->outputs[i]);
    p2_resources_done(wasi);
    for (unsigned i = 0; i < 3; i++)
        if (wasi->stdio[i])
            host_file_unref(wasi->stdio[i]);
    for (uint32_t i = 0; i < wasi->dirs_count; i++)
        host_file_unref(wasi->dirs[i]);
    mem_free(wasi->dirs);
    if (wasi->host)
        host_free(wasi->host);
    wasi_texts_done(&wasi->args);
    wasi_texts_done(&wasi->env);
    mem_free(wasi);
    return NULL;
}

struct host *wasi_p2_host(const struct wasi_p2 *wasi) {
    return wasi->host;
}

struct wasi_figures wasi_p2_figures(const struct wasi_p2 *wasi) {
    return (struct wasi_figures){
        .calls = wasi->calls,
        .open_files = host_figures(wasi->host).files_open,
        .resources = wasi->resources.count,
        .pollables = wasi->resources.pollables,
    };
}
