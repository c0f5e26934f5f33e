/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Completion scripts for bash, zsh and fish, made from the table of commands: verbs, options, choices, files,
 * and ids, which the scripts ask the daemon for with `list --json` cut by sed, quietly, when there is one.
 */
#include "cli_internal.h"

/* where: options that say which daemon; what: the list asked for. */
#define IDS(where, what)                                                                                     \
    "arcella-cli " where "list " what " --json 2>/dev/null | grep -o '\"id\":\"[^\"]*\"' | cut -d'\"' -f4"

static const struct {
    const char *name;
    const char *form;
    const char *help;
} globals[] = {
#define XX(name, letter, form, help) {name, form, help},
    CLI_OPTION_MAP(XX)
#undef XX
};

/* The choices of an argument, separated by blanks; "" for other types. */
static void choices_of(const struct alme_argument *argument, char *to, size_t size) {
    BUFFER_AUTO b = BUFFER_INIT(512);
    to[0] = '\0';
    if (argument->type == ALME_CHOICE && alme_choices_add(&b, argument->form, " ", " ", NULL) == 0 && b.data)
        text_copy(to, size, b.data);
}

/* What may stand where an argument is wanted. */
enum wish { WISH_NOTHING, WISH_FILE, WISH_ID, WISH_CHOICE, WISH_VERB };

static enum wish wish_of(const struct alme_argument *argument) {
    switch (argument->type) {
    case ALME_PATH:
    case ALME_DIRS:
    case ALME_FILES: return WISH_FILE;
    case ALME_TARGET: return WISH_ID;
    case ALME_CHOICE: return WISH_CHOICE;
    case ALME_TEXT: return strcmp(argument->names, "verb") == 0 ? WISH_VERB : WISH_NOTHING;
    default: return WISH_NOTHING;
    }
}

static const struct alme_argument *first_placed(const struct alme_command *command) {
    for (const struct alme_argument *a = command->arguments; a->names; a++)
        if (a->flags & ALME_PLACED)
            return a;
    return NULL;
}

static int add_words(struct buffer *to, const struct alme_command *command, arcella_error **reterr) {
    int r = 0;
    for (const struct alme_argument *a = command->arguments; r == 0 && a->names; a++) {
        char name[64];
        alme_argument_name(a, name, sizeof(name));
        if (!(a->flags & ALME_PLACED))
            r = buffer_format(to, reterr, "--%s ", name);
    }
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(globals); i++)
        r = buffer_format(to, reterr, "--%s%s", globals[i].name, i + 1 < ARRAY_LENGTH(globals) ? " " : "");
    return r;
}

static int add_verbs(struct buffer *to, arcella_error **reterr) {
    int r = 0;
    for (int id = 0; r == 0 && id < ALME_COMMANDS; id++)
        r = buffer_format(to, reterr, "%s%s", id ? " " : "", alme_command_of((enum alme_id)id)->name);
    return r;
}

/* --- bash --- */

static int bash_wish(struct buffer *to, const struct alme_argument *argument, arcella_error **reterr) {
    char choices[256];
    choices_of(argument, choices, sizeof(choices));
    switch (wish_of(argument)) {
    case WISH_FILE: return buffer_text(to, "COMPREPLY=($(compgen -f -- \"$cur\"))", reterr);
    case WISH_ID: return buffer_text(to, "COMPREPLY=($(compgen -W \"$(_arcella_ids)\" -- \"$cur\"))", reterr);
    case WISH_CHOICE:
        return buffer_format(to, reterr, "COMPREPLY=($(compgen -W \"%s\" -- \"$cur\"))", choices);
    case WISH_VERB: {
        int r = buffer_text(to, "COMPREPLY=($(compgen -W \"", reterr);
        if (r == 0)
            r = add_verbs(to, reterr);
        return r < 0 ? r : buffer_text(to, "\" -- \"$cur\"))", reterr);
    }
    case WISH_NOTHING: break;
    }
    return buffer_text(to, "COMPREPLY=()", reterr);
}

static int bash_verb(struct buffer *to, const struct alme_command *command, arcella_error **reterr) {
    int r = buffer_format(to, reterr, "    %s)\n        case $prev in\n", command->name);
    for (const struct alme_argument *a = command->arguments; r == 0 && a->names; a++) {
        char name[64];
        alme_argument_name(a, name, sizeof(name));
        if ((a->flags & ALME_PLACED) || a->type == ALME_BOOL)
            continue;
        r = a->letter ? buffer_format(to, reterr, "        --%s|-%c) ", name, a->letter)
                      : buffer_format(to, reterr, "        --%s) ", name);
        if (r == 0)
            r = bash_wish(to, a, reterr);
        if (r == 0)
            r = buffer_text(to, "; return ;;\n", reterr);
    }
    if (r == 0)
        r = buffer_text(to, "        esac\n        if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"",
                        reterr);
    if (r == 0)
        r = add_words(to, command, reterr);
    if (r == 0)
        r = buffer_text(to, "\" -- \"$cur\"))\n        else ", reterr);
    const struct alme_argument *placed = first_placed(command);
    if (r == 0)
        r = placed ? bash_wish(to, placed, reterr) : buffer_text(to, "COMPREPLY=()", reterr);
    return r < 0 ? r : buffer_text(to, "; fi ;;\n", reterr);
}

static int bash_script(struct buffer *to, arcella_error **reterr) {
    int r =
        buffer_text(to,
                    "# bash completion for arcella-cli and arcella; made by `arcella-cli completion bash`\n"
                    "_arcella_ids() {\n"
                    "    local what\n"
                    "    for what in components deployments; do\n"
                    "        " IDS("\"${where[@]}\" ", "\"$what\"") "\n    done\n}\n",
                    reterr);
    if (r == 0)
        r = buffer_text(
            to,
            "_arcella() {\n"
            "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb='' where=() i\n"
            "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
            "        case ${COMP_WORDS[i]} in\n"
            "        --home|--socket|-H|-S) where+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[i+1]}\"); ((i++)) "
            ";;\n"
            "        -*) ;;\n"
            "        *) verb=${COMP_WORDS[i]}; break ;;\n"
            "        esac\n"
            "    done\n"
            "    case $prev in --home|--socket|-H|-S) COMPREPLY=($(compgen -f -- \"$cur\")); return ;; esac\n"
            "    case $verb in\n"
            "    '') COMPREPLY=($(compgen -W \"",
            reterr);
    if (r == 0)
        r = add_verbs(to, reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(globals); i++)
        r = buffer_format(to, reterr, " --%s", globals[i].name);
    if (r == 0)
        r = buffer_text(to, "\" -- \"$cur\")) ;;\n", reterr);
    for (int id = 0; r == 0 && id < ALME_COMMANDS; id++)
        r = bash_verb(to, alme_command_of((enum alme_id)id), reterr);
    return r < 0 ? r
                 : buffer_text(to, "    esac\n}\ncomplete -o filenames -F _arcella arcella-cli arcella\n",
                               reterr);
}

/* --- zsh --- */

/* Text inside single quotes, with what _arguments gives a meaning escaped. */
static int zsh_text(struct buffer *to, const char *text, arcella_error **reterr) {
    int r = 0;
    for (; r == 0 && *text; text++) {
        if (*text == '\'')
            r = buffer_text(to, "'\\''", reterr);
        else if (strchr("[]:\\", *text))
            r = buffer_format(to, reterr, "\\%c", *text);
        else
            r = buffer_add(to, text, 1, reterr);
    }
    return r;
}

static int zsh_action(struct buffer *to, const struct alme_argument *argument, arcella_error **reterr) {
    char choices[256];
    choices_of(argument, choices, sizeof(choices));
    switch (wish_of(argument)) {
    case WISH_FILE: return buffer_text(to, "_files", reterr);
    case WISH_ID: return buffer_text(to, "_arcella_ids", reterr);
    case WISH_CHOICE: return buffer_format(to, reterr, "(%s)", choices);
    case WISH_VERB: {
        int r = buffer_text(to, "(", reterr);
        if (r == 0)
            r = add_verbs(to, reterr);
        return r < 0 ? r : buffer_text(to, ")", reterr);
    }
    case WISH_NOTHING: break;
    }
    return 0;
}

static int zsh_argument(struct buffer *to, const struct alme_argument *argument, arcella_error **reterr) {
    char name[64];
    alme_argument_name(argument, name, sizeof(name));
    int r;
    if (argument->flags & ALME_PLACED)
        r = buffer_format(to, reterr, " '%s:", argument->flags & ALME_REST ? "*" : "");
    else
        r = buffer_format(to, reterr, " '%s--%s%s[", alme_argument_is_list(argument) ? "*" : "", name,
                          argument->type == ALME_BOOL ? "" : "=");
    if (r == 0 && (argument->flags & ALME_PLACED))
        r = buffer_format(to, reterr, "%s:", name);
    else if (r == 0)
        r = zsh_text(to, argument->help, reterr);
    if (r == 0 && !(argument->flags & ALME_PLACED))
        r = buffer_text(to, "]", reterr);
    if (r == 0 && !(argument->flags & ALME_PLACED) && argument->type != ALME_BOOL)
        r = buffer_format(to, reterr, ":%s:", name);
    if (r == 0 && argument->type != ALME_BOOL)
        r = zsh_action(to, argument, reterr);
    return r < 0 ? r : buffer_text(to, "'", reterr);
}

static int zsh_globals(struct buffer *to, arcella_error **reterr) {
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(globals); i++) {
        r = buffer_format(to, reterr, " '--%s%s[", globals[i].name, globals[i].form ? "=" : "");
        if (r == 0)
            r = zsh_text(to, globals[i].help, reterr);
        if (r == 0)
            r = buffer_format(to, reterr, "]%s'", globals[i].form ? ":path:_files" : "");
    }
    return r;
}

static int zsh_script(struct buffer *to, arcella_error **reterr) {
    int r = buffer_text(
        to,
        "#compdef arcella-cli arcella\n"
        "# zsh completion; made by `arcella-cli completion zsh`\n"
        "_arcella_ids() {\n    local -a ids\n    ids=(${(f)\"$(for what in components deployments; do " IDS(
            "",
            "$what") "; done)\"})\n    compadd -a ids\n}\n_arcella() {\n    local -a verbs\n    verbs=(\n",
        reterr);
    for (int id = 0; r == 0 && id < ALME_COMMANDS; id++) {
        const struct alme_command *command = alme_command_of((enum alme_id)id);
        r = buffer_format(to, reterr, "        '%s:", command->name);
        if (r == 0)
            r = zsh_text(to, command->help, reterr);
        if (r == 0)
            r = buffer_text(to, "'\n", reterr);
    }
    if (r == 0)
        r = buffer_text(to, "    )\n    local curcontext=$curcontext state line\n    _arguments -C", reterr);
    if (r == 0)
        r = zsh_globals(to, reterr);
    if (r == 0)
        r = buffer_text(to,
                        " '1: :->verb' '*:: :->arguments'\n"
                        "    case $state in\n"
                        "    verb) _describe verb verbs ;;\n"
                        "    arguments)\n"
                        "        case $words[1] in\n",
                        reterr);
    for (int id = 0; r == 0 && id < ALME_COMMANDS; id++) {
        const struct alme_command *command = alme_command_of((enum alme_id)id);
        r = buffer_format(to, reterr, "        %s) _arguments", command->name);
        for (const struct alme_argument *a = command->arguments; r == 0 && a->names; a++)
            r = zsh_argument(to, a, reterr);
        if (r == 0)
            r = zsh_globals(to, reterr);
        if (r == 0)
            r = buffer_text(to, " ;;\n", reterr);
    }
    return r < 0 ? r
                 : buffer_text(to,
                               "        esac ;;\n    esac\n}\n"
                               "if [ \"$funcstack[1]\" = _arcella ]; then _arcella \"$@\"; else compdef "
                               "_arcella arcella-cli "
                               "arcella; fi\n",
                               reterr);
}

/* --- fish --- */

/* Text inside single quotes. */
static int fish_text(struct buffer *to, const char *text, arcella_error **reterr) {
    int r = 0;
    for (; r == 0 && *text; text++)
        r = *text == '\'' || *text == '\\' ? buffer_format(to, reterr, "\\%c", *text)
                                           : buffer_add(to, text, 1, reterr);
    return r;
}

static int fish_wish(struct buffer *to, const struct alme_argument *argument, arcella_error **reterr) {
    char choices[256];
    choices_of(argument, choices, sizeof(choices));
    switch (wish_of(argument)) {
    case WISH_FILE: return buffer_text(to, " -F", reterr);
    case WISH_ID: return buffer_text(to, " -xa '(__arcella_ids)'", reterr);
    case WISH_CHOICE: return buffer_format(to, reterr, " -xa '%s'", choices);
    case WISH_VERB: {
        int r = buffer_text(to, " -xa '", reterr);
        if (r == 0)
            r = add_verbs(to, reterr);
        return r < 0 ? r : buffer_text(to, "'", reterr);
    }
    case WISH_NOTHING: break;
    }
    return buffer_text(to, argument->type == ALME_BOOL ? "" : " -x", reterr);
}

static int fish_argument(struct buffer *to, const struct alme_command *command,
                         const struct alme_argument *argument, arcella_error **reterr) {
    char name[64];
    alme_argument_name(argument, name, sizeof(name));
    bool placed = argument->flags & ALME_PLACED;
    if (placed && wish_of(argument) == WISH_NOTHING)
        return 0;
    int r =
        buffer_format(to, reterr, "complete -c $program -n '__fish_seen_subcommand_from %s'", command->name);
    if (r == 0 && !placed)
        r = buffer_format(to, reterr, " -l %s", name);
    if (r == 0 && !placed && argument->letter)
        r = buffer_format(to, reterr, " -s %c", argument->letter);
    if (r == 0)
        r = fish_wish(to, argument, reterr);
    if (r == 0)
        r = buffer_text(to, " -d '", reterr);
    if (r == 0)
        r = fish_text(to, argument->help, reterr);
    return r < 0 ? r : buffer_text(to, "'\n", reterr);
}

static int fish_script(struct buffer *to, arcella_error **reterr) {
    int r = buffer_text(
        to,
        "# fish completion for arcella-cli and arcella; made by `arcella-cli completion fish`\n"
        "function __arcella_ids\n    for what in components deployments\n        " IDS(
            "", "$what") "\n    end\nend\nfor program in arcella-cli arcella\ncomplete -c $program -f\n",
        reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(globals); i++) {
        r = buffer_format(to, reterr, "complete -c $program -l %s%s -d '", globals[i].name,
                          globals[i].form ? " -rF" : "");
        if (r == 0)
            r = fish_text(to, globals[i].help, reterr);
        if (r == 0)
            r = buffer_text(to, "'\n", reterr);
    }
    for (int id = 0; r == 0 && id < ALME_COMMANDS; id++) {
        const struct alme_command *command = alme_command_of((enum alme_id)id);
        r = buffer_format(to, reterr, "complete -c $program -n __fish_use_subcommand -a %s -d '",
                          command->name);
        if (r == 0)
            r = fish_text(to, command->help, reterr);
        if (r == 0)
            r = buffer_text(to, "'\n", reterr);
        for (const struct alme_argument *a = command->arguments; r == 0 && a->names; a++)
            r = fish_argument(to, command, a, reterr);
    }
    return r < 0 ? r : buffer_text(to, "end\n", reterr);
}

int complete_script(const char *shell, struct buffer *to, arcella_error **reterr) {
    if (strcmp(shell, "bash") == 0)
        return bash_script(to, reterr);
    return strcmp(shell, "zsh") == 0 ? zsh_script(to, reterr) : fish_script(to, reterr);
}
