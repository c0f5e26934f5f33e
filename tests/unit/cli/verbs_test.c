/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every verb of the command line is exactly one ALME command, or marked local and then none: there is one
 * channel.
 */
#include "torture.h"

#include "cli/cli_internal.h"

/* A command line for a verb with all required arguments. */
static int make_line(const struct alme_command *command, char **argv, int most) {
    int argc = 0;
    argv[argc++] = (char *)(uintptr_t) "arcella-cli";
    argv[argc++] = (char *)(uintptr_t)command->name;
    for (const struct alme_argument *a = command->arguments; a->names && argc < most; a++) {
        if (!(a->flags & ALME_REQUIRED))
            continue;
        const char *value = a->type == ALME_CHOICE ? "bash" : a->type == ALME_LEVELS ? "info" : "x";
        argv[argc++] = (char *)(uintptr_t)value;
    }
    return argc;
}

static void every_verb_is_one_command(void **state) {
    (void)state;
    unsigned asked = 0;
    unsigned local = 0;
    for (int id = 0; id < ALME_COMMANDS; id++) {
        const struct alme_command *command = alme_command_of((enum alme_id)id);
        char *argv[16];
        int argc = make_line(command, argv, 16);
        struct options options;
        ERROR_AUTO *error = NULL;
        if (options_parse(argc, argv, &options, &error) < 0)
            fail_msg("%s: %s", command->name, arcella_error_message(error));
        assert_ptr_equal(options.call.command, command);
        /* What the client would send, and what the daemon makes of it. */
        BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_LINE_BYTES + 1);
        assert_int_equal(alme_request_write(&line, options.call.command, options.sent, 1, NULL), 0);
        struct alme_request request;
        int r = alme_request_parse(line.data, line.length, false, &request, NULL);
        if (command->flags & ALME_LOCAL) {
            print_message("%-14s local\n", command->name);
            assert_int_equal(r, ARCELLA_E_COMMAND);
            local++;
        } else {
            print_message("%-14s one ALME command\n", command->name);
            assert_int_equal(r, 0);
            assert_ptr_equal(request.command, command);
            asked++;
        }
        alme_request_done(&request);
        options_done(&options);
    }
    assert_int_equal(asked, 18);
    assert_int_equal(local, ALME_COMMANDS - 18);
}

static void no_verb_is_hidden(void **state) {
    (void)state;
    BUFFER_AUTO help = BUFFER_INIT(1 * MIB);
    assert_int_equal(help_all("arcella-cli", &help, NULL), 0);
    for (int id = 0; id < ALME_COMMANDS; id++) {
        char row[80];
        snprintf(row, sizeof(row), "\n  %s ", alme_command_of((enum alme_id)id)->name);
        if (!strstr(help.data, row))
            fail_msg("help does not show '%s'", row + 3);
    }
}

static void every_verb_has_help_with_an_example(void **state) {
    (void)state;
    for (int id = 0; id < ALME_COMMANDS; id++) {
        const struct alme_command *command = alme_command_of((enum alme_id)id);
        char *argv[] = {(char *)(uintptr_t) "arcella-cli", (char *)(uintptr_t)command->name,
                        (char *)(uintptr_t) "--help", NULL};
        struct options options;
        assert_int_equal(options_parse(3, argv, &options, NULL), 0);
        assert_true(options.help);
        options_done(&options);
        BUFFER_AUTO help = BUFFER_INIT(1 * MIB);
        assert_int_equal(help_verb("arcella-cli", command, &help, NULL), 0);
        assert_non_null(strstr(help.data, "Example:\n  arcella"));
        for (const struct alme_argument *a = command->arguments; a->names; a++)
            assert_non_null(strstr(help.data, a->help));
    }
}

/* The example of every row is a command line that is understood. */
static void every_example_is_right(void **state) {
    (void)state;
    for (int id = 0; id < ALME_COMMANDS; id++) {
        const struct alme_command *command = alme_command_of((enum alme_id)id);
        char line[256];
        assert_true(text_copy(line, sizeof(line), command->example));
        char *argv[32];
        int argc = 0;
        for (char *at = line; *at && argc < 32;) {
            char *end = at + strcspn(at, " ");
            bool last = !*end;
            *end = '\0';
            if (*at == '>')
                break; /* the shell's */
            argv[argc++] = at;
            at = last ? end : end + 1;
        }
        struct options options;
        ERROR_AUTO *error = NULL;
        if (options_parse(argc, argv, &options, &error) < 0)
            fail_msg("%s: %s", command->example, arcella_error_message(error));
        /* `inspect FILE` is the example of its own row. */
        assert_ptr_equal(options.call.command, command);
        options_done(&options);
    }
}

/* Scripts for three shells name every verb and option; a shell that is there checks the syntax. */
static void completions_are_scripts(void **state) {
    (void)state;
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; i < ARRAY_LENGTH(shells); i++) {
        BUFFER_AUTO script = BUFFER_INIT(1 * MIB);
        assert_int_equal(complete_script(shells[i], &script, NULL), 0);
        for (int id = 0; id < ALME_COMMANDS; id++) {
            const struct alme_command *command = alme_command_of((enum alme_id)id);
            assert_non_null(strstr(script.data, command->name));
            for (const struct alme_argument *a = command->arguments; a->names; a++) {
                char name[64];
                alme_argument_name(a, name, sizeof(name));
                if (!(a->flags & ALME_PLACED) && !strstr(script.data, name))
                    fail_msg("%s: no option '%s'", shells[i], name);
            }
        }
        char command[128];
        char path[] = "/tmp/completion-XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, script.data, script.length), script.length);
        close(fd);
        snprintf(command, sizeof(command), "! command -v %s >/dev/null || %s -n %s 2>&1", shells[i],
                 shells[i], path);
        FILE *check = popen(command, "r");
        assert_non_null(check);
        char said[256] = "";
        char *first = fgets(said, sizeof(said), check);
        int status = pclose(check);
        unlink(path);
        if (status != 0 || first)
            fail_msg("%s: %s", shells[i], said);
    }
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_is_one_command),
        cmocka_unit_test(no_verb_is_hidden),
        cmocka_unit_test(every_verb_has_help_with_an_example),
        cmocka_unit_test(every_example_is_right),
        cmocka_unit_test(completions_are_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
