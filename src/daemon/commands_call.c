/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * call: a function of a component's instance, called by a person.  The daemon reads no argument and no
 * result: it finds the instance, hands the texts to its worker and waits for the answer, which is bounded
 * there.
 *
 *   command_call ──IPC call──▶ worker: queue of the instance ──IPC called──▶ calls_answer ──▶ reply
 *        client gone ──cancel_call──▶┘        instance gone ──▶ calls_lost
 *
 * A pending call belongs to its ALME call; the loop's thread.
 */
#include <fcntl.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/sys.h"
#include "daemon/calls.h"
#include "daemon/commands.h"
#include "daemon/parts.h"

struct pending_call {
    struct pending_call *next;
    struct daemon *daemon;
    struct call *call;
    uint64_t handle; /* of the instance */
    uint64_t number;
    char address[LIMIT_NAME_BYTES + 16];
};

static struct call *take(struct pending_call *pending) {
    struct pending_call **at = &pending->daemon->calls;
    while (*at != pending)
        at = &(*at)->next;
    *at = pending->next;
    struct call *call = pending->call;
    call->on_gone = NULL;
    mem_free(pending);
    return call;
}

void calls_done(struct daemon *daemon) {
    while (daemon->calls) {
        struct pending_call *pending = daemon->calls;
        daemon->calls = pending->next;
        mem_free(pending);
    }
}

/* --- answers --- */

static json_t *frames_json(const struct ipc_called *called) {
    JSON_AUTO *list = json_array();
    for (uint32_t i = 0; list && i < called->frames_count; i++) {
        const struct ipc_trace_frame *frame = &called->frames[i];
        json_t *one = json_object();
        bool ok = one != NULL;
        json_put(one, "function", json_integer((json_int_t)frame->function), &ok);
        if (frame->offset != UINT64_MAX)
            json_put(one, "offset", json_integer((json_int_t)frame->offset), &ok);
        json_put_text(one, "name", frame->name.data, &ok);
        json_put_text(one, "module", frame->module.data, &ok);
        if (json_array_append_new(list, one) < 0 || !ok)
            return NULL;
    }
    return TAKE(list);
}

/* The code of an end, as the library has it. */
static int code_of_end(const char *end) {
    static const struct {
        const char *end;
        int code;
    } codes[] = {
        {"wall-time-exceeded", ARCELLA_E_TIMEOUT}, {"cpu-time-exhausted", ARCELLA_E_LIMIT},
        {"fuel-exhausted", ARCELLA_E_LIMIT},       {"over-limit", ARCELLA_E_LIMIT},
        {"stack-exhausted", ARCELLA_E_LIMIT},      {"stopped", ARCELLA_E_CANCELLED},
        {"worker-lost", ARCELLA_E_WORKER},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
        if (strcmp(codes[i].end, end) == 0)
            return codes[i].code;
    return ARCELLA_E_TRAP;
}

/* It began and did not return. */
static void fail_ended(struct call *call, const char *address, const struct ipc_called *called) {
    arcella_error *error = NULL;
    int code = error_set(&error, code_of_end(called->end.data), "the call into '%s' did not return: %s",
                         address, called->message.length ? called->message.data : called->end.data);
    if (code == ARCELLA_E_TRAP)
        error_hint(&error, code,
                   "the instance is started again as its policy says; `arcella logs` has the backtrace");
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put_text(data, "instance", address, &ok);
    json_put_text(data, "end", called->end.data, &ok);
    if (called->trap.length)
        json_put_text(data, "trap", called->trap.data, &ok);
    json_put_text(data, "message", called->message.data, &ok);
    json_put(data, "frames", frames_json(called), &ok);
    json_put(data, "cpu_ms", json_real((double)called->cpu_ns / 1e6), &ok);
    call_fail(call, error, ok ? TAKE(data) : NULL);
}

static void reply_result(struct call *call, const char *address, const struct ipc_called *called) {
    JSON_AUTO *data = json_object();
    bool ok = data != NULL;
    json_put_text(data, "instance", address, &ok);
    json_put(data, "has_result", json_boolean(called->has_result), &ok);
    if (ok && called->has_result) {
        /* Of the two, what was not asked for may have been too long. */
        json_t *result = json_loadb(called->json.data, called->json.length, JSON_DECODE_ANY, NULL);
        /* What ALME's own JSON cannot hold (a NUL in a text, deep nesting) goes as its text. */
        if (result)
            json_put(data, "result", result, &ok);
        else if (called->json.length)
            json_put(data, "json", json_stringn(called->json.data, called->json.length), &ok);
        if (called->wave.length)
            json_put(data, "wave", json_stringn(called->wave.data, called->wave.length), &ok);
    }
    json_put(data, "cpu_ms", json_real((double)called->cpu_ns / 1e6), &ok);
    if (!ok) {
        call_fail(call, NULL, NULL);
        return;
    }
    call_reply(call, TAKE(data), "returned");
}

void calls_answer(struct group *group, const struct ipc_called *called) {
    struct daemon *daemon = group->daemon;
    const struct instance *instance = model_instance(daemon, called->instance);
    if (!instance || instance->group != group)
        return;
    struct pending_call *pending = daemon->calls;
    while (pending && !(pending->number == called->number && pending->handle == called->instance))
        pending = pending->next;
    if (!pending)
        return;
    char address[sizeof(pending->address)];
    text_copy(address, sizeof(address), pending->address);
    struct call *call = take(pending);
    if (called->ok)
        reply_result(call, address, called);
    else if (called->code.length == 0)
        fail_ended(call, address, called);
    else {
        arcella_error *error = NULL;
        int code = error_code_of(called->code.data);
        error_set(&error, code < 0 ? code : ARCELLA_E_WORKER, "%s", called->message.data);
        if (called->hint.length)
            error_hint(&error, code, "%s", called->hint.data);
        call_fail(call, error, NULL);
    }
}

void calls_lost(struct daemon *daemon, uint64_t handle) {
    for (struct pending_call *pending = daemon->calls, *next; pending; pending = next) {
        next = pending->next;
        if (pending->handle != handle)
            continue;
        arcella_error *error = NULL;
        error_set(&error, ARCELLA_E_WORKER, "the instance '%s' ended before the call had returned",
                  pending->address);
        call_fail(take(pending), error, NULL);
    }
}

static void on_gone(struct call *call) {
    for (struct pending_call *pending = call->daemon->calls; pending; pending = pending->next) {
        if (pending->call != call)
            continue;
        const struct instance *instance = model_instance(call->daemon, pending->handle);
        struct ipc_cancel_call cancel = {.instance = pending->handle, .number = pending->number};
        /* One that cannot be told runs on until its time is up; nobody hears of it. */
        if (instance && instance->group && instance->group->worker &&
            worker_send(instance->group->worker, IPC_CANCEL_CALL, &cancel, NULL, NULL) < 0)
            DAEMON_LOG(LOG_WARN, LOG_DAEMON, "a call could not be cancelled", "instance=%s",
                       pending->address);
        return;
    }
}

/* --- asking --- */

/* The instance that is meant, if it can be called. */
static int find_instance(struct daemon *daemon, const char *text, struct instance **ret,
                         arcella_error **reterr) {
    CLEANUP(target_done) struct target target;
    int r = target_find(daemon, text, &target, reterr);
    if (r < 0)
        return r;
    struct deployment *deployment = target.deployment;
    if (!deployment) {
        error_set(reterr, ARCELLA_E_STATE, "'%s' is not started", text);
        return error_hint(reterr, ARCELLA_E_STATE, "`arcella start %s` first", text);
    }
    struct instance *instance = target.instance;
    for (size_t i = 0; !instance && i < deployment->count; i++)
        if (deployment->instances[i].state == INSTANCE_RUNNING)
            instance = &deployment->instances[i];
    if (!instance || instance->state != INSTANCE_RUNNING) {
        const char *id = instance ? instance->address : deployment->record->id;
        const char *state =
            instance ? replica_state_name(instance->state) : deployment_state_name(deployment->state);
        error_set(reterr, ARCELLA_E_STATE, "'%s' is not running: it is %s", id, state);
        return error_hint(reterr, ARCELLA_E_STATE,
                          "`arcella start %s` starts it, `arcella status %s` says why",
                          deployment->record->id, deployment->record->id);
    }
    if (!deployment->parts)
        return error_set(reterr, ARCELLA_E_KIND,
                         "'%s' is a core module: only functions of components can be called", text);
    *ret = instance;
    return 0;
}

int calls_open_input(const char *path, int *ret_fd, arcella_error **reterr) {
    struct stat st;
    FD_AUTO fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0 || sys_fstat(fd, &st) < 0)
        return error_set_errno(reterr, errno, "'%s'", path);
    if (!S_ISREG(st.st_mode))
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is no regular file", path);
    if ((uint64_t)st.st_size > LIMIT_CALL_INPUT_BYTES)
        return error_set(reterr, ARCELLA_E_TOO_LARGE, "'%s' has more than %llu MiB", path,
                         LIMIT_CALL_INPUT_BYTES / MIB);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

/* How the arguments come: a file, words, or with the function as one writes a call. */
static int choose_form(const struct alme_request *request, uint64_t *ret, arcella_error **reterr) {
    const char *input = alme_text(request, "input");
    const char *function = alme_text(request, "function");
    size_t count = alme_count(request, "args");
    bool whole = strchr(function, '(') != NULL;
    if (input && (count || whole))
        return error_set(reterr, ARCELLA_E_INVALID, "arguments are given, and a file with arguments, too");
    if (count && whole) {
        error_set(reterr, ARCELLA_E_INVALID, "'%s' has its arguments in it, and more of them follow",
                  function);
        return error_hint(reterr, ARCELLA_E_INVALID, "write FUNC ARG… or 'FUNC(ARG, …)'");
    }
    if (count > LIMIT_CALL_ARGS)
        return error_set(reterr, ARCELLA_E_INVALID, "more than %d arguments", LIMIT_CALL_ARGS);
    if (input && *input != '/')
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is not an absolute path", input);
    if (alme_bool(request, "base64") && !alme_bool(request, "json"))
        return error_set(reterr, ARCELLA_E_INVALID, "base64 is about JSON: it goes with json");
    *ret = input ? IPC_CALL_INPUT : whole ? IPC_CALL_EXPRESSION : IPC_CALL_WORDS;
    return 0;
}

static int send_call(struct call *call, const struct instance *instance, uint64_t number,
                     arcella_error **reterr) {
    const struct alme_request *request = &call->request;
    const struct policy *policy = &instance->deployment->record->policy;
    const char *input = alme_text(request, "input");
    size_t count = alme_count(request, "args");
    uint64_t form = 0;
    FD_AUTO fd = -1;
    int r = choose_form(request, &form, reterr);
    if (r == 0 && input)
        r = calls_open_input(input, &fd, reterr);
    if (r < 0)
        return r;
    MEM_AUTO struct text *args = mem_array(count + 1, sizeof(*args));
    if (!args)
        return error_nomem(reterr);
    for (size_t i = 0; i < count; i++)
        args[i] = text_of(alme_item(request, "args", i));
    struct ipc_call message = {
        .instance = instance->handle,
        .number = number,
        .function = text_of(alme_text(request, "function")),
        .form = form,
        .json = alme_bool(request, "json"),
        .base64 = alme_bool(request, "base64"),
        .args = args,
        .args_count = (uint32_t)count,
        .wall_ms = policy_wall_ms(policy, false),
        .own_time = alme_has(request, "timeout"),
        .caller_ms = alme_number(request, "timeout", 0),
        .cpu_ms = policy_cpu_ms(policy, false),
    };
    struct channel_extra extra = {.fds = &fd, .fd_count = fd >= 0};
    return worker_send(instance->group->worker, IPC_CALL, &message, &extra, reterr);
}

void command_call(struct call *call) {
    struct daemon *daemon = call->daemon;
    struct instance *instance = NULL;
    arcella_error *error = NULL;
    int r = find_instance(daemon, alme_text(&call->request, "target"), &instance, &error);
    struct pending_call *pending = r == 0 ? mem_new(struct pending_call) : NULL;
    if (r == 0 && !pending)
        r = error_nomem(&error);
    if (r == 0)
        r = send_call(call, instance, daemon->calls_number + 1, &error);
    if (r < 0 || !pending) {
        mem_free(pending);
        call_fail(call, error, NULL);
        return;
    }
    *pending = (struct pending_call){.next = daemon->calls,
                                     .daemon = daemon,
                                     .call = call,
                                     .handle = instance->handle,
                                     .number = ++daemon->calls_number};
    text_copy(pending->address, sizeof(pending->address), instance->address);
    daemon->calls = pending;
    call->on_gone = on_gone;
}
