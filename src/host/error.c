/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table of what an operation answers, and its way from errno.  Static; any thread. */
#include "host/error.h"

#include <errno.h>

#include "base/attr.h"

int host_error_of(int errnum) {
    /* Rows and no switch: where a system gives two names one number, a switch would not compile. */
    static const struct {
        int number;
        unsigned char error;
    } rows[] = {
#define XX(name, number, words) {number, HOST_E_##name},
        HOST_ERROR_MAP(XX)
#undef XX
    };
    for (size_t i = 0; errnum > 0 && i < ARRAY_LENGTH(rows); i++)
        if (rows[i].number == errnum)
            return rows[i].error;
    return HOST_E_IO;
}

const char *host_error_words(int error) {
    static const char *const words_of[HOST_ERRORS] = {[0] = "success",
#define XX(name, number, words) [HOST_E_##name] = words,
                                                      HOST_ERROR_MAP(XX)
#undef XX
    };
    if (error == HOST_STOP)
        return "the run is being ended";
    if (error < 0 || error >= HOST_ERRORS)
        return "unknown error";
    return words_of[error];
}
