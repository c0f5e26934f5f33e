/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Log lines: one event, fixed keys, several sinks.
 *
 * Rooms return errors; programs log them, once.  A line is logfmt
 *     ts=2026-01-02T03:04:05.678Z level=info unit=workers deployment=web instance=web/0 msg="worker ready"
 * pid=12 or the same as JSON.  Levels are kept per unit and may change while running.  Not thread-safe: the
 * loop's thread logs (the fatal path may be used anywhere).
 *
 *     log_event(LOG_INFO, &(struct log_about){ .unit = LOG_WORKERS, .group = g }, "worker ready", "pid=%d",
 * pid);
 *
 * `fields` is a printf format that makes further ` key=value` pairs; texts from guests and peers go through
 * text_add_logfmt() first or are given in the struct, which quotes them.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define LOG_LEVEL_MAP(XX)                                                                                    \
    XX(ERROR, "error")                                                                                       \
    XX(WARN, "warn")                                                                                         \
    XX(INFO, "info")                                                                                         \
    XX(DEBUG, "debug")                                                                                       \
    XX(TRACE, "trace")

enum log_level {
#define XX(name, text) LOG_##name,
    LOG_LEVEL_MAP(XX)
#undef XX
        LOG_LEVELS
};

/* Who speaks.  GUEST is for the output of instances. */
#define LOG_UNIT_MAP(XX)                                                                                     \
    XX(DAEMON, "daemon")                                                                                     \
    XX(ALME, "alme")                                                                                         \
    XX(CATALOG, "catalog")                                                                                   \
    XX(INTAKE, "intake")                                                                                     \
    XX(COMPILE, "compile")                                                                                   \
    XX(WORKERS, "workers")                                                                                   \
    XX(RUNTIME, "runtime")                                                                                   \
    XX(AUDIT, "audit")                                                                                       \
    XX(SANDBOX, "sandbox")                                                                                   \
    XX(GUEST, "guest")

enum log_unit {
#define XX(name, text) LOG_##name,
    LOG_UNIT_MAP(XX)
#undef XX
        LOG_UNITS
};

/* What a line is about; texts are borrowed and may be NULL. */
struct log_about {
    enum log_unit unit;
    const char *component;
    const char *deployment;
    const char *instance;
    const char *group;
    const char *stream;         /* stdout, stderr of a guest */
    const arcella_error *error; /* adds code= and error= */
};

/* A finished line, as sinks get it; borrowed during the call. */
struct log_line {
    uint64_t number; /* grows by one a line, from 1 */
    uint64_t wall_ns;
    enum log_level level;
    struct log_about about;
    const char *message; /* not quoted */
    size_t message_length;
    const char *fields; /* "key=value key2=value2" or "" */
};

/** Log one event; message is taken as it is (any bytes), quoted as the sinks need it. */
void log_event(enum log_level level, const struct log_about *about, const char *message, const char *fields,
               ...) PRINTF_LIKE(4, 5);
/** As log_event() with a message that is not NUL-terminated (a guest's line). */
void log_text(enum log_level level, const struct log_about *about, const char *message, size_t length);

/** Would a line of this level be kept by any sink? (cheap; ask before making costly fields) */
bool log_wants(enum log_unit unit, enum log_level level);
/**
 * Set levels by one string: "info", "workers=debug", "warn,guest=info,-audit" (later parts win).
 *
 * @return 0, INVALID
 */
int log_set_levels(const char *spec, arcella_error **reterr) MUST_CHECK;
/** Write the levels in force as such a string. */
void log_get_levels(char *to, size_t size);
/** The name of a level or unit; static. */
const char *log_level_name(enum log_level level);
const char *log_unit_name(enum log_unit unit);
/** Find a level or unit by name. @return false where there is none */
bool log_level_find(const char *name, enum log_level *ret);
bool log_unit_find(const char *name, enum log_unit *ret);

/** A sink gets each line that its unit's level lets through. */
typedef void log_sink_fn(const struct log_line *line, void *user);
/** Add a sink (at most 4). */
void log_add_sink(log_sink_fn *fn, void *user);
/** Remove a sink. */
void log_remove_sink(log_sink_fn *fn, void *user);
/** Format a line as logfmt or JSON, without newline, into a buffer. @return 0, TOO_LARGE, NOMEM */
int log_format(const struct log_line *line, bool json, struct buffer *to, arcella_error **reterr) MUST_CHECK;

/* --- sinks --- */

/** A sink that writes logfmt to a descriptor (user is (void *)(intptr_t) fd). */
log_sink_fn log_sink_fd;

/* Files that rotate by size: NAME, NAME.1 … NAME.N */
struct log_file;
/** Open a rotating log file beneath dirfd; the file grows to bytes_max, then count old ones are kept. */
int log_file_open(int dirfd, const char *name, uint64_t bytes_max, unsigned count, bool json,
                  struct log_file **ret, arcella_error **reterr) MUST_CHECK;
/** Close. @return NULL */
struct log_file *log_file_free(struct log_file *file);
/**
 * The sink of a log file (user is the struct log_file). A full disk loses lines, counts them, and says so
 * once.
 */
log_sink_fn log_sink_file;

/* The last lines, for `logs`. */
struct log_ring;
/* A line kept in the ring; texts owned by the ring. */
struct log_entry {
    struct log_line line;
};
/** @return a ring of lines_max lines, owned by the caller; NULL without memory */
struct log_ring *log_ring_new(size_t lines_max);
struct log_ring *log_ring_free(struct log_ring *ring);
/** The sink of a ring. */
log_sink_fn log_sink_ring;
/** Walk the lines oldest first; a callback that returns false ends the walk. */
void log_ring_walk(const struct log_ring *ring, bool (*fn)(const struct log_line *line, void *user),
                   void *user);

#endif
