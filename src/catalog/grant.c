/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sets of grants: rows in and out, as texts (the check is in grant_check.c, options are in grant_option.c,
 * JSON in grant_json.c).  A set is embedded in its owner; it is changed and checked on one thread.
 */
#include "catalog/grant.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "catalog/grant_pattern.h"

static const struct {
    const char *name;
    unsigned actions;
    size_t rows;
} classes[GRANT_CLASSES] = {
#define XX(name_, text_, actions_, rows_) [GRANT_##name_] = {text_, actions_, rows_},
    GRANT_CLASS_MAP(XX)
#undef XX
};

static const struct {
    const char *name;
    unsigned bit;
} actions_table[] = {
#define XX(name_, text_, bit_) {text_, bit_},
    GRANT_ACTION_MAP(XX)
#undef XX
};

static const char *const source_names[] = {
#define XX(name_, text_) [GRANT_BY_##name_] = text_,
    GRANT_SOURCE_MAP(XX)
#undef XX
};
static const char *const effect_names[] = {
#define XX(name_, text_) [GRANT_##name_] = text_,
    GRANT_EFFECT_MAP(XX)
#undef XX
};

const char *grant_class_name(enum grant_class class) {
    return classes[class].name;
}

unsigned grant_class_actions(enum grant_class class) {
    return classes[class].actions;
}

const char *grant_effect_name(enum grant_effect effect) {
    return effect_names[effect];
}

const char *grant_source_name(enum grant_source source) {
    return source_names[source];
}

const char *grant_action_name(enum grant_action action) {
    for (size_t i = 0; i < ARRAY_LENGTH(actions_table); i++)
        if (actions_table[i].bit == (unsigned)action)
            return actions_table[i].name;
    return "?";
}

bool grant_class_find(const char *name, enum grant_class *ret) {
    for (size_t i = 0; i < GRANT_CLASSES; i++)
        if (strcmp(classes[i].name, name) == 0) {
            *ret = (enum grant_class)i;
            return true;
        }
    return false;
}

bool grant_action_find(const char *name, enum grant_action *ret) {
    for (size_t i = 0; i < ARRAY_LENGTH(actions_table); i++)
        if (strcmp(actions_table[i].name, name) == 0) {
            *ret = (enum grant_action)actions_table[i].bit;
            return true;
        }
    return false;
}

void grant_actions_format(unsigned actions, char *to, size_t size) {
    size_t at = 0;
    if (size)
        to[0] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(actions_table) && at < size; i++)
        if (actions & actions_table[i].bit)
            at += (size_t)snprintf(to + at, size - at, "%s%s", at ? "+" : "", actions_table[i].name);
}

void grant_row_words(const struct grant *row, struct grant_words *ret) {
    snprintf(ret->class, sizeof(ret->class), "%s%s%.*s", classes[row->class].name,
             row->module.length ? ":" : "", (int)row->module.length,
             row->module.length ? row->module.data : "");
    if (row->functions.length)
        snprintf(ret->actions, sizeof(ret->actions), "%.*s", (int)row->functions.length, row->functions.data);
    else
        grant_actions_format(row->actions, ret->actions, sizeof(ret->actions));
}

/* --- sets --- */

void grant_set_done(struct grant_set *set) {
    for (size_t i = 0; i < set->count; i++)
        mem_free(set->rows[i].pattern);
    mem_free(set->rows);
    *set = (struct grant_set){.revision = set->revision + 1};
}

void grant_set_replace(struct grant_set *set, struct grant_set *by) {
    uint32_t revision = set->revision;
    grant_set_done(set);
    *set = *by;
    set->revision = revision + 1;
    *by = (struct grant_set){0};
}

static size_t count_rows(const struct grant_set *set, enum grant_class class) {
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += set->rows[i].class == class;
    return count;
}

/* What a row adds to the bytes of its class. */
static size_t weight(const struct grant *row) {
    return strlen(row->pattern) + 1;
}

/* The masks and sums, found again after rows went. */
static void sum_up(struct grant_set *set) {
    memset(set->allowed, 0, sizeof(set->allowed));
    memset(set->denied, 0, sizeof(set->denied));
    memset(set->bytes, 0, sizeof(set->bytes));
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        *(row->effect == GRANT_DENY ? &set->denied[row->class] : &set->allowed[row->class]) |= row->actions;
        set->bytes[row->class] += weight(row);
    }
    set->revision++;
}

void grant_remove(struct grant_set *set, size_t index) {
    mem_free(set->rows[index].pattern);
    memmove(&set->rows[index], &set->rows[index + 1], (set->count - index - 1) * sizeof(*set->rows));
    set->count--;
    sum_up(set);
}

bool grant_narrow(struct grant_set *set, size_t index, unsigned actions) {
    struct grant *row = &set->rows[index];
    row->actions &= ~actions;
    if (!row->actions) {
        grant_remove(set, index);
        return true;
    }
    sum_up(set);
    return false;
}

size_t grant_drop_expired(struct grant_set *set) {
    size_t before = set->count;
    for (size_t i = 0; i < set->count;)
        if (set->rows[i].expires_ms && grant_is_over(&set->rows[i]))
            grant_remove(set, i);
        else
            i++;
    return before - set->count;
}

/* Append a row, taking its pattern. */
static int append(struct grant_set *set, const struct grant *row, arcella_error **reterr) {
    /* Rows may have been taken out, so the array can be longer than a power of two says; never shorter. */
    if ((set->count & (set->count - 1)) == 0) {
        size_t capacity = set->count ? set->count * 2 : 1;
        struct grant *rows = mem_resize(set->rows, capacity * sizeof(*rows));
        if (!rows)
            return error_nomem(reterr);
        set->rows = rows;
    }
    set->rows[set->count++] = *row;
    return 0;
}

static bool same_pattern(const struct grant *a, const struct grant *b) {
    return strcmp(a->pattern, b->pattern) == 0 && text_equal(a->module, b->module) &&
           text_equal(a->functions, b->functions);
}

/*
 * The row a new one stands in the way of, or replaces: the same guest path, the same variable, the same row.
 * Arguments are a list, which may hold equal ones.
 */
static struct grant *find_same(struct grant_set *set, const struct grant *row) {
    if (row->class == GRANT_ARGS)
        return NULL;
    bool by_key = row->class == GRANT_FS || row->class == GRANT_ENV;
    for (size_t i = 0; i < set->count; i++) {
        struct grant *other = &set->rows[i];
        if (other->class != row->class || other->effect != row->effect)
            continue;
        if (by_key ? text_equal(other->key, row->key)
                   : other->actions == row->actions && same_pattern(other, row))
            return other;
    }
    return NULL;
}

/* Put a row that was read in its place, taking its pattern on success. */
static int place(struct grant_set *set, const struct grant *row, arcella_error **reterr) {
    struct grant *same = find_same(set, row);
    bool taken = same && row->class == GRANT_FS && row->effect != GRANT_DENY &&
                 !(same->expires_ms && grant_is_over(same));
    if (taken)
        return error_set(reterr, ARCELLA_E_EXISTS, "two directories under the guest path '%.*s'",
                         (int)row->key.length, row->key.data);
    size_t before = same ? weight(same) : 0;
    bool counted = row->class == GRANT_ENV || row->class == GRANT_ARGS;
    if (counted && set->bytes[row->class] - before + weight(row) > LIMIT_ARGS_BYTES)
        return error_set(reterr, ARCELLA_E_LIMIT, "grants of class %s take more than %llu bytes",
                         classes[row->class].name, LIMIT_ARGS_BYTES);
    if (same) {
        mem_free(same->pattern);
        *same = *row;
        sum_up(set);
        return 0;
    }
    if (count_rows(set, row->class) >= classes[row->class].rows) {
        int r = error_set(reterr, ARCELLA_E_LIMIT, "more than %zu grants of class %s",
                          classes[row->class].rows, classes[row->class].name);
        return row->class != GRANT_NET ? r
                                       : error_hint(reterr, r,
                                                    "one row may name a range of addresses or of ports, "
                                                    "or all names beneath one: *.example.com");
    }
    int r = append(set, row, reterr);
    if (r < 0)
        return r;
    set->bytes[row->class] += weight(row);
    *(row->effect == GRANT_DENY ? &set->denied[row->class] : &set->allowed[row->class]) |= row->actions;
    set->revision++;
    return 0;
}

static int refuse_actions(enum grant_class class, unsigned others, arcella_error **reterr) {
    char known[64], wrong[64];
    grant_actions_format(classes[class].actions, known, sizeof(known));
    grant_actions_format(others, wrong, sizeof(wrong));
    return error_set(reterr, ARCELLA_E_INVALID, "class %s has no action '%s'; it has %s", classes[class].name,
                     wrong, known);
}

static int add(struct grant_set *set, struct grant *row, const char *pattern, struct text module,
               struct text functions, arcella_error **reterr) {
    if (row->actions == 0 || (row->actions & ~classes[row->class].actions))
        return refuse_actions(row->class, row->actions & ~classes[row->class].actions, reterr);
    int r = grant_pattern_read(row, pattern, module, functions, reterr);
    if (r < 0)
        return r;
    r = place(set, row, reterr);
    if (r < 0)
        mem_free(row->pattern);
    return r;
}

int grant_add_until(struct grant_set *set, enum grant_class class, unsigned actions, const char *pattern,
                    enum grant_effect effect, enum grant_source source, uint64_t expires_ms,
                    arcella_error **reterr) {
    struct grant row = {
        .class = class, .actions = actions, .effect = effect, .source = source, .expires_ms = expires_ms};
    return add(set, &row, pattern, (struct text){0}, (struct text){0}, reterr);
}

int grant_add(struct grant_set *set, enum grant_class class, unsigned actions, const char *pattern,
              enum grant_effect effect, enum grant_source source, arcella_error **reterr) {
    return grant_add_until(set, class, actions, pattern, effect, source, 0, reterr);
}

int grant_add_set(struct grant_set *set, const struct grant_set *more, arcella_error **reterr) {
    for (size_t i = 0; i < more->count; i++) {
        const struct grant *from = &more->rows[i];
        struct grant row = {.class = from->class,
                            .actions = from->actions,
                            .effect = from->effect,
                            .source = from->source,
                            .expires_ms = from->expires_ms};
        int r = add(set, &row, from->pattern, from->module, from->functions, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

int grant_set_copy(struct grant_set *to, const struct grant_set *from, arcella_error **reterr) {
    return grant_add_set(to, from, reterr);
}

/* --- texts --- */

/* Read "read+write". @param ret_wrong  the first that is none @return 0 where one is none */
static unsigned read_actions(const char *text, struct text *ret_wrong) {
    unsigned actions = 0;
    for (const char *at = text;;) {
        size_t length = strcspn(at, "+");
        unsigned bit = 0;
        for (size_t i = 0; i < ARRAY_LENGTH(actions_table); i++)
            if (strlen(actions_table[i].name) == length && memcmp(actions_table[i].name, at, length) == 0)
                bit = actions_table[i].bit;
        if (!bit) {
            *ret_wrong = (struct text){at, length};
            return 0;
        }
        actions |= bit;
        at += length;
        if (!*at)
            return actions;
        at++;
    }
}

/* Index of a name in a list, or -1. */
static int find_name(const char *const *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

/* What a class is, for who has written another one. */
static int refuse_class(const char *class, arcella_error **reterr) {
    char known[128];
    size_t at = 0;
    for (size_t i = 0; i < GRANT_CLASSES && at < sizeof(known); i++)
        at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s", i ? ", " : "", classes[i].name);
    return error_set(reterr, ARCELLA_E_INVALID, "there is no class '%.40s'; classes are %s:NAME", class,
                     known);
}

static int refuse_words(const char *class, enum grant_class found, struct text wrong,
                        arcella_error **reterr) {
    char known[64];
    if (found == GRANT_CLASSES)
        return refuse_class(class, reterr);
    grant_actions_format(classes[found].actions, known, sizeof(known));
    return error_set(reterr, ARCELLA_E_INVALID, "class %s has no action '%.*s'; it has %s",
                     classes[found].name, (int)(wrong.length < 40 ? wrong.length : 40),
                     wrong.data ? wrong.data : "", known);
}

int grant_add_text_until(struct grant_set *set, const char *class, const char *actions, const char *pattern,
                         const char *effect, const char *source, uint64_t expires_ms,
                         arcella_error **reterr) {
    static const char host[] = "host:";
    struct text module = {0}, functions = {0}, wrong = {0};
    struct grant row = {.class = GRANT_HOST, .actions = GRANT_CALL, .expires_ms = expires_ms};
    if (strncmp(class, host, sizeof(host) - 1) == 0) {
        module = text_of(class + sizeof(host) - 1);
        if (strcmp(actions, "call") != 0)
            functions = text_of(actions);
        if (!*actions)
            return error_set(
                reterr, ARCELLA_E_INVALID,
                "what of the module '%.*s' may be called is missing: call, or names of functions",
                (int)(module.length < 100 ? module.length : 100), module.data);
    } else {
        if (!grant_class_find(class, &row.class) || row.class == GRANT_HOST)
            row.class = GRANT_CLASSES;
        row.actions = read_actions(actions, &wrong);
        if (row.class == GRANT_CLASSES || !row.actions)
            return refuse_words(class, row.class, wrong, reterr);
    }
    int effect_number = find_name(effect_names, ARRAY_LENGTH(effect_names), effect);
    int source_number = find_name(source_names, ARRAY_LENGTH(source_names), source);
    if (effect_number < 0 || source_number < 0) /* of the database or the wire */
        return error_set(reterr, ARCELLA_E_INVALID, "no grant has the effect '%.40s' and the source '%.40s'",
                         effect, source);
    row.effect = (enum grant_effect)effect_number;
    row.source = (enum grant_source)source_number;
    return add(set, &row, pattern, module, functions, reterr);
}

int grant_add_text(struct grant_set *set, const char *class, const char *actions, const char *pattern,
                   const char *effect, const char *source, arcella_error **reterr) {
    return grant_add_text_until(set, class, actions, pattern, effect, source, 0, reterr);
}
