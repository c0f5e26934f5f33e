/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What an instance is given at its start, whatever interface shows it: texts, standard streams, directories.
 */
#ifndef WASI_GIVEN_H
#define WASI_GIVEN_H

#include "host/file.h"
#include "wasi/wasi.h"

/* Texts one behind the other, each with its NUL, so that they can be copied in one piece. */
struct wasi_texts {
    char *bytes;       /* owned */
    uint32_t *offsets; /* owned; of each text in bytes */
    uint32_t count;
    uint32_t length; /* of bytes, NULs included */
};

/** Copy arguments and environment. @param args, env  empty @return 0, INVALID (a variable without '='),
 * LIMIT, NOMEM */
int wasi_given_texts(const struct wasi_options *options, struct wasi_texts *args, struct wasi_texts *env,
                     arcella_error **reterr) MUST_CHECK;
void wasi_texts_done(struct wasi_texts *texts);
/** One of them, NUL-terminated. @param index  less than count */
static inline const char *wasi_text(const struct wasi_texts *texts, uint32_t index) {
    return texts->bytes + texts->offsets[index];
}

/**
 * Open a standard stream: the descriptor, or without one what is always at its end (0), lines for the log
 * (1, 2).
 *
 * @param fd  taken and set to -1 where it works
 */
int wasi_given_stdio(struct host *host, unsigned number, int *fd, struct host_file **ret,
                     arcella_error **reterr) MUST_CHECK;

/** How many directories a guest sees, the denied root with them: see wasi.h. @return 0 … LIMIT_DIRS + 1 */
size_t wasi_given_dirs(const struct wasi_options *options);
/** Open one of these. @param index  less than wasi_given_dirs() @return 0, LIMIT, INVALID, DENIED, NOMEM */
int wasi_given_dir(struct host *host, const struct wasi_options *options, size_t index,
                   struct host_file **ret, arcella_error **reterr) MUST_CHECK;
/** Tell an error of room host. @param name  may be NULL @return NOMEM, DENIED, INVALID */
int wasi_given_error(int r, const char *what, const char *name, arcella_error **reterr);

#endif
