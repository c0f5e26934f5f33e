/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Taking inherited descriptors as they are.  No state. */
#include "host/stream.h"

#include "base/fd.h"
#include "host/inside.h"

static unsigned rights_of(int status_flags) {
    switch (status_flags & O_ACCMODE) {
    case O_RDONLY: return HOST_READ;
    case O_WRONLY: return HOST_WRITE;
    default: return HOST_READ | HOST_WRITE;
    }
}

static enum host_type socket_type(int fd) {
    int type = 0;
    socklen_t size = sizeof(type);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
        return HOST_TYPE_UNKNOWN;
    return type == SOCK_DGRAM ? HOST_TYPE_SOCKET_DATAGRAM : HOST_TYPE_SOCKET_STREAM;
}

int host_stream_new(struct host *host, int fd, unsigned rights, struct host_file **ret) {
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || flags & O_PATH || sys_fstat(fd, &st) < 0)
        return HOST_E_BADF;
    if (S_ISDIR(st.st_mode))
        return HOST_E_ISDIR;
    bool regular = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
    struct host_file *file = NULL;
    int r = host_file_new(host, regular ? HOST_REGULAR : HOST_STREAM, fd, rights & rights_of(flags), &file);
    if (r)
        return r;
    file->type = S_ISSOCK(st.st_mode) ? socket_type(fd) : host_type_of_mode(st.st_mode);
    file->terminal = S_ISCHR(st.st_mode) && isatty(fd);
    file->nonblocking = flags & O_NONBLOCK;
    file->event.shared = !file->nonblocking;
    file->changeable = file->rights & HOST_WRITE;
    /* `>> file` in the shell: the description appends by itself, and the guest may know. */
    if (flags & O_APPEND)
        file->flags |= HOST_APPEND;
    *ret = file;
    return 0;
}

int host_null_new(struct host *host, unsigned rights, struct host_file **ret) {
    int r = host_file_new(host, HOST_NULL, -1, rights, ret);
    if (r == 0)
        (*ret)->type = HOST_TYPE_CHARACTER;
    return r;
}
