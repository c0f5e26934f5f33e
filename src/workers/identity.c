/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which program the worker processes are and which user they get.  Asked once, by the parent, before it
 * starts any.
 */
#include <errno.h>
#include <pwd.h>

#include "base/mem.h"
#include "workers/inner.h"

#define SYSTEM_USER   "arcella" /* made at install */
#define FALLBACK_USER "nobody"
#define ENTRY_BYTES   16384 /* a line of the user database; more is no user of ours */
#define PROGRAM       "arcella-worker"

/* --- the user --- */

static int look_up(const char *name, bool *ret_found, uid_t *ret_uid, gid_t *ret_gid,
                   arcella_error **reterr) {
    MEM_AUTO char *memory = mem_alloc(ENTRY_BYTES);
    if (!memory)
        return error_nomem(reterr);
    struct passwd entry;
    struct passwd *found = NULL;
    int errnum = getpwnam_r(name, &entry, memory, ENTRY_BYTES, &found);
    /* What the databases say for "no such user" differs; none of these is a failure of the system. */
    if (!found && errnum && errnum != ENOENT && errnum != ESRCH && errnum != EBADF && errnum != EPERM)
        return error_set_errno(reterr, errnum, "cannot look up the user '%s'", name);
    *ret_found = found != NULL;
    if (found) {
        *ret_uid = found->pw_uid;
        *ret_gid = found->pw_gid;
    }
    return 0;
}

static int keep_user(bool drop_capabilities, const char *name, struct worker_ids *ret) {
    *ret = (struct worker_ids){.drop_capabilities = drop_capabilities, .uid = geteuid(), .gid = getegid()};
    if (name)
        text_copy(ret->name, sizeof(ret->name), name);
    else
        snprintf(ret->name, sizeof(ret->name), "%u", (unsigned)ret->uid);
    return 0;
}

static int no_such_user(const char *name, arcella_error **reterr) {
    return error_hint(
        reterr,
        error_set(reterr, ARCELLA_E_CONFIG, "%s: there is no user '%s' on this machine to run workers as",
                  WORKERS_USER_KEY, name),
        "make a system user '%s' without login, or set %s to one that exists", SYSTEM_USER, WORKERS_USER_KEY);
}

/* As an ordinary user: ours is the only one there is. */
static int unprivileged(const char *user, struct worker_ids *ret, arcella_error **reterr) {
    if (!*user)
        return keep_user(false, NULL, ret);
    bool found = false;
    uid_t uid = 0;
    gid_t gid = 0;
    int r = look_up(user, &found, &uid, &gid, reterr);
    if (r < 0)
        return r;
    if (!found)
        return no_such_user(user, reterr);
    if (uid != geteuid())
        return error_set(reterr, ARCELLA_E_CONFIG, "%s: only root can run workers as '%s'", WORKERS_USER_KEY,
                         user);
    return keep_user(false, user, ret);
}

int worker_ids_find(const char *user, bool keep, struct worker_ids *ret, arcella_error **reterr) {
    bool root = geteuid() == 0;
    if (keep)
        return keep_user(root, NULL, ret);
    if (!user)
        user = "";
    if (!root)
        return unprivileged(user, ret, reterr);
    const char *const candidates[] = {*user ? user : SYSTEM_USER, *user ? NULL : FALLBACK_USER};
    for (size_t i = 0; i < ARRAY_LENGTH(candidates) && candidates[i]; i++) {
        bool found = false;
        struct worker_ids ids = {.change = true, .drop_capabilities = true};
        int r = look_up(candidates[i], &found, &ids.uid, &ids.gid, reterr);
        if (r < 0)
            return r;
        if (!found)
            continue;
        if (ids.uid == 0 || ids.gid == 0)
            return error_set(reterr, ARCELLA_E_CONFIG, "%s: '%s' is root, and workers are never run as root",
                             WORKERS_USER_KEY, candidates[i]);
        text_copy(ids.name, sizeof(ids.name), candidates[i]);
        *ret = ids;
        return 0;
    }
    return no_such_user(*user ? user : FALLBACK_USER, reterr);
}

/* --- the program --- */

/* The folder of the running program, without a slash at the end; owned by the caller. */
static int own_folder(char **ret, arcella_error **reterr) {
    char path[LIMIT_PATH_BYTES + 1];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length <= 0)
        return error_set_errno(reterr, length < 0 ? errno : ENOENT, "cannot tell which program this is");
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "cannot tell where this program is");
    *slash = '\0';
    *ret = mem_text(path);
    return *ret ? 0 : error_nomem(reterr);
}

static bool is_program(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISREG(found.st_mode) && access(path, X_OK) == 0;
}

/* Take path (owned, may be NULL for no memory) if there is a program. @return 1 taken, 0 not there */
static int try_path(char *path, char **ret, arcella_error **reterr) {
    if (!path)
        return error_nomem(reterr);
    if (!is_program(path)) {
        mem_free(path);
        return 0;
    }
    *ret = path;
    return 1;
}

int worker_program_find(const char *configured, char **ret_path, arcella_error **reterr) {
    const char *named = configured && *configured ? configured : NULL;
    const char *folder = named ? NULL : getenv("ARCELLA_LIBEXEC");
    if (named || (folder && *folder)) {
        int r = try_path(named ? mem_text(named) : mem_format("%s/" PROGRAM, folder), ret_path, reterr);
        if (r)
            return r < 0 ? r : 0;
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no program '%s%s' to run workers with",
                         named ? named : folder, named ? "" : "/" PROGRAM);
    }
    MEM_AUTO char *own = NULL;
    int r = own_folder(&own, reterr);
    if (r == 0)
        r = try_path(mem_format("%s/" PROGRAM, own), ret_path, reterr);
    if (r == 0)
        r = try_path(mem_format("%s/../libexec/arcella/" PROGRAM, own), ret_path, reterr);
    if (r)
        return r < 0 ? r : 0;
    return error_hint(reterr,
                      error_set(reterr, ARCELLA_E_NOT_FOUND,
                                "no program '" PROGRAM "' in '%s' or '%s/../libexec/arcella'", own, own),
                      "set ARCELLA_LIBEXEC to the folder that holds it");
}
