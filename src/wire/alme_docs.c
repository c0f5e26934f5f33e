/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reference pages from the tables: commands and error codes, as Markdown. */
#include "wire/alme_internal.h"

/* Text that stands in a Markdown table: '|' would end the cell. */
static int add_cell(struct buffer *to, const char *text, arcella_error **reterr) {
    int r = 0;
    for (; r == 0 && *text; text++)
        r = *text == '|' ? buffer_text(to, "\\|", reterr) : buffer_add(to, text, 1, reterr);
    return r;
}

static const char *type_words(enum alme_type type) {
    static const char *const words[] = {
        [ALME_TEXT] = "text",
        [ALME_PATH] = "absolute path",
        [ALME_TARGET] = "id",
        [ALME_NAME] = "name",
        [ALME_BOOL] = "true or false",
        [ALME_U64] = "number",
        [ALME_SIZE] = "size: 64k, 64m, 4g, or bytes as a number",
        [ALME_TIME] = "time: 500ms, 30s, 5m, or milliseconds as a number",
        [ALME_CHOICE] = "one of",
        [ALME_TEXTS] = "list of texts",
        [ALME_PAIRS] = "list of K=V, or an object",
        [ALME_DIRS] = "list of HOST::GUEST[:rw], HOST absolute",
        [ALME_FILES] = "list of NAME=FILE, FILE absolute",
        [ALME_ADDRESSES] = "list of ADDR:PORT",
        [ALME_LEVELS] = "log levels: info, workers=debug, …",
    };
    return words[type];
}

static int add_argument(struct buffer *to, const struct alme_argument *argument, arcella_error **reterr) {
    char name[64];
    alme_argument_name(argument, name, sizeof(name));
    int r = buffer_format(to, reterr, "| `%s`%s | %s", name,
                          argument->flags & ALME_REQUIRED ? ", required" : "", type_words(argument->type));
    if (r == 0 && argument->type == ALME_CHOICE) {
        r = buffer_text(to, " ", reterr);
        if (r == 0)
            r = alme_choices_add(to, argument->form, ", ", " or ", reterr);
    }
    if (r == 0 && argument->fallback)
        r = buffer_format(to, reterr, "; `%s` if absent", argument->fallback);
    if (r == 0)
        r = buffer_text(to, " | ", reterr);
    if (r == 0)
        r = add_cell(to, argument->help, reterr);
    return r < 0 ? r : buffer_text(to, " |\n", reterr);
}

static int add_command(struct buffer *to, const struct alme_command *command, arcella_error **reterr) {
    int r = buffer_format(to, reterr, "\n## %s\n\n%s", command->name, command->help);
    if (r == 0 && command->flags & ALME_LOCAL)
        r = buffer_text(to, " A verb of the programs; needs no daemon and is no ALME command.", reterr);
    if (r == 0 && command->flags & ALME_STREAM)
        r = buffer_text(to, " Items come until the connection closes.", reterr);
    if (r == 0 && command->flags & ALME_FOLLOW)
        r = buffer_text(to, " With `follow` items come until the connection closes.", reterr);
    if (r == 0 && command->flags & ALME_PROGRESS)
        r = buffer_text(to, " Progress lines may come before the reply.", reterr);
    if (r == 0 && *command->aliases) {
        r = buffer_text(to, " Also known as", reterr);
        const char *at = command->aliases;
        while (r == 0 && *at) {
            size_t length = strcspn(at, " ");
            r = buffer_format(to, reterr, "%s `%.*s`", at == command->aliases ? "" : ",", (int)length, at);
            at += length + (at[length] == ' ');
        }
        if (r == 0)
            r = buffer_text(to, ".", reterr);
    }
    if (r == 0 && command->arguments->names)
        r = buffer_text(to, "\n\n| argument | value | what it is |\n|---|---|---|\n", reterr);
    else if (r == 0)
        r = buffer_text(to, "\n", reterr);
    for (const struct alme_argument *a = command->arguments; r == 0 && a->names; a++)
        r = add_argument(to, a, reterr);
    if (r == 0 && *command->reply)
        r = buffer_format(to, reterr, "\nData: `%s`\n", command->reply);
    return r < 0 ? r : buffer_format(to, reterr, "\n    %s\n", command->example);
}

int alme_markdown(struct buffer *to, arcella_error **reterr) {
    int r = buffer_format(
        to, reterr,
        "# Commands\n\n"
        "Made from src/wire/commands.def by tools/generate; do not edit.\n\n"
        "ALME (Arcella Local Management Extensions) is one JSON object per line, at most %llu bytes, over "
        "the Unix\n"
        "socket `alme` in the home folder; only the daemon's own user and root may call. A request names a "
        "command\n"
        "and its arguments, and may have an id, which stands in every line of the answer:\n\n"
        "    {\"cmd\":\"start\",\"args\":{\"target\":\"hello\",\"memory\":\"32m\"},\"id\":1}\n\n"
        "The answer is one line with `success`, `message` and mostly `data`; or, where the command failed, "
        "with\n"
        "`error`: a stable code (see errors.md), the sentence, and mostly a hint:\n\n"
        "    {\"id\":1,\"success\":true,\"message\":\"hello has started\",\"data\":{}}\n"
        "    {\"id\":1,\"success\":false,\"message\":\"no component "
        "'helo'\",\"error\":{\"code\":\"not-found\",\"message\":\"no component 'helo'\",\"hint\":\"…\"}}\n\n"
        "Long operations may send lines with `progress` before it (`stage`, `message`, `done` of `total`; "
        "`restarting`: names of deployments that are about to start again for it); "
        "streams\n"
        "send lines with `item`. Times in data are RFC 3339, names ending in `_ms` and `_bytes` are numbers, "
        "a `?`\n"
        "below marks what may be absent. A mistake costs an error reply, never the connection.\n\n"
        "A request with `\"jsonrpc\":\"2.0\"`, `method` and `params` is answered as JSON-RPC 2.0: the same "
        "object under\n"
        "`result`, or `error` with the standard numbers (-32602 for wrong arguments; others -32000 less the "
        "number\n"
        "of the code) and our code and hint in `error.data`; progress and items are notifications named so. "
        "One\n"
        "without an id gets no answer. Lists of requests (batches) are refused.\n\n"
        "Names of arguments may be written with `_` for `-`. `arcella-cli` has a verb for each command, with "
        "the\n"
        "arguments as `--options`; those marked required mostly stand without their name.\n",
        LIMIT_ALME_LINE_BYTES);
    for (int id = 0; r == 0 && id < ALME_COMMANDS; id++)
        r = add_command(to, alme_command_of((enum alme_id)id), reterr);
    return r;
}

int alme_markdown_errors(struct buffer *to, arcella_error **reterr) {
    static const struct {
        int number;
        const char *name;
        const char *hint;
    } rows[] = {
#define XX(name, number, text, hint) {number, text, hint},
        ARCELLA_ERROR_MAP(XX)
#undef XX
    };
    int r = buffer_text(
        to,
        "# Error codes\n\n"
        "Made from include/arcella/error.h by tools/generate; do not edit.\n\n"
        "Codes never change their meaning. The number is that of `ARCELLA_E_…` in the C library "
        "(negative there); JSON-RPC replies\n"
        "have the last column. Most errors come with a sentence that says what went wrong, and a hint "
        "of their own; the hint here is the usual one.\n\n"
        "| code | number | hint | JSON-RPC |\n|---|---|---|---|\n",
        reterr);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(rows); i++) {
        r = buffer_format(to, reterr, "| `%s` | %d | ", rows[i].name, rows[i].number);
        if (r == 0)
            r = add_cell(to, rows[i].hint, reterr);
        if (r == 0)
            r = buffer_format(to, reterr, " | %d |\n", alme_rpc_number(-rows[i].number));
    }
    return r;
}
