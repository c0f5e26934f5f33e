/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Rules for all: cfg/policy.toml, which allows and denies for every deployment, or for those whose names fit.
 *
 *   [[deny]]
 *   deployments = "*"                     # or a list; * stands for any letters of a name; all where left out
 *   grants = ["net:connect:169.254.0.0/16:*"]
 *   reason = "no metadata service"
 *
 *   [[allow]]
 *   deployments = ["web-*", "shop"]
 *   grants = ["net:resolve:*.example.com"]
 *
 * They are read again whenever the file has changed; a file that cannot be read in full is no policy at all
 * and says where (file:line:column), so that nothing starts under half of one.  Owned by the daemon; its
 * loop's thread.
 */
#ifndef CATALOG_RULES_H
#define CATALOG_RULES_H

#include "base/error.h"
#include "base/text.h"
#include "catalog/grant.h"
#include "catalog/list.h"

#define RULES_FILE "policy.toml"

struct rule {
    struct text_list deployments; /* patterns of names; none: all */
    struct grant_set grants;      /* of one effect, source POLICY */
    char *reason;                 /* owned; NULL none */
};

struct rules {
    struct rule *items; /* owned, in the order of the file */
    size_t count;
    uint64_t inode, size, changed_ns; /* of the file that was read; all 0: there was none */
    uint64_t revision;                /* grows whenever other rules are in force */
};

void rules_done(struct rules *rules);
/**
 * Read rules from the text of a file into an empty struct.
 *
 * @param name  how messages name the file
 * @return 0, CONFIG (each mistake as file:line:column: key: reason), LIMIT, NOMEM
 */
int rules_read(struct text text, const char *name, struct rules *ret, arcella_error **reterr) MUST_CHECK;
/**
 * Read policy.toml of a directory where it has changed since it was last read into rules.  No file: no rules.
 * On failure the rules stay as they were, and the next call tries again.
 *
 * @return 0, CONFIG, LIMIT, SYSTEM, NOMEM
 */
int rules_refresh(struct rules *rules, int dir_fd, arcella_error **reterr) MUST_CHECK;
/**
 * Add the rows that are for a deployment to its set.  What it has of its own goes first: a variable or guest
 * path of the policy that is taken is left out.
 *
 * @return 0, LIMIT, NOMEM
 */
int rules_apply(const struct rules *rules, const char *deployment, struct grant_set *set,
                arcella_error **reterr) MUST_CHECK;
/** The reason given for a row of source POLICY. @return NULL: none; borrowed until the rules change */
const char *rules_reason(const struct rules *rules, const char *deployment, const struct grant *row);
/** Does a name fit a pattern, in which * stands for any letters? */
bool rules_name_fits(const char *pattern, const char *name);

#endif
