/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The look at modules/ when a daemon starts: what a crash left is removed or put back, what is whole is
 * handed to the catalogue, what is not ours is reported and left alone.  One thread.
 */
#include <dirent.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"
#include "catalog/list.h"
#include "catalog/store_internal.h"

#define ENTRIES_MAX 100000

struct sweep {
    struct store *store;
    bool (*known)(const char *id, void *user);
    int (*found)(const struct store_record *record, void *user, arcella_error **reterr);
    void *user;
    struct problems *problems;
};

static void note(struct sweep *s, const char *name, int code, const char *text) {
    char subject[300];
    snprintf(subject, sizeof(subject), "modules/%.255s", name);
    problem_add(s->problems, code, subject, "%s", text);
}

/* Names first, actions later: renaming while reading a directory may show an entry twice or not at all. */
static int list_names(struct store *store, struct text_list *names, arcella_error **reterr) {
    FD_AUTO fd = sys_openat(store->fd, ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return error_set_errno(reterr, errno, "cannot read modules/");
    (void)TAKE_FD(fd); /* the stream's now */
    int r = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            if (errno)
                r = error_set_errno(reterr, errno, "cannot read modules/");
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        r = text_list_add(names, ENTRIES_MAX, entry->d_name, reterr);
        if (r < 0)
            break;
    }
    closedir(dir);
    return r;
}

static void remove_leftover(struct sweep *s, const char *name) {
    ERROR_AUTO *error = NULL;
    int r = dir_remove_tree(s->store->fd, name, &error);
    if (r < 0)
        note(s, name, r, arcella_error_message(error));
}

/* A package that was being removed or replaced: the database says which way. */
static void settle_gone(struct sweep *s, const char *name) {
    const char *id = name + strlen(GONE_PREFIX);
    struct stat st;
    bool in_place = fstatat(s->store->fd, id, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (in_place || !s->known(id, s->user)) {
        remove_leftover(s, name);
        return;
    }
    ERROR_AUTO *error = NULL;
    int r = store_unhide(s->store, id, &error);
    if (r < 0)
        note(s, name, r, arcella_error_message(error));
}

static int look_at_package(struct sweep *s, const char *name, arcella_error **reterr) {
    CLEANUP(store_record_free_ptr) struct store_record *record = NULL;
    ERROR_AUTO *error = NULL;
    struct name_id id;
    if (name_id_parse(name, &id, NULL) < 0) {
        note(s, name, ARCELLA_E_CORRUPT, "is no package of this store; it is left as it is");
        return 0;
    }
    int r = store_read(s->store, name, &record, &error);
    if (r == ARCELLA_E_NOMEM)
        return error_move(reterr, TAKE(error));
    if (r < 0) {
        note(s, name, r, arcella_error_message(error));
        return 0;
    }
    return s->found(record, s->user, reterr);
}

int store_sweep(struct store *store, bool (*known)(const char *id, void *user),
                int (*found)(const struct store_record *record, void *user, arcella_error **reterr),
                void *user, struct problems *problems, arcella_error **reterr) {
    struct sweep s = {store, known, found, user, problems};
    CLEANUP(text_list_done) struct text_list names = {0};
    int r = list_names(store, &names, reterr);
    if (r < 0)
        return r;
    for (size_t i = 0; i < names.count; i++) {
        if (text_starts(names.items[i], STAGE_PREFIX))
            remove_leftover(&s, names.items[i]);
        else if (text_starts(names.items[i], GONE_PREFIX))
            settle_gone(&s, names.items[i]);
    }
    /* Again, since packages may have come back. */
    text_list_done(&names);
    r = list_names(store, &names, reterr);
    for (size_t i = 0; r == 0 && i < names.count; i++) {
        const char *name = names.items[i];
        /* Leftovers that could not be removed were reported above. */
        if (!text_starts(name, STAGE_PREFIX) && !text_starts(name, GONE_PREFIX))
            r = look_at_package(&s, name, reterr);
    }
    return r;
}
