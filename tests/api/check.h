/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the programs of this folder share: they use only what is installed, as C99 and as C++17. */
#ifndef TESTS_API_CHECK_H
#define TESTS_API_CHECK_H

#include <arcella/arcella.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                                                                          \
    do {                                                                                                     \
        if (!(what)) {                                                                                       \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                                       \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

/* The call succeeds; says why not. */
#define OK(call)                                                                                             \
    do {                                                                                                     \
        arcella_error *error_ = NULL, **reterr = &error_;                                                    \
        int r_ = (call);                                                                                     \
        if (r_) {                                                                                            \
            fprintf(stderr, "%s:%d: %s: %d, %s\n", __FILE__, __LINE__, #call, r_,                            \
                    arcella_error_message(error_));                                                          \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

/* The call fails with this code, and its sentence has these words. */
#define REFUSED(call, code, words)                                                                           \
    do {                                                                                                     \
        arcella_error *error_ = NULL, **reterr = &error_;                                                    \
        int r_ = (call);                                                                                     \
        if (r_ != (code) || arcella_error_code(error_) != r_ ||                                              \
            !strstr(arcella_error_message(error_), (words))) {                                               \
            fprintf(stderr, "%s:%d: %s: %d, %s\n", __FILE__, __LINE__, #call, r_,                            \
                    arcella_error_message(error_));                                                          \
            exit(1);                                                                                         \
        }                                                                                                    \
        arcella_error_free(error_);                                                                          \
    } while (0)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
