/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Error objects.  One allocation each, owned by whoever holds the pointer; any thread, one at a time.
 *
 * Where there is no memory for an object, a static one of the same code stands in, so that a caller that acts
 * on the code still does the right thing; freeing it does nothing.  Sentences are bounded by
 * LIMIT_ERROR_BYTES and always UTF-8: names from files and peers find their way into them.
 */
#define BASE_ERROR_IMPLEMENTATION
#include "base/error.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"

struct arcella_error {
    int code;
    const char *message; /* behind the struct, or static */
    char *hint;          /* owned; NULL for the hint of the code */
};

static const struct {
    int code;
    const char *name;
    const char *hint;
} codes[] = {
#define XX(name, number, text, hint) {-(number), (text), (hint)},
    ARCELLA_ERROR_MAP(XX)
#undef XX
};

/* The stand-ins, in the order of codes[]. */
static arcella_error scarce[] = {
#define XX(name, number, text, hint)                                                                         \
    {.code = -(number),                                                                                      \
     .message =                                                                                              \
         -(number) == ARCELLA_E_NOMEM ? "out of memory" : text " (out of memory, so no more is known)"},
    ARCELLA_ERROR_MAP(XX)
#undef XX
};

static size_t index_of(int code) {
    /* Numbers run from 1 without gaps; the loop is for the day they do not. */
    if (code < 0 && code >= -(int)ARRAY_LENGTH(codes) && codes[-code - 1].code == code)
        return (size_t)(-code - 1);
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
        if (codes[i].code == code)
            return i;
    return SIZE_MAX;
}

static bool is_static(const arcella_error *error) {
    return error >= scarce && error < scarce + ARRAY_LENGTH(scarce);
}

static arcella_error *stand_in(int code) {
    size_t i = index_of(code);
    return &scarce[i == SIZE_MAX ? index_of(ARCELLA_E_INTERNAL) : i];
}

/*
 * Finish a text of length bytes (length may be at or past size where vsnprintf() had to cut): cut between
 * characters with "…", replace what is not UTF-8.  Returns its length.
 */
static size_t finish_text(char *text, size_t size, size_t length) {
    static const char ellipsis[] = "…";
    bool cut = length >= size;
    size_t used = cut ? size - sizeof(ellipsis) : length;
    size_t at = 0;
    while (at < used) {
        uint32_t character;
        size_t step = text_utf8_next(text + at, used - at, &character);
        if (step == 0) {
            /* The beginning of a character that the cut went through is dropped, anything else is replaced.
             */
            if (cut && used - at < 4 && (text[at] & 0xc0) == 0xc0)
                break;
            text[at] = '?';
            step = 1;
        }
        at += step;
    }
    if (cut) {
        memcpy(text + at, ellipsis, sizeof(ellipsis));
        at += sizeof(ellipsis) - 1;
    }
    text[at] = '\0';
    return at;
}

static size_t format_text(char *to, size_t size, const char *format, va_list arguments) PRINTF_LIKE(3, 0);
static size_t format_text(char *to, size_t size, const char *format, va_list arguments) {
    int length = vsnprintf(to, size, format, arguments);
    if (length < 0) {
        to[0] = '\0';
        length = 0;
    }
    return finish_text(to, size, (size_t)length);
}

static arcella_error *new_error(int code, const char *message, size_t length) {
    arcella_error *error = mem_alloc(sizeof(*error) + length + 1);
    if (!error)
        return stand_in(code);
    char *text = (char *)(error + 1);
    memcpy(text, message, length + 1);
    error->code = code;
    error->message = text;
    return error;
}

/* Replace what reterr holds. */
static int store(arcella_error **reterr, arcella_error *error) {
    arcella_error_free(*reterr);
    *reterr = error;
    return error->code;
}

int error_set_va(arcella_error **reterr, int code, const char *format, va_list arguments) {
    if (!reterr)
        return code;
    char text[LIMIT_ERROR_BYTES];
    size_t length = format_text(text, sizeof(text), format, arguments);
    store(reterr, new_error(code, text, length));
    return code;
}

int error_set(arcella_error **reterr, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error_set_va(reterr, code, format, arguments);
    va_end(arguments);
    return code;
}

static int code_of_errno(int errnum) {
    switch (errnum) {
    case ENOSPC:
    case EDQUOT: return ARCELLA_E_SPACE;
    case ENOMEM: return ARCELLA_E_NOMEM;
    case ENOENT: return ARCELLA_E_NOT_FOUND;
    case EACCES:
    case EPERM: return ARCELLA_E_DENIED;
    default: return ARCELLA_E_SYSTEM;
    }
}

int error_set_errno(arcella_error **reterr, int errnum, const char *format, ...) {
    int code = code_of_errno(errnum);
    if (!reterr)
        return code;
    char text[LIMIT_ERROR_BYTES];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text(text, sizeof(text), format, arguments);
    va_end(arguments);
    int more = snprintf(text + length, sizeof(text) - length, ": %s", error_errno_text(errnum));
    length = finish_text(text, sizeof(text), length + (size_t)(more > 0 ? more : 0));
    store(reterr, new_error(code, text, length));
    /* A file that is not there: the code's own hint is about components and deployments. */
    return code == ARCELLA_E_NOT_FOUND ? error_hint(reterr, code, "check the path") : code;
}

int error_wrap(arcella_error **reterr, int code, const char *format, ...) {
    if (!reterr)
        return code;
    char text[LIMIT_ERROR_BYTES];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text(text, sizeof(text), format, arguments);
    va_end(arguments);
    arcella_error *inner = *reterr;
    if (inner) {
        int more = snprintf(text + length, sizeof(text) - length, ": %s", inner->message);
        length = finish_text(text, sizeof(text), length + (size_t)(more > 0 ? more : 0));
    }
    arcella_error *outer = new_error(inner ? inner->code : code, text, length);
    if (is_static(outer) && inner) /* better the story without its context than the other way about */
        return code;
    if (inner && !is_static(inner))
        outer->hint = TAKE(inner->hint);
    store(reterr, outer);
    return code;
}

int error_hint(arcella_error **reterr, int code, const char *format, ...) {
    if (!reterr || !*reterr || is_static(*reterr))
        return code;
    char text[LIMIT_ERROR_BYTES];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text(text, sizeof(text), format, arguments);
    va_end(arguments);
    char *hint = mem_text_n(text, length);
    if (hint) {
        mem_free((*reterr)->hint);
        (*reterr)->hint = hint;
    }
    return code;
}

bool error_has_hint(const arcella_error *error) {
    return error && error->hint;
}

int error_nomem(arcella_error **reterr) {
    if (reterr)
        store(reterr, stand_in(ARCELLA_E_NOMEM));
    return ARCELLA_E_NOMEM;
}

int error_move(arcella_error **reterr, arcella_error *owned) {
    int code = arcella_error_code(owned);
    if (!reterr)
        arcella_error_free(owned);
    else if (*reterr != owned) {
        arcella_error_free(*reterr);
        *reterr = owned;
    }
    return code;
}

arcella_error *error_copy(const arcella_error *error) {
    if (!error || is_static(error))
        return error ? stand_in(error->code) : NULL;
    arcella_error *copy = new_error(error->code, error->message, strlen(error->message));
    if (error->hint && !is_static(copy))
        copy->hint = mem_text(error->hint);
    return copy;
}

int error_code_of(const char *name) {
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
        if (strcmp(codes[i].name, name) == 0)
            return codes[i].code;
    return 0;
}

const char *error_errno_text(int errnum) {
    /* In the untranslated form, so that messages are the same in every locale. */
    const char *text = strerrordesc_np(errnum);
    return text ? text : "unknown error of the system";
}

int arcella_error_code(const arcella_error *error) {
    return error ? error->code : 0;
}

const char *arcella_error_message(const arcella_error *error) {
    return error ? error->message : "";
}

const char *arcella_error_hint(const arcella_error *error) {
    if (!error)
        return "";
    if (error->hint)
        return error->hint;
    size_t i = index_of(error->code);
    return i == SIZE_MAX ? "" : codes[i].hint;
}

const char *arcella_error_name(int code) {
    if (code == 0)
        return "ok";
    size_t i = index_of(code);
    return i == SIZE_MAX ? "unknown" : codes[i].name;
}

void arcella_error_free(arcella_error *error) {
    if (!error || is_static(error))
        return;
    mem_free(error->hint);
    mem_free(error);
}
