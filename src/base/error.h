/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Making errors.  The reading side is public (arcella/error.h).
 *
 *     return error_set(reterr, ARCELLA_E_NOT_FOUND, "no component '%s'", name);
 *     return error_wrap(reterr, r, "install '%s'", path);        // "install 'x': no component 'y'"
 *
 * A function that returned a negative code and was given a reterr has stored an object there, always: where
 * memory is short it is a static one that says so.  *reterr must be NULL on entry.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#include "arcella/error.h"
#include "base/attr.h"

/**
 * Store an error and return its code.
 *
 * @param reterr  out; NULL if nobody wants the story; an error already there is replaced
 * @param code    a negative ARCELLA_E_…
 * @param format  printf format of the sentence: lower case, no full stop, names quoted with ''
 * @return code
 */
int error_set(arcella_error **reterr, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/** As error_set() with an argument list. */
int error_set_va(arcella_error **reterr, int code, const char *format, va_list arguments) PRINTF_LIKE(3, 0);

/**
 * Store an error for a failed system call: the sentence, then the system's own words.
 *
 * The code follows from errnum: ENOSPC and EDQUOT give SPACE, ENOMEM gives NOMEM, ENOENT gives NOT_FOUND,
 * EACCES and EPERM give DENIED, everything else SYSTEM.
 *
 * @param errnum  an errno value, positive
 * @return the code
 */
int error_set_errno(arcella_error **reterr, int errnum, const char *format, ...) PRINTF_LIKE(3, 4);

/**
 * Put context in front of an error on its way up.
 *
 * @param code  what the failed function returned; returned again
 * @return code
 */
int error_wrap(arcella_error **reterr, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/**
 * Replace the hint of an error (the default is the hint of its code).
 *
 * @param reterr  may be NULL or point to NULL
 * @param code    returned
 * @return code
 */
int error_hint(arcella_error **reterr, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/** Has it a hint of its own, not only that of its code?  NULL has none. */
bool error_has_hint(const arcella_error *error);

/** An error for want of memory.  Never allocates. @return ARCELLA_E_NOMEM */
int error_nomem(arcella_error **reterr);

/** Move an error object into reterr (or free it where reterr is NULL). @return its code */
int error_move(arcella_error **reterr, arcella_error *owned);

/** Copy an error; where memory is short, a static one of its code. NULL gives NULL. */
arcella_error *error_copy(const arcella_error *error) MUST_CHECK;

/** Find the code of a stable text form ("not-found"). @return a negative code, or 0 where there is none */
int error_code_of(const char *name);

/** The system's words for an errno value, thread-safe; static text. */
const char *error_errno_text(int errnum);

static inline void error_free_ptr(arcella_error **error) {
    arcella_error_free(*error);
    *error = NULL;
}

/* An error variable that is freed at the end of its scope. */
#define ERROR_AUTO CLEANUP(error_free_ptr) arcella_error

#if defined(__clang_analyzer__) && !defined(BASE_ERROR_IMPLEMENTATION)
/*
 * The static analyser reads one source at a time and cannot know that these return what they are given.
 * Told, it sees that behind `if (r < 0) return r;` the outputs of the function called are set.
 */
static inline int error_known_(int returned, int code) {
    (void)returned;
    return code;
}
#define error_set(reterr, code, ...)  error_known_(error_set(reterr, code, __VA_ARGS__), code)
#define error_wrap(reterr, code, ...) error_known_(error_wrap(reterr, code, __VA_ARGS__), code)
#define error_hint(reterr, code, ...) error_known_(error_hint(reterr, code, __VA_ARGS__), code)
#define error_set_errno(...)          error_known_(error_set_errno(__VA_ARGS__), ARCELLA_E_SYSTEM)
#define error_nomem(reterr)           error_known_(error_nomem(reterr), ARCELLA_E_NOMEM)
#endif

#endif
