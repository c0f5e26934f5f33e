/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Two ways to find a file beneath a directory; see the header for the rules they share.
 *
 * No state but the answer to "does openat2 work here?", which is one for the process.  The loop's thread.
 */
#include "host/path.h"

#include <errno.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "base/sys.h"

/* As the kernel's MAXSYMLINKS. */
#define LINKS_MAX 40
/* Directories the walk stands in at once: more than a path of the largest size can name. */
#define DEPTH_MAX (LIMIT_PATH_BYTES / 2)
/* What is still to be walked: the path's rest behind the texts of links. */
#define REST_BYTES (4 * LIMIT_PATH_BYTES)
/* A rename or mount somewhere in the system makes openat2 answer EAGAIN where ".." is involved; the kernel's
 * own advice is to try again.  After this many the walk, which cannot be disturbed, takes over. */
#define AGAIN_MAX 32
/* A name that is a link when looked at and none when opened, or the other way round: somebody swaps it. */
#define SWAPS_MAX 64

enum support { UNKNOWN, WORKS, MISSING };
static enum support openat2_support = UNKNOWN;

static int call_openat2(int dirfd, const char *path, int flags, mode_t mode) {
    struct open_how how = {
        .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    return (int)SYS_RETRY_(long, syscall(SYS_openat2, dirfd, path, &how, sizeof(how)));
}

bool host_path_has_openat2(void) {
    if (openat2_support == UNKNOWN) {
        /* Old kernels say ENOSYS; seccomp profiles of containers say ENOSYS or EPERM. */
        int fd = call_openat2(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
        openat2_support = fd < 0 && (errno == ENOSYS || errno == EPERM) ? MISSING : WORKS;
        fd_close(fd);
    }
    return openat2_support == WORKS;
}

void host_path_set_mode(enum host_path_mode mode) {
    openat2_support = mode == HOST_PATH_WALK ? MISSING : UNKNOWN;
}

int host_path_init(struct host_path *path, const char *bytes, size_t length) {
    path->length = 0;
    path->text[0] = '\0';
    if (length == 0)
        return HOST_E_NOENT;
    if (length >= sizeof(path->text))
        return HOST_E_NAMETOOLONG;
    memcpy(path->text, bytes, length);
    path->text[length] = '\0';
    path->length = length;
    if (memchr(path->text, '\0', length))
        return HOST_E_INVAL;
    if (path->text[0] == '/')
        return HOST_E_XDEV;
    return 0;
}

/* --- the walk --- */

struct walk {
    int root;              /* borrowed */
    int depth;             /* of fds: how far below root we are */
    unsigned links;        /* followed so far */
    unsigned swaps;        /* times a name changed under our eyes */
    int fds[DEPTH_MAX];    /* owned; the directories below root, one per component */
    char rest[REST_BYTES]; /* what is still to be walked, at its end, NUL-terminated */
    size_t start;          /* where it begins in rest */
    char link[LIMIT_PATH_BYTES];
};

static int here(const struct walk *w) {
    return w->depth ? w->fds[w->depth - 1] : w->root;
}

static void walk_done(struct walk *w) {
    while (w->depth)
        fd_close(w->fds[--w->depth]);
}

/* The next component, cut out of rest. */
struct component {
    char name[NAME_MAX + 1];
    bool last;  /* nothing but slashes follows */
    bool slash; /* a slash follows */
};

/* Look at the next component without taking it. @return 0 with *ret_end behind it, HOST_E_NAMETOOLONG */
static int next_component(const struct walk *w, struct component *ret, size_t *ret_end) {
    const char *from = w->rest + w->start;
    size_t length = strcspn(from, "/");
    if (length > NAME_MAX)
        return HOST_E_NAMETOOLONG;
    memcpy(ret->name, from, length);
    ret->name[length] = '\0';
    size_t slashes = strspn(from + length, "/");
    ret->slash = slashes > 0;
    ret->last = from[length + slashes] == '\0';
    *ret_end = w->start + length + slashes;
    return 0;
}

/* Put a link's text where its name was.  An absolute one would leave the directory. */
static int splice_link(struct walk *w, int linkfd, const struct component *c, size_t end) {
    if (w->links++ >= LINKS_MAX)
        return HOST_E_LOOP;
    ssize_t length = SYS_CALL_(readlinkat(linkfd, "", w->link, sizeof(w->link)));
    if (length < 0)
        return host_error_of(errno);
    if (length == 0)
        return HOST_E_NOENT;
    if (w->link[0] == '/')
        return HOST_E_XDEV;
    /* "a/b" with a → "x" becomes "x/b"; a slash behind a last link stays, for it asks for a directory. */
    size_t slash = c->slash ? 1 : 0;
    if ((size_t)length >= sizeof(w->link) || end < (size_t)length + slash)
        return HOST_E_NAMETOOLONG;
    w->start = end - slash - (size_t)length;
    memcpy(w->rest + w->start, w->link, (size_t)length);
    if (slash)
        w->rest[end - 1] = '/';
    return 0;
}

static int push(struct walk *w, int fd) {
    if (w->depth == DEPTH_MAX) {
        fd_close(fd);
        return HOST_E_NAMETOOLONG;
    }
    w->fds[w->depth++] = fd;
    return 0;
}

static int open_here(const struct walk *w, const char *name, int flags, mode_t mode, int *ret_fd) {
    int fd = sys_openat(here(w), name, flags, mode);
    if (fd < 0)
        return host_error_of(errno);
    *ret_fd = fd;
    return 0;
}

/* The path ended in "." or ".." (or a link did): what is wanted is the directory we stand in. */
static int open_directory_here(const struct walk *w, int flags, int *ret_fd) {
    if (flags & O_CREAT)
        return flags & O_EXCL ? HOST_E_EXIST : HOST_E_ISDIR;
    return open_here(w, ".", flags & ~O_NOFOLLOW, 0, ret_fd);
}

/*
 * Take one step.
 *
 * @return 0 with *ret_fd set: arrived; 0 with -1: go on; or an error
 */
static int step(struct walk *w, int flags, mode_t mode, int *ret_fd) {
    struct component c;
    size_t end;
    int r = next_component(w, &c, &end);
    if (r)
        return r;
    if (strcmp(c.name, ".") == 0 || strcmp(c.name, "..") == 0) {
        if (c.name[1] == '.') {
            if (w->depth == 0)
                return HOST_E_XDEV;
            fd_close(w->fds[--w->depth]);
        }
        w->start = end;
        return c.last ? open_directory_here(w, flags, ret_fd) : 0;
    }
    if (c.last && !c.slash && (flags & O_NOFOLLOW || (flags & O_CREAT && flags & O_EXCL)))
        return open_here(w, c.name, flags | O_NOFOLLOW, mode, ret_fd);
    if (c.last && c.slash && flags & O_CREAT)
        return HOST_E_ISDIR;

    FD_AUTO probe = sys_openat(here(w), c.name, O_PATH | O_NOFOLLOW, 0);
    if (probe < 0) {
        if (errno != ENOENT || !c.last || !(flags & O_CREAT))
            return host_error_of(errno);
        /* O_NOFOLLOW: if a link has appeared meanwhile, the next look sees it. */
        r = open_here(w, c.name, flags | O_NOFOLLOW, mode, ret_fd);
        return r == HOST_E_LOOP && w->swaps++ < SWAPS_MAX ? 0 : r;
    }
    struct stat st;
    if (sys_fstat(probe, &st) < 0)
        return host_error_of(errno);
    if (S_ISLNK(st.st_mode))
        return splice_link(w, probe, &c, end);
    if (c.last && !c.slash) {
        if (flags & O_PATH) {
            if (flags & O_DIRECTORY && !S_ISDIR(st.st_mode))
                return HOST_E_NOTDIR;
            *ret_fd = TAKE_FD(probe);
            return 0;
        }
        r = open_here(w, c.name, flags | O_NOFOLLOW, mode, ret_fd);
        return r == HOST_E_LOOP && w->swaps++ < SWAPS_MAX ? 0 : r;
    }
    if (!S_ISDIR(st.st_mode))
        return HOST_E_NOTDIR;
    if (c.last)
        return open_here(w, c.name, flags | O_NOFOLLOW | O_DIRECTORY, 0, ret_fd);
    w->start = end;
    return push(w, TAKE_FD(probe));
}

/* Apart: its 28 KiB of stack are for those who need it. */
__attribute__((noinline)) static int open_by_walk(int dirfd, const struct host_path *path, int flags,
                                                  mode_t mode, int *ret_fd) {
    struct walk w;
    w.root = dirfd;
    w.depth = 0;
    w.links = 0;
    w.swaps = 0;
    w.start = sizeof(w.rest) - path->length - 1;
    memcpy(w.rest + w.start, path->text, path->length + 1);
    int fd = -1;
    int r;
    do
        r = step(&w, flags, mode, &fd);
    while (r == 0 && fd < 0);
    walk_done(&w);
    if (r == 0)
        *ret_fd = fd;
    return r;
}

/* --- the door --- */

int host_path_open(int dirfd, const struct host_path *path, int flags, mode_t mode, int *ret_fd) {
    if (!host_path_has_openat2())
        return open_by_walk(dirfd, path, flags, mode, ret_fd);
    for (int tries = 0; tries < AGAIN_MAX; tries++) {
        int fd = call_openat2(dirfd, path->text, flags, mode);
        if (fd >= 0) {
            *ret_fd = fd;
            return 0;
        }
        if (errno != EAGAIN)
            return host_error_of(errno);
    }
    return open_by_walk(dirfd, path, flags, mode, ret_fd);
}

int host_path_parent(int dirfd, struct host_path *path, struct host_place *place) {
    *place = (struct host_place){.dirfd = dirfd, .owned = -1};
    size_t end = path->length;
    while (end > 0 && path->text[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path->text[start - 1] != '/')
        start--;
    place->slash = end < path->length;
    place->name = path->text + start;
    size_t length = end - start;
    if (length > NAME_MAX)
        return HOST_E_NAMETOOLONG;
    if (length == 1 && place->name[0] == '.')
        place->last = HOST_LAST_DOT;
    else if (length == 2 && memcmp(place->name, "..", 2) == 0)
        place->last = HOST_LAST_DOTDOT;
    if (place->last != HOST_LAST_NAME) {
        /* No call acts on these, but a way out must not look like anything else. */
        return host_path_open(dirfd, path, O_PATH | O_DIRECTORY, 0, &place->owned);
    }
    path->text[end] = '\0';
    if (start == 0)
        return 0;
    static const int flags = O_PATH | O_DIRECTORY;
    struct host_path parent;
    memcpy(parent.text, path->text, start);
    parent.text[start] = '\0';
    parent.length = start;
    int r = host_path_open(dirfd, &parent, flags, 0, &place->owned);
    if (r == 0)
        place->dirfd = place->owned;
    return r;
}

void host_place_done(struct host_place *place) {
    place->owned = fd_close(place->owned);
}
