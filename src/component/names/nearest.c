/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The nearest of several names: edit distance with swapped neighbours, three rows at a time. */
#include "component/nearest.h"
#include "component/names/name.h"

#include <string.h>

#define COMPARED_BYTES 128u

unsigned nearest_distance(struct text a, struct text b) {
    size_t m = a.length < COMPARED_BYTES ? a.length : COMPARED_BYTES;
    size_t n = b.length < COMPARED_BYTES ? b.length : COMPARED_BYTES;
    uint16_t rows[3][COMPARED_BYTES + 1];
    for (size_t i = 0; i <= m; i++) {
        uint16_t *row = rows[i % 3];
        const uint16_t *above = rows[(i + 2) % 3];
        const uint16_t *above2 = rows[(i + 1) % 3];
        row[0] = (uint16_t)i;
        for (size_t j = 1; j <= n; j++) {
            if (i == 0) {
                row[j] = (uint16_t)j;
                continue;
            }
            unsigned least = above[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            if (above[j] + 1u < least)
                least = above[j] + 1u;
            if (row[j - 1] + 1u < least)
                least = row[j - 1] + 1u;
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1] &&
                above2[j - 2] + 1u < least)
                least = above2[j - 2] + 1u;
            row[j] = (uint16_t)least;
        }
    }
    return rows[m % 3][n];
}

/* Names far apart in length need not be compared. */
static bool too_far(struct text a, struct text b, unsigned most) {
    size_t apart = a.length > b.length ? a.length - b.length : b.length - a.length;
    return apart > most;
}

void nearest_consider(struct nearest *search, struct text candidate) {
    struct text wanted = extern_text_unversioned(search->wanted);
    struct text name = extern_text_unversioned(candidate);
    if (wanted.length > COMPARED_BYTES || name.length > COMPARED_BYTES)
        return;
    /* So far it may be off and still be meant: a third of it.  Versions decide between equals, so a whole
     * edit of the name counts as many times more as a version can. */
    unsigned most = wanted.length < 4 ? 1 : (unsigned)(wanted.length / 3);
    if (too_far(wanted, name, most))
        return;
    unsigned distance = nearest_distance(wanted, name);
    if (distance > most)
        return;
    unsigned version = nearest_distance(search->wanted, candidate);
    distance = distance * 2 * COMPARED_BYTES + version;
    if (search->best.length && distance >= search->distance)
        return;
    search->best = candidate;
    search->distance = distance;
}
