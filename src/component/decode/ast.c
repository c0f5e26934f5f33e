/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the parts of an ast are called, and its end. */
#include "component/decode/ast.h"

#include "base/mem.h"

const char *component_sort_words(enum component_sort sort) {
    static const char *const words[] = {
#define XX(name, code, core, text) text,
        COMPONENT_SORT_MAP(XX)
#undef XX
    };
    return (unsigned)sort < SORTS ? words[sort] : "item";
}

static const struct {
    const char *words;
    bool runs;
} canons[] = {
#define XX(name, code, run, text) {text, run},
    COMPONENT_CANON_MAP(XX)
#undef XX
};

const char *ast_canon_words(enum ast_canon_kind kind) {
    return (unsigned)kind < CANONS ? canons[kind].words : "canonical function";
}

bool ast_canon_runs(enum ast_canon_kind kind) {
    return (unsigned)kind < CANONS && canons[kind].runs;
}

struct ast *ast_free(struct ast *ast) {
    if (!ast)
        return NULL;
    arena_done(&ast->arena);
    mem_free(ast);
    return NULL;
}
