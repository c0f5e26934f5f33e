/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Help, reference pages and the manual page, made from the tables. */
#include <limits.h>

#include "cli_internal.h"
#include "wire/ipc.h"

static const struct {
    const char *name;
    char letter;
    const char *form;
    const char *help;
} globals[] = {
#define XX(name, letter, form, help) {name, letter, form, help},
    CLI_OPTION_MAP(XX)
#undef XX
};

struct exit_words {
    int number;
    const char *words;
};

#define XX(name, number, words) {number, words},
static const struct exit_words exits[] = {CLI_EXIT_MAP(XX)};
static const struct exit_words run_exits[] = {RUN_EXIT_MAP(XX)};
#undef XX

/* --- pieces --- */

/* The form of an argument's value; for choices all of them: "bash|zsh|fish". */
static void form_of(const struct alme_argument *argument, char *to, size_t size) {
    BUFFER_AUTO choices = BUFFER_INIT(512);
    to[0] = '\0';
    if (argument->type != ALME_CHOICE)
        text_copy(to, size, argument->form ? argument->form : "");
    else if (alme_choices_add(&choices, argument->form, "|", "|", NULL) == 0 && choices.data)
        text_copy(to, size, choices.data);
}

/* "  -m, --memory SIZE        most memory" */
static int add_option(struct buffer *to, const char *name, char letter, const char *form, const char *help,
                      arcella_error **reterr) {
    char title[160];
    char shown[5] = "    ";
    if (letter)
        snprintf(shown, sizeof(shown), "-%c, ", letter);
    int columns =
        snprintf(title, sizeof(title), "%s--%s%s%s", shown, name, form && *form ? " " : "", form ? form : "");
    /* What is too wide for the column stands in a line of its own. */
    if (columns > 30)
        return buffer_format(to, reterr, "  %s\n  %-30s  %s\n", title, "", help);
    return buffer_format(to, reterr, "  %-30s  %s\n", title, help);
}

static int add_argument_option(struct buffer *to, const struct alme_argument *argument,
                               arcella_error **reterr) {
    char name[64];
    char form[128];
    char help[256];
    alme_argument_name(argument, name, sizeof(name));
    form_of(argument, form, sizeof(form));
    const char *repeat = alme_argument_is_list(argument) ? "; may be given several times" : "";
    bool fallback = argument->fallback && argument->type != ALME_BOOL;
    snprintf(help, sizeof(help), "%s%s%s%s", argument->help, fallback ? "; default " : "",
             fallback ? argument->fallback : "", repeat);
    return add_option(to, name, argument->letter, form, help, reterr);
}

/* "start TARGET [OPTIONS]" */
static int add_usage(struct buffer *to, const struct alme_command *command, arcella_error **reterr) {
    int r = buffer_text(to, command->name, reterr);
    bool options = false;
    for (const struct alme_argument *a = command->arguments; a->names; a++)
        options = options || !(a->flags & ALME_PLACED);
    /* Behind FILE everything is the program's, so options come first. */
    bool before = false;
    for (const struct alme_argument *a = command->arguments; a->names; a++)
        before = before || (a->flags & ALME_REST);
    if (r == 0 && options && before)
        r = buffer_text(to, " [OPTIONS]", reterr);
    for (const struct alme_argument *a = command->arguments; r == 0 && a->names; a++) {
        if (!(a->flags & ALME_PLACED))
            continue;
        char form[128];
        form_of(a, form, sizeof(form));
        bool required = a->flags & ALME_REQUIRED;
        r = buffer_format(to, reterr, " %s%s%s%s", required ? "" : "[", form,
                          a->flags & ALME_REST || alme_argument_is_list(a) ? "…" : "", required ? "" : "]");
    }
    if (r == 0 && options && !before)
        r = buffer_text(to, " [OPTIONS]", reterr);
    return r;
}

static int add_globals(struct buffer *to, arcella_error **reterr) {
    int r = buffer_text(to, "\nOptions of all verbs:\n", reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(globals); i++)
        r = add_option(to, globals[i].name, globals[i].letter, globals[i].form, globals[i].help, reterr);
    return r;
}

/* --- help --- */

static int add_verbs(struct buffer *to, bool local, arcella_error **reterr) {
    int r = 0;
    for (int id = 0; r == 0 && id < ALME_COMMANDS; id++) {
        const struct alme_command *command = alme_command_of((enum alme_id)id);
        if (local == ((command->flags & ALME_LOCAL) != 0))
            r = buffer_format(to, reterr, "  %-14s %s\n", command->name, command->help);
    }
    return r;
}

/* Where the further lines of a broken line begin: under its second column, under itself where it has none. */
static unsigned hang_of(const char *line) {
    size_t indent = strspn(line, " ");
    const char *gap = strstr(line + indent, "  ");
    return gap ? term_columns(line) - term_columns(gap + strspn(gap, " ")) : (unsigned)indent;
}

void help_print(const struct buffer *help, const struct term *term) {
    const char *line = help->data;
    bool example = false;
    while (line && *line) {
        size_t length = strcspn(line, "\n");
        MEM_AUTO char *one = mem_text_n(line, length);
        if (!one)
            return;
        /* A command line is there to be copied. */
        if (example || term->width == UINT_MAX)
            fputs(one, term->to);
        else
            term_wrapped(term, one, 0, hang_of(one));
        fputc('\n', term->to);
        example = strcmp(one, "Example:") == 0;
        line += length + (line[length] == '\n');
    }
}

int help_all(const char *program, struct buffer *to, arcella_error **reterr) {
    int r = buffer_format(to, reterr, "Usage: %s [OPTIONS] VERB …\n\nVerbs that ask the daemon:\n", program);
    if (r == 0)
        r = add_verbs(to, false, reterr);
    if (r == 0)
        r = buffer_text(to, "\nVerbs that need no daemon:\n", reterr);
    if (r == 0)
        r = add_verbs(to, true, reterr);
    if (r == 0)
        r = add_globals(to, reterr);
    if (r == 0)
        r = buffer_text(to, "\nExit codes:\n", reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(exits); i++)
        r = buffer_format(to, reterr, "  %d  %s\n", exits[i].number, exits[i].words);
    return r < 0 ? r : buffer_format(to, reterr, "\n`%s help VERB` says more of one verb.\n", program);
}

int help_verb(const char *program, const struct alme_command *command, struct buffer *to,
              arcella_error **reterr) {
    int r = buffer_format(to, reterr, "%s\n\nUsage: %s ", command->help, program);
    if (r == 0)
        r = add_usage(to, command, reterr);
    if (r == 0)
        r = buffer_text(to, "\n", reterr);
    bool options = false;
    for (const struct alme_argument *a = command->arguments; r == 0 && a->names; a++) {
        if (!(a->flags & ALME_PLACED)) {
            options = true;
            continue;
        }
        char form[128];
        form_of(a, form, sizeof(form));
        r = buffer_format(to, reterr, "  %-30s  %s%s%s\n", form, a->help, a->fallback ? "; default " : "",
                          a->fallback ? a->fallback : "");
    }
    if (r == 0 && options)
        r = buffer_text(to, "\nOptions:\n", reterr);
    for (const struct alme_argument *a = command->arguments; r == 0 && a->names; a++)
        if (!(a->flags & ALME_PLACED))
            r = add_argument_option(to, a, reterr);
    if (r == 0)
        r = add_globals(to, reterr);
    if (r == 0 && command->id == ALME_RUN)
        r = buffer_text(to, "\nExit codes, beside those of the program:\n", reterr);
    for (size_t i = 0; r == 0 && command->id == ALME_RUN && i < ARRAY_LENGTH(run_exits); i++)
        r = buffer_format(to, reterr, "  %-3d  %s\n", run_exits[i].number, run_exits[i].words);
    return r < 0 ? r : buffer_format(to, reterr, "\nExample:\n  %s\n", command->example);
}

/* --- reference pages --- */

static int markdown_exits(struct buffer *to, arcella_error **reterr) {
    int r = buffer_text(to,
                        "# Exit codes of arcella-cli\n\n"
                        "Made from src/cli/cli.h by tools/generate; do not edit.\n\n"
                        "| exit code | meaning |\n|---|---|\n",
                        reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(exits); i++)
        r = buffer_format(to, reterr, "| %d | %s |\n", exits[i].number, exits[i].words);
    if (r == 0)
        r = buffer_text(to,
                        "\n`arcella run` passes on the exit code of its program; where that did not end by "
                        "itself:\n\n"
                        "| exit code | meaning |\n|---|---|\n",
                        reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(run_exits); i++)
        r = buffer_format(to, reterr, "| %d | %s |\n", run_exits[i].number, run_exits[i].words);
    return r;
}

int help_markdown(const char *page, struct buffer *to, arcella_error **reterr) {
    if (strcmp(page, "commands") == 0)
        return alme_markdown(to, reterr);
    if (strcmp(page, "errors") == 0)
        return alme_markdown_errors(to, reterr);
    if (strcmp(page, "messages") == 0)
        return ipc_markdown(to, reterr);
    return markdown_exits(to, reterr);
}

/* --- the manual page --- */

/* Text for roff: '\' and '-' are escaped, a leading '.' or ''' hidden. */
static int add_roff(struct buffer *to, const char *text, arcella_error **reterr) {
    int r = *text == '.' || *text == '\'' ? buffer_text(to, "\\&", reterr) : 0;
    for (; r == 0 && *text; text++) {
        if (*text == '\\')
            r = buffer_text(to, "\\e", reterr);
        else if (*text == '-')
            r = buffer_text(to, "\\-", reterr);
        else
            r = buffer_add(to, text, 1, reterr);
    }
    return r;
}

static int add_roff_item(struct buffer *to, const char *title, const char *text, arcella_error **reterr) {
    int r = buffer_text(to, ".TP\n.B ", reterr);
    if (r == 0)
        r = add_roff(to, title, reterr);
    if (r == 0)
        r = buffer_text(to, "\n", reterr);
    if (r == 0)
        r = add_roff(to, text, reterr);
    return r < 0 ? r : buffer_text(to, "\n", reterr);
}

static int add_roff_verb(struct buffer *to, const struct alme_command *command, arcella_error **reterr) {
    BUFFER_AUTO usage = BUFFER_INIT(4096);
    int r = add_usage(&usage, command, reterr);
    if (r == 0)
        r = buffer_text(to, ".SS ", reterr);
    if (r == 0)
        r = add_roff(to, usage.data, reterr);
    if (r == 0)
        r = buffer_text(to, "\n", reterr);
    if (r == 0)
        r = add_roff(to, command->help, reterr);
    if (r == 0)
        r = buffer_text(to, "\n", reterr);
    for (const struct alme_argument *a = command->arguments; r == 0 && a->names; a++) {
        char name[64];
        char form[128];
        char title[224];
        alme_argument_name(a, name, sizeof(name));
        form_of(a, form, sizeof(form));
        if (a->flags & ALME_PLACED)
            text_copy(title, sizeof(title), form);
        else
            snprintf(title, sizeof(title), "--%s%s%s", name, *form ? " " : "", form);
        r = add_roff_item(to, title, a->help, reterr);
    }
    if (r == 0)
        r = buffer_text(to, ".PP\nExample:\n.PP\n.nf\n", reterr);
    if (r == 0)
        r = add_roff(to, command->example, reterr);
    return r < 0 ? r : buffer_text(to, "\n.fi\n", reterr);
}

int help_man(struct buffer *to, arcella_error **reterr) {
    int r = buffer_text(
        to,
        ".\\\" Made by `arcella-cli help --man`; do not edit.\n"
        ".TH ARCELLA-CLI 1 \"\" \"Arcella " ARCELLA_VERSION "\" \"User commands\"\n"
        ".SH NAME\narcella\\-cli \\- manage the components, deployments and instances of an Arcella daemon\n"
        ".SH SYNOPSIS\n.B arcella\\-cli\n[OPTIONS] VERB …\n"
        ".SH DESCRIPTION\nA client of the daemon's management socket; each verb is one command. "
        "\\fBarcella\\fP \\fIVERB\\fP is the same.\n"
        ".SH OPTIONS\n",
        reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(globals); i++) {
        char title[80];
        snprintf(title, sizeof(title), "-%c, --%s%s%s", globals[i].letter, globals[i].name,
                 globals[i].form ? " " : "", globals[i].form ? globals[i].form : "");
        r = add_roff_item(to, title, globals[i].help, reterr);
    }
    if (r == 0)
        r = buffer_text(to, ".SH VERBS\n", reterr);
    for (int id = 0; r == 0 && id < ALME_COMMANDS; id++)
        r = add_roff_verb(to, alme_command_of((enum alme_id)id), reterr);
    if (r == 0)
        r = buffer_text(to, ".SH EXIT STATUS\n", reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(exits); i++) {
        char number[16];
        snprintf(number, sizeof(number), "%d", exits[i].number);
        r = add_roff_item(to, number, exits[i].words, reterr);
    }
    if (r == 0)
        r = buffer_text(to, ".PP\n\\fBarcella run\\fP passes on the exit code of its program, or:\n", reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(run_exits); i++) {
        char number[16];
        snprintf(number, sizeof(number), "%d", run_exits[i].number);
        r = add_roff_item(to, number, run_exits[i].words, reterr);
    }
    if (r == 0)
        r = buffer_text(to, ".SH ENVIRONMENT\n", reterr);
    if (r == 0)
        r = add_roff_item(to, "ARCELLA_HOME", "home folder of the daemon, where --home is not given", reterr);
    if (r == 0)
        r = add_roff_item(to, "ARCELLA_ALME_SOCKET",
                          "socket of the daemon, where neither --socket nor --home is given", reterr);
    return r < 0 ? r : add_roff_item(to, "NO_COLOR", "when set and not empty, no colours are used", reterr);
}
