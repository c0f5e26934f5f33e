/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names of the Component Model: labels, the names of imports and exports, which two may stand side by side,
 * and which provided name serves a wanted one.  Names are slices of texts that others own; nothing here
 * allocates but errors and the sets.  Any thread.
 *
 *   label          is-XML, a1-2: words of one case with '-' between, the first begins with a letter
 *   plain name     label, [constructor]label, [method]label.label, [static]label.label
 *   interface      namespace:package/interface[@version]
 *   others         unlocked-dep=<…>, locked-dep=<…>, url=<…>, integrity=<…>: still read, as the reference
 * does
 *
 * Source: component-model, design/mvp/Explainer.md (Import and Export Definitions, Name Uniqueness, Canonical
 * Interface Name).  Nested namespaces and projections are gated there and refused here.
 */
#ifndef COMPONENT_NAMES_NAME_H
#define COMPONENT_NAMES_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#define EXTERN_NAME_KIND_MAP(XX)                                                                             \
    XX(LABEL, "name")                                                                                        \
    XX(CONSTRUCTOR, "constructor")                                                                           \
    XX(METHOD, "method")                                                                                     \
    XX(STATIC, "static function")                                                                            \
    XX(INTERFACE, "interface")                                                                               \
    XX(DEPENDENCY, "dependency")                                                                             \
    XX(URL, "URL")                                                                                           \
    XX(HASH, "integrity hash")
enum extern_name_kind {
#define XX(name, words) EXTERN_NAME_##name,
    EXTERN_NAME_KIND_MAP(XX)
#undef XX
        EXTERN_NAME_KINDS
};

/* A name taken apart: slices of its text, empty where its kind has none. */
struct extern_name {
    enum extern_name_kind kind;
    struct text text;      /* the whole */
    struct text resource;  /* of constructor, method, static: the label of the resource */
    struct text label;     /* of a label, method, static: what it is called */
    struct text space;     /* of an interface: "wasi" */
    struct text package;   /* "http" */
    struct text interface; /* "types" */
    struct text version;   /* "0.2.12", or the canonical "0.2" where there is a suffix; or empty */
    struct text suffix;    /* the version suffix given: ".12" */
};

/** Is it a label? */
bool label_is(struct text text);
/**
 * Check a label.
 *
 * @param what  "record field", "parameter"; for the message
 * @return 0, WASM ("record field 'aB' is not in kebab case")
 */
int label_check(struct text text, const char *what, arcella_error **reterr) MUST_CHECK;

/** Is it a full semantic version (2.0.0)? */
bool semver_is(struct text text);

/**
 * Take the name of an import or export apart.
 *
 * @param suffix  its version suffix, or empty: then a version must be a full one
 * @return 0, WASM (with what is wrong; the caller adds the place)
 */
int extern_name_parse(struct text text, struct text suffix, struct extern_name *ret, arcella_error **reterr)
    MUST_CHECK;
/**
 * Check the attribute `implements` of an import or export: an interface name, on a plain label.
 *
 * @return 0, WASM
 */
int extern_name_check_implements(const struct extern_name *name, struct text implements,
                                 arcella_error **reterr) MUST_CHECK;

/**
 * The part of a name that decides what serves it: an interface up to the track of its version
 * ("wasi:io/poll@0.2.12" gives "wasi:io/poll@0.2", 1.4.0 gives "@1", 0.0.3 and pre-releases stay whole), any
 * other name itself.  Two names of one track can stand for each other, as far as their types fit.
 *
 * @return a slice of the name: fit as a key of a map
 */
struct text extern_name_track(const struct extern_name *name);
/** Are both of one track? */
bool extern_name_serves(const struct extern_name *wanted, const struct extern_name *provided);
/** The track of a name not taken apart, of whatever form; what is no name of the grammar is its own. */
struct text extern_text_track(struct text text);
/** A name without the '@' and what follows. @return a slice of it */
struct text extern_text_unversioned(struct text text);
/** Are both of one track?  What is no name of the grammar serves only itself. */
bool extern_text_serves(struct text wanted, struct text provided);
/**
 * Order the versions of two interface names by precedence: which of several on a track is the newest.
 *
 * @return <0, 0, >0; a name without version is older than any other
 */
int extern_name_compare_versions(const struct extern_name *a, const struct extern_name *b);

/* Names that must differ strongly from each other: labels of a type, imports or exports of a scope.
 * Zeroed is empty; name_set_done() frees.  The texts added are borrowed until then. */
struct name_set_entry;
struct name_set {
    struct name_set_entry *by_key;
    struct arena arena;
};
void name_set_done(struct name_set *set);
/**
 * Add a label.
 *
 * @param what  "record field"; for the message
 * @return 0, WASM ("record field 'A' conflicts with 'a'"), NOMEM
 */
int name_set_add_label(struct name_set *set, struct text label, const char *what, arcella_error **reterr)
    MUST_CHECK;
/** Add the name of an import or export; methods and static functions share a space. @return as above */
int name_set_add(struct name_set *set, const struct extern_name *name, const char *what,
                 arcella_error **reterr) MUST_CHECK;

/** Write a text from outside as it may stand in a message: visible, cut, NUL-terminated. @return to */
const char *name_shown(struct text text, char *to, size_t size);
#define NAME_SHOWN_BYTES 128
/* name_shown() with room of its own: lives to the end of the block. */
#define NAME_SHOWN(text) name_shown((text), (char[NAME_SHOWN_BYTES]){0}, NAME_SHOWN_BYTES)

#endif
