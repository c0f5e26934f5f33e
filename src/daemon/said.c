/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Log lines made from frames of a worker: see the header. */
#include "daemon/said.h"

#include "base/text.h"
#include "daemon/refusals.h"

/* Longest text of a worker in one field, before quoting. */
enum { TEXT_MAX = 1024, GRANT_MAX = 2048 };

/* Add ` key=value`, quoted where it has to be. */
static void add_text(struct buffer *to, const char *key, struct text value, size_t max, int *r) {
    if (*r == 0 && to->length)
        *r = buffer_text(to, " ", NULL);
    if (*r == 0)
        *r = buffer_format(to, NULL, "%s=", key);
    if (*r == 0)
        *r = text_add_logfmt(to, value.data, value.length, max, NULL);
}

/* The units that a worker speaks for.  AUDIT has frames of its own; the rest are the daemon's. */
static enum log_unit unit_of(struct text name) {
    enum log_unit unit;
    if (log_unit_find(name.data, &unit) && (unit == LOG_RUNTIME || unit == LOG_GUEST))
        return unit;
    return LOG_WORKERS;
}

/* --- fields --- */

/* Keys with a meaning of their own: the line's, and those of lines that only the daemon makes. */
static bool is_reserved(const char *key, size_t length) {
    static const char *const reserved[] = {
        "ts",     "level",    "unit",  "component",  "deployment", "instance", "group",  "stream",
        "code",   "msg",      "error", "pid",        "from",       "to",       "reason", "class",
        "action", "resource", "grant", "allow_with", "user",       "uid",      "result", "denied_by",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(reserved); i++)
        if (strlen(reserved[i]) == length && memcmp(reserved[i], key, length) == 0)
            return true;
    return false;
}

static bool is_key_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The length of a value that is whole and bare, or whole and quoted; 0: it is neither. */
static size_t value_length(const char *at, const char *end) {
    const char *from = at;
    if (at < end && *at == '"') {
        for (at++; at < end && *at != '"'; at++) {
            if ((unsigned char)*at < 0x20)
                return 0;
            if (*at == '\\' && ++at == end)
                return 0;
        }
        return at < end ? (size_t)(at + 1 - from) : 0;
    }
    while (at<end && * at> ' ' && *at < 0x7f && !strchr("\"=\\", *at))
        at++;
    return (size_t)(at - from);
}

/* Are these pairs as our own programs make them, with no key that the line has a use for? */
static bool are_plain(struct text fields) {
    const char *at = fields.data, *end = fields.data + fields.length;
    while (at < end) {
        const char *key = at;
        while (at < end && is_key_byte(*at))
            at++;
        if (at == key || at == end || *at != '=' || is_reserved(key, (size_t)(at - key)))
            return false;
        at++;
        size_t length = value_length(at, end);
        if (length == 0)
            return false;
        at += length;
        if (at < end && (*at != ' ' || at + 1 == end))
            return false;
        at += at < end;
    }
    return true;
}

/* --- lines --- */

void said_line(const struct log_about *whose, const struct ipc_log *log) {
    struct log_about about = *whose;
    about.unit = unit_of(log->unit);
    enum log_level level = log->level < LOG_LEVELS ? (enum log_level)log->level : LOG_WARN;
    BUFFER_AUTO message = BUFFER_INIT(2 * LIMIT_LOG_LINE_BYTES);
    BUFFER_AUTO fields = BUFFER_INIT(LIMIT_LOG_RECORD_BYTES);
    /* A message ends at a NUL here; the worker's are sentences. */
    int r = buffer_add(&message, log->message.data, log->message.length, NULL);
    if (r == 0 && are_plain(log->fields))
        r = buffer_add(&fields, log->fields.data, log->fields.length, NULL);
    else
        add_text(&fields, "detail", log->fields, LIMIT_LOG_FIELDS_BYTES / 4, &r);
    log_event(level, &about, message.data ? message.data : "", "%s",
              r == 0 && fields.data ? fields.data : "");
}

void said_audit(const struct log_about *about, const struct ipc_audit *audit) {
    BUFFER_AUTO fields = BUFFER_INIT(LIMIT_LOG_RECORD_BYTES);
    int r = 0;
    add_text(&fields, "class", audit->class_name, LIMIT_NAME_BYTES, &r);
    add_text(&fields, "action", audit->action, LIMIT_NAME_BYTES, &r);
    add_text(&fields, "resource", audit->resource, TEXT_MAX, &r);
    add_text(&fields, "result", audit->allowed ? TEXT("allowed") : TEXT("denied"), LIMIT_NAME_BYTES, &r);
    add_text(&fields, "reason", text_of(refusal_reason((enum ipc_audit_reason)audit->reason)),
             LIMIT_NAME_BYTES, &r);
    if (audit->grant.length)
        add_text(&fields,
                 audit->allowed                        ? "grant"
                 : audit->reason == IPC_AUDIT_NO_GRANT ? "allow_with"
                                                       : "denied_by",
                 audit->grant, GRANT_MAX, &r);
    if (r == 0 && audit->call)
        r = buffer_format(&fields, NULL, " call=%llu", (unsigned long long)audit->call);
    if (r == 0 && audit->count > 1)
        r = buffer_format(&fields, NULL, " count=%llu", (unsigned long long)audit->count);
    if (r == 0 && audit->lost)
        r = buffer_format(&fields, NULL, " others=%llu", (unsigned long long)audit->lost);
    log_event(LOG_INFO, about, audit->allowed ? "allowed" : "denied", "%s",
              r == 0 && fields.data ? fields.data : "");
}

void said_end(const struct log_about *about, const char *sentence, const char *end, const char *trap) {
    BUFFER_AUTO fields = BUFFER_INIT(LIMIT_LOG_RECORD_BYTES);
    int r = 0;
    add_text(&fields, "end", text_of(end), LIMIT_NAME_BYTES, &r);
    if (*trap)
        add_text(&fields, "trap", text_of(trap), LIMIT_NAME_BYTES, &r);
    log_event(LOG_WARN, about, sentence, "%s", r == 0 && fields.data ? fields.data : "");
}
