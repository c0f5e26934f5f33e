/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Errors of room host as preview 1 numbers.  Both lists are tables; a row without its like does not compile.
 */
#include "wasi/preview1/errno.h"

#include "wasi/preview1/types.h"

/* The one name a C identifier cannot begin with in both lists. */
enum { WASI_ETOOBIG = WASI_E2BIG };

static const uint16_t numbers[HOST_ERRORS] = {
#define XX(name, number, words) [HOST_E_##name] = WASI_E##name,
    HOST_ERROR_MAP(XX)
#undef XX
};

static const char *const names[WASI_ERRNOS] = {
#define XX(name, number, text, words) [number] = text,
    WASI_ERRNO_MAP(XX)
#undef XX
};

static const char *const sentences[WASI_ERRNOS] = {
#define XX(name, number, text, words) [number] = words,
    WASI_ERRNO_MAP(XX)
#undef XX
};

uint16_t preview1_errno(int host_error) {
    if (host_error < 0 || host_error >= HOST_ERRORS)
        return WASI_EIO;
    return numbers[host_error];
}

const char *preview1_errno_name(unsigned number) {
    return number < WASI_ERRNOS ? names[number] : "?";
}

const char *preview1_errno_words(unsigned number) {
    return number < WASI_ERRNOS ? sentences[number] : "?";
}
