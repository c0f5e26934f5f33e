/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The one step between a module's bytes and the compiler: bytes in, bytes out.  Identity today; it is here so
 * that snapshots can later export hidden memories, globals and tables without any other file changing.  Its
 * version is part of the cache key.
 */
#include "base/text.h"
#include "engine/inner.h"

int engine_rewrite(const void *wasm, size_t length, struct buffer *to_own, struct text *ret,
                   arcella_error **reterr) {
    (void)to_own;
    (void)reterr;
    *ret = (struct text){wasm, length};
    return 0;
}
