/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Logging: levels, sinks, numbering.  How a line is written is in log_format.c, where to in log_file.c and
 * log_ring.c.  State of the process, used by the loop's thread; a line lives on the stack of the call.
 *
 * A log call never fails and allocates nothing itself: what does not fit is cut, what cannot be written is
 * lost and, where a sink can tell, counted.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

#define LEVEL_OFF   (-1)
#define NESTING_MAX 3 /* a sink may log about itself, and the sinks about that */

static const char *const level_names[LOG_LEVELS] = {
#define XX(name, text) [LOG_##name] = (text),
    LOG_LEVEL_MAP(XX)
#undef XX
};

static const char *const unit_names[LOG_UNITS] = {
#define XX(name, text) [LOG_##name] = (text),
    LOG_UNIT_MAP(XX)
#undef XX
};

static int levels[LOG_UNITS] = {
#define XX(name, text) [LOG_##name] = LOG_INFO,
    LOG_UNIT_MAP(XX)
#undef XX
};

static struct {
    log_sink_fn *fn; /* NULL: free */
    void *user;
} sinks[LIMIT_LOG_SINKS];
static unsigned sinks_count;
static uint64_t lines_count;
static unsigned nesting;

/* --- names --- */

const char *log_level_name(enum log_level level) {
    return (unsigned)level < LOG_LEVELS ? level_names[level] : "unknown";
}

const char *log_unit_name(enum log_unit unit) {
    return (unsigned)unit < LOG_UNITS ? unit_names[unit] : "unknown";
}

static bool find_name(const char *const *names, unsigned count, struct text name, unsigned *ret) {
    for (unsigned i = 0; i < count; i++)
        if (text_equal(text_of(names[i]), name)) {
            *ret = i;
            return true;
        }
    return false;
}

bool log_level_find(const char *name, enum log_level *ret) {
    unsigned found;
    if (!find_name(level_names, LOG_LEVELS, text_of(name), &found))
        return false;
    *ret = (enum log_level)found;
    return true;
}

bool log_unit_find(const char *name, enum log_unit *ret) {
    unsigned found;
    if (!find_name(unit_names, LOG_UNITS, text_of(name), &found))
        return false;
    *ret = (enum log_unit)found;
    return true;
}

/* --- levels --- */

bool log_wants(enum log_unit unit, enum log_level level) {
    return sinks_count && (unsigned)unit < LOG_UNITS && (int)level <= levels[unit];
}

static int set_one_level(struct text part, int to[LOG_UNITS], arcella_error **reterr) {
    unsigned unit;
    unsigned level;
    const char *equals = memchr(part.data, '=', part.length);
    if (equals) {
        struct text name = {part.data, (size_t)(equals - part.data)};
        struct text value = {equals + 1, part.length - name.length - 1};
        if (!find_name(unit_names, LOG_UNITS, name, &unit))
            return error_set(reterr, ARCELLA_E_INVALID, "no log unit '%.*s'", (int)name.length, name.data);
        if (!find_name(level_names, LOG_LEVELS, value, &level))
            return error_set(reterr, ARCELLA_E_INVALID, "no log level '%.*s'", (int)value.length, value.data);
        to[unit] = (int)level;
        return 0;
    }
    if (part.length && part.data[0] == '-') {
        struct text name = {part.data + 1, part.length - 1};
        if (!find_name(unit_names, LOG_UNITS, name, &unit))
            return error_set(reterr, ARCELLA_E_INVALID, "no log unit '%.*s'", (int)name.length, name.data);
        to[unit] = LEVEL_OFF;
        return 0;
    }
    if (!find_name(level_names, LOG_LEVELS, part, &level))
        return error_set(reterr, ARCELLA_E_INVALID, "no log level '%.*s'", (int)part.length, part.data);
    for (unit = 0; unit < LOG_UNITS; unit++)
        to[unit] = (int)level;
    return 0;
}

/* "levels: error warn …" for hints. */
static void list_names(char *to, size_t size) {
    size_t at = (size_t)snprintf(to, size, "levels: error, warn, info, debug, trace; units:");
    for (unsigned i = 0; i < LOG_UNITS && at < size; i++)
        at += (size_t)snprintf(to + at, size - at, "%s %s", i ? "," : "", unit_names[i]);
}

int log_set_levels(const char *spec, arcella_error **reterr) {
    int wanted[LOG_UNITS];
    memcpy(wanted, levels, sizeof(levels));
    const char *at = spec;
    for (;;) {
        size_t length = strcspn(at, ",");
        /* Names are short; what is longer is cut in the message and is no name anyway. */
        int r = set_one_level((struct text){at, length < LIMIT_NAME_BYTES ? length : LIMIT_NAME_BYTES},
                              wanted, reterr);
        if (r < 0) {
            char names[256];
            list_names(names, sizeof(names));
            return error_hint(reterr, r, "%s", names);
        }
        if (!at[length])
            break;
        at += length + 1;
    }
    memcpy(levels, wanted, sizeof(levels));
    return 0;
}

void log_get_levels(char *to, size_t size) {
    if (size == 0)
        return;
    /* The level most units have stands first, the others are named. */
    int base = LOG_INFO;
    unsigned most = 0;
    for (int level = 0; level < LOG_LEVELS; level++) {
        unsigned count = 0;
        for (unsigned i = 0; i < LOG_UNITS; i++)
            count += levels[i] == level;
        if (count > most) {
            most = count;
            base = level;
        }
    }
    size_t at = (size_t)snprintf(to, size, "%s", level_names[base]);
    for (unsigned i = 0; i < LOG_UNITS && at < size; i++) {
        if (levels[i] == base)
            continue;
        if (levels[i] == LEVEL_OFF)
            at += (size_t)snprintf(to + at, size - at, ",-%s", unit_names[i]);
        else
            at += (size_t)snprintf(to + at, size - at, ",%s=%s", unit_names[i], level_names[levels[i]]);
    }
}

/* --- sinks --- */

void log_add_sink(log_sink_fn *fn, void *user) {
    for (unsigned i = 0; i < LIMIT_LOG_SINKS; i++)
        if (!sinks[i].fn) {
            sinks[i].fn = fn;
            sinks[i].user = user;
            sinks_count++;
            return;
        }
}

void log_remove_sink(log_sink_fn *fn, void *user) {
    for (unsigned i = 0; i < LIMIT_LOG_SINKS; i++)
        if (sinks[i].fn == fn && sinks[i].user == user) {
            sinks[i].fn = NULL;
            sinks_count--;
            return;
        }
}

/* --- lines --- */

static void emit(struct log_line *line) {
    if (nesting >= NESTING_MAX)
        return;
    nesting++;
    line->number = ++lines_count;
    line->wall_ns = clock_wall_ns();
    for (unsigned i = 0; i < LIMIT_LOG_SINKS; i++)
        if (sinks[i].fn)
            sinks[i].fn(line, sinks[i].user);
    nesting--;
}

/*
 * Fields that did not fit: cut behind the last whole pair and say so.  A space outside quotes parts two
 * pairs.
 */
static void cut_fields(char *fields, size_t size) {
    static const char mark[] = " cut=true";
    size_t keep = 0;
    bool quoted = false;
    for (size_t i = 0; i < size - sizeof(mark) && fields[i]; i++) {
        if (fields[i] == '\\' && quoted && fields[i + 1])
            i++;
        else if (fields[i] == '"')
            quoted = !quoted;
        else if (fields[i] == ' ' && !quoted)
            keep = i;
    }
    memcpy(fields + keep, keep ? mark : mark + 1, sizeof(mark) - !keep);
}

/*
 * Fields are pairs that were quoted by whoever made them.  Where that was somebody else (a worker's lines are
 * handed on as they come), they must still not begin a line of their own or speak to a terminal.
 */
static void tame_fields(char *fields) {
    size_t length = strlen(fields);
    for (size_t at = 0; at < length;) {
        uint32_t character = 0;
        size_t step = text_utf8_next(fields + at, length - at, &character);
        bool control = character < 0x20 || (character >= 0x7f && character < 0xa0);
        if (step == 0 || control)
            memset(fields + at, '?', step ? step : 1);
        at += step ? step : 1;
    }
}

void log_event(enum log_level level, const struct log_about *about, const char *message, const char *fields,
               ...) {
    if (!log_wants(about->unit, level))
        return;
    char text[LIMIT_LOG_FIELDS_BYTES];
    text[0] = '\0';
    if (fields) {
        va_list arguments;
        va_start(arguments, fields);
        int length = vsnprintf(text, sizeof(text), fields, arguments);
        va_end(arguments);
        if (length < 0)
            text[0] = '\0';
        else if ((size_t)length >= sizeof(text))
            cut_fields(text, sizeof(text));
        tame_fields(text);
    }
    struct log_line line = {
        .level = level,
        .about = *about,
        .message = message,
        .message_length = strlen(message),
        .fields = text,
    };
    emit(&line);
}

void log_text(enum log_level level, const struct log_about *about, const char *message, size_t length) {
    if (!log_wants(about->unit, level))
        return;
    struct log_line line = {
        .level = level,
        .about = *about,
        .message = message,
        .message_length = length,
        .fields = "",
    };
    emit(&line);
}
