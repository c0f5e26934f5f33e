/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Checking arguments against the rows of a command, and bringing each value into its one final form.  Client
 * and daemon run the same code: the client to refuse a wrong command line, the daemon because it trusts
 * nobody.
 */
#include <arpa/inet.h>

#include "base/log.h"
#include "wire/alme_internal.h"

/* --- values of each type; *ret is a new value --- */

static int expected(arcella_error **reterr, const char *what) {
    return error_set(reterr, ARCELLA_E_INVALID, "expected %s", what);
}

static int take_json(json_t *value, json_t **ret, arcella_error **reterr) {
    if (!value)
        return error_nomem(reterr);
    *ret = value;
    return 0;
}

static int check_length(const char *s, uint64_t max, arcella_error **reterr) {
    size_t length = strlen(s);
    if (length > max)
        return error_set(reterr, ARCELLA_E_INVALID, "%zu bytes are more than the %" PRIu64 " allowed", length,
                         max);
    return 0;
}

static bool only(const char *s, const char *extra) {
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr(extra, *s))
            return false;
    return true;
}

/* Names begin with a letter or digit, so that none looks like an option or a path. */
static int check_name(const char *s, const char *extra, const char *what, arcella_error **reterr) {
    if (!isalnum((unsigned char)s[0]) || !only(s, extra)) {
        BUFFER_AUTO shown = BUFFER_INIT(512);
        if (text_add_visible(&shown, s, strnlen(s, 64), false, NULL) < 0)
            buffer_clear(&shown);
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is not %s", shown.data ? shown.data : "", what);
    }
    return 0;
}

static int check_path(const char *s, arcella_error **reterr) {
    return s[0] == '/' ? 0
                       : expected(reterr, "an absolute path, since the daemon has another current folder");
}

static int check_pair(const char *s, arcella_error **reterr) {
    return s[0] != '=' && strchr(s, '=') ? 0 : expected(reterr, "K=V");
}

static int check_file(const char *s, bool absolute, arcella_error **reterr) {
    const char *equals = strchr(s, '=');
    if (!equals || equals == s || !equals[1])
        return expected(reterr, "NAME=FILE");
    return absolute ? check_path(equals + 1, reterr) : 0;
}

static int check_dir(const char *s, bool absolute, arcella_error **reterr) {
    const char *between = strstr(s, "::");
    if (!between || between == s)
        return expected(reterr, "HOST::GUEST or HOST::GUEST:rw");
    const char *guest = between + 2;
    size_t length = strlen(guest);
    if (text_ends(guest, ":rw"))
        length -= 3;
    else if (text_ends(guest, ":ro"))
        length -= 3;
    if (length == 0)
        return expected(reterr, "a name for the guest behind '::'");
    if (memchr(guest, ':', length))
        return expected(reterr, "nothing or ':rw' behind the guest's name");
    return absolute ? check_path(s, reterr) : 0;
}

static int check_address(const char *s, arcella_error **reterr) {
    static const char form[] = "ADDR:PORT, as 127.0.0.1:8080 or [::1]:8080";
    const char *colon = strrchr(s, ':');
    char host[64];
    if (!colon || (size_t)(colon - s) >= sizeof(host))
        return expected(reterr, form);
    memcpy(host, s, (size_t)(colon - s));
    host[colon - s] = '\0';
    size_t length = strlen(host);
    unsigned char address[16];
    bool six = length > 2 && host[0] == '[' && host[length - 1] == ']';
    if (six)
        host[length - 1] = '\0';
    if (inet_pton(six ? AF_INET6 : AF_INET, six ? host + 1 : host, address) != 1)
        return expected(reterr, form);
    uint64_t port;
    return text_parse_u64(colon + 1, 65535, &port, NULL) < 0 ? expected(reterr, form) : 0;
}

static int check_levels(const char *s, arcella_error **reterr) {
    static const char form[] = "levels as 'info', 'workers=debug' or 'warn,guest=info,-audit'";
    while (*s) {
        size_t length = strcspn(s, ",");
        char piece[64];
        if (length == 0 || length >= sizeof(piece))
            return expected(reterr, form);
        memcpy(piece, s, length);
        piece[length] = '\0';
        char *equals = strchr(piece, '=');
        const char *level = equals ? equals + 1 : piece;
        const char *unit = equals ? piece : piece[0] == '-' ? piece + 1 : NULL;
        if (equals)
            *equals = '\0';
        enum log_level found_level;
        enum log_unit found_unit;
        if (unit && !log_unit_find(unit, &found_unit))
            return error_set(reterr, ARCELLA_E_INVALID, "there is no log unit '%s'", unit);
        if ((equals || !unit) && !log_level_find(level, &found_level))
            return error_set(reterr, ARCELLA_E_INVALID, "there is no log level '%s'", level);
        s += length;
        if (*s == ',' && !*++s)
            return expected(reterr, form);
    }
    return 0;
}

/* Texts of every type but the numbers. */
static int check_text(const struct alme_command *command, const struct alme_argument *argument, const char *s,
                      arcella_error **reterr) {
    int r = check_length(s, argument->max, reterr);
    if (r < 0)
        return r;
    switch (argument->type) {
    case ALME_PATH:
        if (!*s)
            return expected(reterr, "a path");
        return command->flags & ALME_LOCAL ? 0 : check_path(s, reterr);
    case ALME_TARGET: return check_name(s, "._-+@/:", "a name, name@version or deployment/number", reterr);
    case ALME_NAME: return check_name(s, "._-", "a name of letters, digits, '.', '_' and '-'", reterr);
    case ALME_PAIRS: return check_pair(s, reterr);
    case ALME_DIRS: return check_dir(s, !(command->flags & ALME_LOCAL), reterr);
    case ALME_FILES: return check_file(s, !(command->flags & ALME_LOCAL), reterr);
    case ALME_ADDRESSES: return check_address(s, reterr);
    case ALME_LEVELS: return *s ? check_levels(s, reterr) : expected(reterr, "a level");
    default: return 0;
    }
}

static int text_value(const struct alme_command *command, const struct alme_argument *argument,
                      const json_t *value, json_t **ret, arcella_error **reterr) {
    if (!json_is_string(value))
        return expected(reterr, "a text");
    int r = check_text(command, argument, json_string_value(value), reterr);
    return r < 0 ? r : take_json(json_string(json_string_value(value)), ret, reterr);
}

static int bool_value(const json_t *value, json_t **ret, arcella_error **reterr) {
    const char *s = json_string_value(value);
    if (json_is_boolean(value))
        return take_json(json_boolean(json_is_true(value)), ret, reterr);
    if (s && (strcmp(s, "true") == 0 || strcmp(s, "false") == 0))
        return take_json(json_boolean(*s == 't'), ret, reterr);
    return expected(reterr, "true or false");
}

/* Numbers, sizes, times: a JSON number in the unit, or a text as a person writes it. */
static int number_value(const struct alme_argument *argument, const json_t *value, json_t **ret,
                        arcella_error **reterr) {
    static const char *const forms[] = {
        [ALME_U64] = "a whole number from 0",
        [ALME_SIZE] = "a size as 64k, 64m, 4g, or bytes as a number",
        [ALME_TIME] = "a time as 500ms, 30s, 5m, or milliseconds as a number",
    };
    uint64_t number = 0;
    int r = 0;
    const char *s = json_string_value(value);
    if (json_is_integer(value) && json_integer_value(value) >= 0)
        number = (uint64_t)json_integer_value(value);
    else if (!s)
        return expected(reterr, forms[argument->type]);
    else if (argument->type == ALME_SIZE)
        r = text_parse_size(s, argument->max, &number, reterr);
    else if (argument->type == ALME_TIME)
        r = text_parse_duration(s, argument->max, &number, reterr);
    else
        r = text_parse_u64(s, argument->max, &number, reterr);
    if (r < 0)
        return r;
    if (number > argument->max)
        return error_set(reterr, ARCELLA_E_INVALID, "%" PRIu64 " is more than the %" PRIu64 " allowed",
                         number, argument->max);
    return take_json(json_integer((json_int_t)number), ret, reterr);
}

static int choice_value(const struct alme_argument *argument, const json_t *value, json_t **ret,
                        arcella_error **reterr) {
    const char *s = json_string_value(value);
    struct text found = s ? alme_choice_find(argument->form, s) : (struct text){"", 0};
    if (found.length)
        return take_json(json_stringn(found.data, found.length), ret, reterr);
    BUFFER_AUTO choices = BUFFER_INIT(512);
    int r = alme_choices_add(&choices, argument->form, ", ", " or ", reterr);
    return r < 0 ? r : expected(reterr, choices.data ? choices.data : "");
}

/* An object of names and texts as a list of "K=V". */
static int pairs_of_object(const json_t *object, json_t **ret, arcella_error **reterr) {
    JSON_AUTO *list = json_array();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (!json_is_string(value))
            return expected(reterr, "an object whose values are texts");
        if (!*key || strchr(key, '='))
            return expected(reterr, "names without '='");
        json_t *pair = json_sprintf("%s=%s", key, json_string_value(value));
        if (json_array_append_new(list, pair) < 0)
            return error_nomem(reterr);
    }
    return take_json(TAKE(list), ret, reterr);
}

static int list_value(const struct alme_command *command, const struct alme_argument *argument,
                      const json_t *value, json_t **ret, arcella_error **reterr) {
    JSON_AUTO *pairs = NULL;
    if (argument->type == ALME_PAIRS && json_is_object(value)) {
        int r = pairs_of_object(value, &pairs, reterr);
        if (r < 0)
            return r;
        value = pairs;
    }
    bool one = json_is_string(value);
    if (!one && !json_is_array(value))
        return expected(reterr, "a list of texts");
    JSON_AUTO *list = json_array();
    size_t count = one ? 1 : json_array_size(value);
    for (size_t i = 0; i < count; i++) {
        json_t *item = NULL;
        int r = text_value(command, argument, one ? value : json_array_get(value, i), &item, reterr);
        if (r < 0)
            return r;
        if (json_array_append_new(list, item) < 0)
            return error_nomem(reterr);
    }
    return take_json(TAKE(list), ret, reterr);
}

static int final_value(const struct alme_command *command, const struct alme_argument *argument,
                       const json_t *value, json_t **ret, arcella_error **reterr) {
    switch (argument->type) {
    case ALME_BOOL: return bool_value(value, ret, reterr);
    case ALME_U64:
    case ALME_SIZE:
    case ALME_TIME: return number_value(argument, value, ret, reterr);
    case ALME_CHOICE: return choice_value(argument, value, ret, reterr);
    case ALME_TEXTS:
    case ALME_PAIRS:
    case ALME_DIRS:
    case ALME_FILES:
    case ALME_ADDRESSES: return list_value(command, argument, value, ret, reterr);
    default: return text_value(command, argument, value, ret, reterr);
    }
}

/* --- all arguments of a command --- */

static int set_argument(const struct alme_command *command, const struct alme_argument *argument,
                        const json_t *value, json_t *to, arcella_error **reterr) {
    char name[64];
    alme_argument_name(argument, name, sizeof(name));
    if (json_object_get(to, name))
        return error_set(reterr, ARCELLA_E_INVALID, "argument '%s' was given twice", name);
    json_t *final = NULL;
    int r = final_value(command, argument, value, &final, reterr);
    if (r < 0) {
        error_wrap(reterr, r, "argument '%s'", name);
        return error_hint(reterr, r, "`arcella help %s` lists its arguments", command->name);
    }
    return json_object_set_new(to, name, final) < 0 ? error_nomem(reterr) : 0;
}

static int unknown_argument(const struct alme_command *command, const char *name, arcella_error **reterr) {
    BUFFER_AUTO shown = BUFFER_INIT(512);
    if (text_add_visible(&shown, name, strnlen(name, 64), false, NULL) < 0)
        buffer_clear(&shown);
    int r = error_set(reterr, ARCELLA_E_INVALID, "there is no argument '%s'", shown.data ? shown.data : "");
    const struct alme_argument *nearest = alme_argument_nearest(command, name);
    if (!nearest)
        return error_hint(reterr, r, "`arcella help %s` lists its arguments", command->name);
    char meant[64];
    alme_argument_name(nearest, meant, sizeof(meant));
    return error_hint(reterr, r, "did you mean '%s'? `arcella help %s` lists all", meant, command->name);
}

static int set_by_name(const struct alme_command *command, const json_t *args, json_t *to,
                       arcella_error **reterr) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)args, key, value) {
        const struct alme_argument *argument = alme_argument_find(command, key);
        int r = 0;
        if (!argument)
            r = unknown_argument(command, key, reterr);
        else if (!json_is_null(value)) /* null is as good as absent */
            r = set_argument(command, argument, value, to, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

static int set_by_place(const struct alme_command *command, const json_t *args, json_t *to,
                        arcella_error **reterr) {
    size_t next = 0;
    size_t count = json_array_size(args);
    for (const struct alme_argument *a = command->arguments; a->names && next < count; a++) {
        if (!(a->flags & ALME_PLACED))
            continue;
        int r = set_argument(command, a, json_array_get(args, next++), to, reterr);
        if (r < 0)
            return r;
    }
    if (next < count) {
        int r = error_set(reterr, ARCELLA_E_INVALID, "%zu arguments are more than it has places for", count);
        return error_hint(reterr, r, "`arcella help %s` lists its arguments", command->name);
    }
    return 0;
}

static int set_fallbacks(const struct alme_command *command, json_t *to, arcella_error **reterr) {
    for (const struct alme_argument *a = command->arguments; a->names; a++) {
        char name[64];
        alme_argument_name(a, name, sizeof(name));
        if (json_object_get(to, name))
            continue;
        if (a->flags & ALME_REQUIRED) {
            int r = error_set(reterr, ARCELLA_E_INVALID, "argument '%s' is missing: %s", name, a->help);
            return error_hint(reterr, r, "for example: %s", command->example);
        }
        if (!a->fallback)
            continue;
        JSON_AUTO *value = json_string(a->fallback);
        int r = value ? set_argument(command, a, value, to, reterr) : error_nomem(reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

int alme_arguments_check(const struct alme_command *command, const json_t *args, json_t **ret,
                         arcella_error **reterr) {
    JSON_AUTO *to = json_object();
    if (!to)
        return error_nomem(reterr);
    int r = 0;
    if (json_is_object(args))
        r = set_by_name(command, args, to, reterr);
    else if (json_is_array(args))
        r = set_by_place(command, args, to, reterr);
    else if (args && !json_is_null(args))
        r = error_set(reterr, ARCELLA_E_INVALID,
                      "arguments are an object, or a list of those that have a place");
    if (r == 0)
        r = set_fallbacks(command, to, reterr);
    if (r < 0)
        return error_wrap(reterr, r, "command '%s'", command->name);
    *ret = TAKE(to);
    return 0;
}
