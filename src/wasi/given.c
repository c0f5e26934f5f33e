/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What an instance is given at its start: texts copied, descriptors wrapped.  No state. */
#include "wasi/given.h"

#include "base/limits.h"
#include "host/dir.h"
#include "host/stream.h"

/* --- texts --- */

void wasi_texts_done(struct wasi_texts *texts) {
    mem_free(texts->bytes);
    mem_free(texts->offsets);
    *texts = (struct wasi_texts){.bytes = NULL};
}

static int texts_init(struct wasi_texts *texts, const char *const *from, size_t count, size_t most,
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

static int check_env(const struct wasi_options *options, arcella_error **reterr) {
    for (size_t i = 0; i < options->env_count; i++) {
        const char *equals = strchr(options->env[i], '=');
        if (!equals || equals == options->env[i])
            return error_set(reterr, ARCELLA_E_INVALID, "variable '%s' is not written KEY=VALUE",
                             options->env[i]);
    }
    return 0;
}

int wasi_given_texts(const struct wasi_options *options, struct wasi_texts *args, struct wasi_texts *env,
                     arcella_error **reterr) {
    int r = check_env(options, reterr);
    r = r ? r : texts_init(args, options->args, options->args_count, LIMIT_ARGS, "arguments", reterr);
    return r ? r : texts_init(env, options->env, options->env_count, LIMIT_ENV, "variables", reterr);
}

/* --- files --- */

int wasi_given_error(int r, const char *what, const char *name, arcella_error **reterr) {
    if (r == HOST_E_NOMEM)
        return error_nomem(reterr);
    return error_set(reterr, r == HOST_E_NOTCAPABLE ? ARCELLA_E_DENIED : ARCELLA_E_INVALID, "%s%s%s%s: %s",
                     what, name ? " '" : "", name ? name : "", name ? "'" : "", host_error_words(r));
}

int wasi_given_stdio(struct host *host, unsigned number, int *fd, struct host_file **ret,
                     arcella_error **reterr) {
    static const char *const names[] = {"standard input", "standard output", "standard error"};
    unsigned rights = number == 0 ? HOST_READ : HOST_WRITE;
    int r;
    if (*fd >= 0) {
        r = host_stream_new(host, *fd, rights, ret);
        if (!r)
            *fd = -1;
    } else if (number > 0) {
        r = host_log_new(host, number, ret);
    } else {
        r = host_null_new(host, rights, ret);
    }
    return r ? wasi_given_error(r, names[number], NULL, reterr) : 0;
}

static bool has_root(const struct wasi_options *options) {
    for (size_t i = 0; i < options->dirs_count; i++)
        if (strcmp(options->dirs[i].guest_path, "/") == 0)
            return true;
    return false;
}

size_t wasi_given_dirs(const struct wasi_options *options) {
    return options->dirs_count + (has_root(options) || options->listeners_count ? 0 : 1);
}

int wasi_given_dir(struct host *host, const struct wasi_options *options, size_t index,
                   struct host_file **ret, arcella_error **reterr) {
    if (options->dirs_count > LIMIT_DIRS)
        return error_set(reterr, ARCELLA_E_LIMIT, "%zu directories, at most %u are allowed",
                         options->dirs_count, (unsigned)LIMIT_DIRS);
    if (index == options->dirs_count) {
        int r = host_dir_denied(host, ret);
        return r ? wasi_given_error(r, "directory", "/", reterr) : 0;
    }
    const struct wasi_dir *dir = &options->dirs[index];
    int r = host_dir_grant(host, dir->fd, dir->guest_path, dir->writable, ret);
    return r ? wasi_given_error(r, "directory", dir->guest_path, reterr) : 0;
}
