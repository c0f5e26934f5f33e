/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Semantic versions 2.0.0 as slices of a borrowed text, of any length: names in components are longer than
 * what the catalog keeps of its own versions.  Plain data; any thread.
 */
#ifndef COMPONENT_NAMES_SEMVER_H
#define COMPONENT_NAMES_SEMVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct semver {
    uint64_t numbers[3]; /* major, minor, patch */
    struct text pre;     /* "rc.1", or empty */
    struct text build;
    size_t
        track; /* bytes from the beginning that say what is compatible: 1 of 1.2.3, 3 of 0.2.3, 5 of 0.0.3 */
};

/** Parse. @return false where it is none */
bool semver_parse(struct text text, struct semver *ret);
/** Order by precedence (SemVer 11); the build part does not count. @return <0, 0, >0 */
int semver_compare(const struct semver *a, const struct semver *b);

#endif
