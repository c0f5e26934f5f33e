/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * `arcella run --invoke`: functions of a component called one after the other in one instance.
 *
 *   started ──▶ check each of several ──▶ call the first ── its result ──▶ call the next ──▶ … ──▶ stop
 *
 * Before the first of several is called, all are checked: their functions, and their arguments where they do
 * not hang on results.  Results are printed a line each, as WAVE or as JSON.  A later call has the first
 * one's as $1, wherever it stands outside of a text or comment: its text is put there, which for a handle is
 * one that is kept for it.
 */
#include "base/fd.h"
#include "base/mem.h"
#include "daemon/calls.h"
#include "daemon/run_inner.h"

/* --- $1 --- */

/* An --invoke on its way to a call. */
struct expression {
    const char *text;
    size_t before;      /* calls in front of it */
    struct buffer *out; /* with results in the place of their numbers */
    bool has_results;
};

static int put_result(const struct run *run, struct expression *e, const char *digits, size_t count,
                      arcella_error **reterr) {
    size_t number = 0;
    for (size_t i = 0; i < count && number <= e->before; i++)
        number = number * 10 + (size_t)(digits[i] - '0');
    if (number < 1 || number > e->before)
        return error_set(reterr, ARCELLA_E_INVALID, "$%.*s: %zu function%s called before this one",
                         (int)count, digits, e->before, e->before == 1 ? " is" : "s are");
    e->has_results = true;
    if (number > run->called)
        return 0; /* a check */
    const struct run_result *result = &run->results[number - 1];
    const char *text = run->options.json ? result->json : result->wave;
    if (!*text)
        return error_set(reterr, ARCELLA_E_INVALID, "$%zu: that function has no result", number);
    return buffer_text(e->out, text, reterr);
}

/* The length of what begins here and is taken as it is: a text, a character, a comment; else 0. */
static size_t opaque(const char *at, bool json) {
    if (!json && at[0] == '/' && at[1] == '/')
        return strcspn(at, "\n");
    if (!json && strncmp(at, "\"\"\"", 3) == 0) {
        const char *end = strstr(at + 3, "\"\"\"");
        return end ? (size_t)(end - at) + 3 : strlen(at);
    }
    if (*at != '"' && (json || *at != '\''))
        return 0;
    size_t length = 1;
    while (at[length] && at[length] != *at)
        length += at[length] == '\\' && at[length + 1] ? 2 : 1;
    return length + (at[length] != '\0');
}

static int expand(const struct run *run, struct expression *e, arcella_error **reterr) {
    int r = 0;
    for (const char *at = e->text; r == 0 && *at;) {
        size_t length = opaque(at, run->options.json);
        size_t digits = *at == '$' ? strspn(at + 1, "0123456789") : 0;
        if (digits) {
            r = put_result(run, e, at + 1, digits, reterr);
            at += 1 + digits;
            continue;
        }
        length = length ? length : 1;
        r = buffer_add(e->out, at, length, reterr);
        at += length;
    }
    return r < 0 ? r : buffer_add(e->out, "", 0, reterr);
}

/* --- calls --- */

static const char *invoke_at(const struct run *run, size_t index) {
    return json_string_value(json_array_get(run->options.invokes, index));
}

/* Say which of several it was, and how it was read where results were put in. */
static void name_expression(const struct run *run, const struct expression *e, int code,
                            arcella_error **reterr) {
    if (e->has_results && e->out->data)
        error_wrap(reterr, code, "--invoke '%.200s', read as '%.200s'", e->text, e->out->data);
    else if (run->options.invokes_count > 1)
        error_wrap(reterr, code, "--invoke '%.200s'", e->text);
}

static int send(struct run *run, size_t index, bool check, arcella_error **reterr) {
    BUFFER_AUTO out = BUFFER_INIT(LIMIT_CALL_TEXT_BYTES);
    struct expression e = {.text = invoke_at(run, index), .before = index, .out = &out};
    int r = expand(run, &e, reterr);
    if (r < 0) {
        error_wrap(reterr, r, "--invoke '%.200s'", e.text);
        return r;
    }
    bool input = run->options.input && run_is_name(e.text);
    bool name_only = e.has_results || input;
    struct text text = check && e.has_results ? text_of(e.text) : (struct text){out.data, out.length};
    const struct policy *policy = &run->options.policy;
    struct ipc_call call = {
        .instance = 1,
        .number = index + 1,
        .function = text,
        .form = !input  ? IPC_CALL_EXPRESSION
                : check ? IPC_CALL_WORDS
                        : IPC_CALL_INPUT,
        .check = !check      ? IPC_CALL_CHECK_NOT
                 : name_only ? IPC_CALL_CHECK_NAME
                             : IPC_CALL_CHECK_ALL,
        .json = run->options.json,
        .base64 = run->options.base64,
        .keeps = true,
        .wall_ms = policy_wall_ms(policy, true),
        .cpu_ms = policy_cpu_ms(policy, true),
    };
    FD_AUTO fd = -1;
    if (input && !check && (r = calls_open_input(run->options.input, &fd, reterr)) < 0)
        return r;
    struct channel_extra extra = {.fds = &fd, .fd_count = fd >= 0};
    return worker_send(run->worker, IPC_CALL, &call, &extra, reterr);
}

/* One by itself is checked when it is called. */
static bool is_checking(const struct run *run) {
    return run->options.invokes_count > 1 && run->checked < run->options.invokes_count;
}

void run_invoke_next(struct run *run) {
    arcella_error *error = NULL;
    int r;
    if (is_checking(run)) {
        r = send(run, run->checked, true, &error);
    } else if (run->called == run->options.invokes_count) {
        run->invoked = true;
        struct ipc_stop stop = {.instance = 1, .timeout_ms = STOP_MS};
        r = worker_send(run->worker, IPC_STOP, &stop, NULL, &error);
    } else
        r = send(run, run->called, false, &error);
    if (r < 0)
        run_stop_with(run, error);
}

static int keep_result(struct run *run, const struct ipc_called *called, arcella_error **reterr) {
    if (!run->results)
        run->results = mem_array(run->options.invokes_count, sizeof(*run->results));
    if (!run->results)
        return error_nomem(reterr);
    struct run_result result = {
        .wave = mem_text_n(called->wave.data, called->wave.length),
        .json = mem_text_n(called->json.data, called->json.length),
    };
    if (!result.wave || !result.json) {
        mem_free(result.wave);
        mem_free(result.json);
        return error_nomem(reterr);
    }
    run->results[run->called++] = result;
    return 0;
}

/* It was refused, or its result cannot be told. */
static void refuse(struct run *run, size_t index, const struct ipc_called *called) {
    arcella_error *error = NULL;
    int code = error_code_of(called->code.data);
    error_set(&error, code < 0 ? code : ARCELLA_E_WORKER, "%s", called->message.data);
    if (called->hint.length)
        error_hint(&error, code, "%s", called->hint.data);
    BUFFER_AUTO out = BUFFER_INIT(LIMIT_CALL_TEXT_BYTES);
    struct expression e = {.text = invoke_at(run, index), .before = index, .out = &out};
    if (is_checking(run) || expand(run, &e, NULL) < 0)
        e.has_results = false;
    name_expression(run, &e, code, &error);
    error_wrap(&error, code, "%s", run_file_name(run));
    run_stop_with(run, error);
}

void run_invoked(struct run *run, const struct ipc_called *called) {
    size_t index = is_checking(run) ? run->checked : run->called;
    if (called->number != index + 1 || index >= run->options.invokes_count)
        return;
    if (!called->ok) {
        /* One that did not return: the instance's end says how. */
        if (called->code.length)
            refuse(run, index, called);
        return;
    }
    if (is_checking(run)) {
        run->checked++;
        run_invoke_next(run);
        return;
    }
    arcella_error *error = NULL;
    const struct text *text = run->options.json ? &called->json : &called->wave;
    if (called->has_result)
        printf("%.*s\n", (int)text->length, text->data);
    else if (run->options.json)
        printf("null\n");
    fflush(stdout);
    if (keep_result(run, called, &error) < 0)
        run_stop_with(run, error);
    else
        run_invoke_next(run);
}
