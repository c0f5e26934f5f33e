/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Grants: what a deployment may reach.  Rows of class, actions, pattern, effect, source and expiry; nothing
 * is allowed that no row allows, and a row that denies wins.  Clocks, random numbers and writing to the log
 * are free and no class.  The table of patterns is GRANT_PATTERN_MAP; docs/grants.md explains them.
 *
 * A set is owned by whoever embeds it; the worker's copy is what host checks at each operation.  Checks
 * allocate nothing and may run on a fiber; they are made on the thread that changes the set.  A row whose
 * time is over is no row: each check looks at the clock where a row with an expiry would decide.
 */
#ifndef CATALOG_GRANT_H
#define CATALOG_GRANT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
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
    XX(RESOLVE, "resolve", 32)                                                                               \
    XX(SECRET, "secret", 64) /* a variable whose value is in a file */                                       \
    XX(CALL, "call", 128)    /* any function of a host module, or those the row names */
enum grant_action {
#define XX(name, text, bit) GRANT_##name = (bit),
    GRANT_ACTION_MAP(XX)
#undef XX
};

/* Class, text, actions it knows, most rows. */
#define GRANT_CLASS_MAP(XX)                                                                                  \
    XX(FS, "fs", GRANT_READ | GRANT_WRITE, LIMIT_DIRS)                                                       \
    XX(NET, "net", GRANT_LISTEN | GRANT_CONNECT | GRANT_UDP | GRANT_RESOLVE, 256)                            \
    XX(ENV, "env", GRANT_READ | GRANT_SECRET, LIMIT_ENV)                                                     \
    XX(ARGS, "args", GRANT_READ, LIMIT_ARGS)                                                                 \
    XX(STDIO, "stdio", GRANT_READ | GRANT_WRITE, 8)                                                          \
    XX(STORE, "store", GRANT_READ | GRANT_WRITE, 256)                                                        \
    XX(HOST, "host", GRANT_CALL, 256)
enum grant_class {
#define XX(name, text, actions, rows) GRANT_##name,
    GRANT_CLASS_MAP(XX)
#undef XX
        GRANT_CLASSES
};

/* What patterns look like, for people: class, actions, pattern, what it means. */
#define GRANT_PATTERN_MAP(XX)                                                                                \
    XX(FS, "read, write", "HOST::GUEST",                                                                     \
       "a directory of the host (absolute) under a guest path, and all beneath it; to deny: GUEST, where "   \
       "`*` is one segment and `**` any number of them")                                                     \
    XX(NET, "listen, connect, udp", "HOST:PORT",                                                             \
       "HOST is an address (`192.0.2.7`, `[2001:db8::1]`), a range (`10.0.0.0/8`, `[fd00::]/8`), a name "    \
       "(`api.example.com`, `*.example.com`) or `*`; PORT is a number, `LOW-HIGH` or `*`")                   \
    XX(NET, "resolve", "NAME",                                                                               \
       "a name that may be looked up, `*.example.com` for those beneath, `*` for all")                       \
    XX(ENV, "read", "NAME=VALUE", "one variable; to deny: NAME, `PREFIX*` or `*`")                           \
    XX(ENV, "secret", "NAME=FILE", "one variable with the value that is in FILE (absolute) when it starts")  \
    XX(ARGS, "read", "VALUE", "one argument, in the order of the rows; to deny: VALUE, or `*` for all")      \
    XX(STDIO, "read, write", "stdin|stdout|stderr",                                                          \
       "the caller's own descriptors, under `arcella run`; otherwise output goes to the log; `*` for all")   \
    XX(STORE, "read, write", "KEY",                                                                          \
       "keys of its store: segments between `/`, `*` is one and `**` any number of them")                    \
    XX(HOST, "call, or functions of NAME", "RESOURCE",                                                       \
       "what functions of the host module NAME are called for; segments as of keys, `**` for anything")

/* AUDIT allows and tells: what passes by such a row only is reported as what a tight policy needs. */
#define GRANT_EFFECT_MAP(XX)                                                                                 \
    XX(ALLOW, "allow")                                                                                       \
    XX(DENY, "deny")                                                                                         \
    XX(AUDIT, "audit")
enum grant_effect {
#define XX(name, text) GRANT_##name,
    GRANT_EFFECT_MAP(XX)
#undef XX
        GRANT_EFFECTS
};

#define GRANT_SOURCE_MAP(XX)                                                                                 \
    XX(OPTION, "option")     /* whoever started it */                                                        \
    XX(TEMPLATE, "template") /* asked for by the package, and let have */                                    \
    XX(POLICY, "policy")     /* cfg/policy.toml */                                                           \
    XX(ADMIN, "admin")       /* `grant` on what was there already */
enum grant_source {
#define XX(name, text) GRANT_BY_##name,
    GRANT_SOURCE_MAP(XX)
#undef XX
        GRANT_SOURCES
};

/* What a net row speaks of, read once when the row was added. */
struct grant_address {
    enum { GRANT_ANY_HOST, GRANT_RANGE, GRANT_NAME } kind;
    struct net_address low; /* RANGE: what the leading bits are compared with; its port is unused */
    uint8_t prefix;         /* RANGE: leading bits that must agree, of 128 */
    uint16_t port_low;
    uint16_t port_high;
};

struct grant {
    enum grant_class class;
    unsigned actions; /* of enum grant_action */
    enum grant_effect effect;
    enum grant_source source;
    uint64_t expires_ms; /* since 1970; 0: never */
    char *pattern;       /* owned; normalised */
    struct text key;     /* slice that is matched: the guest path, the variable's name, the host's name … */
    struct text value;   /* the rest: the host path, the variable's value, the argument */
    struct text module;  /* host: NAME; slice */
    struct text functions;        /* host: "get+put", empty for all; slice */
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
/** As grant_add(), with a time (ms since 1970) after which it is no row; 0: never. */
int grant_add_until(struct grant_set *set, enum grant_class class, unsigned actions, const char *pattern,
                    enum grant_effect effect, enum grant_source source, uint64_t expires_ms,
                    arcella_error **reterr) MUST_CHECK;
/** As grant_add() from texts as they stand in the database and on the wire ("fs", "read+write", …, "allow",
 * "option"; class "host:NAME" with actions "call" or "get+put"). */
int grant_add_text(struct grant_set *set, const char *class, const char *actions, const char *pattern,
                   const char *effect, const char *source, arcella_error **reterr) MUST_CHECK;
int grant_add_text_until(struct grant_set *set, const char *class, const char *actions, const char *pattern,
                         const char *effect, const char *source, uint64_t expires_ms, arcella_error **reterr)
    MUST_CHECK;
/** Add all rows of another set. @return as grant_add() */
int grant_add_set(struct grant_set *set, const struct grant_set *more, arcella_error **reterr) MUST_CHECK;
/** Take the content of another set, which is empty then; the revision grows. */
void grant_set_replace(struct grant_set *set, struct grant_set *by);
/** Take a row out. @param index  of a row */
void grant_remove(struct grant_set *set, size_t index);
/** Take actions of a row away; without any left it goes. @return is it gone? */
bool grant_narrow(struct grant_set *set, size_t index, unsigned actions);
/** Take rows out whose time is over. @return how many */
size_t grant_drop_expired(struct grant_set *set);

/* Where all that an option may say is described. */
#define GRANT_HINT                                                                                           \
    "`arcella help grant` shows the options, docs/reference/grants.md all classes, actions and patterns"
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
/** --net connect=HOST:PORT, listen=, udp=, resolve=NAME. */
int grant_add_net(struct grant_set *set, const char *option, enum grant_source source, arcella_error **reterr)
    MUST_CHECK;
/** --secret NAME=FILE; FILE must be absolute. */
int grant_add_secret(struct grant_set *set, const char *option, enum grant_source source,
                     arcella_error **reterr) MUST_CHECK;
/** --allow and --deny CLASS:ACTIONS:PATTERN, host:NAME:FUNCTIONS:PATTERN. */
int grant_add_rule(struct grant_set *set, const char *option, enum grant_effect effect,
                   enum grant_source source, arcella_error **reterr) MUST_CHECK;
/** --audit-only: rows of effect AUDIT for all that can be audited (directories from "/" on, the network, its
 * store, host modules). */
int grant_add_audit(struct grant_set *set, enum grant_source source, arcella_error **reterr) MUST_CHECK;
/** The caller's own stdin, stdout and stderr. */
int grant_add_stdio(struct grant_set *set, enum grant_source source, arcella_error **reterr) MUST_CHECK;

/** Is a row's time over? */
bool grant_is_over(const struct grant *row);

/**
 * May this be done?
 *
 * @param action    one action
 * @param resource  fs: a guest path, normalised here ("a/../b" is "b"), must not leave what it starts in;
 * net: "ADDRESS:PORT", to resolve a name; env: a name; args: ignored; stdio: "stdin", "stdout", "stderr";
 * store: a key; host: "NAME:FUNCTION:RESOURCE".  Keys and resources of host modules that are not in their
 * normal form ("a//b", "./a") match nothing.
 * @param ret_row   out; the row that decided, NULL where none matched; may be NULL
 * Cost: about 10 ns where no row of the class allows the action, 100 ns for a path.  Never allocates.
 */
bool grant_check(const struct grant_set *set, enum grant_class class, enum grant_action action,
                 struct text resource, const struct grant **ret_row);

/**
 * Does a row deny one of these actions, whatever is allowed?  For what is decided at a start, and to say why
 * something was refused.
 *
 * @param actions   at least one; of net all of one kind: RESOLVE, or those of addresses
 * @param resource  as grant_check()
 * @return that row, borrowed; NULL: none
 */
const struct grant *grant_denied(const struct grant_set *set, enum grant_class class, unsigned actions,
                                 struct text resource);

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
 * with it, by that name; names match label by label, whatever their case, "*.example.com" is any name
 * beneath.
 */
bool grant_check_name(const struct grant_set *set, struct text name, const struct grant **ret_row);

/**
 * May this still be done through something opened under a row?  For operations on descriptors, a few ns.
 *
 * @param row  index of the allowing row in the set of this revision
 */
static inline bool grant_check_row(const struct grant_set *set, size_t row, enum grant_action action) {
    return row < set->count && set->rows[row].effect != GRANT_DENY &&
           (set->rows[row].actions & (unsigned)action) &&
           (!set->rows[row].expires_ms || !grant_is_over(&set->rows[row]));
}
/** When the next row of a class is over, ms since 1970; 0: none ever is.  What was checked is to be checked
 * anew then. */
uint64_t grant_next_end(const struct grant_set *set, enum grant_class class);

/**
 * Write what would allow it, as a person would give it ("--dir HOSTDIR::/data:rw").
 *
 * @param set  what is held: a directory that is there but read-only is named with its host path; may be NULL
 * @param to  out; NUL-terminated, quoted for a shell where it has to be, control characters shown as \xNN,
 * cut with "…"
 */
void grant_needed(const struct grant_set *set, enum grant_class class, enum grant_action action,
                  struct text resource, char *to, size_t size);

/** Does the set allow more than nothing?  (Any allowing row: it decides the implicit group.) */
bool grant_set_beyond_default(const struct grant_set *set);
/** Does the holder's set cover this row?  (fs: the same or a directory above on the host with the same
 * actions; else equal rows.) */
bool grant_covered(const struct grant_set *holder, const struct grant *row);

/** The flag that writes a row as it stands: "--deny net:connect:10.0.0.0/8:*", quoted as grant_needed().
 * Values of variables are left out. */
void grant_flag(const struct grant *row, char *to, size_t size);
/**
 * Is a text one flag and one word, as grant_needed() and grant_flag() write them, and nothing a shell would
 * do besides?  For texts that a process wrote which may have been taken over, and that people paste.
 */
bool grant_is_flag(struct text text);
/**
 * Could a row that denies match a guest path that is normalised, or something beneath it?
 *
 * @return such a row, borrowed; NULL: none
 */
const struct grant *grant_denied_beneath(const struct grant_set *set, enum grant_action action,
                                         struct text path);

/** Static names. */
const char *grant_class_name(enum grant_class class);
const char *grant_action_name(enum grant_action action);
const char *grant_effect_name(enum grant_effect effect);
const char *grant_source_name(enum grant_source source);
/** Find a class or action by its name. @return false where there is none */
bool grant_class_find(const char *name, enum grant_class *ret);
bool grant_action_find(const char *name, enum grant_action *ret);
/** The actions a class knows. */
unsigned grant_class_actions(enum grant_class class);
/** Write an action mask: "read+write". */
void grant_actions_format(unsigned actions, char *to, size_t size);

/* Class and actions of a row as texts. */
struct grant_words {
    char class[LIMIT_NAME_BYTES + 8]; /* "fs", "host:kv" */
    char actions[LIMIT_GRANT_ACTIONS_BYTES + 1];
};
/** Write a row's class and actions so. */
void grant_row_words(const struct grant *row, struct grant_words *ret);

/** JSON array of {class, action, pattern, effect, source, expires?: ms since 1970}; values of env rows are
 * left out if hide_values.
 * @return new, NULL on no memory */
json_t *grant_set_json(const struct grant_set *set, bool hide_values);
/** One of them. */
json_t *grant_row_json(const struct grant *row, bool hide_values);
/** Write docs/reference/grants.md from the tables above. @return 0, TOO_LARGE, NOMEM */
int grant_reference(struct buffer *to, arcella_error **reterr) MUST_CHECK;
/** Normalise a path: no empty or "." segments, ".." resolved in the text. @return length written, or -1: it
 * leaves its start, is too long or has a NUL */
ssize_t grant_path_normalise(struct text path, char *to, size_t size);

#endif
