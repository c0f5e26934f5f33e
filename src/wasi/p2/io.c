/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* wasi:io/error, and what asks errors for their codes. */
#include "wasi/p2/rows.h"
#include "wasi/p2/stream.h"

enum p2_origin p2_origin_of(const struct host_file *file) {
    switch (file->kind) {
    case HOST_REGULAR:
    case HOST_DIRECTORY: return P2_OF_FILE;
    case HOST_SOCKET:
    case HOST_LISTENER: return P2_OF_SOCKET;
    default: return P2_OF_OTHER;
    }
}

int p2_give_stream_error(struct call *call, struct wasi_p2 *wasi, const struct host_file *file, int error) {
    struct slot payload, own;
    if (error == HOST_STOP)
        return ABI_STOP;
    int r = p2_case(call, P2_ERR, &payload);
    if (r)
        return r;
    if (error == HOST_E_PIPE)
        return slot_case(payload, 1, NULL);
    struct p2_entry made = {
        .kind = P2_ERROR, .how = (uint8_t)p2_origin_of(file), .parent = P2_NO_PARENT, .error = error};
    r = slot_case(payload, 0, &own);
    return r ? r : p2_give(call, wasi, made, own);
}

int p2_error_to_debug_string(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *error;
    struct slot result;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_ERROR, &error, NULL);
    r = r ? r : call_result(call, &result);
    return r ? r : slot_string(result, text_of(host_error_words(error->error)));
}

/* The code of an error, where it came from there. */
static int give_code_of(struct call *call, enum p2_origin origin, unsigned (*code)(int host_error)) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *error;
    struct slot payload;
    int r = p2_arg(call, wasi, 0, P2_ERROR, &error, NULL);
    if (r)
        return r;
    if (error->how != origin)
        return p2_case(call, P2_NONE, NULL);
    r = p2_case(call, P2_SOME, &payload);
    return r ? r : slot_case(payload, code(error->error), NULL);
}

static unsigned file_code(int host_error) {
    return p2_file_error(host_error);
}
static unsigned socket_code(int host_error) {
    return p2_socket_error(host_error);
}

int p2_filesystem_error_code(struct call *call, void *user) {
    (void)user;
    return give_code_of(call, P2_OF_FILE, file_code);
}

int p2_network_error_code(struct call *call, void *user) {
    (void)user;
    return give_code_of(call, P2_OF_SOCKET, socket_code);
}
