/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * How a log line is written: logfmt or JSON, the same keys in the same order.  Works on borrowed lines; one
 * thread at a time.  Texts in a line come from anybody, so each is escaped and cut here and nowhere else.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"

#define NUMBER_DIGITS_MAX 15 /* more than these a reader with doubles may not keep */

/* The keys that every line may have; a field of the same name would be a second one and is left out of JSON.
 */
static const char *const fixed_keys[] = {"ts",    "level",  "unit", "component", "deployment", "instance",
                                         "group", "stream", "code", "msg",       "error"};

/* A line being written; after a failure nothing more is added. */
struct writing {
    struct buffer *to;
    bool json;
    bool first;
    int result;
    arcella_error **reterr;
};

static void add(struct writing *w, const char *bytes, size_t count) {
    if (w->result == 0)
        w->result = buffer_add(w->to, bytes, count, w->reterr);
}

static void add_key(struct writing *w, const char *key, size_t length) {
    if (!w->first)
        add(w, w->json ? "," : " ", 1);
    w->first = false;
    if (w->json)
        add(w, "\"", 1);
    add(w, key, length);
    add(w, w->json ? "\":" : "=", w->json ? 2 : 1);
}

static void add_value(struct writing *w, const char *s, size_t length, size_t max) {
    if (w->result == 0)
        w->result = w->json ? text_add_json(w->to, s, length, max, w->reterr)
                            : text_add_logfmt(w->to, s, length, max, w->reterr);
}

static void add_pair(struct writing *w, const char *key, const char *value, size_t max) {
    if (!value)
        return;
    add_key(w, key, strlen(key));
    add_value(w, value, strlen(value), max);
}

/* --- fields as JSON --- */

static bool is_fixed(const char *key, size_t length) {
    for (size_t i = 0; i < ARRAY_LENGTH(fixed_keys); i++)
        if (strlen(fixed_keys[i]) == length && memcmp(fixed_keys[i], key, length) == 0)
            return true;
    return false;
}

static bool is_key(const char *key, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)key[i]) && !strchr("_-.", key[i]))
            return false;
    return length > 0;
}

/* Would JSON take this as it is: a whole number that doubles keep, true, false? */
static bool is_literal(const char *s, size_t length) {
    if ((length == 4 && memcmp(s, "true", 4) == 0) || (length == 5 && memcmp(s, "false", 5) == 0))
        return true;
    size_t start = length > 1 && s[0] == '-';
    size_t digits = length - start;
    if (digits == 0 || digits > NUMBER_DIGITS_MAX || (digits > 1 && s[start] == '0'))
        return false;
    for (size_t i = start; i < length; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

static int hex_value(char c) {
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Undo text_add_logfmt() in place of a copy. Returns the length; *ret_rest is behind the closing quote. */
static size_t unquote(const char *from, char *to, const char **ret_rest) {
    size_t length = 0;
    while (*from && *from != '"') {
        char c = *from++;
        if (c == '\\' && *from) {
            c = *from++;
            if (c == 'n')
                c = '\n';
            else if (c == 't')
                c = '\t';
            else if (c == 'x') {
                int high = hex_value(from[0]), low = high < 0 ? -1 : hex_value(from[1]);
                if (low >= 0) {
                    c = (char)(high * 16 + low);
                    from += 2;
                }
            }
        }
        to[length++] = c;
    }
    *ret_rest = *from ? from + 1 : from;
    return length;
}

static void add_json_fields(struct writing *w, const char *at) {
    char value[LIMIT_LOG_FIELDS_BYTES]; /* what is longer is cut */
    while (*at) {
        size_t key_length = strcspn(at, "= ");
        const char *key = at;
        at += key_length;
        if (*at != '=') {
            at += *at == ' ';
            continue; /* no pair */
        }
        at++;
        bool quoted = *at == '"';
        size_t length = strcspn(at, " ");
        if (quoted) {
            if (strlen(at) >= sizeof(value))
                return;
            length = unquote(at + 1, value, &at);
        } else {
            length = length < sizeof(value) ? length : sizeof(value);
            memcpy(value, at, length);
            at += strcspn(at, " ");
        }
        at += *at == ' ';
        if (!is_key(key, key_length) || is_fixed(key, key_length))
            continue;
        add_key(w, key, key_length);
        if (!quoted && is_literal(value, length))
            add(w, value, length);
        else
            add_value(w, value, length, sizeof(value));
    }
}

/* --- a line --- */

int log_format(const struct log_line *line, bool json, struct buffer *to, arcella_error **reterr) {
    struct writing w = {.to = to, .json = json, .first = true, .reterr = reterr};
    size_t before = to->length;
    char ts[32];
    clock_format(line->wall_ns, ts, sizeof(ts));
    if (json)
        add(&w, "{", 1);
    const struct log_about *about = &line->about;
    add_pair(&w, "ts", ts, sizeof(ts));
    add_pair(&w, "level", log_level_name(line->level), LIMIT_NAME_BYTES);
    add_pair(&w, "unit", log_unit_name(about->unit), LIMIT_NAME_BYTES);
    add_pair(&w, "component", about->component, LIMIT_INTERFACE_BYTES);
    add_pair(&w, "deployment", about->deployment, LIMIT_INTERFACE_BYTES);
    add_pair(&w, "instance", about->instance, LIMIT_INTERFACE_BYTES);
    add_pair(&w, "group", about->group, LIMIT_INTERFACE_BYTES);
    add_pair(&w, "stream", about->stream, LIMIT_NAME_BYTES);
    if (about->error)
        add_pair(&w, "code", arcella_error_name(arcella_error_code(about->error)), LIMIT_NAME_BYTES);
    add_key(&w, "msg", 3);
    add_value(&w, line->message, line->message_length, LIMIT_LOG_LINE_BYTES);
    if (about->error)
        add_pair(&w, "error", arcella_error_message(about->error), LIMIT_ERROR_BYTES);
    if (json) {
        add_json_fields(&w, line->fields);
        add(&w, "}", 1);
    } else if (line->fields[0]) {
        add(&w, " ", 1);
        add(&w, line->fields, strlen(line->fields));
    }
    if (w.result < 0) {
        to->length = before;
        if (to->data)
            to->data[before] = '\0';
    }
    return w.result;
}

void log_sink_fd(const struct log_line *line, void *user) {
    /* Kept from line to line, so that in the long run a line costs no allocation. */
    static struct buffer text = BUFFER_INIT(LIMIT_LOG_RECORD_BYTES);
    int fd = (int)(intptr_t)user;
    buffer_clear(&text);
    if (log_format(line, false, &text, NULL) < 0 || buffer_add(&text, "\n", 1, NULL) < 0) {
        static const char lost[] = "level=error msg=\"a log line is lost: out of memory\"\n";
        (void)!sys_write(fd, lost, sizeof(lost) - 1);
        return;
    }
    /* One call a line, so that lines of several processes on one descriptor do not mix. There is nobody left
     * to tell where it fails. */
    (void)!sys_write(fd, text.data, text.length);
}
