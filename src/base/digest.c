/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SHA-256 and BLAKE2b by libsodium.  No state but a key that is drawn once a process; any thread. */
#include "base/digest.h"

#include <pthread.h>
#include <sodium/crypto_generichash.h>
#include <sodium/crypto_hash_sha256.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/sys.h"

#define READ_BYTES (64 * KIB)

STATIC_ASSERT(DIGEST_BYTES == crypto_hash_sha256_BYTES, "SHA-256 has 32 bytes");

struct digest digest_of(const void *bytes, size_t count) {
    struct digest d;
    crypto_hash_sha256(d.bytes, bytes, count);
    return d;
}

int digest_of_fd(int fd, uint64_t limit, struct digest *ret, arcella_error **reterr) {
    MEM_AUTO uint8_t *block = mem_alloc(READ_BYTES);
    if (!block)
        return error_nomem(reterr);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    uint64_t total = 0;
    for (;;) {
        ssize_t got = sys_pread(fd, block, READ_BYTES, (off_t)total);
        if (got < 0)
            return error_set_errno(reterr, errno, "cannot read");
        if (got == 0)
            break;
        if ((uint64_t)got > limit - total)
            return error_set(reterr, ARCELLA_E_TOO_LARGE, "more than %" PRIu64 " bytes", limit);
        crypto_hash_sha256_update(&state, block, (unsigned long long)got);
        total += (uint64_t)got;
    }
    crypto_hash_sha256_final(&state, ret->bytes);
    return 0;
}

int digest_of_range(int fd, uint64_t offset, uint64_t length, struct digest *ret, arcella_error **reterr) {
    MEM_AUTO uint8_t *block = mem_alloc(READ_BYTES);
    if (!block)
        return error_nomem(reterr);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    if (offset > INT64_MAX || length > INT64_MAX - offset)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "no file is that long");
    for (uint64_t done = 0; done < length;) {
        size_t wanted = length - done < READ_BYTES ? (size_t)(length - done) : READ_BYTES;
        ssize_t got = sys_pread(fd, block, wanted, (off_t)(offset + done));
        if (got < 0)
            return error_set_errno(reterr, errno, "cannot read");
        if (got == 0)
            return error_set(reterr, ARCELLA_E_PROTOCOL,
                             "it is said to be %" PRIu64 " bytes at %" PRIu64 ", where the file has ended",
                             length, offset);
        crypto_hash_sha256_update(&state, block, (unsigned long long)got);
        done += (uint64_t)got;
    }
    crypto_hash_sha256_final(&state, ret->bytes);
    return 0;
}

void digest_text(const struct digest *d, char to[DIGEST_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        to[2 * i] = digits[d->bytes[i] >> 4];
        to[2 * i + 1] = digits[d->bytes[i] & 15];
    }
    to[DIGEST_TEXT - 1] = '\0';
}

static int digit_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool digest_parse(const char *text, struct digest *ret) {
    struct digest d;
    if (strnlen(text, DIGEST_TEXT) != DIGEST_TEXT - 1)
        return false;
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        int high = digit_value(text[2 * i]);
        int low = digit_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        d.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret = d;
    return true;
}

/* --- keyed --- */

static unsigned char key[crypto_generichash_KEYBYTES];
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

/* Out of the key of maps, which is a pseudo-random function of this process. */
static void make_key(void) {
    static const char what[] = "base/digest";
    char text[sizeof(what) + 1];
    memcpy(text, what, sizeof(what));
    for (size_t i = 0; i < sizeof(key); i += sizeof(unsigned)) {
        text[sizeof(what)] = (char)i;
        unsigned part = map_hash(text, sizeof(text));
        memcpy(key + i, &part, sizeof(part));
    }
}

void digest_keyed(const void *bytes, size_t count, uint64_t ret[2]) {
    STATIC_ASSERT(crypto_generichash_BYTES_MIN <= 2 * sizeof(uint64_t), "128 bits are a length it makes");
    pthread_once(&key_once, make_key);
    crypto_generichash((unsigned char *)ret, 2 * sizeof(*ret), bytes, count, key, sizeof(key));
}

bool digest_equal(const struct digest *a, const struct digest *b) {
    /* Digests are no secrets: no need for a comparison in constant time. */
    return memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}
