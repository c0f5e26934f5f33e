/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a process writes to its stderr: handed on line by line as it comes, the last of it kept for its
 * obituary.
 *
 * A process writes there when something is wrong with it (a panic, a sanitizer, a refused system call), or
 * when somebody has taken it over: lines are cut, counted, limited in number, and never trusted.  Owned by
 * its worker; takes memory only once there is something to keep.
 */
#ifndef WORKERS_LAST_WORDS_H
#define WORKERS_LAST_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

struct last_words;

/** A line, without its newline, raw bytes; dropped: lines lost before it. Borrowed during the call. */
typedef void last_words_line_fn(const char *line, size_t length, uint64_t dropped, void *user);

/**
 * Watch the read end of a pipe.
 *
 * @param fd  non-blocking; owned from here on, on failure too
 * @return 0, NOMEM, SYSTEM
 */
int last_words_new(struct loop *loop, int fd, last_words_line_fn *on_line, void *user,
                   struct last_words **ret, arcella_error **reterr) MUST_CHECK;
/** Read what is there without waiting, hand on an unfinished line, stop watching.  The process is gone. */
void last_words_finish(struct last_words *words);
/** The end of what was written, NUL-terminated; borrowed until the next event. @return its length */
size_t last_words_tail(const struct last_words *words, const char **ret_text);
/** Its last line that is not empty; a slice of the tail. */
size_t last_words_last_line(const struct last_words *words, const char **ret_line);
struct last_words *last_words_free(struct last_words *words);

#endif
