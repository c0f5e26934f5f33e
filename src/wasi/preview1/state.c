/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Making and freeing the preview 1 state of an instance: texts copied, descriptors wrapped and numbered. */
#include "wasi/preview1/state.h"

#include <errno.h>

#include "base/fd.h"
#include "base/limits.h"
#include "host/bind.h"
#include "host/dir.h"
#include "host/socket.h"
#include "host/stream.h"
#include "wasi/preview1/rights.h"

static void texts_done(struct preview1_texts *texts) {
    mem_free(texts->bytes);
    mem_free(texts->offsets);
}

static int texts_init(struct preview1_texts *texts, const char *const *from, size_t count, size_t most,
                      const char *what, arcella_error **reterr) {
    if (count > most)
        return error_set(reterr, ARCELLA_E_LIMIT, "%zu %s, at most %zu are allowed", count, what, most);
    uint64_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += strlen(from[i]) + 1;
    if (length > LIMIT_ARGS_BYTES)
        return error_set(reterr, ARCELLA_E_LIMIT, "%s of %" PRIu64 " bytes, at most %u are allowed", what,
                         length, (unsigned)LIMIT_ARGS_BYTES);
    if (!count)
        return 0;
    texts->bytes = mem_alloc((size_t)length);
    texts->offsets = mem_array(count, sizeof *texts->offsets);
    if (!texts->bytes || !texts->offsets)
        return error_nomem(reterr); /* freed with the state */
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(from[i]) + 1;
        texts->offsets[i] = texts->length;
        memcpy(texts->bytes + texts->length, from[i], size);
        texts->length += (uint32_t)size;
    }
    texts->count = (uint32_t)count;
    return 0;
}

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

static int host_failed(int r, arcella_error **reterr, const char *what, const char *name) {
    if (r == HOST_E_NOMEM)
        return error_nomem(reterr);
    return error_set(reterr, r == HOST_E_NOTCAPABLE ? ARCELLA_E_DENIED : ARCELLA_E_INVALID, "%s%s%s%s: %s",
                     what, name ? " '" : "", name ? name : "", name ? "'" : "", host_error_words(r));
}

static int add_stdio(struct wasi_preview1 *wasi, int fds[3], arcella_error **reterr) {
    static const char *const names[] = {"standard input", "standard output", "standard error"};
    for (unsigned i = 0; i < 3; i++) {
        struct host_file *file = NULL;
        unsigned rights = i == 0 ? HOST_READ : HOST_WRITE;
        int r;
        if (fds[i] >= 0) {
            r = host_stream_new(wasi->host, fds[i], rights, &file);
            if (!r)
                fds[i] = -1;
        } else if (i > 0) {
            r = host_log_new(wasi->host, i, &file);
        } else {
            r = host_null_new(wasi->host, rights, &file);
        }
        if (r)
            return host_failed(r, reterr, names[i], NULL);
        r = add(wasi, file, reterr);
        if (r)
            return r;
    }
    return 0;
}

static int add_dirs(struct wasi_preview1 *wasi, const struct wasi_options *options, arcella_error **reterr) {
    if (options->dirs_count > LIMIT_DIRS)
        return error_set(reterr, ARCELLA_E_LIMIT, "%zu directories, at most %u are allowed",
                         options->dirs_count, (unsigned)LIMIT_DIRS);
    bool root = false;
    for (size_t i = 0; i < options->dirs_count; i++) {
        const struct wasi_dir *dir = &options->dirs[i];
        struct host_file *file = NULL;
        int r = host_dir_grant(wasi->host, dir->fd, dir->guest_path, dir->writable, &file);
        if (r)
            return host_failed(r, reterr, "directory", dir->guest_path);
        r = add(wasi, file, reterr);
        if (r)
            return r;
        root = root || strcmp(dir->guest_path, "/") == 0;
    }
    if (root || options->listeners_count)
        return 0;
    struct host_file *file = NULL;
    int r = host_dir_denied(wasi->host, &file);
    return r ? host_failed(r, reterr, "directory", "/") : add(wasi, file, reterr);
}

static int add_listener(struct wasi_preview1 *wasi, int *fd, arcella_error **reterr) {
    struct host_file *file = NULL;
    int r = host_listener_new(wasi->host, *fd, &file);
    if (r)
        return host_failed(r, reterr, "listening socket", NULL);
    *fd = -1;
    return add(wasi, file, reterr);
}

static int check_env(const struct wasi_options *options, arcella_error **reterr) {
    for (size_t i = 0; i < options->env_count; i++) {
        const char *equals = strchr(options->env[i], '=');
        if (!equals || equals == options->env[i])
            return error_set(reterr, ARCELLA_E_INVALID, "variable '%s' is not written KEY=VALUE",
                             options->env[i]);
    }
    return 0;
}

static int fill(struct wasi_preview1 *wasi, const struct wasi_options *options, int stdio[3],
                arcella_error **reterr) {
    int r = check_env(options, reterr);
    r = r ? r : texts_init(&wasi->args, options->args, options->args_count, LIMIT_ARGS, "arguments", reterr);
    r = r ? r : texts_init(&wasi->env, options->env, options->env_count, LIMIT_ENV, "variables", reterr);
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
    texts_done(&wasi->args);
    texts_done(&wasi->env);
    mem_free(wasi);
    return NULL;
}

struct host *wasi_preview1_host(const struct wasi_preview1 *wasi) {
    return wasi->host;
}

struct wasi_figures wasi_preview1_figures(const struct wasi_preview1 *wasi) {
    return (struct wasi_figures){.calls = wasi->calls, .open_files = host_table_count(wasi->table)};
}
