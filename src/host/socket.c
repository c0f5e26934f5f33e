/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Listening sockets and connections.  Non-blocking always, by MSG_DONTWAIT where the description is shared.
 */
#include "host/socket.h"

#include "base/fd.h"
#include "host/inside.h"
#include "host/poll.h"
#include "host/stream.h"

static bool is_connection(const struct host_file *file) {
    return (file->kind == HOST_SOCKET || file->kind == HOST_STREAM) &&
           (file->type == HOST_TYPE_SOCKET_STREAM || file->type == HOST_TYPE_SOCKET_DATAGRAM);
}

/* What else it is, for an operation on connections. */
static int refuse(const struct host_file *file) {
    return file->kind == HOST_LISTENER ? HOST_E_NOTCONN : HOST_E_NOTSOCK;
}

int host_listener_new(struct host *host, int fd, struct host_file **ret) {
    int listening = 0;
    socklen_t size = sizeof(listening);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0)
        return host_errno();
    if (!listening)
        return HOST_E_INVAL;
    if (fd_nonblocking(fd, NULL) < 0)
        return HOST_E_IO;
    struct host_file *file = NULL;
    int r = host_file_new(host, HOST_LISTENER, fd, HOST_READ | HOST_WRITE, &file);
    if (r)
        return r;
    file->type = HOST_TYPE_SOCKET_STREAM;
    file->nonblocking = true;
    file->event.shared = true;
    file->preopened = true;
    *ret = file;
    return 0;
}

int host_socket_accept(struct host_file *listener, unsigned flags, struct host_file **ret) {
    if (listener->kind != HOST_LISTENER)
        return is_connection(listener) ? HOST_E_INVAL : HOST_E_NOTSOCK;
    for (;;) {
        FD_AUTO fd = SYS_RETRY_(int, accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (fd >= 0) {
            host_event_unsure(&listener->event, HOST_READ);
            struct host_file *file = NULL;
            int r = host_file_new(listener->host, HOST_SOCKET, fd, HOST_READ | HOST_WRITE, &file);
            if (r)
                return r;
            (void)TAKE_FD(fd);
            file->type = HOST_TYPE_SOCKET_STREAM;
            file->nonblocking = true;
            file->flags = flags & HOST_NONBLOCK;
            *ret = file;
            return 0;
        }
        /* A connection that went away before it was taken is none. */
        if (errno == ECONNABORTED)
            continue;
        if (errno != EAGAIN)
            return host_errno();
        host_event_drained(&listener->event, HOST_READ);
        int r = host_wait_file(listener, HOST_READ);
        if (r)
            return r;
    }
}

static struct msghdr message_of(struct iovec *iov, size_t count) {
    return (struct msghdr){.msg_iov = iov, .msg_iovlen = count < HOST_IOV_MAX ? count : HOST_IOV_MAX};
}

/* Take bytes off the front of a message's iovecs. @return false: nothing is left */
static bool drop(struct msghdr *message, size_t bytes) {
    while (message->msg_iovlen > 0 && bytes >= message->msg_iov[0].iov_len) {
        bytes -= message->msg_iov[0].iov_len;
        message->msg_iov++;
        message->msg_iovlen--;
    }
    if (message->msg_iovlen == 0)
        return false;
    message->msg_iov[0].iov_base = (uint8_t *)message->msg_iov[0].iov_base + bytes;
    message->msg_iov[0].iov_len -= bytes;
    return true;
}

int host_socket_receive(struct host_file *socket, struct iovec *iov, size_t count, unsigned flags,
                        size_t *ret, bool *ret_truncated) {
    if (!is_connection(socket))
        return refuse(socket);
    struct msghdr message = message_of(iov, count);
    int native = MSG_DONTWAIT | (flags & HOST_RECEIVE_PEEK ? MSG_PEEK : 0);
    bool all = flags & HOST_RECEIVE_WAITALL && !(flags & HOST_RECEIVE_PEEK) &&
               socket->type == HOST_TYPE_SOCKET_STREAM;
    size_t total = 0;
    for (;;) {
        ssize_t n = sys_recvmsg(socket->fd, &message, native);
        if (n < 0 && errno == EAGAIN)
            host_event_drained(&socket->event, HOST_READ);
        else
            host_event_unsure(&socket->event, HOST_READ);
        if (n >= 0) {
            total += (size_t)n;
            if (n > 0 && all && drop(&message, (size_t)n))
                continue;
            if (ret_truncated)
                *ret_truncated = message.msg_flags & MSG_TRUNC;
            break;
        }
        if (errno != EAGAIN) {
            if (total > 0)
                break;
            return host_errno();
        }
        int r = host_wait_file(socket, HOST_READ);
        if (r == HOST_E_AGAIN && total > 0)
            break;
        if (r)
            return r;
    }
    *ret = total;
    return 0;
}

int host_socket_send(struct host_file *socket, struct iovec *iov, size_t count, size_t *ret) {
    if (!is_connection(socket))
        return refuse(socket);
    for (;;) {
        ssize_t n = host_stream_try(socket, iov, count < HOST_IOV_MAX ? count : HOST_IOV_MAX, true);
        if (n >= 0) {
            *ret = (size_t)n;
            return 0;
        }
        if (errno != EAGAIN)
            return host_errno();
        int r = host_wait_file(socket, HOST_WRITE);
        if (r)
            return r;
    }
}

int host_socket_shutdown(struct host_file *socket, unsigned how) {
    if (!is_connection(socket))
        return refuse(socket);
    static const int native[] = {
        [HOST_READ] = SHUT_RD, [HOST_WRITE] = SHUT_WR, [HOST_READ | HOST_WRITE] = SHUT_RDWR};
    if (how == 0 || how >= ARRAY_LENGTH(native))
        return HOST_E_INVAL;
    host_event_unsure(&socket->event, HOST_READ | HOST_WRITE);
    return shutdown(socket->fd, native[how]) < 0 ? host_errno() : 0;
}
