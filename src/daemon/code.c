/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Code by content: see the header.  The only place of the daemon that writes compiled code. */
#include "daemon/code.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sys.h"
#include "engine/engine.h"

struct code_waiter {
    struct code_waiter *next;
    code_done_fn *on_done; /* NULL: forgotten */
    void *user;
};

struct code_job {
    struct code_job *next;
    struct daemon *daemon;
    struct worker_job *job;
    struct digest module;
    bool fuel;
    char *name;
    uint64_t started_ms;
    uint64_t size; /* of the code */
    struct code_waiter *waiters;
    /* From here on: while a thread of the pool keeps the code.  It touches these and nothing else. */
    bool keeping;              /* the job is freed when that thread is done, not before */
    bool left;                 /* by a daemon that ends; it is in no list any more */
    bool unwanted;             /* its component was removed meanwhile */
    struct cache_stage *stage; /* owned; NULL: there is no cache */
    int code_fd;               /* owned; -1: none yet */
    int run_dir;               /* borrowed; where loose code lies */
    arcella_error *failed;     /* owned */
};

void code_file_done(struct code_file *file) {
    mem_free(file->path);
    file->path = NULL;
}

int code_keys(struct daemon *daemon, arcella_error **reterr) {
    for (int fuel = 0; fuel < 2; fuel++) {
        struct engine_config config = ENGINE_CONFIG_INIT;
        config.fuel = fuel;
        BUFFER_AUTO key = BUFFER_INIT(sizeof(daemon->code_key[0]) - 1);
        int r = engine_code_key(&config, &key, reterr);
        if (r < 0)
            return r;
        text_copy(daemon->code_key[fuel], sizeof(daemon->code_key[0]), key.data);
    }
    return 0;
}

/* Name of a code file that lies in run/ because there is no cache. */
static void loose_name(const struct digest *module, bool fuel, char *to, size_t size) {
    char hex[DIGEST_TEXT];
    digest_text(module, hex);
    snprintf(to, size, "code-%s%s", hex, fuel ? "-fuel" : "");
}

int code_find(struct daemon *daemon, const struct digest *module, bool fuel, struct code_file *ret,
              arcella_error **reterr) {
    struct cache *cache = daemon->catalog->cache;
    if (cache) {
        CLEANUP(cache_entry_done) struct cache_entry entry = CACHE_ENTRY_INIT;
        int r = cache_lookup(cache, module, daemon->code_key[fuel], &entry, reterr);
        if (r < 0)
            return r;
        ret->path = cache_entry_path(cache, &entry);
        text_copy(ret->name, sizeof(ret->name), entry.name);
        return ret->path ? 0 : error_nomem(reterr);
    }
    char name[CACHE_NAME_BYTES];
    loose_name(module, fuel, name, sizeof(name));
    struct stat st;
    if (fstatat(daemon->home->dirs[HOME_RUN], name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no compiled code");
    ret->path = mem_format("%s/run/%s", daemon->home->path, name);
    text_copy(ret->name, sizeof(ret->name), name);
    return ret->path ? 0 : error_nomem(reterr);
}

int code_link(struct daemon *daemon, const struct digest *module, bool fuel, struct worker *worker,
              arcella_error **reterr) {
    struct cache *cache = daemon->catalog->cache;
    if (!cache) {
        CLEANUP(code_file_done) struct code_file file = {0};
        int r = code_find(daemon, module, fuel, &file, reterr);
        return r < 0 ? r : worker_add_code(worker, -1, file.path, file.name, reterr);
    }
    int dir = worker_code_directory(worker);
    if (dir < 0)
        return error_set(reterr, ARCELLA_E_STATE, "the worker has no code directory");
    for (bool again = false;; again = true) {
        CLEANUP(cache_entry_done) struct cache_entry entry = CACHE_ENTRY_INIT;
        ERROR_AUTO *replaced = NULL;
        int r = cache_lookup(cache, module, daemon->code_key[fuel], &entry, reterr);
        if (r < 0)
            return r;
        r = cache_link(cache, &entry, dir, entry.name, &replaced);
        if (r == 0)
            return 0;
        /* Another program that uses the cache put the same code in between: once more, with that one. */
        if (r != ARCELLA_E_CORRUPT || again)
            return error_move(reterr, TAKE(replaced));
    }
}

uint64_t code_max_of(int wasm_fd) {
    enum { LEAST = 16 * MIB, TIMES = 64 };
    struct stat st;
    uint64_t size = sys_fstat(wasm_fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
    return size < (LIMIT_CODE_BYTES - LEAST) / TIMES ? LEAST + TIMES * size : LIMIT_CODE_BYTES;
}

int code_slice(int wasm_fd, const struct description_module *module, int *ret_fd, arcella_error **reterr) {
    MEM_AUTO char *bytes = module->length <= LIMIT_WASM_BYTES ? mem_alloc(module->length + 1) : NULL;
    if (!bytes)
        return error_nomem(reterr);
    for (uint64_t done = 0; done < module->length;) {
        ssize_t got = sys_pread(wasm_fd, bytes + done, module->length - done, (off_t)(module->offset + done));
        if (got < 0)
            return error_set_errno(reterr, errno, "cannot read a core module");
        if (got == 0)
            return error_set(reterr, ARCELLA_E_CORRUPT, "the file ends in the middle of a core module");
        done += (uint64_t)got;
    }
    struct digest digest = digest_of(bytes, module->length);
    if (!module->has_digest || !digest_equal(&digest, &module->digest))
        return error_set(reterr, ARCELLA_E_CORRUPT, "the bytes of a core module do not fit its digest");
    return memfd_make("arcella-module", bytes, module->length, false, ret_fd, reterr);
}

void code_discard(struct daemon *daemon, const struct digest *module) {
    if (daemon->catalog->cache)
        cache_remove(daemon->catalog->cache, module);
    char name[CACHE_NAME_BYTES];
    for (int fuel = 0; fuel < 2; fuel++) {
        loose_name(module, fuel, name, sizeof(name));
        sys_unlinkat(daemon->home->dirs[HOME_RUN], name, 0);
    }
}

/* The name it has until it is whole. */
static void staged_name(const struct code_job *job, char *to, size_t size) {
    char name[CACHE_NAME_BYTES];
    loose_name(&job->module, job->fuel, name, sizeof(name));
    snprintf(to, size, ".%s", name);
}

/* Any thread. */
static int stage_loose(const struct code_job *job, arcella_error **reterr) {
    char staged[CACHE_NAME_BYTES + 8];
    staged_name(job, staged, sizeof(staged));
    sys_unlinkat(job->run_dir, staged, 0);
    FD_AUTO fd = sys_openat(job->run_dir, staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0444);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot make '%s'", staged);
    int r = fd_copy_all(job->code_fd, fd, LIMIT_CODE_BYTES, NULL, reterr);
    /* Workers of another user read it, whatever our umask is. */
    if (r == 0 && fchmod(fd, 0444) < 0)
        r = error_set_errno(reterr, errno, "cannot set the mode of '%s'", staged);
    return r;
}

static void unstage_loose(const struct code_job *job) {
    char staged[CACHE_NAME_BYTES + 8];
    staged_name(job, staged, sizeof(staged));
    sys_unlinkat(job->run_dir, staged, 0);
}

static int put_loose(const struct code_job *job, arcella_error **reterr) {
    char name[CACHE_NAME_BYTES], staged[CACHE_NAME_BYTES + 8];
    loose_name(&job->module, job->fuel, name, sizeof(name));
    staged_name(job, staged, sizeof(staged));
    if (sys_renameat(job->run_dir, staged, job->run_dir, name) < 0)
        return error_set_errno(reterr, errno, "cannot rename '%s'", staged);
    return 0;
}

static void job_free(struct code_job *job) {
    struct code_job **at = &job->daemon->code_jobs;
    while (*at && *at != job)
        at = &(*at)->next;
    if (*at)
        *at = job->next;
    while (job->waiters) {
        struct code_waiter *waiter = job->waiters;
        job->waiters = waiter->next;
        mem_free(waiter);
    }
    cache_stage_free(job->stage);
    fd_close(job->code_fd);
    arcella_error_free(job->failed);
    mem_free(job->name);
    mem_free(job);
}

static void job_tell(struct code_job *job, const arcella_error *error) {
    /* A waiter may ask anew, so the job is out of the list before any of them runs. */
    struct code_job **at = &job->daemon->code_jobs;
    while (*at && *at != job)
        at = &(*at)->next;
    if (*at)
        *at = job->next;
    job->next = NULL;
    for (struct code_waiter *waiter = job->waiters; waiter; waiter = waiter->next)
        if (waiter->on_done)
            waiter->on_done(waiter->user, error);
    job_free(job);
}

static bool is_awaited(const struct code_job *job) {
    for (const struct code_waiter *waiter = job->waiters; waiter; waiter = waiter->next)
        if (waiter->on_done)
            return true;
    return false;
}

/* A compiled module that was kept, or could not be. */
static void job_kept(struct code_job *job, const arcella_error *failed) {
    struct log_about about = {.unit = LOG_COMPILE, .component = job->name, .error = failed};
    log_event(failed ? LOG_WARN : LOG_INFO, &about,
              failed ? "compiled, but the code cannot be kept" : "compiled", "bytes=%llu ms=%llu",
              (unsigned long long)job->size, (unsigned long long)(clock_monotonic_ms() - job->started_ms));
    job_tell(job, failed);
}

/* On a thread of the pool: copying and hashing a hundred megabytes would hold the loop for too long. */
static void keep(void *user) {
    struct code_job *job = user;
    int r = job->stage ? cache_stage_fill(job->stage, &job->failed) : stage_loose(job, &job->failed);
    (void)r; /* the error says it */
}

/* On the loop again. */
static void on_kept(void *user) {
    struct code_job *job = user;
    struct daemon *daemon = job->daemon;
    job->keeping = false;
    /* Nobody starts what was removed: its code would lie there until it is evicted. */
    bool drop = job->left || (job->unwanted && !is_awaited(job));
    if (!job->failed && !drop) {
        int r = job->stage ? cache_stage_commit(daemon->catalog->cache, job->stage, NULL, &job->failed)
                           : put_loose(job, &job->failed);
        (void)r;
    }
    if (!job->stage && (drop || job->failed))
        unstage_loose(job);
    if (drop)
        job_free(job);
    else
        job_kept(job, job->failed);
}

static void on_compiled(int code_fd, uint64_t size, const arcella_error *error, void *user) {
    struct code_job *job = user;
    struct daemon *daemon = job->daemon;
    job->job = NULL;
    if (error) {
        struct log_about about = {.unit = LOG_COMPILE, .component = job->name, .error = error};
        log_event(LOG_WARN, &about, "compile failed", "ms=%llu",
                  (unsigned long long)(clock_monotonic_ms() - job->started_ms));
        job_tell(job, error);
        return;
    }
    daemon->compiles++;
    job->code_fd = code_fd;
    job->size = size;
    job->run_dir = daemon->home->dirs[HOME_RUN];
    struct cache *cache = daemon->catalog->cache;
    ERROR_AUTO *failed = NULL;
    int r = cache ? cache_stage_new(cache, &job->module, daemon->code_key[job->fuel], code_fd, &job->stage,
                                    &failed)
                  : 0;
    if (r == 0)
        r = loop_work(daemon->loop, keep, on_kept, job, &failed);
    if (r < 0)
        job_kept(job, failed);
    else
        job->keeping = true;
}

static int add_waiter(struct code_job *job, code_done_fn *on_done, void *user, arcella_error **reterr) {
    struct code_waiter *waiter = mem_new(struct code_waiter);
    if (!waiter)
        return error_nomem(reterr);
    *waiter = (struct code_waiter){job->waiters, on_done, user};
    job->waiters = waiter;
    return 0;
}

int code_make(struct daemon *daemon, const struct code_request *request, code_done_fn *on_done, void *user,
              arcella_error **reterr) {
    for (struct code_job *job = daemon->code_jobs; job; job = job->next)
        if (digest_equal(&job->module, &request->module) && job->fuel == request->fuel)
            return add_waiter(job, on_done, user, reterr);
    struct code_job *job = mem_new(struct code_job);
    if (!job)
        return error_nomem(reterr);
    job->daemon = daemon;
    job->code_fd = -1;
    job->module = request->module;
    job->fuel = request->fuel;
    job->name = mem_text(request->name);
    job->started_ms = clock_monotonic_ms();
    job->next = daemon->code_jobs;
    daemon->code_jobs = job;
    struct workers_compile_request compile = {
        .name = request->name,
        .wasm_fd = request->wasm_fd,
        .fuel = request->fuel,
        .timeout_ms = config_number(daemon->config, CONFIG_COMPILE_TIMEOUT),
        .memory_bytes = config_number(daemon->config, CONFIG_COMPILE_MEMORY),
        .code_max = code_max_of(request->wasm_fd),
    };
    int r = job->name ? add_waiter(job, on_done, user, reterr) : error_nomem(reterr);
    if (r == 0)
        r = workers_compile(daemon->workers, &compile, on_compiled, job, &job->job, reterr);
    if (r < 0)
        job_free(job);
    return r;
}

void code_forget(struct daemon *daemon, const void *user) {
    for (struct code_job *job = daemon->code_jobs; job; job = job->next)
        for (struct code_waiter *waiter = job->waiters; waiter; waiter = waiter->next)
            if (waiter->user == user)
                waiter->on_done = NULL;
}

void code_removed(struct daemon *daemon, const struct digest *module) {
    uint64_t others = 1;
    if (state_component_count_digest(daemon->catalog->state, module, &others, NULL) < 0 || others)
        return;
    for (struct code_job *job = daemon->code_jobs; job; job = job->next)
        if (digest_equal(&job->module, module))
            job->unwanted = true;
    code_discard(daemon, module);
}

void code_done(struct daemon *daemon) {
    while (daemon->code_jobs) {
        struct code_job *job = daemon->code_jobs;
        if (job->job)
            worker_job_cancel(job->job);
        if (!job->keeping) {
            job_free(job);
            continue;
        }
        /* A thread has it: on_kept() frees it, before the loop is at its end. */
        daemon->code_jobs = job->next;
        job->next = NULL;
        job->left = true;
        if (job->stage)
            cache_stage_stop(job->stage);
    }
    /* Loose code is this daemon's alone. */
    int copy = daemon->catalog && !daemon->catalog->cache
                   ? sys_openat(daemon->home->dirs[HOME_RUN], ".", O_RDONLY | O_DIRECTORY, 0)
                   : -1;
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    while (list && (entry = readdir(list)))
        if (text_starts(entry->d_name, "code-") || text_starts(entry->d_name, ".code-"))
            sys_unlinkat(copy, entry->d_name, 0);
    if (list)
        closedir(list);
}
