/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A component as its bytes say it, in order, nothing checked but form: what decode.c makes and check/ and
 * resolve/ read.  Everything is a view into the borrowed bytes or lies in the arena of its struct ast;
 * modules and names are slices.  An index is what the binary has; whether it is in range, check/ says.
 *
 * Source: component-model, design/mvp/Binary.md.
 */
#ifndef COMPONENT_DECODE_AST_H
#define COMPONENT_DECODE_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

/* What an index counts: a row per index space, its code in the binary (core sorts have 0x00 before theirs).
 */
#define COMPONENT_SORT_MAP(XX)                                                                               \
    XX(CORE_FUNC, 0x00, true, "core function")                                                               \
    XX(CORE_TABLE, 0x01, true, "core table")                                                                 \
    XX(CORE_MEMORY, 0x02, true, "core memory")                                                               \
    XX(CORE_GLOBAL, 0x03, true, "core global")                                                               \
    XX(CORE_TAG, 0x04, true, "core tag")                                                                     \
    XX(CORE_TYPE, 0x10, true, "core type")                                                                   \
    XX(CORE_MODULE, 0x11, true, "core module")                                                               \
    XX(CORE_INSTANCE, 0x12, true, "core instance")                                                           \
    XX(FUNC, 0x01, false, "function")                                                                        \
    XX(VALUE, 0x02, false, "value")                                                                          \
    XX(TYPE, 0x03, false, "type")                                                                            \
    XX(COMPONENT, 0x04, false, "component")                                                                  \
    XX(INSTANCE, 0x05, false, "instance")
enum component_sort {
#define XX(name, code, core, words) SORT_##name,
    COMPONENT_SORT_MAP(XX)
#undef XX
        SORTS
};
/** "core function", "instance"; static. */
const char *component_sort_words(enum component_sort sort);

struct ast_ref {
    enum component_sort sort;
    uint32_t index;
};

/* A name with the attributes of Binary.md's nameattributes; texts are empty where there is none. */
struct ast_name {
    struct text name;
    struct text implements;
    struct text version_suffix;
    struct text external_id;
    bool has_implements; /* may be there and empty, which is wrong */
    uint32_t offset;
};

/* --- types --- */

/* A value type at its place of use: a primitive (its code, 0x7f to 0x64) or an index. */
struct ast_valtype {
    bool is_index;
    uint8_t primitive;
    uint32_t index;
    uint32_t offset;
};
/* A field, a case, a parameter, an element; name is empty in a tuple, a list, an option and a result. */
struct ast_field {
    struct text name;
    bool has_type;
    struct ast_valtype type;
};

/* The numbers are the codes of the binary. */
enum ast_defined {
    AST_RECORD = 0x72,
    AST_VARIANT = 0x71,
    AST_LIST = 0x70,
    AST_FIXED_LIST = 0x67,
    AST_TUPLE = 0x6f,
    AST_FLAGS = 0x6e,
    AST_ENUM = 0x6d,
    AST_OPTION = 0x6b,
    AST_RESULT = 0x6a,
    AST_OWN = 0x69,
    AST_BORROW = 0x68,
    AST_STREAM = 0x66,
    AST_FUTURE = 0x65,
    AST_MAP = 0x63
};

enum ast_type_kind {
    AST_TYPE_PRIMITIVE, /* of: primitive */
    AST_TYPE_DEFINED,
    AST_TYPE_FUNC,
    AST_TYPE_COMPONENT,
    AST_TYPE_INSTANCE,
    AST_TYPE_RESOURCE
};
struct ast_type {
    enum ast_type_kind kind;
    uint32_t offset;
    union {
        uint8_t primitive;
        struct {
            enum ast_defined what;
            struct ast_field *fields; /* of record, variant, tuple, flags, enum; element of list, option,
                                         stream, future; ok and error of result; key and value of map */
            uint32_t count;
            uint32_t index;  /* resource of own and borrow */
            uint32_t length; /* of a fixed-length list */
        } defined;
        struct {
            struct ast_field *params;
            uint32_t count;
            bool async;
            bool has_result;
            struct ast_valtype result;
        } func;
        struct ast_scope *scope; /* of a component or instance type: its declarations */
        struct {
            uint8_t rep; /* core value type, 0x7f = i32 */
            bool has_dtor;
            bool async_dtor;
            uint32_t dtor;
        } resource;
    };
};

/* A core type of the component's own (the body of a core module is read by the engine room). */
enum ast_core_kind { AST_CORE_FUNC, AST_CORE_MODULE_TYPE, AST_CORE_OTHER };
struct ast_core_type {
    enum ast_core_kind kind;
    uint32_t offset;
    uint8_t *params; /* of a function type: value type codes */
    uint8_t *results;
    uint32_t param_count, result_count;
    struct ast_module_decl *decls; /* of a module type */
    uint32_t decl_count;
    const char *what; /* of another one (GC types …): what it is, to refuse it by name */
};

/* A core import or export type; index: type of a function or tag. */
struct ast_core_extern {
    enum component_sort sort;
    uint32_t index;
    uint8_t value_type; /* of a global; element type of a table */
    bool mutable_global;
    bool is_64, shared, has_max;
    uint64_t min, max; /* of a table or memory */
};
enum ast_module_decl_kind { AST_MODULE_IMPORT, AST_MODULE_TYPE, AST_MODULE_ALIAS, AST_MODULE_EXPORT };
struct ast_module_decl {
    enum ast_module_decl_kind kind;
    uint32_t offset;
    struct text module, name;
    struct ast_core_extern what;
    struct ast_core_type *type;
    uint32_t outer, index; /* of an alias */
};

enum ast_bound { AST_BOUND_EQ, AST_BOUND_SUB_RESOURCE, AST_BOUND_VALUE_TYPE };
/* The type of an import, of an export, of a declaration. */
struct ast_extern {
    enum component_sort sort;
    enum ast_bound bound; /* of a type, of a value */
    uint32_t index;       /* the type; in the core type space for a core module */
    struct ast_valtype value;
    uint32_t offset;
};

/* --- definitions --- */

struct ast_arg { /* an argument of an instantiation, an export of an inline instance */
    struct ast_name name;
    struct ast_ref ref;
};

enum ast_alias_kind { AST_ALIAS_EXPORT, AST_ALIAS_CORE_EXPORT, AST_ALIAS_OUTER };
struct ast_alias {
    enum ast_alias_kind kind;
    enum component_sort sort;
    uint32_t instance; /* of an export */
    struct text name;
    uint32_t outer, index; /* of an outer one */
};

/* The canonical built-ins that exist: a row each with its opcode; `run`: this room runs it. */
#define COMPONENT_CANON_MAP(XX)                                                                              \
    XX(LIFT, 0x00, true, "lift")                                                                             \
    XX(LOWER, 0x01, true, "lower")                                                                           \
    XX(RESOURCE_NEW, 0x02, true, "resource.new")                                                             \
    XX(RESOURCE_DROP, 0x03, true, "resource.drop")                                                           \
    XX(RESOURCE_REP, 0x04, true, "resource.rep")                                                             \
    XX(TASK_CANCEL, 0x05, false, "task.cancel")                                                              \
    XX(SUBTASK_CANCEL, 0x06, false, "subtask.cancel")                                                        \
    XX(RESOURCE_DROP_ASYNC, 0x07, false, "resource.drop async")                                              \
    XX(TASK_RETURN, 0x09, false, "task.return")                                                              \
    XX(CONTEXT_GET, 0x0a, false, "context.get")                                                              \
    XX(CONTEXT_SET, 0x0b, false, "context.set")                                                              \
    XX(THREAD_YIELD, 0x0c, false, "thread.yield")                                                            \
    XX(SUBTASK_DROP, 0x0d, false, "subtask.drop")                                                            \
    XX(STREAM_NEW, 0x0e, false, "stream.new")                                                                \
    XX(STREAM_READ, 0x0f, false, "stream.read")                                                              \
    XX(STREAM_WRITE, 0x10, false, "stream.write")                                                            \
    XX(STREAM_CANCEL_READ, 0x11, false, "stream.cancel-read")                                                \
    XX(STREAM_CANCEL_WRITE, 0x12, false, "stream.cancel-write")                                              \
    XX(STREAM_DROP_READABLE, 0x13, false, "stream.drop-readable")                                            \
    XX(STREAM_DROP_WRITABLE, 0x14, false, "stream.drop-writable")                                            \
    XX(FUTURE_NEW, 0x15, false, "future.new")                                                                \
    XX(FUTURE_READ, 0x16, false, "future.read")                                                              \
    XX(FUTURE_WRITE, 0x17, false, "future.write")                                                            \
    XX(FUTURE_CANCEL_READ, 0x18, false, "future.cancel-read")                                                \
    XX(FUTURE_CANCEL_WRITE, 0x19, false, "future.cancel-write")                                              \
    XX(FUTURE_DROP_READABLE, 0x1a, false, "future.drop-readable")                                            \
    XX(FUTURE_DROP_WRITABLE, 0x1b, false, "future.drop-writable")                                            \
    XX(ERROR_CONTEXT_NEW, 0x1c, false, "error-context.new")                                                  \
    XX(ERROR_CONTEXT_DEBUG_MESSAGE, 0x1d, false, "error-context.debug-message")                              \
    XX(ERROR_CONTEXT_DROP, 0x1e, false, "error-context.drop")                                                \
    XX(WAITABLE_SET_NEW, 0x1f, false, "waitable-set.new")                                                    \
    XX(WAITABLE_SET_WAIT, 0x20, false, "waitable-set.wait")                                                  \
    XX(WAITABLE_SET_POLL, 0x21, false, "waitable-set.poll")                                                  \
    XX(WAITABLE_SET_DROP, 0x22, false, "waitable-set.drop")                                                  \
    XX(WAITABLE_JOIN, 0x23, false, "waitable.join")                                                          \
    XX(BACKPRESSURE_INC, 0x24, false, "backpressure.inc")                                                    \
    XX(BACKPRESSURE_DEC, 0x25, false, "backpressure.dec")                                                    \
    XX(THREAD_INDEX, 0x26, false, "thread.index")                                                            \
    XX(THREAD_NEW_INDIRECT, 0x27, false, "thread.new-indirect")                                              \
    XX(THREAD_RESUME_LATER, 0x28, false, "thread.resume-later")                                              \
    XX(THREAD_SUSPEND, 0x29, false, "thread.suspend")                                                        \
    XX(THREAD_SUSPEND_THEN_RESUME, 0x2a, false, "thread.suspend-then-resume")                                \
    XX(THREAD_YIELD_THEN_RESUME, 0x2b, false, "thread.yield-then-resume")                                    \
    XX(THREAD_SUSPEND_THEN_PROMOTE, 0x2c, false, "thread.suspend-then-promote")                              \
    XX(THREAD_YIELD_THEN_PROMOTE, 0x2d, false, "thread.yield-then-promote")                                  \
    XX(THREAD_SPAWN_REF, 0x40, false, "thread.spawn-ref")                                                    \
    XX(THREAD_SPAWN_INDIRECT, 0x41, false, "thread.spawn-indirect")                                          \
    XX(THREAD_AVAILABLE_PARALLELISM, 0x42, false, "thread.available-parallelism")
enum ast_canon_kind {
#define XX(name, code, run, words) CANON_##name,
    COMPONENT_CANON_MAP(XX)
#undef XX
        CANONS
};
/** "lift", "resource.new"; static. */
const char *ast_canon_words(enum ast_canon_kind kind);
/** Does this room run it? */
bool ast_canon_runs(enum ast_canon_kind kind);

enum ast_encoding { ENCODING_UTF8, ENCODING_UTF16, ENCODING_LATIN1_UTF16 };
struct ast_options {
    enum ast_encoding encoding;
    bool has_encoding, has_memory, has_realloc, has_post_return, has_callback, async;
    uint32_t memory, realloc_func, post_return, callback;
};
struct ast_canon {
    enum ast_canon_kind kind;
    uint32_t func; /* lift: core function; lower: function; resource.*: the type */
    uint32_t type; /* lift: its function type; stream.*, future.*: the type */
    struct ast_options options;
};

enum ast_def_kind {
    AST_CORE_MODULE,
    AST_CORE_INSTANCE,
    AST_CORE_TYPE,
    AST_COMPONENT,
    AST_INSTANCE,
    AST_ALIAS,
    AST_TYPE,
    AST_CANON,
    AST_START,
    AST_VALUE,
    AST_IMPORT,
    AST_EXPORT /* also the exportdecl of a type's declarations, which has a type and no ref */
};
struct ast_def {
    enum ast_def_kind kind;
    uint32_t offset; /* in the file */
    union {
        struct text module; /* bytes of a core module */
        struct ast_component *component;
        struct { /* of a core instance and of an instance */
            bool is_inline;
            uint32_t index; /* what is instantiated */
            struct ast_arg *args;
            uint32_t count;
        } instance;
        struct ast_core_type *core_type;
        struct ast_type *type;
        struct ast_alias alias;
        struct ast_canon canon;
        struct {
            struct ast_name name;
            struct ast_extern type;
        } import;
        struct {
            struct ast_name name;
            struct ast_ref ref; /* of a component's export */
            bool has_type;
            struct ast_extern type;
        } export;
    };
};

/* Definitions or declarations in their order. */
struct ast_scope {
    struct ast_def *defs;
    uint32_t count;
};
struct ast_component {
    struct ast_scope scope;
    struct text bytes;
    uint32_t offset;             /* of bytes in the file */
    struct text name;            /* of the name section, or empty */
    struct ast_component *outer; /* the one it stands in, or NULL */
};

struct ast {
    struct arena arena;
    struct ast_component *root;
    uint32_t modules;    /* core modules at any depth */
    uint32_t components; /* at any depth, with the root */
};

/**
 * Read a component.
 *
 * @param bytes  borrowed as long as the ast lives
 * @return 0, WASM (with byte offset and what was expected), LIMIT (depth, counts), UNSUPPORTED (a form of the
 *         format that has no place in the ast, by name), NOMEM
 */
int ast_decode(const void *bytes, size_t length, struct ast **ret, arcella_error **reterr) MUST_CHECK;
/** @return NULL */
struct ast *ast_free(struct ast *ast);

#endif
