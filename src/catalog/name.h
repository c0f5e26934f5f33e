/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names: components, versions, ids, groups, deployments, interfaces.  Plain data, copied by assignment;
 * nothing here allocates but errors.  Any thread.
 *
 *   component, deployment, group   a letter or digit, then letters, digits, '-', '_', '.'; at most 64 bytes
 *   version                        Semantic Versioning 2.0.0: 1.2.3, 1.2.3-rc.1, 1.2.3+build
 *   id                             name@version
 *   interface                      namespace:package[/interface][@version]
 */
#ifndef CATALOG_NAME_H
#define CATALOG_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"

#define NAME_GROUP_DEFAULT "default" /* group of deployments that hold no more than the defaults */
#define NAME_GROUP_MAIN    "main"    /* the daemon's own process; never a worker's group */

/* What a name is for; decides which are reserved and how messages call it. */
#define NAME_USE_MAP(XX)                                                                                     \
    XX(COMPONENT, "component")                                                                               \
    XX(DEPLOYMENT, "deployment")                                                                             \
    XX(GROUP, "group")
enum name_use {
#define XX(name, text) NAME_##name,
    NAME_USE_MAP(XX)
#undef XX
};

/**
 * Check a name.
 *
 * `main` is reserved for every use, `default` for all but groups (a deployment of that name would share its
 * own group with everybody).
 *
 * @return 0, INVALID (with what is wrong and at which character)
 */
int name_check(enum name_use use, const char *text, arcella_error **reterr) MUST_CHECK;

/* A version; text is as written, the rest is what it says. */
struct version {
    uint32_t major, minor, patch;
    char text[LIMIT_VERSION_BYTES + 1];
    uint8_t pre;   /* offset of the pre-release part in text, 0 = none */
    uint8_t build; /* offset of the build part in text, 0 = none */
};

/** Parse a full semantic version. @return 0, INVALID (with the reason; "1.0" is told to be written "1.0.0")
 */
int version_parse(const char *text, struct version *ret, arcella_error **reterr) MUST_CHECK;
/** As version_parse(), and x.y is read as x.y.0 (text becomes that too); for interface names. */
int version_parse_short(const char *text, struct version *ret, arcella_error **reterr) MUST_CHECK;
/** Order by precedence (SemVer 11); equal precedence is ordered by build part as text, so that this is total.
 * @return <0, 0, >0 */
int version_compare(const struct version *a, const struct version *b);
/** Can offered stand where wanted is asked for? 1.x: same major, 0.x: same minor, not older; pre-releases
 * only themselves. */
bool version_compatible(const struct version *wanted, const struct version *offered);

/* A component's id. */
struct name_id {
    char name[LIMIT_NAME_BYTES + 1];
    struct version version;
    char text[LIMIT_ID_BYTES + 1]; /* name@version */
};

/** Parse name@version. @return 0, INVALID (which part, and why) */
int name_id_parse(const char *text, struct name_id *ret, arcella_error **reterr) MUST_CHECK;
/** Put a checked name and version together. @return 0, INVALID */
int name_id_make(const char *name, const char *version, struct name_id *ret, arcella_error **reterr)
    MUST_CHECK;
/** Take an id from a file name such as "dir/http-logger@0.1.0.wasm". @return false where it holds none */
bool name_id_from_file(const char *path, struct name_id *ret);
/** Order by name, then version. */
int name_id_compare(const struct name_id *a, const struct name_id *b);

/* How a bare name with several versions is read. */
enum name_choice {
    NAME_LATEST, /* the latest release, or the latest pre-release where there are only such */
    NAME_ONLY,   /* there must be just one (remove) */
};

/**
 * Find which installed component a person means: "name@version" or a bare name.
 *
 * @param ids     what is installed, in any order
 * @param choice  how a bare name with several versions is read
 * @param ret     index into ids
 * @return 0, INVALID (neither an id nor a name), NOT_FOUND (names the versions there are, if any),
 *         AMBIGUOUS (NAME_ONLY: lists the candidates)
 */
int name_resolve(const struct name_id *ids, size_t count, const char *text, enum name_choice choice,
                 size_t *ret, arcella_error **reterr) MUST_CHECK;

/* An interface name, in parts.  Versions are full: "@1.0" was read as "@1.0.0". */
struct interface_name {
    char space[LIMIT_NAME_BYTES + 1];     /* "wasi" */
    char package[LIMIT_NAME_BYTES + 1];   /* "http" */
    char interface[LIMIT_NAME_BYTES + 1]; /* "incoming-handler" or "" */
    bool has_version;
    struct version version;
};

/** Parse an interface name; parts are kebab-case words as in WIT. @return 0, INVALID (with the reason) */
int interface_parse(const char *text, struct interface_name *ret, arcella_error **reterr) MUST_CHECK;
/** Write in full ("wasi:http/incoming-handler@0.2.0"); to has LIMIT_INTERFACE_BYTES + 1. */
void interface_format(const struct interface_name *name, char to[LIMIT_INTERFACE_BYTES + 1]);
/** Does offered serve wanted?  A wanted name without interface part is served by any interface of its
 * package; no version: any version. */
bool interface_matches(const struct interface_name *wanted, const struct interface_name *offered);

#endif
