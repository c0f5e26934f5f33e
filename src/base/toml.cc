// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The one file of C++: toml++ read into the plain tree of base/toml.h.  Called by base/toml.c alone.
//
// toml++ is a good reader of TOML 1.0 and reports places; in C there is none as good in Debian.  It is used
// without exceptions and without run-time types, so nothing can be thrown across the C callers.  The price:
// where toml++ itself gets no memory, the process aborts.  Manifests are read in the short-lived intake
// process, whose parent calls that a failed install; the daemon reads only its own configuration, once, at
// its start.

// Its assertions are not only about itself: "[{" fails one although the next line would report it.  Without
// NDEBUG they are ours to define, as nothing; with it some become promises to the compiler, which is worse.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)

#include <cstdio>
#include <string>
#include <string_view>

#define TOML_HEADER_ONLY       1
#define TOML_EXCEPTIONS        0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 64
#include <toml++/impl/forward_declarations.h>

// Its tables of characters (3.3.0) take many a letter for "cannot be here", a promise to the compiler that is
// broken by a line that begins with one of them ("é = 1").  They mean "no".  Elsewhere such a place ends the
// process.
#undef TOML_UNREACHABLE
// clang-format off
#define TOML_UNREACHABLE return {}
// clang-format on
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_trap()
#include <toml++/toml.h>

#include "base/toml_internal.h"

static_assert(TOML_MAX_NESTED_VALUES == LIMIT_TOML_DEPTH, "one bound, written twice for the preprocessor");

namespace {

struct reading {
    const char *name; // of the document, for messages
    arcella_error **reterr;
};

int fail(const reading &r, const toml::source_position &place, std::string_view message) {
    return toml_error(r.reterr, r.name, place.line, place.column, message.data(), message.size());
}

// toml++ says "Error while parsing key-value pair: …"; the place says as much.
std::string_view shorten(std::string_view message) {
    size_t colon = message.find(": ");
    if (message.rfind("Error while parsing ", 0) != 0 || colon == std::string_view::npos)
        return message;
    return message.substr(colon + 2);
}

// Copy a key or a string; readers in C would take a NUL for its end.
int copy_text(const reading &r, std::string_view text, const toml::source_position &place, const char **ret) {
    if (text.find('\0') != std::string_view::npos)
        return fail(r, place, "text must not contain NUL (\\u0000)");
    *ret = toml_make_text(text.data(), text.size());
    return *ret ? 0 : toml_nomem(r.reterr);
}

// Append ".5" for 500,000,000 ns, or nothing.
void add_fraction(std::string &to, uint32_t nanosecond) {
    if (nanosecond == 0)
        return;
    char digits[16];
    std::snprintf(digits, sizeof(digits), ".%09u", nanosecond);
    std::string_view all(digits);
    to += all.substr(0, all.find_last_not_of('0') + 1);
}

void add_date(std::string &to, const toml::date &d) {
    char text[32];
    std::snprintf(text, sizeof(text), "%04u-%02u-%02u", unsigned{d.year}, unsigned{d.month}, unsigned{d.day});
    to += text;
}

void add_time(std::string &to, const toml::time &t) {
    char text[32];
    std::snprintf(text, sizeof(text), "%02u:%02u:%02u", unsigned{t.hour}, unsigned{t.minute},
                  unsigned{t.second});
    to += text;
    add_fraction(to, t.nanosecond);
}

void add_date_time(std::string &to, const toml::date_time &dt) {
    add_date(to, dt.date);
    to += 'T';
    add_time(to, dt.time);
    if (!dt.offset)
        return;
    int minutes = dt.offset->minutes;
    if (minutes == 0) {
        to += 'Z';
        return;
    }
    char text[32];
    int positive = minutes < 0 ? -minutes : minutes;
    std::snprintf(text, sizeof(text), "%c%02d:%02d", minutes < 0 ? '-' : '+', positive / 60, positive % 60);
    to += text;
}

int convert(const reading &r, const toml::node &from, unsigned depth, toml_node *to);

int convert_table(const reading &r, const toml::table &from, unsigned depth, toml_node *to) {
    to->kind = TOML_TABLE;
    if (!toml_make_children(to, from.size()))
        return toml_nomem(r.reterr);
    size_t i = 0;
    for (auto &&[key, value] : from) {
        toml_node *child = &to->children[i++];
        const toml::source_position &place = key.source().begin;
        child->key_line = place.line;
        child->key_column = place.column;
        int result = copy_text(r, key.str(), place, &child->key);
        if (result == 0)
            result = convert(r, value, depth + 1, child);
        if (result < 0)
            return result;
    }
    // toml++ keeps keys in their alphabet.
    toml_sort(to);
    return 0;
}

int convert_array(const reading &r, const toml::array &from, unsigned depth, toml_node *to) {
    to->kind = TOML_ARRAY;
    if (!toml_make_children(to, from.size()))
        return toml_nomem(r.reterr);
    for (size_t i = 0; i < from.size(); i++) {
        int result = convert(r, *from.get(i), depth + 1, &to->children[i]);
        if (result < 0)
            return result;
    }
    return 0;
}

int convert(const reading &r, const toml::node &from, unsigned depth, toml_node *to) {
    const toml::source_position &place = from.source().begin;
    to->line = place.line;
    to->column = place.column;
    if (depth > LIMIT_TOML_DEPTH)
        return fail(r, place, "too many arrays and tables inside each other");
    std::string time;
    switch (from.type()) {
    case toml::node_type::table: return convert_table(r, *from.as_table(), depth, to);
    case toml::node_type::array: return convert_array(r, *from.as_array(), depth, to);
    case toml::node_type::string:
        to->kind = TOML_STRING;
        return copy_text(r, from.as_string()->get(), place, &to->text);
    case toml::node_type::integer:
        to->kind = TOML_INTEGER;
        to->integer = from.as_integer()->get();
        return 0;
    case toml::node_type::floating_point:
        to->kind = TOML_FLOAT;
        to->number = from.as_floating_point()->get();
        return 0;
    case toml::node_type::boolean:
        to->kind = TOML_BOOLEAN;
        to->boolean = from.as_boolean()->get();
        return 0;
    case toml::node_type::date: add_date(time, from.as_date()->get()); break;
    case toml::node_type::time: add_time(time, from.as_time()->get()); break;
    case toml::node_type::date_time: add_date_time(time, from.as_date_time()->get()); break;
    case toml::node_type::none: return fail(r, place, "a value of no known kind");
    }
    to->kind = TOML_TIME;
    return copy_text(r, time, place, &to->text);
}

} // namespace

int toml_read(const char *text, size_t length, const char *name, toml_node *root, arcella_error **reterr) {
    reading r = {name, reterr};
    toml::parse_result parsed = toml::parse(std::string_view(text, length));
    if (!parsed)
        return fail(r, parsed.error().source().begin, shorten(parsed.error().description()));
    root->line = 1;
    root->column = 1;
    return convert_table(r, parsed.table(), 0, root);
}
