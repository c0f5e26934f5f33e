/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The install and remove transactions: a state machine without processes.  Whoever drives it runs the intake
 * process between two steps:
 *
 *   install_new ── install_add … ──▶ STAGED ── install_describe ──▶ DESCRIBED ── install_commit ──▶ COMMITTED
 *                                       │ any failure, install_free()                     └▶ ALREADY
 *                                       ▼
 *                                   nothing left
 *
 * What intake reads are the staged copies, so what was described is what is installed.  A crash at any point
 * leaves all or nothing: before the rename a staging directory that the next start removes, after it a whole
 * package that the next start records.  One thread.
 */
#ifndef CATALOG_INSTALL_H
#define CATALOG_INSTALL_H

#include "catalog/cache.h"
#include "catalog/state.h"
#include "catalog/store.h"

#define INSTALL_STATE_MAP(XX)                                                                                \
    XX(EMPTY, "empty")                                                                                       \
    XX(STAGED, "staged")                                                                                     \
    XX(DESCRIBED, "described")                                                                               \
    XX(COMMITTED, "committed")                                                                               \
    XX(ALREADY, "already") /* the same id with equal bytes was there */                                      \
    XX(FAILED, "failed")
enum install_state {
#define XX(name, text) INSTALL_##name,
    INSTALL_STATE_MAP(XX)
#undef XX
        INSTALL_STATES
};

struct install;

/**
 * Begin: make a staging directory.
 *
 * @param source  where it comes from, for people (a path); copied
 * @return 0, SPACE, DENIED, SYSTEM, NOMEM
 */
int install_new(struct store *store, struct state *state, const char *source, struct install **ret,
                arcella_error **reterr) MUST_CHECK;
/** Free; what was not committed is gone from disk. @return NULL */
struct install *install_free(struct install *install);
DEFINE_CLEANUP(install_free_ptr, struct install *, install_free)
/** Stage the binary; must come first. @param name  file name without directory @return 0, STATE, TOO_LARGE,
 * INVALID, SPACE, SYSTEM */
int install_add_binary(struct install *install, const char *name, int fd, arcella_error **reterr) MUST_CHECK;
/** Stage a manifest. @return 0, STATE (twice, or no binary yet), TOO_LARGE, SPACE, SYSTEM */
int install_add_manifest(struct install *install, enum manifest_file file, int fd, arcella_error **reterr)
    MUST_CHECK;
/** The staged copies, for the intake process: borrowed, -1 where there is none. Read-only, offset 0. */
int install_binary_fd(const struct install *install);
int install_manifest_fd(const struct install *install, enum manifest_file file);
/** Digest of the staged binary. */
const struct digest *install_digest(const struct install *install);
/**
 * Say what intake found; takes d (also on failure).
 *
 * @param wanted_id  `--id`, or NULL
 * @return 0 (INSTALL_DESCRIBED, or INSTALL_ALREADY: same id, equal bytes), STATE, INVALID, NO_MANIFEST,
 *         DIGEST (same id, other bytes: names both digests)
 */
int install_describe(struct install *install, struct package_description *d, const char *wanted_id,
                     arcella_error **reterr) MUST_CHECK;
/** Flush, rename into place, record. ALREADY stays so and is success; a quarantined component with equal
 * bytes is made good. @return 0, STATE, SPACE, SYSTEM … : nothing was installed */
int install_commit(struct install *install, arcella_error **reterr) MUST_CHECK;
enum install_state install_state(const struct install *install);
const char *install_state_name(enum install_state s);
/** After install_describe(): what it is. Borrowed. */
const struct package_description *install_description(const struct install *install);
const struct name_id *install_id(const struct install *install);

/**
 * Remove a component: files, record, and cached code that no other component has.
 *
 * @param cache  may be NULL
 * @return 0, NOT_FOUND, DEPLOYED (names its deployments), SPACE, SYSTEM … : nothing was removed
 */
int install_remove(struct store *store, struct state *state, struct cache *cache, const char *id,
                   arcella_error **reterr) MUST_CHECK;

#endif
