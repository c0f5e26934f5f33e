/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A command line into a call: options that all verbs share, then those of the verb's row.  Values are taken
 * as typed and checked by the rules the daemon checks by; paths become absolute, since the daemon has another
 * current folder.
 */
#include <unistd.h>

#include "cli_internal.h"

struct reader {
    struct options *options;
    int argc;
    char **argv;
    int at;     /* next argument */
    int placed; /* arguments without a name so far */
};

/* --- values --- */

/* A path of the client's for the daemon. length bytes of path; the rest of the text is kept behind it. */
static char *absolute(const char *text) {
    if (text[0] == '/')
        return mem_text(text);
    while (text[0] == '.' && text[1] == '/')
        text += 2 + strspn(text + 2, "/");
    char folder[LIMIT_PATH_BYTES];
    if (!getcwd(folder, sizeof(folder)))
        return mem_text(text);
    if (strcmp(text, ".") == 0)
        return mem_text(folder);
    if (strncmp(text, ".::", 3) == 0)
        return mem_format("%s%s", folder, text + 1);
    return mem_format("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, text);
}

/* NAME=FILE with its FILE absolute; other texts as they are. */
static char *in_file(const struct options *o, const struct alme_argument *argument, const char *value) {
    const char *equals = strchr(value, '=');
    if (argument->type != ALME_FILES || (o->call.command->flags & ALME_LOCAL) || !equals || !equals[1])
        return mem_text(value);
    MEM_AUTO char *file = absolute(equals + 1);
    return file ? mem_format("%.*s=%s", (int)(equals - value), value, file) : NULL;
}

static int add_value(struct reader *r, const struct alme_argument *argument, const char *value,
                     arcella_error **reterr) {
    struct options *o = r->options;
    char name[64];
    alme_argument_name(argument, name, sizeof(name));
    bool path = (argument->type == ALME_PATH || argument->type == ALME_DIRS) &&
                !(o->call.command->flags & ALME_LOCAL) && *value;
    if (!text_is_utf8(value, strlen(value)))
        return error_set(reterr, ARCELLA_E_INVALID, "the value of '%s' is not UTF-8", name);
    MEM_AUTO char *whole = path ? absolute(value) : in_file(o, argument, value);
    if (!whole)
        return error_nomem(reterr);
    json_t *text = json_string(whole);
    if (!text)
        return error_nomem(reterr);
    if (!alme_argument_is_list(argument)) {
        if (json_object_get(o->sent, name)) {
            json_decref(text);
            return error_set(reterr, ARCELLA_E_INVALID, "'%s' was given twice", name);
        }
        return json_object_set_new(o->sent, name, text) < 0 ? error_nomem(reterr) : 0;
    }
    json_t *list = json_object_get(o->sent, name);
    if (!list && (list = json_array()) && json_object_set_new(o->sent, name, list) < 0)
        list = NULL;
    return json_array_append_new(list, text) < 0 ? error_nomem(reterr) : 0;
}

/* --- options --- */

struct global {
    const char *name;
    char letter;
    const char *form;
};

static const struct global globals[] = {
#define XX(name, letter, form, help) {name, letter, form},
    CLI_OPTION_MAP(XX)
#undef XX
};

static const struct global *find_global(const char *name) {
    for (size_t i = 0; i < ARRAY_LENGTH(globals); i++)
        if (strcmp(globals[i].name, name) == 0)
            return &globals[i];
    return NULL;
}

static const struct global *find_global_letter(char letter) {
    for (size_t i = 0; i < ARRAY_LENGTH(globals); i++)
        if (globals[i].letter == letter)
            return &globals[i];
    return NULL;
}

static const struct alme_argument *find_letter(const struct alme_command *command, char letter) {
    for (const struct alme_argument *a = command->arguments; a->names; a++)
        if (a->letter == letter)
            return a;
    return NULL;
}

/* The value of an option: behind '=' or the letter, or the next argument. */
static int option_value(struct reader *r, const char *name, const char *attached, const char **ret,
                        arcella_error **reterr) {
    if (attached) {
        *ret = attached;
        return 0;
    }
    if (r->at >= r->argc)
        return error_set(reterr, ARCELLA_E_INVALID, "option '%s' needs a value", name);
    *ret = r->argv[r->at++];
    return 0;
}

static int set_global(struct reader *r, const struct global *g, const char *attached,
                      arcella_error **reterr) {
    struct options *o = r->options;
    if (!g->form && attached)
        return error_set(reterr, ARCELLA_E_INVALID, "option '--%s' takes no value", g->name);
    const char *value = NULL;
    int result = g->form ? option_value(r, g->name, attached, &value, reterr) : 0;
    if (result < 0)
        return result;
    if (value && !*value)
        return error_set(reterr, ARCELLA_E_INVALID, "option '--%s' needs a value that is not empty", g->name);
    switch (g->letter) {
    case 'H': o->call.home = value; break;
    case 'S': o->call.socket = value; break;
    case 'j': o->call.json = true; break;
    case 'h': o->help = true; break;
    case 'V': o->version = true; break;
    default: break;
    }
    return 0;
}

static int unknown_option(struct reader *r, const char *shown, arcella_error **reterr) {
    const struct alme_command *command = r->options->call.command;
    if (!command) {
        int result = error_set(reterr, ARCELLA_E_INVALID, "there is no option '%s' before a verb", shown);
        return error_hint(reterr, result,
                          "options of a verb stand behind it; `arcella help` shows the others");
    }
    int result = error_set(reterr, ARCELLA_E_INVALID, "'%s' has no option '%s'", command->name, shown);
    const char *name = shown + strspn(shown, "-");
    const struct alme_argument *nearest = shown[1] == '-' ? alme_argument_nearest(command, name) : NULL;
    if (!nearest || (nearest->flags & ALME_PLACED))
        return error_hint(reterr, result, "`arcella help %s` shows its options", command->name);
    char meant[64];
    alme_argument_name(nearest, meant, sizeof(meant));
    return error_hint(reterr, result, "did you mean '--%s'? `arcella help %s` shows all", meant,
                      command->name);
}

static int set_argument(struct reader *r, const struct alme_argument *argument, const char *shown,
                        const char *attached, arcella_error **reterr) {
    if (argument->type == ALME_BOOL)
        return add_value(r, argument, attached ? attached : "true", reterr);
    const char *value = NULL;
    int result = option_value(r, shown, attached, &value, reterr);
    return result < 0 || !value ? result : add_value(r, argument, value, reterr);
}

static int long_option(struct reader *r, const char *text, arcella_error **reterr) {
    const struct alme_command *command = r->options->call.command;
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : strlen(text);
    const char *attached = equals ? equals + 1 : NULL;
    char name[64];
    snprintf(name, sizeof(name), "%.*s", (int)length, text);
    const struct alme_argument *argument =
        command && length < sizeof(name) ? alme_argument_find(command, name) : NULL;
    if (argument && strcmp(name, "json") != 0) { /* which also says how to show the answer */
        char shown[72];
        snprintf(shown, sizeof(shown), "--%s", name);
        return set_argument(r, argument, shown, attached, reterr);
    }
    const struct global *g = find_global(name);
    if (g)
        return set_global(r, g, attached, reterr);
    return unknown_option(r, text - 2, reterr);
}

/* Letters may stand together ("-fn5"); one that takes a value takes the rest. */
static int short_options(struct reader *r, const char *letters, arcella_error **reterr) {
    const struct alme_command *command = r->options->call.command;
    int result = 0;
    while (result == 0 && *letters) {
        char shown[3] = {'-', *letters, 0};
        const struct alme_argument *argument = command ? find_letter(command, *letters) : NULL;
        const struct global *g = find_global_letter(*letters);
        letters++;
        bool takes = argument ? argument->type != ALME_BOOL : g && g->form;
        const char *attached = takes && *letters ? letters : NULL;
        if (argument)
            result = set_argument(r, argument, shown, attached, reterr);
        else if (g)
            result = set_global(r, g, attached, reterr);
        else
            result = unknown_option(r, shown, reterr);
        if (takes)
            break;
    }
    return result;
}

/* --- arguments without a name --- */

bool options_is_file(const char *text) {
    return strchr(text, '/') == text || strncmp(text, "./", 2) == 0 || strncmp(text, "../", 3) == 0 ||
           strcmp(text, ".") == 0 || strcmp(text, "..") == 0 || access(text, F_OK) == 0 ||
           (strlen(text) > 5 && strcmp(text + strlen(text) - 5, ".wasm") == 0);
}

static const struct alme_argument *next_place(const struct reader *r) {
    int place = 0;
    for (const struct alme_argument *a = r->options->call.command->arguments; a->names; a++) {
        if (!(a->flags & ALME_PLACED))
            continue;
        bool many = alme_argument_is_list(a) && !(a->flags & ALME_REST); /* the last one: all that come */
        if (place == r->placed || (many && place < r->placed))
            return a;
        place++;
    }
    return NULL;
}

static int placed_argument(struct reader *r, const char *text, arcella_error **reterr) {
    struct cli_call *call = &r->options->call;
    /* `inspect FILE` needs no daemon and is another row. */
    if (call->command->id == ALME_INSPECT && r->placed == 0 && options_is_file(text))
        call->command = alme_command_of(ALME_INSPECT_FILE);
    const struct alme_argument *argument = next_place(r);
    if (!argument) {
        int result =
            error_set(reterr, ARCELLA_E_INVALID, "'%s' has no place for '%s'", call->command->name, text);
        return error_hint(reterr, result, "for example: %s", call->command->example);
    }
    r->placed++;
    int result = add_value(r, argument, text, reterr);
    /* Where the next place takes all that follows, nothing behind here is ours. */
    const struct alme_argument *next = next_place(r);
    if (result == 0 && next && (next->flags & ALME_REST)) {
        call->rest = r->at;
        r->at = r->argc;
    }
    return result;
}

static int find_verb(struct reader *r, const char *name, arcella_error **reterr) {
    struct cli_call *call = &r->options->call;
    call->verb = r->at - 1;
    call->command = alme_command_find(name);
    if (call->command)
        return 0;
    int result = error_set(reterr, ARCELLA_E_COMMAND, "there is no verb '%s'", name);
    const char *nearest = alme_command_nearest(name);
    return nearest ? error_hint(reterr, result, "did you mean '%s'? `arcella help` lists the verbs", nearest)
                   : result;
}

/* "-5", which is no option. */
static bool is_number(const char *text) {
    return text[1] >= '0' && text[1] <= '9';
}

static int read_all(struct reader *r, arcella_error **reterr) {
    struct cli_call *call = &r->options->call;
    bool names_only = false;
    int result = 0;
    while (result == 0 && r->at < r->argc) {
        /* The daemon has options of its own. */
        if (call->command && call->command->id == ALME_DAEMON && !r->options->help)
            r->options->help = strcmp(r->argv[r->at], "--help") == 0 || strcmp(r->argv[r->at], "-h") == 0;
        const char *text = r->argv[r->at++];
        if (call->command && call->command->id == ALME_DAEMON)
            continue;
        if (!names_only && strcmp(text, "--") == 0)
            names_only = true;
        else if (!names_only && text[0] == '-' && text[1] == '-')
            result = long_option(r, text + 2, reterr);
        else if (!names_only && text[0] == '-' && text[1] && !(call->command && is_number(text)))
            result = short_options(r, text + 1, reterr);
        else if (!call->command)
            result = find_verb(r, text, reterr);
        else
            result = placed_argument(r, text, reterr);
    }
    return result;
}

int options_parse(int argc, char **argv, struct options *ret, arcella_error **reterr) {
    *ret = (struct options){
        .call = {.argc = argc, .argv = argv, .rest = argc},
        .sent = json_object(),
    };
    if (!ret->sent)
        return error_nomem(reterr);
    struct reader r = {.options = ret, .argc = argc, .argv = argv, .at = 1};
    int result = read_all(&r, reterr);
    if (result < 0 || ret->help || ret->version || !ret->call.command || ret->call.command->id == ALME_DAEMON)
        return result;
    /* What is shown as JSON takes JSON, where a verb takes values. */
    if (ret->call.json && alme_argument_find(ret->call.command, "json") &&
        json_object_set_new(ret->sent, "json", json_true()) < 0)
        return error_nomem(reterr);
    result = alme_arguments_check(ret->call.command, ret->sent, &ret->args, reterr);
    ret->call.args = ret->args;
    return result;
}

void options_done(struct options *options) {
    json_decref(options->args);
    json_decref(options->sent);
    *options = (struct options){.call = {.argc = 0}};
}
