/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Replies for people.  Lists have columns chosen here; everything else prints as it comes (render_values.c),
 * so a member the daemon adds is seen without a change here.
 */
#include "cli_internal.h"

static const char *text_of_member(const json_t *object, const char *key) {
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

/* --- lists --- */

struct list_column {
    const char *title;
    const char *key;
    bool right;
    bool shrink;
};

struct list {
    const char *member;
    const char *none; /* what to say of an empty one */
    struct list_column columns[10];
};

static const struct list lists[] = {
    {"components",
     "no component is installed; `arcella install PATH` installs one",
     {{"ID", "id", false, true},
      {"KIND", "kind", false, false},
      {"STATE", "state", false, false},
      {"SIZE", "size", true, false},
      {"DIGEST", "digest", false, true},
      {"INSTALLED", "installed", false, false},
      {"SOURCE", "source", false, true}}},
    {"deployments",
     "there is no deployment; `arcella start COMPONENT` makes one",
     {{"ID", "id", false, true},
      {"COMPONENT", "component", false, true},
      {"GROUP", "group", false, true},
      {"STATE", "state", false, false},
      {"WANTED", "wanted", false, false},
      {"RUNNING", "running", true, false},
      {"RESTARTS", "restarts", true, false},
      {"OUTCOME", "outcome", false, true}}},
    {"instances",
     "no instance runs",
     {{"ADDRESS", "address", false, true},
      {"COMPONENT", "component", false, true},
      {"STATE", "state", false, false},
      {"WORKER", "worker_pid", true, false},
      {"UPTIME", "uptime_ms", true, false},
      {"RESTARTS", "restarts", true, false},
      {"MEMORY", "memory_bytes", true, false},
      {"CPU", "cpu_ms", true, false}}},
    {"workers",
     "no worker runs",
     {{"GROUP", "group", false, true},
      {"PID", "pid", true, false},
      {"STATE", "state", false, false},
      {"INSTANCES", "instances", true, false},
      {"MEMORY", "memory_bytes", true, false},
      {"STARTED", "started", false, false}}},
};

/* Cells that are made of several members. */
static bool special_cell(const struct list_column *column, const json_t *row, char *to, size_t size) {
    if (strcmp(column->key, "running") == 0) {
        snprintf(to, size, "%lld/%lld", (long long)json_integer_value(json_object_get(row, "running")),
                 (long long)json_integer_value(json_object_get(row, "replicas")));
        return true;
    }
    const json_t *code = json_object_get(row, "exit_code");
    if (strcmp(column->key, "outcome") == 0 && json_is_integer(code)) {
        const char *outcome = text_of_member(row, "outcome");
        snprintf(to, size, "%s%sexit code %lld", outcome, *outcome ? ", " : "",
                 (long long)json_integer_value(code));
        return true;
    }
    return false;
}

static void render_list(const struct list *list, const json_t *rows, const struct term *term) {
    if (json_array_size(rows) == 0) {
        term_text(term, COLOR_NONE, list->none, false);
        fputc('\n', term->to);
        return;
    }
    CLEANUP(table_free_ptr) struct table *table = table_new();
    for (const struct list_column *c = list->columns; c->title; c++)
        table_column(table, c->title, c->right, c->shrink);
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
        for (const struct list_column *c = list->columns; c->title; c++) {
            char cell[256];
            if (!special_cell(c, row, cell, sizeof(cell)))
                render_value(c->key, json_object_get(row, c->key), cell, sizeof(cell));
            table_cell(table, cell);
        }
    }
    table_print(table, term);
}

/* --- log lines and events --- */

static void render_log_line(const json_t *line, const struct term *term) {
    const char *level = text_of_member(line, "level");
    const char *who = text_of_member(line, "instance");
    if (!*who)
        who = text_of_member(line, "deployment");
    if (!*who)
        who = text_of_member(line, "component");
    if (!*who)
        who = text_of_member(line, "group");
    const char *stream = text_of_member(line, "stream");
    const char *fields = text_of_member(line, "fields");
    term_text(term, COLOR_DIM, text_of_member(line, "time"), false);
    fputc(' ', term->to);
    term_text(term, term_color_of(level), level, false);
    fprintf(term->to, "%*s ", (int)(strlen(level) < 5 ? 5 - strlen(level) : 0), "");
    term_text(term, COLOR_NONE, text_of_member(line, "unit"), false);
    if (*who) {
        fputc(' ', term->to);
        term_text(term, COLOR_BOLD, who, false);
    }
    if (*stream) {
        fputc(' ', term->to);
        term_text(term, COLOR_DIM, stream, false);
    }
    fputs(": ", term->to);
    term_text(term, COLOR_NONE, text_of_member(line, "message"), false);
    if (*fields) {
        fputc(' ', term->to);
        term_text(term, COLOR_DIM, fields, false);
    }
    fputc('\n', term->to);
}

static void render_event(const json_t *event, const struct term *term) {
    const char *from = text_of_member(event, "from");
    const char *to = text_of_member(event, "to");
    const char *reason = text_of_member(event, "reason");
    term_text(term, COLOR_DIM, text_of_member(event, "time"), false);
    fputc(' ', term->to);
    term_text(term, COLOR_NONE, text_of_member(event, "kind"), false);
    fputc(' ', term->to);
    term_text(term, COLOR_BOLD, text_of_member(event, "id"), false);
    fputc(' ', term->to);
    if (*from) {
        term_text(term, term_color_of(from), from, false);
        fputs(" -> ", term->to);
    }
    term_text(term, term_color_of(to), to, false);
    if (*reason) {
        fputs(" (", term->to);
        term_text(term, COLOR_NONE, reason, false);
        fputc(')', term->to);
    }
    fputc('\n', term->to);
}

void render_item(const struct alme_command *command, const json_t *item, const struct term *term) {
    if (command->id == ALME_LOGS)
        render_log_line(item, term);
    else
        render_event(item, term);
    fflush(term->to);
}

/* --- replies --- */

/* Warnings that came with success are for people too, apart from what a pipe takes. */
static void render_warnings(const json_t *data) {
    struct term term = term_of(stderr);
    size_t i;
    json_t *warning;
    json_array_foreach(json_object_get(data, "warnings"), i, warning) {
        term_text(&term, COLOR_YELLOW, "warning: ", false);
        term_text(&term, COLOR_NONE, json_is_string(warning) ? json_string_value(warning) : "?", false);
        fputc('\n', stderr);
    }
}

bool render_known_list(const char *member, const json_t *rows, const struct term *term) {
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        if (strcmp(lists[i].member, member) == 0) {
            render_list(&lists[i], rows, term);
            return true;
        }
    }
    return false;
}

static bool render_lists(const json_t *data, const struct term *term) {
    bool any = false;
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        const json_t *rows = json_object_get(data, lists[i].member);
        if (!json_is_array(rows))
            continue;
        if (any)
            fputc('\n', term->to);
        render_list(&lists[i], rows, term);
        any = true;
    }
    return any;
}

void render_success(const struct alme_command *command, const struct alme_answer *answer,
                    const struct term *term) {
    const json_t *data = answer->data;
    switch (command->id) {
    case ALME_LIST:
        if (render_lists(data, term))
            return;
        break;
    case ALME_LOGS: {
        size_t i;
        json_t *line;
        json_array_foreach(json_object_get(data, "lines"), i, line) render_log_line(line, term);
        return;
    }
    case ALME_STATUS:
    case ALME_INSPECT:
        if (json_is_object(data)) {
            render_object(data, 0, term);
            return;
        }
        break;
    default: break;
    }
    if (*answer->message) {
        term_text(term, COLOR_NONE, answer->message, true);
        fputc('\n', term->to);
    }
    render_warnings(data);
}

void render_failure(const char *message, const char *code, const char *hint) {
    struct term term = term_of(stderr);
    term_text(&term, COLOR_RED, "error: ", false);
    term_text(&term, COLOR_NONE, message, true);
    if (*code) {
        term_text(&term, COLOR_DIM, " [", false);
        term_text(&term, COLOR_DIM, code, false);
        term_text(&term, COLOR_DIM, "]", false);
    }
    fputc('\n', stderr);
    if (*hint) {
        term_text(&term, COLOR_CYAN, "hint: ", false);
        term_text(&term, COLOR_NONE, hint, true);
        fputc('\n', stderr);
    }
}
