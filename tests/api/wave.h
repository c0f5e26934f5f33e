/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values as people write them, read and written by the types that the library tells: WAVE as far as the table
 * in tests/guests/components goes, without comments, and no option or result without its word.
 */
#ifndef TESTS_API_WAVE_H
#define TESTS_API_WAVE_H

#include <ctype.h>
#include <math.h>

#include "check.h"

enum { ITEMS = 400 }; /* of one list */

static const char *at; /* what is read next */
static struct arcella_value room[4 * ITEMS];
static size_t used;
static char texts[1 << 16];
static size_t texts_used;
static struct arcella_value handles[50]; /* handle(1) is the first one that was given out */
static size_t handles_count;

/* --- reading --- */

static int take(char c) {
    while (*at == ' ')
        at++;
    return *at == c ? (at++, 1) : 0;
}

static void need(char c) {
    if (!take(c)) {
        fprintf(stderr, "expected %c, found %s\n", c, at);
        exit(1);
    }
}

static const char *word(void) {
    static char text[100];
    size_t length = 0;
    (void)take('%');
    while ((isalnum((unsigned char)*at) || *at == '-') && length + 1 < sizeof text)
        text[length++] = *at++;
    text[length] = '\0';
    return text;
}

/* Copies values to where they stay until the call is over. */
static struct arcella_value *keep(const struct arcella_value *items, size_t count) {
    struct arcella_value *kept = room + used;
    CHECK(used + count <= COUNT(room));
    if (count)
        memcpy(kept, items, count * sizeof *items);
    used += count;
    return kept;
}

/* One character in quotes as it stands, or escaped, as UTF-8. */
static void read_character(void) {
    unsigned long point;
    CHECK(texts_used + 4 < sizeof texts && *at);
    if (*at != '\\') {
        texts[texts_used++] = *at++;
        while ((*at & 0xC0) == 0x80)
            texts[texts_used++] = *at++;
        return;
    }
    switch (*++at) {
    case 'n': point = '\n'; break;
    case 't': point = '\t'; break;
    case 'r': point = '\r'; break;
    case 'u': point = strtoul(at + 2, (char **)&at, 16); break;
    default: point = (unsigned char)*at; break;
    }
    at++;
    CHECK(point < 0x80); /* others stand as they are */
    texts[texts_used++] = (char)point;
}

static struct arcella_value read_text(char quote) {
    const char *text = texts + texts_used;
    need(quote);
    while (*at != quote)
        read_character();
    at++;
    return arcella_value_string(text, (size_t)(texts + texts_used - text));
}

static struct arcella_value read_char(void) {
    struct arcella_value v = read_text('\'');
    const unsigned char *s = (const unsigned char *)v.of.text;
    static const unsigned char first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t point;
    CHECK(v.count >= 1 && v.count <= 4);
    point = s[0] & first[v.count];
    for (uint32_t i = 1; i < v.count; i++)
        point = point << 6 | (s[i] & 0x3F);
    return arcella_value_char(point);
}

static struct arcella_value read_number(enum arcella_kind kind) {
    char *end;
    const char *from = at;
    if (kind == ARCELLA_F32 || kind == ARCELLA_F64) {
        double number = strtod(from, &end);
        CHECK(end > from);
        at = end;
        return kind == ARCELLA_F32 ? arcella_value_f32((float)number) : arcella_value_f64(number);
    }
    int64_t number = *at == '-' ? strtoll(from, &end, 10) : (int64_t)strtoull(from, &end, 10);
    CHECK(end > from);
    at = end;
    switch (kind) {
#define XX(name, KIND, type, member)                                                                         \
    case ARCELLA_##KIND: return arcella_value_##name((type)number);
        ARCELLA_PLAIN_MAP(XX)
#undef XX
    default: CHECK(!"a number");
    }
    return arcella_value_none();
}

static struct arcella_value read_value(const arcella_type *type);

/* Elements of a list, fields of a tuple. */
static struct arcella_value read_items(const arcella_type *type, enum arcella_kind kind, char open,
                                       char close) {
    struct arcella_value items[ITEMS];
    size_t count = 0;
    need(open);
    while (!take(close)) {
        CHECK(count < ITEMS);
        items[count] = read_value(arcella_type_part(type, kind == ARCELLA_LIST ? 0 : count));
        count++;
        (void)take(',');
    }
    return arcella_value_items(kind, keep(items, count), count);
}

static struct arcella_value read_map(const arcella_type *type) {
    struct arcella_value items[ITEMS];
    size_t count = 0;
    need('[');
    while (!take(']')) {
        CHECK(count + 2 <= ITEMS);
        need('(');
        items[count++] = read_value(arcella_type_part(type, 0));
        need(',');
        items[count++] = read_value(arcella_type_part(type, 1));
        need(')');
        (void)take(',');
    }
    return arcella_value_map(keep(items, count), count / 2);
}

static struct arcella_value read_record(const arcella_type *type) {
    struct arcella_value items[ITEMS];
    size_t count = arcella_type_count(type);
    CHECK(count <= ITEMS);
    for (size_t i = 0; i < count; i++)
        items[i] = arcella_value_none();
    need('{');
    while (!take('}')) {
        int field = (take(' '), arcella_type_find(type, word()));
        CHECK(field >= 0);
        need(':');
        items[field] = read_value(arcella_type_part(type, (size_t)field));
        (void)take(',');
    }
    return arcella_value_record(keep(items, count), count);
}

static uint32_t number_of_case(const arcella_type *type, const char *label) {
    static const char *const words[] = {"none", "some", "ok", "err"};
    enum arcella_kind kind = arcella_type_kind(type);
    int number = -1;
    if (kind == ARCELLA_OPTION || kind == ARCELLA_RESULT) {
        size_t first = kind == ARCELLA_OPTION ? 0 : 2;
        number = !strcmp(label, words[first]) ? 0 : !strcmp(label, words[first + 1]) ? 1 : -1;
    } else {
        number = arcella_type_find(type, label);
    }
    CHECK(number >= 0);
    return (uint32_t)number;
}

static struct arcella_value read_case(const arcella_type *type) {
    uint32_t number = number_of_case(type, word());
    const struct arcella_value *payload = NULL;
    if (take('(')) {
        struct arcella_value v = read_value(arcella_type_part(type, number));
        payload = keep(&v, 1);
        need(')');
    }
    return arcella_value_items(arcella_type_kind(type), payload, number);
}

static struct arcella_value read_flags(const arcella_type *type) {
    uint32_t bits = 0;
    need('{');
    while (!take('}')) {
        bits |= UINT32_C(1) << number_of_case(type, word());
        (void)take(',');
    }
    return arcella_value_flags(bits);
}

static struct arcella_value read_handle(enum arcella_kind kind) {
    unsigned long number;
    CHECK(!strcmp(word(), "handle"));
    need('(');
    number = strtoul(at, (char **)&at, 10);
    need(')');
    CHECK(number >= 1 && number <= handles_count);
    return kind == ARCELLA_OWN ? handles[number - 1] : arcella_value_borrow(&handles[number - 1]);
}

static struct arcella_value read_value(const arcella_type *type) {
    enum arcella_kind kind = arcella_type_kind(type);
    (void)take(' ');
    switch (kind) {
    case ARCELLA_BOOL: return arcella_value_bool(!strcmp(word(), "true"));
    case ARCELLA_CHAR: return read_char();
    case ARCELLA_STRING: return read_text('"');
    case ARCELLA_RECORD: return read_record(type);
    case ARCELLA_TUPLE: return read_items(type, kind, '(', ')');
    case ARCELLA_LIST: return read_items(type, kind, '[', ']');
    case ARCELLA_MAP: return read_map(type);
    case ARCELLA_VARIANT:
    case ARCELLA_ENUM:
    case ARCELLA_OPTION:
    case ARCELLA_RESULT: return read_case(type);
    case ARCELLA_FLAGS: return read_flags(type);
    case ARCELLA_OWN:
    case ARCELLA_BORROW: return read_handle(kind);
    default: return read_number(kind);
    }
}

/* --- writing --- */

static void write_label(const arcella_type *type, size_t index) {
    size_t length = 0;
    const char *label = arcella_type_label(type, index, &length);
    printf("%.*s", (int)length, label);
}

static void write_text(const char *text, size_t length) {
    putchar('"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c == '\n' || c == '\t' || c == '\r')
            printf("\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
        else if (c < 0x20 || c == 0x7F)
            printf("\\u{%x}", c);
        else
            putchar(c);
    }
    putchar('"');
}

/* The shortest digits that are this number. */
static void write_float(double number, int single) {
    char text[40];
    if (isnan(number) || isinf(number)) {
        printf("%s", isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (single ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number)
            break;
    }
    if (strchr(text, 'e') && fabs(number) < 1e16 && fabs(number) >= 1)
        snprintf(text, sizeof text, "%.0f", number);
    printf("%s", text);
}

static void write_value(const struct arcella_value *v, const arcella_type *type);

static void write_items(const struct arcella_value *v, const arcella_type *type, char open, char close) {
    putchar(open);
    for (size_t i = 0; i < arcella_value_count(v); i++) {
        struct arcella_value item;
        CHECK(arcella_value_item(v, i, &item) == 0);
        printf("%s", i ? ", " : "");
        write_value(&item, arcella_type_part(type, v->kind == ARCELLA_LIST ? 0 : i));
    }
    putchar(close);
}

static void write_map(const struct arcella_value *v, const arcella_type *type) {
    putchar('[');
    for (size_t i = 0; i < arcella_value_count(v); i++) {
        struct arcella_value key, value;
        CHECK(arcella_value_entry(v, i, &key, &value) == 0);
        printf("%s", i ? ", (" : "(");
        write_value(&key, arcella_type_part(type, 0));
        printf(", ");
        write_value(&value, arcella_type_part(type, 1));
        putchar(')');
    }
    putchar(']');
}

/* Fields that are none are left out. */
static void write_record(const struct arcella_value *v, const arcella_type *type) {
    size_t written = 0;
    for (size_t i = 0; i < arcella_value_count(v); i++) {
        struct arcella_value item;
        CHECK(arcella_value_item(v, i, &item) == 0);
        if (item.kind == ARCELLA_OPTION && item.count == 0)
            continue;
        printf("%s", written++ ? ", " : "{");
        write_label(type, i);
        printf(": ");
        write_value(&item, arcella_type_part(type, i));
    }
    printf("%s", written ? "}" : "{:}");
}

static void write_case(const struct arcella_value *v, const arcella_type *type) {
    const struct arcella_value *payload;
    uint32_t number;
    CHECK(arcella_value_get_case(v, &number, &payload) == 0);
    if (v->kind == ARCELLA_OPTION)
        printf("%s", number ? "some" : "none");
    else if (v->kind == ARCELLA_RESULT)
        printf("%s", number ? "err" : "ok");
    else
        write_label(type, number);
    if (payload) {
        putchar('(');
        write_value(payload, arcella_type_part(type, number));
        putchar(')');
    }
}

static void write_flags(const struct arcella_value *v, const arcella_type *type) {
    uint32_t bits, written = 0;
    CHECK(arcella_value_get_flags(v, &bits) == 0);
    putchar('{');
    for (size_t i = 0; i < arcella_type_count(type); i++) {
        if (!(bits >> i & 1))
            continue;
        printf("%s", written++ ? ", " : "");
        write_label(type, i);
    }
    putchar('}');
}

static void write_char(uint32_t point) {
    CHECK(point >= 0x20); /* no call returns another */
    putchar('\'');
    if (point < 0x80)
        putchar((int)point);
    else if (point < 0x800)
        printf("%c%c", (int)(0xC0 | point >> 6), (int)(0x80 | (point & 0x3F)));
    else
        CHECK(!"a longer character");
    putchar('\'');
}

static void write_value(const struct arcella_value *v, const arcella_type *type) {
    CHECK(arcella_value_kind(v) == arcella_type_kind(type));
    switch (arcella_value_kind(v)) {
    case ARCELLA_BOOL: printf("%s", v->of.boolean ? "true" : "false"); return;
    case ARCELLA_S8:
    case ARCELLA_S16:
    case ARCELLA_S32:
    case ARCELLA_S64: printf("%lld", (long long)v->of.s64); return;
    case ARCELLA_U8:
    case ARCELLA_U16:
    case ARCELLA_U32:
    case ARCELLA_U64: printf("%llu", (unsigned long long)v->of.u64); return;
    case ARCELLA_F32: write_float(v->of.f32, 1); return;
    case ARCELLA_F64: write_float(v->of.f64, 0); return;
    case ARCELLA_CHAR: write_char((uint32_t)v->of.u64); return;
    case ARCELLA_STRING: write_text(v->of.text, v->count); return;
    case ARCELLA_RECORD: write_record(v, type); return;
    case ARCELLA_TUPLE: write_items(v, type, '(', ')'); return;
    case ARCELLA_LIST: write_items(v, type, '[', ']'); return;
    case ARCELLA_MAP: write_map(v, type); return;
    case ARCELLA_FLAGS: write_flags(v, type); return;
    case ARCELLA_OWN:
        CHECK(handles_count < COUNT(handles));
        handles[handles_count++] = *v;
        printf("handle(%zu)", handles_count);
        return;
    default: write_case(v, type); return;
    }
}

#endif
