/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * `arcella run`: from the file to code.  A core module has one code file, looked up by the digest of the
 * whole file.  A component is taken apart first; each of its core modules has a code file, looked up by its
 * own digest, equal ones once.  All of them lie in one folder: the cache's, or one of our own.
 */
#include <fcntl.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "daemon/code.h"
#include "daemon/package.h"
#include "daemon/run_inner.h"

/* --- code --- */

/* A folder of our own, for as long as the program runs. */
static int make_folder(struct run *run, arcella_error **reterr) {
    const char *places[] = {getenv("XDG_RUNTIME_DIR"), "/dev/shm", getenv("TMPDIR"), "/tmp", "/var/tmp"};
    for (size_t i = 0; i < ARRAY_LENGTH(places) && !run->code_folder; i++) {
        if (!places[i] || *places[i] != '/')
            continue;
        MEM_AUTO char *folder = mem_format("%s/arcella-run-XXXXXX", places[i]);
        if (!folder)
            return error_nomem(reterr);
        if (mkdtemp(folder))
            run->code_folder = TAKE(folder);
    }
    if (run->code_folder)
        return 0;
    error_set(reterr, ARCELLA_E_DENIED,
              "compiled code can be put nowhere: neither the cache nor /tmp can be written");
    return error_hint(reterr, ARCELLA_E_DENIED, "set ARCELLA_HOME or TMPDIR to a folder that can be written");
}

static int copy_code(int code_fd, const char *path, arcella_error **reterr) {
    FD_AUTO fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0400);
    if (fd < 0)
        return error_set_errno(reterr, errno, "'%s'", path);
    return fd_copy_all(code_fd, fd, LIMIT_CODE_BYTES, NULL, reterr);
}

/* Code without a cache. */
static int put_aside(struct run *run, int code_fd, arcella_error **reterr) {
    int r = make_folder(run, reterr);
    if (r < 0)
        return r;
    MEM_AUTO char *path = mem_format("%s/code", run->code_folder);
    if (!path)
        return error_nomem(reterr);
    r = copy_code(code_fd, path, reterr);
    if (r == 0)
        run->code_path = TAKE(path);
    return r;
}

void run_drop_folder(struct run *run) {
    if (!run->code_folder)
        return;
    for (size_t i = 0; run->description && i < run->description->modules_count; i++) {
        MEM_AUTO char *path = mem_format("%s/code-%zu", run->code_folder, i);
        if (path)
            unlink(path);
    }
    if (run->code_path)
        unlink(run->code_path);
    rmdir(run->code_folder);
}

static int keep_code(struct run *run, int code_fd, arcella_error **reterr) {
    CLEANUP(cache_entry_done) struct cache_entry entry = CACHE_ENTRY_INIT;
    if (run->cache && cache_put(run->cache, &run->digest, run->key, code_fd, &entry, NULL) == 0) {
        run->code_path = cache_entry_path(run->cache, &entry);
        return run->code_path ? 0 : error_nomem(reterr);
    }
    if (lseek(code_fd, 0, SEEK_SET) < 0)
        return error_set_errno(reterr, errno, "rewind the code");
    return put_aside(run, code_fd, reterr);
}

static void on_compiled(int code_fd, uint64_t size, const arcella_error *error, void *user) {
    struct run *run = user;
    FD_AUTO fd = code_fd;
    arcella_error *failed = NULL;
    (void)size;
    run->job = NULL;
    if (error)
        run_stop_with(run, error_copy(error));
    else if (keep_code(run, fd, &failed) < 0)
        run_stop_with(run, failed);
    else
        run_start_or_stop(run);
}

static int compile(struct run *run, arcella_error **reterr) {
    struct workers_compile_request request = {
        .name = run_file_name(run),
        .wasm_fd = run->file,
        .stack_bytes = policy_number(&run->options.policy, POLICY_STACK_KEY),
        .fuel = policy_number(&run->options.policy, POLICY_FUEL_KEY) != 0,
        .code_max = code_max_of(run->file),
    };
    return workers_compile(run->workers, &request, on_compiled, run, &run->job, reterr);
}

/* --- of a component --- */

static int next_modules(struct run *run, arcella_error **reterr);

/* Keep the code of a module; without a cache in a folder of our own, under its number. */
static int keep_module(struct run_module *module, int code_fd, arcella_error **reterr) {
    struct run *run = module->run;
    const struct digest *digest = &run->description->modules[module->index].digest;
    if (run->cache) {
        CLEANUP(cache_entry_done) struct cache_entry entry = CACHE_ENTRY_INIT;
        int r = cache_put(run->cache, digest, run->key, code_fd, &entry, reterr);
        if (r < 0)
            return r;
        text_copy(module->name, sizeof(module->name), entry.name);
        if (!run->code_path)
            run->code_path = cache_entry_path(run->cache, &entry);
        return run->code_path ? 0 : error_nomem(reterr);
    }
    int r = make_folder(run, reterr);
    if (r < 0)
        return r;
    snprintf(module->name, sizeof(module->name), "code-%zu", module->index);
    MEM_AUTO char *path = mem_format("%s/%s", run->code_folder, module->name);
    if (!path)
        return error_nomem(reterr);
    r = copy_code(code_fd, path, reterr);
    if (r == 0 && !run->code_path)
        run->code_path = TAKE(path);
    return r;
}

static void on_module_compiled(int code_fd, uint64_t size, const arcella_error *error, void *user) {
    struct run_module *module = user;
    struct run *run = module->run;
    FD_AUTO fd = code_fd;
    arcella_error *failed = NULL;
    (void)size;
    module->job = NULL;
    run->compiling--;
    int r = error ? arcella_error_code(error) : keep_module(module, fd, &failed);
    if (error) {
        failed = error_copy(error);
        error_wrap(&failed, r, "core module %zu", module->index);
    }
    if (r == 0)
        r = next_modules(run, &failed);
    if (r < 0)
        run_stop_with(run, failed);
}

static int compile_module(struct run_module *module, arcella_error **reterr) {
    struct run *run = module->run;
    FD_AUTO fd = -1;
    int r = code_slice(run->file, &run->description->modules[module->index], &fd, reterr);
    if (r < 0)
        return r;
    struct workers_compile_request request = {
        .name = run_file_name(run),
        .wasm_fd = fd,
        .stack_bytes = policy_number(&run->options.policy, POLICY_STACK_KEY),
        .fuel = policy_number(&run->options.policy, POLICY_FUEL_KEY) != 0,
        .code_max = code_max_of(fd),
    };
    r = workers_compile(run->workers, &request, on_module_compiled, module, &module->job, reterr);
    run->compiling += r == 0;
    return r;
}

static bool find_module(struct run_module *module) {
    struct run *run = module->run;
    CLEANUP(cache_entry_done) struct cache_entry entry = CACHE_ENTRY_INIT;
    const struct digest *digest = &run->description->modules[module->index].digest;
    if (!run->cache || cache_lookup(run->cache, digest, run->key, &entry, NULL) < 0)
        return false;
    text_copy(module->name, sizeof(module->name), entry.name);
    if (!run->code_path)
        run->code_path = cache_entry_path(run->cache, &entry);
    return run->code_path != NULL;
}

/* Go on with the modules; when all are there, start. */
static int next_modules(struct run *run, arcella_error **reterr) {
    size_t count = run->description->modules_count;
    while (run->at < count && run->compiling < RUN_JOBS) {
        struct run_module *module = &run->modules[run->at++];
        int r = module->same != module->index || find_module(module) ? 0 : compile_module(module, reterr);
        if (r < 0)
            return r;
    }
    if (run->at < count || run->compiling)
        return 0;
    /* The worker's code folder is that of code_path, whose file has to be the first. */
    char *slash = strrchr(run->code_path, '/');
    MEM_AUTO char *first =
        mem_format("%.*s/%s", (int)(slash - run->code_path), run->code_path, run->modules[0].name);
    if (!first)
        return error_nomem(reterr);
    mem_free(run->code_path);
    run->code_path = TAKE(first);
    run_start_or_stop(run);
    return 0;
}

/* There is no core module in it: a worker has its code folder by a file in it, so there is an empty one. */
static int begin_without_code(struct run *run, arcella_error **reterr) {
    int r = make_folder(run, reterr);
    if (r < 0)
        return r;
    MEM_AUTO char *path = mem_format("%s/code", run->code_folder);
    if (!path)
        return error_nomem(reterr);
    FD_AUTO fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0400);
    if (fd < 0)
        return error_set_errno(reterr, errno, "'%s'", path);
    run->code_path = TAKE(path);
    run_start_or_stop(run);
    return 0;
}

/* It is a component: what is to be called, and the code of all that is in it. */
static int begin_component(struct run *run, arcella_error **reterr) {
    struct package_description *d = run->description;
    if (run->options.invokes_count == 0 && !d->run) {
        char missing[NOTE_BYTES];
        package_missing(d, missing, sizeof(missing));
        error_set(reterr, ARCELLA_E_KIND, "'%s' is no program: it exports no wasi:cli/run%s%s",
                  run->options.file, *missing ? "; of what it imports nobody provides " : "", missing);
        return error_hint(
            reterr, ARCELLA_E_KIND,
            "call a function of it with --invoke; `arcella inspect --wit` shows what it exports");
    }
    if (d->modules_count == 0)
        return begin_without_code(run, reterr);
    int r = description_settle_modules(d, run->file, reterr);
    if (r < 0)
        return r;
    run->modules = mem_array(d->modules_count, sizeof(*run->modules));
    if (!run->modules)
        return error_nomem(reterr);
    for (size_t i = 0; i < d->modules_count; i++) {
        size_t same = 0;
        while (!digest_equal(&d->modules[same].digest, &d->modules[i].digest))
            same++;
        run->modules[i] = (struct run_module){.run = run, .index = i, .same = same};
    }
    return next_modules(run, reterr);
}

static void on_taken(const void *bytes, size_t length, const arcella_error *error, void *user) {
    struct run *run = user;
    CLEANUP(description_free_ptr) struct package_description *description = NULL;
    arcella_error *failed = NULL;
    run->job = NULL;
    if (error) {
        run_stop_with(run, error_copy(error));
        return;
    }
    int r = description_decode(bytes, length, &description, &failed);
    if (r == 0 && description->kind == KIND_COMPONENT) {
        run->description = TAKE(description);
        r = begin_component(run, &failed);
    } else if (r == 0 && run->options.invokes_count) {
        r = error_set(&failed, ARCELLA_E_KIND,
                      "'%s' is a core module: --invoke calls functions of components", run->options.file);
    } else if (r == 0)
        r = compile(run, &failed);
    if (r < 0)
        run_stop_with(run, failed);
}

int run_take_in(struct run *run, arcella_error **reterr) {
    struct workers_intake_request request = {.name = run_file_name(run),
                                             .wasm_fd = run->file,
                                             .component_fd = -1,
                                             .template_fd = -1,
                                             .legacy_fd = -1};
    return workers_intake(run->workers, &request, on_taken, run, &run->job, reterr);
}

bool run_find_code(struct run *run) {
    CLEANUP(cache_entry_done) struct cache_entry entry = CACHE_ENTRY_INIT;
    if (!run->cache || cache_lookup(run->cache, &run->digest, run->key, &entry, NULL) < 0)
        return false;
    run->code_path = cache_entry_path(run->cache, &entry);
    return run->code_path != NULL;
}
