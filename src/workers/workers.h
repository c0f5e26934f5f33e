/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Worker processes of a parent: the daemon, `arcella run`, or a program that embeds the library.
 *
 * `struct workers` is the parent's side as a whole: which program to start, as which user, where code
 * directories go.  `struct worker` is one process: made by worker_start(), it says ready, takes frames, and
 * ends; its end is reported exactly once, by on_end, after the process is gone and every frame it had sent
 * has been handed on. The object is gone when on_end returns.  Jobs for intake and compile processes:
 * workers/jobs.h.
 *
 * Nothing here knows of deployments.  All on the loop's thread.  No callback runs inside the function that
 * caused it.
 */
#ifndef WORKERS_WORKERS_H
#define WORKERS_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/loop.h"
#include "wire/channel.h"

struct workers;
struct worker;

/* --- who the processes are --- */

/* The configuration key that names the user; errors name it. */
#define WORKERS_USER_KEY "workers.user"

/* The user that worker processes become; found by worker_ids_find(). */
struct worker_ids {
    bool change;            /* become uid and gid */
    bool drop_capabilities; /* keep the user, give up every capability (`arcella run` as root) */
    uid_t uid;              /* the user the process will have, changed or not */
    gid_t gid;
    char name[64]; /* of the user, or its number; for status and doctor */
};

/**
 * Decide which user worker processes get.
 *
 * Without privilege: the user we are, whatever is configured is then refused unless it is that user.  As
 * root: the configured user; without one the system user `arcella` made at install where it exists, else
 * `nobody`.
 *
 * @param user  value of the key workers.user; NULL or "" where it is not set
 * @param keep  `arcella run`: keep the caller's user, as root without any capability; user is not looked at
 * @param ret   out
 * @return 0; CONFIG (no such user, or it is root, or we may not become it: names the key); SYSTEM
 */
int worker_ids_find(const char *user, bool keep, struct worker_ids *ret, arcella_error **reterr) MUST_CHECK;

/**
 * Find the program arcella-worker: `configured` where it is not empty; else $ARCELLA_LIBEXEC/arcella-worker
 * where that variable is set; else beside the running program; else in ../libexec/arcella beside its folder.
 *
 * @param ret_path  out: absolute path, owned by the caller (mem_free)
 * @return 0; NOT_FOUND naming the places looked at; NOMEM; SYSTEM
 */
int worker_program_find(const char *configured, char **ret_path, arcella_error **reterr) MUST_CHECK;

/* --- the parent's side --- */

/* What all processes share; texts are copied. */
struct workers_config {
    struct loop *loop;   /* borrowed, outlives workers */
    const char *program; /* arcella-worker, as worker_program_find() takes it; NULL or "": look for it */
    const char *run_directory; /* absolute path of an existing directory for code directories, which nobody
                                  else of this home uses now (hold its lock); leftovers are swept.  NULL:
                                  none, no worker can have a code directory */
    struct worker_ids ids;     /* from worker_ids_find() */
    const char *levels;        /* log levels the processes begin with; NULL: "" */
    uint64_t handshake_ms;     /* from exec to ready; 0: LIMIT_HANDSHAKE_MS */
    unsigned jobs_max;         /* intake and compile processes at once, of each; 0: DEFAULT_JOBS */
};

/**
 * Make the parent's side; find the program; remove what crashed predecessors left in the run directory.
 *
 * @param ret  out: owned, workers_free()
 * @return 0; NOT_FOUND (program, run directory); DENIED, SPACE, SYSTEM; NOMEM
 */
int workers_new(const struct workers_config *config, struct workers **ret, arcella_error **reterr) MUST_CHECK;

/**
 * Kill what still runs, wait for it, remove directories, free.  No callback runs any more.  For an orderly
 * end, drain the workers and run the loop until workers_count() is 0 first.
 *
 * @return NULL
 * Blocks: until the killed processes are gone, milliseconds.
 */
struct workers *workers_free(struct workers *workers);

/** How many processes there are now, jobs' included. */
size_t workers_count(const struct workers *workers);
/** Path of the program in use; borrowed. */
const char *workers_program(const struct workers *workers);
/** The user processes get; borrowed. */
const struct worker_ids *workers_ids(const struct workers *workers);
/** Log levels for processes started from now on (running ones: send them a `levels` frame). @return 0, NOMEM,
 * TOO_LARGE */
int workers_set_levels(struct workers *workers, const char *levels, arcella_error **reterr) MUST_CHECK;

/* --- one process --- */

/* States: identifier, name. */
#define WORKER_STATE_MAP(XX)                                                                                 \
    XX(SPAWNING, "spawning") /* runs, has not said ready */                                                  \
    XX(READY, "ready")       /* said ready */                                                                \
    XX(DRAINING, "draining") /* told to finish; ends by itself, or by force at its deadline */               \
    XX(ENDING, "ending")     /* killed, or channel or process is gone and the other not yet */               \
    XX(EXITED, "exited")     /* gone as it should: drained, or its parent wanted it so; exit code 0 */       \
    XX(LOST, "lost")         /* gone otherwise */

enum worker_state {
#define XX(id, name) WORKER_##id,
    WORKER_STATE_MAP(XX)
#undef XX
        WORKER_STATES
};

/** Name of a state; static. */
const char *worker_state_name(enum worker_state state);

/* How a process ended; borrowed during on_end. */
struct worker_end {
    enum worker_state state; /* EXITED or LOST */
    bool was_ready;          /* it had said ready */
    bool wanted;             /* after worker_drain() or worker_kill() */
    int code;                /* exit code, where signal is 0 */
    int signal;              /* signal that ended it, or 0 */
    uint64_t running;        /* handle of the instance that had the processor, as it says itself; 0: none,
                                or not known (`arcella run`, intake, compile) */
    const char
        *last_words; /* the end of what it wrote to stderr, NUL-terminated, raw bytes; "" for nothing */
    size_t last_words_length;
    const arcella_error
        *error; /* NULL for EXITED; else WORKER, TIMEOUT (handshake), VERSION, PROTOCOL, or the code it
                   refused with; the sentence has exit code or signal and the last words' last line */
};

/* What the owner of a process wants to hear.  Every pointer may be NULL but on_end. */
struct worker_hooks {
    /* It said ready; message is borrowed during the call. */
    void (*on_ready)(struct worker *worker, const struct ipc_ready *ready, void *user);
    /*
     * A frame other than ready and refused, checked against the rows (a child of this role may send it).
     * Borrowed during the call; descriptors are taken out with frame_take_fd().
     */
    void (*on_frame)(struct worker *worker, struct frame *frame, void *user);
    /*
     * A line it wrote to stderr, without newline, raw bytes, cut at LIMIT_LOG_LINE_BYTES; dropped: lines lost
     * to the rate limit before this one.  It was not meant to write any: panics, sanitizers, refused system
     * calls.
     */
    void (*on_line)(struct worker *worker, const char *line, size_t length, uint64_t dropped, void *user);
    /* Its state changed; the only hook that may run inside the call that changed it (worker_drain(),
     * worker_kill()). */
    void (*on_state)(struct worker *worker, enum worker_state from, enum worker_state to, void *user);
    /* It is gone; once, last.  The worker is freed when this returns. */
    void (*on_end)(struct worker *worker, const struct worker_end *end, void *user);
};

/* A directory that the process may reach. */
struct worker_dir {
    const char *host_path; /* absolute */
    bool writable;
};

/* One process; everything is copied. */
struct worker_settings {
    enum ipc_role role;
    const char *group;            /* for ps, logs and the worker itself; NULL: "" */
    bool code_directory;          /* give it run/worker-ID/code as its working directory */
    const char *code_path;        /* absolute path of the one code file (`arcella run`); NULL: none */
    const char *const *code_more; /* names of further code files in the same folder; may be NULL */
    size_t code_more_count;
    uint64_t owner_uid;   /* who must own code files */
    uint64_t stack_bytes; /* 0: DEFAULT_STACK_BYTES */
    bool fuel;
    const struct worker_dir *dirs; /* what its sandbox lets through; may be NULL */
    size_t dirs_count;
    bool net;                     /* its guests may make sockets */
    const struct ipc_port *ports; /* TCP ports that its sandbox lets through, where net; may be NULL */
    size_t ports_count;
    uint64_t open_files;  /* rlimit; 0: DEFAULT_WORKER_OPEN_FILES */
    uint64_t cpu_seconds; /* rlimit; 0: none */
    uint64_t data_bytes;  /* rlimit; 0: none */
};

/**
 * Start a process and send it its setup.  Frames may be sent right behind it without waiting for ready.
 *
 * @param settings  borrowed
 * @param hooks     copied; on_end must be set
 * @param user      given to the hooks
 * @param ret       out: owned by workers, valid until on_end has returned
 * @return 0; NOT_FOUND (program gone); LIMIT (processes, descriptors); SPACE, DENIED, SYSTEM (directory,
 * spawn); UNSUPPORTED (a code directory without run directory); NOMEM Blocks: for the exec, a fraction of a
 * millisecond.
 */
int worker_start(struct workers *workers, const struct worker_settings *settings,
                 const struct worker_hooks *hooks, void *user, struct worker **ret, arcella_error **reterr)
    MUST_CHECK;

/**
 * Send a frame, or queue it.
 *
 * @param type    IPC_…, one that a parent may send to this role; not SETUP
 * @param record  the struct of that type; borrowed
 * @param extra   call id, deadline, descriptors (wire/channel.h); NULL for none
 * @return 0; BUSY (its queue is full); CLOSED (it is ending); INVALID, TOO_LARGE (a field); NOMEM, SYSTEM
 */
int worker_send(struct worker *worker, enum ipc_type type, const void *record,
                const struct channel_extra *extra, arcella_error **reterr) MUST_CHECK;
/** Its channel, for call ids and queue figures; borrowed; NULL once it is closed. */
struct channel *worker_channel(struct worker *worker);

/**
 * Tell it to take no new work and to exit when the last instance is gone; after timeout_ms it is killed.
 * A worker that drains or ends already goes on as it was (an earlier deadline stays).
 */
void worker_drain(struct worker *worker, uint64_t timeout_ms);
/** End it now (SIGKILL).  on_end follows. */
void worker_kill(struct worker *worker);

/**
 * Bring a code file into its code directory: by hard link, or by copy where the file system refuses links.
 *
 * @param from_dir  directory of the file, -1 with an absolute path
 * @param from      the file
 * @param name      in the code directory: no slash, not "." or ".."; there already (names are by content):
 * fine
 * @return 0; INVALID (name); STATE (no code directory); NOT_FOUND, SPACE, DENIED, SYSTEM
 */
int worker_add_code(struct worker *worker, int from_dir, const char *from, const char *name,
                    arcella_error **reterr) MUST_CHECK;
/** The worker's code directory, for who links files into it himself. @return a descriptor, borrowed; -1: none
 */
int worker_code_directory(const struct worker *worker);
/** Remove a code file from its code directory; not there: fine. A file it has mapped stays usable. */
void worker_remove_code(struct worker *worker, const char *name);

/** Its number: unique among the workers of one parent, from 1. */
uint64_t worker_id(const struct worker *worker);
pid_t worker_pid(const struct worker *worker);
enum worker_state worker_get_state(const struct worker *worker);
enum ipc_role worker_role(const struct worker *worker);
/** Group as given at the start; borrowed from the worker. */
const char *worker_group(const struct worker *worker);
/** Monotonic milliseconds at its start. */
uint64_t worker_started_ms(const struct worker *worker);
/** What its kernel lacks, as it said in ready; borrowed from the worker. @return how many */
size_t worker_missing(const struct worker *worker, const char *const **ret_names);
int worker_landlock_abi(const struct worker *worker);

/**
 * Remove what a crashed parent left in a run directory; workers_new() does it.
 *
 * @return 0 (nothing there is fine); DENIED, SYSTEM
 */
int workers_sweep(const char *run_directory, arcella_error **reterr) MUST_CHECK;

#endif
