/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Packages from outside: finding their files without being led astray, and showing what they are. Any thread.
 */
#include "daemon/package.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sys.h"

bool package_put(json_t *object, const struct package_description *d, bool brief) {
    JSON_AUTO *all = description_json(d, brief);
    const json_t *binary = json_object_get(all, "binary");
    if (!object || !all || !binary)
        return false;
    bool ok = true;
    /* What is declared stands beside what is there. */
    json_put(all, "declared_imports", json_incref(json_object_get(all, "imports")), &ok);
    json_put(all, "declared_exports", json_incref(json_object_get(all, "exports")), &ok);
    json_object_del(all, "imports");
    json_object_del(all, "exports");
    if (!brief) {
        json_put(all, "imports", json_incref(json_object_get(binary, "imports")), &ok);
        json_put(all, "exports", json_incref(json_object_get(binary, "exports")), &ok);
        if (json_object_get(binary, "modules"))
            json_put(all, "modules", json_incref(json_object_get(binary, "modules")), &ok);
        JSON_AUTO *memories = json_array();
        json_int_t least = (json_int_t)d->memory_bytes;
        if (least && json_array_append_new(memories, json_pack("{s:I}", "min_bytes", least)) < 0)
            ok = false;
        json_put(all, "memories", TAKE(memories), &ok);
        JSON_AUTO *rest = json_copy((json_t *)(uintptr_t)binary);
        json_object_del(rest, "imports");
        json_object_del(rest, "exports");
        json_object_del(rest, "modules");
        json_put(all, "binary", TAKE(rest), &ok);
    }
    return ok && json_object_update_missing(object, all) == 0;
}

void package_missing(const struct package_description *d, char *to, size_t size) {
    const struct description_items *imports = &d->binary_imports;
    const char *last = "";
    size_t at = 0;
    *to = '\0';
    for (size_t i = 0; i < imports->count && at < size; i++) {
        const struct description_item *item = &imports->items[i];
        const char *name = item->module ? item->module : item->name;
        if (item->provided == PROVIDED_UNKNOWN || item->provided == PROVIDED_YES || strcmp(name, last) == 0)
            continue;
        int n = snprintf(to + at, size - at, "%s'%s'", at ? ", " : "", name);
        if (n < 0 || (size_t)n >= size - at) { /* no half names */
            to[at] = '\0';
            return;
        }
        at += (size_t)n;
        last = name;
    }
}

/* Open a regular file beneath a directory without following a link. @return NOT_FOUND, INVALID … */
int package_open_regular(int dir, const char *name, int *ret_fd, arcella_error **reterr) {
    FD_AUTO fd = sys_openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    struct stat st;
    if (fd < 0 && errno == ELOOP)
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is a symbolic link, which is not followed", name);
    if (fd < 0)
        return error_set_errno(reterr, errno, "'%s'", name);
    if (sys_fstat(fd, &st) < 0)
        return error_set_errno(reterr, errno, "'%s'", name);
    if (!S_ISREG(st.st_mode))
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is no regular file", name);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

/* The one .wasm file of a folder. */
static int find_binary(int dir, char *to, size_t size, arcella_error **reterr) {
    int copy = sys_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (!list) {
        fd_close(copy);
        return error_set_errno(reterr, errno, "cannot list the folder");
    }
    size_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(list))) {
        if (!text_ends(entry->d_name, ".wasm") || entry->d_name[0] == '.')
            continue;
        if (!text_copy(to, size, entry->d_name))
            continue;
        count++;
    }
    closedir(list);
    if (count == 1)
        return 0;
    error_set(reterr, count ? ARCELLA_E_AMBIGUOUS : ARCELLA_E_NOT_FOUND,
              count ? "the folder holds %zu .wasm files" : "the folder holds no .wasm file", count);
    return error_hint(reterr, count ? ARCELLA_E_AMBIGUOUS : ARCELLA_E_NOT_FOUND,
                      "name the .wasm file itself");
}

/* Open what the path names: the folder with the manifests, and the binary in it. */
int package_open(const char *path, int *ret_dir, int *ret_binary, char *name, size_t size,
                 arcella_error **reterr) {
    struct stat st;
    if (lstat(path, &st) < 0)
        return error_set_errno(reterr, errno, "'%s'", path);
    if (S_ISLNK(st.st_mode))
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is a symbolic link, which is not followed", path);
    FD_AUTO dir = -1;
    if (S_ISDIR(st.st_mode)) {
        dir = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
        if (dir < 0)
            return error_set_errno(reterr, errno, "'%s'", path);
        int r = find_binary(dir, name, size, reterr);
        if (r < 0)
            return error_wrap(reterr, r, "'%s'", path);
    } else {
        const char *slash = strrchr(path, '/');
        MEM_AUTO char *folder =
            slash && slash > path ? mem_text_n(path, (size_t)(slash - path)) : mem_text(slash ? "/" : ".");
        if (!folder)
            return error_nomem(reterr);
        if (!text_copy(name, size, slash ? slash + 1 : path))
            return error_set(reterr, ARCELLA_E_INVALID, "'%s' is too long", path);
        dir = sys_openat(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0);
        if (dir < 0)
            return error_set_errno(reterr, errno, "'%s'", folder);
    }
    int r = package_open_regular(dir, name, ret_binary, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "'%s'", path);
    *ret_dir = TAKE_FD(dir);
    return 0;
}
