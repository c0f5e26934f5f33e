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
    unsigned flags; /* enum column_flag */
};

struct list {
    const char *member;
    const char *none; /* what to say of an empty one */
    struct list_column columns[10];
};

static const struct list lists[] = {
    {"components",
     "no component is installed; `arcella install PATH` installs one",
     {{"ID", "id", 0},
      {"KIND", "kind", 0},
      {"STATE", "state", 0},
      {"SIZE", "size", COLUMN_RIGHT},
      {"INSTALLED", "installed", COLUMN_SPARE},
      {"DIGEST", "digest", COLUMN_SPARE},
      {"SOURCE", "source", COLUMN_SPARE | COLUMN_CUT | COLUMN_HEAD}}},
    {"deployments",
     "there is no deployment; `arcella start COMPONENT` makes one",
     {{"ID", "id", 0},
      {"COMPONENT", "component", COLUMN_SPARE},
      {"GROUP", "group", COLUMN_SPARE},
      {"STATE", "state", 0},
      {"WANTED", "wanted", 0},
      {"RUNNING", "running", COLUMN_RIGHT},
      {"RESTARTS", "restarts", COLUMN_RIGHT},
      {"LAST OUTCOME", "outcome", COLUMN_CUT}}},
    {"instances",
     "no instance runs",
     {{"ADDRESS", "address", 0},
      {"COMPONENT", "component", COLUMN_SPARE},
      {"STATE", "state", 0},
      {"WORKER", "worker_pid", COLUMN_RIGHT},
      {"UPTIME", "uptime_ms", COLUMN_RIGHT},
      {"RESTARTS", "restarts", COLUMN_RIGHT},
      {"MEMORY", "memory_bytes", COLUMN_RIGHT},
      {"CPU", "cpu_ms", COLUMN_RIGHT}}},
    {"workers",
     "no worker runs",
     {{"GROUP", "group", 0},
      {"PID", "pid", COLUMN_RIGHT},
      {"STATE", "state", 0},
      {"INSTANCES", "instances", COLUMN_RIGHT},
      {"MEMORY", "memory_bytes", COLUMN_RIGHT},
      {"STARTED", "started", COLUMN_SPARE}}},
};

/* How a run ended; the sentence of the daemon mostly has the exit code in it. */
static void outcome_cell(const json_t *row, char *to, size_t size) {
    const char *outcome = text_of_member(row, "outcome");
    json_int_t code = json_integer_value(json_object_get(row, "exit_code"));
    if (code && !strstr(outcome, "code"))
        snprintf(to, size, "%s%sexit code %lld", outcome, *outcome ? ", " : "", (long long)code);
    else
        text_copy(to, size, *outcome ? outcome : "-");
}

/* Cells that are not just the member of their name. */
static bool special_cell(const struct list_column *column, const json_t *row, char *to, size_t size) {
    const char *key = column->key;
    if (strcmp(key, "running") == 0) {
        snprintf(to, size, "%lld/%lld", (long long)json_integer_value(json_object_get(row, key)),
                 (long long)json_integer_value(json_object_get(row, "replicas")));
    } else if (strcmp(key, "outcome") == 0) {
        outcome_cell(row, to, size);
    } else if (strcmp(key, "installed") == 0 || strcmp(key, "started") == 0) {
        render_age(text_of_member(row, key), to, size);
    } else if (strcmp(key, "worker_pid") == 0 || strcmp(key, "uptime_ms") == 0) {
        /* One that waits to be started again is in no worker. */
        if (json_integer_value(json_object_get(row, "worker_pid")) != 0)
            return false;
        text_copy(to, size, "-");
    } else {
        return false;
    }
    return true;
}

static void render_list(const struct list *list, const json_t *rows, unsigned indent,
                        const struct term *term) {
    if (json_array_size(rows) == 0) {
        fprintf(term->to, "%*s", (int)indent, "");
        term_text(term, COLOR_NONE, list->none, false);
        fputc('\n', term->to);
        return;
    }
    CLEANUP(table_free_ptr) struct table *table = table_new();
    for (const struct list_column *c = list->columns; c->title; c++)
        table_column(table, c->title, c->flags);
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
        for (const struct list_column *c = list->columns; c->title; c++) {
            char cell[512];
            if (!special_cell(c, row, cell, sizeof(cell)))
                render_value(c->key, json_object_get(row, c->key), cell, sizeof(cell));
            table_cell(table, cell);
        }
    }
    table_print(table, indent, term);
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
    const char *error = text_of_member(line, "error");
    if (*error) {
        fputs(": ", term->to);
        term_text(term, COLOR_NONE, error, false);
        fputs(" [", term->to);
        term_text(term, COLOR_DIM, text_of_member(line, "code"), false);
        fputc(']', term->to);
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

/* --- pieces of replies --- */

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

bool render_known_list(const char *member, const json_t *rows, unsigned indent, const struct term *term) {
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        if (strcmp(lists[i].member, member) == 0) {
            render_list(&lists[i], rows, indent, term);
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
        render_list(&lists[i], rows, 0, term);
        any = true;
    }
    return any;
}

/* --- status and inspect --- */

bool render_wit(const json_t *data, const struct term *term) {
    const char *wit = json_string_value(json_object_get(json_object_get(data, "component"), "wit"));
    if (wit)
        term_text(term, COLOR_NONE, wit, true);
    return wit != NULL;
}

/* Leave out of a policy what nobody chose. @return whether anything was */
static bool drop_defaults(json_t *policy) {
    const char *key;
    json_t *value;
    void *next;
    bool any = false;
    json_object_foreach_safe(policy, next, key, value) {
        if (strcmp(text_of_member(value, "origin"), "default") != 0)
            continue;
        json_object_del(policy, key);
        any = true;
    }
    return any;
}

/* Counters of all instances as rows of their own: a table in a table fits no terminal. */
static json_t *counters_of(json_t *instances) {
    JSON_AUTO *rows = json_array();
    size_t i, n;
    json_t *instance, *counter;
    json_array_foreach(instances, i, instance) {
        json_array_foreach(json_object_get(instance, "counters"), n, counter) {
            json_t *row = json_pack("{s:O?}", "instance", json_object_get(instance, "address"));
            if (!row || json_object_update(row, counter) < 0 || json_array_append(rows, row) < 0) {
                json_decref(row);
                return NULL;
            }
            json_decref(row);
        }
    }
    return TAKE(rows);
}

/*
 * What a person asks first stands first; `status` tells of a policy only what differs from the defaults,
 * since `inspect` has all.
 */
static void render_target(const struct alme_command *command, const json_t *data, const struct term *term) {
    static const struct {
        const char *key;
        const char *title;
    } order[] = {{"component", "component"},
                 {"deployments", "deployments"},
                 {"deployment", "deployment"},
                 {"outcome", "last_outcome"},
                 {"instances", "instances"}};
    JSON_AUTO *rest = json_deep_copy(data);
    JSON_AUTO *shown = json_object();
    for (size_t i = 0; rest && shown && i < ARRAY_LENGTH(order); i++) {
        json_t *member = json_object_get(rest, order[i].key);
        if (member && json_object_set(shown, order[i].title, member) == 0)
            json_object_del(rest, order[i].key);
    }
    if (!rest || !shown || json_object_update(shown, rest) < 0) {
        render_object(data, 0, term);
        return;
    }
    json_t *counters = counters_of(json_object_get(shown, "instances"));
    if (counters && json_object_set_new(shown, "counters", counters) < 0)
        counters = NULL;
    json_t *deployment = json_object_get(shown, "deployment");
    if (json_object_get(shown, "last_outcome"))
        json_object_del(deployment, "outcome"); /* told at length below */
    bool brief = command->id == ALME_STATUS && drop_defaults(json_object_get(deployment, "policy"));
    render_object(shown, 0, term);
    if (!brief)
        return;
    char text[LIMIT_ID_BYTES + 64];
    snprintf(text, sizeof(text), "\nThe rest of its policy is default; `arcella inspect %s` shows it.\n",
             text_of_member(deployment, "id"));
    term_text(term, COLOR_DIM, text, true);
}

/* --- doctor --- */

void render_checks(const json_t *data, const char *message, const struct term *term) {
    const json_t *checks = json_object_get(data, "checks");
    unsigned width = 0;
    size_t i;
    json_t *check;
    json_array_foreach((json_t *)(uintptr_t)checks, i, check) {
        unsigned columns = term_columns(text_of_member(check, "name"));
        width = columns > width ? columns : width;
    }
    json_array_foreach((json_t *)(uintptr_t)checks, i, check) {
        bool ok = json_is_true(json_object_get(check, "ok"));
        const char *name = text_of_member(check, "name");
        const char *hint = text_of_member(check, "hint");
        unsigned indent = 6 + width + 2;
        term_text(term, ok ? COLOR_GREEN : COLOR_RED, ok ? "ok  " : "FAIL", false);
        fputs("  ", term->to);
        term_text(term, COLOR_BOLD, name, false);
        fprintf(term->to, "%*s", (int)(width - term_columns(name) + 2), "");
        term_wrapped(term, text_of_member(check, "message"), indent, indent);
        fputc('\n', term->to);
        if (*hint) {
            fprintf(term->to, "%*s", (int)indent, "");
            term_text(term, COLOR_CYAN, "hint: ", false);
            term_wrapped(term, hint, indent + 6, indent + 6);
            fputc('\n', term->to);
        }
    }
    fputc('\n', term->to);
    term_text(term, COLOR_NONE, message, false);
    fputc('\n', term->to);
}

/* --- replies --- */

static void render_log(const json_t *lines, const struct term *term) {
    size_t i;
    json_t *line;
    json_array_foreach((json_t *)(uintptr_t)lines, i, line) render_log_line(line, term);
    /* An empty answer to a mistyped name would look as if all were well. */
    if (i == 0)
        fputs("no line of the log matches\n", stderr);
}

void render_success(const struct alme_command *command, const struct alme_answer *answer,
                    const struct term *term) {
    const json_t *data = answer->data;
    switch (command->id) {
    case ALME_LIST:
        if (render_lists(data, term))
            return;
        break;
    case ALME_LOGS:
        if (json_is_array(json_object_get(data, "lines"))) {
            render_log(json_object_get(data, "lines"), term);
            return;
        }
        break;
    case ALME_CALL:
        if (json_is_string(json_object_get(data, "wave"))) {
            term_text(term, COLOR_NONE, json_string_value(json_object_get(data, "wave")), true);
            fputc('\n', term->to);
        }
        return;
    case ALME_EXPLAIN: render_explained(data, answer->message, term); return;
    case ALME_GRANT:
    case ALME_REVOKE: render_changed(data, answer->message, term); return;
    case ALME_STATUS:
    case ALME_INSPECT:
        if (json_is_object(json_object_get(data, "permissions"))) {
            render_object(json_object_get(data, "permissions"), 0, term);
            return;
        }
        if (render_wit(data, term))
            return;
        if (json_is_object(data)) {
            render_target(command, data, term);
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
    if (command->id == ALME_START || command->id == ALME_INSTALL)
        render_requests(data);
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
