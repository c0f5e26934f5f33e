/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Grants for people: what a package asks for, what is granted and denied, what was refused and what helps. */
#include "cli_internal.h"

static const char *member(const json_t *object, const char *key) {
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

/* Notes go beside what a pipe takes. */
static void note(const char *text) {
    struct term term = term_of(stderr);
    term_text(&term, COLOR_YELLOW, "note: ", false);
    term_text(&term, COLOR_NONE, text, false);
    fputc('\n', stderr);
}

void render_requests(const json_t *data) {
    const char *id = member(data, "deployment");
    size_t i;
    json_t *request;
    json_array_foreach(json_object_get(data, "requests"), i, request) {
        char text[4096];
        const char *allow = member(request, "allow");
        if (json_is_true(json_object_get(request, "granted")))
            continue;
        int n = snprintf(text, sizeof(text), "it asks for %s %s %s (%s)", member(request, "class"),
                         member(request, "action"), member(request, "pattern"), member(request, "reason"));
        if (n > 0 && (size_t)n < sizeof(text) && *id)
            snprintf(text + n, sizeof(text) - (size_t)n, ", which is not granted: arcella-cli grant %s %s",
                     id, allow);
        else if (n > 0 && (size_t)n < sizeof(text))
            snprintf(text + n, sizeof(text) - (size_t)n, ", which %s grants", allow);
        note(text);
    }
}

void render_announcement(const json_t *progress) {
    BUFFER_AUTO text = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    size_t i;
    json_t *name;
    int r = buffer_text(&text, member(progress, "message"), NULL);
    json_array_foreach(json_object_get(progress, "restarting"), i, name) {
        const char *id = json_is_string(name) ? json_string_value(name) : "?";
        if (r == 0)
            r = buffer_format(&text, NULL, "%s%s", i ? ", " : ": ", id);
    }
    note(r == 0 ? text.data : member(progress, "message"));
}

/* --- explain --- */

static void print_refusals(const json_t *rows, const struct term *term) {
    static const struct {
        const char *title, *key;
        unsigned flags;
    } columns[] = {{"CLASS", "class", 0},
                   {"ACTION", "action", 0},
                   {"RESOURCE", "resource", COLUMN_CUT},
                   {"TIMES", "count", COLUMN_RIGHT},
                   {"LAST", "last", 0},
                   {"WHY", "reason", COLUMN_CUT}};
    CLEANUP(table_free_ptr) struct table *table = table_new();
    for (size_t c = 0; c < ARRAY_LENGTH(columns); c++)
        table_column(table, columns[c].title, columns[c].flags);
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
        for (size_t c = 0; c < ARRAY_LENGTH(columns); c++) {
            char cell[512];
            if (strcmp(columns[c].key, "last") == 0)
                render_age(member(row, "last"), cell, sizeof(cell));
            else
                render_value(columns[c].key, json_object_get(row, columns[c].key), cell, sizeof(cell));
            table_cell(table, cell);
        }
    }
    table_print(table, 0, term);
}

/* Whole lines, never broken: they are there to be pasted. */
static void print_commands(const json_t *rows, const struct term *term) {
    size_t i;
    json_t *row;
    bool first = true;
    json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
        const char *command = member(row, "command");
        if (!*command)
            continue;
        fputs(first ? "\nAllow it with:\n" : "", term->to);
        first = false;
        fputs("  ", term->to);
        term_text(term, COLOR_BOLD, command, false);
        fputc('\n', term->to);
    }
}

static void print_flags(const char *title, const char *flags, const struct term *term) {
    if (!*flags)
        return;
    fprintf(term->to, "\n%s\n  ", title);
    term_text(term, COLOR_BOLD, flags, false);
    fputc('\n', term->to);
}

void render_explained(const json_t *data, const char *message, const struct term *term) {
    const json_t *refused = json_object_get(data, "refused"), *passed = json_object_get(data, "passed");
    term_text(term, COLOR_NONE, message, false);
    fputc('\n', term->to);
    if (json_array_size(refused)) {
        fputc('\n', term->to);
        print_refusals(refused, term);
        print_commands(refused, term);
    }
    if (json_array_size(passed)) {
        fputs("\nOnly --audit-only let this pass:\n\n", term->to);
        print_refusals(passed, term);
        print_flags("A tight policy needs these flags:", member(data, "flags"), term);
        print_flags("Tried, and not there; these cannot be given before it is:", member(data, "absent"),
                    term);
    }
    json_int_t others = json_integer_value(json_object_get(data, "others"));
    if (others)
        fprintf(term->to, "\n%lld more were too many to be told apart.\n", (long long)others);
}

/* --- grant, revoke, inspect --permissions --- */

static void print_names(const json_t *names, const char *title, const struct term *term) {
    size_t i;
    json_t *name;
    json_array_foreach((json_t *)(uintptr_t)names, i, name) {
        fputs(i ? ", " : title, term->to);
        term_text(term, COLOR_BOLD, json_is_string(name) ? json_string_value(name) : "?", false);
    }
    if (json_array_size(names))
        fputc('\n', term->to);
}

void render_changed(const json_t *data, const char *message, const struct term *term) {
    size_t i;
    json_t *row;
    term_text(term, COLOR_NONE, message, false);
    fputc('\n', term->to);
    print_names(json_object_get(data, "restarted"), "started again: ", term);
    print_names(json_object_get(data, "not_restarted"), "not started again: ", term);
    json_array_foreach(json_object_get(data, "shortened"), i, row) {
        char text[1024];
        snprintf(text, sizeof(text), "%.16s %.64s %.600s was granted for good and ends now at %.40s",
                 member(row, "class"), member(row, "action"), member(row, "pattern"), member(row, "expires"));
        note(text);
    }
}
