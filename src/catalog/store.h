/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The module store: modules/<name@version>/ with the package's files under their own names and a record of
 * their digests.  A directory is whole or not there: it is staged as modules/.stage-…, flushed, renamed.
 * Removal renames to modules/.gone-… first.  Only the daemon writes here.
 *
 * Owned by the catalogue; one thread.
 */
#ifndef CATALOG_STORE_H
#define CATALOG_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "catalog/manifest.h"
#include "catalog/name.h"
#include "catalog/problem.h"

#define STORE_RECORD_FILE ".record"
#define STORE_FILES_MAX   (1 + MANIFEST_FILES)

struct store;

/* A file of a package as it lies in the store. */
struct store_file {
    char name[256]; /* original file name */
    struct digest digest;
    uint64_t size;
};
/* What the record of a stored package says; a heap object. */
struct store_record {
    struct name_id id;
    struct store_file files[STORE_FILES_MAX]; /* the first is the binary */
    size_t file_count;
    char *source;                            /* path it was installed from, for people; owned */
    uint64_t installed_ms;                   /* wall time */
    struct package_description *description; /* owned */
};
struct store_record *store_record_free(struct store_record *record);
DEFINE_CLEANUP(store_record_free_ptr, struct store_record *, store_record_free)

/** Open the store on the descriptor of modules/ (borrowed; outlives it). @return 0, NOMEM */
int store_open(int modules_fd, struct store **ret, arcella_error **reterr) MUST_CHECK;
struct store *store_free(struct store *store);

/* --- staging (used by catalog/install.h) --- */

struct store_stage;
/** Begin a staging directory. @return 0, SPACE, DENIED, SYSTEM, NOMEM */
int store_stage_new(struct store *store, struct store_stage **ret, arcella_error **reterr) MUST_CHECK;
/** Copy a file into it from offset 0 and take its digest; the binary first. @return 0, TOO_LARGE, INVALID
 * (name), SPACE, SYSTEM */
int store_stage_add(struct store_stage *stage, const char *name, int fd, uint64_t limit,
                    arcella_error **reterr) MUST_CHECK;
/** The staged copy of file n, open for reading; borrowed. */
int store_stage_fd(const struct store_stage *stage, size_t n);
const struct store_file *store_stage_file(const struct store_stage *stage, size_t n);
/** Write the record, flush everything, rename into place, flush the directory. @return 0, EXISTS, SPACE,
 * SYSTEM */
int store_stage_publish(struct store_stage *stage, const struct package_description *d, const char *source,
                        uint64_t wall_ms, arcella_error **reterr) MUST_CHECK;
/** Free; what was not published is removed. @return NULL */
struct store_stage *store_stage_free(struct store_stage *stage);
DEFINE_CLEANUP(store_stage_free_ptr, struct store_stage *, store_stage_free)

/* --- reading --- */

/** Is there anything under this id? */
bool store_has(struct store *store, const char *id);
/** Read the record of a stored package. @return 0, NOT_FOUND, CORRUPT (record damaged or of another id),
 * SYSTEM, NOMEM */
int store_read(struct store *store, const char *id, struct store_record **ret, arcella_error **reterr)
    MUST_CHECK;
/**
 * Open the binary of a package, verified: owner, mode, size and digest.
 *
 * @param digest  what it must be
 * @return 0, NOT_FOUND, CORRUPT (says what differs; the caller quarantines), SYSTEM
 */
int store_open_binary(struct store *store, const char *id, const struct digest *digest, int *ret_fd,
                      arcella_error **reterr) MUST_CHECK;
/** Verify all files of a package against its record. @return as store_open_binary() */
int store_verify(struct store *store, const char *id, arcella_error **reterr) MUST_CHECK;

/* --- removing and mending --- */

/** Take a package out of sight in one step (rename to .gone-…). @return 0, NOT_FOUND, SYSTEM */
int store_hide(struct store *store, const char *id, arcella_error **reterr) MUST_CHECK;
/** Undo store_hide(); what fails is put back by the next sweep. @return 0, NOT_FOUND, EXISTS, SYSTEM */
int store_unhide(struct store *store, const char *id, arcella_error **reterr);
/** Delete what store_hide() hid. @return 0, SYSTEM (left for the next sweep) */
int store_delete_hidden(struct store *store, const char *id, arcella_error **reterr);

/**
 * Look at everything in modules/ at start: staging leftovers of a crash are removed; entries that are no
 * package of ours are reported and left.
 *
 * @param known   is this id in the database? A hidden package that is comes back, one that is not is deleted
 * @param found   called for each whole package with its record (borrowed)
 * @return 0; SYSTEM where modules/ cannot be read at all
 */
int store_sweep(struct store *store, bool (*known)(const char *id, void *user),
                int (*found)(const struct store_record *record, void *user, arcella_error **reterr),
                void *user, struct problems *problems, arcella_error **reterr) MUST_CHECK;

#endif
