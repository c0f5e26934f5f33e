/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names taken apart.  A cursor walks a borrowed text; everything is linear in its length.
 */
#include "component/names/name.h"

#include <string.h>

#include "component/names/semver.h"

const char *name_shown(struct text text, char *to, size_t size) {
    BUFFER_AUTO b = BUFFER_INIT(8 * size);
    bool cut = text.length > size;
    if (text_add_visible(&b, text.data, cut ? size : text.length, false, NULL) < 0 || !b.data) {
        text_copy(to, size, text.length ? "?" : "");
        return to;
    }
    if (!text_copy(to, size, b.data) || cut)
        memcpy(to + size - 4, "...", 4);
    return to;
}

/* --- labels --- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool label_is(struct text text) {
    bool lower = false, upper = false; /* of the word read */
    size_t word = 0;                   /* its length */
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '-') {
            if (!word)
                return false;
            lower = upper = false;
            word = 0;
            continue;
        }
        if (is_digit(c) ? i == 0 : !is_lower(c) && !is_upper(c))
            return false;
        lower |= is_lower(c);
        upper |= is_upper(c);
        if (lower && upper)
            return false;
        word++;
    }
    return word > 0;
}

int label_check(struct text text, const char *what, arcella_error **reterr) {
    if (label_is(text))
        return 0;
    return error_set(reterr, ARCELLA_E_WASM,
                     "%s '%s' is not in kebab case: words of lower or of upper case, '-' between them", what,
                     NAME_SHOWN(text));
}

/* Words of a namespace or package: a label in lower case. */
static bool words_are(struct text text) {
    for (size_t i = 0; i < text.length; i++)
        if (is_upper(text.data[i]))
            return false;
    return label_is(text);
}

/* --- the cursor --- */

struct cursor {
    struct text whole; /* for messages */
    struct text rest;
    arcella_error **reterr;
};

static int refuse(const struct cursor *c, const char *why) {
    return error_set(c->reterr, ARCELLA_E_WASM, "'%s' is not a valid extern name: %s", NAME_SHOWN(c->whole),
                     why);
}

static struct text take(struct cursor *c, size_t length) {
    struct text taken = {c->rest.data, length};
    c->rest.data += length;
    c->rest.length -= length;
    return taken;
}

static bool eat(struct cursor *c, const char *prefix) {
    size_t length = strlen(prefix);
    if (c->rest.length < length || memcmp(c->rest.data, prefix, length) != 0)
        return false;
    take(c, length);
    return true;
}

/* Up to a character, which stays; everything where it is not there. */
static struct text take_up_to(struct cursor *c, const char *stops) {
    size_t length = 0;
    while (length < c->rest.length && !strchr(stops, c->rest.data[length]))
        length++;
    return take(c, length);
}

static int expect(struct cursor *c, const char *prefix, const char *why) {
    return eat(c, prefix) ? 0 : refuse(c, why);
}

static int expect_label(struct cursor *c, struct text text) {
    if (label_is(text))
        return 0;
    return error_set(c->reterr, ARCELLA_E_WASM, "'%s' is not a valid extern name: '%s' is not in kebab case",
                     NAME_SHOWN(c->whole), NAME_SHOWN(text));
}

/* --- plain names --- */

static int parse_member(struct cursor *c, struct extern_name *n) {
    n->resource = take_up_to(c, ".");
    int status = expect(c, ".", "expected '.' between resource and function");
    if (!status)
        status = expect_label(c, n->resource);
    n->label = take(c, c->rest.length);
    return status ? status : expect_label(c, n->label);
}

static int parse_constructor(struct cursor *c, struct extern_name *n) {
    n->resource = take(c, c->rest.length);
    return expect_label(c, n->resource);
}

/* --- interfaces --- */

/* A canonical version is the part of a full one that says the track. */
static int check_version(struct cursor *c, struct extern_name *n) {
    if (!n->suffix.length)
        return semver_is(n->version) ? 0 : refuse(c, "its version is not a semantic version such as 1.2.3");
    BUFFER_AUTO full = BUFFER_INIT(2 * (n->version.length + n->suffix.length) + 16);
    int status = buffer_add(&full, n->version.data, n->version.length, c->reterr);
    if (!status)
        status = buffer_add(&full, n->suffix.data, n->suffix.length, c->reterr);
    if (status)
        return status;
    struct semver v;
    if (!semver_parse((struct text){full.data, full.length}, &v))
        return refuse(c, "its version and version suffix make no semantic version such as 1.2.3");
    if (v.track != n->version.length)
        return refuse(c, "its version is not canonical, so that no version suffix may follow");
    return 0;
}

/* Namespace and package, which both must be in lower case. */
static int parse_package(struct cursor *c, struct extern_name *n) {
    n->space = take_up_to(c, ":/@>");
    int status = expect(c, ":", "expected ':' after the namespace");
    n->package = take_up_to(c, ":/@>");
    if (!status && (!words_are(n->space) || !words_are(n->package)))
        status = refuse(c, "namespace and package must be words in lower case with '-' between them");
    if (!status && c->rest.length && c->rest.data[0] == ':')
        status = refuse(c, "nested namespaces are not supported, expected '/' after the package");
    return status;
}

static int parse_projection(struct cursor *c, struct extern_name *n) {
    n->interface = take_up_to(c, "/@>");
    int status = expect_label(c, n->interface);
    if (!status && c->rest.length && c->rest.data[0] == '/')
        status = refuse(c, "nested interfaces are not supported");
    return status;
}

static int parse_interface(struct cursor *c, struct extern_name *n) {
    int status = parse_package(c, n);
    if (!status)
        status = expect(c, "/", "expected '/' after the package");
    if (!status)
        status = parse_projection(c, n);
    if (status || !eat(c, "@"))
        return status;
    n->version = take(c, c->rest.length);
    return check_version(c, n);
}

/* --- dependencies, URLs and hashes --- */

static bool is_base64(struct text text) {
    size_t equals = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool plain = is_digit(c) || is_lower(c) || is_upper(c) || c == '+' || c == '/';
        if (c == '=' && i > 0 && equals < 2)
            equals++;
        else if (!plain || equals)
            return false;
    }
    return text.length > 0;
}

/* One of the hashes of integrity metadata: sha256-BASE64[?options]. */
static bool is_hash(struct text text) {
    static const char *const kinds[] = {"sha256-", "sha384-", "sha512-"};
    struct cursor c = {.rest = text};
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (eat(&c, kinds[i]))
            return is_base64(take_up_to(&c, "?"));
    return false;
}

/* '<' hashes '>'. */
static int parse_hashes(struct cursor *c) {
    int status = expect(c, "<", "expected '<' after 'integrity='");
    if (status)
        return status;
    struct cursor hashes = {.rest = take_up_to(c, ">")};
    bool any = false;
    for (;;) {
        while (hashes.rest.length && strchr(" \t\n\f\r", hashes.rest.data[0]))
            take(&hashes, 1);
        if (!hashes.rest.length)
            break;
        if (!is_hash(take_up_to(&hashes, " \t\n\f\r")))
            return refuse(c, "expected hashes such as sha256-BASE64");
        any = true;
    }
    return any ? expect(c, ">", "expected '>' after the hash") : refuse(c, "it has no hash");
}

static int parse_optional_hashes(struct cursor *c) {
    if (!eat(c, ","))
        return 0;
    int status = expect(c, "integrity=", "expected 'integrity=' after ','");
    return status ? status : parse_hashes(c);
}

/* The package of a dependency: its path, which may name an interface. */
static int parse_path(struct cursor *c, struct extern_name *n) {
    int status = parse_package(c, n);
    if (!status && eat(c, "/"))
        status = parse_projection(c, n);
    return status;
}

static int parse_version_in(struct cursor *c, const char *stops) {
    return semver_is(take_up_to(c, stops)) ? 0 : refuse(c, "expected a semantic version such as 1.2.3");
}

/* '{' [ '>=' version ] [ '<' version ] '}', or '*'. */
static int parse_range(struct cursor *c) {
    if (eat(c, "*"))
        return 0;
    int status = expect(c, "{", "expected '{' or '*' before a range of versions");
    if (status || eat(c, "*}"))
        return status;
    bool any = eat(c, ">=");
    if (any)
        status = parse_version_in(c, " }");
    if (!status && (!any || eat(c, " "))) {
        status = expect(c, "<", "expected '<' before the upper bound of versions");
        if (!status)
            status = parse_version_in(c, "}");
    }
    return status ? status : expect(c, "}", "expected '}' after a range of versions");
}

static int parse_dependency(struct cursor *c, struct extern_name *n, bool locked) {
    int status = expect(c, "<", "expected '<' before the package");
    if (!status)
        status = parse_path(c, n);
    if (!status && eat(c, "@"))
        status = locked ? parse_version_in(c, ">") : parse_range(c);
    if (!status)
        status = expect(c, ">", "expected '>' after the package");
    return status || !locked ? status : parse_optional_hashes(c);
}

static int parse_url(struct cursor *c) {
    int status = expect(c, "<", "expected '<' before the URL");
    struct text url = take_up_to(c, ">");
    if (!status && memchr(url.data, '<', url.length))
        status = refuse(c, "a URL cannot have '<'");
    if (!status)
        status = expect(c, ">", "expected '>' after the URL");
    return status ? status : parse_optional_hashes(c);
}

/* --- the whole --- */

static int parse_kind(struct cursor *c, struct extern_name *n) {
    static const struct {
        const char *prefix;
        enum extern_name_kind kind;
    } prefixes[] = {{"[constructor]", EXTERN_NAME_CONSTRUCTOR}, {"[method]", EXTERN_NAME_METHOD},
                    {"[static]", EXTERN_NAME_STATIC},           {"url=", EXTERN_NAME_URL},
                    {"integrity=", EXTERN_NAME_HASH},           {"locked-dep=", EXTERN_NAME_DEPENDENCY},
                    {"unlocked-dep=", EXTERN_NAME_DEPENDENCY}};
    n->kind = memchr(n->text.data, ':', n->text.length) ? EXTERN_NAME_INTERFACE : EXTERN_NAME_LABEL;
    size_t i = 0;
    while (i < ARRAY_LENGTH(prefixes) && !eat(c, prefixes[i].prefix))
        i++;
    if (i < ARRAY_LENGTH(prefixes))
        n->kind = prefixes[i].kind;
    switch (n->kind) {
    case EXTERN_NAME_CONSTRUCTOR: return parse_constructor(c, n);
    case EXTERN_NAME_METHOD:
    case EXTERN_NAME_STATIC: return parse_member(c, n);
    case EXTERN_NAME_URL: return parse_url(c);
    case EXTERN_NAME_HASH: return parse_hashes(c);
    case EXTERN_NAME_DEPENDENCY: return parse_dependency(c, n, prefixes[i].prefix[0] == 'l');
    case EXTERN_NAME_INTERFACE: return parse_interface(c, n);
    default: n->label = take(c, c->rest.length); return expect_label(c, n->label);
    }
}

int extern_name_parse(struct text text, struct text suffix, struct extern_name *ret, arcella_error **reterr) {
    struct text whole = text.length ? text : TEXT("");
    struct extern_name n = {.text = whole, .suffix = suffix};
    struct cursor c = {whole, whole, reterr};
    int status = parse_kind(&c, &n);
    if (!status && c.rest.length)
        status = refuse(&c, "something follows its end");
    if (!status && suffix.length && !n.version.length)
        status = refuse(&c, "a version suffix must follow the version of an interface");
    if (!status)
        *ret = n;
    return status;
}

int extern_name_check_implements(const struct extern_name *name, struct text implements,
                                 arcella_error **reterr) {
    struct extern_name interface;
    int status = extern_name_parse(implements, TEXT(""), &interface, reterr);
    if (status)
        return error_wrap(reterr, status, "what '%s' implements is not a valid name", NAME_SHOWN(name->text));
    if (interface.kind != EXTERN_NAME_INTERFACE)
        return error_set(reterr, ARCELLA_E_WASM, "what '%s' implements, '%s', must be an interface",
                         NAME_SHOWN(name->text), NAME_SHOWN(implements));
    if (name->kind != EXTERN_NAME_LABEL)
        return error_set(reterr, ARCELLA_E_WASM,
                         "name '%s' is not valid with 'implements': only a plain name is",
                         NAME_SHOWN(name->text));
    return 0;
}

/* --- which serves which --- */

struct text extern_name_track(const struct extern_name *name) {
    struct semver v;
    if (name->kind != EXTERN_NAME_INTERFACE || !semver_parse(name->version, &v) || v.pre.length)
        return name->text;
    size_t before = (size_t)(name->version.data - name->text.data);
    return (struct text){name->text.data, before + v.track};
}

bool extern_name_serves(const struct extern_name *wanted, const struct extern_name *provided) {
    return text_equal(wanted->text, provided->text) ||
           text_equal(extern_name_track(wanted), extern_name_track(provided));
}

struct text extern_text_unversioned(struct text text) {
    const char *at = text.length ? memchr(text.data, '@', text.length) : NULL;
    return at ? (struct text){text.data, (size_t)(at - text.data)} : text;
}

struct text extern_text_track(struct text text) {
    struct extern_name name;
    if (!text.length || extern_name_parse(text, TEXT(""), &name, NULL))
        return text;
    return extern_name_track(&name);
}

bool extern_text_serves(struct text wanted, struct text provided) {
    struct extern_name a, b;
    if (text_equal(wanted, provided))
        return true;
    return extern_name_parse(wanted, TEXT(""), &a, NULL) == 0 &&
           extern_name_parse(provided, TEXT(""), &b, NULL) == 0 && extern_name_serves(&a, &b);
}

int extern_name_compare_versions(const struct extern_name *a, const struct extern_name *b) {
    struct semver va, vb;
    bool has_a = semver_parse(a->version, &va), has_b = semver_parse(b->version, &vb);
    return has_a && has_b ? semver_compare(&va, &vb) : (int)has_a - (int)has_b;
}
