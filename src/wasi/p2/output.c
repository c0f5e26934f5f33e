/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The output-stream of wasi:io/streams: permits, as specified, and bytes straight from guest memory.  A guest
 * that writes beyond its permit traps; so does one that gives a blocking write more than 4096 bytes.
 */
#include "wasi/p2/rows.h"
#include "wasi/p2/stream.h"

/* What a blocking write may have (WASI io/streams.wit, blocking-write-and-flush). */
#define BLOCKING_BYTES 4096

/* Never written. */
static const uint8_t zeroes[16 * 1024];

bool p2_output_ready(struct p2_output *output) {
    return p2_is_shut(output->stream.file, HOST_WRITE) || host_output_ready(&output->stream);
}

int p2_output_wait(struct wasi_p2 *wasi, struct p2_output *output) {
    for (;;) {
        host_wait_begin(wasi->host);
        if (p2_output_ready(output))
            return 0;
        int error = host_wait(wasi->host, HOST_NO_DEADLINE);
        if (error)
            return error;
    }
}

/* --- what the host does, streams that were shut down apart --- */

static int room(struct p2_output *output, uint64_t *ret) {
    return p2_is_shut(output->stream.file, HOST_WRITE) ? HOST_E_PIPE : host_output_room(&output->stream, ret);
}

/* Room for a byte at least, waited for. */
static int wait_for_room(struct wasi_p2 *wasi, struct p2_output *output, uint64_t *ret) {
    for (;;) {
        int error = room(output, ret);
        if (error || *ret)
            return error;
        error = p2_output_wait(wasi, output);
        if (error)
            return error;
    }
}

/* @param from  NULL: zeroes */
static int write_all(struct p2_output *output, const uint8_t *from, uint64_t length) {
    if (p2_is_shut(output->stream.file, HOST_WRITE))
        return HOST_E_PIPE;
    if (from)
        return host_output_write(&output->stream, from, length);
    int error = 0;
    do {
        uint64_t piece = length < sizeof(zeroes) ? length : sizeof(zeroes);
        error = host_output_write(&output->stream, zeroes, piece);
        length -= piece;
    } while (!error && length);
    return error;
}

static int flush(struct p2_output *output) {
    return p2_is_shut(output->stream.file, HOST_WRITE) ? HOST_E_PIPE : host_output_flush(&output->stream);
}

static int flush_all(struct wasi_p2 *wasi, struct p2_output *output) {
    for (;;) {
        int error = flush(output);
        if (error != HOST_E_AGAIN)
            return error;
        error = p2_output_wait(wasi, output);
        if (error)
            return error;
    }
}

/* --- telling it --- */

static int give_error(struct call *call, struct wasi_p2 *wasi, struct p2_output *output, int error) {
    return p2_give_stream_error(call, wasi, output->stream.file, error);
}

static int give_done(struct call *call, struct wasi_p2 *wasi, struct p2_output *output, int error) {
    return error ? give_error(call, wasi, output, error) : p2_case(call, P2_OK, NULL);
}

static int give_number(struct call *call, struct wasi_p2 *wasi, struct p2_output *output, int error,
                       uint64_t number) {
    struct slot payload;
    if (error)
        return give_error(call, wasi, output, error);
    int r = p2_case(call, P2_OK, &payload);
    if (!r)
        slot_u64(payload, number);
    return r;
}

/* --- writing --- */

int p2_output_stream_check_write(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    uint64_t bytes = 0;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_OUTPUT_STREAM, &entry, NULL);
    if (r)
        return r;
    int error = room(entry->output, &bytes);
    return give_number(call, wasi, entry->output, error, bytes);
}

static int write_permitted(struct call *call, struct wasi_p2 *wasi, struct p2_output *output,
                           const uint8_t *from, uint64_t length) {
    /* A stream that has closed since it gave the permit says so. */
    bool closed = output->stream.ended || p2_is_shut(output->stream.file, HOST_WRITE);
    if (UNLIKELY(length > output->stream.permit && !closed))
        return p2_trap(call, "write-beyond-permit", "a write of %llu bytes, check-write permitted %llu",
                       (unsigned long long)length, (unsigned long long)output->stream.permit);
    return give_done(call, wasi, output, write_all(output, from, length));
}

int p2_output_stream_write(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    const uint8_t *from;
    uint32_t length;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_OUTPUT_STREAM, &entry, NULL);
    r = r ? r : view_span(call_arg(call, 1), &from, &length);
    return r ? r : write_permitted(call, wasi, entry->output, from, length);
}

int p2_output_stream_write_zeroes(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_OUTPUT_STREAM, &entry, NULL);
    return r ? r : write_permitted(call, wasi, entry->output, NULL, view_u64(call_arg(call, 1)));
}

/* Piece by piece as there is room, then until it is out.  The guest's memory stays where it is meanwhile. */
static int write_blocking(struct call *call, struct wasi_p2 *wasi, struct p2_output *output,
                          const uint8_t *from, uint64_t length) {
    if (UNLIKELY(length > BLOCKING_BYTES))
        return p2_trap(call, "write-too-long", "a blocking write of %llu bytes, at most %u are allowed",
                       (unsigned long long)length, BLOCKING_BYTES);
    int error = 0;
    for (uint64_t at = 0; !error && at < length;) {
        uint64_t bytes = 0;
        error = wait_for_room(wasi, output, &bytes);
        if (error)
            break;
        if (bytes > length - at)
            bytes = length - at;
        error = write_all(output, from ? from + at : NULL, bytes);
        at += bytes;
    }
    return give_done(call, wasi, output, error ? error : flush_all(wasi, output));
}

int p2_output_stream_blocking_write_and_flush(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    const uint8_t *from;
    uint32_t length;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_OUTPUT_STREAM, &entry, NULL);
    r = r ? r : view_span(call_arg(call, 1), &from, &length);
    return r ? r : write_blocking(call, wasi, entry->output, from, length);
}

int p2_output_stream_blocking_write_zeroes_and_flush(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_OUTPUT_STREAM, &entry, NULL);
    return r ? r : write_blocking(call, wasi, entry->output, NULL, view_u64(call_arg(call, 1)));
}

int p2_output_stream_flush(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_OUTPUT_STREAM, &entry, NULL);
    if (r)
        return r;
    int error = flush(entry->output);
    return give_done(call, wasi, entry->output, error == HOST_E_AGAIN ? 0 : error);
}

int p2_output_stream_blocking_flush(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_OUTPUT_STREAM, &entry, NULL);
    return r ? r : give_done(call, wasi, entry->output, flush_all(wasi, entry->output));
}

int p2_output_stream_subscribe(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *entry;
    uint32_t rep;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_OUTPUT_STREAM, &entry, &rep);
    return r ? r : p2_give_pollable(call, wasi, P2_WAIT_OUTPUT, rep);
}

/* --- splice --- */

static int splice(struct call *call, bool waits) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *to, *from;
    int r = p2_arg(call, wasi, 0, P2_OUTPUT_STREAM, &to, NULL);
    r = r ? r : p2_arg(call, wasi, 1, P2_INPUT_STREAM, &from, NULL);
    if (r)
        return r;
    struct p2_output *output = to->output;
    struct p2_input *input = from->input;
    uint64_t room_bytes = 0, moved = 0, length = view_u64(call_arg(call, 2));
    bool by_input = false;
    int error = waits ? wait_for_room(wasi, output, &room_bytes) : length ? 0 : room(output, &room_bytes);
    if (!error && waits && length) {
        error = p2_input_wait(wasi, input);
        by_input = error != 0;
    }
    if (!error && p2_is_shut(output->stream.file, HOST_WRITE)) {
        error = HOST_E_PIPE;
    } else if (!error && p2_is_shut(input->stream.file, HOST_READ)) {
        error = HOST_E_PIPE;
        by_input = true;
    }
    /* Not cut to what one write may have: from file to file the kernel moves more. */
    if (!error && length)
        error = host_output_splice(&output->stream, &input->stream, length, &moved, &by_input);
    if (error == HOST_E_AGAIN)
        error = 0;
    if (error)
        return p2_give_stream_error(call, wasi, by_input ? input->stream.file : output->stream.file, error);
    return give_number(call, wasi, output, 0, moved);
}

int p2_output_stream_splice(struct call *call, void *user) {
    (void)user;
    return splice(call, false);
}

int p2_output_stream_blocking_splice(struct call *call, void *user) {
    (void)user;
    return splice(call, true);
}
