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
#include <fcntl.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"
#include "catalog/home.h"
#include "daemon/launch.h"
#include "daemon/local.h"
#include "daemon/ports.h"
#include "daemon/run_inner.h"
#include "engine/engine.h"

const char *run_file_name(const struct run *run) {
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

void run_stop_with(struct run *run, arcella_error *error) {
    if (!run->error)
        run->error = error;
    else
        arcella_error_free(error);
    loop_stop(run->loop);
}

/* --- the worker --- */

static void on_log(struct run *run, const struct ipc_log *log) {
    char sentence[NOTE_BYTES];
    if (log->level > LOG_WARN)
        return;
    snprintf(sentence, sizeof(sentence), "%.*s", (int)(log->message.length < 900 ? log->message.length : 900),
             log->message.data);
    note(run, sentence);
}

static void on_lookup(struct run *run, struct worker *worker, const struct ipc_lookup *lookup) {
    const struct grant_set *grants = &run->options.grants;
    char flag[1024];
    struct ipc_audit refusal;
    if (lookups_take(&run->lookups, worker, "", lookup, grants))
        return;
    lookups_audit(lookup->name, grants, flag, sizeof(flag), &refusal);
    refusals_add(&run->refusals, &refusal, NULL);
}

static void on_frame(struct worker *worker, struct frame *frame, void *user) {
    struct run *run = user;
    const struct ipc_message *message = &frame->message;
    switch (message->type) {
    case IPC_AUDIT: refusals_add(&run->refusals, &message->audit, NULL); break;
    case IPC_LOG: on_log(run, &message->log); break;
    case IPC_STARTED:
        if (run->options.invokes_count)
            run_invoke_next(run);
        break;
    case IPC_CALLED: run_invoked(run, &message->called); break;
    case IPC_LOOKUP: on_lookup(run, worker, &message->lookup); break;
    case IPC_ENDED:
        outcome_from_frame(&run->outcome, &message->ended);
        outcome_name_limits(&run->outcome, &run->options.policy);
        run->ended = true;
        /* It was stopped, for all calls are done, which tells its end at once; but its output may not be out:
         * the worker leaves when it is. */
        if (run->invoked)
            worker_drain(run->worker, LIMIT_LINGER_MS + LIMIT_WORKER_GRACE_MS);
        else
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
        error_wrap(&error, code, "%s", run_file_name(run));
        run_stop_with(run, error);
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
    lookups_forget(&run->lookups, worker);
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

/* A component makes its own, as far as its grants go. */
static int open_sockets(struct run *run, arcella_error **reterr) {
    const struct grant_set *grants = &run->options.grants;
    for (size_t i = 0; !run->description && i < grants->count; i++) {
        int fd = -1;
        int r = launch_listen_row(grants, i, &fd, reterr);
        if (r < 0)
            return r;
        if (fd < 0)
            continue;
        if (run->sockets_count + 3 >= LIMIT_FRAME_FDS) {
            fd_close(fd);
            return error_set(reterr, ARCELLA_E_LIMIT, "more than %d listening sockets", LIMIT_FRAME_FDS - 3);
        }
        run->sockets[run->sockets_count++] = fd;
    }
    return 0;
}

/* The code files of a component but the first, which code_path names. */
static int further_code(const struct run *run, const char ***ret, size_t *ret_count, arcella_error **reterr) {
    size_t count = run->description ? run->description->modules_count : 0;
    *ret = mem_array(count + 1, sizeof(**ret));
    if (!*ret)
        return error_nomem(reterr);
    for (size_t i = 1; i < count; i++)
        if (run->modules[i].same == i)
            (*ret)[(*ret_count)++] = run->modules[i].name;
    return 0;
}

/* The code file of each core module, in the order of the file. */
static int name_modules(const struct run *run, struct text **ret, arcella_error **reterr) {
    size_t count = run->description ? run->description->modules_count : 0;
    *ret = mem_array(count + 1, sizeof(**ret));
    if (!*ret)
        return error_nomem(reterr);
    for (size_t i = 0; i < count; i++)
        (*ret)[i] = text_of(run->modules[run->modules[i].same].name);
    return 0;
}

/* Are the caller's standard input, output, error granted, and not denied? */
static bool is_stream_granted(const struct run *run, int stream) {
    static const struct text names[] = {TEXT("stdin"), TEXT("stdout"), TEXT("stderr")};
    return grant_check(&run->options.grants, GRANT_STDIO, stream ? GRANT_WRITE : GRANT_READ, names[stream],
                       NULL);
}

/* The start frame, behind the setup. */
static int send_start(struct run *run, arcella_error **reterr) {
    MEM_AUTO struct text *modules = NULL;
    int r = name_modules(run, &modules, reterr);
    if (r < 0)
        return r;
    char digest[DIGEST_TEXT];
    digest_text(&run->digest, digest);
    /* Private descriptions: whatever becomes of the worker, it cannot change the mode of the caller's own. */
    int private[3], stdio[3];
    for (int i = 0; i < 3; i++) {
        private[i] = is_stream_granted(run, i) ? fd_reopen(i) : sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
        if (private[i] < 0 && !is_stream_granted(run, i)) {
            while (i-- > 0)
                fd_close(private[i]);
            return error_set_errno(reterr, errno, "/dev/null");
        }
        stdio[i] = private[i] >= 0 ? private[i] : i;
    }
    const char *slash = strrchr(run->code_path, '/');
    struct launch launch = {
        .handle = 1,
        .address = "run/0",
        .component = "",
        .digest = digest,
        .code = run->description ? ""
                : slash          ? slash + 1
                                 : run->code_path,
        .component_fd = run->description ? run->file : -1,
        .modules = modules,
        .modules_count = run->description ? (uint32_t)run->description->modules_count : 0,
        .entrypoint = run->description ? "" : NULL,
        .waits = run->options.invokes_count > 0,
        .program = run->options.file,
        .policy = &run->options.policy,
        .grants = &run->options.grants,
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

/* Sockets that the program makes by itself. */
static int let_ports(const struct run *run, struct worker_settings *settings, struct ipc_port *rows,
                     arcella_error **reterr) {
    const struct grant_set *grants = &run->options.grants;
    settings->net = ports_wanted(grants, run->description != NULL);
    if (!settings->net)
        return 0;
    MEM_AUTO struct ports *ports = mem_new(struct ports);
    if (!ports)
        return error_nomem(reterr);
    ports_add(ports, grants);
    ports_settle(ports);
    settings->ports = rows;
    settings->ports_count = ports_list(ports, rows);
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
    struct ipc_port ports[PORTS_ROWS];
    MEM_AUTO const char **more = NULL;
    int r = further_code(run, &more, &settings.code_more_count, reterr);
    settings.code_more = more;
    if (r == 0)
        r = open_sockets(run, reterr);
    if (r == 0)
        r = let_ports(run, &settings, ports, reterr);
    for (size_t i = 0; r == 0 && i < grants->count && settings.dirs_count < LIMIT_DIRS; i++) {
        const struct grant *row = &grants->rows[i];
        if (row->class != GRANT_FS || row->effect == GRANT_DENY)
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
    r = send_start(run, reterr);
    if (r != ARCELLA_E_CLOSED)
        return r;
    /* It has ended already, and on_end() is about to say why. */
    if (reterr)
        arcella_error_free(TAKE(*reterr));
    return 0;
}

void run_start_or_stop(struct run *run) {
    arcella_error *error = NULL;
    if (start(run, &error) < 0)
        run_stop_with(run, error);
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
    if (!run->worker || run->ended) /* only its output is not out */
        loop_stop(run->loop);
    else if (again || worker_send(run->worker, IPC_STOP, &stop, NULL, NULL) < 0)
        worker_kill(run->worker);
}

static int set_up(struct run *run, const char *home, arcella_error **reterr) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    int r = loop_new(&run->loop, reterr);
    run->lookups.loop = run->loop;
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(numbers); i++) {
        r = loop_signal_new(run->loop, numbers[i], on_signal, run, &run->signals[i], reterr);
        if (r == 0)
            loop_signal_ref(run->signals[i], false);
    }
    struct workers_config config = {.loop = run->loop, .levels = "warn", .jobs_max = RUN_JOBS};
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
    if (run->options.invokes_count == 0 && run_find_code(run))
        return start(run, reterr);
    return run_take_in(run, reterr);
}

/* --- the end --- */

static void run_done(struct run *run) {
    if (run->job)
        worker_job_cancel(run->job);
    for (size_t i = 0; run->modules && i < run->description->modules_count; i++)
        if (run->modules[i].job)
            worker_job_cancel(run->modules[i].job);
    workers_free(run->workers);
    lookups_done(&run->lookups);
    run_drop_folder(run);
    for (size_t i = 0; i < ARRAY_LENGTH(run->signals); i++)
        loop_signal_free(run->signals[i]);
    loop_free(run->loop);
    cache_free(run->cache);
    for (unsigned i = 0; i < run->sockets_count; i++)
        fd_close(run->sockets[i]);
    for (size_t i = 0; i < run->notes_count; i++)
        mem_free(run->notes[i]);
    refusals_done(&run->refusals);
    for (size_t i = 0; i < run->called; i++) {
        mem_free(run->results[i].wave);
        mem_free(run->results[i].json);
    }
    mem_free(run->results);
    mem_free(run->modules);
    description_free(run->description);
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
    int code = run_finish(&run);
    run_done(&run);
    return code;
}
