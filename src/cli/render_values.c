/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Any JSON object for people: scalars as "key  value", lists of objects as tables, objects as sections.  What
 * a number means is told by the end of its key (_bytes, _ms), as the commands' page promises.
 */
#include <time.h>

#include "base/clock.h"
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
        if (strcmp(key, "offset") == 0) /* as in traces and disassemblies */
            snprintf(to, size, "0x%llx", (unsigned long long)number);
        else if (number >= 0 && is_size(key))
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

void render_age(const char *time, char *to, size_t size) {
    struct tm tm = {0};
    int end = 0;
    uint64_t now_s = clock_wall_ns() / 1000000000;
    if (sscanf(time, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &end) != 6 ||
        end != 19) {
        text_copy(to, size, *time ? time : "-");
        return;
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    time_t then_s = timegm(&tm);
    uint64_t age_s = then_s > 0 && (uint64_t)then_s < now_s ? now_s - (uint64_t)then_s : 0;
    /* One unit is enough to tell new from old; the time itself is in --json. */
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
    size_t unit = 0;
    while (unit + 1 < ARRAY_LENGTH(units) && age_s < units[unit].seconds)
        unit++;
    snprintf(to, size, "%" PRIu64 " %s ago", age_s / units[unit].seconds, units[unit].name);
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

/* Nothing to tell: what is empty, all the way down. */
static bool is_empty(const json_t *value) {
    const char *key;
    json_t *member;
    if (json_is_string(value))
        return !*json_string_value(value);
    if (json_is_array(value))
        return json_array_size(value) == 0;
    if (!json_is_object(value))
        return json_is_null(value);
    json_object_foreach((json_t *)(uintptr_t)value, key, member) if (!is_empty(member)) return false;
    return true;
}

/* An empty member is left out, unless it says something that there are none of it. */
static const char *word_for_none(const char *key) {
    static const char *const keys[] = {"problems", "grants", "granted", "denied", "requested"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        if (strcmp(key, keys[i]) == 0)
            return "none";
    return NULL;
}

static bool is_shown(const char *key, const json_t *value) {
    return !is_empty(value) || word_for_none(key);
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
    return json_is_object(value) && !is_empty(value) && !is_with_origin(value);
}

static void print_indent(const struct term *term, unsigned indent) {
    fprintf(term->to, "%*s", (int)(2 * indent), "");
}

/* "3 running, 1 failed" */
static void counts_text(const json_t *counts, char *to, size_t size) {
    const char *key;
    json_t *value;
    size_t at = 0;
    json_object_foreach((json_t *)(uintptr_t)counts, key, value) {
        int n = snprintf(to + at, size - at, "%s%lld %s", at ? ", " : "",
                         (long long)json_integer_value(value), key);
        at += n > 0 ? (size_t)n : 0;
        if (at >= size)
            return;
    }
}

/* How many there are of each kind and state, a line per kind. */
static json_t *counts_in_words(const json_t *counts) {
    JSON_AUTO *words = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)counts, key, value) {
        char text[256] = "";
        if (!json_is_object(value))
            return NULL;
        counts_text(value, text, sizeof(text));
        if (json_object_set_new(words, key, json_string(text)) < 0)
            return NULL;
    }
    return TAKE(words);
}

static void print_scalar(const char *key, const json_t *value, unsigned width, unsigned indent,
                         const struct term *term) {
    char title[80];
    char text[1024];
    title_of(key, title, sizeof(title));
    bool origin = is_with_origin(value);
    const json_t *written = origin ? json_object_get(value, "text") : NULL;
    if (is_empty(value) && word_for_none(key))
        text_copy(text, sizeof(text), word_for_none(key));
    else
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

/* The columns of rows: the keys that any of them has. */
struct columns {
    struct {
        const char *key;
        unsigned flags; /* enum column_flag */
        char title[64];
    } all[16];
    size_t count;
};

/* Objects inside rows are for --json. */
static bool is_column(const json_t *value) {
    return !is_rows(value) && !(json_is_object(value) && json_object_size(value));
}

/* A key that the rows before had not stands behind the one in front of it in its own row. */
static void add_columns(struct columns *columns, const json_t *row) {
    const char *key;
    json_t *value;
    size_t next = 0;
    json_object_foreach((json_t *)(uintptr_t)row, key, value) {
        size_t at = 0;
        while (at < columns->count && strcmp(columns->all[at].key, key) != 0)
            at++;
        if (at < columns->count) {
            next = at + 1;
            continue;
        }
        if (columns->count == ARRAY_LENGTH(columns->all) || !is_column(value))
            continue;
        memmove(&columns->all[next + 1], &columns->all[next],
                (columns->count++ - next) * sizeof(*columns->all));
        columns->all[next].key = key;
        columns->all[next].flags = json_is_number(value) ? COLUMN_RIGHT : COLUMN_CUT;
        next++;
    }
}

static void print_rows(const json_t *rows, unsigned indent, const struct term *term) {
    CLEANUP(table_free_ptr) struct table *table = table_new();
    struct columns columns = {.count = 0};
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)(uintptr_t)rows, i, row) add_columns(&columns, row);
    for (size_t c = 0; c < columns.count; c++) {
        char *title = columns.all[c].title;
        title_of(columns.all[c].key, title, sizeof(columns.all[c].title));
        for (char *at = title; *at; at++)
            *at = (char)toupper((unsigned char)*at);
        table_column(table, title, columns.all[c].flags);
    }
    json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
        for (size_t c = 0; c < columns.count; c++) {
            char text[512];
            const json_t *value = json_object_get(row, columns.all[c].key);
            render_value(columns.all[c].key, value && is_column(value) ? value : NULL, text, sizeof(text));
            table_cell(table, text);
        }
    }
    table_print(table, indent, term);
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
        unsigned inner = 2 * (indent + 1);
        if (is_rows(value) && !render_known_list(key, value, inner, term))
            print_rows(value, inner, term);
        JSON_AUTO *words = strcmp(key, "counts") == 0 ? counts_in_words(value) : NULL;
        if (!is_rows(value))
            render_object(words ? words : value, indent + 1, term);
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
        if (is_shown(key, value) && !is_rows(value) && !is_section(value) && term_columns(title) > width)
            width = term_columns(title);
    }
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (is_shown(key, value) && !is_rows(value) && !is_section(value))
            print_scalar(key, value, width, indent, term);
    }
    print_sections(object, indent, width == 0, term);
}
