/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One policy value: read from text, number, JSON or TOML; written for people.  Bounds are those of the table.
 * One thread.
 */
#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "catalog/name.h"
#include "catalog/policy.h"

static const char *const isolation_words[] = {
#define XX(name, text) [ISOLATION_##name] = text,
    POLICY_ISOLATION_MAP(XX)
#undef XX
};
static const char *const restart_words[] = {
#define XX(name, text) [RESTART_##name] = text,
    POLICY_RESTART_MAP(XX)
#undef XX
};
static const uint64_t stack_classes[] = POLICY_STACK_CLASSES;

/* The words of a CHOICE key. */
static const char *const *choice_words(enum policy_key key, size_t *ret_count) {
    if (key == POLICY_RESTART_KEY) {
        *ret_count = ARRAY_LENGTH(restart_words);
        return restart_words;
    }
    *ret_count = ARRAY_LENGTH(isolation_words);
    return isolation_words;
}

static void format_bytes(uint64_t bytes, char *to, size_t size) {
    static const struct {
        uint64_t unit;
        const char *letter;
    } units[] = {{GIB, "g"}, {MIB, "m"}, {KIB, "k"}, {1, ""}};
    size_t i = 0;
    while (units[i].unit > 1 && (bytes == 0 || bytes % units[i].unit))
        i++;
    snprintf(to, size, "%" PRIu64 "%s", bytes / units[i].unit, units[i].letter);
}

static void format_ms(uint64_t ms, char *to, size_t size) {
    static const struct {
        uint64_t unit;
        const char *letter;
    } units[] = {{3600 * 1000, "h"}, {60 * 1000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;
    while (units[i].unit > 1 && (ms == 0 || ms % units[i].unit))
        i++;
    snprintf(to, size, "%" PRIu64 "%s", ms / units[i].unit, units[i].letter);
}

void policy_allowed(enum policy_key key, char *to, size_t size) {
    const struct policy_row *row = policy_row(key);
    char least[32], most[32];
    switch (row->type) {
    case POLICY_BOOL: snprintf(to, size, "true, false"); return;
    case POLICY_CHOICE: {
        size_t count, at = 0;
        const char *const *words = choice_words(key, &count);
        to[0] = '\0';
        for (size_t i = 0; i < count && at < size; i++)
            at += (size_t)snprintf(to + at, size - at, "%s\"%s\"", i ? ", " : "", words[i]);
        return;
    }
    case POLICY_NAME:
        snprintf(to, size, "a name of letters, digits, '-', '_', '.', at most %" PRIu64 " bytes", row->most);
        return;
    case POLICY_TEXT:
        snprintf(to, size, "the name of an export, at most %" PRIu64 " bytes", row->most);
        return;
    case POLICY_SIZE:
        format_bytes(row->least, least, sizeof(least));
        format_bytes(row->most, most, sizeof(most));
        snprintf(to, size, "a size from %s to %s", least, most);
        return;
    case POLICY_STACK: {
        size_t at = 0;
        to[0] = '\0';
        for (size_t i = 0; i < ARRAY_LENGTH(stack_classes) && at < size; i++) {
            format_bytes(stack_classes[i], least, sizeof(least));
            at += (size_t)snprintf(to + at, size - at, "%s%s", i ? ", " : "", least);
        }
        return;
    }
    case POLICY_DURATION:
        format_ms(row->least, least, sizeof(least));
        format_ms(row->most, most, sizeof(most));
        snprintf(to, size, "a time such as 500ms, 30s, 5m, 2h, from %s to %s", least, most);
        return;
    case POLICY_COUNT:
        snprintf(to, size, "a number from %" PRIu64 " to %" PRIu64, row->least, row->most);
        return;
    }
}

/* INVALID with what was given and what is allowed; the caller puts the key in front. */
static int refuse(enum policy_key key, const char *given, arcella_error **reterr) {
    char allowed[160];
    policy_allowed(key, allowed, sizeof(allowed));
    BUFFER_AUTO shown = BUFFER_INIT(1024);
    if (text_add_visible(&shown, given, strnlen(given, 80), false, NULL) < 0)
        buffer_clear(&shown);
    return error_set(reterr, ARCELLA_E_INVALID, "'%s' is not allowed; allowed: %s",
                     shown.length ? shown.data : "", allowed);
}

static void put_number(struct policy *policy, enum policy_key key, uint64_t number,
                       enum policy_origin origin) {
    mem_free(policy->values[key].text);
    policy->values[key] = (struct policy_value){.set = true, .origin = origin, .number = number};
}

static bool number_allowed(enum policy_key key, uint64_t number) {
    const struct policy_row *row = policy_row(key);
    if (number < row->least || number > row->most)
        return false;
    if (row->type != POLICY_STACK)
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(stack_classes); i++)
        if (stack_classes[i] == number)
            return true;
    return false;
}

static bool is_text(enum policy_key key) {
    return policy_row(key)->type == POLICY_NAME || policy_row(key)->type == POLICY_TEXT;
}

static int set_number(struct policy *policy, enum policy_key key, uint64_t number, enum policy_origin origin,
                      arcella_error **reterr) {
    if (is_text(key))
        return error_set(reterr, ARCELLA_E_INVALID, "a number is not allowed; allowed: a text");
    if (!number_allowed(key, number)) {
        char given[32];
        snprintf(given, sizeof(given), "%" PRIu64, number);
        return refuse(key, given, reterr);
    }
    put_number(policy, key, number, origin);
    return 0;
}

/* Check and set a text key. */
static int set_words(struct policy *policy, enum policy_key key, const char *text, enum policy_origin origin,
                     arcella_error **reterr) {
    const struct policy_row *row = policy_row(key);
    if (row->type == POLICY_NAME) {
        int r = name_check(NAME_GROUP, text, reterr);
        if (r < 0)
            return r;
    }
    size_t length = strlen(text);
    if (length == 0 || length > row->most || !text_is_utf8(text, length))
        return refuse(key, text, reterr);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return refuse(key, text, reterr);
    char *copy = mem_text(text);
    if (!copy)
        return error_nomem(reterr);
    put_number(policy, key, 0, origin);
    policy->values[key].text = copy;
    return 0;
}

/* Read a text of a key that is a number inside. @return false where it is none */
static bool read_number(enum policy_key key, const char *text, uint64_t *ret) {
    switch (policy_row(key)->type) {
    case POLICY_BOOL: *ret = strcmp(text, "true") == 0; return *ret || strcmp(text, "false") == 0;
    case POLICY_CHOICE: {
        size_t count;
        const char *const *words = choice_words(key, &count);
        for (*ret = 0; *ret < count; (*ret)++)
            if (strcmp(words[*ret], text) == 0)
                return true;
        return false;
    }
    case POLICY_SIZE:
    case POLICY_STACK: return text_parse_size(text, UINT64_MAX, ret, NULL) == 0;
    case POLICY_DURATION: return text_parse_duration(text, UINT64_MAX, ret, NULL) == 0;
    case POLICY_COUNT: return text_parse_u64(text, UINT64_MAX, ret, NULL) == 0;
    case POLICY_NAME:
    case POLICY_TEXT: break;
    }
    return false;
}

static int set_text(struct policy *policy, enum policy_key key, const char *text, enum policy_origin origin,
                    arcella_error **reterr) {
    if (is_text(key))
        return set_words(policy, key, text, origin, reterr);
    uint64_t number;
    if (!read_number(key, text, &number) || !number_allowed(key, number))
        return refuse(key, text, reterr);
    put_number(policy, key, number, origin);
    return 0;
}

/* Put the key in front of a refusal. */
static int named(enum policy_key key, int r, arcella_error **reterr) {
    return r == ARCELLA_E_INVALID ? error_wrap(reterr, r, "%s", policy_row(key)->key) : r;
}

int policy_set_text(struct policy *policy, enum policy_key key, const char *text, enum policy_origin origin,
                    arcella_error **reterr) {
    return named(key, set_text(policy, key, text, origin, reterr), reterr);
}

int policy_set_number(struct policy *policy, enum policy_key key, uint64_t number, enum policy_origin origin,
                      arcella_error **reterr) {
    return named(key, set_number(policy, key, number, origin, reterr), reterr);
}

int policy_set_json(struct policy *policy, enum policy_key key, const json_t *value,
                    enum policy_origin origin, arcella_error **reterr) {
    if (json_is_string(value))
        return policy_set_text(policy, key, json_string_value(value), origin, reterr);
    enum policy_type type = policy_row(key)->type;
    if (json_is_boolean(value) && type == POLICY_BOOL)
        return policy_set_number(policy, key, json_is_true(value), origin, reterr);
    bool takes_number = type != POLICY_BOOL && type != POLICY_CHOICE && !is_text(key);
    if (json_is_integer(value) && json_integer_value(value) >= 0 && takes_number)
        return policy_set_number(policy, key, (uint64_t)json_integer_value(value), origin, reterr);
    char allowed[160];
    policy_allowed(key, allowed, sizeof(allowed));
    return error_set(reterr, ARCELLA_E_INVALID, "%s: the value is of the wrong type; allowed: %s",
                     policy_row(key)->key, allowed);
}

int policy_set_toml(struct policy *policy, enum policy_key key, const struct toml_node *value,
                    enum policy_origin origin, arcella_error **reterr) {
    enum policy_type type = policy_row(key)->type;
    if (value->kind == TOML_BOOLEAN && type == POLICY_BOOL)
        return set_number(policy, key, value->boolean, origin, reterr);
    /* A bare number has no unit, so times are texts here. */
    bool takes_number = type == POLICY_COUNT || type == POLICY_SIZE || type == POLICY_STACK;
    if (value->kind == TOML_INTEGER && value->integer >= 0 && takes_number)
        return set_number(policy, key, (uint64_t)value->integer, origin, reterr);
    /* true is not "true": TOML has the type, so it is held to. */
    if (value->kind == TOML_STRING && type != POLICY_BOOL && type != POLICY_COUNT)
        return set_text(policy, key, value->text, origin, reterr);
    char allowed[160];
    policy_allowed(key, allowed, sizeof(allowed));
    return error_set(reterr, ARCELLA_E_INVALID, "%s is not allowed here; allowed: %s",
                     toml_kind_name(value->kind), allowed);
}

void policy_format(const struct policy *policy, enum policy_key key, char *to, size_t size) {
    uint64_t number = policy_number(policy, key);
    switch (policy_row(key)->type) {
    case POLICY_BOOL: text_copy(to, size, number ? "true" : "false"); return;
    case POLICY_CHOICE: {
        size_t count;
        const char *const *words = choice_words(key, &count);
        text_copy(to, size, number < count ? words[number] : "?");
        return;
    }
    case POLICY_NAME:
    case POLICY_TEXT: text_copy(to, size, policy_text(policy, key)); return;
    case POLICY_SIZE:
    case POLICY_STACK: format_bytes(number, to, size); return;
    case POLICY_DURATION: format_ms(number, to, size); return;
    case POLICY_COUNT: snprintf(to, size, "%" PRIu64, number); return;
    }
}
