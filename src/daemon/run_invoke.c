/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * `arcella run --invoke`: functions of a component called one after the other in one instance.
 *
 * Results are printed a line each, as WAVE or as JSON.  A later call has the first one's as $1, wherever it
 * stands outside of a text: its text is put there, which for a handle is one that is kept for it.
 */
#include "base/mem.h"
#include "daemon/run_inner.h"

/* --- $1 --- */

static int put_result(const struct run *run, const char *digits, size_t count, struct buffer *to,
                      arcella_error **reterr) {
    size_t number = 0;
    for (size_t i = 0; i < count && number <= run->called; i++)
        number = number * 10 + (size_t)(digits[i] - '0');
    if (number < 1 || number > run->called)
        return error_set(reterr, ARCELLA_E_INVALID, "$%.*s: %zu function%s called before this one",
                         (int)count, digits, run->called, run->called == 1 ? " was" : "s were");
    const struct run_result *result = &run->results[number - 1];
    const char *text = run->options.json ? result->json : result->wave;
    if (!*text)
        return error_set(reterr, ARCELLA_E_INVALID, "$%zu: that function has no result", number);
    return buffer_text(to, text, reterr);
}

/* The expression with results in the place of their numbers. */
static int expand(const struct run *run, const char *expression, struct buffer *to, arcella_error **reterr) {
    char quote = 0;
    int r = 0;
    for (const char *at = expression; r == 0 && *at; at++) {
        size_t digits = *at == '$' && !quote ? strspn(at + 1, "0123456789") : 0;
        if (digits) {
            r = put_result(run, at + 1, digits, to, reterr);
            at += digits;
            continue;
        }
        if (quote && *at == '\\' && at[1])
            r = buffer_add(to, at++, 1, reterr);
        else if (quote ? *at == quote : *at == '"' || (*at == '\'' && !run->options.json))
            quote = quote ? 0 : *at;
        if (r == 0)
            r = buffer_add(to, at, 1, reterr);
    }
    return r < 0 ? r : buffer_add(to, "", 0, reterr);
}

/* --- calls --- */

static int send(struct run *run, const char *expression, arcella_error **reterr) {
    BUFFER_AUTO text = BUFFER_INIT(LIMIT_CALL_TEXT_BYTES);
    int r = expand(run, expression, &text, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "--invoke '%.200s'", expression);
    const struct policy *policy = &run->options.policy;
    struct ipc_call call = {
        .instance = 1,
        .number = run->called + 1,
        .function = {text.data ? text.data : "", text.length},
        .form = IPC_CALL_EXPRESSION,
        .json = run->options.json,
        .keeps = true,
        .wall_ms = policy_wall_ms(policy, true),
        .cpu_ms = policy_cpu_ms(policy, true),
    };
    return worker_send(run->worker, IPC_CALL, &call, NULL, reterr);
}

void run_invoke_next(struct run *run) {
    arcella_error *error = NULL;
    int r;
    if (run->called == run->options.invokes_count) {
        run->invoked = true;
        struct ipc_stop stop = {.instance = 1, .timeout_ms = STOP_MS};
        r = worker_send(run->worker, IPC_STOP, &stop, NULL, &error);
    } else
        r = send(run, json_string_value(json_array_get(run->options.invokes, run->called)), &error);
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

void run_invoked(struct run *run, const struct ipc_called *called) {
    if (called->number != run->called + 1 || run->called >= run->options.invokes_count)
        return;
    arcella_error *error = NULL;
    if (called->ok) {
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
        return;
    }
    if (called->code.length == 0)
        return; /* it did not return: the instance's end says how */
    int code = error_code_of(called->code.data);
    error_set(&error, code < 0 ? code : ARCELLA_E_WORKER, "%s", called->message.data);
    if (called->hint.length)
        error_hint(&error, code, "%s", called->hint.data);
    error_wrap(&error, code, "%s", run_file_name(run));
    run_stop_with(run, error);
}
