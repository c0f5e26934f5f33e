/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Descriptors of wasi:filesystem/types: reading, writing, streams over them, size, sync, flags. */
#include "wasi/p2/files.h"

#include "host/listing.h"
#include "wasi/p2/rows.h"

/* --- streams --- */

/* What an offset may be: what the system can say. */
static int check_offset(uint64_t offset) {
    return offset <= INT64_MAX ? 0 : HOST_E_INVAL;
}

/* May a stream of bytes be made over it? */
static int check_stream(const struct host_file *file, unsigned rights, unsigned wanted, uint64_t offset) {
    if (file->kind == HOST_DIRECTORY)
        return HOST_E_ISDIR;
    int error = p2_need(file, rights, wanted);
    return error ? error : check_offset(offset);
}

static int give_output(struct call *call, struct wasi_p2 *wasi, struct host_file *file, unsigned rights,
                       enum host_output_how how, uint64_t offset) {
    struct slot own;
    int error = check_stream(file, rights, HOST_WRITE, offset);
    if (error)
        return p2_give_file_error(call, error);
    struct p2_output *output = p2_output_new(wasi, file, how, offset);
    if (!output)
        return p2_give_file_error(call, HOST_E_NOMEM);
    int r = p2_case(call, P2_OK, &own);
    if (r) {
        p2_output_unref(wasi, output);
        return r;
    }
    return p2_give(call, wasi,
                   (struct p2_entry){.kind = P2_OUTPUT_STREAM, .parent = P2_NO_PARENT, .output = output},
                   own);
}

int p2_descriptor_read_via_stream(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    struct slot own;
    unsigned rights;
    uint64_t offset = view_u64(call_arg(call, 1));
    (void)user;
    int r = p2_file(call, wasi, 0, &file, &rights);
    if (r)
        return r;
    int error = check_stream(file, rights, HOST_READ, offset);
    struct p2_input *input = error ? NULL : p2_input_new(wasi, file, offset);
    if (!input)
        return p2_give_file_error(call, error ? error : HOST_E_NOMEM);
    r = p2_case(call, P2_OK, &own);
    if (r) {
        p2_input_unref(wasi, input);
        return r;
    }
    return p2_give(call, wasi,
                   (struct p2_entry){.kind = P2_INPUT_STREAM, .parent = P2_NO_PARENT, .input = input}, own);
}

int p2_descriptor_write_via_stream(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    unsigned rights;
    (void)user;
    int r = p2_file(call, wasi, 0, &file, &rights);
    if (r)
        return r;
    /* What has no places is written as it comes. */
    enum host_output_how how = file->kind == HOST_REGULAR ? HOST_OUTPUT_AT : HOST_OUTPUT_STREAM;
    return give_output(call, wasi, file, rights, how, view_u64(call_arg(call, 1)));
}

int p2_descriptor_append_via_stream(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    unsigned rights;
    (void)user;
    int r = p2_file(call, wasi, 0, &file, &rights);
    if (r)
        return r;
    enum host_output_how how = file->kind == HOST_REGULAR ? HOST_OUTPUT_APPEND : HOST_OUTPUT_STREAM;
    return give_output(call, wasi, file, rights, how, 0);
}

/* --- reading and writing at a place --- */

/* Read what is there: bytes into the guest, and whether the file ended behind them. */
static int give_bytes(struct call *call, struct host_input *input, uint64_t length) {
    struct slot pair, bytes;
    uint8_t *to = NULL;
    size_t count = 0, got = 0;
    uint64_t most = length < HOST_INPUT_BYTES ? length : HOST_INPUT_BYTES;
    int error = host_input_available(input, most, &count);
    bool ended = error == HOST_E_PIPE;
    if (error && !ended)
        return p2_give_file_error(call, error);
    int r = p2_case(call, P2_OK, &pair);
    if (r)
        return r;
    bytes = slot_field(pair, 0);
    r = slot_span_begin(bytes, ended ? 0 : (uint32_t)count, &to);
    if (r)
        return r;
    if (!ended && count) {
        error = host_input_read(input, to, count, &got);
        if (error && error != HOST_E_PIPE)
            return p2_give_file_error(call, error);
        slot_span_shorten(bytes, (uint32_t)got);
        ended = error == HOST_E_PIPE;
    }
    /* Fewer bytes may be the end, or something that failed behind them, which the next read tells. */
    if (!ended && got < most) {
        size_t more;
        error = host_input_available(input, 1, &more);
        if (error == HOST_STOP)
            return ABI_STOP;
        ended = error == HOST_E_PIPE;
    }
    slot_bool(slot_field(pair, 1), ended);
    return 0;
}

int p2_descriptor_read(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    unsigned rights;
    uint64_t length = view_u64(call_arg(call, 1)), offset = view_u64(call_arg(call, 2));
    (void)user;
    int r = p2_file(call, wasi, 0, &file, &rights);
    if (r)
        return r;
    int error = check_stream(file, rights, HOST_READ, offset);
    if (!error && file->kind != HOST_REGULAR)
        error = HOST_E_SPIPE;
    if (error)
        return p2_give_file_error(call, error);
    struct host_input input;
    host_input_init(&input, file, offset);
    r = give_bytes(call, &input, length);
    host_input_done(&input);
    return r;
}

int p2_descriptor_write(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    struct slot number;
    const uint8_t *from;
    uint32_t length;
    unsigned rights;
    uint64_t offset = view_u64(call_arg(call, 2));
    size_t written = 0;
    (void)user;
    int r = p2_file(call, wasi, 0, &file, &rights);
    r = r ? r : view_span(call_arg(call, 1), &from, &length);
    if (r)
        return r;
    int error = check_stream(file, rights, HOST_WRITE, offset);
    struct iovec iov = {.iov_base = (void *)(uintptr_t)from, .iov_len = length}; /* only read */
    if (!error)
        error = host_file_pwrite(file, &iov, 1, offset, &written);
    if (error)
        return p2_give_file_error(call, error);
    r = p2_case(call, P2_OK, &number);
    if (!r)
        slot_u64(number, written);
    return r;
}

/* --- what it is --- */

int p2_descriptor_get_flags(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    struct slot flags;
    unsigned rights;
    (void)user;
    int r = p2_file(call, wasi, 0, &file, &rights);
    r = r ? r : p2_case(call, P2_OK, &flags);
    if (r)
        return r;
    uint32_t bits = 0;
    if (file->kind == HOST_DIRECTORY) {
        bits |= file->rights & HOST_READ ? P2_FLAG_READ : 0;
        bits |= file->rights & HOST_WRITE ? P2_FLAG_MUTATE_DIRECTORY : 0;
    } else {
        bits |= rights & HOST_READ ? P2_FLAG_READ : 0;
        bits |= rights & HOST_WRITE ? P2_FLAG_WRITE : 0;
        bits |= file->flags & HOST_SYNC ? P2_FLAG_FILE_SYNC : 0;
        bits |= file->flags & HOST_DSYNC ? P2_FLAG_DATA_SYNC : 0;
        bits |= file->flags & HOST_RSYNC ? P2_FLAG_READ_SYNC : 0;
    }
    slot_flags(flags, bits);
    return 0;
}

int p2_descriptor_get_type(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    struct slot type;
    (void)user;
    int r = p2_file(call, wasi, 0, &file, NULL);
    r = r ? r : p2_case(call, P2_OK, &type);
    return r ? r : slot_case(type, p2_descriptor_type(file->type), NULL);
}

/* --- size, sync, advice --- */

int p2_descriptor_advise(struct call *call, void *user) {
    static const enum host_advice advices[] = {
        HOST_ADVICE_NORMAL,   HOST_ADVICE_SEQUENTIAL, HOST_ADVICE_RANDOM,
        HOST_ADVICE_WILLNEED, HOST_ADVICE_DONTNEED,   HOST_ADVICE_NOREUSE,
    };
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    uint32_t advice;
    (void)user;
    int r = p2_file(call, wasi, 0, &file, NULL);
    r = r ? r : view_case(call_arg(call, 3), &advice, NULL);
    if (r)
        return r;
    int error = HOST_E_INVAL;
    if (advice < ARRAY_LENGTH(advices))
        error =
            host_file_advise(file, view_u64(call_arg(call, 1)), view_u64(call_arg(call, 2)), advices[advice]);
    return p2_give_file_done(call, error);
}

int p2_descriptor_set_size(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    unsigned rights;
    (void)user;
    int r = p2_file(call, wasi, 0, &file, &rights);
    if (r)
        return r;
    int error = check_stream(file, rights, HOST_WRITE, 0);
    if (!error)
        error = host_file_set_size(file, view_u64(call_arg(call, 1)));
    return p2_give_file_done(call, error);
}

/* With no effect where it is not open for writing. */
static int sync_file(struct call *call, bool only_data) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    unsigned rights;
    int r = p2_file(call, wasi, 0, &file, &rights);
    if (r)
        return r;
    bool writes = file->kind == HOST_DIRECTORY ? file->rights & HOST_WRITE : rights & HOST_WRITE;
    bool on_disk = file->kind == HOST_DIRECTORY || file->kind == HOST_REGULAR;
    return p2_give_file_done(call, writes && on_disk ? host_file_sync(file, only_data) : 0);
}

int p2_descriptor_sync_data(struct call *call, void *user) {
    (void)user;
    return sync_file(call, true);
}

int p2_descriptor_sync(struct call *call, void *user) {
    (void)user;
    return sync_file(call, false);
}

/* --- directories --- */

int p2_get_directories(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct slot result;
    struct slot_list list;
    (void)user;
    int r = call_result(call, &result);
    r = r ? r : slot_list(result, wasi->dirs_count, &list);
    for (uint32_t i = 0; !r && i < wasi->dirs_count; i++) {
        struct host_file *dir = host_file_ref(wasi->dirs[i]);
        struct slot pair = slot_item(&list, i);
        r = p2_give(call, wasi, (struct p2_entry){.kind = P2_DESCRIPTOR, .parent = P2_NO_PARENT, .file = dir},
                    slot_field(pair, 0));
        r = r ? r : slot_string(slot_field(pair, 1), text_of(dir->path));
    }
    return r;
}

int p2_descriptor_read_directory(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *dir;
    struct slot own;
    struct host_listing *listing = NULL;
    (void)user;
    int r = p2_file(call, wasi, 0, &dir, NULL);
    if (r)
        return r;
    int error = host_listing_new(dir, &listing);
    if (error)
        return p2_give_file_error(call, error);
    r = p2_case(call, P2_OK, &own);
    if (r) {
        host_listing_free(listing);
        return r;
    }
    return p2_give(
        call, wasi,
        (struct p2_entry){.kind = P2_DIRECTORY_ENTRY_STREAM, .parent = P2_NO_PARENT, .listing = listing},
        own);
}

int p2_read_directory_entry(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct p2_entry *stream;
    struct host_entry entry = {.name = NULL};
    struct slot option, record;
    (void)user;
    int r = p2_arg(call, wasi, 0, P2_DIRECTORY_ENTRY_STREAM, &stream, NULL);
    if (r)
        return r;
    int error = host_listing_next(stream->listing, &entry);
    if (!error && entry.name && !text_is_utf8(entry.name, entry.name_length))
        error = HOST_E_ILSEQ;
    if (error)
        return p2_give_file_error(call, error);
    r = p2_case(call, P2_OK, &option);
    if (r || !entry.name)
        return r ? r : slot_case(option, P2_NONE, NULL);
    r = slot_case(option, P2_SOME, &record);
    r = r ? r : slot_case(slot_field(record, 0), p2_descriptor_type(entry.type), NULL);
    return r ? r : slot_string(slot_field(record, 1), (struct text){entry.name, entry.name_length});
}
