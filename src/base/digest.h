/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SHA-256 (FIPS 180-4) by libsodium: what a component's bytes are known by.  And a short hash with a key of
 * this process, for numbers that a stranger may see. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define DIGEST_BYTES 32
#define DIGEST_TEXT  (2 * DIGEST_BYTES + 1) /* hexadecimal and a NUL */

struct digest {
    uint8_t bytes[DIGEST_BYTES];
};

/** Digest of bytes. */
struct digest digest_of(const void *bytes, size_t count);
/** Digest of a whole file from offset 0, whatever its current one. @return 0, SYSTEM, TOO_LARGE (over limit)
 */
int digest_of_fd(int fd, uint64_t limit, struct digest *ret, arcella_error **reterr) MUST_CHECK;
/** Digest of a part of a file. @return 0, PROTOCOL (it ends before), SYSTEM */
int digest_of_range(int fd, uint64_t offset, uint64_t length, struct digest *ret, arcella_error **reterr)
    MUST_CHECK;
/** Write as hexadecimal. */
void digest_text(const struct digest *d, char to[DIGEST_TEXT]);
/** Read from hexadecimal. @return false where it is none */
bool digest_parse(const char *text, struct digest *ret);
/** BLAKE2b (RFC 7693) of 128 bits with a key that this process made for itself. Any thread. */
void digest_keyed(const void *bytes, size_t count, uint64_t ret[2]);
bool digest_equal(const struct digest *a, const struct digest *b);

#endif
