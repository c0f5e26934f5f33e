/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Attributes of files in wasi:filesystem/types: what stat tells, times, hashes. */
#include "base/digest.h"
#include "wasi/p2/files.h"
#include "wasi/p2/rows.h"

#define SECOND_NS 1000000000u

uint32_t p2_descriptor_type(enum host_type type) {
    /* In the order of descriptor-type. */
    enum { UNKNOWN, BLOCK_DEVICE, CHARACTER_DEVICE, DIRECTORY, FIFO, SYMBOLIC_LINK, REGULAR_FILE, SOCKET };
    static const uint8_t types[] = {
        [HOST_TYPE_UNKNOWN] = UNKNOWN,
        [HOST_TYPE_BLOCK] = BLOCK_DEVICE,
        [HOST_TYPE_CHARACTER] = CHARACTER_DEVICE,
        [HOST_TYPE_DIRECTORY] = DIRECTORY,
        [HOST_TYPE_FIFO] = FIFO,
        [HOST_TYPE_SYMLINK] = SYMBOLIC_LINK,
        [HOST_TYPE_REGULAR] = REGULAR_FILE,
        [HOST_TYPE_SOCKET_STREAM] = SOCKET,
        [HOST_TYPE_SOCKET_DATAGRAM] = SOCKET,
    };
    return (size_t)type < ARRAY_LENGTH(types) ? types[type] : UNKNOWN;
}

/* --- stat --- */

static int give_time(struct slot option, uint64_t ns) {
    struct slot datetime;
    int r = slot_case(option, P2_SOME, &datetime);
    if (r)
        return r;
    slot_u64(slot_field(datetime, 0), ns / SECOND_NS);
    slot_u32(slot_field(datetime, 1), (uint32_t)(ns % SECOND_NS));
    return 0;
}

static int give_stat(struct call *call, const struct host_stat *stat) {
    struct slot record;
    int r = p2_case(call, P2_OK, &record);
    r = r ? r : slot_case(slot_field(record, 0), p2_descriptor_type(stat->type), NULL);
    if (r)
        return r;
    slot_u64(slot_field(record, 1), stat->links);
    slot_u64(slot_field(record, 2), stat->size_bytes);
    r = give_time(slot_field(record, 3), stat->accessed_ns);
    r = r ? r : give_time(slot_field(record, 4), stat->modified_ns);
    return r ? r : give_time(slot_field(record, 5), stat->changed_ns);
}

/* The denied root, which is no open thing: it is asked as a path, and denies. */
static bool is_denied(const struct host_file *file) {
    return file->kind == HOST_DIRECTORY && file->fd < 0;
}

/* The attributes of what the first argument is. */
static int stat_open(struct call *call, int *ret_error, struct host_stat *ret) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    int r = p2_file(call, wasi, 0, &file, NULL);
    if (r)
        return r;
    *ret_error = is_denied(file) ? host_dir_stat(file, ".", 1, true, ret) : host_file_stat(file, ret);
    return 0;
}

/* The same of a path: descriptor, path-flags, path. */
static int stat_path(struct call *call, int *ret_error, struct host_stat *ret) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *dir;
    struct text path;
    int r = p2_path(call, wasi, 0, 2, &dir, &path);
    if (r)
        return r;
    bool follow = view_flags(call_arg(call, 1)) & P2_PATH_FOLLOW;
    *ret_error = host_dir_stat(dir, path.data, path.length, follow, ret);
    return 0;
}

int p2_descriptor_stat(struct call *call, void *user) {
    struct host_stat stat;
    int error;
    (void)user;
    int r = stat_open(call, &error, &stat);
    if (r)
        return r;
    return error ? p2_give_file_error(call, error) : give_stat(call, &stat);
}

int p2_descriptor_stat_at(struct call *call, void *user) {
    struct host_stat stat;
    int error;
    (void)user;
    int r = stat_path(call, &error, &stat);
    if (r)
        return r;
    return error ? p2_give_file_error(call, error) : give_stat(call, &stat);
}

/* --- times --- */

/* A new-timestamp. @param ret_error  INVAL: no such nanoseconds; OVERFLOW: beyond what 64 bits of them hold
 */
static int read_time(struct view v, struct host_time *ret, int *ret_error) {
    static const enum host_time_how how[] = {HOST_TIME_KEEP, HOST_TIME_NOW, HOST_TIME_SET};
    struct view datetime;
    uint32_t which;
    int r = view_case(v, &which, &datetime);
    if (r)
        return r;
    *ret = (struct host_time){.how = how[which]};
    if (ret->how != HOST_TIME_SET)
        return 0;
    uint64_t seconds = view_u64(view_field(datetime, 0));
    uint32_t nanoseconds = view_u32(view_field(datetime, 1));
    if (nanoseconds >= SECOND_NS)
        *ret_error = HOST_E_INVAL;
    else if (seconds > ((uint64_t)INT64_MAX - nanoseconds) / SECOND_NS)
        *ret_error = HOST_E_OVERFLOW;
    else
        ret->ns = seconds * SECOND_NS + nanoseconds;
    return 0;
}

/* Two of them, from an argument on. */
static int read_times(struct call *call, uint32_t index, struct host_time ret[2], int *ret_error) {
    *ret_error = 0;
    int r = read_time(call_arg(call, index), &ret[0], ret_error);
    return r ? r : read_time(call_arg(call, index + 1), &ret[1], ret_error);
}

int p2_descriptor_set_times(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *file;
    struct host_time times[2];
    int error;
    (void)user;
    int r = p2_file(call, wasi, 0, &file, NULL);
    r = r ? r : read_times(call, 1, times, &error);
    if (r)
        return r;
    if (!error)
        error = is_denied(file) ? host_dir_set_times(file, ".", 1, true, times[0], times[1])
                                : host_file_set_times(file, times[0], times[1]);
    return p2_give_dir_done(call, file, error);
}

int p2_descriptor_set_times_at(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *dir;
    struct text path;
    struct host_time times[2];
    int error;
    (void)user;
    int r = p2_path(call, wasi, 0, 2, &dir, &path);
    r = r ? r : read_times(call, 3, times, &error);
    if (r)
        return r;
    bool follow = view_flags(call_arg(call, 1)) & P2_PATH_FOLLOW;
    if (!error)
        error = host_dir_set_times(dir, path.data, path.length, follow, times[0], times[1]);
    return p2_give_dir_done(call, dir, error);
}

/* --- the same file, the same content --- */

int p2_descriptor_is_same_object(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *files[2];
    struct host_stat stats[2];
    (void)user;
    for (uint32_t i = 0; i < 2; i++) {
        int r = p2_file(call, wasi, i, &files[i], NULL);
        if (r)
            return r;
    }
    /* The denied root is no file at all, so it is the same as itself only. */
    bool same = files[0] == files[1];
    if (!same && files[0]->fd >= 0 && files[1]->fd >= 0 && !host_file_stat(files[0], &stats[0]) &&
        !host_file_stat(files[1], &stats[1]))
        same = stats[0].device == stats[1].device && stats[0].inode == stats[1].inode;
    return p2_give_bool(call, same);
}

/* Which file, how large, written when: through a hash with a key of this process, so that no number of the
 * system can be found out from it. */
static int give_hash(struct call *call, const struct host_stat *stat) {
    const uint64_t said[] = {stat->device, stat->inode, stat->size_bytes, stat->modified_ns};
    uint64_t hash[2];
    struct slot record;
    digest_keyed(said, sizeof(said), hash);
    int r = p2_case(call, P2_OK, &record);
    for (uint32_t i = 0; !r && i < 2; i++)
        slot_u64(slot_field(record, i), hash[i]);
    return r;
}

int p2_descriptor_metadata_hash(struct call *call, void *user) {
    struct host_stat stat;
    int error;
    (void)user;
    int r = stat_open(call, &error, &stat);
    if (r)
        return r;
    return error ? p2_give_file_error(call, error) : give_hash(call, &stat);
}

int p2_descriptor_metadata_hash_at(struct call *call, void *user) {
    struct host_stat stat;
    int error;
    (void)user;
    int r = stat_path(call, &error, &stat);
    if (r)
        return r;
    return error ? p2_give_file_error(call, error) : give_hash(call, &stat);
}
