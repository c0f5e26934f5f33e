/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The catalogue of one daemon: home, module store, code cache, state database, opened together and mended
 * after a crash.  `arcella run` uses catalog/cache.h alone.  Owned by the daemon; its loop's thread.
 */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include "catalog/cache.h"
#include "catalog/home.h"
#include "catalog/install.h"
#include "catalog/state.h"
#include "catalog/store.h"

struct catalog {
    struct home *home; /* borrowed */
    struct store *store;
    struct cache *cache; /* NULL where it cannot be used: programs are compiled at each start */
    struct state *state;
    struct problems problems; /* for `status` */
    bool rebuilt;             /* the database was begun anew: deployments were lost */
};

/**
 * Open the catalogue of a home that is locked (home_lock()), and recover: interrupted installs and removals
 * are completed or undone, a lost database is filled from modules/.
 *
 * @param home       borrowed, outlives the catalogue
 * @param entries_max, bytes_max  bounds of the cache; 0 for the defaults
 * @return 0, VERSION (a newer Arcella's database), DENIED, SPACE, SYSTEM, NOMEM
 */
int catalog_open(struct home *home, uint64_t entries_max, uint64_t bytes_max, struct catalog **ret,
                 arcella_error **reterr) MUST_CHECK;
struct catalog *catalog_free(struct catalog *catalog);
DEFINE_CLEANUP(catalog_free_ptr, struct catalog *, catalog_free)

/**
 * After any call that returned CORRUPT from the database: look once more, and if it is damaged indeed put it
 * aside, begin anew and record what is in modules/.  The caller then adds again the deployments it still
 * knows; EXISTS says that nothing was lost.
 *
 * @return as catalog_open()
 */
int catalog_recover(struct catalog *catalog, arcella_error **reterr) MUST_CHECK;

/**
 * Open a component's binary, verified; one that does not fit is put into quarantine and reported.
 *
 * @return 0, NOT_FOUND, CORRUPT (quarantined now or before), SYSTEM
 */
int catalog_open_binary(struct catalog *catalog, const struct component_record *record, int *ret_fd,
                        arcella_error **reterr) MUST_CHECK;

#endif
