/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A log stream: bytes of a guest become lines for the output hook.
 *
 * A line that comes whole in one write is handed on from guest memory without a copy; only what lacks its
 * newline is kept, in a buffer made when it is first needed.  Owned by its file; the loop's thread.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "host/inside.h"
#include "host/stream.h"

struct host_log_stream {
    unsigned number;
    bool cut;      /* the line was handed on, cut; the rest up to the newline is lost */
    size_t length; /* of line */
    char *line;    /* owned, LIMIT_LOG_LINE_BYTES; NULL until needed */
    struct host_bucket bucket;
};

int host_log_new(struct host *host, unsigned stream, struct host_file **ret) {
    HOST_FILE_AUTO *file = NULL;
    int r = host_file_new(host, HOST_LOG, -1, HOST_WRITE, &file);
    if (r)
        return r;
    file->log = mem_new(struct host_log_stream);
    if (!file->log)
        return HOST_E_NOMEM;
    file->log->number = stream;
    /* What looks like a terminal is flushed by the line in every C library; a pipe would hold lines back for
     * hours. */
    file->type = HOST_TYPE_CHARACTER;
    *ret = TAKE(file);
    return 0;
}

static void emit(struct host_file *file, const char *bytes, size_t length, bool cut) {
    struct host_log_stream *log = file->log;
    struct host *host = file->host;
    uint64_t dropped = log->bucket.refused;
    if (!host_bucket_take(&log->bucket, LIMIT_LOG_RATE_LINES, LIMIT_LOG_BURST_LINES, clock_monotonic_ns()))
        return;
    log->bucket.refused = 0;
    if (!cut && length > 0 && bytes[length - 1] == '\r')
        length--;
    if (host->hooks.output)
        host->hooks.output(host->hooks.user, log->number, bytes, length, cut, dropped);
}

/* Keep the beginning of a line that has no end yet; what does not fit is cut. */
static void keep(struct host_file *file, const char *bytes, size_t length) {
    struct host_log_stream *log = file->log;
    if (!log->line && host_take(file->host, LIMIT_LOG_LINE_BYTES)) {
        log->line = mem_alloc(LIMIT_LOG_LINE_BYTES);
        if (!log->line)
            host_give(file->host, LIMIT_LOG_LINE_BYTES);
    }
    if (!log->line) {
        /* No memory to wait for the rest: better two lines than none. */
        emit(file, bytes, length < LIMIT_LOG_LINE_BYTES ? length : LIMIT_LOG_LINE_BYTES,
             length > LIMIT_LOG_LINE_BYTES);
        return;
    }
    size_t room = LIMIT_LOG_LINE_BYTES - log->length;
    size_t n = length < room ? length : room;
    memcpy(log->line + log->length, bytes, n);
    log->length += n;
    if (n < length) {
        emit(file, log->line, log->length, true);
        log->cut = true;
        log->length = 0;
    }
}

/* A newline came, bytes are what stood before it. */
static void end_line(struct host_file *file, const char *bytes, size_t length) {
    struct host_log_stream *log = file->log;
    if (log->cut) {
        log->cut = false;
    } else if (log->length == 0) {
        bool cut = length > LIMIT_LOG_LINE_BYTES;
        emit(file, bytes, cut ? LIMIT_LOG_LINE_BYTES : length, cut);
    } else {
        keep(file, bytes, length);
        if (!log->cut)
            emit(file, log->line, log->length, false);
        log->cut = false;
        log->length = 0;
    }
}

void host_log_write(struct host_file *file, const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        const char *newline = memchr(at, '\n', length);
        if (!newline) {
            if (!file->log->cut)
                keep(file, at, length);
            return;
        }
        size_t n = (size_t)(newline - at);
        end_line(file, at, n);
        at += n + 1;
        length -= n + 1;
    }
}

void host_log_flush(struct host_file *file) {
    struct host_log_stream *log = file->log;
    if (!log)
        return;
    if (log->length > 0)
        emit(file, log->line, log->length, false);
    log->length = 0;
    log->cut = false;
    struct host *host = file->host;
    if (log->bucket.refused && host->hooks.output)
        host->hooks.output(host->hooks.user, log->number, NULL, 0, false, log->bucket.refused);
    log->bucket.refused = 0;
}

void host_log_free(struct host_file *file) {
    host_log_flush(file);
    if (file->log->line)
        host_give(file->host, LIMIT_LOG_LINE_BYTES);
    mem_free(file->log->line);
    mem_free(file->log);
    file->log = NULL;
}
