/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sockets that were granted, and connections accepted from them. */
#include "host/socket.h"
#include "wasi/preview1/abi.h"
#include "wasi/preview1/fdflags.h"

int preview1_sock_accept(struct wasi_preview1 *wasi, struct host_slot *fd, uint32_t flags,
                         uint32_t *ret_connection) {
    if (flags & ~(uint32_t)WASI_FDFLAG_NONBLOCK)
        return HOST_E_INVAL;
    /* A connection nobody can have a number for is better left in the queue. */
    int r = host_table_room(wasi->table);
    if (r)
        return r;
    HOST_FILE_AUTO *file = NULL;
    r = host_socket_accept(fd->file, preview1_fdflags_to(flags), &file);
    if (r)
        return r;
    uint64_t words[2];
    preview1_rights_of(file, words);
    r = host_table_add(wasi->table, file, words, ret_connection);
    if (!r)
        TAKE(file);
    return r;
}

/* Is this something that sends and receives, and may it? */
static int check(const struct host_slot *fd, uint64_t right) {
    const struct host_file *file = fd->file;
    bool socket =
        file->kind == HOST_SOCKET || (file->kind == HOST_STREAM && file->type == HOST_TYPE_SOCKET_STREAM);
    if (!socket)
        return file->kind == HOST_LISTENER ? HOST_E_NOTCONN
                                           : preview1_rights_refusal(fd, WASI_RIGHT_SOCK_SHUTDOWN);
    return fd->words[PREVIEW1_BASE] & right ? 0 : preview1_rights_refusal(fd, right);
}

int preview1_sock_recv(struct wasi_preview1 *wasi, struct host_slot *fd, struct preview1_iovs *data,
                       uint32_t flags, uint32_t *ret_count, uint16_t *ret_roflags) {
    (void)wasi;
    int r = check(fd, WASI_RIGHT_FD_READ);
    if (r)
        return r;
    unsigned how = 0;
    how |= flags & WASI_RECV_PEEK ? HOST_RECEIVE_PEEK : 0;
    how |= flags & WASI_RECV_WAITALL ? HOST_RECEIVE_WAITALL : 0;
    size_t count = 0;
    bool truncated = false;
    r = host_socket_receive(fd->file, data->v, data->count, how, &count, &truncated);
    *ret_count = (uint32_t)count;
    *ret_roflags = truncated ? WASI_RECV_DATA_TRUNCATED : 0;
    return r;
}

int preview1_sock_send(struct wasi_preview1 *wasi, struct host_slot *fd, struct preview1_iovs *data,
                       uint32_t flags, uint32_t *ret_count) {
    (void)wasi;
    (void)flags; /* none are defined, and the adapter has seen to that */
    int r = check(fd, WASI_RIGHT_FD_WRITE);
    size_t count = 0;
    r = r ? r : host_socket_send(fd->file, data->v, data->count, &count);
    *ret_count = (uint32_t)count;
    return r;
}

int preview1_sock_shutdown(struct wasi_preview1 *wasi, struct host_slot *fd, uint32_t how) {
    (void)wasi;
    unsigned what = 0;
    what |= how & WASI_SD_RD ? HOST_READ : 0;
    what |= how & WASI_SD_WR ? HOST_WRITE : 0;
    return what ? host_socket_shutdown(fd->file, what) : HOST_E_INVAL;
}
