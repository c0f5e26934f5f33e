/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names, versions and ids: parsing with a reason, ordering, and which component a person means.
 * Plain data; any thread.
 */
#include "catalog/name.h"

#include "base/buffer.h"
#include "base/mem.h"
#include "base/text.h"

static const char *const use_names[] = {
#define XX(name, text) [NAME_##name] = text,
    NAME_USE_MAP(XX)
#undef XX
};

/* ASCII only, whatever the locale says. */
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A text shown in a message: visible, and cut. */
static const char *shown(const char *text, char *to, size_t size) {
    BUFFER_AUTO b = BUFFER_INIT(4 * size);
    size_t length = strnlen(text, size);
    if (text_add_visible(&b, text, length, false, NULL) < 0 || !b.data)
        return text_copy(to, size, "?") ? to : "?";
    if (!text_copy(to, size, b.data) || text[length]) {
        size_t end = strlen(to);
        text_copy(to + (end < 4 ? end : end - 3), 4, "...");
    }
    return to;
}

int name_check(enum name_use use, const char *text, arcella_error **reterr) {
    const char *what = use_names[use];
    char quoted[100];
    size_t length = strnlen(text, LIMIT_NAME_BYTES + 1);
    if (length == 0)
        return error_set(reterr, ARCELLA_E_INVALID, "the %s name is empty", what);
    if (length > LIMIT_NAME_BYTES)
        return error_set(reterr, ARCELLA_E_INVALID, "%s name '%s' is longer than %d bytes", what,
                         shown(text, quoted, sizeof(quoted)), LIMIT_NAME_BYTES);
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool fine = is_alphanumeric(c) || (i > 0 && (c == '-' || c == '_' || c == '.'));
        if (fine)
            continue;
        if (i == 0)
            return error_set(reterr, ARCELLA_E_INVALID, "%s name '%s' must begin with a letter or digit",
                             what, shown(text, quoted, sizeof(quoted)));
        return error_set(reterr, ARCELLA_E_INVALID,
                         "%s name '%s' has a character that is not allowed at position %zu: letters, digits, "
                         "'-', '_' and '.' are",
                         what, shown(text, quoted, sizeof(quoted)), i + 1);
    }
    bool reserved =
        strcmp(text, NAME_GROUP_MAIN) == 0 || (use != NAME_GROUP && strcmp(text, NAME_GROUP_DEFAULT) == 0);
    if (reserved)
        return error_set(reterr, ARCELLA_E_INVALID, "%s name '%s' is reserved", what, text);
    return 0;
}

/* --- versions --- */

/* A number without leading zeros at *at. @return NULL, or what is wrong */
static const char *read_number(const char **at, uint32_t *ret) {
    const char *s = *at;
    if (!is_digit(*s))
        return "a number is missing";
    if (*s == '0' && is_digit(s[1]))
        return "a number must not begin with 0";
    uint64_t value = 0;
    for (; is_digit(*s); s++) {
        value = value * 10 + (uint64_t)(*s - '0');
        if (value > UINT32_MAX)
            return "a number is too large";
    }
    *at = s;
    *ret = (uint32_t)value;
    return NULL;
}

/* Dot-separated identifiers up to stop or the end; numeric ones of a pre-release have no leading zeros. */
static const char *read_identifiers(const char **at, char stop, bool pre) {
    const char *s = *at;
    for (;;) {
        const char *begin = s;
        bool numeric = true;
        for (; is_alphanumeric(*s) || *s == '-'; s++)
            numeric = numeric && is_digit(*s);
        if (s == begin)
            return pre ? "the pre-release part has an empty or unreadable piece"
                       : "the build part has an empty or unreadable piece";
        if (pre && numeric && *begin == '0' && s - begin > 1)
            return "a number in the pre-release part must not begin with 0";
        if (*s != '.')
            break;
        s++;
    }
    if (*s && *s != stop)
        return "it has a character that is not allowed";
    *at = s;
    return NULL;
}

/* Parse into ret, whose text is already there. @return NULL, or what is wrong */
static const char *read_version(struct version *v) {
    const char *at = v->text;
    uint32_t *const parts[] = {&v->major, &v->minor, &v->patch};
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (i > 0) {
            if (*at != '.')
                return *at ? "three numbers separated by '.' are wanted" : "it has too few numbers";
            at++;
        }
        const char *wrong = read_number(&at, parts[i]);
        if (wrong)
            return wrong;
    }
    if (*at == '-') {
        at++;
        v->pre = (uint8_t)(at - v->text);
        const char *wrong = read_identifiers(&at, '+', true);
        if (wrong)
            return wrong;
    }
    if (*at == '+') {
        at++;
        v->build = (uint8_t)(at - v->text);
        const char *wrong = read_identifiers(&at, '\0', false);
        if (wrong)
            return wrong;
    }
    return *at ? "three numbers separated by '.' are wanted" : NULL;
}

/* Does a text consist of exactly `numbers` numbers with dots between? */
static bool is_plain(const char *text, int numbers) {
    for (int i = 0; i < numbers; i++) {
        if (i > 0 && *text++ != '.')
            return false;
        if (!is_digit(*text))
            return false;
        while (is_digit(*text))
            text++;
    }
    return *text == '\0';
}

int version_parse(const char *text, struct version *ret, arcella_error **reterr) {
    STATIC_ASSERT(LIMIT_VERSION_BYTES < 256, "offsets are bytes");
    char quoted[100];
    struct version v = {0};
    if (!text_copy(v.text, sizeof(v.text), text))
        return error_set(reterr, ARCELLA_E_INVALID, "version '%s' is longer than %d bytes",
                         shown(text, quoted, sizeof(quoted)), LIMIT_VERSION_BYTES);
    const char *wrong = read_version(&v);
    if (wrong && is_plain(text, 2))
        return error_set(reterr, ARCELLA_E_INVALID, "version '%s' has two numbers: write '%s.0'", text, text);
    if (wrong && is_plain(text, 1))
        return error_set(reterr, ARCELLA_E_INVALID, "version '%s' has one number: write '%s.0.0'", text,
                         text);
    if (wrong)
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is not a version such as 1.2.3: %s",
                         shown(text, quoted, sizeof(quoted)), wrong);
    *ret = v;
    return 0;
}

int version_parse_short(const char *text, struct version *ret, arcella_error **reterr) {
    char full[LIMIT_VERSION_BYTES + 1];
    if (is_plain(text, 2) && strlen(text) + 2 < sizeof(full)) {
        snprintf(full, sizeof(full), "%s.0", text);
        text = full;
    }
    return version_parse(text, ret, reterr);
}

static int compare_u32(uint32_t a, uint32_t b) {
    return (a > b) - (a < b);
}

/* One identifier of a pre-release: numbers by value and below words, words by ASCII. */
static int compare_identifier(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t a_digits = 0, b_digits = 0;
    while (a_digits < a_length && is_digit(a[a_digits]))
        a_digits++;
    while (b_digits < b_length && is_digit(b[b_digits]))
        b_digits++;
    bool a_number = a_digits == a_length, b_number = b_digits == b_length;
    if (a_number != b_number)
        return a_number ? -1 : 1;
    /* Without leading zeros the longer number is the larger, however long they are. */
    if (a_number && a_length != b_length)
        return a_length < b_length ? -1 : 1;
    int c = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return c ? c : (a_length > b_length) - (a_length < b_length);
}

static int compare_pre(const char *a, const char *b) {
    for (;;) {
        size_t a_length = strcspn(a, ".+"), b_length = strcspn(b, ".+");
        int c = compare_identifier(a, a_length, b, b_length);
        if (c)
            return c;
        a += a_length;
        b += b_length;
        bool a_more = *a == '.', b_more = *b == '.';
        if (!a_more || !b_more)
            return a_more - b_more;
        a++;
        b++;
    }
}

int version_compare(const struct version *a, const struct version *b) {
    int c = compare_u32(a->major, b->major);
    if (!c)
        c = compare_u32(a->minor, b->minor);
    if (!c)
        c = compare_u32(a->patch, b->patch);
    if (!c && (a->pre || b->pre)) {
        if (!a->pre || !b->pre)
            c = a->pre ? -1 : 1; /* a release comes after its pre-releases */
        else
            c = compare_pre(a->text + a->pre, b->text + b->pre);
    }
    if (!c)
        c = strcmp(a->build ? a->text + a->build : "", b->build ? b->text + b->build : "");
    return (c > 0) - (c < 0);
}

bool version_compatible(const struct version *wanted, const struct version *offered) {
    if (wanted->pre || offered->pre)
        return version_compare(wanted, offered) == 0;
    if (wanted->major != offered->major)
        return false;
    if (wanted->major > 0)
        return offered->minor > wanted->minor ||
               (offered->minor == wanted->minor && offered->patch >= wanted->patch);
    return offered->minor == wanted->minor && offered->patch >= wanted->patch;
}

/* --- ids --- */

int name_id_make(const char *name, const char *version, struct name_id *ret, arcella_error **reterr) {
    struct name_id id = {0};
    int r = name_check(NAME_COMPONENT, name, reterr);
    if (r == 0)
        r = version_parse(version, &id.version, reterr);
    if (r < 0)
        return r;
    text_copy(id.name, sizeof(id.name), name);
    snprintf(id.text, sizeof(id.text), "%s@%s", id.name, id.version.text);
    *ret = id;
    return 0;
}

int name_id_parse(const char *text, struct name_id *ret, arcella_error **reterr) {
    char name[LIMIT_NAME_BYTES + 2], quoted[100];
    const char *at = strchr(text, '@');
    if (!at)
        return error_set(reterr, ARCELLA_E_INVALID, "'%s' is not an id such as name@1.2.3: '@' is missing",
                         shown(text, quoted, sizeof(quoted)));
    size_t length = (size_t)(at - text);
    if (length >= sizeof(name))
        length = sizeof(name) - 1; /* too long by one is too long */
    memcpy(name, text, length);
    name[length] = '\0';
    return name_id_make(name, at + 1, ret, reterr);
}

bool name_id_from_file(const char *path, struct name_id *ret) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char text[LIMIT_ID_BYTES + sizeof(".wasm")];
    if (!text_copy(text, sizeof(text), name) || !text_ends(text, ".wasm"))
        return false;
    text[strlen(text) - strlen(".wasm")] = '\0';
    return name_id_parse(text, ret, NULL) == 0;
}

int name_id_compare(const struct name_id *a, const struct name_id *b) {
    int c = strcmp(a->name, b->name);
    return c ? c : version_compare(&a->version, &b->version);
}

/* Write the ids of one name, with commas. */
static int list_versions(const struct name_id *ids, size_t count, const char *name, struct buffer *to,
                         arcella_error **reterr) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(ids[i].name, name) != 0)
            continue;
        /* A list too long for a sentence is cut; it still names enough. */
        if (to->length > 1000)
            return buffer_text(to, ", …", reterr);
        int r = buffer_format(to, reterr, "%s%s", to->length ? ", " : "", ids[i].text);
        if (r < 0)
            return r;
    }
    return 0;
}

static int not_found(const struct name_id *ids, size_t count, const char *text, const char *name,
                     arcella_error **reterr) {
    BUFFER_AUTO versions = BUFFER_INIT(4096);
    int r = list_versions(ids, count, name, &versions, reterr);
    if (r < 0)
        return r;
    if (versions.length)
        return error_set(reterr, ARCELLA_E_NOT_FOUND, "no component '%s'; installed: %s", text,
                         versions.data);
    return error_set(reterr, ARCELLA_E_NOT_FOUND, "no component '%s'", text);
}

int name_resolve(const struct name_id *ids, size_t count, const char *text, enum name_choice choice,
                 size_t *ret, arcella_error **reterr) {
    if (strchr(text, '@')) {
        struct name_id id;
        int r = name_id_parse(text, &id, reterr);
        if (r < 0)
            return r;
        for (size_t i = 0; i < count; i++)
            if (strcmp(ids[i].text, id.text) == 0) {
                *ret = i;
                return 0;
            }
        return not_found(ids, count, text, id.name, reterr);
    }
    int r = name_check(NAME_COMPONENT, text, reterr);
    if (r < 0)
        return r;
    size_t best = SIZE_MAX, matches = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(ids[i].name, text) != 0)
            continue;
        matches++;
        if (best == SIZE_MAX) {
            best = i;
            continue;
        }
        const struct version *a = &ids[i].version, *b = &ids[best].version;
        bool better = !a->pre == !b->pre ? version_compare(a, b) > 0 : !a->pre;
        if (better)
            best = i;
    }
    if (matches == 0)
        return not_found(ids, count, text, text, reterr);
    if (matches > 1 && choice == NAME_ONLY) {
        BUFFER_AUTO versions = BUFFER_INIT(4096);
        r = list_versions(ids, count, text, &versions, reterr);
        if (r < 0)
            return r;
        return error_set(reterr, ARCELLA_E_AMBIGUOUS, "'%s' may be any of %s", text, versions.data);
    }
    *ret = best;
    return 0;
}
