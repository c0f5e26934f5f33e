/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:cli: what a program is given, and its end. */
#include "wasi/p2/give.h"
#include "wasi/p2/rows.h"

/* --- texts --- */

int p2_get_arguments(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct slot result;
    struct slot_list list;
    (void)user;
    int r = call_result(call, &result);
    r = r ? r : slot_list(result, wasi->args.count, &list);
    for (uint32_t i = 0; !r && i < wasi->args.count; i++)
        r = slot_string(slot_item(&list, i), text_of(wasi_text(&wasi->args, i)));
    return r;
}

int p2_get_environment(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct slot result;
    struct slot_list list;
    (void)user;
    int r = call_result(call, &result);
    r = r ? r : slot_list(result, wasi->env.count, &list);
    for (uint32_t i = 0; !r && i < wasi->env.count; i++) {
        const char *variable = wasi_text(&wasi->env, i);
        const char *equals = strchr(variable, '='); /* it has one, or it would not be here */
        struct slot pair = slot_item(&list, i);
        r = slot_string(slot_field(pair, 0), (struct text){variable, (size_t)(equals - variable)});
        r = r ? r : slot_string(slot_field(pair, 1), text_of(equals + 1));
    }
    return r;
}

int p2_initial_cwd(struct call *call, void *user) {
    (void)p2_of(call);
    (void)user;
    return p2_case(call, P2_NONE, NULL);
}

/* --- the end --- */

static int end(struct call *call, int32_t code) {
    (void)engine_stop(call->engine, ENGINE_END_EXITED, code, "");
    return ABI_STOP;
}

int p2_exit(struct call *call, void *user) {
    uint32_t which;
    (void)p2_of(call);
    (void)user;
    int r = view_case(call_arg(call, 0), &which, NULL);
    return r ? r : end(call, which == P2_OK ? 0 : 1);
}

int p2_exit_with_code(struct call *call, void *user) {
    (void)p2_of(call);
    (void)user;
    return end(call, view_u8(call_arg(call, 0)));
}

/* --- standard streams: all handles of one share its stream --- */

int p2_get_stdin(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct slot result;
    (void)user;
    int r = call_result(call, &result);
    if (r)
        return r;
    wasi->input->refs++;
    return p2_give(call, wasi,
                   (struct p2_entry){.kind = P2_INPUT_STREAM, .parent = P2_NO_PARENT, .input = wasi->input},
                   result);
}

static int give_output(struct call *call, unsigned which) {
    struct wasi_p2 *wasi = p2_of(call);
    struct slot result;
    int r = call_result(call, &result);
    if (r)
        return r;
    wasi->outputs[which]->refs++;
    return p2_give(
        call, wasi,
        (struct p2_entry){.kind = P2_OUTPUT_STREAM, .parent = P2_NO_PARENT, .output = wasi->outputs[which]},
        result);
}

int p2_get_stdout(struct call *call, void *user) {
    (void)user;
    return give_output(call, 0);
}

int p2_get_stderr(struct call *call, void *user) {
    (void)user;
    return give_output(call, 1);
}

/* --- terminals --- */

/* A log looks like a terminal to preview 1, so that lines come out as they are made; here nothing asks for
 * that. */
static int give_terminal(struct call *call, unsigned number, enum p2_kind kind) {
    struct wasi_p2 *wasi = p2_of(call);
    const struct host_file *file = wasi->stdio[number];
    struct slot payload;
    if (file->kind != HOST_STREAM || !file->terminal)
        return p2_case(call, P2_NONE, NULL);
    int r = p2_case(call, P2_SOME, &payload);
    return r ? r
             : p2_give(call, wasi, (struct p2_entry){.kind = (uint8_t)kind, .parent = P2_NO_PARENT}, payload);
}

int p2_get_terminal_stdin(struct call *call, void *user) {
    (void)user;
    return give_terminal(call, 0, P2_TERMINAL_INPUT);
}

int p2_get_terminal_stdout(struct call *call, void *user) {
    (void)user;
    return give_terminal(call, 1, P2_TERMINAL_OUTPUT);
}

int p2_get_terminal_stderr(struct call *call, void *user) {
    (void)user;
    return give_terminal(call, 2, P2_TERMINAL_OUTPUT);
}
