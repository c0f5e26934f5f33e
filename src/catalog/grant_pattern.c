/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Patterns of grants: paths, segments, variables (addresses are in grant_net.c).  They are read once, when a
 * row is added; what is compared at a check is normalised.  No state; any thread.
 */
#include "catalog/grant_pattern.h"

#include "base/buffer.h"
#include "base/mem.h"

/* --- paths --- */

ssize_t grant_path_normalise(struct text path, char *to, size_t size) {
    if (path.length == 0 || size < 2 || memchr(path.data, '\0', path.length))
        return -1;
    size_t out = 0, floor = 0;
    if (path.data[0] == '/') {
        to[out++] = '/';
        floor = 1;
    }
    for (size_t at = 0; at < path.length;) {
        if (path.data[at] == '/') {
            at++;
            continue;
        }
        const char *segment = path.data + at;
        const char *slash = memchr(segment, '/', path.length - at);
        size_t length = slash ? (size_t)(slash - segment) : path.length - at;
        at += length;
        if (length == 1 && segment[0] == '.')
            continue;
        if (length == 2 && segment[0] == '.' && segment[1] == '.') {
            if (out == floor)
                return -1; /* leaves what it starts in */
            while (out > floor && to[out - 1] != '/')
                out--;
            if (out > floor)
                out--; /* the slash in front of what was dropped */
            continue;
        }
        bool separator = out > floor;
        if (length + separator >= size - out)
            return -1;
        if (separator)
            to[out++] = '/';
        memcpy(to + out, segment, length);
        out += length;
    }
    if (out == 0)
        to[out++] = '.';
    to[out] = '\0';
    return (ssize_t)out;
}

bool grant_path_beneath(struct text directory, struct text path) {
    if (directory.length == 1 && directory.data[0] == '.')
        return path.length > 0 && path.data[0] != '/';
    if (directory.length == 1 && directory.data[0] == '/')
        return path.length > 0 && path.data[0] == '/';
    if (path.length < directory.length || memcmp(path.data, directory.data, directory.length) != 0)
        return false;
    return path.length == directory.length || path.data[directory.length] == '/';
}

/* --- segments --- */

/* Take the first segment off a text; an absolute one begins with an empty segment. @return false: none left
 */
static bool next_segment(struct text *rest, struct text *segment) {
    if (!rest->data)
        return false;
    const char *slash = rest->length ? memchr(rest->data, '/', rest->length) : NULL;
    size_t length = slash ? (size_t)(slash - rest->data) : rest->length;
    *segment = (struct text){rest->data, length};
    if (slash)
        *rest = (struct text){slash + 1, rest->length - length - 1};
    else
        *rest = (struct text){NULL, 0};
    return true;
}

static bool is_any(struct text segment, size_t stars) {
    return segment.length == stars && segment.data[0] == '*' && segment.data[stars - 1] == '*';
}

/* "/" is one empty segment, "." none: what is beneath either begins the same way. */
static struct text as_segments(struct text path) {
    if (path.length == 1 && path.data[0] == '.')
        return (struct text){NULL, 0};
    if (path.length == 1 && path.data[0] == '/')
        return (struct text){path.data, 0};
    return path;
}

/*
 * The usual walk with one place to return to: of several `**` only the last needs to be tried again, since
 * what an earlier one could take more of, a later one takes as well.
 */
bool grant_segments_match(struct text pattern, struct text path, bool beneath) {
    struct text p = as_segments(pattern), s = as_segments(path), back_p = {0}, back_s = {0};
    bool may_return = false;
    for (;;) {
        struct text want, have, p_next = p, s_next = s;
        bool more_p = next_segment(&p_next, &want), more_s = next_segment(&s_next, &have);
        if (!more_p && (!more_s || beneath))
            return true;
        if (more_p && is_any(want, 2)) {
            p = back_p = p_next;
            back_s = s;
            may_return = true;
            continue;
        }
        /* A `*` is a segment with a name: the beginning of an absolute path is none. */
        if (more_p && more_s && (text_equal(want, have) || (is_any(want, 1) && have.length))) {
            p = p_next;
            s = s_next;
            continue;
        }
        struct text skipped;
        if (!may_return || !next_segment(&back_s, &skipped))
            return false;
        p = back_p;
        s = back_s;
    }
}

bool grant_segments_meet(struct text pattern, struct text path) {
    struct text p = as_segments(pattern), s = as_segments(path), want, have;
    while (next_segment(&s, &have)) {
        if (!next_segment(&p, &want) || is_any(want, 2))
            return true;
        if (!text_equal(want, have) && !(is_any(want, 1) && have.length))
            return false;
    }
    return true;
}

bool grant_is_normal(struct text key) {
    char to[LIMIT_PATH_BYTES];
    ssize_t length = grant_path_normalise(key, to, sizeof(to));
    return key.length == 0 || (length >= 0 && text_equal(key, (struct text){to, (size_t)length}));
}

bool grant_prefix_match(struct text pattern, struct text name) {
    if (pattern.length == 0 || pattern.data[pattern.length - 1] != '*')
        return text_equal(pattern, name);
    return name.length >= pattern.length - 1 && memcmp(pattern.data, name.data, pattern.length - 1) == 0;
}

/* Normalise a pattern of segments. @return its length, or negative with the reason */
static ssize_t read_segments(const char *pattern, struct text part, char *to, size_t size,
                             arcella_error **reterr) {
    ssize_t length = grant_path_normalise(part, to, size);
    if (length < 0)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "'%.200s' is empty, too long or leads above where it starts", pattern);
    struct text rest = as_segments((struct text){to, (size_t)length}), segment;
    while (next_segment(&rest, &segment))
        if (segment.length && memchr(segment.data, '*', segment.length) && !is_any(segment, 1) &&
            !is_any(segment, 2))
            return error_set(reterr, ARCELLA_E_INVALID,
                             "'%.200s': a * stands for a whole segment, ** for any number of them", pattern);
    return length;
}

/* --- directories --- */

/* The last "::" of a text, or NULL. */
static const char *last_double_colon(const char *text) {
    const char *found = NULL;
    for (const char *at = strstr(text, "::"); at; at = strstr(at + 1, "::"))
        found = at;
    return found;
}

static int read_guest(struct text part, const char *pattern, bool deny, char *to, size_t size,
                      size_t *ret_length, arcella_error **reterr) {
    ssize_t length = grant_path_normalise(part, to, size);
    if (length < 0)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "the guest path of '%.200s' is too long or leads above where it starts", pattern);
    /* Behind "::" a ':' would be read as part of the separator. */
    if (to[0] == ':')
        return error_set(reterr, ARCELLA_E_INVALID, "the guest path of '%.200s' begins with ':'", pattern);
    if (deny)
        length = read_segments(pattern, part, to, size, reterr);
    if (length < 0)
        return (int)length;
    *ret_length = (size_t)length;
    return 0;
}

/* What is denied needs no host's part: a guest knows its own paths only. */
static int read_fs(struct grant *row, const char *pattern, arcella_error **reterr) {
    char host[LIMIT_PATH_BYTES] = "", guest[LIMIT_PATH_BYTES];
    const char *colons = last_double_colon(pattern);
    bool deny = row->effect == GRANT_DENY;
    if (!colons && !deny)
        return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' is not of the form HOST::GUEST", pattern);
    struct text host_part = {pattern, colons ? (size_t)(colons - pattern) : 0};
    struct text guest_part = text_of(colons ? colons + 2 : pattern);
    if (colons && (host_part.length == 0 || host_part.data[0] != '/'))
        return error_set(reterr, ARCELLA_E_INVALID, "the host path of '%.200s' is not absolute", pattern);
    ssize_t host_length = colons ? grant_path_normalise(host_part, host, sizeof(host)) : 0;
    if (host_length < 0)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "the host path of '%.200s' is too long or leads above '/'", pattern);
    if (guest_part.length == 0)
        return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' has no guest path behind '::'", pattern);
    size_t length;
    int r = read_guest(guest_part, pattern, deny, guest, sizeof(guest), &length, reterr);
    if (r < 0)
        return r;
    row->pattern = colons ? mem_format("%s::%s", host, guest) : mem_text(guest);
    if (!row->pattern)
        return error_nomem(reterr);
    row->value = (struct text){row->pattern, (size_t)host_length};
    row->key = (struct text){row->pattern + (colons ? host_length + 2 : 0), length};
    return 0;
}

/* --- the rest --- */

static int keep(struct grant *row, const char *pattern, arcella_error **reterr) {
    row->pattern = mem_text(pattern);
    if (!row->pattern)
        return error_nomem(reterr);
    row->key = text_of(row->pattern);
    return 0;
}

static int read_env(struct grant *row, const char *pattern, arcella_error **reterr) {
    const char *equals = strchr(pattern, '=');
    if (row->effect == GRANT_DENY) {
        const char *star = strchr(pattern, '*');
        if (equals || *pattern == '\0' || (star && star[1]))
            return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' is not of the form NAME, PREFIX* or *",
                             pattern);
        return keep(row, pattern, reterr);
    }
    bool secret = row->actions & GRANT_SECRET;
    if (secret && (row->actions & ~(unsigned)GRANT_SECRET))
        return error_set(reterr, ARCELLA_E_INVALID, "a variable is read or secret, not both");
    if (!equals || equals == pattern || (secret && equals[1] != '/'))
        return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' is not of the form NAME=%s", pattern,
                         secret ? "FILE, with an absolute path" : "VALUE");
    int r = keep(row, pattern, reterr);
    if (r < 0)
        return r;
    row->key.length = (size_t)(equals - pattern);
    row->value = text_of(row->pattern + row->key.length + 1);
    return 0;
}

static int read_args(struct grant *row, const char *pattern, arcella_error **reterr) {
    int r = keep(row, pattern, reterr);
    row->value = row->key;
    row->key = (struct text){row->value.data, 0};
    return r;
}

static int read_stdio(struct grant *row, const char *pattern, arcella_error **reterr) {
    static const char *const names[] = {"stdin", "stdout", "stderr", "*"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (strcmp(names[i], pattern) == 0)
            return keep(row, pattern, reterr);
    return error_set(reterr, ARCELLA_E_INVALID, "'%.200s' is none of stdin, stdout, stderr", pattern);
}

static int read_key(struct grant *row, const char *pattern, arcella_error **reterr) {
    char normal[LIMIT_PATH_BYTES];
    ssize_t length = read_segments(pattern, text_of(pattern), normal, sizeof(normal), reterr);
    return length < 0 ? (int)length : keep(row, normal, reterr);
}

/* A module's or function's name: what interface names have, and nothing that our own texts use. */
static bool is_name(struct text name, size_t max) {
    for (size_t i = 0; i < name.length; i++)
        if (!strchr("-_./@", name.data[i]) && !(name.data[i] >= '0' && name.data[i] <= '9') &&
            !((name.data[i] | 0x20) >= 'a' && (name.data[i] | 0x20) <= 'z'))
            return false;
    return name.length > 0 && name.length <= max;
}

static bool are_functions(struct text functions) {
    if (functions.length > LIMIT_GRANT_ACTIONS_BYTES)
        return false;
    while (functions.data) {
        const char *plus = functions.length ? memchr(functions.data, '+', functions.length) : NULL;
        size_t length = plus ? (size_t)(plus - functions.data) : functions.length;
        if (!is_name((struct text){functions.data, length}, LIMIT_GRANT_ACTIONS_BYTES))
            return false;
        functions = plus ? (struct text){plus + 1, functions.length - length - 1} : (struct text){NULL, 0};
    }
    return true;
}

static int read_module(struct grant *row, const char *pattern, struct text module, struct text functions,
                       arcella_error **reterr) {
    char normal[LIMIT_PATH_BYTES];
    if (!is_name(module, LIMIT_NAME_BYTES))
        return error_set(reterr, ARCELLA_E_INVALID, "'%.*s' is no name of a host module",
                         (int)(module.length < 100 ? module.length : 100), module.data ? module.data : "");
    if (functions.length && !are_functions(functions))
        return error_set(reterr, ARCELLA_E_INVALID, "'%.*s' are no names of functions",
                         (int)(functions.length < 100 ? functions.length : 100), functions.data);
    ssize_t length = read_segments(pattern, text_of(pattern), normal, sizeof(normal), reterr);
    if (length < 0)
        return (int)length;
    size_t n = (size_t)length;
    row->pattern = mem_alloc(n + 1 + module.length + functions.length);
    if (!row->pattern)
        return error_nomem(reterr);
    memcpy(row->pattern, normal, n + 1);
    memcpy(row->pattern + n + 1, module.data, module.length);
    if (functions.length)
        memcpy(row->pattern + n + 1 + module.length, functions.data, functions.length);
    row->key = (struct text){row->pattern, n};
    row->module = (struct text){row->pattern + n + 1, module.length};
    row->functions = (struct text){row->pattern + n + 1 + module.length, functions.length};
    return 0;
}

int grant_pattern_read(struct grant *row, const char *pattern, struct text module, struct text functions,
                       arcella_error **reterr) {
    static int (*const readers[GRANT_CLASSES])(struct grant *, const char *, arcella_error **) = {
        [GRANT_FS] = read_fs,     [GRANT_NET] = grant_net_read, [GRANT_ENV] = read_env,
        [GRANT_ARGS] = read_args, [GRANT_STDIO] = read_stdio,   [GRANT_STORE] = read_key,
    };
    /* Rows go through texts (wire, database, JSON), which hold UTF-8 only. */
    size_t length = strnlen(pattern, LIMIT_ARGS_BYTES + 1);
    if (length > LIMIT_ARGS_BYTES)
        return error_set(reterr, ARCELLA_E_INVALID, "a pattern is longer than %llu bytes", LIMIT_ARGS_BYTES);
    if (!text_is_utf8(pattern, length))
        return error_set(reterr, ARCELLA_E_INVALID, "a pattern is not UTF-8");
    if (row->class == GRANT_HOST)
        return read_module(row, pattern, module, functions, reterr);
    return readers[row->class](row, pattern, reterr);
}
