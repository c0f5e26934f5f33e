/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Rights of descriptors.
 *
 * A descriptor begins with all rights that make sense for its type.  A guest gives rights up with
 * fd_fdstat_set_rights, and what it opens beneath a directory never has more than that directory hands down.
 * Of what path_open asks for only FD_READ and FD_WRITE decide anything, as in other current runtimes:
 * programs ask for sets that were copied from somewhere, and fail where those are taken at their word.
 *
 * These are the guest's own bounds.  What it was granted is room host's business: a read-only directory shows
 * the right to write, and the call is denied and audited.
 */
#ifndef WASI_PREVIEW1_RIGHTS_H
#define WASI_PREVIEW1_RIGHTS_H

#include <stdint.h>

#include "host/table.h"

/** The rights that make sense for a file, to begin with: base and inheriting. */
void preview1_rights_of(const struct host_file *file, uint64_t words[2]);
/** What to answer where a descriptor lacks a right: the error that says why, never 0. */
int preview1_rights_refusal(const struct host_slot *slot, uint64_t right);
/** The name of a right bit ("fd_read"); static; "?" for none. */
const char *preview1_right_name(unsigned bit);

#endif
