/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is done with names beneath a directory in wasi:filesystem/types.  Where a name may lead is room host's
 * business. */
#include "wasi/p2/files.h"
#include "wasi/p2/rows.h"

/* --- open --- */

/* Flags that go together? */
static int check_flags(const struct host_file *dir, uint32_t open) {
    if (dir->kind != HOST_DIRECTORY)
        return HOST_E_NOTDIR;
    if (open & P2_OPEN_DIRECTORY && open & (P2_OPEN_CREATE | P2_OPEN_EXCLUSIVE | P2_OPEN_TRUNCATE))
        return HOST_E_INVAL;
    return 0;
}

static struct host_open how_to_open(uint32_t path_flags, uint32_t open, uint32_t flags) {
    struct host_open how = {
        /* Truncating is writing, whatever is done with the descriptor afterwards. */
        .write = flags & P2_FLAG_WRITE || open & P2_OPEN_TRUNCATE,
        .create = open & P2_OPEN_CREATE,
        .exclusive = open & P2_OPEN_EXCLUSIVE,
        .truncate = open & P2_OPEN_TRUNCATE,
        .directory = open & P2_OPEN_DIRECTORY,
        .follow = path_flags & P2_PATH_FOLLOW,
    };
    how.read = flags & P2_FLAG_READ || !how.write;
    how.flags |= flags & P2_FLAG_FILE_SYNC ? HOST_SYNC : 0;
    how.flags |= flags & P2_FLAG_DATA_SYNC ? HOST_DSYNC : 0;
    how.flags |= flags & P2_FLAG_READ_SYNC ? HOST_RSYNC : 0;
    return how;
}

static int open_file(struct wasi_p2 *wasi, struct host_file *dir, struct text path, uint32_t path_flags,
                     uint32_t open, uint32_t flags, struct host_file **ret) {
    struct host_open how = how_to_open(path_flags, open, flags);
    int error = check_flags(dir, open);
    error = error ? error : host_file_room(wasi->host);
    error = error ? error : host_dir_open(dir, path.data, path.length, &how, ret);
    if (error)
        return p2_dir_error(dir, error);
    if ((*ret)->kind != HOST_DIRECTORY)
        return 0;
    /* mutate-directory asked of what is no directory means nothing; of one it has what its grant allows. */
    if (flags & P2_FLAG_WRITE)
        error = HOST_E_ISDIR;
    else if (flags & P2_FLAG_MUTATE_DIRECTORY && !((*ret)->rights & HOST_WRITE))
        error = HOST_E_ROFS;
    if (error)
        *ret = host_file_unref(*ret);
    return error;
}

int p2_descriptor_open_at(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *dir, *file = NULL;
    struct text path;
    struct slot own;
    (void)user;
    int r = p2_path(call, wasi, 0, 2, &dir, &path);
    if (r)
        return r;
    uint32_t flags = view_flags(call_arg(call, 4));
    int error = open_file(wasi, dir, path, view_flags(call_arg(call, 1)), view_flags(call_arg(call, 3)),
                          flags, &file);
    if (error)
        return p2_give_file_error(call, error);
    unsigned rights = (flags & P2_FLAG_READ ? HOST_READ : 0) | (flags & P2_FLAG_WRITE ? HOST_WRITE : 0);
    r = p2_case(call, P2_OK, &own);
    if (r) {
        host_file_unref(file);
        return r;
    }
    struct p2_entry made = {
        .kind = P2_DESCRIPTOR, .how = (uint8_t)rights, .parent = P2_NO_PARENT, .file = file};
    return p2_give(call, wasi, made, own);
}

/* --- one name --- */

/* Do one thing with the path that is argument 1. */
static int with_name(struct call *call, int (*fn)(struct host_file *dir, const char *path, size_t length)) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *dir;
    struct text path;
    int r = p2_path(call, wasi, 0, 1, &dir, &path);
    return r ? r : p2_give_dir_done(call, dir, fn(dir, path.data, path.length));
}

int p2_descriptor_create_directory_at(struct call *call, void *user) {
    (void)user;
    return with_name(call, host_dir_make);
}

int p2_descriptor_remove_directory_at(struct call *call, void *user) {
    (void)user;
    return with_name(call, host_dir_remove);
}

int p2_descriptor_unlink_file_at(struct call *call, void *user) {
    (void)user;
    return with_name(call, host_dir_unlink);
}

/* --- two names --- */

/* Which of two directories is not to be changed, if that is what it is. */
static int two_dirs_error(const struct host_file *from, const struct host_file *to, int error) {
    return from->rights & HOST_WRITE ? p2_dir_error(to, error) : p2_dir_error(from, error);
}

int p2_descriptor_rename_at(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *from, *to;
    struct text path, to_path;
    (void)user;
    int r = p2_path(call, wasi, 0, 1, &from, &path);
    r = r ? r : p2_path(call, wasi, 2, 3, &to, &to_path);
    if (r)
        return r;
    int error = host_dir_rename(from, path.data, path.length, to, to_path.data, to_path.length);
    return p2_give_file_done(call, two_dirs_error(from, to, error));
}

int p2_descriptor_link_at(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *from, *to;
    struct text path, to_path;
    (void)user;
    int r = p2_path(call, wasi, 0, 2, &from, &path);
    r = r ? r : p2_path(call, wasi, 3, 4, &to, &to_path);
    if (r)
        return r;
    /* A second name for what a link points to: nobody asks for that, and nothing could confine it. */
    int error = HOST_E_INVAL;
    if (!(view_flags(call_arg(call, 1)) & P2_PATH_FOLLOW))
        error = host_dir_link(from, path.data, path.length, to, to_path.data, to_path.length);
    return p2_give_file_done(call, two_dirs_error(from, to, error));
}

int p2_descriptor_symlink_at(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *dir;
    struct text target, path;
    (void)user;
    int r = p2_path(call, wasi, 0, 2, &dir, &path);
    r = r ? r : view_string(call_arg(call, 1), &target);
    if (r)
        return r;
    return p2_give_dir_done(call, dir,
                            host_dir_symlink(dir, target.data, target.length, path.data, path.length));
}

int p2_descriptor_readlink_at(struct call *call, void *user) {
    struct wasi_p2 *wasi = p2_of(call);
    struct host_file *dir;
    struct text path;
    struct slot string;
    char target[LIMIT_PATH_BYTES];
    size_t length = 0;
    (void)user;
    int r = p2_path(call, wasi, 0, 1, &dir, &path);
    if (r)
        return r;
    int error = host_dir_readlink(dir, path.data, path.length, target, sizeof(target), &length);
    if (!error && length && target[0] == '/')
        error = HOST_E_PERM;
    else if (!error && !text_is_utf8(target, length))
        error = HOST_E_ILSEQ;
    if (error)
        return p2_give_file_error(call, error);
    r = p2_case(call, P2_OK, &string);
    return r ? r : slot_string(string, (struct text){target, length});
}
