/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What was found damaged, foreign or lost on disk and is no reason to stop: kept for `status` and `doctor`.
 * Owned by the catalogue; bounded; one thread.
 */
#ifndef CATALOG_PROBLEM_H
#define CATALOG_PROBLEM_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PROBLEMS_MAX 100

struct problem {
    int code;      /* ARCELLA_E_… */
    char *subject; /* what it is about: "modules/web@1.0.0", "state/arcella.db" */
    char *text;    /* a sentence: what is wrong, and what was or can be done */
    uint64_t wall_ms;
};
struct problems {
    struct problem *list; /* owned */
    size_t count;
    uint64_t dropped; /* more than PROBLEMS_MAX */
};

void problems_done(struct problems *p);
/** Note one; a second of the same subject replaces the first. No memory: counted as dropped. p may be NULL.
 */
void problem_add(struct problems *p, int code, const char *subject, const char *format, ...)
    PRINTF_LIKE(4, 5);
/** Forget what is noted about a subject (it was mended). */
void problem_clear(struct problems *p, const char *subject);
/** JSON array of {code, subject, message}. @return new, NULL on no memory */
json_t *problems_json(const struct problems *p);

#endif
