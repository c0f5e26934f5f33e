/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Unix sockets by path.  Owns nothing; what it makes is the caller's.  Any thread. */
#include "wire/socket.h"

#include <sys/un.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/sys.h"

static int make_address(const char *path, struct sockaddr_un *ret, arcella_error **reterr) {
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length > LIMIT_SOCKET_PATH_BYTES) {
        int r =
            error_set(reterr, ARCELLA_E_TOO_LARGE, "the socket path '%s' has %zu bytes; the system allows %d",
                      path, length, LIMIT_SOCKET_PATH_BYTES);
        return error_hint(reterr, r, "choose a shorter home, or a shorter path for the socket");
    }
    if (length == 0)
        return error_set(reterr, ARCELLA_E_INVALID, "the socket path is empty");
    memcpy(ret->sun_path, path, length);
    return 0;
}

static int make_socket(int flags, int *ret_fd, arcella_error **reterr) {
    int fd = SYS_CALL_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot make a socket");
    *ret_fd = fd;
    return 0;
}

int socket_peer_of(int fd, struct socket_peer *ret, arcella_error **reterr) {
    struct ucred peer;
    socklen_t size = sizeof(peer);
    if (SYS_CALL_(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size)) < 0)
        return error_set_errno(reterr, errno, "cannot tell who is at the other end");
    *ret = (struct socket_peer){.pid = peer.pid, .uid = peer.uid, .gid = peer.gid};
    return 0;
}

/* Clear the way for a socket file: nothing there, or a dead socket that is removed. */
static int clear_path(const char *path, const struct sockaddr_un *address, arcella_error **reterr) {
    struct stat there;
    if (lstat(path, &there) < 0)
        return errno == ENOENT ? 0 : error_set_errno(reterr, errno, "cannot look at '%s'", path);
    if (!S_ISSOCK(there.st_mode)) {
        int r = error_set(reterr, ARCELLA_E_EXISTS, "'%s' is there already and is not a socket", path);
        return error_hint(reterr, r, "move it away, or choose another path for the socket");
    }
    FD_AUTO fd = -1;
    int r = make_socket(SOCK_NONBLOCK, &fd, reterr);
    if (r < 0)
        return r;
    int connected = SYS_CALL_(connect(fd, (const struct sockaddr *)address, sizeof(*address)));
    int errnum = errno;
    struct socket_peer peer = {.pid = 0};
    if (connected == 0 && socket_peer_of(fd, &peer, NULL) == 0 && peer.pid > 0)
        return error_set(reterr, ARCELLA_E_RUNNING, "a daemon with pid %d already answers on '%s'",
                         (int)peer.pid, path);
    /* EAGAIN: it lives, with a full queue. */
    if (connected == 0 || errnum == EAGAIN || errnum == EINPROGRESS)
        return error_set(reterr, ARCELLA_E_RUNNING, "a daemon already answers on '%s'", path);
    if (errnum != ECONNREFUSED)
        return error_set_errno(reterr, errnum, "cannot tell whether '%s' is in use", path);
    if (sys_unlinkat(AT_FDCWD, path, 0) < 0 && errno != ENOENT)
        return error_set_errno(reterr, errno, "cannot remove the stale socket '%s'", path);
    return 0;
}

int socket_listen(const char *path, int *ret_fd, arcella_error **reterr) {
    struct sockaddr_un address;
    int r = make_address(path, &address, reterr);
    if (r == 0)
        r = clear_path(path, &address, reterr);
    FD_AUTO fd = -1;
    if (r == 0)
        r = make_socket(SOCK_NONBLOCK, &fd, reterr);
    if (r < 0)
        return r;
    /* The mode of an unbound socket is the mode its file is made with (less the umask), so it is never open
     * to others, not for a moment. */
    if (SYS_CALL_(fchmod(fd, 0600)) < 0)
        return error_set_errno(reterr, errno, "cannot restrict the socket");
    if (SYS_CALL_(bind(fd, (const struct sockaddr *)&address, sizeof(address))) < 0)
        return error_set_errno(reterr, errno, "cannot make the socket '%s'", path);
    /* A umask may have taken bits away. */
    if (SYS_CALL_(chmod(path, 0600)) < 0 || SYS_CALL_(listen(fd, LIMIT_ALME_CLIENTS)) < 0) {
        r = error_set_errno(reterr, errno, "cannot listen on '%s'", path);
        (void)sys_unlinkat(AT_FDCWD, path, 0);
        return r;
    }
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int socket_accept(int listening, int *ret_fd, arcella_error **reterr) {
    int fd = SYS_RETRY_(int, accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd >= 0) {
        *ret_fd = fd;
        return 0;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ECONNABORTED)
        return error_set(reterr, ARCELLA_E_BUSY, "no connection waits");
    if (errno == EMFILE || errno == ENFILE)
        return error_set(reterr, ARCELLA_E_LIMIT, "no connection can be accepted: too many files are open");
    return error_set_errno(reterr, errno, "cannot accept a connection");
}

int socket_connect(const char *path, int *ret_fd, arcella_error **reterr) {
    struct sockaddr_un address;
    FD_AUTO fd = -1;
    int r = make_address(path, &address, reterr);
    if (r == 0)
        r = make_socket(0, &fd, reterr);
    if (r < 0)
        return r;
    if (SYS_RETRY_(int, connect(fd, (const struct sockaddr *)&address, sizeof(address))) < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return error_set(reterr, ARCELLA_E_NO_DAEMON, "no daemon runs: there is no socket '%s'", path);
        if (errno == ECONNREFUSED)
            return error_set(reterr, ARCELLA_E_NO_DAEMON, "no daemon runs: nobody answers on '%s'", path);
        return error_set_errno(reterr, errno, "cannot connect to '%s'", path);
    }
    *ret_fd = TAKE_FD(fd);
    return 0;
}
