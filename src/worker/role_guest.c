/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The guest role: frames to instances and back.  What a start frame says is copied or opened here; everything
 * else is room runtime's.
 */
#include <fcntl.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "catalog/grant.h"
#include "host/host.h"
#include "host/lookup.h"
#include "runtime/instance.h"
#include "worker/late.h"
#include "worker/worker.h"

/* What must live as long as an instance and is not the runtime's. */
struct guest {
    struct guest *next;
    uint64_t handle;
    struct grant_set grants;
};

struct guests {
    struct worker_process *process;
    struct runtime *runtime;
    struct guest *list;
    bool draining;
    struct late_ends late;
};

static void guest_free(struct guest *guest) {
    grant_set_done(&guest->grants);
    mem_free(guest);
}
DEFINE_CLEANUP(guest_free_ptr, struct guest *, guest_free)

/* --- from the runtime to the parent --- */

static void on_started(uint64_t handle, void *user) {
    struct guests *guests = user;
    worker_tell(guests->process, IPC_STARTED, &(struct ipc_started){.instance = handle}, NULL);
}

static void drop_guest(struct guests *guests, uint64_t handle) {
    for (struct guest **at = &guests->list; *at; at = &(*at)->next) {
        if ((*at)->handle == handle) {
            struct guest *guest = *at;
            *at = guest->next;
            guest_free(guest);
            return;
        }
    }
}

static void leave_if_drained(struct guests *guests) {
    if (guests->draining && runtime_count(guests->runtime) == 0 && !late_ends_wait(&guests->late))
        worker_exit(guests->process, 0);
}

/* A text of a fixed array as the wire wants it: valid UTF-8, whatever a guest's name section holds. */
static struct text clean(char *text, size_t size) {
    text[size - 1] = '\0';
    size_t length = strlen(text);
    if (!text_is_utf8(text, length)) {
        for (size_t i = 0; i < length; i++)
            if ((unsigned char)text[i] >= 0x80)
                text[i] = '?';
    }
    return (struct text){text, length};
}

/* A backtrace as the wire wants it. @return how many frames */
static uint32_t trace_of(struct engine_outcome *outcome, struct ipc_trace_frame *frames) {
    uint32_t count = outcome->frame_count < ENGINE_FRAMES_MAX ? outcome->frame_count : ENGINE_FRAMES_MAX;
    for (uint32_t i = 0; i < count; i++) {
        struct engine_frame *frame = &outcome->frames[i];
        frames[i] = (struct ipc_trace_frame){
            .function = frame->function,
            .offset = frame->offset,
            .name = clean(frame->name, sizeof frame->name),
            .module = clean(frame->module, sizeof frame->module),
        };
    }
    return count;
}

static void tell_end(uint64_t handle, const struct engine_outcome *outcome, void *user) {
    struct guests *guests = user;
    struct engine_outcome copy = *outcome;
    struct ipc_trace_frame frames[ENGINE_FRAMES_MAX];
    uint32_t count = trace_of(&copy, frames);
    struct ipc_ended ended = {
        .instance = handle,
        .end = text_of(engine_end_name(copy.end)),
        .exit_code = copy.exit_code,
        .trap = clean(copy.trap, sizeof copy.trap),
        .message = clean(copy.message, sizeof copy.message),
        .frames = frames,
        .frames_count = count,
        .cpu_ns = copy.cpu_ns,
        .fuel_used = copy.fuel_used,
        .memory_bytes = copy.memory_bytes,
        .memory_limit_hit = copy.memory_limit_hit,
        .table_limit_hit = copy.table_limit_hit,
    };
    worker_tell(guests->process, IPC_ENDED, &ended, NULL);
}

static void on_output_out(void *user) {
    leave_if_drained(user);
}

static void on_ended(uint64_t handle, enum instance_state state, const struct engine_outcome *outcome,
                     void *user) {
    struct guests *guests = user;
    (void)state; /* the parent judges by the end itself and by what it asked for */
    if (!late_ends_take(&guests->late, handle, outcome))
        tell_end(handle, outcome, guests);
    drop_guest(guests, handle);
    leave_if_drained(guests);
}

static void on_output(uint64_t handle, int stream, const char *line, size_t length, bool cut,
                      uint64_t dropped, void *user) {
    struct guests *guests = user;
    struct ipc_output output = {
        .instance = handle,
        .stream = (uint64_t)stream,
        .text = {line, length},
        .cut = cut,
        .dropped = dropped,
    };
    worker_tell(guests->process, IPC_OUTPUT, &output, NULL);
}

static void on_audit(uint64_t handle, const struct host_audit *line, void *user) {
    struct guests *guests = user;
    struct ipc_audit audit = {
        .instance = handle,
        .class_name = text_of(grant_class_name(line->class)),
        .action = text_of(grant_action_name(line->action)),
        .resource = worker_text(line->resource),
        .allowed = line->allowed,
        .grant = worker_text(line->grant),
        .reason = line->reason,
        .count = line->count,
        .call = line->call,
        .lost = line->suppressed,
    };
    worker_tell(guests->process, IPC_AUDIT, &audit, NULL);
}

/* Half of the queue is kept for what must arrive; a lookup is asked for again. */
static bool on_lookup(uint64_t handle, uint64_t number, struct text name, void *user) {
    struct guests *guests = user;
    if (channel_queued_bytes(guests->process->channel) > LIMIT_CHANNEL_QUEUE_BYTES / 2)
        return false;
    struct ipc_lookup lookup = {.instance = handle, .number = number, .name = name};
    worker_tell(guests->process, IPC_LOOKUP, &lookup, NULL);
    return true;
}

static void take_answer(struct guests *guests, const struct ipc_lookup_answer *answer) {
    static const int errors[IPC_LOOKUP_RESULTS] = {
        [IPC_LOOKUP_NO_NAME] = HOST_LOOKUP_NO_NAME,     [IPC_LOOKUP_TEMPORARY] = HOST_LOOKUP_TEMPORARY,
        [IPC_LOOKUP_PERMANENT] = HOST_LOOKUP_PERMANENT, [IPC_LOOKUP_DENIED] = HOST_E_NOTCAPABLE,
        [IPC_LOOKUP_TIMED_OUT] = HOST_E_TIMEDOUT,
    };
    runtime_lookup_answer(guests->runtime, answer->instance, answer->number, errors[answer->result],
                          answer->addresses.data, answer->addresses.length / 16);
}

static const char *address_of(uint64_t handle, char *to, size_t size) {
    snprintf(to, size, "instance=%llu", (unsigned long long)handle);
    return to;
}

/* For the instance's own log, which the parent has. */
static void on_note(uint64_t handle, const char *message, void *user) {
    struct guests *guests = user;
    struct ipc_log log = {.instance = handle,
                          .level = LOG_WARN,
                          .unit = text_of(log_unit_name(LOG_RUNTIME)),
                          .message = worker_text(message)};
    worker_tell(guests->process, IPC_LOG, &log, NULL);
}

static void on_processor(uint64_t handle, void *user) {
    (void)user;
    worker_crash_running(handle);
}

/* --- calls --- */

static void on_called(uint64_t handle, const struct runtime_called *called, void *user) {
    struct guests *guests = user;
    struct ipc_trace_frame frames[ENGINE_FRAMES_MAX];
    struct engine_outcome copy = {.end = ENGINE_END_FAILED};
    struct ipc_called answer = {
        .instance = handle,
        .number = called->number,
        .has_result = called->has_result,
        .wave = called->wave,
        .json = called->json,
    };
    if (called->outcome) {
        copy = *called->outcome;
        answer.ok = copy.end == ENGINE_END_RETURNED;
        answer.cpu_ns = copy.cpu_ns;
        answer.fuel_used = copy.fuel_used;
    }
    if (called->outcome && !answer.ok) {
        answer.end = text_of(engine_end_name(copy.end));
        answer.trap = clean(copy.trap, sizeof copy.trap);
        answer.message = clean(copy.message, sizeof copy.message);
        answer.frames = frames;
        answer.frames_count = trace_of(&copy, frames);
    }
    if (called->error) {
        answer.ok = false;
        answer.has_result = false;
        answer.wave = answer.json = TEXT("");
        answer.code = text_of(arcella_error_name(arcella_error_code(called->error)));
        answer.message = worker_text(arcella_error_message(called->error));
        answer.hint = worker_text(arcella_error_hint(called->error));
    }
    worker_tell(guests->process, IPC_CALLED, &answer, NULL);
}

/* The arguments' file, where one came along. */
static int take_input(struct frame *frame, struct buffer *to, arcella_error **reterr) {
    FD_AUTO fd = frame_take_fd(frame, 0);
    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "call came without a readable file");
    int r = fd_read_all(fd, LIMIT_CALL_INPUT_BYTES, to, reterr);
    return r < 0 ? error_wrap(reterr, r, "the input") : 0;
}

static int begin_call(struct guests *guests, struct frame *frame, arcella_error **reterr) {
    static const enum runtime_call_form forms[] = {
        [IPC_CALL_EXPRESSION] = RUNTIME_CALL_EXPRESSION,
        [IPC_CALL_WORDS] = RUNTIME_CALL_WORDS,
        [IPC_CALL_INPUT] = RUNTIME_CALL_INPUT,
    };
    const struct ipc_call *wanted = &frame->message.call;
    BUFFER_AUTO input = BUFFER_INIT(LIMIT_CALL_INPUT_BYTES);
    int r = wanted->form == IPC_CALL_INPUT ? take_input(frame, &input, reterr) : 0;
    if (r < 0)
        return r;
    struct runtime_call call = {
        .instance = wanted->instance,
        .number = wanted->number,
        .function = wanted->function,
        .form = forms[wanted->form],
        .json = wanted->json,
        .keeps = wanted->keeps,
        .base64 = wanted->base64,
        .args = wanted->args,
        .args_count = wanted->args_count,
        .input = {input.data ? input.data : "", input.length},
        .budget = {.wall_ms = wanted->wall_ms, .cpu_ms = wanted->cpu_ms},
        .own_time = wanted->own_time,
        .caller_ms = wanted->caller_ms,
    };
    if (wanted->check == IPC_CALL_CHECK_NOT)
        return runtime_call(guests->runtime, &call, reterr);
    r = runtime_check_call(guests->runtime, &call, wanted->check == IPC_CALL_CHECK_NAME, reterr);
    if (r == 0) {
        struct ipc_called fits = {.instance = wanted->instance, .number = wanted->number, .ok = true};
        worker_tell(guests->process, IPC_CALLED, &fits, NULL);
    }
    return r;
}

static void call_or_refuse(struct guests *guests, struct frame *frame) {
    ERROR_AUTO *error = NULL;
    if (begin_call(guests, frame, &error) == 0)
        return;
    struct runtime_called called = {.number = frame->message.call.number, .error = error};
    on_called(frame->message.call.instance, &called, guests);
}

/* --- start --- */

/* Code must be the parent's and nobody else's to write. */
static int check_code(const struct guests *guests, const char *path, arcella_error **reterr) {
    struct stat st;
    if (strchr(path, '/') || *path == '\0')
        return error_set(reterr, ARCELLA_E_PROTOCOL, "code file '%s' is no name in the code directory", path);
    if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_set_errno(reterr, errno, "code file '%s'", path);
    if (!S_ISREG(st.st_mode) || st.st_uid != guests->process->owner_uid || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return error_set(reterr, ARCELLA_E_CORRUPT, "code file '%s' could have been written by somebody else",
                         path);
    return 0;
}

/* Texts of a decoded frame as C strings (each has its NUL). */
static const char **strings_of(const struct text *texts, uint32_t count) {
    const char **strings = mem_array(count + 1, sizeof *strings);
    for (uint32_t i = 0; strings && i < count; i++)
        strings[i] = texts[i].data;
    return strings;
}

static int read_grants(struct grant_set *set, const struct ipc_grant *rows, uint32_t count,
                       arcella_error **reterr) {
    for (uint32_t i = 0; i < count; i++) {
        const struct ipc_grant *g = &rows[i];
        int r = grant_add_text_until(set, g->class_name.data, g->action.data, g->pattern.data, g->effect.data,
                                     g->source.data, g->expires_ms, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/*
 * Grants are checked anew from the next check on; what is open keeps the rights it was opened with.  A set
 * that cannot be read leaves nothing allowed: what was revoked must not go on.
 */
static void replace_grants(struct guests *guests, const struct ipc_grants *grants) {
    struct guest *guest = guests->list;
    while (guest && guest->handle != grants->instance)
        guest = guest->next;
    if (!guest)
        return; /* its end is on the way to the parent already */
    CLEANUP(grant_set_done) struct grant_set set = {0};
    ERROR_AUTO *error = NULL;
    if (read_grants(&set, grants->grants, grants->grants_count, &error) < 0) {
        char about[48];
        grant_set_done(&set);
        log_event(LOG_ERROR, &(struct log_about){.unit = LOG_RUNTIME, .error = error},
                  "grants could not be read, so nothing is granted", "%s",
                  address_of(guest->handle, about, sizeof about));
    }
    grant_set_replace(&guest->grants, &set);
}

/* The directories of a start frame, open. */
struct opened_dirs {
    struct runtime_dir dirs[LIMIT_DIRS];
    bool opened[LIMIT_DIRS]; /* by us, to be closed */
    uint32_t count;
};

static void opened_dirs_done(struct opened_dirs *o) {
    for (uint32_t i = 0; i < o->count; i++)
        if (o->opened[i])
            fd_close(o->dirs[i].fd);
}

static int open_dirs(struct guests *guests, const struct ipc_start *start, struct opened_dirs *o,
                     arcella_error **reterr) {
    for (uint32_t i = 0; i < start->dirs_count && i < LIMIT_DIRS; i++) {
        const struct ipc_preopen *dir = &start->dirs[i];
        int r = worker_dir_find(guests->process, dir, &o->dirs[i].fd, &o->opened[i], reterr);
        if (r < 0)
            return r;
        o->dirs[i].guest_path = dir->guest_path.data;
        o->dirs[i].writable = dir->writable;
        o->count = i + 1;
    }
    return 0;
}

/* Take the frame's descriptors: standard streams, then listening sockets. */
static int take_descriptors(struct frame *frame, const struct ipc_start *start, struct runtime_spec *spec,
                            int *sockets, arcella_error **reterr) {
    unsigned streams = start->stdio == IPC_STDIO_FDS ? 3 : 0;
    if (frame->fd_count != streams + start->listen_count + start->is_component)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "%u descriptors came with start, %llu were announced",
                         frame->fd_count,
                         streams + (unsigned long long)start->listen_count + start->is_component);
    for (unsigned i = 0; i < streams; i++)
        spec->stdio[i] = frame_take_fd(frame, i);
    for (unsigned i = 0; i < start->listen_count; i++)
        sockets[i] = frame_take_fd(frame, streams + i);
    spec->sockets = sockets;
    spec->sockets_count = (uint32_t)start->listen_count;
    return 0;
}

static int start_instance(struct guests *guests, struct frame *frame, arcella_error **reterr) {
    const struct ipc_start *start = &frame->message.start;
    if (guests->draining)
        return error_set(reterr, ARCELLA_E_CLOSED, "this worker is leaving");
    int r = start->is_component ? 0 : check_code(guests, start->code.data, reterr);
    for (uint32_t i = 0; r == 0 && i < start->modules_count; i++)
        r = check_code(guests, start->modules[i].data, reterr);
    if (r < 0)
        return r;
    CLEANUP(guest_free_ptr) struct guest *guest = mem_new(struct guest);
    MEM_AUTO const char **args = strings_of(start->args, start->args_count);
    MEM_AUTO const char **env = strings_of(start->env, start->env_count);
    MEM_AUTO const char **modules = strings_of(start->modules, start->modules_count);
    if (!guest || !args || !env || !modules)
        return error_nomem(reterr);
    guest->handle = start->instance;
    r = read_grants(&guest->grants, start->grants, start->grants_count, reterr);
    if (r < 0)
        return r;
    CLEANUP(opened_dirs_done) struct opened_dirs dirs = {.count = 0};
    r = open_dirs(guests, start, &dirs, reterr);
    if (r < 0)
        return r;
    struct runtime_spec spec = {
        .handle = start->instance,
        .address = start->address.data,
        .component = start->component.data,
        .code_path = start->code.data,
        .digest = start->digest.data,
        .is_component = start->is_component,
        .modules = modules,
        .modules_count = start->modules_count,
        .waits = start->waits,
        .args = args,
        .args_count = start->args_count,
        .env = env,
        .env_count = start->env_count,
        .dirs = dirs.dirs,
        .dirs_count = dirs.count,
        .stdio = {-1, -1, -1},
        .limits = {.memory_bytes = start->memory_bytes,
                   .table_elements = start->table_elements,
                   .fuel = start->fuel},
        .startup_ms = start->startup_ms,
        .wall_ms = start->wall_ms,
        .cpu_ms = start->cpu_ms,
        .entrypoint = start->entrypoint.data,
        .shutdown = start->shutdown.data,
        .grants = &guest->grants,
    };
    int sockets[LIMIT_FRAME_FDS];
    r = take_descriptors(frame, start, &spec, sockets, reterr);
    FD_AUTO component = r == 0 && start->is_component ? frame_take_fd(frame, frame->fd_count - 1) : -1;
    spec.component_fd = component;
    if (r == 0)
        r = runtime_start(guests->runtime, &spec, reterr);
    if (r < 0)
        return r;
    guest->next = guests->list;
    guests->list = TAKE(guest);
    return 0;
}

/* --- the role --- */

static int begin(struct worker_process *process, arcella_error **reterr) {
    struct guests *guests = mem_new(struct guests);
    if (!guests)
        return error_nomem(reterr);
    guests->process = process;
    process->state = guests;
    guests->late =
        (struct late_ends){.loop = process->loop, .tell = tell_end, .out = on_output_out, .user = guests};
    struct engine_config config = ENGINE_CONFIG_INIT;
    config.stack_bytes = process->stack_bytes;
    config.fuel = process->fuel;
    struct runtime_hooks hooks = {
        .started = on_started,
        .ended = on_ended,
        .output = on_output,
        .audit = on_audit,
        .called = on_called,
        .lookup = on_lookup,
        .note = on_note,
        .processor = on_processor,
        .user = guests,
    };
    worker_crash_setup();
    int r = runtime_new(process->loop, &config, &hooks, &guests->runtime, reterr);
    return r < 0 ? r : loop_pool_warm(process->loop, 2, reterr);
}

static void frame(struct worker_process *process, struct frame *frame) {
    struct guests *guests = process->state;
    ERROR_AUTO *error = NULL;
    switch (frame->message.type) {
    case IPC_START:
        if (start_instance(guests, frame, &error) < 0) {
            struct ipc_start_failed failed = {
                .instance = frame->message.start.instance,
                .code = text_of(arcella_error_name(arcella_error_code(error))),
                .message = worker_text(arcella_error_message(error)),
                .hint = worker_text(arcella_error_hint(error)),
            };
            worker_tell(process, IPC_START_FAILED, &failed, NULL);
        }
        break;
    case IPC_STOP:
        /* Not there: its end is on the way to the parent already. */
        (void)!runtime_stop(guests->runtime, frame->message.stop.instance, frame->message.stop.timeout_ms,
                            NULL);
        break;
    case IPC_CALL: call_or_refuse(guests, frame); break;
    case IPC_CANCEL_CALL:
        runtime_cancel_call(guests->runtime, frame->message.cancel_call.instance,
                            frame->message.cancel_call.number);
        break;
    case IPC_LOOKUP_ANSWER: take_answer(guests, &frame->message.lookup_answer); break;
    case IPC_GRANTS: replace_grants(guests, &frame->message.grants); break;
    case IPC_FIGURES: worker_tell_figures(process, guests->runtime, frame->header.call); break;
    case IPC_DRAIN:
        guests->draining = true;
        leave_if_drained(guests);
        break;
    default: break;
    }
}

static void finish(struct worker_process *process) {
    struct guests *guests = process->state;
    if (!guests)
        return;
    runtime_free(guests->runtime);
    late_ends_done(&guests->late);
    while (guests->list) {
        struct guest *guest = guests->list;
        guests->list = guest->next;
        guest_free(guest);
    }
    mem_free(guests);
}

const struct worker_role worker_role_guest = {
    .name = "guest",
    .sandbox = SANDBOX_GUEST,
    .engine = true,
    .begin = begin,
    .frame = frame,
    .end = finish,
};
