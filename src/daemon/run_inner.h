/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the files of `arcella run` share: one run, on local_run()'s stack.
 *
 *     run.c         options, worker
 *     run_end.c     what is said at the end, and the exit code
 *     run_code.c    from the file to code: cache, intake, compile; of a component each of its core modules
 *     run_invoke.c  --invoke: calls one after the other, results by number
 */
#ifndef DAEMON_RUN_INNER_H
#define DAEMON_RUN_INNER_H

#include "base/loop.h"
#include "catalog/cache.h"
#include "catalog/manifest.h"
#include "daemon/lookups.h"
#include "daemon/model.h"
#include "daemon/refusals.h"
#include "daemon/run.h"
#include "workers/jobs.h"

enum {
    STOP_MS = 1000, /* between the first signal and force */
    NOTES_MAX = 16, /* sentences kept for a program that fails */
    NOTE_BYTES = 1024,
    KEY_BYTES = 512,
    RUN_JOBS = 2, /* core modules of a component that are compiled at once */
};

/* Code of a component's core module. */
struct run_module {
    struct run *run;
    size_t index;
    size_t same;                 /* the first with equal bytes; its own index where that is itself */
    char name[CACHE_NAME_BYTES]; /* of its file in the code folder; "": not there yet */
    struct worker_job *job;      /* NULL: none */
};

/* What a call returned, as both texts. */
struct run_result {
    char *wave; /* owned; "" for nothing */
    char *json;
};

struct run {
    struct run_options options;
    struct loop *loop;
    struct workers *workers;
    struct worker *worker; /* NULL: not yet, or gone */
    struct worker_job *job;
    struct cache *cache; /* NULL: none can be used */
    struct loop_signal *signals[3];
    int file;
    struct digest digest;
    char key[KEY_BYTES];
    char *code_path;   /* owned; absolute; of a component: of one of its core modules */
    char *code_folder; /* owned; made by us for a run without cache, removed at the end */
    /* of a component */
    struct package_description *description; /* owned; NULL: a core module, or not known yet */
    struct run_module *modules;              /* owned; as many as its description has */
    size_t at;                               /* the next module to be looked at */
    unsigned compiling;                      /* jobs that run */
    /* --invoke */
    struct run_result *results; /* owned; of the calls so far */
    size_t checked;             /* of several: found to be calls */
    size_t called;              /* calls that are over */
    bool invoked;               /* all of them, and they returned */
    struct lookups lookups;
    int sockets[LIMIT_FRAME_FDS];
    unsigned sockets_count;
    struct outcome outcome;
    arcella_error *error; /* why nothing ran */
    bool no_file;         /* … namely that there is none */
    bool ended;           /* the outcome is known */
    int signal;           /* that asked for the end */
    struct refusals refusals;
    char *notes[NOTES_MAX]; /* owned; shown where it fails */
    size_t notes_count;
};

const char *run_file_name(const struct run *run);
/** Give up: nothing ran, or will. Takes the error. */
void run_stop_with(struct run *run, arcella_error *error);
/** Code is there: start the worker. */
void run_start_or_stop(struct run *run);

/** Find code of a core module in the cache. */
bool run_find_code(struct run *run);
/** Have the file taken apart; code and start follow. @return as workers_intake() */
int run_take_in(struct run *run, arcella_error **reterr) MUST_CHECK;
/** Remove a code folder of our own. */
void run_drop_folder(struct run *run);

/** Send the next call, or end the run after the last. */
void run_invoke_next(struct run *run);
/** A call is over. */
void run_invoked(struct run *run, const struct ipc_called *called);

/** Say how it ended, and what was refused, on standard error. @return the exit code */
int run_finish(struct run *run);

#endif
