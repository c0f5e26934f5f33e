/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The stderr of a worker process; see last_words.h.  The loop's thread.
 */
#include "workers/last_words.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys.h"

#define READ_BYTES (16 * KIB) /* at once */
#define TURN_BYTES (64 * KIB) /* in one turn of the loop, so that a flood does not stop everything else */
#define TAIL_BYTES LIMIT_LAST_WORDS_BYTES

/* Memory that is there only once something was written. */
struct kept {
    char line[LIMIT_LOG_LINE_BYTES]; /* unfinished */
    size_t line_length;
    bool line_cut;                 /* longer: the rest up to the newline is skipped */
    char tail[2 * TAIL_BYTES + 1]; /* the last TAIL_BYTES are what counts; moved down when full */
    size_t tail_length;
};

struct last_words {
    int fd; /* owned; -1 once it is at its end */
    struct loop_watch *watch;
    struct kept *kept;
    last_words_line_fn *on_line; /* may be NULL */
    void *user;
    uint64_t dropped;   /* lines over the rate since the last one handed on */
    double tokens;      /* lines that may be handed on now */
    uint64_t tokens_ns; /* when tokens was true */
};

static bool may_hand_on(struct last_words *words) {
    uint64_t now = clock_monotonic_ns();
    words->tokens += (double)(now - words->tokens_ns) / 1e9 * LIMIT_LOG_RATE_LINES;
    words->tokens_ns = now;
    if (words->tokens > LIMIT_LOG_BURST_LINES)
        words->tokens = LIMIT_LOG_BURST_LINES;
    if (words->tokens < 1) {
        words->dropped++;
        return false;
    }
    words->tokens -= 1;
    return true;
}

static void hand_on(struct last_words *words) {
    struct kept *kept = words->kept;
    if (kept->line_length && words->on_line && may_hand_on(words)) {
        uint64_t dropped = words->dropped;
        words->dropped = 0;
        words->on_line(kept->line, kept->line_length, dropped, words->user);
    }
    kept->line_length = 0;
    kept->line_cut = false;
}

static void take_lines(struct last_words *words, const char *bytes, size_t count) {
    struct kept *kept = words->kept;
    while (count) {
        const char *newline = memchr(bytes, '\n', count);
        size_t piece = newline ? (size_t)(newline - bytes) : count;
        size_t room = sizeof(kept->line) - kept->line_length;
        size_t fits = piece < room ? piece : room;
        if (!kept->line_cut)
            memcpy(kept->line + kept->line_length, bytes, fits);
        if (!kept->line_cut)
            kept->line_length += fits;
        kept->line_cut |= piece > room;
        if (!newline)
            return;
        hand_on(words);
        bytes += piece + 1;
        count -= piece + 1;
    }
}

static void take_tail(struct kept *kept, const char *bytes, size_t count) {
    if (count > TAIL_BYTES) {
        bytes += count - TAIL_BYTES;
        count = TAIL_BYTES;
    }
    if (kept->tail_length + count > 2 * TAIL_BYTES) {
        memmove(kept->tail, kept->tail + kept->tail_length - TAIL_BYTES, TAIL_BYTES);
        kept->tail_length = TAIL_BYTES;
    }
    memcpy(kept->tail + kept->tail_length, bytes, count);
    kept->tail_length += count;
    kept->tail[kept->tail_length] = '\0';
}

static void take(struct last_words *words, const char *bytes, size_t count) {
    if (!words->kept && !(words->kept = mem_new(struct kept))) {
        /* Without memory the words are lost, and that is all. */
        words->dropped++;
        return;
    }
    take_tail(words->kept, bytes, count);
    take_lines(words, bytes, count);
}

static void stop(struct last_words *words) {
    words->watch = loop_watch_free(words->watch);
    words->fd = fd_close(words->fd);
}

/* Read at most limit bytes; at the end of the pipe, stop. */
static void read_some(struct last_words *words, size_t limit) {
    char bytes[READ_BYTES];
    size_t total = 0;
    while (words->fd >= 0 && total < limit) {
        ssize_t got = sys_read(words->fd, bytes, sizeof(bytes));
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (got <= 0) {
            stop(words);
            return;
        }
        total += (size_t)got;
        take(words, bytes, (size_t)got);
    }
}

static void on_readable(struct loop_watch *watch, unsigned events, void *user) {
    (void)watch;
    (void)events;
    read_some(user, TURN_BYTES);
}

int last_words_new(struct loop *loop, int fd, last_words_line_fn *on_line, void *user,
                   struct last_words **ret, arcella_error **reterr) {
    struct last_words *words = mem_new(struct last_words);
    if (!words) {
        fd_close(fd);
        return error_nomem(reterr);
    }
    words->fd = fd;
    words->on_line = on_line;
    words->user = user;
    words->tokens = LIMIT_LOG_BURST_LINES;
    words->tokens_ns = clock_monotonic_ns();
    int r = loop_watch_new(loop, fd, on_readable, words, &words->watch, reterr);
    if (r < 0) {
        last_words_free(words);
        return r;
    }
    loop_watch_set(words->watch, LOOP_READ);
    *ret = words;
    return 0;
}

void last_words_finish(struct last_words *words) {
    /* A pipe holds no more than this; somebody who still writes is not waited for. */
    read_some(words, 1 * MIB);
    stop(words);
    if (words->kept)
        hand_on(words);
}

size_t last_words_tail(const struct last_words *words, const char **ret_text) {
    const struct kept *kept = words->kept;
    if (!kept) {
        *ret_text = "";
        return 0;
    }
    size_t length = kept->tail_length < TAIL_BYTES ? kept->tail_length : TAIL_BYTES;
    *ret_text = kept->tail + kept->tail_length - length;
    return length;
}

size_t last_words_last_line(const struct last_words *words, const char **ret_line) {
    const char *text;
    size_t end = last_words_tail(words, &text);
    while (end && (text[end - 1] == '\n' || text[end - 1] == '\r'))
        end--;
    size_t begin = end;
    while (begin && text[begin - 1] != '\n')
        begin--;
    *ret_line = text + begin;
    return end - begin;
}

struct last_words *last_words_free(struct last_words *words) {
    if (!words)
        return NULL;
    stop(words);
    mem_free(words->kept);
    mem_free(words);
    return NULL;
}
