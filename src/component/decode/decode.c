/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Decoding a component: its sections, and the components in it.  Each component's sections are walked twice:
 * once by their heads, to know how many definitions there are, and once to read them into an array of that
 * size.  Nothing is allocated for a count that its section could not hold.
 */
#include <string.h>

#include "base/mem.h"
#include "component/decode/internal.h"
#include "engine/section.h"

/* --- small things --- */

int decoder_unsupported(struct decoder *d, uint32_t offset, const char *what) {
    return error_set(d->in.reterr, ARCELLA_E_UNSUPPORTED, "%s at byte %u is not supported", what, offset);
}

int decoder_fail_back(struct decoder *d, const char *what) {
    d->in.at--;
    return reader_fail(&d->in, what);
}

int decoder_enter(struct decoder *d) {
    if (d->depth > LIMIT_COMPONENT_DEPTH) /* the outermost is in none */
        return error_set(d->in.reterr, ARCELLA_E_LIMIT,
                         "components and their types are nested more than %d deep at byte %u",
                         LIMIT_COMPONENT_DEPTH, decoder_offset(d));
    d->depth++;
    return 0;
}

int decoder_alloc(struct decoder *d, size_t count, size_t size, void *ret) {
    struct arena *arena = &d->ast->arena;
    void *p = arena_array(arena, count, size);
    if (p) {
        memcpy(ret, &p, sizeof(p));
        return 0;
    }
    /* Within a block of the limit, it is the limit. */
    if (arena->total_bytes + (uint64_t)count * size + MIB <= arena->limit_bytes)
        return error_nomem(d->in.reterr);
    return error_set(d->in.reterr, ARCELLA_E_LIMIT,
                     "the component takes more than %llu bytes to read, at byte %u",
                     (unsigned long long)arena->limit_bytes, decoder_offset(d));
}

int decode_flag(struct decoder *d, bool *ret, const char *what) {
    uint8_t byte;
    TRY(reader_byte(&d->in, &byte, what));
    if (byte > 1)
        return decoder_fail_back(d, what);
    *ret = byte == 1;
    return 0;
}

/* --- sections --- */

enum component_section {
    COMPONENT_CUSTOM,
    COMPONENT_CORE_MODULE,
    COMPONENT_CORE_INSTANCE,
    COMPONENT_CORE_TYPE,
    COMPONENT_COMPONENT,
    COMPONENT_INSTANCE,
    COMPONENT_ALIAS,
    COMPONENT_TYPE,
    COMPONENT_CANON,
    COMPONENT_START,
    COMPONENT_IMPORT,
    COMPONENT_EXPORT,
    COMPONENT_VALUE
};

/* What a section holds.  `bytes`: the shortest item there can be; 0: the section is one item. */
static const struct section_rule {
    enum ast_def_kind kind;
    uint32_t bytes;
    uint32_t most; /* of a component, over all its sections of the kind */
    const char *words;
} rules[COMPONENT_SECTIONS] = {
    [COMPONENT_CORE_MODULE] = {AST_CORE_MODULE, 0, LIMIT_COMPONENT_MODULES, "core modules"},
    [COMPONENT_CORE_INSTANCE] = {AST_CORE_INSTANCE, 2, LIMIT_COMPONENT_INSTANCES, "core instances"},
    [COMPONENT_CORE_TYPE] = {AST_CORE_TYPE, 2, LIMIT_COMPONENT_ITEMS, "core types"},
    [COMPONENT_COMPONENT] = {AST_COMPONENT, 0, LIMIT_COMPONENT_COMPONENTS, "components"},
    [COMPONENT_INSTANCE] = {AST_INSTANCE, 2, LIMIT_COMPONENT_INSTANCES, "instances"},
    [COMPONENT_ALIAS] = {AST_ALIAS, 4, LIMIT_COMPONENT_ITEMS, "aliases"},
    [COMPONENT_TYPE] = {AST_TYPE, 1, LIMIT_COMPONENT_ITEMS, "types"},
    [COMPONENT_CANON] = {AST_CANON, 1, LIMIT_COMPONENT_ITEMS, "canonical functions"},
    [COMPONENT_START] = {AST_START, 0, LIMIT_COMPONENT_ITEMS, "start definitions"},
    [COMPONENT_IMPORT] = {AST_IMPORT, 4, LIMIT_COMPONENT_ITEMS, "imports"},
    [COMPONENT_EXPORT] = {AST_EXPORT, 5, LIMIT_COMPONENT_ITEMS, "exports"},
};

/* How many definitions a component has. */
struct tally {
    uint32_t of[COMPONENT_SECTIONS];
    uint32_t all;
};

static int tally_section(struct decoder *d, uint8_t id, struct reader *section, struct tally *tally) {
    const struct section_rule *rule = &rules[id];
    uint32_t count = 1;
    if (id == COMPONENT_CUSTOM)
        return 0;
    if (id == COMPONENT_VALUE)
        return decoder_unsupported(d, (uint32_t)(section->at - section->start), "a section of values");
    if (rule->bytes)
        TRY(reader_count(section, &count, LIMIT_COMPONENT_ITEMS, rule->bytes, rule->words));
    if (count > rule->most - tally->of[id])
        return error_set(d->in.reterr, ARCELLA_E_LIMIT, "a component has more than %u %s, at byte %u",
                         rule->most, rule->words, (uint32_t)(section->at - section->start));
    tally->of[id] += count;
    tally->all += count; /* at most 11 kinds of a million */
    return 0;
}

/* Walk the heads of all sections. */
static int tally_sections(struct decoder *d, struct tally *tally) {
    struct reader file = d->in, section;
    while (reader_left(&file) > 0) {
        uint8_t id;
        TRY(section_next(&file, true, &id, &section));
        TRY(tally_section(d, id, &section, tally));
    }
    if (tally->of[COMPONENT_INSTANCE] + tally->of[COMPONENT_CORE_INSTANCE] > LIMIT_COMPONENT_INSTANCES)
        return error_set(d->in.reterr, ARCELLA_E_LIMIT, "the component at byte %u has more than %d instances",
                         decoder_offset(d), LIMIT_COMPONENT_INSTANCES);
    return 0;
}

static int decode_component(struct decoder *d, struct ast_component *outer, struct ast_component **ret);

/* Count modules and components at any depth. */
static int count_nested(struct decoder *d, uint32_t *count) {
    if (d->ast->modules + d->ast->components >= LIMIT_COMPONENT_NESTED)
        return error_set(d->in.reterr, ARCELLA_E_LIMIT,
                         "the file has more than %d modules and components, at byte %u",
                         LIMIT_COMPONENT_NESTED, decoder_offset(d));
    (*count)++;
    return 0;
}

/* The body of a core module is the engine room's; here, that it begins like one. */
static int decode_core_module(struct decoder *d, struct ast_def *def) {
    def->module = (struct text){(const char *)d->in.at, reader_left(&d->in)};
    TRY(count_nested(d, &d->ast->modules));
    TRY(section_magic(&d->in, false));
    d->in.at = d->in.end;
    return 0;
}

static int decode_def(struct decoder *d, struct ast_component *component, struct ast_def *def) {
    def->offset = decoder_offset(d);
    switch (def->kind) {
    case AST_CORE_MODULE: return decode_core_module(d, def);
    case AST_CORE_INSTANCE: return decode_core_instance(d, def);
    case AST_CORE_TYPE: return decode_core_type(d, &def->core_type);
    case AST_COMPONENT: return decode_component(d, component, &def->component);
    case AST_INSTANCE: return decode_instance(d, def);
    case AST_ALIAS: return decode_alias(d, &def->alias);
    case AST_TYPE: return decode_type(d, &def->type);
    case AST_CANON: return decode_canon(d, &def->canon);
    case AST_START: return decode_start(d);
    case AST_IMPORT: return decode_import(d, def);
    case AST_EXPORT: return decode_export(d, def);
    case AST_VALUE: break; /* tally_section() refuses its section */
    }
    return error_set(d->in.reterr, ARCELLA_E_INTERNAL, "a definition of an unknown kind");
}

/* component-name: that of the component alone.  A bad one is no reason to refuse (Binary.md, Name Section).
 */
static void read_name_section(struct reader in, struct ast_component *component) {
    in.reterr = NULL;
    while (reader_left(&in) > 0) {
        uint8_t id;
        uint32_t size;
        struct text name;
        if (reader_byte(&in, &id, "") || reader_u32(&in, &size, "") || size > reader_left(&in))
            return;
        struct reader part = in;
        part.end = part.at + size;
        in.at = part.end;
        if (id == 0 && reader_name(&part, &name, "") == 0 && reader_left(&part) == 0 &&
            name.length <= LIMIT_COMPONENT_NAME_BYTES)
            component->name = name;
    }
}

static int decode_custom(struct decoder *d, struct ast_component *component) {
    struct text name;
    TRY(decode_name(d, &name, "a custom section's name"));
    if (text_equal(name, TEXT("component-name")))
        read_name_section(d->in, component);
    d->in.at = d->in.end;
    return 0;
}

/* Read one section, which is the window, behind those read before. */
static int decode_section(struct decoder *d, uint8_t id, struct ast_component *component) {
    const struct section_rule *rule = &rules[id];
    uint32_t count = 1;
    if (id == COMPONENT_CUSTOM)
        return decode_custom(d, component);
    if (rule->bytes)
        TRY(reader_count(&d->in, &count, LIMIT_COMPONENT_ITEMS, rule->bytes, rule->words));
    for (uint32_t i = 0; i < count; i++) {
        struct ast_def *def = &component->scope.defs[component->scope.count];
        def->kind = rule->kind;
        TRY(decode_def(d, component, def));
        component->scope.count++;
    }
    if (reader_left(&d->in) > 0)
        return reader_refuse(&d->in, "%zu bytes are left over in a section of %s", reader_left(&d->in),
                             rule->words);
    return 0;
}

/* The component that is the window. */
static int decode_component(struct decoder *d, struct ast_component *outer, struct ast_component **ret) {
    struct ast_component *component;
    TRY(decoder_array(d, 1, &component));
    struct tally tally = {0};
    component->outer = outer;
    component->offset = decoder_offset(d);
    component->bytes = (struct text){(const char *)d->in.at, reader_left(&d->in)};
    component->name = TEXT("");
    TRY(count_nested(d, &d->ast->components));
    TRY(section_magic(&d->in, true));
    TRY(tally_sections(d, &tally));
    TRY(decoder_array(d, tally.all, &component->scope.defs));
    TRY(decoder_enter(d));
    struct reader file = d->in;
    while (reader_left(&file) > 0) {
        uint8_t id;
        TRY(section_next(&file, true, &id, &d->in));
        TRY(decode_section(d, id, component));
    }
    d->in = file;
    d->depth--;
    *ret = component;
    return 0;
}

static void free_ast(struct ast **ast) {
    ast_free(*ast);
}

int ast_decode(const void *bytes, size_t length, struct ast **ret, arcella_error **reterr) {
    if (length > UINT32_MAX)
        return error_set(reterr, ARCELLA_E_LIMIT, "a component has %zu bytes, less than 2^32 are allowed",
                         length);
    CLEANUP(free_ast) struct ast *ast = mem_new(struct ast);
    if (!ast)
        return error_nomem(reterr);
    ast->arena.limit_bytes = LIMIT_COMPONENT_AST_BYTES;
    const uint8_t *start = length ? bytes : (const uint8_t *)"";
    struct decoder d = {.ast = ast, .in = {start, start, start + length, reterr}};
    TRY(decode_component(&d, NULL, &ast->root));
    *ret = TAKE(ast);
    return 0;
}
