/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Errors of room host as preview 1 numbers, and their names. */
#ifndef WASI_PREVIEW1_ERRNO_H
#define WASI_PREVIEW1_ERRNO_H

#include <stdint.h>

#include "host/error.h"

/** The preview 1 number of a HOST_E_…; 0 for 0, WASI_EIO for what is none. */
uint16_t preview1_errno(int host_error);
/** "noent"; static; "?" for a number that is none. */
const char *preview1_errno_name(unsigned number);
/** "no such file or directory"; static. */
const char *preview1_errno_words(unsigned number);

#endif
