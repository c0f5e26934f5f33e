/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Jobs: one process each, that takes something untrusted apart and hands back a bounded answer.
 *
 * Intake parses one package.  Compile turns one core module into machine code on a sealed memfd.  Each job
 * has a process of its own under rlimits and a time limit; a bounded number of each kind runs at once and
 * further ones wait in a queue, whose length is bounded too.  on_done runs exactly once, later, from the
 * loop, unless the job was cancelled before.  A job is gone when on_done returns.
 */
#ifndef WORKERS_JOBS_H
#define WORKERS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "workers/workers.h"

struct worker_job;

/* A package to take apart: descriptors open for reading, positioned anywhere; duplicated, so the caller keeps
 * its own. */
struct workers_intake_request {
    const char *name;    /* how messages name it (file name); copied */
    int wasm_fd;         /* regular file or memfd */
    int component_fd;    /* component.toml; -1: none */
    int template_fd;     /* deployment template; -1: none */
    int legacy_fd;       /* single arcella.toml; -1: none */
    uint64_t timeout_ms; /* while it runs; 0: LIMIT_INTAKE_MS */
    bool wit;            /* also the WIT of a component */
};

/**
 * Done with an intake.
 *
 * @param description  MessagePack, as catalog/description.h reads it; borrowed during the call; NULL on
 * failure
 * @param error        NULL on success; borrowed.  WASM, MANIFEST, KIND … as the intake found; TOO_LARGE;
 * TIMEOUT; WORKER (the process died: signal and last words); NOMEM, SYSTEM, NOT_FOUND (could not be started)
 */
typedef void workers_intake_done_fn(const void *description, size_t length, const arcella_error *error,
                                    void *user);

/**
 * Have a package described by an intake process.
 *
 * @param ret  out: the job, valid until on_done returns or it is cancelled; may be NULL
 * @return 0; BUSY (queue full); INVALID (descriptor); NOMEM, SYSTEM; on failure on_done does not run
 */
int workers_intake(struct workers *workers, const struct workers_intake_request *request,
                   workers_intake_done_fn *on_done, void *user, struct worker_job **ret,
                   arcella_error **reterr) MUST_CHECK;

/* A core module to compile; the descriptor is duplicated. */
struct workers_compile_request {
    const char *name;     /* for messages; copied */
    int wasm_fd;          /* regular file or memfd */
    uint64_t stack_bytes; /* the engine configuration the code is for; 0: DEFAULT_STACK_BYTES */
    bool fuel;
    uint64_t timeout_ms;   /* while it runs; 0: LIMIT_COMPILE_MS */
    uint64_t memory_bytes; /* data segment; 0: LIMIT_COMPILE_MEMORY_BYTES */
    uint64_t code_max;     /* bytes the process may hand back; 0: LIMIT_CODE_BYTES */
};

/**
 * Done with a compile.
 *
 * @param code_fd  memfd with the code, sealed against every change (verified), positioned at 0, `size` bytes;
 * owned by the callee, close it; -1 on failure
 * @param error    NULL on success; borrowed.  WASM (the engine's sentence); TOO_LARGE; TIMEOUT, LIMIT;
 * WORKER; NOMEM, SYSTEM …
 */
typedef void workers_compile_done_fn(int code_fd, uint64_t size, const arcella_error *error, void *user);

/** Have a core module compiled by a compile process. @return as workers_intake() */
int workers_compile(struct workers *workers, const struct workers_compile_request *request,
                    workers_compile_done_fn *on_done, void *user, struct worker_job **ret,
                    arcella_error **reterr) MUST_CHECK;

/** Give a job up: its process is killed, on_done does not run, the job is gone. */
void worker_job_cancel(struct worker_job *job);

/** How many jobs run and wait. */
size_t workers_jobs(const struct workers *workers);

#endif
