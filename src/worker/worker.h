/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The worker program's inside: one process, one role, one parent.
 *
 * main.c reads the command line and owns the loop and the channel; setup.c gives the process's rights up in
 * order; a role takes the frames that come after.  Whatever goes wrong before ready is told in `refused`, and
 * the process ends; afterwards only the channel's end or `drain` end it.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stdbool.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/mem.h"
#include "sandbox/sandbox.h"
#include "wire/channel.h"

/* A directory opened before the sandbox closed. */
struct worker_dir {
    char *host_path; /* owned */
    int fd;          /* O_PATH | O_DIRECTORY */
    bool writable;
};

/* What the whole process knows; one, on main()'s stack. */
struct worker_process {
    struct loop *loop;
    struct channel *channel;
    const struct worker_role *role; /* after setup */
    void *state;                    /* the role's */
    struct worker_dir *dirs;
    uint32_t dirs_count;
    uint64_t owner_uid; /* who must own code files */
    uint64_t stack_bytes;
    bool fuel;
    bool ready;
    bool leaving; /* worker_exit() was called */
    int exit_code;
    struct sandbox_report report;
};

/* What a role does; const, one per role. */
struct worker_role {
    const char *name;
    enum sandbox_role_id sandbox;
    bool engine;         /* says its engine in ready */
    uint64_t file_bytes; /* rlimit on a file it writes; 0 none */
    /* After the rights are gone, before seccomp: make every thread the role will ever need. */
    int (*begin)(struct worker_process *process, arcella_error **reterr);
    /* A frame after setup. */
    void (*frame)(struct worker_process *process, struct frame *frame);
    /* The parent is gone or the process ends: free everything. */
    void (*end)(struct worker_process *process);
};

extern const struct worker_role worker_role_guest;
extern const struct worker_role worker_role_intake;
extern const struct worker_role worker_role_compile;

/** Take setup: give up rights in order, begin the role, say ready. @return 0, or what `refused` says */
int worker_setup(struct worker_process *process, struct frame *frame, arcella_error **reterr) MUST_CHECK;

/**
 * Send a frame.  A parent that reads too slowly loses output, log and audit lines; where it cannot be told
 * what it waits for, the process ends, since that it notices.
 */
void worker_tell(struct worker_process *process, enum ipc_type type, const void *record,
                 const struct channel_extra *extra);

/**
 * Open the directories of setup, before ids change and landlock closes.  One that a guest may have put a link
 * in the place of is left out, with a line.
 *
 * @return 0, NOT_FOUND, DENIED, NOMEM, SYSTEM; worker_dirs_done() in any case
 */
int worker_dirs_open(struct worker_process *process, const struct ipc_setup *setup, arcella_error **reterr)
    MUST_CHECK;
/**
 * The descriptor for a directory of an instance: one of those of setup, or a directory beneath one, reached
 * from there without following a link.
 *
 * @param ret_opened  out: the descriptor is new, and the caller's to close
 * @return 0, GROUP (this worker does not hold it), DENIED (a link), by errno
 */
int worker_dir_find(const struct worker_process *process, const struct ipc_preopen *wanted, int *ret_fd,
                    bool *ret_opened, arcella_error **reterr) MUST_CHECK;
void worker_dirs_done(struct worker_process *process);

struct runtime;
/** Answer `figures`: the instances of a runtime, and its engine. @param call  of the frame that asked */
void worker_tell_figures(struct worker_process *process, struct runtime *runtime, uint64_t call);

/** End the process: the loop stops, further frames are passed over, and main() returns the first code. */
void worker_exit(struct worker_process *process, int code);

/**
 * Write who runs into a page of the parent's, mapped here; fd is the caller's to close.  Before the sandbox.
 *
 * @return 0, NOMEM, SYSTEM
 */
int worker_crash_share(int fd, arcella_error **reterr) MUST_CHECK;
/** Have crashes of this process say which instance was running; before the engine is made. */
void worker_crash_setup(void);
/** Who has the processor from here on; 0: nobody.  One store. */
void worker_crash_running(uint64_t handle);

/** A C string of ours as a slice. */
static inline struct text worker_text(const char *s) {
    return s ? text_of(s) : (struct text){"", 0};
}

#endif
