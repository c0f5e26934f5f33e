/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Interface names: namespace:package[/interface][@version], parts in kebab-case as WIT has them.
 * Plain data; any thread.
 */
#include "base/buffer.h"
#include "base/text.h"
#include "catalog/name.h"

/*
 * Check one part: words separated by single '-'; a word begins with a letter (digits are fine from the second
 * word on) and is all lower case, or all upper case where acronyms are allowed.
 * @return NULL, or what is wrong
 */
static const char *check_part(const char *s, size_t length, bool acronyms) {
    if (length == 0)
        return "is empty";
    if (length > LIMIT_NAME_BYTES)
        return "is too long";
    bool begin = true, upper = false;
    for (size_t i = 0; i < length; i++) {
        char c = s[i];
        bool is_lower = c >= 'a' && c <= 'z', is_upper = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';
        if (c == '-') {
            if (begin)
                return "has a '-' that is not between two words";
            begin = true;
            continue;
        }
        if (is_upper && !acronyms)
            return "must be in lower case";
        if (!is_lower && !is_upper && !digit)
            return "has a character that is not allowed (letters, digits and '-' are)";
        if (begin && i == 0 && digit)
            return "must begin with a letter";
        if (begin)
            upper = is_upper;
        else if ((is_upper && !upper) || (is_lower && upper))
            return "mixes upper and lower case in a word";
        begin = false;
    }
    return begin ? "ends in '-'" : NULL;
}

/* Check a part and copy it. @return 0 or INVALID */
static int take_part(const char *text, const char *what, const char *s, size_t length, bool acronyms,
                     char to[LIMIT_NAME_BYTES + 1], arcella_error **reterr) {
    const char *wrong = check_part(s, length, acronyms);
    if (wrong)
        return error_set(reterr, ARCELLA_E_INVALID,
                         "'%s' is not an interface name such as namespace:package/interface@1.2.3: its %s %s",
                         text, what, wrong);
    memcpy(to, s, length);
    to[length] = '\0';
    return 0;
}

int interface_parse(const char *text, struct interface_name *ret, arcella_error **reterr) {
    struct interface_name n = {0};
    if (strnlen(text, LIMIT_INTERFACE_BYTES + 1) > LIMIT_INTERFACE_BYTES)
        return error_set(reterr, ARCELLA_E_INVALID, "an interface name is longer than %d bytes",
                         LIMIT_INTERFACE_BYTES);
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
            return error_set(reterr, ARCELLA_E_INVALID,
                             "an interface name has a character that is not allowed at position %zu",
                             (size_t)(c - text) + 1);
    const char *at = strchr(text, '@');
    size_t length = at ? (size_t)(at - text) : strlen(text);
    const char *colon = memchr(text, ':', length);
    if (!colon)
        return error_set(
            reterr, ARCELLA_E_INVALID,
            "'%s' is not an interface name such as namespace:package/interface@1.2.3: ':' is missing", text);
    const char *package = colon + 1;
    const char *slash = memchr(package, '/', length - (size_t)(package - text));
    size_t package_length = (size_t)((slash ? slash : text + length) - package);
    int r = take_part(text, "namespace", text, (size_t)(colon - text), false, n.space, reterr);
    if (r == 0)
        r = take_part(text, "package", package, package_length, false, n.package, reterr);
    if (r == 0 && slash)
        r = take_part(text, "interface", slash + 1, (size_t)(text + length - (slash + 1)), true, n.interface,
                      reterr);
    if (r < 0)
        return r;
    if (at) {
        r = version_parse_short(at + 1, &n.version, reterr);
        if (r < 0)
            return error_wrap(reterr, r, "interface name '%s'", text);
        n.has_version = true;
    }
    /* The parts are bounded one by one; in full it must fit too, since x.y became x.y.0. */
    size_t full =
        strlen(n.space) + 1 + strlen(n.package) + 1 + strlen(n.interface) + 1 + strlen(n.version.text);
    if (full > LIMIT_INTERFACE_BYTES)
        return error_set(reterr, ARCELLA_E_INVALID, "an interface name is longer than %d bytes",
                         LIMIT_INTERFACE_BYTES);
    *ret = n;
    return 0;
}

void interface_format(const struct interface_name *name, char to[LIMIT_INTERFACE_BYTES + 1]) {
    int length = snprintf(to, LIMIT_INTERFACE_BYTES + 1, "%s:%s%s%s%s%s", name->space, name->package,
                          name->interface[0] ? "/" : "", name->interface, name->has_version ? "@" : "",
                          name->version.text);
    /* interface_parse() lets none pass that is longer. */
    if (length > LIMIT_INTERFACE_BYTES)
        to[0] = '\0';
}

bool interface_matches(const struct interface_name *wanted, const struct interface_name *offered) {
    if (strcmp(wanted->space, offered->space) != 0 || strcmp(wanted->package, offered->package) != 0)
        return false;
    if (wanted->interface[0] && strcmp(wanted->interface, offered->interface) != 0)
        return false;
    if (!wanted->has_version)
        return true;
    return offered->has_version && version_compatible(&wanted->version, &offered->version);
}
