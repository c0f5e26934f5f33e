/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * `arcella run`: the parent of one throw-away worker.  No daemon, no database; the code cache where there is
 * one.
 *
 *   file ─▶ digest ─▶ cache ──hit──────────────────▶ worker: setup and start in one go ─▶ ended ─▶ exit code
 *                       └─miss─▶ intake ─▶ compile ─▶┘
 *
 * The process lives as long as the program; everything here is one struct run on local_run()'s stack.
 */
#include "daemon/run.h"

#include <fcntl.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/sys.h"
#include "catalog/cache.h"
#include "catalog/home.h"
#include "catalog/manifest.h"
#include "daemon/code.h"
#include "daemon/launch.h"
#include "daemon/local.h"
#include "daemon/model.h"
#include "engine/engine.h"
#include "workers/jobs.h"

enum {
    STOP_MS = 1000, /* between the first signal and force */
    NOTES_MAX = 16, /* sentences kept for a program that fails */
    NOTE_BYTES = 1024,
    KEY_BYTES = 512,
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
    char *code_path;   /* owned; absolute */
    char *code_folder; /* owned; made by us for a run without cache, removed at the end */
    int sockets[LIMIT_FRAME_FDS];
    unsigned sockets_count;
    struct outcome outcome;
    arcella_error *error;   /* why nothing ran */
    bool no_file;           /* … namely that there is none */
    bool ended;             /* the outcome is known */
    int signal;             /* that asked for the end */
    char *notes[NOTES_MAX]; /* owned; shown where it fails */
    size_t notes_count;
};

static const char *file_name(const struct run *run) {
    const char *slash = strrchr(run->options.file, '/');
    return slash && slash[1] ? slash + 1 : run->options.file;
}

/* Keep a sentence, once. */
static void note(struct run *run, const char *sentence) {
    for (size_t i = 0; i < run->notes_count; i++)
        if (strcmp(run->notes[i], sentence) == 0)
            return;
    if (run->notes_count < NOTES_MAX && (run->notes[run->notes_count] = mem_text(sentence)))
        run->notes_count++;
}

static void stop_with(struct run *run, arcella_error *error) {
    if (!run->error)
        run->error = error;
    else
        arcella_error_free(error);
    loop_stop(run->loop);
}

/* --- the worker --- */

static void on_audit(struct run *run, const struct ipc_audit *audit) {
    char sentence[NOTE_BYTES];
    if (audit->allowed)
        return;
    snprintf(sentence, sizeof(sentence), "denied: %s %s '%.400s'%s%.400s", audit->class_name.data,
             audit->action.data, audit->resource.data, audit->grant.length ? "; allow it with " : "",
             audit->grant.data);
    note(run, sentence);
}

static void on_log(struct run *run, const struct ipc_log *log) {
    char sentence[NOTE_BYTES];
    if (log->level > LOG_WARN)
        return;
    snprintf(sentence, sizeof(sentence), "%.*s", (int)(log->message.length < 900 ? log->message.length : 900),
             log->message.data);
    note(run, sentence);
}

static void on_frame(struct worker *worker, struct frame *frame, void *user) {
    struct run *run = user;
    const struct ipc_message *message = &frame->message;
    (void)worker;
    switch (message->type) {
    case IPC_AUDIT: on_audit(run, &message->audit); break;
    case IPC_LOG: on_log(run, &message->log); break;
    case IPC_ENDED:
        outcome_from_frame(&run->outcome, &message->ended);
        outcome_name_limits(&run->outcome, &run->options.policy);
        run->ended = true;
        loop_stop(run->loop);
        break;
    case IPC_START_FAILED: {
        int code = error_code_of(message->start_failed.code.data);
        arcella_error *error = NULL;
        error_set(&error, code < 0 ? code : ARCELLA_E_WORKER, "%s", message->start_failed.message.data);
        if (message->start_failed.hint.length)
            error_hint(&error, code, "%s", message->start_failed.hint.data);
        if (code == ARCELLA_E_KIND) /* it has no entry */
            error_hint(
                &error, code,
                "it is no program but a module to be called: `arcella install` and `arcella start` it");
        error_wrap(&error, code, "%s", file_name(run));
        stop_with(run, error);
        break;
    }
    default: break;
    }
}

static void on_line(struct worker *worker, const char *line, size_t length, uint64_t dropped, void *user) {
    char sentence[NOTE_BYTES];
    (void)worker;
    (void)dropped;
    snprintf(sentence, sizeof(sentence), "worker: %.*s", (int)(length < 900 ? length : 900), line);
    note(user, sentence);
}

static void on_end(struct worker *worker, const struct worker_end *end, void *user) {
    struct run *run = user;
    (void)worker;
    run->worker = NULL;
    if (!run->ended && !run->error && !run->signal) {
        arcella_error *error = NULL;
        if (end->error)
            error = error_copy(end->error);
        else
            error_set(&error, ARCELLA_E_WORKER, "its worker ended");
        error_hint(&error, ARCELLA_E_WORKER, "%s", "");
        run->error = error;
    }
    loop_stop(run->loop);
}

static int open_sockets(struct run *run, arcella_error **reterr) {
    const struct grant_set *grants = &run->options.grants;
    for (size_t i = 0; i < grants->count; i++) {
        if (grants->rows[i].class != GRANT_NET || !(grants->rows[i].actions & GRANT_LISTEN))
            continue;
        if (run->sockets_count + 3 >= LIMIT_FRAME_FDS)
            return error_set(reterr, ARCELLA_E_LIMIT, "more than %d listening sockets", LIMIT_FRAME_FDS - 3);
        int r = launch_listen(grants->rows[i].pattern, &run->sockets[run->sockets_count], reterr);
        if (r < 0)
            return r;
        run->sockets_count++;
    }
    return 0;
}

/* Start the worker and send it everything behind its setup, without waiting for ready. */
static int start(struct run *run, arcella_error **reterr) {
    static const struct worker_hooks hooks = {.on_frame = on_frame, .on_line = on_line, .on_end = on_end};
    const struct policy *policy = &run->options.policy;
    const struct grant_set *grants = &run->options.grants;
    struct worker_dir dirs[LIMIT_DIRS];
    char *paths[LIMIT_DIRS] = {NULL};
    struct worker_settings settings = {
        .role = IPC_ROLE_GUEST,
        .code_path = run->code_path,
        .owner_uid = geteuid(),
        .stack_bytes = policy_number(policy, POLICY_STACK_KEY),
        .fuel = policy_number(policy, POLICY_FUEL_KEY) != 0,
        .dirs = dirs,
    };
    int r = open_sockets(run, reterr);
    for (size_t i = 0; r == 0 && i < grants->count && settings.dirs_count < LIMIT_DIRS; i++) {
        const struct grant *row = &grants->rows[i];
        if (row->class != GRANT_FS)
            continue;
        char *path = mem_text_n(row->value.data, row->value.length);
        if (!path) {
            r = error_nomem(reterr);
            break;
        }
        paths[settings.dirs_count] = path;
        dirs[settings.dirs_count++] = (struct worker_dir){path, row->actions & GRANT_WRITE};
    }
    if (r == 0)
        r = worker_start(run->workers, &settings, &hooks, run, &run->worker, reterr);
    for (size_t i = 0; i < settings.dirs_count; i++)
        mem_free(paths[i]);
    if (r < 0)
        return r;
    char digest[DIGEST_TEXT];
    digest_text(&run->digest, digest);
    /* Private descriptions: whatever becomes of the worker, it cannot change the mode of the caller's own. */
    int private[3], stdio[3];
    for (int i = 0; i < 3; i++) {
        private[i] = fd_reopen(i);
        stdio[i] = private[i] >= 0 ? private[i] : i;
    }
    const char *slash = strrchr(run->code_path, '/');
    struct launch launch = {
        .handle = 1,
        .address = "run/0",
        .component = "",
        .digest = digest,
        .code = slash ? slash + 1 : run->code_path,
        .program = run->options.file,
        .policy = policy,
        .grants = grants,
        .is_program = true,
        .stdio = stdio,
        .sockets = run->sockets,
        .sockets_count = run->sockets_count,
    };
    r = launch_start(run->worker, &launch, reterr);
    for (int i = 0; i < 3; i++)
        fd_close(private[i]);
    return r;
}

static void start_or_stop(struct run *run) {
    arcella_error *error = NULL;
    if (start(run, &error) < 0)
        stop_with(run, error);
}

/* --- code --- */

/* Code without a cache: a folder of our own, for as long as the program runs. */
static int put_aside(struct run *run, int code_fd, arcella_error **reterr) {
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
    if (!run->code_folder) {
        error_set(reterr, ARCELLA_E_DENIED,
                  "compiled code can be put nowhere: neither the cache nor /tmp can be written");
        return error_hint(reterr, ARCELLA_E_DENIED,
                          "set ARCELLA_HOME or TMPDIR to a folder that can be written");
    }
    MEM_AUTO char *path = mem_format("%s/code", run->code_folder);
    if (!path)
        return error_nomem(reterr);
    FD_AUTO fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0400);
    if (fd < 0)
        return error_set_errno(reterr, errno, "'%s'", path);
    int r = fd_copy_all(code_fd, fd, LIMIT_CODE_BYTES, NULL, reterr);
    if (r < 0)
        return r;
    run->code_path = TAKE(path);
    return 0;
}

static void drop_folder(struct run *run) {
    if (!run->code_folder)
        return;
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
        stop_with(run, error_copy(error));
    else if (keep_code(run, fd, &failed) < 0)
        stop_with(run, failed);
    else
        start_or_stop(run);
}

static int compile(struct run *run, arcella_error **reterr) {
    struct workers_compile_request request = {
        .name = file_name(run),
        .wasm_fd = run->file,
        .stack_bytes = policy_number(&run->options.policy, POLICY_STACK_KEY),
        .fuel = policy_number(&run->options.policy, POLICY_FUEL_KEY) != 0,
        .code_max = code_max_of(run->file),
    };
    return workers_compile(run->workers, &request, on_compiled, run, &run->job, reterr);
}

static void on_taken(const void *bytes, size_t length, const arcella_error *error, void *user) {
    struct run *run = user;
    CLEANUP(description_free_ptr) struct package_description *description = NULL;
    arcella_error *failed = NULL;
    run->job = NULL;
    if (error) {
        stop_with(run, error_copy(error));
        return;
    }
    int r = description_decode(bytes, length, &description, &failed);
    if (r == 0 && description->kind == KIND_COMPONENT) {
        r = error_set(&failed, ARCELLA_E_KIND,
                      "'%s' is a component; core modules run in this release, components do not yet",
                      run->options.file);
        error_hint(&failed, r, "build it for WASI preview 1 (a core module)");
    }
    if (r == 0)
        r = compile(run, &failed);
    if (r < 0)
        stop_with(run, failed);
}

static int take_in(struct run *run, arcella_error **reterr) {
    struct workers_intake_request request = {
        .name = file_name(run), .wasm_fd = run->file, .component_fd = -1, .template_fd = -1, .legacy_fd = -1};
    return workers_intake(run->workers, &request, on_taken, run, &run->job, reterr);
}

static bool find_code(struct run *run) {
    CLEANUP(cache_entry_done) struct cache_entry entry = CACHE_ENTRY_INIT;
    if (!run->cache || cache_lookup(run->cache, &run->digest, run->key, &entry, NULL) < 0)
        return false;
    run->code_path = cache_entry_path(run->cache, &entry);
    return run->code_path != NULL;
}

/* --- setting up --- */

static int open_file(struct run *run, arcella_error **reterr) {
    const char *path = run->options.file;
    struct stat st;
    run->file = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (run->file < 0 || sys_fstat(run->file, &st) < 0) {
        int r = error_set_errno(reterr, errno, "'%s'", path);
        run->no_file = r == ARCELLA_E_NOT_FOUND;
        return r;
    }
    if (!S_ISREG(st.st_mode)) {
        error_set(reterr, ARCELLA_E_KIND, "'%s' is no regular file", path);
        return error_hint(reterr, ARCELLA_E_KIND, "name a .wasm file");
    }
    return digest_of_fd(run->file, LIMIT_WASM_BYTES, &run->digest, reterr);
}

/* The cache of the home, if it can be used; a run without is only slower. */
static void open_cache(struct run *run, const char *home_option) {
    MEM_AUTO char *home = NULL;
    if (home_find(home_option, &home, NULL, NULL) < 0)
        return;
    MEM_AUTO char *path = home_path(home, "cache");
    if (path && cache_open(path, 0, 0, &run->cache, NULL) < 0)
        run->cache = NULL;
}

static void on_signal(struct loop_signal *signal, int number, void *user) {
    struct run *run = user;
    (void)signal;
    bool again = run->signal != 0;
    run->signal = number;
    struct ipc_stop stop = {.instance = 1, .timeout_ms = STOP_MS};
    if (!run->worker)
        loop_stop(run->loop);
    else if (again || worker_send(run->worker, IPC_STOP, &stop, NULL, NULL) < 0)
        worker_kill(run->worker);
}

static int set_up(struct run *run, const char *home, arcella_error **reterr) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    int r = loop_new(&run->loop, reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(numbers); i++) {
        r = loop_signal_new(run->loop, numbers[i], on_signal, run, &run->signals[i], reterr);
        if (r == 0)
            loop_signal_ref(run->signals[i], false);
    }
    struct workers_config config = {.loop = run->loop, .levels = "warn", .jobs_max = 1};
    if (r == 0)
        r = worker_ids_find(NULL, true, &config.ids, reterr);
    if (r == 0)
        r = workers_new(&config, &run->workers, reterr);
    struct engine_config engine = ENGINE_CONFIG_INIT;
    engine.fuel = policy_number(&run->options.policy, POLICY_FUEL_KEY) != 0;
    BUFFER_AUTO key = BUFFER_INIT(KEY_BYTES - 1);
    if (r == 0)
        r = engine_code_key(&engine, &key, reterr);
    if (r < 0)
        return r;
    text_copy(run->key, sizeof(run->key), key.data);
    open_cache(run, home);
    if (find_code(run))
        return start(run, reterr);
    return take_in(run, reterr);
}

/* --- the end --- */

static void say_outcome(const struct run *run) {
    char sentence[1200];
    const struct outcome *outcome = &run->outcome;
    outcome_sentence(outcome, sentence, sizeof(sentence));
    fprintf(stderr, "error: %s: %s [%s]\n", file_name(run), sentence, outcome->end);
    for (size_t i = 0; i < outcome->frames_count; i++) {
        const struct outcome_frame *frame = &outcome->frames[i];
        BUFFER_AUTO name = BUFFER_INIT(1024);
        if (text_add_visible(&name, frame->name, strlen(frame->name), false, NULL) < 0)
            buffer_clear(&name);
        fprintf(stderr, "  at %s (function %llu", name.length ? name.data : "?",
                (unsigned long long)frame->function);
        buffer_clear(&name);
        if (*frame->module && text_add_visible(&name, frame->module, strlen(frame->module), false, NULL) == 0)
            fprintf(stderr, " of %s", name.data);
        if (frame->offset != UINT64_MAX)
            fprintf(stderr, ", offset 0x%llx", (unsigned long long)frame->offset);
        fprintf(stderr, ")\n");
    }
}

static void say_notes(const struct run *run) {
    for (size_t i = 0; i < run->notes_count; i++) {
        BUFFER_AUTO text = BUFFER_INIT(4 * NOTE_BYTES);
        if (text_add_visible(&text, run->notes[i], strlen(run->notes[i]), false, NULL) == 0 && text.length)
            fprintf(stderr, "arcella: %s\n", text.data);
    }
    if (*run->outcome.limit)
        fprintf(stderr, "arcella: %s; %s raises it\n", run->outcome.limit,
                run->outcome.memory_limit_hit ? "--memory" : "--table-elements");
}

static int exit_of_error(const struct run *run) {
    if (run->no_file)
        return RUN_EXIT_NOT_FOUND;
    switch (arcella_error_code(run->error)) {
    case ARCELLA_E_KIND:
    case ARCELLA_E_WASM:
    case ARCELLA_E_LINK:
    case ARCELLA_E_UNSUPPORTED: return RUN_EXIT_NO_PROGRAM;
    case ARCELLA_E_LIMIT:
    case ARCELLA_E_TOO_LARGE: return RUN_EXIT_LIMIT;
    case ARCELLA_E_INVALID: return CLI_EXIT_USAGE;
    case ARCELLA_E_WORKER: return RUN_EXIT_WORKER;
    default: return RUN_EXIT_CANNOT;
    }
}

/* Ends that are no exit of the program's own. */
static const struct {
    const char *end;
    int code;
} ends[] = {
    {"trap", RUN_EXIT_TRAP},
    {"stack-exhausted", RUN_EXIT_TRAP},
    {"cpu-time-exhausted", RUN_EXIT_BUDGET},
    {"fuel-exhausted", RUN_EXIT_BUDGET},
    {"wall-time-exceeded", RUN_EXIT_WALL_TIME},
    {"over-limit", RUN_EXIT_LIMIT},
    {"worker-lost", RUN_EXIT_WORKER},
};

static int exit_of_outcome(const struct run *run) {
    const struct outcome *outcome = &run->outcome;
    if (strcmp(outcome->end, "returned") == 0)
        return 0;
    if (strcmp(outcome->end, "exited") == 0) {
        int code = (int)(outcome->exit_code & 0xff);
        return code == 0 && outcome->exit_code != 0 ? 1 : code;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        if (strcmp(outcome->end, ends[i].end) == 0)
            return ends[i].code;
    return RUN_EXIT_CANNOT;
}

static int finish(struct run *run) {
    int code;
    if (run->signal)
        return 128 + run->signal;
    if (run->error) {
        code = exit_of_error(run);
        run_say_error(run->error);
    } else {
        code = exit_of_outcome(run);
        if (code != 0 && strcmp(run->outcome.end, "exited") != 0)
            say_outcome(run);
    }
    if (code != 0)
        say_notes(run);
    return code;
}

static void run_done(struct run *run) {
    if (run->job)
        worker_job_cancel(run->job);
    workers_free(run->workers);
    drop_folder(run);
    for (size_t i = 0; i < ARRAY_LENGTH(run->signals); i++)
        loop_signal_free(run->signals[i]);
    loop_free(run->loop);
    cache_free(run->cache);
    for (unsigned i = 0; i < run->sockets_count; i++)
        fd_close(run->sockets[i]);
    for (size_t i = 0; i < run->notes_count; i++)
        mem_free(run->notes[i]);
    fd_close(run->file);
    mem_free(run->code_path);
    mem_free(run->code_folder);
    outcome_done(&run->outcome);
    arcella_error_free(run->error);
    run_options_done(&run->options);
}

int local_run(const struct cli_call *call) {
    struct run run = {.file = -1};
    arcella_error *error = NULL;
    signal(SIGPIPE, SIG_IGN);
    int r = run_options_read(call, &run.options, &error);
    if (r == 0)
        r = open_file(&run, &error);
    if (r == 0)
        r = set_up(&run, call->home, &error);
    if (r == 0)
        loop_run(run.loop);
    else
        run.error = error;
    int code = finish(&run);
    run_done(&run);
    return code;
}
