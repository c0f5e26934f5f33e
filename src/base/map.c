/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The hash of maps.  Its key is drawn once a process and never leaves it; any thread. */
#include "base/map.h"

#include <pthread.h>
#include <sodium/crypto_shorthash.h>
#include <sys/random.h>

#include "base/clock.h"

STATIC_ASSERT(crypto_shorthash_BYTES >= sizeof(unsigned), "the hash fills an unsigned");

static unsigned char hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void make_key(void) {
    if (getrandom(hash_key, sizeof(hash_key), GRND_NONBLOCK) == (ssize_t)sizeof(hash_key))
        return;
    /* Early at boot there may be no random numbers yet. A weak key is worse against an attacker who knows our
     * addresses and our nanosecond, and no worse for anybody else; waiting would hold the boot. */
    uint64_t weak[2] = {clock_wall_ns() ^ (uint64_t)(uintptr_t)&weak, clock_monotonic_ns()};
    STATIC_ASSERT(sizeof(weak) == sizeof(hash_key), "one fills the other");
    memcpy(hash_key, weak, sizeof(hash_key));
}

unsigned map_hash(const void *key, size_t length) {
    pthread_once(&hash_key_once, make_key);
    unsigned char bytes[crypto_shorthash_BYTES];
    crypto_shorthash(bytes, key, length, hash_key);
    unsigned hash;
    memcpy(&hash, bytes, sizeof(hash));
    return hash;
}
