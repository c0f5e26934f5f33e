/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table of what an operation answers, and its way from errno.  Static; any thread. */
#include "host/error.h"

#include <errno.h>

#include "base/attr.h"

int host_error_of(int errnum) {
    /* EDQUOT and friends are few and errno values small, but a switch would not compile where two of them are equal
     * on some machine, so it is a table filled by index: of two rows with one number the later wins. */
    static const unsigned char map[256] = {
        [0] = 0,
#define XX(name, number, words) [number] = HOST_E_##name,
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
        HOST_ERROR_MAP(XX)
#pragma GCC diagnostic pop
#undef XX
    };
    /* NOTCAPABLE has the number 0, which no failed call leaves. */
    if (errnum <= 0 || errnum >= (int)sizeof(map) || !map[errnum])
        return HOST_E_IO;
    return map[errnum];
}

const char *host_error_words(int error) {
    static const char *const words_of[HOST_ERRORS] = {
        [0] = "success",
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
