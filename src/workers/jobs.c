/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Jobs: a queue per kind, a process per job; see jobs.h.
 *
 * A job waits in the list of its parent's side until there is room, then has a worker, and is over when its
 * answer has come, its process is gone, or its time is up; then on_done runs and the job is freed.  Its
 * process is killed with it: there is nothing it could do any more that anybody wants.  The loop's thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "workers/inner.h"

#define JOB_FDS 4 /* the wasm and three manifests */

struct worker_job {
    struct workers *workers; /* borrowed */
    struct worker_job *next;
    enum ipc_role role;       /* INTAKE or COMPILE: the kind */
    struct worker *worker;    /* NULL while it waits */
    struct loop_timer *timer; /* runs while the process does */
    uint64_t timeout_ms;
    uint64_t memory_bytes;
    char *name;           /* owned */
    int fds[JOB_FDS];     /* owned; in the order of the message; -1: not there */
    uint64_t stack_bytes; /* compile */
    uint64_t code_max;    /* compile: what may come back */
    bool fuel;
    bool wit;                          /* intake */
    workers_intake_done_fn *on_intake; /* of its kind */
    workers_compile_done_fn *on_compile;
    void *user;
};

static void unlink_job(struct worker_job *job) {
    for (struct worker_job **at = &job->workers->jobs; *at; at = &(*at)->next)
        if (*at == job) {
            *at = job->next;
            return;
        }
}

static struct worker_job *job_free(struct worker_job *job) {
    if (!job)
        return NULL;
    for (size_t i = 0; i < JOB_FDS; i++)
        fd_close(job->fds[i]);
    loop_timer_free(job->timer);
    mem_free(job->name);
    mem_free(job);
    return NULL;
}

DEFINE_CLEANUP(job_free_ptr, struct worker_job *, job_free)

static const char *what_it_does(const struct worker_job *job) {
    return job->role == IPC_ROLE_INTAKE ? "reading" : "compiling";
}

/* Part from the process: what it still says goes nowhere. */
static void drop_worker(struct worker_job *job) {
    struct worker *worker = job->worker;
    job->worker = NULL;
    if (worker) {
        worker->user = NULL;
        worker_kill(worker);
    }
}

void worker_job_cancel(struct worker_job *job) {
    unlink_job(job);
    drop_worker(job);
    job_free(job);
}

void workers_drop_jobs(struct workers *workers) {
    while (workers->jobs)
        worker_job_cancel(workers->jobs);
}

/* --- the answer --- */

struct answer {
    const void *description;
    size_t length;
    int code_fd; /* owned until handed on */
    uint64_t size;
    arcella_error *error; /* owned; NULL: success */
    bool found;           /* error is the process's own answer, not that it gave none */
};

/* The one end of every job that was not cancelled. */
static void finish(struct worker_job *job, struct answer *answer) {
    unlink_job(job);
    drop_worker(job);
    if (answer->error) {
        int code = arcella_error_code(answer->error);
        if (!answer->found)
            error_wrap(&answer->error, code, "%s '%s'", what_it_does(job), job->name);
        else if (job->role == IPC_ROLE_COMPILE) /* an intake process says which of its files it means */
            error_wrap(&answer->error, code, "%s", job->name);
    }
    if (job->role == IPC_ROLE_INTAKE)
        job->on_intake(answer->error ? NULL : answer->description, answer->length, answer->error, job->user);
    else
        job->on_compile(answer->error ? -1 : answer->code_fd, answer->size, answer->error, job->user);
    if (answer->error)
        fd_close(answer->code_fd);
    arcella_error_free(answer->error);
    job_free(job);
}

static void fail_job(struct worker_job *job, arcella_error *error) {
    finish(job, &(struct answer){.code_fd = -1, .error = error});
}

/* What the process found wrong with its input. */
static arcella_error *found_wrong(struct text code, struct text message, struct text hint) {
    arcella_error *error = NULL;
    int number = error_code_of(code.data);
    error_set(&error, number < 0 ? number : ARCELLA_E_PROTOCOL, "%s", message.data);
    if (hint.length)
        error_hint(&error, number, "%s", hint.data);
    return error;
}

/*
 * The code must be a memfd that nobody, the compile process included, can change any more.  A memfd may be
 * sparse, so a large one costs its sender nothing, and the reader as much as it is long: it has a bound.
 */
static arcella_error *check_code(int fd, uint64_t size, uint64_t code_max) {
    const int wanted = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    arcella_error *error = NULL;
    struct stat found;
    int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & wanted) != wanted)
        error_set(&error, ARCELLA_E_PROTOCOL, "the code is not on a sealed memfd");
    else if (sys_fstat(fd, &found) < 0 || found.st_size <= 0 || (uint64_t)found.st_size != size)
        error_set(&error, ARCELLA_E_PROTOCOL, "the code is not %" PRIu64 " bytes long, as was said", size);
    else if (size > code_max)
        error_set(&error, ARCELLA_E_TOO_LARGE,
                  "the code has %" PRIu64 " bytes; at most %" PRIu64 " are taken for a module of its size",
                  size, code_max);
    else if (lseek(fd, 0, SEEK_SET) != 0)
        error_set_errno(&error, errno, "cannot rewind the code");
    return error;
}

static void on_taken(struct worker_job *job, const struct ipc_taken *taken) {
    struct answer answer = {
        .description = taken->description.data, .length = taken->description.length, .code_fd = -1};
    answer.found = !taken->ok;
    if (!taken->ok)
        answer.error = found_wrong(taken->code, taken->message, taken->hint);
    finish(job, &answer);
}

static void on_compiled(struct worker_job *job, const struct ipc_compiled *compiled, int code_fd) {
    struct answer answer = {.code_fd = code_fd, .size = compiled->size, .found = !compiled->ok};
    answer.error = compiled->ok ? check_code(code_fd, compiled->size, job->code_max)
                                : found_wrong(compiled->code, compiled->message, compiled->hint);
    finish(job, &answer);
}

static void on_frame(struct worker *worker, struct frame *frame, void *user) {
    (void)worker;
    struct worker_job *job = user;
    if (!job)
        return;
    if (frame->message.type == IPC_TAKEN)
        on_taken(job, &frame->message.taken);
    else if (frame->message.type == IPC_COMPILED)
        on_compiled(job, &frame->message.compiled, frame_take_fd(frame, 0));
    /* Log lines of these processes have no reader: their answer says what there is to say. */
}

static void on_end(struct worker *worker, const struct worker_end *end, void *user) {
    struct worker_job *job = user;
    workers_pump_soon(worker->workers);
    if (!job)
        return;
    job->worker = NULL;
    arcella_error *error = NULL;
    if (end->signal == SIGXCPU)
        error_set(&error, ARCELLA_E_LIMIT, "it used more CPU time than the %" PRIu64 " ms it is given",
                  job->timeout_ms);
    else if (end->error)
        error = error_copy(end->error);
    else
        error_set(&error, ARCELLA_E_WORKER, "its process ended without an answer");
    fail_job(job, error);
}

static void on_timeout(struct loop_timer *timer, void *user) {
    (void)timer;
    struct worker_job *job = user;
    arcella_error *error = NULL;
    error_set(&error, ARCELLA_E_TIMEOUT, "not done within %" PRIu64 " ms", job->timeout_ms);
    fail_job(job, error);
}

/* --- starting --- */

static int send_job(struct worker_job *job, arcella_error **reterr) {
    int fds[JOB_FDS];
    struct channel_extra extra = {.fds = fds};
    for (size_t i = 0; i < JOB_FDS; i++)
        if (job->fds[i] >= 0)
            fds[extra.fd_count++] = job->fds[i];
    if (job->role == IPC_ROLE_COMPILE) {
        struct ipc_compile compile = {.stack_bytes = job->stack_bytes, .fuel = job->fuel};
        return worker_send(job->worker, IPC_COMPILE, &compile, &extra, reterr);
    }
    struct ipc_intake intake = {
        .name = text_of(job->name),
        .has_component = job->fds[1] >= 0,
        .has_template = job->fds[2] >= 0,
        .has_legacy = job->fds[3] >= 0,
        .wit = job->wit,
    };
    return worker_send(job->worker, IPC_INTAKE, &intake, &extra, reterr);
}

static int start_job(struct worker_job *job, arcella_error **reterr) {
    static const struct worker_hooks hooks = {.on_frame = on_frame, .on_end = on_end};
    struct worker_settings settings = {
        .role = job->role,
        .stack_bytes = job->stack_bytes,
        .fuel = job->fuel,
        .open_files = LIMIT_JOB_OPEN_FILES,
        /* A second line behind our own clock, for the case that nobody looks at that one. */
        .cpu_seconds = job->timeout_ms / 1000 + 1,
        .data_bytes = job->memory_bytes,
    };
    int r = worker_start(job->workers, &settings, &hooks, job, &job->worker, reterr);
    if (r == 0)
        r = send_job(job, reterr);
    if (r == 0)
        loop_timer_start(job->timer, job->timeout_ms, 0);
    return r;
}

static unsigned processes_of(const struct workers *workers, enum ipc_role role) {
    unsigned count = 0;
    for (const struct worker *worker = workers->first; worker; worker = worker->next)
        count += worker->role == role;
    return count;
}

static struct worker_job *next_job(const struct workers *workers) {
    for (struct worker_job *job = workers->jobs; job; job = job->next)
        if (!job->worker && processes_of(workers, job->role) < workers->jobs_max)
            return job;
    return NULL;
}

void workers_pump(struct loop_timer *timer, void *user) {
    (void)timer;
    struct workers *workers = user;
    struct worker_job *job;
    while ((job = next_job(workers))) {
        arcella_error *error = NULL;
        /* Each failure ends a job, so this comes to an end. */
        if (start_job(job, &error) < 0)
            fail_job(job, error);
    }
}

/* --- asking for one --- */

/* What both kinds have; the kind's own is copied by its caller.  Owns nothing. */
struct wanted {
    enum ipc_role role;
    const char *name;
    int fds[JOB_FDS];
    uint64_t timeout_ms;
    uint64_t memory_bytes;
    uint64_t stack_bytes;
    uint64_t code_max;
    bool fuel;
    bool wit;
    workers_intake_done_fn *on_intake;
    workers_compile_done_fn *on_compile;
    void *user;
};

static int duplicate_fds(struct worker_job *job, const int *fds, arcella_error **reterr) {
    for (size_t i = 0; i < JOB_FDS; i++)
        if (fds[i] >= 0 && (job->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3)) < 0)
            return errno == EBADF ? error_set(reterr, ARCELLA_E_INVALID, "descriptor %d is not open", fds[i])
                                  : error_set_errno(reterr, errno, "cannot duplicate a descriptor");
    if (job->fds[0] < 0)
        return error_set(reterr, ARCELLA_E_INVALID, "no descriptor of a module was given");
    return 0;
}

static void enqueue(struct worker_job *job) {
    struct worker_job **last = &job->workers->jobs;
    while (*last)
        last = &(*last)->next;
    *last = job;
    workers_pump_soon(job->workers);
}

static int add_job(struct workers *workers, const struct wanted *wanted, struct worker_job **ret,
                   arcella_error **reterr) {
    size_t queued = 0;
    for (const struct worker_job *other = workers->jobs; other; other = other->next)
        queued += other->role == wanted->role;
    if (queued >= LIMIT_JOBS_QUEUED)
        return error_set(reterr, ARCELLA_E_BUSY, "%d jobs of this kind are waiting already",
                         LIMIT_JOBS_QUEUED);
    CLEANUP(job_free_ptr) struct worker_job *job = mem_new(struct worker_job);
    if (!job)
        return error_nomem(reterr);
    job->workers = workers;
    job->role = wanted->role;
    job->timeout_ms = wanted->timeout_ms;
    job->memory_bytes = wanted->memory_bytes;
    job->stack_bytes = wanted->stack_bytes;
    job->code_max = wanted->code_max;
    job->fuel = wanted->fuel;
    job->on_intake = wanted->on_intake;
    job->on_compile = wanted->on_compile;
    job->wit = wanted->wit;
    job->user = wanted->user;
    for (size_t i = 0; i < JOB_FDS; i++)
        job->fds[i] = -1;
    int r = duplicate_fds(job, wanted->fds, reterr);
    if (r < 0)
        return r;
    job->name = mem_text(wanted->name ? wanted->name : "");
    if (!job->name)
        return error_nomem(reterr);
    r = loop_timer_new(workers->loop, on_timeout, job, &job->timer, reterr);
    if (r < 0)
        return r;
    enqueue(job);
    if (ret)
        *ret = job;
    job = NULL; /* the queue's */
    return 0;
}

int workers_intake(struct workers *workers, const struct workers_intake_request *request,
                   workers_intake_done_fn *on_done, void *user, struct worker_job **ret,
                   arcella_error **reterr) {
    struct wanted wanted = {
        .role = IPC_ROLE_INTAKE,
        .name = request->name,
        .fds = {request->wasm_fd, request->component_fd, request->template_fd, request->legacy_fd},
        .timeout_ms = request->timeout_ms ? request->timeout_ms : LIMIT_INTAKE_MS,
        .memory_bytes = LIMIT_INTAKE_MEMORY_BYTES,
        .wit = request->wit,
        .on_intake = on_done,
        .user = user,
    };
    return add_job(workers, &wanted, ret, reterr);
}

int workers_compile(struct workers *workers, const struct workers_compile_request *request,
                    workers_compile_done_fn *on_done, void *user, struct worker_job **ret,
                    arcella_error **reterr) {
    struct wanted wanted = {
        .role = IPC_ROLE_COMPILE,
        .name = request->name,
        .fds = {request->wasm_fd, -1, -1, -1},
        .timeout_ms = request->timeout_ms ? request->timeout_ms : LIMIT_COMPILE_MS,
        .memory_bytes = request->memory_bytes ? request->memory_bytes : LIMIT_COMPILE_MEMORY_BYTES,
        .stack_bytes = request->stack_bytes ? request->stack_bytes : DEFAULT_STACK_BYTES,
        .code_max =
            request->code_max && request->code_max < LIMIT_CODE_BYTES ? request->code_max : LIMIT_CODE_BYTES,
        .fuel = request->fuel,
        .on_compile = on_done,
        .user = user,
    };
    return add_job(workers, &wanted, ret, reterr);
}

size_t workers_jobs(const struct workers *workers) {
    size_t count = 0;
    for (const struct worker_job *job = workers->jobs; job; job = job->next)
        count++;
    return count;
}
