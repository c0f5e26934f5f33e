/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Inside of the room: what its files know of a parent's side, of one process, and of its states.
 * Everything here is on the loop's thread.
 */
#ifndef WORKERS_INNER_H
#define WORKERS_INNER_H

#include "base/limits.h"
#include "base/text.h"
#include "workers/jobs.h"
#include "workers/last_words.h"
#include "workers/workers.h"

#define WORKER_MISSING_MAX 32 /* as messages.def bounds it */

/* --- states and events --- */

#define WORKER_EVENT_MAP(XX)                                                                                 \
    XX(READY, "ready")      /* it said ready, and its version is ours */                                     \
    XX(REFUSED, "refused")  /* it said why it cannot */                                                      \
    XX(DRAIN, "drain")      /* its owner wants it to finish */                                               \
    XX(KILL, "kill")        /* its owner wants it gone */                                                    \
    XX(TIMEOUT, "timeout")  /* its deadline has passed */                                                    \
    XX(BROKEN, "broken")    /* it broke the protocol */                                                      \
    XX(CLOSED, "closed")    /* its end of the channel is closed, everything it sent has been read */         \
    XX(ENDED, "ended")      /* its process is gone */                                                        \
    XX(OVER_WELL, "exited") /* both are gone, as they should */                                              \
    XX(OVER_BADLY, "lost")  /* both are gone, otherwise */

enum worker_event {
#define XX(id, name) EV_##id,
    WORKER_EVENT_MAP(XX)
#undef XX
        WORKER_EVENTS
};

struct worker_transition {
    void (*action)(struct worker *worker); /* runs after the state has changed; NULL: nothing to do */
    enum worker_state to;
    bool possible; /* false: this event cannot come in this state */
};

/** Look up what an event does in a state (states.c); static. */
const struct worker_transition *worker_transition(enum worker_state state, enum worker_event event);
/** Name of an event; static. */
const char *worker_event_name(enum worker_event event);
/**
 * Let an event happen: the only place where a state changes.
 *
 * @return 0; STATE (not possible here: names both; nothing has changed)
 */
int worker_step(struct worker *worker, enum worker_event event, arcella_error **reterr);

/* Actions of the table (worker.c). */
void worker_do_ready(struct worker *worker);
void worker_do_drain(struct worker *worker);
void worker_do_end(struct worker *worker); /* kill it, wait for both ends */
void worker_do_handshake_timeout(struct worker *worker);
void worker_do_refused(struct worker *worker); /* let it exit by itself, for a while */
void worker_do_await_process(struct worker *worker);
void worker_do_await_channel(struct worker *worker);
void worker_do_grace_over(struct worker *worker);

/* --- one process --- */

struct worker {
    struct workers *workers; /* borrowed */
    struct worker *next;     /* in workers->first */
    uint64_t id;
    enum ipc_role role;
    char group[LIMIT_NAME_BYTES + 1];
    enum worker_state state;
    uint64_t started_ms;

    pid_t pid;                   /* 0: none (yet, or reaped) */
    struct loop_child *child;    /* NULL once its end was reported */
    struct channel *channel;     /* NULL once closed */
    struct last_words *words;    /* its stderr; NULL before it is made */
    struct loop_timer *deadline; /* handshake, drain, or grace, by state */
    struct child_status status;  /* once pid is 0 again */
    int code_fd;                 /* its code directory, or -1 */
    const struct ipc_page *page; /* owned: where it writes who runs; NULL: it has none */

    bool was_ready;
    bool wanted;          /* its owner asked for the end */
    bool killed;          /* SIGKILL was sent by us */
    arcella_error *error; /* owned; what went wrong first, told at the end */

    char *missing[WORKER_MISSING_MAX]; /* owned; from ready */
    size_t missing_count;
    int landlock_abi;

    struct worker_hooks hooks;
    void *user;
};

/** Free what a worker holds, process included (killed and waited for), without calling anybody. @return NULL
 */
struct worker *worker_free(struct worker *worker);

/* --- the parent's side --- */

struct workers {
    struct loop *loop;   /* borrowed */
    char *program;       /* owned: absolute path */
    char *run_directory; /* owned; NULL: none */
    int run_fd;          /* of it, or -1 */
    struct worker_ids ids;
    char *levels; /* owned */
    uint64_t handshake_ms;
    unsigned jobs_max;
    uint64_t last_id;
    struct worker *first; /* owned: those that have not ended, newest first */
    size_t count;
    struct worker_job *jobs; /* owned: running and waiting, oldest first */
    struct loop_timer *pump; /* looks for jobs to start */
};

/** Take a worker out of the list. */
void workers_remove(struct workers *workers, struct worker *worker);
/** A job's process is gone: there may be room for the next one. */
void workers_pump_soon(struct workers *workers);
/** Drop all jobs without telling anybody. */
void workers_drop_jobs(struct workers *workers);
/** The timer callback that starts jobs for which there is room. */
void workers_pump(struct loop_timer *timer, void *user);

/* --- spawning (spawn.c) --- */

struct spawn_request {
    const char *program;   /* absolute path */
    const char *directory; /* to run in, absolute */
    const char *role;
    const char *group; /* "" for none */
};

struct spawned {
    pid_t pid;
    int channel_fd; /* our end; owned by the caller */
    int words_fd;   /* read end of its stderr, non-blocking; owned by the caller */
};

/**
 * Start a process: 0 and 1 /dev/null, 2 a pipe, 3 a socketpair, nothing else; own session; default signals;
 * an environment of nothing but what sanitizer builds need.
 *
 * @return 0; NOT_FOUND, DENIED (program, directory); LIMIT (processes, descriptors); NOMEM; SYSTEM
 */
int spawn_process(const struct spawn_request *request, struct spawned *ret, arcella_error **reterr)
    MUST_CHECK;

/* --- who runs in a process (page.c) --- */

/**
 * Make a page for a process.
 *
 * @param ret_fd  out: to be handed to the process; the caller closes it
 * @param ret     out: our mapping; worker_page_free()
 * @return 0, NOMEM, or by errno
 */
int worker_page_new(int *ret_fd, const struct ipc_page **ret, arcella_error **reterr) MUST_CHECK;
/** The handle that stands there; 0: nobody, or no page. */
uint64_t worker_page_running(const struct ipc_page *page);
/** Unmap; NULL is fine. @return NULL */
const struct ipc_page *worker_page_free(const struct ipc_page *page);

/* --- code directories (code_dir.c) --- */

/** Make run/worker-ID/code, mode 0711. @param ret_path out: absolute path, owned @return 0; DENIED, SPACE,
 * SYSTEM; NOMEM */
int code_dir_make(const struct workers *workers, uint64_t id, int *ret_fd, char **ret_path,
                  arcella_error **reterr) MUST_CHECK;
/** Remove run/worker-ID and all beneath; failing to is left to the next sweep. */
void code_dir_remove(const struct workers *workers, uint64_t id);

#endif
