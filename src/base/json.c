/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * JSON: jansson behind bounds.  Its parser recurses (up to 2,048 deep), so nesting is counted before it runs.
 * Values are reference-counted, owned by whoever made or parsed them.  One thread at a time.
 */
#include "base/json.h"

#include <float.h>
#include <math.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"

/*
 * jansson tells "no memory" from "bad text" only sometimes (a string token it cannot allocate is an "invalid
 * token"), so its allocator remembers.
 */
static _Thread_local bool out_of_memory;

/*
 * Where its reader has no memory for a character of a string, it drops it, and may end the process by an
 * assert when its second pass misses it.  So parsing has a reserve that is handed out from there on; what was
 * parsed is then thrown away whole.
 */
static _Thread_local struct {
    char *bytes;
    size_t size;
    size_t used;
} reserve;

static void *allocate(size_t size) {
    void *p = mem_alloc(size);
    if (p)
        return p;
    out_of_memory = true;
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size || rounded > reserve.size - reserve.used)
        return NULL;
    p = reserve.bytes + reserve.used;
    reserve.used += rounded;
    return p;
}

static void release(void *p) {
    uintptr_t at = (uintptr_t)p;
    uintptr_t start = (uintptr_t)reserve.bytes;
    if (!reserve.bytes || at < start || at >= start + reserve.size)
        mem_free(p);
}

void json_setup(void) {
    json_set_alloc_funcs(allocate, release);
    /* Now, since later a sandbox may forbid to open the random device it reads. */
    json_object_seed(0);
}

/*
 * What jansson would let pass or take too deep: the first place where nesting passes the limit, or where
 * there is a NUL byte (jansson swallows one behind a number).  Returns what is wrong, or NULL.
 */
static const char *find_fault(const char *text, size_t length, unsigned *ret_line, unsigned *ret_column) {
    unsigned depth = 0;
    unsigned line = 1;
    size_t line_start = 0;
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        const char *fault = NULL;
        switch (text[i]) {
        case '\0': fault = "a NUL byte"; break;
        case '\n':
            line++;
            line_start = i + 1;
            break;
        case '\\': i += in_string && i + 1 < length && text[i + 1] != '\0'; break;
        case '"': in_string = !in_string; break;
        case '[':
        case '{':
            if (!in_string && ++depth > LIMIT_JSON_DEPTH)
                fault = "too many arrays and objects inside each other";
            break;
        case ']':
        case '}': depth -= !in_string && depth; break;
        default: break;
        }
        if (fault) {
            *ret_line = line;
            *ret_column = (unsigned)(i - line_start + 1);
            return fault;
        }
    }
    return NULL;
}

int json_parse(const char *text, size_t length, json_t **ret, arcella_error **reterr) {
    unsigned line;
    unsigned column;
    const char *fault = find_fault(text, length, &line, &column);
    if (fault)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "line %u, column %u: %s", line, column, fault);
    json_error_t error;
    /* A string's buffer grows by doubling: all its sizes together are less than four times the text. */
    size_t size;
    if (__builtin_mul_overflow(length, 4, &size) || __builtin_add_overflow(size, 4096, &size))
        return error_nomem(reterr);
    MEM_AUTO char *bytes = mem_alloc(size);
    if (!bytes)
        return error_nomem(reterr);
    reserve.bytes = bytes;
    reserve.size = size;
    reserve.used = 0;
    out_of_memory = false;
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (out_of_memory) {
        json_decref(value);
        value = NULL;
    }
    reserve.bytes = NULL;
    reserve.size = reserve.used = 0;
    if (out_of_memory)
        return error_nomem(reterr);
    const char *what = "not JSON";
    if (!value && json_error_code(&error) == json_error_null_character)
        what = "a NUL character in a text"; /* the library's own words name a flag of its own */
    else if (!value && error.text[0])
        what = error.text;
    if (!value)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "line %d, column %d: %s",
                         error.line < 1 ? 1 : error.line, error.column < 0 ? 0 : error.column, what);
    *ret = value;
    return 0;
}

struct adding {
    struct buffer *to;
    arcella_error **reterr;
    int result;
    bool in_string;
};

/*
 * Write a real number as short as it can be: jansson gives 17 digits to all, 0.10000000000000001 for 0.1.  It
 * keeps a ".0" or an exponent, so that it stays a real number.
 */
static int add_real(struct adding *adding, const char *piece, size_t size) {
    char text[40];
    if (size >= sizeof(text))
        return buffer_add(adding->to, piece, size, adding->reterr);
    memcpy(text, piece, size);
    text[size] = '\0';
    double number = strtod(text, NULL);
    bool subnormal = fabs(number) < DBL_MIN;
    for (int precision = subnormal ? 1 : DBL_DIG; precision < 17; precision++) {
        snprintf(text, sizeof(text), "%.*g", precision, number);
        if (strtod(text, NULL) == number)
            return buffer_format(adding->to, adding->reterr, "%s%s", text,
                                 text[strcspn(text, ".e")] ? "" : ".0");
    }
    return buffer_add(adding->to, piece, size, adding->reterr);
}

static int add_piece(const char *piece, size_t size, void *user) {
    struct adding *adding = user;
    /* jansson does not look at what the dump of a key returns and goes on, so the first failure is kept here.
     */
    if (adding->result)
        return adding->result;
    /* A number comes as one piece; the quotes of a string do by themselves, since those in it are escaped. */
    if (size == 1 && *piece == '"')
        adding->in_string = !adding->in_string;
    bool number = !adding->in_string && size && (*piece == '-' || (*piece >= '0' && *piece <= '9'));
    bool real = number && (memchr(piece, '.', size) || memchr(piece, 'e', size));
    adding->result =
        real ? add_real(adding, piece, size) : buffer_add(adding->to, piece, size, adding->reterr);
    return adding->result;
}

int json_add(struct buffer *to, const json_t *value, arcella_error **reterr) {
    size_t before = to->length;
    struct adding adding = {.to = to, .reterr = reterr};
    out_of_memory = false;
    if (value && json_dump_callback(value, add_piece, &adding, JSON_COMPACT | JSON_ENCODE_ANY) == 0 &&
        adding.result == 0)
        return 0;
    to->length = before;
    if (to->data)
        to->data[before] = '\0';
    if (adding.result < 0)
        return adding.result;
    /* A value that could not be made, or jansson's own memory (it keeps a set of the containers it is in). */
    if (!value || out_of_memory)
        return error_nomem(reterr);
    return error_set(reterr, ARCELLA_E_INTERNAL, "a JSON value that contains itself");
}

void json_put(json_t *object, const char *key, json_t *value, bool *ok) {
    /* Takes the value in either case; a NULL value (no memory for it) is a failure too. */
    if (json_object_set_new(object, key, value) < 0)
        *ok = false;
}

/* Does s hold only what a JSON string of ours may hold? NUL may not: readers that keep C strings refuse it.
 */
static bool is_plain(const char *s, size_t length) {
    return text_is_utf8(s, length) && memchr(s, '\0', length) == NULL;
}

json_t *json_bytes(const char *bytes, size_t length) {
    static const char replacement[] = "\xef\xbf\xbd";
    if (length == 0)
        return json_string_nocheck("");
    if (is_plain(bytes, length))
        return json_stringn_nocheck(bytes, length);
    BUFFER_AUTO clean = BUFFER_INIT(SIZE_MAX);
    int r = 0;
    for (size_t at = 0; r == 0 && at < length;) {
        uint32_t character = 0;
        size_t step = text_utf8_next(bytes + at, length - at, &character);
        if (step && character)
            r = buffer_add(&clean, bytes + at, step, NULL);
        else
            r = buffer_add(&clean, replacement, sizeof(replacement) - 1, NULL);
        at += step ? step : 1;
    }
    return r < 0 ? NULL : json_stringn_nocheck(clean.data, clean.length);
}

void json_put_text(json_t *object, const char *key, const char *text, bool *ok) {
    json_put(object, key, text ? json_bytes(text, strlen(text)) : json_null(), ok);
}
