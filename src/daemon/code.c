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
    struct code_waiter *waiters;
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

void code_discard(struct daemon *daemon, const struct digest *module) {
    if (daemon->catalog->cache)
        cache_remove(daemon->catalog->cache, module);
    char name[CACHE_NAME_BYTES];
    for (int fuel = 0; fuel < 2; fuel++) {
        loose_name(module, fuel, name, sizeof(name));
        sys_unlinkat(daemon->home->dirs[HOME_RUN], name, 0);
    }
}

static int put_loose(struct code_job *job, int code_fd, arcella_error **reterr) {
    char name[CACHE_NAME_BYTES], staged[CACHE_NAME_BYTES + 8];
    int dir = job->daemon->home->dirs[HOME_RUN];
    loose_name(&job->module, job->fuel, name, sizeof(name));
    snprintf(staged, sizeof(staged), ".%s", name);
    sys_unlinkat(dir, staged, 0);
    FD_AUTO fd = sys_openat(dir, staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0444);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot make '%s'", staged);
    int r = fd_copy_all(code_fd, fd, LIMIT_CODE_BYTES, NULL, reterr);
    /* Workers of another user read it, whatever our umask is. */
    if (r == 0 && fchmod(fd, 0444) < 0)
        r = error_set_errno(reterr, errno, "cannot set the mode of '%s'", staged);
    if (r == 0 && sys_renameat(dir, staged, dir, name) < 0)
        r = error_set_errno(reterr, errno, "cannot rename '%s'", staged);
    if (r < 0)
        sys_unlinkat(dir, staged, 0);
    return r;
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

static void on_compiled(int code_fd, uint64_t size, const arcella_error *error, void *user) {
    struct code_job *job = user;
    struct daemon *daemon = job->daemon;
    FD_AUTO fd = code_fd;
    job->job = NULL;
    ERROR_AUTO *failed = NULL;
    struct log_about about = {.unit = LOG_COMPILE, .component = job->name};
    if (!error) {
        daemon->compiles++;
        struct cache *cache = daemon->catalog->cache;
        int r = cache ? cache_put(cache, &job->module, daemon->code_key[job->fuel], fd, NULL, &failed)
                      : put_loose(job, fd, &failed);
        about.error = failed;
        log_event(r < 0 ? LOG_WARN : LOG_INFO, &about,
                  r < 0 ? "compiled, but the code cannot be kept" : "compiled", "bytes=%llu ms=%llu",
                  (unsigned long long)size, (unsigned long long)(clock_monotonic_ms() - job->started_ms));
    } else {
        about.error = error;
        log_event(LOG_WARN, &about, "compile failed", "ms=%llu",
                  (unsigned long long)(clock_monotonic_ms() - job->started_ms));
    }
    job_tell(job, error ? error : failed);
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

void code_done(struct daemon *daemon) {
    while (daemon->code_jobs) {
        struct code_job *job = daemon->code_jobs;
        if (job->job)
            worker_job_cancel(job->job);
        job_free(job);
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
