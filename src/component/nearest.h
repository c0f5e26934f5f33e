/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The nearest of several names: what somebody probably meant, or what a provider has under another name.
 * Names are compared by edit distance (a letter more, less, other, or two swapped); holds nothing; any
 * thread.
 */
#ifndef COMPONENT_NEAREST_H
#define COMPONENT_NEAREST_H

#include <stdbool.h>

#include "base/text.h"

/* A search: zeroed with `wanted` set, then fed with each candidate. */
struct nearest {
    struct text wanted;
    struct text best; /* "" while nothing is near; borrowed from the candidates */
    unsigned distance;
};
/** Look at one candidate: a plain name, or that of an interface (its interface counts most, then its package,
 * its version least). */
void nearest_consider(struct nearest *search, struct text candidate);
/** How many edits make b of a, counting at most the first 128 bytes of each. */
unsigned nearest_distance(struct text a, struct text b);

#endif
