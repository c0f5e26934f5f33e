/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Text: UTF-8, numbers with units, and writing text from strangers so that it can do no harm where it is read
 * (a log line, a terminal, JSON).  Slices borrow; nothing here owns memory; any thread.
 */
#include "base/text.h"

static const char hex_digits[] = "0123456789abcdef";

struct text text_of(const char *s) {
    return (struct text){s, strlen(s)};
}

bool text_equal(struct text a, struct text b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool text_starts(const char *s, const char *prefix) {
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *s, const char *suffix) {
    size_t length = strlen(s);
    size_t tail = strlen(suffix);
    return length >= tail && memcmp(s + length - tail, suffix, tail) == 0;
}

bool text_copy(char *to, size_t size, const char *from) {
    if (size == 0)
        return false;
    size_t length = strnlen(from, size);
    bool whole = length < size;
    if (!whole)
        length = size - 1;
    memcpy(to, from, length);
    to[length] = '\0';
    return whole;
}

/* --- UTF-8 (RFC 3629) --- */

size_t text_utf8_next(const char *s, size_t length, uint32_t *ret_character) {
    const unsigned char *u = (const unsigned char *)s;
    if (length == 0)
        return 0;
    if (u[0] < 0x80) {
        *ret_character = u[0];
        return 1;
    }
    size_t count;
    uint32_t character;
    uint32_t least;
    if ((u[0] & 0xe0) == 0xc0) {
        count = 2;
        character = u[0] & 0x1f;
        least = 0x80;
    } else if ((u[0] & 0xf0) == 0xe0) {
        count = 3;
        character = u[0] & 0x0f;
        least = 0x800;
    } else if ((u[0] & 0xf8) == 0xf0) {
        count = 4;
        character = u[0] & 0x07;
        least = 0x10000;
    } else {
        return 0;
    }
    if (length < count)
        return 0;
    for (size_t i = 1; i < count; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (u[i] & 0x3f);
    }
    if (character < least || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return 0;
    *ret_character = character;
    return count;
}

bool text_is_utf8(const char *s, size_t length) {
    size_t at = 0;
    while (at < length) {
        uint32_t character;
        size_t step = text_utf8_next(s + at, length - at, &character);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

/* The longest beginning of at most max bytes that does not end inside a character. */
static size_t cut_at(const char *s, size_t length, size_t max) {
    if (length <= max)
        return length;
    size_t at = max;
    /* At most three bytes back; more continuation bytes than that are no character anyway. */
    for (int i = 0; i < 3 && at > 0 && ((unsigned char)s[at] & 0xc0) == 0x80; i++)
        at--;
    return ((unsigned char)s[at] & 0xc0) == 0x80 ? max : at;
}

/* --- numbers with units --- */

/* Read the digits that s begins with. *ret_rest is where they end. */
static int parse_digits(const char *s, const char *what, uint64_t *ret, const char **ret_rest,
                        arcella_error **reterr) {
    uint64_t value = 0;
    const char *at = s;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return error_set(reterr, ARCELLA_E_INVALID, "%s '%.40s' is too large", what, s);
    if (at == s)
        return error_set(reterr, ARCELLA_E_INVALID, "'%.40s' is not a %s", s, what);
    *ret = value;
    *ret_rest = at;
    return 0;
}

int text_parse_u64(const char *s, uint64_t max, uint64_t *ret, arcella_error **reterr) {
    uint64_t value;
    const char *rest;
    int r = parse_digits(s, "number", &value, &rest, reterr);
    if (r < 0)
        return r;
    if (*rest)
        return error_set(reterr, ARCELLA_E_INVALID, "'%.40s' is not a number", s);
    if (value > max)
        return error_set(reterr, ARCELLA_E_INVALID, "%" PRIu64 " is more than %" PRIu64, value, max);
    *ret = value;
    return 0;
}

struct unit {
    const char *names[4]; /* compared without regard to case where the table says so */
    uint64_t factor;
};

static const struct unit *find_unit(const struct unit *units, size_t count, const char *name, bool any_case) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < ARRAY_LENGTH(units[i].names) && units[i].names[j]; j++)
            if ((any_case ? strcasecmp : strcmp)(units[i].names[j], name) == 0)
                return &units[i];
    return NULL;
}

int text_parse_size(const char *s, uint64_t max, uint64_t *ret_bytes, arcella_error **reterr) {
    static const struct unit units[] = {
        {{"", "b"}, 1},
        {{"k", "ki", "kib"}, 1ull << 10},
        {{"m", "mi", "mib"}, 1ull << 20},
        {{"g", "gi", "gib"}, 1ull << 30},
        {{"t", "ti", "tib"}, 1ull << 40},
    };
    uint64_t value;
    const char *rest;
    int r = parse_digits(s, "size", &value, &rest, reterr);
    if (r < 0)
        return r;
    while (*rest == ' ')
        rest++;
    const struct unit *unit = find_unit(units, ARRAY_LENGTH(units), rest, true);
    if (!unit)
        return error_set(
            reterr, ARCELLA_E_INVALID,
            "'%.40s' is not a size: write whole bytes, or k, m, g behind a whole number (64k, 64m, 4g)", s);
    uint64_t bytes;
    if (__builtin_mul_overflow(value, unit->factor, &bytes) || bytes > max) {
        char most[32];
        text_format_size(max, most, sizeof(most));
        return error_set(reterr, ARCELLA_E_INVALID, "size '%.40s' is more than %s", s, most);
    }
    *ret_bytes = bytes;
    return 0;
}

int text_parse_duration(const char *s, uint64_t max_ms, uint64_t *ret_ms, arcella_error **reterr) {
    static const struct unit units[] = {
        {{"ms"}, 1},
        {{"s"}, 1000},
        {{"m", "min"}, 60 * 1000},
        {{"h"}, 60 * 60 * 1000},
        {{"d"}, 24 * 60 * 60 * 1000},
    };
    uint64_t value;
    const char *rest;
    int r = parse_digits(s, "time", &value, &rest, reterr);
    if (r < 0)
        return r;
    while (*rest == ' ')
        rest++;
    if (!*rest)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "time '%.40s' has no unit: write ms, s, m, h or d behind it", s);
    const struct unit *unit = find_unit(units, ARRAY_LENGTH(units), rest, false);
    if (!unit)
        return error_set(
            reterr, ARCELLA_E_INVALID,
            "'%.40s' is not a time: write ms, s, m, h or d behind a whole number (500ms, 30s, 5m, 2h, 7d)",
            s);
    uint64_t ms;
    if (__builtin_mul_overflow(value, unit->factor, &ms) || ms > max_ms) {
        char most[32];
        text_format_duration(max_ms, most, sizeof(most));
        return error_set(reterr, ARCELLA_E_INVALID, "time '%.40s' is more than %s", s, most);
    }
    *ret_ms = ms;
    return 0;
}

void text_format_size(uint64_t bytes, char *to, size_t size) {
    static const char *const names[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        snprintf(to, size, "%u byte%s", (unsigned)bytes, bytes == 1 ? "" : "s");
        return;
    }
    size_t unit = 0;
    unsigned shift = 10;
    while (unit + 1 < ARRAY_LENGTH(names) && bytes >> shift >= 1024) {
        unit++;
        shift += 10;
    }
    uint64_t whole = bytes >> shift;
    uint64_t part = (bytes >> (shift - 10)) & 1023; /* 1024ths; finer does not show */
    uint64_t tenths = (part * 10 + 512) / 1024;
    if (tenths == 10) {
        tenths = 0;
        whole++;
        if (whole == 1024 && unit + 1 < ARRAY_LENGTH(names)) {
            whole = 1;
            unit++;
        }
    }
    if (tenths)
        snprintf(to, size, "%" PRIu64 ".%" PRIu64 " %s", whole, tenths, names[unit]);
    else
        snprintf(to, size, "%" PRIu64 " %s", whole, names[unit]);
}

/* "4 m 10 s", or "4 m" where the smaller part is nothing. */
static void format_two(uint64_t large, const char *large_unit, uint64_t small, const char *small_unit,
                       char *to, size_t size) {
    if (small)
        snprintf(to, size, "%" PRIu64 " %s %" PRIu64 " %s", large, large_unit, small, small_unit);
    else
        snprintf(to, size, "%" PRIu64 " %s", large, large_unit);
}

void text_format_duration(uint64_t ms, char *to, size_t size) {
    uint64_t s = ms / 1000;
    if (ms < 1000)
        snprintf(to, size, "%" PRIu64 " ms", ms);
    else if (s < 60 && ms % 1000 / 100)
        snprintf(to, size, "%" PRIu64 ".%" PRIu64 " s", s, ms % 1000 / 100);
    else if (s < 60)
        snprintf(to, size, "%" PRIu64 " s", s);
    else if (s < 3600)
        format_two(s / 60, "m", s % 60, "s", to, size);
    else if (s < 86400)
        format_two(s / 3600, "h", s / 60 % 60, "m", to, size);
    else
        format_two(s / 86400, "d", s / 3600 % 24, "h", to, size);
}

/* --- text from strangers --- */

/*
 * Characters that a terminal acts on or that make text look other than it is: C0 and C1 controls, DEL, line
 * and paragraph separators, marks that turn the direction of writing (U+202A to U+202E, U+2066 to U+2069).
 */
static bool is_treacherous(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

static int add_escaped(struct buffer *b, const char *s, size_t count, arcella_error **reterr) {
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)s[i];
        char escape[4] = {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
        int r = buffer_add(b, escape, sizeof(escape), reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/* How one character is written by an escaping writer: as it is, as a short escape, or byte by byte as \xNN.
 */
typedef const char *escape_fn(uint32_t character, bool *ret_bytes);

static const char *escape_logfmt(uint32_t c, bool *ret_bytes) {
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\t': return "\\t";
    default: *ret_bytes = is_treacherous(c); return NULL;
    }
}

static const char *escape_visible(uint32_t c, bool *ret_bytes) {
    *ret_bytes = is_treacherous(c);
    return NULL;
}

static const char *escape_visible_lines(uint32_t c, bool *ret_bytes) {
    *ret_bytes = is_treacherous(c) && c != '\n' && c != '\t';
    return NULL;
}

/* Append s by an escape function; runs that need none are added at once. */
static int add_text(struct buffer *b, const char *s, size_t length, escape_fn *escape,
                    arcella_error **reterr) {
    size_t plain = 0; /* where the run of unchanged bytes began */
    size_t at = 0;
    while (at < length) {
        uint32_t character = 0;
        size_t step = text_utf8_next(s + at, length - at, &character);
        bool bytes = step == 0;
        const char *shorthand = NULL;
        if (step == 0)
            step = 1;
        else
            shorthand = escape(character, &bytes);
        if (bytes || shorthand) {
            int r = buffer_add(b, s + plain, at - plain, reterr);
            if (r == 0)
                r = shorthand ? buffer_text(b, shorthand, reterr) : add_escaped(b, s + at, step, reterr);
            if (r < 0)
                return r;
            plain = at + step;
        }
        at += step;
    }
    return buffer_add(b, s + plain, at - plain, reterr);
}

/* Back to length bytes after a failed append. */
static int fall_back(struct buffer *b, size_t length, int code) {
    b->length = length;
    if (b->data)
        b->data[length] = '\0';
    return code;
}

/* May a logfmt value stand without quotes? */
static bool is_bare(const char *s, size_t length) {
    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return true;
}

int text_add_logfmt(struct buffer *b, const char *s, size_t length, size_t max, arcella_error **reterr) {
    size_t used = cut_at(s, length, max);
    if (used == length && is_bare(s, length))
        return buffer_add(b, s, length, reterr);
    size_t before = b->length;
    int r = buffer_add(b, "\"", 1, reterr);
    if (r == 0)
        r = add_text(b, s, used, escape_logfmt, reterr);
    if (r == 0)
        r = buffer_text(b, used < length ? "…\"" : "\"", reterr);
    return r < 0 ? fall_back(b, before, r) : 0;
}

int text_add_visible(struct buffer *b, const char *s, size_t length, bool keep_lines,
                     arcella_error **reterr) {
    size_t before = b->length;
    int r = add_text(b, s, length, keep_lines ? escape_visible_lines : escape_visible, reterr);
    return r < 0 ? fall_back(b, before, r) : 0;
}

static int add_json_character(struct buffer *b, uint32_t c, arcella_error **reterr) {
    switch (c) {
    case '"': return buffer_add(b, "\\\"", 2, reterr);
    case '\\': return buffer_add(b, "\\\\", 2, reterr);
    case '\n': return buffer_add(b, "\\n", 2, reterr);
    case '\t': return buffer_add(b, "\\t", 2, reterr);
    case '\r': return buffer_add(b, "\\r", 2, reterr);
    default: break;
    }
    char escape[6] = {'\\', 'u', '0', '0', hex_digits[c >> 4 & 15], hex_digits[c & 15]};
    return buffer_add(b, escape, sizeof(escape), reterr);
}

int text_add_json(struct buffer *b, const char *s, size_t length, size_t max, arcella_error **reterr) {
    size_t used = cut_at(s, length, max);
    size_t before = b->length;
    int r = buffer_add(b, "\"", 1, reterr);
    size_t plain = 0;
    size_t at = 0;
    while (r == 0 && at < used) {
        uint32_t character = 0;
        size_t step = text_utf8_next(s + at, used - at, &character);
        bool broken = step == 0 || character == 0;
        if (broken || character < 0x20 || character == 0x7f || character == '"' || character == '\\') {
            r = buffer_add(b, s + plain, at - plain, reterr);
            if (r == 0)
                r = broken ? buffer_text(b, "\xef\xbf\xbd", reterr)
                           : add_json_character(b, character, reterr);
            step = step ? step : 1;
            plain = at + step;
        }
        at += step;
    }
    if (r == 0)
        r = buffer_add(b, s + plain, at - plain, reterr);
    if (r == 0)
        r = buffer_text(b, used < length ? "…\"" : "\"", reterr);
    return r < 0 ? fall_back(b, before, r) : 0;
}

int text_add_hex(struct buffer *b, const void *bytes, size_t count, arcella_error **reterr) {
    if (count > SIZE_MAX / 2)
        return error_set(reterr, ARCELLA_E_TOO_LARGE, "more bytes than memory");
    int r = buffer_reserve(b, count * 2, reterr);
    if (r < 0)
        return r;
    const unsigned char *u = bytes;
    char *to = b->data + b->length;
    for (size_t i = 0; i < count; i++) {
        *to++ = hex_digits[u[i] >> 4];
        *to++ = hex_digits[u[i] & 15];
    }
    *to = '\0';
    b->length += count * 2;
    return 0;
}
