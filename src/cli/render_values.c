/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Any JSON object for people: scalars as "key  value", lists of objects as tables, objects as sections.  What
 * a number means is told by the end of its key (_bytes, _ms), as the commands' page promises.
 */
#include "cli_internal.h"

/* What may be shown of objects inside objects; deeper ones are JSON. */
#define DEPTH_MAX 6

static bool is_size(const char *key) {
    return text_ends(key, "_bytes") || strcmp(key, "bytes") == 0 || strcmp(key, "size") == 0 ||
           strcmp(key, "memory") == 0;
}

static bool is_duration(const char *key) {
    return text_ends(key, "_ms");
}

static void value_json(const json_t *value, char *to, size_t size) {
    BUFFER_AUTO text = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    if (json_add(&text, value, NULL) < 0 || !text.data)
        text_copy(to, size, "?");
    else if (!text_copy(to, size, text.data))
        memcpy(to + size - 4, "…", 4);
}

/* Texts of a list, separated by commas. */
static void value_list(const char *key, const json_t *list, char *to, size_t size) {
    size_t at = 0;
    size_t i;
    json_t *element;
    to[0] = '\0';
    json_array_foreach((json_t *)(uintptr_t)list, i, element) {
        char one[256];
        render_value(key, element, one, sizeof(one));
        int n = snprintf(to + at, size - at, "%s%s", i ? ", " : "", one);
        at += n > 0 ? (size_t)n : 0;
        if (at >= size)
            return;
    }
    if (i == 0)
        text_copy(to, size, "-");
}

void render_value(const char *key, const json_t *value, char *to, size_t size) {
    if (!value || json_is_null(value)) {
        text_copy(to, size, "-");
    } else if (json_is_string(value)) {
        const char *s = json_string_value(value);
        /* Twelve digits tell digests apart; --json has all. */
        if (strcmp(key, "digest") == 0 && size > 13)
            size = 13;
        text_copy(to, size, *s ? s : "-");
    } else if (json_is_boolean(value)) {
        text_copy(to, size, json_is_true(value) ? "yes" : "no");
    } else if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        if (number >= 0 && is_size(key))
            text_format_size((uint64_t)number, to, size);
        else if (number >= 0 && is_duration(key))
            text_format_duration((uint64_t)number, to, size);
        else
            snprintf(to, size, "%lld", (long long)number);
    } else if (json_is_real(value)) {
        snprintf(to, size, "%g", json_real_value(value));
    } else if (json_is_array(value)) {
        value_list(key, value, to, size);
    } else if (json_is_object(value) && json_object_size(value) == 0) {
        text_copy(to, size, "-");
    } else {
        value_json(value, to, size);
    }
}

/* "uptime_ms" reads "uptime", "worker_pid" reads "worker pid". */
static void title_of(const char *key, char *to, size_t size) {
    text_copy(to, size, key);
    size_t length = strlen(to);
    if (text_ends(to, "_bytes") && length > 6)
        to[length - 6] = '\0';
    else if (text_ends(to, "_ms") && length > 3)
        to[length - 3] = '\0';
    for (char *at = to; *at; at++)
        if (*at == '_')
            *at = ' ';
}

static bool is_rows(const json_t *value) {
    return json_array_size(value) > 0 && json_is_object(json_array_get(value, 0));
}

/* A value with an origin, as effective policies have, stands in one line; as it was written where that is
 * known. */
static bool is_with_origin(const json_t *value) {
    return json_is_object(value) && json_object_get(value, "value") &&
           json_is_string(json_object_get(value, "origin"));
}

static bool is_section(const json_t *value) {
    return json_is_object(value) && json_object_size(value) > 0 && !is_with_origin(value);
}

static void print_indent(const struct term *term, unsigned indent) {
    fprintf(term->to, "%*s", (int)(2 * indent), "");
}

static void print_scalar(const char *key, const json_t *value, unsigned width, unsigned indent,
                         const struct term *term) {
    char title[80];
    char text[1024];
    title_of(key, title, sizeof(title));
    bool origin = is_with_origin(value);
    const json_t *written = origin ? json_object_get(value, "text") : NULL;
    render_value(key,
                 written  ? written
                 : origin ? json_object_get(value, "value")
                          : value,
                 text, sizeof(text));
    print_indent(term, indent);
    term_text(term, COLOR_BOLD, title, false);
    unsigned columns = term_columns(title);
    fprintf(term->to, "%*s", (int)(columns < width ? width - columns + 2 : 2), "");
    term_text(term, term_color_of(text), text, false);
    if (origin) {
        term_text(term, COLOR_DIM, "  (", false);
        term_text(term, COLOR_DIM, json_string_value(json_object_get(value, "origin")), false);
        term_text(term, COLOR_DIM, ")", false);
    }
    fputc('\n', term->to);
}

/* Objects inside rows, and what only later rows have, are for --json. */
static bool is_column(const json_t *value) {
    return !is_rows(value) && !(json_is_object(value) && json_object_size(value));
}

/* Columns are the keys of the first row. */
static void print_rows(const json_t *rows, const struct term *term) {
    CLEANUP(table_free_ptr) struct table *table = table_new();
    const json_t *first = json_array_get(rows, 0);
    const char *key;
    json_t *value;
    size_t i;
    json_t *row;
    char titles[16][64];
    size_t count = 0;
    json_object_foreach((json_t *)(uintptr_t)first, key, value) {
        if (count == ARRAY_LENGTH(titles))
            break;
        if (!is_column(value))
            continue;
        title_of(key, titles[count], sizeof(titles[count]));
        for (char *at = titles[count]; *at; at++)
            *at = (char)toupper((unsigned char)*at);
        table_column(table, titles[count++], json_is_number(value), !json_is_number(value));
    }
    json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
        size_t cells = 0;
        json_object_foreach((json_t *)(uintptr_t)first, key, value) {
            if (!is_column(value))
                continue;
            if (cells++ == count)
                break;
            char text[512];
            render_value(key, json_object_get(row, key), text, sizeof(text));
            table_cell(table, text);
        }
    }
    table_print(table, term);
}

static void print_sections(const json_t *object, unsigned indent, bool first, const struct term *term) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (!is_rows(value) && !is_section(value))
            continue;
        char title[80];
        title_of(key, title, sizeof(title));
        if (indent == 0 && !first)
            fputc('\n', term->to);
        first = false;
        print_indent(term, indent);
        term_text(term, COLOR_BOLD, title, false);
        fputs(":\n", term->to);
        if (is_rows(value) && !render_known_list(key, value, term))
            print_rows(value, term);
        else if (!is_rows(value))
            render_object(value, indent + 1, term);
    }
}

void render_object(const json_t *object, unsigned indent, const struct term *term) {
    if (indent > DEPTH_MAX) {
        char text[1024];
        value_json(object, text, sizeof(text));
        print_indent(term, indent);
        term_text(term, COLOR_NONE, text, false);
        fputc('\n', term->to);
        return;
    }
    unsigned width = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        char title[80];
        title_of(key, title, sizeof(title));
        if (!is_rows(value) && !is_section(value) && term_columns(title) > width)
            width = term_columns(title);
    }
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (!is_rows(value) && !is_section(value))
            print_scalar(key, value, width, indent, term);
    }
    print_sections(object, indent, width == 0, term);
}
