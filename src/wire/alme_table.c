/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The rows of commands.def as a table, and finding things in it, also those that were only nearly named. */
#include <limits.h>

#include "wire/alme_internal.h"

/* The short names that the rows use. */
enum {
    REQUIRED = ALME_REQUIRED,
    PLACED = ALME_PLACED,
    REST = ALME_REST,
    LOCAL = ALME_LOCAL,
    STREAM = ALME_STREAM,
    FOLLOW = ALME_FOLLOW,
    PROGRESS = ALME_PROGRESS,
};
#define TYPE_TEXT      ALME_TEXT
#define TYPE_PATH      ALME_PATH
#define TYPE_ID        ALME_TARGET
#define TYPE_NAME      ALME_NAME
#define TYPE_BOOL      ALME_BOOL
#define TYPE_U64       ALME_U64
#define TYPE_SIZE      ALME_SIZE
#define TYPE_TIME      ALME_TIME
#define TYPE_CHOICE    ALME_CHOICE
#define TYPE_TEXTS     ALME_TEXTS
#define TYPE_PAIRS     ALME_PAIRS
#define TYPE_DIRS      ALME_DIRS
#define TYPE_FILES     ALME_FILES
#define TYPE_ADDRESSES ALME_ADDRESSES
#define TYPE_LEVELS    ALME_LEVELS

#define ARG(type, names, letter, flags, max, fallback, form, help)                                           \
    {TYPE_##type, names, letter, flags, max, fallback, form, help},
#define COMMAND(ID, name, aliases, who, flags, help, reply, example, ...)                                    \
    [ALME_##ID] = {ALME_##ID,  name,    aliases,                                                             \
                   ALME_##who, flags,   help,                                                                \
                   reply,      example, (const struct alme_argument[]){__VA_ARGS__{.names = NULL}}},
static const struct alme_command commands[ALME_COMMANDS] = {
#include "wire/commands.def"
};
#undef ARG
#undef COMMAND

/* --- names --- */

static char fold(char c) {
    return c == '_' ? '-' : c;
}

static bool same_name(struct text a, const char *b) {
    size_t length = strlen(b);
    if (a.length != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (fold(a.data[i]) != fold(b[i]))
            return false;
    return true;
}

/* Walk the words of a list. @return false at its end */
static bool next_name(const char **at, const char *separators, struct text *ret) {
    *at += strspn(*at, separators);
    if (!**at)
        return false;
    *ret = (struct text){*at, strcspn(*at, separators)};
    *at += ret->length;
    return true;
}

bool alme_names_have(const char *names, const char *separators, const char *name) {
    struct text word;
    while (next_name(&names, separators, &word))
        if (same_name(word, name))
            return true;
    return false;
}

struct text alme_first_name(const char *names) {
    return (struct text){names, strcspn(names, " ,|")};
}

#define DISTANCE_NAME 32 /* longer names are compared by their beginnings */

unsigned alme_distance(const char *a, const char *b) {
    size_t m = strnlen(a, DISTANCE_NAME);
    size_t n = strnlen(b, DISTANCE_NAME);
    unsigned cost[DISTANCE_NAME + 1][DISTANCE_NAME + 1];
    for (size_t i = 0; i <= m; i++) {
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = (unsigned)(i + j);
                continue;
            }
            bool same = fold(a[i - 1]) == fold(b[j - 1]);
            unsigned least = cost[i - 1][j - 1] + !same;
            if (cost[i - 1][j] + 1 < least)
                least = cost[i - 1][j] + 1;
            if (cost[i][j - 1] + 1 < least)
                least = cost[i][j - 1] + 1;
            bool swapped =
                i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]);
            if (swapped && cost[i - 2][j - 2] + 1 < least)
                least = cost[i - 2][j - 2] + 1;
            cost[i][j] = least;
        }
    }
    return cost[m][n];
}

/* Is this so near that it was probably meant? */
static bool probable(unsigned distance, const char *name) {
    size_t length = strlen(name);
    return length <= DISTANCE_NAME && distance <= (length < 4 ? 1 : length / 3);
}

/* --- commands --- */

const struct alme_command *alme_command_of(enum alme_id id) {
    return &commands[id];
}

const struct alme_command *alme_command_find(const char *name) {
    for (size_t i = 0; i < ALME_COMMANDS; i++)
        if (alme_names_have(commands[i].name, " ", name) || alme_names_have(commands[i].aliases, " ", name))
            return &commands[i];
    return NULL;
}

const char *alme_command_nearest(const char *name) {
    const char *nearest = NULL;
    unsigned least = UINT_MAX;
    for (size_t i = 0; i < ALME_COMMANDS; i++) {
        unsigned distance = alme_distance(commands[i].name, name);
        if (distance < least) {
            least = distance;
            nearest = commands[i].name;
        }
    }
    return probable(least, name) ? nearest : NULL;
}

/* --- arguments --- */

const struct alme_argument *alme_argument_find(const struct alme_command *command, const char *name) {
    for (const struct alme_argument *a = command->arguments; a->names; a++)
        if (alme_names_have(a->names, " ", name))
            return a;
    return NULL;
}

const struct alme_argument *alme_argument_nearest(const struct alme_command *command, const char *name) {
    const struct alme_argument *nearest = NULL;
    unsigned least = UINT_MAX;
    for (const struct alme_argument *a = command->arguments; a->names; a++) {
        char first[64];
        alme_argument_name(a, first, sizeof(first));
        unsigned distance = alme_distance(first, name);
        if (distance < least) {
            least = distance;
            nearest = a;
        }
    }
    return nearest && probable(least, name) ? nearest : NULL;
}

void alme_argument_name(const struct alme_argument *argument, char *to, size_t size) {
    struct text first = alme_first_name(argument->names);
    snprintf(to, size, "%.*s", (int)first.length, first.data);
}

bool alme_argument_is_list(const struct alme_argument *argument) {
    return argument->type == ALME_TEXTS || argument->type == ALME_PAIRS || argument->type == ALME_DIRS ||
           argument->type == ALME_FILES || argument->type == ALME_ADDRESSES;
}

/* --- choices: "name,synonym|name" --- */

struct text alme_choice_find(const char *form, const char *name) {
    struct text group;
    while (next_name(&form, "|", &group)) {
        const char *at = group.data;
        struct text word;
        while (at < group.data + group.length && next_name(&at, ",|", &word) &&
               word.data < group.data + group.length)
            if (same_name(word, name))
                return alme_first_name(group.data);
    }
    return (struct text){"", 0};
}

int alme_choices_add(struct buffer *to, const char *form, const char *between, const char *before_last,
                     arcella_error **reterr) {
    struct text group;
    const char *separator = "";
    int r = 0;
    while (r == 0 && next_name(&form, "|", &group)) {
        struct text first = alme_first_name(group.data);
        r = buffer_format(to, reterr, "%s%.*s", separator, (int)first.length, first.data);
        const char *rest = form + strspn(form, "|");
        separator = strchr(rest, '|') ? between : before_last;
    }
    return r;
}
