/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The input-stream of wasi:io/streams.  First it is asked how many bytes there are, then the guest makes room
 * for as many, then they are read into it: nothing is allocated that is not filled, nothing copied.
 */
#include "wasi/p2/rows.h"
#include "wasi/p2/stream.h"

bool p2_input_ready(struct p2_input *input) {
    return p2_is_shut(input->stream.file, HOST_READ) || host_input_ready(&input->stream);
}

int p2_input_wait(struct wasi_p2 *wasi, struct p2_input *input) {
    for (;;) {
        host_wait_begin(wasi->host);
        if (p2_input_ready(input))
            return 0;
        int error = host_wait(wasi->host, HOST_NO_DEADLINE);
        if (error)
            return error;
    }
}

/* How many bytes are there?  @return as host_input_available(), never AGAIN where it waits */
static int available(struct wasi_p2 *wasi, struct p2_input *input, uint64_t most, bool waits, size_t *ret) {
    for (;;) {
        if (p2_is_shut(input->stream.file, HOST_READ))
            return HOST_E_PIPE;
        int error = host_input_available(&input->stream, most, ret);
        if (error != HOST_E_AGAIN || !waits)
            return error;
        error = p2_input_wait(wasi, input);
        if (error)
            return error;
    }
}

static int read_some(struct call *call, bool waits) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    struct slot bytes;
    uint8_t *to = NULL;
    size_t count = 0, got = 0;
    int r = p2_arg(call, wasi, 0, P2_INPUT_STREAM, &entry, NULL);
    if (r)
        return r;
    struct p2_input *input = entry->input;
    int error = available(wasi, input, view_u64(call_arg(call, 1)), waits, &count);
    if (error == HOST_E_AGAIN)
        error = 0;
    if (error)
        return p2_give_stream_error(call, wasi, input->stream.file, error);
    r = p2_case(call, P2_OK, &bytes);
    r = r ? r : slot_span_begin(bytes, (uint32_t)count, &to);
    if (r || !count)
        return r;
    error = host_input_read(&input->stream, to, count, &got);
    if (error)
        return p2_give_stream_error(call, wasi, input->stream.file, error);
    slot_span_shorten(bytes, (uint32_t)got);
    return 0;
}

int p2_input_stream_read(struct call *call, void *user) {
    (void)user;
    return read_some(call, false);
}

int p2_input_stream_blocking_read(struct call *call, void *user) {
    (void)user;
    return read_some(call, true);
}

static int skip_some(struct call *call, bool waits) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    struct slot number;
    size_t there = 0;
    uint64_t passed = 0, length = view_u64(call_arg(call, 1));
    int r = p2_arg(call, wasi, 0, P2_INPUT_STREAM, &entry, NULL);
    if (r)
        return r;
    struct p2_input *input = entry->input;
    int error = available(wasi, input, length, waits, &there);
    if (!error && there)
        error = host_input_skip(&input->stream, length, &passed);
    if (error && error != HOST_E_AGAIN)
        return p2_give_stream_error(call, wasi, input->stream.file, error);
    r = p2_case(call, P2_OK, &number);
    if (!r)
        slot_u64(number, passed);
    return r;
}

int p2_input_stream_skip(struct call *call, void *user) {
    (void)user;
    return skip_some(call, false);
}

int p2_input_stream_blocking_skip(struct call *call, void *user) {
    (void)user;
    return skip_some(call, true);
}

int p2_input_stream_subscribe(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    uint32_t rep;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_INPUT_STREAM, &entry, &rep);
    return r ? r : p2_give_pollable(call, wasi, P2_WAIT_INPUT, rep);
}
