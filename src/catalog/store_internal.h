/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the module store share; inside the room only. */
#ifndef CATALOG_STORE_INTERNAL_H
#define CATALOG_STORE_INTERNAL_H

#include "base/buffer.h"
#include "catalog/store.h"

#define STAGE_PREFIX ".stage-"
#define GONE_PREFIX  ".gone-"

struct store {
    int fd; /* of modules/; borrowed */
};

/** Largest record: a description and the rest. */
#define STORE_RECORD_BYTES (LIMIT_DESCRIPTION_BYTES + 64 * KIB)

/** Write a record's bytes. @return 0, TOO_LARGE, NOMEM */
int store_record_write(const struct name_id *id, const struct store_file *files, size_t count,
                       const char *source, uint64_t installed_ms, const struct package_description *d,
                       struct buffer *to, arcella_error **reterr) MUST_CHECK;
/** Read a record's bytes. @return 0, CORRUPT, NOMEM */
int store_record_read(const char *bytes, size_t length, struct store_record **ret, arcella_error **reterr)
    MUST_CHECK;
/** Open a package's directory. @return 0, NOT_FOUND, CORRUPT (no directory of ours), SYSTEM */
int store_open_dir(struct store *store, const char *name, int *ret_fd, arcella_error **reterr) MUST_CHECK;
/** Open one file of a package and verify owner, mode and size. @return 0, CORRUPT, SYSTEM */
int store_open_file(int dirfd, const char *id, const struct store_file *file, int *ret_fd,
                    arcella_error **reterr) MUST_CHECK;
/** Is this fit to be the name of a stored file? */
bool store_file_name_ok(const char *name);

#endif
