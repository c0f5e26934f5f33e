/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One adapter per row, and the table the engine links modules against.
 *
 * An adapter is straight-line code: values in, checks, the function, results out.  It is on the path of every
 * call a guest makes, so nothing here allocates, and the trace costs one test of a level.
 */
#include "base/log.h"
#include "host/bind.h"
#include "wasi/preview1/abi.h"
#include "wasi/preview1/errno.h"
#include "wasi/wasi.h"

#define HOST_FN(fn, params, grant, flags, doc) ROW_##fn,
enum {
#include "wasi/preview1/functions.def"
    ROWS
};
#undef HOST_FN
STATIC_ASSERT(ROWS == 46, "WASI preview 1 has 46 functions");

#define HOST_FN(fn, params, grant, flags, doc)                                                               \
    [ROW_##fn] = {#fn, PREVIEW1_GRANT_##grant, (flags), doc, {PREVIEW1_DESCRIBE(params){0, NULL, 0}}},
const struct preview1_row preview1_rows[ROWS] = {
#include "wasi/preview1/functions.def"
};
#undef HOST_FN

/* What a traced call says: name, values as they came, answer. */
static void trace(const struct preview1_row *row, const union engine_value *values, unsigned count, int r) {
    char text[256];
    size_t length = 0;
    for (unsigned i = 0; i < count; i++) {
        int n = snprintf(text + length, sizeof text - length, "%s%" PRIu64, i ? "," : "", values[i].u64);
        if (n < 0 || (size_t)n >= sizeof text - length)
            break;
        length += (size_t)n;
    }
    text[length] = '\0';
    log_event(LOG_TRACE, &(struct log_about){.unit = LOG_RUNTIME}, row->name, "values=%s errno=%s", text,
              r < 0 ? "stop" : preview1_errno_name(preview1_errno(r)));
}

static inline struct wasi_preview1 *enter(struct engine_instance *instance) {
    struct wasi_preview1 *wasi = preview1_of(instance);
    /* A start section may call before the maker had the instance in its hands. */
    if (UNLIKELY(wasi->instance != instance))
        wasi_preview1_bind(wasi, instance);
    wasi->calls++;
    return wasi;
}

static inline int leave(union engine_value *v, int r) {
    if (UNLIKELY(r < 0))
        return ENGINE_STOP;
    v[0].u64 = r ? preview1_errno(r) : 0;
    return 0;
}

#define HOST_FN(fn, params, grant, flags, doc)                                                               \
    static int adapt_##fn(struct engine_instance *instance, union engine_value *v_, const void *row) {       \
        struct wasi_preview1 *wasi_ = enter(instance);                                                       \
        struct engine_memory memory_ UNUSED = {NULL, 0};                                                     \
        const bool waits_ UNUSED = (flags)&HOST_MAY_BLOCK;                                                   \
        unsigned at_ = 0;                                                                                    \
        int r_ = 0;                                                                                          \
        if (PREVIEW1_POINTERS(params) > 0) {                                                                 \
            memory_ = engine_memory(instance);                                                               \
            r_ = UNLIKELY(!memory_.base) ? HOST_E_FAULT : 0;                                                 \
        }                                                                                                    \
        PREVIEW1_TAKE(params)                                                                                \
        if (LIKELY(!r_)) {                                                                                   \
            r_ = preview1_##fn(wasi_ PREVIEW1_PASS(params));                                                 \
            if (LIKELY(!r_)) {                                                                               \
                PREVIEW1_GIVE(params)                                                                        \
            }                                                                                                \
        }                                                                                                    \
        PREVIEW1_DROP(params)                                                                                \
        if (UNLIKELY(log_wants(LOG_RUNTIME, LOG_TRACE)))                                                     \
            trace(row, v_, at_, r_);                                                                         \
        return leave(v_, r_);                                                                                \
    }
#include "wasi/preview1/functions.def"
#undef HOST_FN

#define HOST_FN(fn, params, grant, flags, doc)                                                               \
    [ROW_##fn] = {WASI_PREVIEW1_MODULE, #fn,                                                                 \
                  (flags)&HOST_NO_RESULT ? PREVIEW1_SIGNATURE(params) ":" : PREVIEW1_SIGNATURE(params) ":i", \
                  adapt_##fn, &preview1_rows[ROW_##fn]},
static const struct engine_import imports[ROWS] = {
#include "wasi/preview1/functions.def"
};
#undef HOST_FN

const struct engine_import *wasi_preview1_imports(size_t *ret_count) {
    *ret_count = ROWS;
    return imports;
}
