/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Grants: what a deployment may reach.  Rows of class, actions, pattern, effect, source; nothing is allowed
 * that no row allows, and a row that denies wins.  Clocks, random numbers and writing to the log are free and
 * no class.
 *
 *   fs     read, write      HOST::GUEST       a directory of the host under a guest path, and all beneath it
 *   net    listen, connect  ADDRESS:PORT      127.0.0.1:80, [::1]:80, 10.0.0.0/8:*, PORT may be * or LOW-HIGH
 *   env    read             NAME=VALUE        one variable
 *   args   read             VALUE             one argument, in the order of the rows
 *   stdio  read, write      stdin|stdout|stderr   the caller's own descriptors (otherwise output goes to the
 * log)
 *
 * A set is owned by whoever embeds it; the worker's copy is what host checks at each operation.  Checks
 * allocate nothing and may run on a fiber; they are made on the thread that changes the set.
 */
#ifndef CATALOG_GRANT_H
#define CATALOG_GRANT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "catalog/address.h"

#define GRANT_ACTION_MAP(XX)                                                                                 \
    XX(READ, "read", 1)                                                                                      \
    XX(WRITE, "write", 2)                                                                                    \
    XX(LISTEN, "listen", 4)                                                                                  \
    XX(CONNECT, "connect", 8)                                                                                \
    XX(UDP, "udp", 16)                                                                                       \
    XX(RESOLVE, "resolve", 32)
enum grant_action {
#define XX(name, text, bit) GRANT_##name = (bit),
    GRANT_ACTION_MAP(XX)
#undef XX
};

/* Class, text, actions it knows, most rows. */
#define GRANT_CLASS_MAP(XX)                                                                                  \
    XX(FS, "fs", GRANT_READ | GRANT_WRITE, LIMIT_DIRS)                                                       \
    XX(NET, "net", GRANT_LISTEN | GRANT_CONNECT, 256)                                                        \
    XX(ENV, "env", GRANT_READ, LIMIT_ENV)                                                                    \
    XX(ARGS, "args", GRANT_READ, LIMIT_ARGS)                                                                 \
    XX(STDIO, "stdio", GRANT_READ | GRANT_WRITE, 3)
enum grant_class {
#define XX(name, text, actions, rows) GRANT_##name,
    GRANT_CLASS_MAP(XX)
#undef XX
        GRANT_CLASSES
};

enum grant_effect { GRANT_ALLOW, GRANT_DENY };

#define GRANT_SOURCE_MAP(XX)                                                                                 \
    XX(OPTION, "option")     /* whoever started it */                                                        \
    XX(TEMPLATE, "template") /* asked for by the package */                                                  \
    XX(POLICY, "policy")     /* the daemon's configuration */
enum grant_source {
#define XX(name, text) GRANT_BY_##name,
    GRANT_SOURCE_MAP(XX)
#undef XX
};

/* An address pattern, read once when the row was added. */
struct grant_address {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint8_t prefix;    /* leading bits that must agree, of 128 */
    bool v6;           /* an IPv6 pattern never matches an IPv4 address, nor the other way round */
    uint16_t port_low;
    uint16_t port_high;
};

struct grant {
    enum grant_class class;
    unsigned actions; /* of enum grant_action */
    enum grant_effect effect;
    enum grant_source source;
    char *pattern;     /* owned; normalised */
    struct text key;   /* slice of pattern that is matched: the guest path, the variable's name … */
    struct text value; /* the rest: the host path, the variable's value, the argument */
    struct grant_address address; /* net only */
};

struct grant_set {
    struct grant *rows; /* owned, in the order given */
    size_t count;
    unsigned allowed[GRANT_CLASSES]; /* union of the actions allowed: most refusals need no walk */
    unsigned denied[GRANT_CLASSES];
    size_t bytes[GRANT_CLASSES]; /* of all patterns of a class */
    uint32_t revision; /* grows with every change; what was checked under another must be checked anew */
};

/** Free all; the set is empty and usable again. */
void grant_set_done(struct grant_set *set);
/** Copy into an empty set. @return 0, NOMEM */
int grant_set_copy(struct grant_set *to, const struct grant_set *from, arcella_error **reterr) MUST_CHECK;

/**
 * Add one row.
 *
 * @param actions  at least one that the class knows
 * @param pattern  in the class's form; copied and normalised
 * @return 0, INVALID (what is wrong with it), LIMIT (too many rows of the class), EXISTS (an fs guest path
 * that is taken), NOMEM
 */
int grant_add(struct grant_set *set, enum grant_class class, unsigned actions, const char *pattern,
              enum grant_effect effect, enum grant_source source, arcella_error **reterr) MUST_CHECK;
/** As grant_add() from texts as they stand in the database and on the wire ("fs", "read+write", …, "allow",
 * "option"). */
int grant_add_text(struct grant_set *set, const char *class, const char *actions, const char *pattern,
                   const char *effect, const char *source, arcella_error **reterr) MUST_CHECK;

/* Options as a person gives them; all are INVALID with the reason where they cannot be read. */
/** --dir HOST::GUEST[:rw|:ro] or HOST alone (seen under the same path); HOST must be absolute. */
int grant_add_dir(struct grant_set *set, const char *option, enum grant_source source, arcella_error **reterr)
    MUST_CHECK;
/** --env NAME=VALUE; a later one of the same name replaces the earlier. */
int grant_add_env(struct grant_set *set, const char *option, enum grant_source source, arcella_error **reterr)
    MUST_CHECK;
/** --arg VALUE; any text without NUL. */
int grant_add_arg(struct grant_set *set, const char *option, enum grant_source source, arcella_error **reterr)
    MUST_CHECK;
/** --listen ADDRESS:PORT; an address in numbers and one port (0: any free one). */
int grant_add_listen(struct grant_set *set, const char *option, enum grant_source source,
                     arcella_error **reterr) MUST_CHECK;
/** The caller's own stdin, stdout and stderr. */
int grant_add_stdio(struct grant_set *set, enum grant_source source, arcella_error **reterr) MUST_CHECK;

/**
 * May this be done?
 *
 * @param action    one action
 * @param resource  fs: a guest path, normalised here ("a/../b" is "b"), must not leave what it starts in;
 * net: "ADDRESS:PORT"; env: a name; args: ignored; stdio: "stdin", "stdout", "stderr"
 * @param ret_row   out; the row that decided, NULL where none matched; may be NULL
 * Cost: about 10 ns where no row of the class allows the action, 100 ns for a path.  Never allocates.
 */
bool grant_check(const struct grant_set *set, enum grant_class class, enum grant_action action,
                 struct text resource, const struct grant **ret_row);

/**
 * May an address of the network be used?  By a row whose range holds it (a special address, see
 * catalog/address.h: only by a range that lies within its block), or by a row that names a name it was
 * answered for (never a special one).
 *
 * @param action   GRANT_CONNECT, GRANT_LISTEN, GRANT_UDP
 * @param name     that it was answered for in a lookup of this instance; empty: none
 * @param ret_row  as grant_check()
 */
bool grant_check_address(const struct grant_set *set, enum grant_action action,
                         const struct net_address *address, struct text name, const struct grant **ret_row);
/**
 * May a name be looked up?  By a row that allows to resolve it, or to connect to it, or to exchange datagrams
 * with it, by that name; names match label by label, whatever their case, "*.example.com" is any name beneath.
 */
bool grant_check_name(const struct grant_set *set, struct text name, const struct grant **ret_row);

/**
 * May this still be done through something opened under a row?  For operations on descriptors, a few ns.
 *
 * @param row  index of the allowing row in the set of this revision
 */
static inline bool grant_check_row(const struct grant_set *set, size_t row, enum grant_action action) {
    return row < set->count && set->rows[row].effect == GRANT_ALLOW &&
           (set->rows[row].actions & (unsigned)action);
}

/**
 * Write what would allow it, as a person would give it ("--dir HOSTDIR::/data:rw").
 *
 * @param set  what is held: a directory that is there but read-only is named with its host path; may be NULL
 * @param to  out; NUL-terminated, control characters shown as \xNN, cut with "…"
 */
void grant_needed(const struct grant_set *set, enum grant_class class, enum grant_action action,
                  struct text resource, char *to, size_t size);

/** Does the set allow more than nothing?  (Any allowing row: it decides the implicit group.) */
bool grant_set_beyond_default(const struct grant_set *set);
/** Does the holder's set cover this row?  (fs: the same or a directory above on the host with the same
 * actions; else equal rows.) */
bool grant_covered(const struct grant_set *holder, const struct grant *row);

/** Static names. */
const char *grant_class_name(enum grant_class class);
const char *grant_action_name(enum grant_action action);
const char *grant_effect_name(enum grant_effect effect);
const char *grant_source_name(enum grant_source source);
/** Write an action mask: "read+write". */
void grant_actions_format(unsigned actions, char *to, size_t size);

/** JSON array of {class, action, pattern, effect, source}; values of env rows are left out if hide_values.
 * @return new, NULL on no memory */
json_t *grant_set_json(const struct grant_set *set, bool hide_values);
/** Normalise a path: no empty or "." segments, ".." resolved in the text. @return length written, or -1: it
 * leaves its start, is too long or has a NUL */
ssize_t grant_path_normalise(struct text path, char *to, size_t size);

#endif
