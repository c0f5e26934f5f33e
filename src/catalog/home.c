/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The home directory: found, made, locked.  Owned by the program that opened it; closed with it; one thread.
 */
#include "catalog/home.h"

#include <pwd.h>
#include <signal.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"

#define LOCK_FILE "lock"

static const char *const dir_names[HOME_DIRS] = {
#define XX(name, text) [HOME_##name] = text,
    HOME_DIR_MAP(XX)
#undef XX
};
static const char older_config_dir[] = "config";

/* The directory of the user we run as, from the environment or the user database. */
static int user_home(char *to, size_t size, arcella_error **reterr) {
    const char *home = getenv("HOME");
    if (home && home[0] == '/')
        return text_copy(to, size, home) ? 0 : error_set(reterr, ARCELLA_E_INVALID, "HOME is too long");
    char space[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(geteuid(), &entry, space, sizeof(space), &found) != 0 || !found || found->pw_dir[0] != '/')
        return error_set(reterr, ARCELLA_E_INVALID,
                         "no home directory is known: set HOME or ARCELLA_HOME, or give --home");
    return text_copy(to, size, entry.pw_dir) ? 0
                                             : error_set(reterr, ARCELLA_E_INVALID, "the home is too long");
}

/* Make a path absolute, without "." and double slashes; ".." stays, since links may stand before it. */
static int make_absolute(const char *path, char **ret, arcella_error **reterr) {
    char full[LIMIT_PATH_BYTES];
    size_t length = 0;
    if (path[0] != '/') {
        if (!getcwd(full, sizeof(full)))
            return error_set_errno(reterr, errno, "cannot tell the working directory");
        length = strlen(full);
    }
    for (const char *at = path; *at;) {
        size_t segment = strcspn(at, "/");
        bool skip = segment == 0 || (segment == 1 && at[0] == '.');
        if (!skip) {
            bool slash = length == 0 || full[length - 1] != '/';
            if (length + slash + segment >= sizeof(full))
                return error_set(reterr, ARCELLA_E_INVALID, "the path of the home is too long");
            if (slash)
                full[length++] = '/';
            memcpy(full + length, at, segment);
            length += segment;
        }
        at += segment;
        at += *at == '/';
    }
    if (length == 0)
        full[length++] = '/';
    *ret = mem_text_n(full, length);
    return *ret ? 0 : error_nomem(reterr);
}

int home_find(const char *option, char **ret_path, const char **ret_source, arcella_error **reterr) {
    const char *environment = getenv("ARCELLA_HOME");
    const char *path = option, *source = "--home";
    char standard[LIMIT_PATH_BYTES];
    if (!path || !*path) {
        path = environment;
        source = "ARCELLA_HOME";
    }
    if (!path || !*path) {
        int r = user_home(standard, sizeof(standard) - sizeof("/.arcella"), reterr);
        if (r < 0)
            return r;
        size_t length = strlen(standard);
        text_copy(standard + length, sizeof(standard) - length, "/.arcella");
        path = standard;
        source = "default";
    }
    int r = make_absolute(path, ret_path, reterr);
    if (r == 0 && ret_source)
        *ret_source = source;
    return r;
}

char *home_path(const char *home, const char *name) {
    return mem_format("%s/%s", home, name);
}

/* Is an open directory ours alone to write? */
static int check_dir(int fd, const char *what, arcella_error **reterr) {
    struct stat st;
    if (sys_fstat(fd, &st) < 0)
        return error_set_errno(reterr, errno, "cannot look at '%s'", what);
    if (st.st_uid != geteuid())
        return error_set(reterr, ARCELLA_E_DENIED, "'%s' belongs to user %u, and this is user %u", what,
                         (unsigned)st.st_uid, (unsigned)geteuid());
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return error_set(reterr, ARCELLA_E_DENIED,
                         "others may write to '%s' (mode %04o): take that away with chmod go-w", what,
                         (unsigned)st.st_mode & 07777);
    if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0)
        return 0;
    /* A file system mounted read-only is as much a matter of rights as a mode. */
    if (errno == EROFS)
        return error_set(reterr, ARCELLA_E_DENIED, "'%s' is not writable: %s", what, error_errno_text(EROFS));
    return error_set_errno(reterr, errno, "'%s' is not writable", what);
}

static int open_part(struct home *home, enum home_dir dir, arcella_error **reterr) {
    const char *name = dir_names[dir];
    /* Only where cfg/ is not there is the older name read. */
    if (dir == HOME_CFG)
        name = home_config_dir(home);
    int fd = sys_openat(home->fd, name, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0 && errno == ENOENT) {
        if (sys_mkdirat(home->fd, name, 0700) < 0)
            return error_set_errno(reterr, errno, "cannot make '%s/%s'", home->path, name);
        fd = sys_openat(home->fd, name, O_RDONLY | O_DIRECTORY, 0);
    }
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot open '%s/%s'", home->path, name);
    home->dirs[dir] = fd;
    /* The configuration may be another's, and read-only. */
    if (dir == HOME_CFG)
        return 0;
    char what[LIMIT_PATH_BYTES];
    snprintf(what, sizeof(what), "%s/%s", home->path, name);
    return check_dir(fd, what, reterr);
}

int home_open(const char *path, struct home **ret, arcella_error **reterr) {
    CLEANUP(home_free_ptr) struct home *home = mem_new(struct home);
    if (!home)
        return error_nomem(reterr);
    home->fd = home->lock_fd = -1;
    for (size_t i = 0; i < HOME_DIRS; i++)
        home->dirs[i] = -1;
    home->path = mem_text(path);
    if (!home->path)
        return error_nomem(reterr);
    int r = dir_make(path, 0700, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "home '%s'", path);
    home->fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (home->fd < 0)
        return error_set_errno(reterr, errno, "cannot open the home '%s'", path);
    r = check_dir(home->fd, path, reterr);
    for (unsigned dir = 0; r == 0 && dir < HOME_DIRS; dir++)
        r = open_part(home, (enum home_dir)dir, reterr);
    if (r < 0)
        return r;
    *ret = TAKE(home);
    return 0;
}

struct home *home_free(struct home *home) {
    if (!home)
        return NULL;
    for (size_t i = 0; i < HOME_DIRS; i++)
        fd_close(home->dirs[i]);
    fd_close(home->lock_fd);
    fd_close(home->fd);
    mem_free(home->path);
    mem_free(home);
    return NULL;
}

const char *home_config_dir(const struct home *home) {
    struct stat st;
    bool has_new = fstatat(home->fd, dir_names[HOME_CFG], &st, 0) == 0;
    bool has_older = fstatat(home->fd, older_config_dir, &st, 0) == 0 && S_ISDIR(st.st_mode);
    return !has_new && has_older ? older_config_dir : dir_names[HOME_CFG];
}

/* --- the lock --- */

/* Locks of the open file description: they go with the descriptor, survive no crash, and can be asked for. */
static struct flock whole_file(void) {
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

static pid_t read_pid(int fd) {
    char text[32];
    ssize_t got = sys_pread(fd, text, sizeof(text) - 1, 0);
    if (got <= 0)
        return 0;
    text[got] = '\0';
    text[strcspn(text, "\n")] = '\0';
    uint64_t pid;
    return text_parse_u64(text, INT32_MAX, &pid, NULL) == 0 ? (pid_t)pid : 0;
}

/*
 * Take the lock.  A daemon that was killed in the middle of starting a process leaves a child that holds the
 * lock with it until its exec, a moment later; so a lock whose holder is dead is waited for.
 */
static int take_lock(int fd) {
    uint64_t until_ms = clock_monotonic_ms() + LIMIT_LOCK_WAIT_MS;
    for (;;) {
        struct flock lock = whole_file();
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return 0;
        if (errno != EAGAIN && errno != EACCES)
            return -1;
        pid_t pid = read_pid(fd);
        bool dead = pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
        errno = EAGAIN;
        if (!dead || clock_monotonic_ms() >= until_ms)
            return -1;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

int home_lock(struct home *home, arcella_error **reterr) {
    FD_AUTO fd = sys_openat(home->fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set_errno(reterr, errno, "cannot open '%s/%s'", home->path, LOCK_FILE);
    if (take_lock(fd) < 0) {
        if (errno != EAGAIN)
            return error_set_errno(reterr, errno, "cannot lock '%s/%s'", home->path, LOCK_FILE);
        pid_t pid = read_pid(fd);
        if (pid)
            return error_set(reterr, ARCELLA_E_RUNNING, "a daemon with pid %d runs with the home '%s'",
                             (int)pid, home->path);
        return error_set(reterr, ARCELLA_E_RUNNING, "another daemon starts with the home '%s'", home->path);
    }
    char text[32];
    int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());
    if (sys_ftruncate(fd, 0) < 0)
        return error_set_errno(reterr, errno, "cannot write '%s/%s'", home->path, LOCK_FILE);
    int r = fd_write_all(fd, text, (size_t)length, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "'%s/%s'", home->path, LOCK_FILE);
    home->lock_fd = TAKE_FD(fd);
    return 0;
}

pid_t home_lock_holder(const char *path) {
    MEM_AUTO char *file = home_path(path, LOCK_FILE);
    if (!file)
        return 0;
    FD_AUTO fd = sys_openat(AT_FDCWD, file, O_RDWR | O_NOFOLLOW, 0);
    if (fd < 0)
        return 0;
    struct flock lock = whole_file();
    if (fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
        return 0;
    return read_pid(fd);
}
