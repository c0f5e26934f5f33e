/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Streams of changes and of log lines; see the header. */
#include "daemon/events.h"

#include "base/clock.h"
#include "base/json.h"
#include "daemon/call.h"

struct event_stream {
    struct event_stream *next;
    struct call *call;
    char *target; /* owned; NULL all */
    bool log;     /* of log lines */
    enum log_level level;
    enum log_unit unit; /* LOG_UNITS: all */
};

static int add_stream(struct daemon *daemon, struct call *call, const char *target, struct event_stream **ret,
                      arcella_error **reterr) {
    struct event_stream *stream = mem_new(struct event_stream);
    if (!stream)
        return error_nomem(reterr);
    stream->call = call;
    stream->target = target ? mem_text(target) : NULL;
    if (target && !stream->target) {
        mem_free(stream);
        return error_nomem(reterr);
    }
    stream->next = daemon->streams;
    daemon->streams = stream;
    call_stream(call);
    *ret = stream;
    return 0;
}

int events_watch(struct daemon *daemon, struct call *call, const char *target, arcella_error **reterr) {
    struct event_stream *stream = NULL;
    return add_stream(daemon, call, target, &stream, reterr);
}

/* --- log lines --- */

static bool same(const char *a, const char *b) {
    return a && strcmp(a, b) == 0;
}

/* Is this id (name@version) of that name? */
static bool is_of_name(const char *id, const char *name) {
    size_t length = strlen(name);
    return id && strncmp(id, name, length) == 0 && id[length] == '@';
}

static bool log_line_is_about(const struct log_line *line, const char *target) {
    const struct log_about *about = &line->about;
    return same(about->component, target) || is_of_name(about->component, target) ||
           same(about->deployment, target) || same(about->instance, target) || same(about->group, target);
}

bool log_line_is_chosen(const struct log_line *line, const struct log_choice *choice) {
    return line->level <= choice->level && (choice->unit == LOG_UNITS || line->about.unit == choice->unit) &&
           (!choice->target || log_line_is_about(line, choice->target));
}

json_t *log_line_json(const struct log_line *line) {
    char time[32];
    const struct log_about *about = &line->about;
    JSON_AUTO *one = json_object();
    bool ok = one != NULL;
    clock_format(line->wall_ns, time, sizeof(time));
    json_put(one, "number", json_integer((json_int_t)line->number), &ok);
    json_put_text(one, "time", time, &ok);
    json_put_text(one, "level", log_level_name(line->level), &ok);
    json_put_text(one, "unit", log_unit_name(about->unit), &ok);
    const char *const names[] = {"component", "deployment", "instance", "group", "stream"};
    const char *const values[] = {about->component, about->deployment, about->instance, about->group,
                                  about->stream};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (values[i])
            json_put_text(one, names[i], values[i], &ok);
    json_put(one, "message", json_bytes(line->message, line->message_length), &ok);
    if (about->error) {
        json_put_text(one, "code", arcella_error_name(arcella_error_code(about->error)), &ok);
        json_put_text(one, "error", arcella_error_message(about->error), &ok);
    }
    if (line->fields && *line->fields)
        json_put_text(one, "fields", line->fields, &ok);
    return ok ? TAKE(one) : NULL;
}

static void send_lines(const struct log_line *line, void *user) {
    struct daemon *daemon = user;
    /* A client that reads too slowly is dropped while it is sent to, its streams with it: begin anew then. */
    for (struct event_stream *stream = daemon->streams, *next; stream; stream = next) {
        next = stream->next;
        struct log_choice choice = {stream->target, stream->level, stream->unit};
        if (!stream->log || !log_line_is_chosen(line, &choice))
            continue;
        json_t *item = log_line_json(line);
        if (item)
            call_item(stream->call, item);
        bool still = false;
        for (const struct event_stream *s = daemon->streams; s && !still; s = s->next)
            still = s == next;
        if (next && !still)
            return;
    }
}

int events_follow(struct daemon *daemon, struct call *call, const struct log_choice *choice,
                  arcella_error **reterr) {
    struct event_stream *stream = NULL;
    bool first = true;
    for (const struct event_stream *s = daemon->streams; s; s = s->next)
        first &= !s->log;
    int r = add_stream(daemon, call, choice->target, &stream, reterr);
    if (r < 0)
        return r;
    stream->log = true;
    stream->level = choice->level;
    stream->unit = choice->unit;
    if (first)
        log_add_sink(send_lines, daemon);
    return 0;
}

void events_drop(struct daemon *daemon, struct call *call) {
    bool lines = false, had = false;
    for (struct event_stream **at = &daemon->streams; *at;) {
        struct event_stream *stream = *at;
        if (stream->call != call) {
            lines |= stream->log;
            at = &stream->next;
            continue;
        }
        had |= stream->log;
        *at = stream->next;
        mem_free(stream->target);
        mem_free(stream);
    }
    if (had && !lines)
        log_remove_sink(send_lines, daemon);
}

void events_end(struct daemon *daemon, const char *reason) {
    /* Each reply may drop a client, and all its streams. */
    while (daemon->streams) {
        struct call *call = daemon->streams->call;
        events_drop(daemon, call);
        call->streams = false;
        call_reply(call, NULL, "%s", reason);
    }
}

/* --- changes --- */

static bool event_is_about(const struct event *event, const char *target) {
    return same(event->id, target) || is_of_name(event->id, target) || same(event->component, target) ||
           is_of_name(event->component, target) || same(event->deployment, target) ||
           same(event->group, target);
}

static json_t *event_json(const struct event *event, uint64_t number) {
    char time[32];
    JSON_AUTO *one = json_object();
    bool ok = one != NULL;
    clock_format(clock_wall_ns(), time, sizeof(time));
    json_put(one, "number", json_integer((json_int_t)number), &ok);
    json_put_text(one, "time", time, &ok);
    const char *const names[] = {"kind", "id", "from", "to", "reason", "component", "deployment", "group"};
    const char *const values[] = {event->kind,   event->id,        event->from,       event->to,
                                  event->reason, event->component, event->deployment, event->group};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (values[i])
            json_put_text(one, names[i], values[i], &ok);
    if (event->outcome)
        json_put(one, "outcome", json_incref(event->outcome), &ok);
    return ok ? TAKE(one) : NULL;
}

void events_tell(struct daemon *daemon, const struct event *event) {
    uint64_t number = ++daemon->events;
    for (struct event_stream *stream = daemon->streams, *next; stream; stream = next) {
        next = stream->next;
        if (stream->log || (stream->target && !event_is_about(event, stream->target)))
            continue;
        json_t *item = event_json(event, number);
        if (item)
            call_item(stream->call, item);
        bool still = false;
        for (const struct event_stream *s = daemon->streams; s && !still; s = s->next)
            still = s == next;
        if (next && !still)
            return;
    }
}
