/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The client from a command line to an exit code: local verbs are run or exec'd, all others are one request
 * to the daemon and what it answers.
 */
#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "cli_internal.h"

/* --- ending --- */

static int print_made(const struct cli_call *call, const struct buffer *text, int r,
                      const arcella_error *error);

/* Tell what failed, for people or as a reply of our own, and find the exit code. */
static int give_up(const struct cli_call *call, const arcella_error *error, enum cli_exit code) {
    if (call->json) {
        BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
        const struct alme_request nothing = {.command = NULL};
        if (alme_reply_failure(&line, &nothing, error, NULL, NULL) == 0)
            fwrite(line.data, 1, line.length, stdout);
    } else {
        render_failure(arcella_error_message(error), arcella_error_name(arcella_error_code(error)),
                       arcella_error_hint(error));
    }
    return code;
}

/* What was printed has arrived, or it failed: a full disk behind `>` is not success. */
static int flush(int code) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "error: cannot write: %s\n", error_errno_text(errno));
    return code == CLI_EXIT_OK ? CLI_EXIT_FAILED : code;
}

int cli_print(const struct cli_call *call, const char *message, const json_t *data) {
    if (!call->json) {
        struct term term = term_of(stdout);
        if (call->command->id == ALME_DOCTOR)
            render_checks(data, message, &term);
        else if (!render_wit(data, &term))
            render_object(data, 0, &term);
        return CLI_EXIT_OK;
    }
    BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_REPLY_BYTES);
    const struct alme_request nothing = {.command = NULL};
    ERROR_AUTO *error = NULL;
    int r = alme_reply_success(&line, &nothing, message, json_incref((json_t *)(uintptr_t)data), &error);
    return print_made(call, &line, r, error);
}

void cli_print_error(const struct cli_call *call, const arcella_error *error) {
    give_up(call, error, CLI_EXIT_FAILED);
}

/* Print what a function writes. */
static int print_made(const struct cli_call *call, const struct buffer *text, int r,
                      const arcella_error *error) {
    if (r < 0)
        return give_up(call, error, CLI_EXIT_FAILED);
    fwrite(text->data, 1, text->length, stdout);
    return CLI_EXIT_OK;
}

/* --- local verbs --- */

static const char *program_name(char **argv) {
    const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;
    return slash ? slash + 1 : argv[0] ? argv[0] : "arcella-cli";
}

static int show_help(const struct cli_call *call, const struct alme_command *command, FILE *to) {
    BUFFER_AUTO text = BUFFER_INIT(1 * MIB);
    ERROR_AUTO *error = NULL;
    const char *program = program_name(call->argv);
    int r = command ? help_verb(program, command, &text, &error) : help_all(program, &text, &error);
    if (r < 0)
        return give_up(call, error, CLI_EXIT_FAILED);
    struct term term = term_of(to);
    help_print(&text, &term);
    return CLI_EXIT_OK;
}

static int run_help(const struct cli_call *call) {
    BUFFER_AUTO text = BUFFER_INIT(1 * MIB);
    ERROR_AUTO *error = NULL;
    const char *page = json_string_value(json_object_get(call->args, "markdown"));
    const char *verb = json_string_value(json_object_get(call->args, "verb"));
    if (page)
        return print_made(call, &text, help_markdown(page, &text, &error), error);
    if (json_is_true(json_object_get(call->args, "man")))
        return print_made(call, &text, help_man(&text, &error), error);
    if (!verb)
        return show_help(call, NULL, stdout);
    const struct alme_command *command = alme_command_find(verb);
    if (command)
        return show_help(call, command, stdout);
    int r = error_set(&error, ARCELLA_E_COMMAND, "there is no verb '%s'", verb);
    const char *nearest = alme_command_nearest(verb);
    if (nearest)
        error_hint(&error, r, "did you mean '%s'?", nearest);
    return give_up(call, error, CLI_EXIT_USAGE);
}

/* `arcella` stands beside this program, also when that was found by a link or by PATH. */
static int exec_arcella(const struct cli_call *call) {
    char path[PATH_MAX + sizeof("/arcella")];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    ERROR_AUTO *error = NULL;
    if (length > 0) {
        path[length] = '\0';
        char *slash = strrchr(path, '/');
        memcpy(slash ? slash : path, "/arcella", sizeof("/arcella"));
        execv(path, call->argv);
        error_set_errno(&error, errno, "cannot start '%s' for the verb '%s'", path, call->command->name);
    } else {
        error_set_errno(&error, errno, "cannot tell where this program is");
    }
    error_hint(&error, ARCELLA_E_SYSTEM, "install `arcella` beside `arcella-cli`");
    return give_up(call, error, CLI_EXIT_LOCAL);
}

static int run_local(const struct cli_call *call, const struct cli_local *locals) {
    if (call->command->id == ALME_HELP)
        return run_help(call);
    if (call->command->id == ALME_COMPLETION) {
        BUFFER_AUTO text = BUFFER_INIT(1 * MIB);
        ERROR_AUTO *error = NULL;
        const char *shell = json_string_value(json_object_get(call->args, "shell"));
        return print_made(call, &text, complete_script(shell, &text, &error), error);
    }
    for (; locals && locals->fn; locals++)
        if (locals->id == call->command->id)
            return locals->fn(call);
    return exec_arcella(call);
}

/* --- verbs of the daemon --- */

/* Every item was flushed when it was printed, so a stream may end at any moment. */
static void on_interrupt(int number) {
    (void)number;
    _exit(CLI_EXIT_OK);
}

/* What was asked for is the daemon's by now: say so, then die of the signal as any program does. */
static void on_leaving(int number) {
    static const char wipe[] = "\r\033[K";
    static const char words[] = "the daemon goes on with it\n";
    int before = errno;
    ssize_t n = isatty(STDERR_FILENO) ? write(STDERR_FILENO, wipe, sizeof(wipe) - 1) : 0;
    n = n < 0 ? n : write(STDERR_FILENO, words, sizeof(words) - 1);
    (void)n;
    errno = before;
    raise(number); /* SA_RESETHAND: the default by now */
}

static void catch_interrupts(void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

struct answering {
    const struct cli_call *call;
    struct term out;
    struct term progress;
};

/* One line of the answer. @return an exit code where it was the last, else -1 */
static int handle_line(struct answering *a, struct text line, const struct alme_answer *answer) {
    const struct cli_call *call = a->call;
    if (answer->kind == ALME_ANSWER_PROGRESS) {
        if (json_is_array(json_object_get(answer->data, "restarting"))) {
            term_progress_end(&a->progress);
            if (call->json)
                fprintf(stderr, "%.*s\n", (int)line.length, line.data);
            else
                render_announcement(answer->data);
        } else if (!call->json)
            term_progress(&a->progress, answer->message,
                          (uint64_t)json_integer_value(json_object_get(answer->data, "done")),
                          (uint64_t)json_integer_value(json_object_get(answer->data, "total")));
        return -1;
    }
    term_progress_end(&a->progress);
    if (call->json) {
        fwrite(line.data, 1, line.length, stdout);
        fputc('\n', stdout);
        fflush(stdout);
    } else if (answer->kind == ALME_ANSWER_ITEM) {
        render_item(call->command, answer->data, &a->out);
    } else if (answer->kind == ALME_ANSWER_SUCCESS) {
        render_success(call->command, answer, &a->out);
    } else {
        fflush(stdout);
        render_failure(answer->message, answer->code, answer->hint);
    }
    if (answer->kind == ALME_ANSWER_ITEM)
        return -1;
    return answer->kind == ALME_ANSWER_SUCCESS ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

static bool is_stream(const struct cli_call *call) {
    return (call->command->flags & ALME_STREAM) ||
           ((call->command->flags & ALME_FOLLOW) && json_is_true(json_object_get(call->args, "follow")));
}

static int read_answer(const struct cli_call *call, struct client *client) {
    struct answering a = {.call = call, .out = term_of(stdout), .progress = term_of(stderr)};
    if (is_stream(call))
        catch_interrupts(on_interrupt);
    else if ((call->command->flags & ALME_PROGRESS) && call->command->id != ALME_INSTALL)
        catch_interrupts(on_leaving); /* an install ends with us */
    for (;;) {
        ERROR_AUTO *error = NULL;
        struct text line;
        int r = client_receive(client, &line, &error);
        struct alme_answer answer = {.message = "", .code = "", .hint = ""};
        if (r == 0)
            r = alme_answer_parse(line.data, line.length, &answer, &error);
        if (r == ARCELLA_E_CLOSED && is_stream(call))
            error_set(&error, ARCELLA_E_CLOSED, "the daemon is gone, and what was to come with it");
        if (r < 0) {
            term_progress_end(&a.progress);
            return give_up(call, error, CLI_EXIT_LOST);
        }
        int code = handle_line(&a, line, &answer);
        alme_answer_done(&answer);
        if (code >= 0)
            return code;
    }
}

static int ask_daemon(const struct options *options) {
    const struct cli_call *call = &options->call;
    ERROR_AUTO *error = NULL;
    BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_LINE_BYTES + 1);
    if (alme_request_write(&line, call->command, options->sent, 1, &error) < 0)
        return give_up(call, error, CLI_EXIT_USAGE);
    MEM_AUTO char *path = NULL;
    if (client_socket_path(call, &path, &error) < 0)
        return give_up(call, error, CLI_EXIT_FAILED);
    struct client client;
    int r = client_open(path, &client, &error);
    if (r < 0) {
        if (r == ARCELLA_E_NO_DAEMON && call->home)
            error_hint(&error, r, "start one with `arcella daemon --home %s`", call->home);
        /* Whatever keeps us from the socket, there is no daemon for us. */
        return give_up(call, error, CLI_EXIT_NO_DAEMON);
    }
    /* One that turns us away says why before it closes: its line is worth more than our EPIPE. */
    r = client_send(&client, &line, NULL);
    (void)r;
    int code = read_answer(call, &client);
    client_done(&client);
    return code;
}

/* --- the door --- */

static int run_call(const struct options *options, const struct cli_local *locals) {
    const struct cli_call *call = &options->call;
    if (options->version) {
        printf("%s %s\n", program_name(call->argv), ARCELLA_VERSION);
        return CLI_EXIT_OK;
    }
    if (options->help)
        return show_help(call, call->command, stdout);
    if (!call->command) {
        show_help(call, NULL, stderr);
        return CLI_EXIT_USAGE;
    }
    return call->command->flags & ALME_LOCAL ? run_local(call, locals) : ask_daemon(options);
}

/* Whoever reads JSON is told of a wrong command line in JSON, wherever --json stands in it. */
static bool asks_for_json(const struct cli_call *call) {
    for (int i = 1; i < call->rest; i++)
        if (strcmp(call->argv[i], "--json") == 0 || strcmp(call->argv[i], "-j") == 0)
            return true;
    return false;
}

int cli_main(int argc, char **argv, const struct cli_local *locals) {
    struct options options;
    ERROR_AUTO *error = NULL;
    int r = options_parse(argc, argv, &options, &error);
    if (r < 0)
        options.call.json = asks_for_json(&options.call);
    int code = r < 0 ? give_up(&options.call, error, CLI_EXIT_USAGE) : run_call(&options, locals);
    options_done(&options);
    return flush(code);
}
