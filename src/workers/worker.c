/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One worker process: its start, what comes from it, its end.
 *
 * Callbacks of the loop translate into events (states.c); the actions here do what the table says.  Two
 * things must have come before a worker is over: its channel has been read to the end, and its process was
 * reaped; then on_end runs and the object is freed.  Neither can keep the other waiting: a process without
 * channel is killed after a grace, and a channel without process (somebody else may hold its other end) is
 * closed after one.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "arcella/version.h"
#include "base/fd.h"
#include "base/mem.h"
#include "workers/inner.h"

#define SAID_BYTES 200 /* of its last line, in the sentence */

/* --- asking --- */

uint64_t worker_id(const struct worker *worker) {
    return worker->id;
}

pid_t worker_pid(const struct worker *worker) {
    return worker->pid;
}

enum worker_state worker_get_state(const struct worker *worker) {
    return worker->state;
}

enum ipc_role worker_role(const struct worker *worker) {
    return worker->role;
}

const char *worker_group(const struct worker *worker) {
    return worker->group;
}

uint64_t worker_started_ms(const struct worker *worker) {
    return worker->started_ms;
}

size_t worker_missing(const struct worker *worker, const char *const **ret_names) {
    *ret_names = (const char *const *)worker->missing;
    return worker->missing_count;
}

int worker_landlock_abi(const struct worker *worker) {
    return worker->landlock_abi;
}

struct channel *worker_channel(struct worker *worker) {
    return worker->channel;
}

/* --- its end --- */

/* Keep the first thing that went wrong; takes ownership; NULL is nothing. */
static void note_error(struct worker *worker, arcella_error *error) {
    if (worker->error)
        arcella_error_free(error);
    else
        worker->error = error;
}

static void close_channel(struct worker *worker) {
    worker->channel = channel_free(worker->channel);
}

static void kill_process(struct worker *worker) {
    if (worker->pid) {
        worker->killed = true;
        kill(worker->pid, SIGKILL);
    }
}

static bool ended_well(const struct worker *worker) {
    if (worker->error || !worker->wanted)
        return false;
    return worker->killed || (worker->status.signal == 0 && worker->status.code == 0);
}

/* Its last line, made fit for people, in quotes after a colon; nothing where it said nothing. */
static void add_last_line(const struct worker *worker, struct buffer *to) {
    const char *line;
    size_t length = last_words_last_line(worker->words, &line);
    if (!length)
        return;
    /* A buffer that is full ends the sentence; what there is of it is true. */
    if (buffer_text(to, ", its last words: ", NULL) < 0)
        return;
    int r = text_add_visible(to, line, length < SAID_BYTES ? length : SAID_BYTES, false, NULL);
    (void)r;
}

static void say_how_it_ended(struct worker *worker) {
    BUFFER_AUTO said = BUFFER_INIT(LIMIT_ERROR_BYTES);
    add_last_line(worker, &said);
    const char *words = said.length ? said.data : "";
    struct child_status status = worker->status;
    arcella_error *error = NULL;
    /* Which worker it is stands beside this wherever it is told: people know a pid and a group, no number of
     * ours. */
    if (worker->error && !worker->killed)
        return;
    if (worker->error)
        error_set(&error, arcella_error_code(worker->error), "%s%s", arcella_error_message(worker->error),
                  words);
    else if (status.signal)
        error_set(&error, ARCELLA_E_WORKER, "the worker was ended by signal %d (%s)%s", status.signal,
                  sigdescr_np(status.signal) ? sigdescr_np(status.signal) : "unknown", words);
    else
        error_set(&error, ARCELLA_E_WORKER, "the worker ended by itself with exit code %d%s", status.code,
                  words);
    arcella_error_free(worker->error);
    worker->error = error;
}

/* Both ends are gone: tell it, once, and free. */
static void finish(struct worker *worker) {
    loop_timer_stop(worker->deadline);
    last_words_finish(worker->words);
    if (!ended_well(worker))
        say_how_it_ended(worker);
    int r = worker_step(worker, worker->error ? EV_OVER_BADLY : EV_OVER_WELL, NULL);
    (void)r; /* ENDING is the only state that comes here */
    struct workers *workers = worker->workers;
    workers_remove(workers, worker);
    if (worker->code_fd >= 0) {
        worker->code_fd = fd_close(worker->code_fd);
        code_dir_remove(workers, worker->id);
    }
    struct worker_end end = {
        .state = worker->state,
        .was_ready = worker->was_ready,
        .wanted = worker->wanted,
        .code = worker->status.code,
        .signal = worker->status.signal,
        .running = worker_page_running(worker->page),
        .error = worker->error,
    };
    end.last_words_length = last_words_tail(worker->words, &end.last_words);
    worker->hooks.on_end(worker, &end, worker->user);
    worker_free(worker);
}

static void finish_if_over(struct worker *worker) {
    if (!worker->channel && !worker->pid)
        finish(worker);
}

/* --- actions of the table --- */

static void give_grace(struct worker *worker) {
    loop_timer_start(worker->deadline, LIMIT_WORKER_GRACE_MS, 0);
}

void worker_do_ready(struct worker *worker) {
    loop_timer_stop(worker->deadline);
}

void worker_do_drain(struct worker *worker) {
    struct ipc_drain drain = {};
    arcella_error *error = NULL;
    /* A worker whose queue is full does not read; it is ended at its deadline. */
    int r = channel_send(worker->channel, IPC_DRAIN, &drain, &error);
    (void)r;
    arcella_error_free(error);
}

void worker_do_end(struct worker *worker) {
    kill_process(worker);
    give_grace(worker);
}

void worker_do_handshake_timeout(struct worker *worker) {
    arcella_error *error = NULL;
    error_set(&error, ARCELLA_E_TIMEOUT, "it did not say ready within %" PRIu64 " ms",
              worker->workers->handshake_ms);
    note_error(worker, error);
    worker_do_end(worker);
}

void worker_do_refused(struct worker *worker) {
    give_grace(worker);
}

void worker_do_await_process(struct worker *worker) {
    give_grace(worker);
}

void worker_do_await_channel(struct worker *worker) {
    give_grace(worker);
}

void worker_do_grace_over(struct worker *worker) {
    if (worker->pid) {
        arcella_error *error = NULL;
        if (!worker->wanted && !worker->error)
            error_set(&error, ARCELLA_E_WORKER, "it closed its channel and did not end");
        note_error(worker, error);
        kill_process(worker);
        give_grace(worker); /* for as long as the kernel needs */
    } else {
        close_channel(worker);
    }
}

/* --- what comes from it --- */

static void broken(struct worker *worker, arcella_error *error) {
    note_error(worker, error);
    close_channel(worker);
    int r = worker_step(worker, EV_BROKEN, NULL);
    (void)r; /* possible in every state in which there is a channel */
}

static bool keep_ready(struct worker *worker, const struct ipc_ready *ready, arcella_error **reterr) {
    if (ready->protocol != IPC_PROTOCOL || !text_equal(ready->version, TEXT(ARCELLA_VERSION))) {
        error_set(
            reterr, ARCELLA_E_VERSION, "'%s' is version %s, protocol %" PRIu64 "; this is %s, protocol %d",
            worker->workers->program, ready->version.data, ready->protocol, ARCELLA_VERSION, IPC_PROTOCOL);
        return false;
    }
    for (uint32_t i = 0; i < ready->missing_count && i < WORKER_MISSING_MAX; i++) {
        char *name = mem_text_n(ready->missing[i].data, ready->missing[i].length);
        if (!name) {
            error_nomem(reterr);
            return false;
        }
        worker->missing[worker->missing_count++] = name;
    }
    worker->landlock_abi = (int)ready->landlock_abi;
    worker->was_ready = true;
    return true;
}

static void on_ready_frame(struct worker *worker, const struct ipc_ready *ready) {
    arcella_error *error = NULL;
    if (worker->was_ready) {
        error_set(&error, ARCELLA_E_PROTOCOL, "it said ready twice");
        broken(worker, error);
    } else if (!keep_ready(worker, ready, &error)) {
        broken(worker, error);
    } else {
        int r = worker_step(worker, EV_READY, NULL);
        (void)r; /* possible until it was said once */
        if (worker->hooks.on_ready && worker->state != WORKER_ENDING)
            worker->hooks.on_ready(worker, ready, worker->user);
    }
}

static void on_refused_frame(struct worker *worker, const struct ipc_refused *refused) {
    arcella_error *error = NULL;
    int code = error_code_of(refused->code.data);
    error_set(&error, code < 0 ? code : ARCELLA_E_WORKER, "%s", refused->message.data);
    if (worker->was_ready) {
        arcella_error_free(error);
        error = NULL;
        error_set(&error, ARCELLA_E_PROTOCOL, "it refused after it had said ready");
        broken(worker, error);
        return;
    }
    note_error(worker, error);
    int r = worker_step(worker, EV_REFUSED, NULL);
    (void)r; /* possible before ready */
}

static void on_frame(struct channel *channel, struct frame *frame, void *user) {
    (void)channel;
    struct worker *worker = user;
    if (worker->killed && !worker->was_ready && frame->message.type != IPC_LOG)
        return; /* on its way when we killed it: it never was ready for anybody */
    if (frame->message.type == IPC_READY) {
        on_ready_frame(worker, &frame->message.ready);
    } else if (frame->message.type == IPC_REFUSED) {
        on_refused_frame(worker, &frame->message.refused);
    } else if (!worker->was_ready && frame->message.type != IPC_LOG) {
        arcella_error *error = NULL;
        error_set(&error, ARCELLA_E_PROTOCOL, "it sent '%s' before it said ready",
                  ipc_type_name(frame->message.type));
        broken(worker, error);
    } else if (worker->hooks.on_frame) {
        worker->hooks.on_frame(worker, frame, worker->user);
    }
}

static void on_closed(struct channel *channel, const arcella_error *error, void *user) {
    (void)channel;
    struct worker *worker = user;
    if (error)
        note_error(worker, error_copy(error));
    close_channel(worker);
    int r = worker_step(worker, error ? EV_BROKEN : EV_CLOSED, NULL);
    (void)r;
    finish_if_over(worker);
}

static void on_child(struct loop_child *child, struct child_status status, void *user) {
    struct worker *worker = user;
    worker->child = loop_child_free(child);
    worker->pid = 0;
    worker->status = status;
    int r = worker_step(worker, EV_ENDED, NULL);
    (void)r;
    finish_if_over(worker);
}

static void on_deadline(struct loop_timer *timer, void *user) {
    (void)timer;
    struct worker *worker = user;
    int r = worker_step(worker, EV_TIMEOUT, NULL);
    (void)r; /* a deadline runs only in states that have one */
    finish_if_over(worker);
}

static void on_line(const char *line, size_t length, uint64_t dropped, void *user) {
    struct worker *worker = user;
    if (worker->hooks.on_line)
        worker->hooks.on_line(worker, line, length, dropped, worker->user);
}

/* --- its start --- */

struct worker *worker_free(struct worker *worker) {
    if (!worker)
        return NULL;
    worker->child = loop_child_free(worker->child);
    close_channel(worker);
    if (worker->pid) {
        kill(worker->pid, SIGKILL);
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    last_words_free(worker->words);
    worker_page_free(worker->page);
    loop_timer_free(worker->deadline);
    if (worker->code_fd >= 0) {
        fd_close(worker->code_fd);
        code_dir_remove(worker->workers, worker->id);
    }
    for (size_t i = 0; i < worker->missing_count; i++)
        mem_free(worker->missing[i]);
    arcella_error_free(worker->error);
    mem_free(worker);
    return NULL;
}

DEFINE_CLEANUP(worker_free_ptr, struct worker *, worker_free)

static struct text text_or_empty(const char *text) {
    return text_of(text ? text : "");
}

static int send_setup(struct worker *worker, const struct worker_settings *settings, arcella_error **reterr) {
    const struct worker_ids *ids = &worker->workers->ids;
    MEM_AUTO struct ipc_dir *dirs = NULL;
    if (settings->dirs_count && !(dirs = mem_array(settings->dirs_count, sizeof(*dirs))))
        return error_nomem(reterr);
    for (size_t i = 0; i < settings->dirs_count; i++)
        dirs[i] = (struct ipc_dir){text_of(settings->dirs[i].host_path), settings->dirs[i].writable};
    MEM_AUTO struct text *more = mem_array(settings->code_more_count + 1, sizeof(*more));
    if (!more)
        return error_nomem(reterr);
    for (size_t i = 0; i < settings->code_more_count; i++)
        more[i] = text_of(settings->code_more[i]);
    /* Who has one code file has one instance, and it is no question who ran. */
    bool shares = settings->role == IPC_ROLE_GUEST && !settings->code_path;
    FD_AUTO page_fd = -1;
    int r = shares ? worker_page_new(&page_fd, &worker->page, reterr) : 0;
    if (r < 0)
        return r;
    struct ipc_setup setup = {
        .protocol = IPC_PROTOCOL,
        .version = TEXT(ARCELLA_VERSION),
        .role = settings->role,
        .group = text_of(worker->group),
        .uid = ids->uid,
        .gid = ids->gid,
        .change_ids = ids->change,
        .drop_capabilities = ids->drop_capabilities,
        .owner_uid = settings->owner_uid,
        .stack_bytes = settings->stack_bytes ? settings->stack_bytes : DEFAULT_STACK_BYTES,
        .fuel = settings->fuel,
        .levels = text_or_empty(worker->workers->levels),
        .dirs = dirs,
        .dirs_count = (uint32_t)settings->dirs_count,
        .open_files = settings->open_files ? settings->open_files : DEFAULT_WORKER_OPEN_FILES,
        .cpu_seconds = settings->cpu_seconds,
        .data_bytes = settings->data_bytes,
        .code_path = text_or_empty(settings->code_path),
        .code_more = more,
        .code_more_count = (uint32_t)settings->code_more_count,
        .page = shares,
        .net = settings->net,
        .ports = settings->ports,
        .ports_count = (uint32_t)settings->ports_count,
    };
    struct channel_extra extra = {.fds = &page_fd, .fd_count = shares};
    return channel_send_extra(worker->channel, IPC_SETUP, &setup, &extra, reterr);
}

/* The process, and everything of ours that watches it. */
static int spawn(struct worker *worker, const char *directory, arcella_error **reterr) {
    struct loop *loop = worker->workers->loop;
    struct spawn_request request = {
        .program = worker->workers->program,
        .directory = directory,
        .role = ipc_role_name(worker->role),
        .group = worker->group,
    };
    struct spawned spawned;
    int r = spawn_process(&request, &spawned, reterr);
    if (r < 0)
        return r;
    worker->pid = spawned.pid;
    r = channel_new(loop, spawned.channel_fd, IPC_CHILD, on_frame, on_closed, worker, &worker->channel,
                    reterr);
    if (r < 0) {
        fd_close(spawned.words_fd);
        return r;
    }
    channel_set_role(worker->channel, worker->role);
    r = last_words_new(loop, spawned.words_fd, on_line, worker, &worker->words, reterr);
    return r < 0 ? r : loop_child_watch(loop, spawned.pid, on_child, worker, &worker->child, reterr);
}

static int make(struct workers *workers, const struct worker_settings *settings,
                const struct worker_hooks *hooks, void *user, struct worker **ret, arcella_error **reterr) {
    CLEANUP(worker_free_ptr) struct worker *worker = mem_new(struct worker);
    if (!worker)
        return error_nomem(reterr);
    worker->workers = workers;
    worker->id = ++workers->last_id;
    worker->role = settings->role;
    worker->state = WORKER_SPAWNING;
    worker->code_fd = -1;
    worker->started_ms = loop_now_ms(workers->loop);
    worker->hooks = *hooks;
    worker->user = user;
    if (!text_copy(worker->group, sizeof(worker->group), settings->group ? settings->group : ""))
        return error_set(reterr, ARCELLA_E_INVALID, "a group's name of over %d bytes", LIMIT_NAME_BYTES);
    int r = loop_timer_new(workers->loop, on_deadline, worker, &worker->deadline, reterr);
    if (r < 0)
        return r;
    MEM_AUTO char *directory = NULL;
    if (settings->code_directory)
        r = code_dir_make(workers, worker->id, &worker->code_fd, &directory, reterr);
    if (r == 0)
        r = spawn(worker, directory ? directory : "/", reterr);
    if (r == 0)
        r = send_setup(worker, settings, reterr);
    if (r < 0)
        return r;
    loop_timer_start(worker->deadline, workers->handshake_ms, 0);
    worker->next = workers->first;
    workers->first = worker;
    workers->count++;
    *ret = TAKE(worker);
    return 0;
}

int worker_start(struct workers *workers, const struct worker_settings *settings,
                 const struct worker_hooks *hooks, void *user, struct worker **ret, arcella_error **reterr) {
    int r = make(workers, settings, hooks, user, ret, reterr);
    return r < 0 ? error_wrap(reterr, r, "start a worker") : 0;
}

/* --- telling it --- */

int worker_send(struct worker *worker, enum ipc_type type, const void *record,
                const struct channel_extra *extra, arcella_error **reterr) {
    if (!worker->channel || worker->state >= WORKER_ENDING)
        return error_set(reterr, ARCELLA_E_CLOSED, "worker %" PRIu64 " is ending", worker->id);
    static const struct channel_extra nothing;
    return channel_send_extra(worker->channel, type, record, extra ? extra : &nothing, reterr);
}

void worker_drain(struct worker *worker, uint64_t timeout_ms) {
    bool first = worker->state < WORKER_DRAINING;
    worker->wanted |= first;
    if (worker_step(worker, EV_DRAIN, NULL) == 0 && first)
        loop_timer_start(worker->deadline, timeout_ms, 0);
}

void worker_kill(struct worker *worker) {
    worker->wanted = true;
    int r = worker_step(worker, EV_KILL, NULL);
    (void)r; /* possible in every state */
}
