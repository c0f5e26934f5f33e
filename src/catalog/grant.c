/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sets of grants and the check.  A set is embedded in its owner; it is changed and checked on one thread.
 */
#include "catalog/grant.h"

#include "base/buffer.h"
#include "base/json.h"
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
static const char *const effect_names[] = {[GRANT_ALLOW] = "allow", [GRANT_DENY] = "deny"};

const char *grant_class_name(enum grant_class class) {
    return classes[class].name;
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

void grant_actions_format(unsigned actions, char *to, size_t size) {
    size_t at = 0;
    if (size)
        to[0] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(actions_table) && at < size; i++)
        if (actions & actions_table[i].bit)
            at += (size_t)snprintf(to + at, size - at, "%s%s", at ? "+" : "", actions_table[i].name);
}

/* --- sets --- */

void grant_set_done(struct grant_set *set) {
    for (size_t i = 0; i < set->count; i++)
        mem_free(set->rows[i].pattern);
    mem_free(set->rows);
    *set = (struct grant_set){.revision = set->revision + 1};
}

static size_t count_rows(const struct grant_set *set, enum grant_class class) {
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += set->rows[i].class == class;
    return count;
}

/* Append a row, taking its pattern. */
static int append(struct grant_set *set, const struct grant *row, arcella_error **reterr) {
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

/* The row a new one stands in the way of, or replaces: the same guest path, the same variable. */
static struct grant *find_same(struct grant_set *set, const struct grant *row) {
    for (size_t i = 0; i < set->count; i++) {
        struct grant *other = &set->rows[i];
        if (other->class == row->class && other->effect == row->effect && text_equal(other->key, row->key))
            return other;
    }
    return NULL;
}

/* Put a row that was read in its place, taking its pattern on success. */
static int place(struct grant_set *set, const struct grant *row, arcella_error **reterr) {
    bool has_name = row->class == GRANT_FS || row->class == GRANT_ENV;
    struct grant *same = has_name ? find_same(set, row) : NULL;
    if (same && row->class == GRANT_FS)
        return error_set(reterr, ARCELLA_E_EXISTS, "two directories under the guest path '%.*s'",
                         (int)row->key.length, row->key.data);
    size_t length = strlen(row->pattern);
    size_t before = same ? strlen(same->pattern) : 0;
    bool counted = row->class == GRANT_ENV || row->class == GRANT_ARGS;
    if (counted && set->bytes[row->class] - before + length + 1 > LIMIT_ARGS_BYTES)
        return error_set(reterr, ARCELLA_E_LIMIT, "grants of class %s take more than %llu bytes",
                         classes[row->class].name, LIMIT_ARGS_BYTES);
    if (same) {
        mem_free(same->pattern);
        *same = *row;
    } else {
        if (count_rows(set, row->class) >= classes[row->class].rows)
            return error_set(reterr, ARCELLA_E_LIMIT, "more than %zu grants of class %s",
                             classes[row->class].rows, classes[row->class].name);
        int r = append(set, row, reterr);
        if (r < 0)
            return r;
    }
    set->bytes[row->class] += length + (same ? 0 : 1);
    set->bytes[row->class] -= before;
    if (row->effect == GRANT_ALLOW)
        set->allowed[row->class] |= row->actions;
    else
        set->denied[row->class] |= row->actions;
    set->revision++;
    return 0;
}

int grant_add(struct grant_set *set, enum grant_class class, unsigned actions, const char *pattern,
              enum grant_effect effect, enum grant_source source, arcella_error **reterr) {
    if (actions == 0 || (actions & ~classes[class].actions))
        return error_set(reterr, ARCELLA_E_INVALID, "grants of class %s have no such action",
                         classes[class].name);
    struct grant row = {.class = class, .actions = actions, .effect = effect, .source = source};
    int r = grant_pattern_read(&row, pattern, reterr);
    if (r < 0)
        return r;
    r = place(set, &row, reterr);
    if (r < 0)
        mem_free(row.pattern);
    return r;
}

int grant_set_copy(struct grant_set *to, const struct grant_set *from, arcella_error **reterr) {
    for (size_t i = 0; i < from->count; i++) {
        const struct grant *row = &from->rows[i];
        int r = grant_add(to, row->class, row->actions, row->pattern, row->effect, row->source, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Read "read+write". @return 0 where it is none */
static unsigned read_actions(const char *text) {
    unsigned actions = 0;
    for (const char *at = text;;) {
        size_t length = strcspn(at, "+");
        unsigned bit = 0;
        for (size_t i = 0; i < ARRAY_LENGTH(actions_table); i++)
            if (strlen(actions_table[i].name) == length && memcmp(actions_table[i].name, at, length) == 0)
                bit = actions_table[i].bit;
        if (!bit)
            return 0;
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

int grant_add_text(struct grant_set *set, const char *class, const char *actions, const char *pattern,
                   const char *effect, const char *source, arcella_error **reterr) {
    int class_number = -1;
    for (size_t i = 0; i < GRANT_CLASSES; i++)
        if (strcmp(classes[i].name, class) == 0)
            class_number = (int)i;
    unsigned mask = read_actions(actions);
    int effect_number = find_name(effect_names, ARRAY_LENGTH(effect_names), effect);
    int source_number = find_name(source_names, ARRAY_LENGTH(source_names), source);
    if (class_number < 0 || !mask || effect_number < 0 || source_number < 0)
        return error_set(reterr, ARCELLA_E_INVALID, "no grant is written '%.40s %.40s %.40s %.40s'", class,
                         actions, effect, source);
    return grant_add(set, (enum grant_class)class_number, mask, pattern, (enum grant_effect)effect_number,
                     (enum grant_source)source_number, reterr);
}

/* --- options --- */

int grant_add_dir(struct grant_set *set, const char *option, enum grant_source source,
                  arcella_error **reterr) {
    unsigned actions = GRANT_READ;
    MEM_AUTO char *text = mem_text(option);
    if (!text)
        return error_nomem(reterr);
    if (text_ends(text, ":rw") || text_ends(text, ":ro")) {
        actions |= text_ends(text, ":rw") ? GRANT_WRITE : 0;
        text[strlen(text) - 3] = '\0';
    }
    bool has_guest = strstr(text, "::") != NULL;
    if (!has_guest && strstr(text, ":/"))
        return error_set(
            reterr, ARCELLA_E_INVALID,
            "--dir '%.200s': write HOST::GUEST, with two colons, and :rw behind it to allow writing", option);
    MEM_AUTO char *pattern = has_guest ? mem_text(text) : mem_format("%s::%s", text, text);
    if (!pattern)
        return error_nomem(reterr);
    int r = grant_add(set, GRANT_FS, actions, pattern, GRANT_ALLOW, source, reterr);
    return r < 0 ? error_wrap(reterr, r, "--dir") : 0;
}

int grant_add_env(struct grant_set *set, const char *option, enum grant_source source,
                  arcella_error **reterr) {
    int r = grant_add(set, GRANT_ENV, GRANT_READ, option, GRANT_ALLOW, source, reterr);
    return r < 0 ? error_wrap(reterr, r, "--env") : 0;
}

int grant_add_arg(struct grant_set *set, const char *option, enum grant_source source,
                  arcella_error **reterr) {
    int r = grant_add(set, GRANT_ARGS, GRANT_READ, option, GRANT_ALLOW, source, reterr);
    return r < 0 ? error_wrap(reterr, r, "--arg") : 0;
}

int grant_add_listen(struct grant_set *set, const char *option, enum grant_source source,
                     arcella_error **reterr) {
    struct grant_address address;
    if (!grant_address_read(text_of(option), &address))
        return error_set(
            reterr, ARCELLA_E_INVALID,
            "--listen '%.200s': write an address in numbers and a port, such as 127.0.0.1:8080 or "
            "[::1]:8080",
            option);
    int r = grant_add(set, GRANT_NET, GRANT_LISTEN, option, GRANT_ALLOW, source, reterr);
    return r < 0 ? error_wrap(reterr, r, "--listen") : 0;
}

int grant_add_stdio(struct grant_set *set, enum grant_source source, arcella_error **reterr) {
    static const struct {
        const char *name;
        unsigned action;
    } streams[] = {{"stdin", GRANT_READ}, {"stdout", GRANT_WRITE}, {"stderr", GRANT_WRITE}};
    for (size_t i = 0; i < ARRAY_LENGTH(streams); i++) {
        int r = grant_add(set, GRANT_STDIO, streams[i].action, streams[i].name, GRANT_ALLOW, source, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- the check --- */

/* A resource made ready to be compared: normalised, parsed. */
struct probe {
    struct text text;
    struct grant_address address;
    char path[LIMIT_PATH_BYTES];
};

/* @return false where it is no resource of that class: nothing can match it */
static bool make_probe(enum grant_class class, struct text resource, struct probe *probe) {
    probe->text = resource;
    if (class == GRANT_FS) {
        ssize_t length = grant_path_normalise(resource, probe->path, sizeof(probe->path));
        probe->text = (struct text){probe->path, length < 0 ? 0 : (size_t)length};
        return length >= 0;
    }
    return class != GRANT_NET || grant_address_read(resource, &probe->address);
}

static bool row_matches(const struct grant *row, const struct probe *probe) {
    switch (row->class) {
    case GRANT_FS: return grant_path_beneath(row->key, probe->text);
    case GRANT_NET: return grant_address_matches(&row->address, &probe->address);
    case GRANT_ENV:
    case GRANT_STDIO: return text_equal(row->key, probe->text);
    case GRANT_ARGS: return true;
    case GRANT_CLASSES: break;
    }
    return false;
}

bool grant_check(const struct grant_set *set, enum grant_class class, enum grant_action action,
                 struct text resource, const struct grant **ret_row) {
    unsigned bit = (unsigned)action;
    if (ret_row)
        *ret_row = NULL;
    if (!(set->allowed[class] & bit))
        return false;
    struct probe probe;
    if (!make_probe(class, resource, &probe))
        return false;
    const struct grant *best = NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        if (row->class != class || !(row->actions & bit) || !row_matches(row, &probe))
            continue;
        if (row->effect == GRANT_DENY) {
            if (ret_row)
                *ret_row = row;
            return false;
        }
        /* Of directories inside each other the innermost is meant. */
        if (!best || row->key.length > best->key.length)
            best = row;
    }
    if (ret_row)
        *ret_row = best;
    return best != NULL;
}

/* The innermost directory that is granted, whatever for. */
static const struct grant *find_directory(const struct grant_set *set, const struct probe *probe) {
    const struct grant *best = NULL;
    for (size_t i = 0; set && i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        if (row->class == GRANT_FS && row->effect == GRANT_ALLOW && row_matches(row, probe) &&
            (!best || row->key.length > best->key.length))
            best = row;
    }
    return best;
}

/* Write a text with everything but plain characters as \xNN, cut with "…"; no allocation. */
static void show(struct text text, char *to, size_t size) {
    static const char cut[] = "…";
    size_t at = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool plain = c >= 0x20 && c < 0x7f;
        if (at + (plain ? 1 : 4) + sizeof(cut) > size) {
            if (at + sizeof(cut) <= size)
                at += (size_t)snprintf(to + at, size - at, "%s", cut);
            break;
        }
        at += (size_t)snprintf(to + at, size - at, plain ? "%c" : "\\x%02x", c);
    }
    if (at < size)
        to[at] = '\0';
}

void grant_needed(const struct grant_set *set, enum grant_class class, enum grant_action action,
                  struct text resource, char *to, size_t size) {
    char shown[512], host[512];
    show(resource, shown, sizeof(shown));
    switch (class) {
    case GRANT_FS: {
        struct probe probe;
        const char *suffix = action == GRANT_WRITE ? ":rw" : "";
        const struct grant *row = make_probe(class, resource, &probe) ? find_directory(set, &probe) : NULL;
        if (row) {
            show(row->value, host, sizeof(host));
            show(row->key, shown, sizeof(shown));
        }
        snprintf(to, size, "--dir %s::%s%s", row ? host : "HOSTDIR", shown, suffix);
        return;
    }
    case GRANT_NET:
        if (action == GRANT_LISTEN)
            snprintf(to, size, "--listen %s", shown);
        else
            snprintf(to, size, "net connect %s",
                     shown); /* no option grants it yet: the row, as it would stand */
        return;
    case GRANT_ENV: snprintf(to, size, "--env %s=VALUE", shown); return;
    case GRANT_ARGS: snprintf(to, size, "--arg VALUE"); return;
    case GRANT_STDIO: snprintf(to, size, "arcella run (which passes %s on)", shown); return;
    case GRANT_CLASSES: break;
    }
    snprintf(to, size, "no grant");
}

bool grant_set_beyond_default(const struct grant_set *set) {
    for (size_t i = 0; i < GRANT_CLASSES; i++)
        if (set->allowed[i])
            return true;
    return false;
}

bool grant_covered(const struct grant_set *holder, const struct grant *row) {
    for (size_t i = 0; i < holder->count; i++) {
        const struct grant *held = &holder->rows[i];
        if (held->class != row->class || held->effect != GRANT_ALLOW || (row->actions & ~held->actions))
            continue;
        if (row->class == GRANT_FS ? grant_path_beneath(held->value, row->value)
                                   : strcmp(held->pattern, row->pattern) == 0)
            return true;
    }
    return false;
}

json_t *grant_set_json(const struct grant_set *set, bool hide_values) {
    JSON_AUTO *array = json_array();
    for (size_t i = 0; array && i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        char actions[64];
        grant_actions_format(row->actions, actions, sizeof(actions));
        json_t *object = json_object();
        bool ok = object != NULL;
        json_put_text(object, "class", classes[row->class].name, &ok);
        json_put_text(object, "action", actions, &ok);
        bool hide = hide_values && row->class == GRANT_ENV;
        json_put(object, "pattern", json_bytes(row->pattern, hide ? row->key.length : strlen(row->pattern)),
                 &ok);
        json_put_text(object, "effect", effect_names[row->effect], &ok);
        json_put_text(object, "source", source_names[row->source], &ok);
        if (json_array_append_new(array, object) < 0 || !ok)
            return NULL;
    }
    return TAKE(array);
}
