/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Numbers a guest has for its open things: lowest free number first, as POSIX programs expect.
 *
 * One per instance (for ABIs with descriptor numbers), owned by the guest ABI's state, freed before the host.
 */
#ifndef HOST_TABLE_H
#define HOST_TABLE_H

#include "host/file.h"

struct host_table;

/* A number in use. */
struct host_slot {
    struct host_file *file; /* owned; NULL: the number is free */
    uint64_t words[2];      /* the guest ABI's own, for instance its rights */
};

/** Make a table of at most the host's open_files numbers. @return 0, ARCELLA_E_NOMEM */
int host_table_new(struct host *host, struct host_table **ret, arcella_error **reterr) MUST_CHECK;
/** Close everything and free. @return NULL */
struct host_table *host_table_free(struct host_table *table);

/**
 * Give a file the lowest free number.
 *
 * The first refusal leaves a line in the instance's log that names the limit.
 *
 * @param file  taken on success
 * @return 0, HOST_E_MFILE, HOST_E_NOMEM
 */
int host_table_add(struct host_table *table, struct host_file *file, const uint64_t words[2], uint32_t *ret)
    MUST_CHECK;
/** Find a number. @return NULL where it is not in use; borrowed until the table changes */
struct host_slot *host_table_get(struct host_table *table, uint32_t number);
/** Close a number. @return 0, HOST_E_BADF */
int host_table_close(struct host_table *table, uint32_t number) MUST_CHECK;
/** Move from over to, which must be in use and is closed; from is free then. @return 0, HOST_E_BADF */
int host_table_renumber(struct host_table *table, uint32_t from, uint32_t to) MUST_CHECK;
/** Is there room for one more?  Ask before making something that would be lost (an accepted connection).
 * @return 0, HOST_E_MFILE */
int host_table_room(struct host_table *table) MUST_CHECK;
uint32_t host_table_count(const struct host_table *table);

#endif
