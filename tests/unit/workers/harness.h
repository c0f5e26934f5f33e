/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A loop, a parent's side with the fake worker, and a notebook of what its processes said, for the tests
 * here.
 */
#ifndef TESTS_WORKERS_HARNESS_H
#define TESTS_WORKERS_HARNESS_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "workers/workers.h"

#define PATIENCE_MS 60000 /* nothing here takes a second; a machine may be slow */

struct harness {
    struct loop *loop;
    struct workers *workers;
    char run[64]; /* its run directory */
};

/* What one worker said. */
struct notes {
    unsigned ready, frames, ends, lines;
    uint64_t dropped;
    bool worker_freed; /* on_end has run */
    enum worker_state states[16];
    unsigned states_count;
    char message[1024]; /* of the last ended frame */
    uint64_t instance;  /* of it */
    char first_line[256], last_line[256];
    struct worker_end end;
    int code; /* of the error */
    char error[1024];
    char last_words[LIMIT_LAST_WORDS_BYTES + 1];
    int kept_fd; /* came with a started frame, or -1 */
    void (*at_frame)(struct worker *worker, struct notes *notes);
};

static inline void note_ready(struct worker *worker, const struct ipc_ready *ready, void *user) {
    struct notes *notes = user;
    notes->ready++;
    assert_int_equal(ready->pid, worker_pid(worker));
}

static inline void note_frame(struct worker *worker, struct frame *frame, void *user) {
    struct notes *notes = user;
    notes->frames++;
    if (frame->message.type == IPC_ENDED) {
        notes->instance = frame->message.ended.instance;
        snprintf(notes->message, sizeof(notes->message), "%s", frame->message.ended.message.data);
    }
    if (frame->fd_count)
        notes->kept_fd = frame_take_fd(frame, 0);
    if (notes->at_frame)
        notes->at_frame(worker, notes);
}

static inline void note_line(struct worker *worker, const char *line, size_t length, uint64_t dropped,
                             void *user) {
    (void)worker;
    struct notes *notes = user;
    snprintf(notes->last_line, sizeof(notes->last_line), "%.*s", (int)length, line);
    if (!notes->lines++)
        memcpy(notes->first_line, notes->last_line, sizeof(notes->first_line));
    notes->dropped += dropped;
}

static inline void note_state(struct worker *worker, enum worker_state from, enum worker_state to,
                              void *user) {
    struct notes *notes = user;
    (void)from;
    assert_int_equal(worker_get_state(worker), to);
    if (notes->states_count < 16)
        notes->states[notes->states_count++] = to;
}

static inline void note_end(struct worker *worker, const struct worker_end *end, void *user) {
    (void)worker;
    struct notes *notes = user;
    notes->ends++;
    notes->end = *end;
    notes->code = arcella_error_code(end->error);
    snprintf(notes->error, sizeof(notes->error), "%s", arcella_error_message(end->error));
    assert_int_equal(strlen(end->last_words), end->last_words_length);
    snprintf(notes->last_words, sizeof(notes->last_words), "%s", end->last_words);
}

static const struct worker_hooks note_hooks = {note_ready, note_frame, note_line, note_state, note_end};

static inline void fail_with(const arcella_error *error) {
    fail_msg("%s", arcella_error_message(error));
}

static inline void harness_start(struct harness *h, const struct workers_config *like) {
    arcella_error *error = NULL;
    snprintf(h->run, sizeof(h->run), "/tmp/arcella-workers-XXXXXX");
    assert_non_null(mkdtemp(h->run));
    if (loop_new(&h->loop, &error) < 0)
        fail_with(error);
    struct workers_config config = like ? *like : (struct workers_config){0};
    config.loop = h->loop;
    config.program = FAKE_WORKER;
    config.run_directory = h->run;
    if (workers_new(&config, &h->workers, &error) < 0)
        fail_with(error);
}

static inline bool is_empty(const char *directory) {
    unsigned entries = 0;
    DIR *dir = opendir(directory);
    while (dir && readdir(dir))
        entries++;
    if (dir)
        closedir(dir);
    return entries == 2; /* itself and the one above */
}

/* Nothing may be left: no directory, no child. */
static inline void harness_stop(struct harness *h) {
    h->workers = workers_free(h->workers);
    assert_true(is_empty(h->run));
    h->loop = loop_free(h->loop);
    assert_true(waitpid(-1, NULL, WNOHANG) < 0);
    assert_int_equal(rmdir(h->run), 0);
}

/* Run the loop until the condition holds; a failure after PATIENCE_MS. */
#define RUN_UNTIL(h, condition)                                                                              \
    do {                                                                                                     \
        uint64_t until_ = clock_monotonic_ms() + PATIENCE_MS;                                                \
        struct loop_timer *tick_ = NULL;                                                                     \
        assert_int_equal(loop_timer_new((h)->loop, harness_tick, NULL, &tick_, NULL), 0);                    \
        loop_timer_start(tick_, 100, 100);                                                                   \
        while (!(condition) && clock_monotonic_ms() < until_)                                                \
            loop_run_once((h)->loop);                                                                        \
        loop_timer_free(tick_);                                                                              \
        assert_true(condition);                                                                              \
    } while (0)

static inline void harness_tick(struct loop_timer *timer, void *user) {
    (void)timer;
    (void)user;
}

static inline struct worker *start_worker(struct harness *h, const char *group, bool code,
                                          struct notes *notes) {
    struct worker_settings settings = {.role = IPC_ROLE_GUEST, .group = group, .code_directory = code};
    arcella_error *error = NULL;
    struct worker *worker = NULL;
    *notes = (struct notes){.kept_fd = -1};
    if (worker_start(h->workers, &settings, &note_hooks, notes, &worker, &error) < 0)
        fail_with(error);
    return worker;
}

/* Send a start frame whose address is a command to the fake worker. */
static inline void command(struct worker *worker, uint64_t instance, const char *what, int fd) {
    struct ipc_start start = {.instance = instance,
                              .address = text_of(what),
                              .component = TEXT(""),
                              .digest = TEXT(""),
                              .code = TEXT("code.bin"),
                              .entrypoint = TEXT(""),
                              .shutdown = TEXT("")};
    struct channel_extra extra = {.fds = &fd, .fd_count = fd >= 0};
    arcella_error *error = NULL;
    if (worker_send(worker, IPC_START, &start, &extra, &error) < 0)
        fail_with(error);
}

#endif
