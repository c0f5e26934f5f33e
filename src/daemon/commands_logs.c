/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* logs, events, set-log-level, shutdown. */
#include "base/json.h"
#include "daemon/commands.h"
#include "daemon/events.h"

/* --- logs --- */

/* Which lines, and the last of them. */
struct tail {
    struct log_choice choice;
    uint64_t skip; /* matching lines to pass over first */
    uint64_t seen;
    json_t *list;
    bool failed;
};

static bool count_line(const struct log_line *line, void *user) {
    struct tail *tail = user;
    tail->seen += log_line_is_chosen(line, &tail->choice);
    return true;
}

static bool take_line(const struct log_line *line, void *user) {
    struct tail *tail = user;
    if (!log_line_is_chosen(line, &tail->choice))
        return true;
    if (tail->skip) {
        tail->skip--;
        return true;
    }
    json_t *one = log_line_json(line);
    tail->failed = !one || json_array_append_new(tail->list, one) < 0;
    return !tail->failed;
}

static void follow(struct call *call, const struct tail *tail, json_t *lines) {
    arcella_error *error = NULL;
    size_t index;
    json_t *line;
    struct daemon *daemon = call->daemon;
    if (events_follow(daemon, call, &tail->choice, &error) < 0) {
        call_fail(call, error, NULL);
        return;
    }
    /* The client may be gone after any of these, and the call with it. */
    size_t count = json_array_size(lines);
    json_array_foreach(lines, index, line) {
        const struct event_stream *streams = daemon->streams;
        call_item(call, json_incref(line));
        if (daemon->streams != streams)
            return;
    }
    (void)count;
}

void command_logs(struct call *call) {
    struct tail tail = {
        .choice = {.target = alme_text(&call->request, "target"), .level = LOG_TRACE, .unit = LOG_UNITS}};
    const char *level = alme_text(&call->request, "level");
    const char *unit = alme_text(&call->request, "unit");
    if (level && !log_level_find(level, &tail.choice.level))
        tail.choice.level = LOG_TRACE;
    for (int i = 0; unit && i < LOG_UNITS; i++)
        if (strcmp(unit, log_unit_name((enum log_unit)i)) == 0)
            tail.choice.unit = (enum log_unit)i;
    uint64_t count = alme_number(&call->request, "count", DEFAULT_LOG_TAIL_LINES);
    JSON_AUTO *list = json_array();
    tail.list = list;
    log_ring_walk(call->daemon->ring, count_line, &tail);
    tail.skip = tail.seen > count ? tail.seen - count : 0;
    if (list)
        log_ring_walk(call->daemon->ring, take_line, &tail);
    if (!list || tail.failed) {
        call_fail(call, NULL, NULL);
        return;
    }
    if (alme_bool(&call->request, "follow")) {
        follow(call, &tail, list);
        return;
    }
    JSON_AUTO *data = json_object();
    size_t lines = json_array_size(list);
    bool ok = data != NULL;
    json_put(data, "lines", TAKE(list), &ok);
    if (ok)
        call_reply(call, TAKE(data), "%zu lines", lines);
    else
        call_fail(call, NULL, NULL);
}

void command_events(struct call *call) {
    arcella_error *error = NULL;
    if (events_watch(call->daemon, call, alme_text(&call->request, "target"), &error) < 0)
        call_fail(call, error, NULL);
}

/* --- levels --- */

void command_set_log_level(struct call *call) {
    struct daemon *daemon = call->daemon;
    char before[1024], after[1024];
    arcella_error *error = NULL;
    log_get_levels(before, sizeof(before));
    int r = log_set_levels(alme_text(&call->request, "levels"), &error);
    log_get_levels(after, sizeof(after));
    if (r == 0)
        r = workers_set_levels(daemon->workers, after, &error);
    if (r < 0) {
        call_fail(call, error, NULL);
        return;
    }
    struct ipc_levels levels = {.spec = text_of(after)};
    struct group *group, *next;
    HASH_ITER(hh, daemon->model.groups, group, next)
    if (group->worker && worker_send(group->worker, IPC_LEVELS, &levels, NULL, NULL) < 0)
        DAEMON_LOG(LOG_DEBUG, LOG_WORKERS, "a worker cannot be told of log levels", "group=%s", group->name);
    DAEMON_LOG(LOG_INFO, LOG_DAEMON, "log levels changed", "levels=%s", after);
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put_text(data, "levels", after, &ok);
    json_put_text(data, "before", before, &ok);
    if (ok)
        call_reply(call, TAKE(data), "log levels are %s", after);
    else
        call_fail(call, NULL, NULL);
}

/* --- the end --- */

void command_shutdown(struct call *call) {
    struct daemon *daemon = call->daemon;
    uint64_t timeout_ms =
        alme_number(&call->request, "timeout", config_number(daemon->config, CONFIG_STOP_TIMEOUT));
    call->next_waiter = daemon->stop_calls;
    daemon->stop_calls = call;
    call_progress(call, "stop", "stopping all instances");
    daemon_stop(daemon, timeout_ms, "shutdown");
}
