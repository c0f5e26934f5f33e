/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of ALME share. */
#ifndef WIRE_ALME_INTERNAL_H
#define WIRE_ALME_INTERNAL_H

#include "base/text.h"
#include "wire/alme.h"

/** Is name one of the words in a list of names separated by any of these characters? '_' and '-' are the
 * same. */
bool alme_names_have(const char *names, const char *separators, const char *name);
/** The first of several names. */
struct text alme_first_name(const char *names);
/** How unlike two names are: insertions, deletions, changes, swaps of neighbours; '_' and '-' are the same.
 */
unsigned alme_distance(const char *a, const char *b);
/** Find a CHOICE by any of its names. @return its first name, or an empty slice */
struct text alme_choice_find(const char *form, const char *name);

#endif
