/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The parent's side as a whole: which program, which user, which run directory, which processes there are.
 * Owned by the program that has the loop; lives as long as it starts workers; the loop's thread.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "workers/inner.h"

struct workers *workers_free(struct workers *workers) {
    if (!workers)
        return NULL;
    workers_drop_jobs(workers);
    while (workers->first) {
        struct worker *worker = workers->first;
        workers_remove(workers, worker);
        worker_free(worker);
    }
    loop_timer_free(workers->pump);
    fd_close(workers->run_fd);
    mem_free(workers->run_directory);
    mem_free(workers->program);
    mem_free(workers->levels);
    mem_free(workers);
    return NULL;
}

DEFINE_CLEANUP(workers_free_ptr, struct workers *, workers_free)

static int open_run_directory(struct workers *workers, const char *path, arcella_error **reterr) {
    int r = workers_sweep(path, reterr);
    if (r < 0)
        return r;
    workers->run_directory = mem_text(path);
    if (!workers->run_directory)
        return error_nomem(reterr);
    workers->run_fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (workers->run_fd < 0)
        return error_set_errno(reterr, errno, "cannot open '%s'", path);
    return 0;
}

int workers_new(const struct workers_config *config, struct workers **ret, arcella_error **reterr) {
    CLEANUP(workers_free_ptr) struct workers *workers = mem_new(struct workers);
    if (!workers)
        return error_nomem(reterr);
    workers->run_fd = -1;
    workers->loop = config->loop;
    workers->ids = config->ids;
    workers->handshake_ms = config->handshake_ms ? config->handshake_ms : LIMIT_HANDSHAKE_MS;
    workers->jobs_max = config->jobs_max ? config->jobs_max : DEFAULT_JOBS;
    int r = workers_set_levels(workers, config->levels ? config->levels : "", reterr);
    if (r == 0)
        r = worker_program_find(config->program, &workers->program, reterr);
    if (r == 0)
        r = loop_timer_new(config->loop, workers_pump, workers, &workers->pump, reterr);
    if (r == 0 && config->run_directory)
        r = open_run_directory(workers, config->run_directory, reterr);
    if (r < 0)
        return r;
    *ret = TAKE(workers);
    return 0;
}

size_t workers_count(const struct workers *workers) {
    return workers->count;
}

const char *workers_program(const struct workers *workers) {
    return workers->program;
}

const struct worker_ids *workers_ids(const struct workers *workers) {
    return &workers->ids;
}

int workers_set_levels(struct workers *workers, const char *levels, arcella_error **reterr) {
    if (strlen(levels) > 1024) /* as messages.def bounds setup.levels */
        return error_set(reterr, ARCELLA_E_TOO_LARGE, "log levels of over 1024 bytes");
    char *copy = mem_text(levels);
    if (!copy)
        return error_nomem(reterr);
    mem_free(workers->levels);
    workers->levels = copy;
    return 0;
}

void workers_remove(struct workers *workers, struct worker *worker) {
    for (struct worker **at = &workers->first; *at; at = &(*at)->next)
        if (*at == worker) {
            *at = worker->next;
            workers->count--;
            return;
        }
}

void workers_pump_soon(struct workers *workers) {
    loop_timer_start(workers->pump, 0, 0);
}
