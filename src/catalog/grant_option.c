/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Grants as a person gives them: flags in, and flags out where a refusal says what would help.  No state; any
 * thread.
 */
#include <stdarg.h>

#include "base/mem.h"
#include "catalog/grant_pattern.h"

/* --- options --- */

/* An error of an option, with its flag in front and where all of them are described. */
static int of_flag(arcella_error **reterr, int r, const char *flag) {
    error_wrap(reterr, r, "%s", flag);
    return r == ARCELLA_E_INVALID ? error_hint(reterr, r, GRANT_HINT) : r;
}

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
    return r < 0 ? of_flag(reterr, r, "--dir") : 0;
}

int grant_add_env(struct grant_set *set, const char *option, enum grant_source source,
                  arcella_error **reterr) {
    int r = grant_add(set, GRANT_ENV, GRANT_READ, option, GRANT_ALLOW, source, reterr);
    return r < 0 ? of_flag(reterr, r, "--env") : 0;
}

int grant_add_arg(struct grant_set *set, const char *option, enum grant_source source,
                  arcella_error **reterr) {
    int r = grant_add(set, GRANT_ARGS, GRANT_READ, option, GRANT_ALLOW, source, reterr);
    return r < 0 ? error_wrap(reterr, r, "--arg") : 0;
}

int grant_add_listen(struct grant_set *set, const char *option, enum grant_source source,
                     arcella_error **reterr) {
    struct net_address address;
    if (!net_address_read(text_of(option), &address))
        return error_set(
            reterr, ARCELLA_E_INVALID,
            "--listen '%.200s': write an address in numbers and a port, such as 127.0.0.1:8080 or "
            "[::1]:8080",
            option);
    int r = grant_add(set, GRANT_NET, GRANT_LISTEN, option, GRANT_ALLOW, source, reterr);
    return r < 0 ? of_flag(reterr, r, "--listen") : 0;
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

int grant_add_net(struct grant_set *set, const char *option, enum grant_source source,
                  arcella_error **reterr) {
    const char *equals = strchr(option, '=');
    MEM_AUTO char *actions = equals ? mem_text_n(option, (size_t)(equals - option)) : NULL;
    if (equals && !actions)
        return error_nomem(reterr);
    if (!equals) {
        error_set(reterr, ARCELLA_E_INVALID,
                  "--net '%.200s': write connect=HOST:PORT, listen=, udp= or resolve=NAME", option);
        return error_hint(reterr, ARCELLA_E_INVALID, GRANT_HINT);
    }
    int r = grant_add_text(set, grant_class_name(GRANT_NET), actions, equals + 1,
                           grant_effect_name(GRANT_ALLOW), grant_source_name(source), reterr);
    return r < 0 ? of_flag(reterr, r, "--net") : 0;
}

int grant_add_secret(struct grant_set *set, const char *option, enum grant_source source,
                     arcella_error **reterr) {
    int r = grant_add(set, GRANT_ENV, GRANT_SECRET, option, GRANT_ALLOW, source, reterr);
    return r < 0 ? of_flag(reterr, r, "--secret") : 0;
}

/* Find where the colon is that ends the class: "host:NAME" has one of its own. */
static const char *end_of_class(const char *option) {
    const char *colon = strchr(option, ':');
    return colon && text_starts(option, "host:") ? strchr(colon + 1, ':') : colon;
}

/* Guests see absolute paths, so that a relative one would deny nothing: but all, wherever it begins. */
static int check_denied_path(const char *pattern, arcella_error **reterr) {
    bool all = strcmp(pattern, ".") == 0 || strcmp(pattern, "**") == 0 || text_starts(pattern, "**/");
    if (*pattern == '/' || all || strstr(pattern, "::") || !*pattern)
        return 0;
    return error_set(
        reterr, ARCELLA_E_INVALID,
        "'%.200s' denies nothing, as the program's paths begin with '/': write '/%.200s', or '**/%.200s' "
        "for wherever it is",
        pattern, text_starts(pattern, "./") ? pattern + 2 : pattern,
        text_starts(pattern, "./") ? pattern + 2 : pattern);
}

int grant_add_rule(struct grant_set *set, const char *option, enum grant_effect effect,
                   enum grant_source source, arcella_error **reterr) {
    const char *flag = effect == GRANT_DENY ? "--deny" : "--allow";
    const char *first = end_of_class(option);
    const char *second = first ? strchr(first + 1, ':') : NULL;
    if (!second) {
        error_set(reterr, ARCELLA_E_INVALID,
                  "%s '%.200s': write CLASS:ACTION:PATTERN, such as net:connect:192.0.2.7:443", flag, option);
        return error_hint(reterr, ARCELLA_E_INVALID, GRANT_HINT);
    }
    MEM_AUTO char *class = mem_text_n(option, (size_t)(first - option));
    MEM_AUTO char *actions = mem_text_n(first + 1, (size_t)(second - first - 1));
    if (!class || !actions)
        return error_nomem(reterr);
    int r = 0;
    if (effect == GRANT_DENY && strcmp(class, grant_class_name(GRANT_FS)) == 0)
        r = check_denied_path(second + 1, reterr);
    if (r == 0)
        r = grant_add_text(set, class, actions, second + 1, grant_effect_name(effect),
                           grant_source_name(source), reterr);
    return r < 0 ? of_flag(reterr, r, flag) : 0;
}

int grant_add_audit(struct grant_set *set, enum grant_source source, arcella_error **reterr) {
    static const struct {
        enum grant_class class;
        unsigned actions;
        const char *pattern;
    } rows[] = {
        {GRANT_FS, GRANT_READ | GRANT_WRITE, "/::/"},
        {GRANT_NET, GRANT_LISTEN | GRANT_CONNECT | GRANT_UDP, "*:*"},
        {GRANT_NET, GRANT_RESOLVE, "*"},
        {GRANT_STORE, GRANT_READ | GRANT_WRITE, "**"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        int r = grant_add(set, rows[i].class, rows[i].actions, rows[i].pattern, GRANT_AUDIT, source, reterr);
        if (r < 0)
            return error_wrap(reterr, r, "--audit-only");
    }
    return 0;
}

/* --- out --- */

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

/* Bytes that a shell takes as they are; "…" is of them. */
static bool is_plain(char c) {
    return (c && strchr("-_./:=@%+,[]\\", c)) || (c >= '0' && c <= '9') ||
           ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || ((unsigned char)c & 0x80);
}

/* A text that a shell takes as one word, shown as show() does. */
static void quote(struct text text, char *to, size_t size) {
    char shown[2048];
    show(text, shown, sizeof(shown));
    bool quoted = !*shown;
    for (const char *at = shown; *at; at++)
        quoted |= !is_plain(*at);
    if (!quoted) {
        snprintf(to, size, "%s", shown);
        return;
    }
    size_t at = 0;
    if (size > 2)
        to[at++] = '\'';
    for (const char *from = shown; *from && at + 6 < size; from++)
        at += (size_t)snprintf(to + at, size - at, *from == '\'' ? "'\\''" : "%c", *from);
    snprintf(to + at, size - at, "'");
}

/* FLAG WORD, the word put together and quoted. */
static void write_flag(char *to, size_t size, const char *flag, const char *format, ...) PRINTF_LIKE(4, 5);
static void write_flag(char *to, size_t size, const char *flag, const char *format, ...) {
    char word[2 * LIMIT_PATH_BYTES + 256], quoted[2100];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(word, sizeof(word), format, arguments);
    va_end(arguments);
    size_t most = sizeof(word) - 1;
    quote((struct text){word, length < 0              ? 0
                              : (size_t)length < most ? (size_t)length
                                                      : most},
          quoted, sizeof(quoted));
    snprintf(to, size, "%s %s", flag, quoted);
}

#define TEXT_ARGS(t) (int)(t).length, (t).length ? (t).data : ""

/* The innermost directory of an effect, whatever it is granted for. */
static const struct grant *find_directory(const struct grant_set *set, enum grant_effect effect,
                                          struct text path) {
    const struct grant *best = NULL;
    for (size_t i = 0; set && i < set->count; i++) {
        const struct grant *row = &set->rows[i];
        if (row->class == GRANT_FS && row->effect == effect && grant_path_beneath(row->key, path) &&
            (!best || row->key.length > best->key.length))
            best = row;
    }
    return best;
}

static void need_directory(const struct grant_set *set, enum grant_action action, struct text resource,
                           char *to, size_t size) {
    char path[LIMIT_PATH_BYTES];
    ssize_t length = grant_path_normalise(resource, path, sizeof(path));
    struct text guest = length < 0 ? resource : (struct text){path, (size_t)length};
    const char *suffix = action == GRANT_WRITE ? ":rw" : "";
    const struct grant *row = length < 0 ? NULL : find_directory(set, GRANT_ALLOW, guest);
    /* Beneath a "/" that tells, host and guest paths are the same, so a part of it can be named. */
    const struct grant *told = length < 0 || row ? NULL : find_directory(set, GRANT_AUDIT, guest);
    bool root = told && text_equal(told->key, TEXT("/")) && text_equal(told->value, TEXT("/"));
    if (told && !root)
        row = told;
    struct text most = {resource.data,
                        resource.length < LIMIT_PATH_BYTES ? resource.length : LIMIT_PATH_BYTES};
    if (row)
        write_flag(to, size, "--dir", "%.*s::%.*s%s", TEXT_ARGS(row->value), TEXT_ARGS(row->key), suffix);
    else if (root)
        write_flag(to, size, "--dir", "%.*s::%.*s%s", TEXT_ARGS(guest), TEXT_ARGS(guest), suffix);
    else
        write_flag(to, size, "--dir", "HOSTDIR::%.*s%s", TEXT_ARGS(most), suffix);
}

void grant_needed(const struct grant_set *set, enum grant_class class, enum grant_action action,
                  struct text resource, char *to, size_t size) {
    if (resource.length > 2 * LIMIT_PATH_BYTES)
        resource.length = 2 * LIMIT_PATH_BYTES;
    switch (class) {
    case GRANT_FS: need_directory(set, action, resource, to, size); return;
    case GRANT_NET:
        if (action == GRANT_LISTEN)
            write_flag(to, size, "--listen", "%.*s", TEXT_ARGS(resource));
        else
            write_flag(to, size, "--net", "%s=%.*s", grant_action_name(action), TEXT_ARGS(resource));
        return;
    case GRANT_ENV: write_flag(to, size, "--env", "%.*s=VALUE", TEXT_ARGS(resource)); return;
    case GRANT_ARGS: snprintf(to, size, "--arg VALUE"); return;
    case GRANT_STDIO: snprintf(to, size, "arcella run (which passes %.*s on)", TEXT_ARGS(resource)); return;
    case GRANT_STORE:
        write_flag(to, size, "--allow", "store:%s:%.*s", grant_action_name(action), TEXT_ARGS(resource));
        return;
    case GRANT_HOST: {
        bool bare = resource.length && resource.data[resource.length - 1] == ':';
        write_flag(to, size, "--allow", "host:%.*s%s", TEXT_ARGS(resource), bare ? "**" : "");
        return;
    }
    case GRANT_CLASSES: break;
    }
    snprintf(to, size, "no grant");
}

void grant_flag(const struct grant *row, char *to, size_t size) {
    struct grant_words words;
    grant_row_words(row, &words);
    bool value = row->class == GRANT_ENV && row->effect != GRANT_DENY && !(row->actions & GRANT_SECRET);
    struct text pattern = value ? row->key : text_of(row->pattern);
    if (row->class == GRANT_NET && row->effect == GRANT_ALLOW) {
        write_flag(to, size, "--net", "%s=%.*s", words.actions, TEXT_ARGS(pattern));
        return;
    }
    const char *flag = row->effect == GRANT_DENY ? "--deny" : "--allow";
    write_flag(to, size, flag, "%s:%s:%.*s", words.class, words.actions, TEXT_ARGS(pattern));
}

/* Plain to its end, or in single quotes with `'\''` for each inside. */
static bool is_word(const char *at, const char *end) {
    bool quoted = at < end && *at == '\'';
    if (!quoted)
        for (; at < end; at++)
            if (!is_plain(*at))
                return false;
    while (quoted && at < end) {
        const char *close = memchr(at + 1, '\'', (size_t)(end - at - 1));
        if (!close)
            return false;
        for (const char *c = at + 1; c < close; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                return false;
        at = close + 1;
        if (at == end)
            return true;
        if (end - at < 3 || memcmp(at, "\\''", 3) != 0)
            return false;
        at += 2; /* to the quote that opens again */
    }
    return !quoted;
}

bool grant_is_flag(struct text text) {
    static const char *const flags[] = {"--dir ", "--net ",   "--listen ", "--env ",
                                        "--arg ", "--allow ", "--deny "};
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
        size_t length = strlen(flags[i]);
        if (text.length > length && memcmp(text.data, flags[i], length) == 0)
            return is_word(text.data + length, text.data + text.length);
    }
    return false;
}
