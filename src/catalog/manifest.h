/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Manifests, and the description of a package made from them and its binary.
 *
 *   component.toml            [component] name, version, description, authors, licence, language, exports,
 * imports; [[grants]] class, action, pattern, reason
 *   deployment-template.toml   [deployment] isolation, trusted, async; [startup] entrypoint, shutdown
 *   arcella.toml              [module], older: both in one; split here, with a note
 *
 * Manifests are read in the intake process, never in the daemon.  What it found travels to the daemon as
 * MessagePack; description_decode() trusts none of it: everything is bounded and checked again.
 * A description is a heap object owned by one; one thread.
 */
#ifndef CATALOG_MANIFEST_H
#define CATALOG_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "catalog/list.h"
#include "catalog/name.h"
#include "catalog/policy.h"
#include "catalog/request.h"

#define MANIFEST_COMPONENT_FILE "component.toml"
#define MANIFEST_TEMPLATE_FILE  "deployment-template.toml"
#define MANIFEST_LEGACY_FILE    "arcella.toml"

/* The manifests of a package. */
#define MANIFEST_FILE_MAP(XX)                                                                                \
    XX(COMPONENT, MANIFEST_COMPONENT_FILE)                                                                   \
    XX(TEMPLATE, MANIFEST_TEMPLATE_FILE)                                                                     \
    XX(LEGACY, MANIFEST_LEGACY_FILE)
enum manifest_file {
#define XX(name, text) MANIFEST_##name,
    MANIFEST_FILE_MAP(XX)
#undef XX
        MANIFEST_FILES
};
/** File name of a manifest; static. */
const char *manifest_file_name(enum manifest_file file);

/* What a binary is; texts as the engine's reader names them. */
#define COMPONENT_KIND_MAP(XX)                                                                               \
    XX(CORE, "core")                                                                                         \
    XX(WASI_P1, "wasi-p1")                                                                                   \
    XX(COMPONENT, "component")
enum component_kind {
#define XX(name, text) KIND_##name,
    COMPONENT_KIND_MAP(XX)
#undef XX
        COMPONENT_KINDS
};
const char *component_kind_name(enum component_kind kind);
/** @return false where there is none of that name */
bool component_kind_find(const char *name, enum component_kind *ret);

#define DESCRIPTION_ITEMS_MAX    2048        /* imports, and exports, kept; more are counted only */
#define DESCRIPTION_NAME_BYTES   256         /* of an item's names; longer ones are cut */
#define DESCRIPTION_ITEMS_BYTES  (320 * KIB) /* of all items in sum */
#define DESCRIPTION_TEXT_BYTES   4096        /* description and the like in a manifest */
#define DESCRIPTION_WARNINGS_MAX 64

/* Does the host provide an import? */
#define DESCRIPTION_PROVIDED_MAP(XX)                                                                         \
    XX(UNKNOWN, "unknown")           /* not looked at */                                                     \
    XX(YES, "provided")              /* */                                                                   \
    XX(NO_INTERFACE, "no interface") /* nobody has that interface */                                         \
    XX(NO_VERSION, "other version")  /* the host has another version of it */                                \
    XX(NO_NAME, "no such name")      /* the interface is there, the name is not */                           \
    XX(OTHER_TYPE, "other type")
enum description_provided {
#define XX(name, text) PROVIDED_##name,
    DESCRIPTION_PROVIDED_MAP(XX)
#undef XX
        PROVIDED_KINDS
};

/* One import or export as the binary says it. */
struct description_item {
    char *module; /* of an import: the module; of a component's import or export: the interface; else NULL */
    char *name;
    char *type;                         /* "func (i32) -> i32", "memory", …; "" if unknown */
    enum description_provided provided; /* imports */
    char *nearest;                      /* what is there instead, or "" */
};
struct description_items {
    struct description_item *items; /* owned */
    size_t count;
    uint64_t total; /* in the binary; more than count where some were left out */
    size_t bytes;   /* of all texts */
};

/* A core module in a component. */
struct description_module {
    uint64_t offset; /* in the file */
    uint64_t length;
    bool has_digest; /* settled by who has the file, never by who describes it */
    struct digest digest;
};

struct package_description {
    /* identity */
    bool has_id; /* from a manifest or by description_set_id() */
    struct name_id id;
    /* manifest */
    bool has_manifest;
    char *description; /* NULL where not given, all owned */
    char *licence;
    char *language;
    struct text_list authors;
    struct text_list exports; /* declared; canonical interface names */
    struct text_list imports;
    struct request_list requests; /* [[grants]] */
    /* template */
    bool has_template;
    struct policy template; /* a layer: only what the template set, origin TEMPLATE */
    char *suggested_group;  /* arcella.toml only */
    /* what the binary says */
    enum component_kind kind;
    struct description_items binary_imports;
    struct description_items binary_exports;
    bool has_start;
    uint64_t functions;
    uint64_t code_bytes;
    uint64_t data_bytes;
    uint64_t memory_bytes;   /* least of its memory, 0 = none; of a component: of all in sum */
    uint64_t table_elements; /* least of its largest table; of a component: of all in sum */
    /* of a component */
    struct description_module *modules; /* owned; its core modules at any depth, in the order of the file */
    size_t modules_count;
    bool modules_unknown; /* recorded by a release that did not look into components; else none means none */
    char *run;            /* the interface with `run` that a start calls ("wasi:cli/run@0.2.0"); NULL: none */
    char *wit;            /* its WIT, where it was asked for; NULL */
    char *wit_json;       /* the same as JSON */
    /* for people */
    struct text_list warnings;
};

/** An empty description. @return NULL on no memory */
struct package_description *description_new(void);
/** Free. @return NULL */
struct package_description *description_free(struct package_description *d);
DEFINE_CLEANUP(description_free_ptr, struct package_description *, description_free)

/**
 * Read the manifests of a package into an empty description.
 *
 * component.toml wins over arcella.toml (with a warning).  No manifest at all is fine: the id must then be
 * set.
 *
 * @param texts  by enum manifest_file: the file's bytes; data NULL where there is none
 * @return 0, MANIFEST (each mistake as file:line:column: key: reason, allowed values; joined by "; "), NOMEM
 */
int manifest_read(const struct text texts[MANIFEST_FILES], struct package_description *d,
                  arcella_error **reterr) MUST_CHECK;

/** Add an item the binary has; cuts long names, counts what is over the bounds. name need not be
 * NUL-terminated. @return 0, NOMEM */
int description_add_import(struct package_description *d, struct text module, struct text name,
                           const char *type, arcella_error **reterr) MUST_CHECK;
int description_add_export(struct package_description *d, struct text name, const char *type,
                           arcella_error **reterr) MUST_CHECK;
/** Add an export of a component; interface "": its own. */
int description_add_component_export(struct package_description *d, struct text interface, struct text name,
                                     const char *type, arcella_error **reterr) MUST_CHECK;
/** Say of the import that was added last whether the host has it. @return 0, NOMEM */
int description_import_provided(struct package_description *d, enum description_provided provided,
                                const char *nearest, arcella_error **reterr) MUST_CHECK;
/** Add a core module of a component. @return 0, LIMIT, NOMEM */
int description_add_module(struct package_description *d, uint64_t offset, uint64_t length,
                           arcella_error **reterr) MUST_CHECK;
/**
 * Take the digests of a component's core modules from its file.
 *
 * @return 0, PROTOCOL (one lies outside of the file), SYSTEM
 */
int description_settle_modules(struct package_description *d, int fd, arcella_error **reterr) MUST_CHECK;
/** Add a warning; further ones than DESCRIPTION_WARNINGS_MAX are dropped. @return 0, NOMEM */
int description_warn(struct package_description *d, arcella_error **reterr, const char *format, ...)
    MUST_CHECK PRINTF_LIKE(3, 4);
/** Compare what the manifest declares with what the binary has; differences become warnings. Call once, when
 * both are in. @return 0, NOMEM */
int description_compare(struct package_description *d, arcella_error **reterr) MUST_CHECK;
/**
 * Settle the id: what the caller asked for (`--id`), else the manifest's, else a component's file name.
 *
 * @param wanted     NULL where none was asked for
 * @param file_name  name of the binary; used for components only ("name@1.2.3.wasm")
 * @return 0, INVALID (wanted is no id, or differs from the manifest's), NO_MANIFEST (which file to add, or
 * `--id`)
 */
int description_set_id(struct package_description *d, const char *wanted, const char *file_name,
                       arcella_error **reterr) MUST_CHECK;

/** Append as MessagePack, at most LIMIT_DESCRIPTION_BYTES. @return 0, TOO_LARGE, NOMEM */
int description_encode(const struct package_description *d, struct buffer *to, arcella_error **reterr)
    MUST_CHECK;
/** Read MessagePack bytes of an untrusted sender, all checks of a manifest included. @return 0, PROTOCOL,
 * NOMEM */
int description_decode(const void *bytes, size_t length, struct package_description **ret,
                       arcella_error **reterr) MUST_CHECK;

/**
 * As JSON for `inspect` and `list`.
 *
 * @param brief  leave out the binary's items
 * @return a new object, NULL on no memory
 */
json_t *description_json(const struct package_description *d, bool brief);

#endif
