/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Attributes and small macros that every file uses: what must be checked, what is freed at the end of a
 * scope, how ownership moves out of a variable.
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#include <stddef.h>

#define MUST_CHECK            __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a)     __attribute__((format(printf, f, a)))
#define CLEANUP(fn)           __attribute__((cleanup(fn)))
#define UNUSED                __attribute__((unused))
#define NORETURN              __attribute__((noreturn))
#define NONNULL(...)          __attribute__((nonnull(__VA_ARGS__)))
#define ALWAYS_INLINE         inline __attribute__((always_inline)) /* where it was measured that it pays */
#define LIKELY(x)             __builtin_expect(!!(x), 1)
#define UNLIKELY(x)           __builtin_expect(!!(x), 0)
#define STATIC_ASSERT         _Static_assert
#define ARRAY_LENGTH(a)       (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(p, t, m) ((t *)(void *)((char *)(p)-offsetof(t, m)))

/* Move the value out of an owning variable and leave NULL behind, so that its cleanup does nothing. */
#define TAKE(p)                                                                                              \
    __extension__({                                                                                          \
        __typeof__(p) take_ = (p);                                                                           \
        (p) = NULL;                                                                                          \
        take_;                                                                                               \
    })

/* Define `void name_ptr(type **)` for CLEANUP() from a destructor that takes the pointer. */
#define DEFINE_CLEANUP(name, type, destroy)                                                                  \
    static inline void name(type *p) {                                                                       \
        if (*p)                                                                                              \
            destroy(*p);                                                                                     \
    }

/* Is this a sanitizer build?  1 or 0; gcc and clang tell it in different ways. */
#if defined(__SANITIZE_ADDRESS__)
#define BUILT_WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BUILT_WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define BUILT_WITH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BUILT_WITH_TSAN 1
#endif
#endif
#ifndef BUILT_WITH_ASAN
#define BUILT_WITH_ASAN 0
#endif
#ifndef BUILT_WITH_TSAN
#define BUILT_WITH_TSAN 0
#endif

#endif
