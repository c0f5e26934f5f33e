/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The daemon's life: configuration, home, catalogue, workers, socket, in this order; then the loop; then the
 * same backwards.  What fails on the way up ends the program with a sentence; what fails later is a problem
 * in `status`.
 */
#include "daemon/daemon.h"

#include <sys/resource.h>

#include "base/clock.h"
#include "base/fd.h"
#include "daemon/call.h"
#include "daemon/calls.h"
#include "daemon/code.h"
#include "daemon/commands.h"
#include "daemon/events.h"
#include "daemon/figures.h"
#include "daemon/notify.h"
#include "daemon/run.h"
#include "daemon/server.h"
#include "daemon/supervise.h"
#include "wire/socket.h"

/* Drained workers have this long before they are killed. */
enum { DRAIN_MS = 2000 };

int daemon_config(const struct daemon_options *options, struct config *ret, char **ret_home,
                  const char **ret_source, arcella_error **reterr) {
    MEM_AUTO char *home = NULL;
    int r = home_find(options->home, &home, ret_source, reterr);
    if (r == 0)
        r = config_init(ret, reterr);
    if (r == 0)
        r = config_load(ret, home, reterr);
    if (r == 0)
        r = config_environment(ret, reterr);
    for (size_t i = 0; r == 0 && i < options->sets_count; i++)
        r = config_option(ret, options->sets[i], reterr);
    if (r == 0)
        *ret_home = TAKE(home);
    return r;
}

/* --- turns --- */

static void on_turn(void *user) {
    struct daemon *daemon = user;
    daemon->turn_asked = false;
    supervise_turn(daemon);
}

void daemon_turn(struct daemon *daemon) {
    if (daemon->turn_asked || daemon->phase == DAEMON_LEAVING)
        return;
    ERROR_AUTO *error = NULL;
    daemon->turn_asked = loop_defer(daemon->loop, on_turn, daemon, &error) == 0;
    if (!daemon->turn_asked) {
        struct log_about about = {.unit = LOG_DAEMON, .error = error};
        log_event(LOG_ERROR, &about, "no memory to go on; it is tried again", "%s", "");
        daemon_turn_later(daemon);
    }
}

static void on_retry(struct loop_timer *timer, void *user) {
    (void)timer;
    daemon_turn(user);
}

void daemon_turn_later(struct daemon *daemon) {
    enum { RETRY_MS = 100 };
    if (daemon->phase != DAEMON_LEAVING && !loop_timer_active(daemon->retry_timer))
        loop_timer_start(daemon->retry_timer, RETRY_MS, 0);
}

/* --- the database --- */

static int add_again(struct daemon *daemon, const struct deployment *deployment, arcella_error **reterr) {
    const struct deployment_record *record = deployment->record;
    CLEANUP(deployment_record_free_ptr) struct deployment_record *copy = deployment_record_new();
    if (!copy)
        return error_nomem(reterr);
    text_copy(copy->id, sizeof(copy->id), record->id);
    copy->component = record->component;
    copy->wanted = record->wanted;
    copy->replicas = record->replicas;
    copy->restarts = record->restarts;
    copy->outcome = record->outcome;
    int r = policy_copy(&copy->policy, &record->policy, reterr);
    if (r == 0)
        r = grant_set_copy(&copy->grants, &record->grants, reterr);
    if (r == 0)
        r = state_deployment_add(daemon->catalog->state, copy, reterr);
    return r;
}

bool daemon_mend(struct daemon *daemon, int code) {
    if (code != ARCELLA_E_CORRUPT)
        return false;
    ERROR_AUTO *error = NULL;
    int r = state_verify(daemon->catalog->state, NULL);
    if (r == 0)
        return false; /* something else was damaged: a component's bytes, an entry of the cache */
    r = catalog_recover(daemon->catalog, &error);
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        if (r < 0)
            break;
        ERROR_AUTO *why = NULL;
        struct log_about about = {.unit = LOG_CATALOG, .deployment = deployment->record->id};
        if (add_again(daemon, deployment, &why) < 0) {
            about.error = why;
            log_event(LOG_ERROR, &about, "a deployment could not be recorded anew", "%s", "");
        }
    }
    struct log_about about = {.unit = LOG_CATALOG, .error = error};
    log_event(LOG_ERROR, &about,
              r < 0 ? "the damaged database could not be put aside"
                    : "the database was damaged and has been made anew",
              "%s", "");
    return r == 0;
}

/* --- loading --- */

static int load_deployment(struct deployment_record *record, void *user) {
    struct daemon *daemon = user;
    struct deployment *deployment = NULL;
    int r = model_add_deployment(daemon, record, &deployment, NULL);
    if (r < 0)
        return r;
    enum deployment_event event = DEPLOYMENT_ON_LOAD;
    if (deployment->record->wanted == WANTED_FINISHED)
        event = deployment->outcome.known && !outcome_is_good(&deployment->outcome)
                    ? DEPLOYMENT_ON_LOAD_FAILED
                    : DEPLOYMENT_ON_LOAD_FINISHED;
    deployment_step(deployment, event, NULL);
    return 0;
}

/* What was wanted when the last daemon ended is wanted now. */
static void start_wanted(struct daemon *daemon) {
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        if (deployment->record->wanted != WANTED_RUNNING)
            continue;
        uint64_t restarts = deployment->record->restarts;
        supervise_begin(deployment);
        deployment->record->restarts = restarts;
    }
}

/* --- the end --- */

static void drain_all(struct daemon *daemon) {
    struct group *group, *next;
    HASH_ITER(hh, daemon->model.groups, group, next)
    if (group->worker)
        worker_drain(group->worker, DRAIN_MS);
}

static bool all_at_rest(struct daemon *daemon) {
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next)
    if (deployment->state == DEPLOYMENT_STOPPING)
        return false;
    return HASH_COUNT(daemon->model.live) == 0;
}

static void on_stop_deadline(struct loop_timer *timer, void *user) {
    struct daemon *daemon = user;
    struct group *group, *next;
    (void)timer;
    DAEMON_LOG(LOG_WARN, LOG_DAEMON, "instances did not stop in time, so their workers are killed",
               "instances=%u", HASH_COUNT(daemon->model.live));
    HASH_ITER(hh, daemon->model.groups, group, next)
    if (group->worker)
        worker_kill(group->worker);
}

void daemon_stop(struct daemon *daemon, uint64_t timeout_ms, const char *reason) {
    bool first = daemon->phase < DAEMON_STOPPING;
    if (first) {
        DAEMON_LOG(LOG_INFO, LOG_DAEMON, "ending", "reason=%s timeout_ms=%llu", reason,
                   (unsigned long long)timeout_ms);
        daemon->phase = DAEMON_STOPPING;
        notify_tell("STOPPING=1\nSTATUS=stopping all instances");
        if (daemon->server)
            server_close(daemon->server);
        installer_done(daemon);
    }
    struct deployment *deployment, *next;
    HASH_ITER(hh, daemon->model.deployments, deployment, next) {
        uint64_t own = policy_number(&deployment->record->policy, POLICY_STOP_TIMEOUT_KEY);
        bool live = deployment->state == DEPLOYMENT_STARTING || deployment->state == DEPLOYMENT_RUNNING ||
                    deployment->state == DEPLOYMENT_DEGRADED || deployment->state == DEPLOYMENT_STOPPING;
        if (live)
            supervise_stop(deployment, own < timeout_ms ? own : timeout_ms);
        deployment->restarting = false;
    }
    if (daemon->stop_timer ||
        loop_timer_new(daemon->loop, on_stop_deadline, daemon, &daemon->stop_timer, NULL) == 0)
        if (first || timeout_ms == 0)
            loop_timer_start(daemon->stop_timer, timeout_ms + DRAIN_MS, 0);
    daemon_turn(daemon);
}

void daemon_leave_if_done(struct daemon *daemon) {
    if (daemon->phase != DAEMON_STOPPING || !all_at_rest(daemon))
        return;
    struct group *group, *next;
    bool workers = false;
    HASH_ITER(hh, daemon->model.groups, group, next)
    workers |= group->worker != NULL;
    if (workers) {
        drain_all(daemon);
        return;
    }
    daemon->phase = DAEMON_LEAVING;
    while (daemon->stop_calls) {
        struct call *call = daemon->stop_calls;
        daemon->stop_calls = call->next_waiter;
        call_reply(call, json_pack("{s:i}", "pid", (int)getpid()), "the daemon has ended");
    }
    loop_stop(daemon->loop);
}

static void on_signal(struct loop_signal *signal, int number, void *user) {
    struct daemon *daemon = user;
    (void)signal;
    const char *name = number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "SIGHUP";
    bool again = daemon->phase >= DAEMON_STOPPING;
    daemon_stop(daemon, again ? 0 : config_number(daemon->config, CONFIG_STOP_TIMEOUT), name);
}

/* --- the way up --- */

/* Standard error as JSON; logfmt has a sink of its own. */
static void sink_json(const struct log_line *line, void *user) {
    BUFFER_AUTO text = BUFFER_INIT(LIMIT_LOG_RECORD_BYTES);
    (void)user;
    if (log_format(line, true, &text, NULL) == 0 && buffer_add(&text, "\n", 1, NULL) == 0 &&
        fd_write_all(STDERR_FILENO, text.data, text.length, NULL) < 0)
        return;
}

static bool wants_json(const struct daemon *daemon) {
    return strcmp(config_text(daemon->config, CONFIG_LOG_FORMAT), "json") == 0;
}

static int open_logs(struct daemon *daemon, arcella_error **reterr) {
    const struct config *config = daemon->config;
    int r = log_set_levels(config_text(config, CONFIG_LOG_LEVEL), reterr);
    if (r < 0)
        return r;
    if (config_number(config, CONFIG_LOG_STDERR))
        log_add_sink(wants_json(daemon) ? sink_json : log_sink_fd, (void *)(intptr_t)STDERR_FILENO);
    daemon->ring = log_ring_new(config_number(config, CONFIG_LOG_RING));
    if (!daemon->ring)
        return error_nomem(reterr);
    log_add_sink(log_sink_ring, daemon->ring);
    if (!config_number(config, CONFIG_LOG_FILE))
        return 0;
    ERROR_AUTO *error = NULL;
    r = log_file_open(
        daemon->home->dirs[HOME_LOG], "arcella.log", config_number(config, CONFIG_LOG_FILE_BYTES),
        (unsigned)config_number(config, CONFIG_LOG_FILES), wants_json(daemon), &daemon->log_file, &error);
    if (r < 0)
        problem_add(&daemon->problems, r, "log/arcella.log", "no log file: %s", arcella_error_message(error));
    else
        log_add_sink(log_sink_file, daemon->log_file);
    return 0;
}

static int open_signals(struct daemon *daemon, arcella_error **reterr) {
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        struct sigaction before;
        if (numbers[i] == SIGHUP && sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
            continue; /* nohup(1): to outlive the terminal is what was asked for */
        int r = loop_signal_new(daemon->loop, numbers[i], on_signal, daemon, &daemon->signals[i], reterr);
        if (r < 0)
            return r;
    }
    return getpid() == 1 ? loop_reap_orphans(daemon->loop, reterr) : 0;
}

static int open_workers(struct daemon *daemon, arcella_error **reterr) {
    struct workers_config config = {
        .loop = daemon->loop,
        .program = config_text(daemon->config, CONFIG_WORKERS_PROGRAM),
        .levels = config_text(daemon->config, CONFIG_LOG_LEVEL),
        .jobs_max = (unsigned)config_number(daemon->config, CONFIG_JOBS),
    };
    int r = worker_ids_find(config_text(daemon->config, CONFIG_WORKERS_USER), false, &config.ids, reterr);
    if (r < 0)
        return r;
    MEM_AUTO char *run = home_path(daemon->home->path, "run");
    if (!run)
        return error_nomem(reterr);
    config.run_directory = run;
    return workers_new(&config, &daemon->workers, reterr);
}

static int open_socket(struct daemon *daemon, arcella_error **reterr) {
    const char *configured = config_text(daemon->config, CONFIG_ALME_SOCKET);
    daemon->socket_path = *configured ? mem_text(configured) : home_path(daemon->home->path, "alme");
    if (!daemon->socket_path)
        return error_nomem(reterr);
    int fd = -1;
    int r = notify_take_socket(&fd, reterr);
    if (r < 0)
        return r;
    daemon->socket_given = fd >= 0;
    if (fd < 0)
        r = socket_listen(daemon->socket_path, &fd, reterr);
    return r < 0 ? r : server_new(daemon, fd, &daemon->server, reterr);
}

/* As many descriptors as we may have: each worker, client and socket is one. */
static void raise_limits(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int come_up(struct daemon *daemon, const char *home, arcella_error **reterr) {
    umask(077);
    raise_limits();
    int r = home_open(home, &daemon->home, reterr);
    if (r == 0)
        r = home_lock(daemon->home, reterr);
    if (r == 0)
        r = open_logs(daemon, reterr);
    if (r == 0)
        r = loop_new(&daemon->loop, reterr);
    daemon->lookups.loop = daemon->loop;
    if (r == 0)
        r = loop_timer_new(daemon->loop, on_retry, daemon, &daemon->retry_timer, reterr);
    if (r == 0)
        r = open_signals(daemon, reterr);
    if (r == 0)
        r = code_keys(daemon, reterr);
    if (r == 0)
        r = catalog_open(daemon->home, config_number(daemon->config, CONFIG_CACHE_ENTRIES),
                         config_number(daemon->config, CONFIG_CACHE_BYTES), &daemon->catalog, reterr);
    if (r == 0)
        r = open_workers(daemon, reterr);
    if (r == 0)
        r = state_deployment_each(daemon->catalog->state, load_deployment, daemon, reterr);
    if (r == 0)
        r = open_socket(daemon, reterr);
    return r;
}

static void log_problems(const struct daemon *daemon) {
    for (size_t i = 0; i < daemon->catalog->problems.count; i++) {
        const struct problem *problem = &daemon->catalog->problems.list[i];
        BUFFER_AUTO fields = BUFFER_INIT(4096);
        int r = text_add_logfmt(&fields, problem->subject, strlen(problem->subject), 1024, NULL);
        DAEMON_LOG(LOG_WARN, LOG_CATALOG, problem->text, "what=%s code=%s", r == 0 ? fields.data : "\"\"",
                   arcella_error_name(problem->code));
    }
}

static void serve(struct daemon *daemon) {
    daemon->phase = DAEMON_SERVING;
    DAEMON_LOG(LOG_INFO, LOG_DAEMON, "ready", "pid=%d version=%s home=%s socket=%s worker_user=%s ms=%llu",
               (int)getpid(), ARCELLA_VERSION, daemon->home->path, daemon->socket_path,
               workers_ids(daemon->workers)->name,
               (unsigned long long)(clock_monotonic_ms() - daemon->started_ms));
    log_problems(daemon);
    start_wanted(daemon);
    notify_tell("READY=1\nSTATUS=running");
    loop_run(daemon->loop);
}

static void come_down(struct daemon *daemon) {
    daemon->phase = DAEMON_LEAVING;
    if (daemon->loop && daemon->catalog && daemon->workers) {
        installer_done(daemon);
        code_done(daemon);
    }
    figures_done(daemon);
    inspect_done(daemon);
    calls_done(daemon);
    events_end(daemon, "the daemon has ended");
    if (daemon->server) {
        daemon->server = server_free(daemon->server);
        if (!daemon->socket_given && unlink(daemon->socket_path) < 0 && errno != ENOENT)
            DAEMON_LOG(LOG_WARN, LOG_DAEMON, "the socket could not be removed", "errno=%d", errno);
    }
    daemon->workers = workers_free(daemon->workers);
    lookups_done(&daemon->lookups);
    model_done(daemon);
    for (size_t i = 0; i < ARRAY_LENGTH(daemon->signals); i++)
        loop_signal_free(daemon->signals[i]);
    loop_timer_free(daemon->stop_timer);
    loop_timer_free(daemon->retry_timer);
    daemon->catalog = catalog_free(daemon->catalog);
    /* Replies that wait are sent before the connections close. */
    while (daemon->loop && loop_run_once(daemon->loop))
        ;
    daemon->loop = loop_free(daemon->loop);
    if (daemon->home)
        DAEMON_LOG(LOG_INFO, LOG_DAEMON, "ended", "code=%d", daemon->exit_code);
    if (daemon->log_file)
        log_remove_sink(log_sink_file, daemon->log_file);
    daemon->log_file = log_file_free(daemon->log_file);
    if (daemon->ring)
        log_remove_sink(log_sink_ring, daemon->ring);
    daemon->ring = log_ring_free(daemon->ring);
    problems_done(&daemon->problems);
    rules_done(&daemon->rules);
    daemon->home = home_free(daemon->home);
    mem_free(daemon->socket_path);
}

int daemon_run(const struct daemon_options *options) {
    CLEANUP(config_done) struct config config = {0};
    MEM_AUTO char *home = NULL;
    const char *source;
    ERROR_AUTO *error = NULL;
    int r = daemon_config(options, &config, &home, &source, &error);
    struct daemon daemon = {
        .config = &config, .started_ms = clock_monotonic_ms(), .started_wall_ns = clock_wall_ns()};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (r == 0)
        r = come_up(&daemon, home, &error);
    if (r == 0)
        serve(&daemon);
    else {
        run_say_error(error);
        daemon.exit_code = 1;
    }
    come_down(&daemon);
    return daemon.exit_code;
}
