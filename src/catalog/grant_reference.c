/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* docs/reference/grants.md, made from the tables of grant.h. */
#include "catalog/grant.h"

static const struct {
    enum grant_class class;
    const char *actions, *pattern, *help;
} patterns[] = {
#define XX(class_, actions_, pattern_, help_) {GRANT_##class_, actions_, pattern_, help_},
    GRANT_PATTERN_MAP(XX)
#undef XX
};

static const char head[] = "# Grants: classes, actions, patterns\n"
                           "\n"
                           "Made from `src/catalog/grant.h` by tools/generate; do not edit. "
                           "[Grants](../grants.md) says how they are used.\n"
                           "\n"
                           "A row is written `CLASS:ACTION:PATTERN` (`--allow`, `--deny`, "
                           "`cfg/policy.toml`); several actions are joined by\n"
                           "`+`. Free without any: the log, clocks, random numbers.\n"
                           "\n"
                           "| class | actions | pattern | what it allows | most rows |\n"
                           "|---|---|---|---|---|\n";

static const char effects[] =
    "\n## Effects\n\n"
    "| effect | what it does |\n|---|---|\n"
    "| `allow` | what it matches may be done |\n"
    "| `deny` | what it matches may not be done, whatever else allows it |\n"
    "| `audit` | what it matches may be done, and is told as what a tight policy needs (`--audit-only`) |\n"
    "\n## Sources\n\n"
    "| source | who gave it |\n|---|---|\n"
    "| `option` | whoever started it |\n"
    "| `template` | asked for by the package, and let have (`--allow-requested`) |\n"
    "| `policy` | `cfg/policy.toml` |\n"
    "| `admin` | `grant` on what was there already |\n";
STATIC_ASSERT(GRANT_EFFECTS == 3 && GRANT_SOURCES == 4, "the page has a row for each");

/* A cell of a table: a bar would end it. */
static int add_cell(struct buffer *to, const char *text, arcella_error **reterr) {
    int r = 0;
    for (; r == 0 && *text; text++)
        r = *text == '|' ? buffer_text(to, "\\|", reterr) : buffer_add(to, text, 1, reterr);
    return r;
}

static size_t most_rows(enum grant_class class) {
    static const size_t most[GRANT_CLASSES] = {
#define XX(name, text, actions, rows) [GRANT_##name] = (rows),
        GRANT_CLASS_MAP(XX)
#undef XX
    };
    return most[class];
}

int grant_reference(struct buffer *to, arcella_error **reterr) {
    int r = buffer_text(to, head, reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(patterns); i++) {
        const char *name = grant_class_name(patterns[i].class);
        r = buffer_format(to, reterr, "| `%s%s` | %s | `", name,
                          patterns[i].class == GRANT_HOST ? ":NAME" : "", patterns[i].actions);
        if (r == 0)
            r = add_cell(to, patterns[i].pattern, reterr);
        if (r == 0)
            r = buffer_text(to, "` | ", reterr);
        if (r == 0)
            r = add_cell(to, patterns[i].help, reterr);
        if (r == 0)
            r = buffer_format(to, reterr, " | %zu |\n", most_rows(patterns[i].class));
    }
    return r < 0 ? r : buffer_text(to, effects, reterr);
}
