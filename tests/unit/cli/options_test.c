/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Command lines: what they are read as, and what is said of wrong ones. */
#include "torture.h"

#include <sys/stat.h>

#include "cli/cli_internal.h"

#define WORDS_MAX 16

static int parse(const char *const *words, struct options *ret, arcella_error **reterr) {
    char *argv[WORDS_MAX + 1];
    int argc = 0;
    argv[argc++] = (char *)(uintptr_t) "arcella-cli";
    while (words[argc - 1]) {
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
        argc++;
    }
    return options_parse(argc, argv, ret, reterr);
}

/* Words, and the arguments that would be sent; "@" in the latter is the current folder. */
static const struct {
    const char *words[WORDS_MAX];
    enum alme_id id;
    const char *sent;
} good[] = {
    {{"ping"}, ALME_PING, "{}"},
    {{"ls"}, ALME_LIST, "{}"},
    {{"list", "workers"}, ALME_LIST, "{\"what\":\"workers\"}"},
    {{"--json", "status", "web"}, ALME_STATUS, "{\"target\":\"web\"}"},
    {{"start", "web", "--memory", "64m", "--timeout=500ms"},
     ALME_START,
     "{\"target\":\"web\",\"memory\":\"64m\",\"timeout\":\"500ms\"}"},
    {{"start", "--memory", "64m", "web"}, ALME_START, "{\"memory\":\"64m\",\"target\":\"web\"}"},
    {{"start", "web", "-m64m", "-t", "5s", "--cpu_time", "1s"},
     ALME_START,
     "{\"target\":\"web\",\"memory\":\"64m\",\"timeout\":\"5s\",\"cpu-time\":\"1s\"}"},
    {{"start", "web", "-eA=1", "--env", "B=2", "--arg=-x", "--arg", ""},
     ALME_START,
     "{\"target\":\"web\",\"env\":[\"A=1\",\"B=2\"],\"arg\":[\"-x\",\"\"]}"},
    {{"start", "web", "--dir", "data::/data:rw", "--dir", "/abs::x", "--dir", ".::/here", "--dir",
      "./a/b::c"},
     ALME_START,
     "{\"target\":\"web\",\"dir\":[\"@/data::/data:rw\",\"/abs::x\",\"@::/here\",\"@/a/b::c\"]}"},
    {{"install", "x.wasm"}, ALME_INSTALL, "{\"path\":\"@/x.wasm\"}"},
    {{"install", "./sub/../x.wasm", "--id", "x@1.0.0"},
     ALME_INSTALL,
     "{\"path\":\"@/sub/../x.wasm\",\"id\":\"x@1.0.0\"}"},
    {{"install", "."}, ALME_INSTALL, "{\"path\":\"@\"}"},
    {{"install", "/abs/x"}, ALME_INSTALL, "{\"path\":\"/abs/x\"}"},
    {{"install", "--", "-x.wasm"}, ALME_INSTALL, "{\"path\":\"@/-x.wasm\"}"},
    {{"logs", "-fn5"}, ALME_LOGS, "{\"follow\":\"true\",\"count\":\"5\"}"},
    {{"logs", "-n", "5", "web", "-l", "warn"},
     ALME_LOGS,
     "{\"count\":\"5\",\"target\":\"web\",\"level\":\"warn\"}"},
    {{"inspect", "web"}, ALME_INSPECT, "{\"target\":\"web\"}"},
    {{"inspect", "web@1.0.0"}, ALME_INSPECT, "{\"target\":\"web@1.0.0\"}"},
    {{"inspect", "./web.wasm"}, ALME_INSPECT_FILE, "{\"file\":\"./web.wasm\"}"},
    {{"inspect", "web.wasm"}, ALME_INSPECT_FILE, "{\"file\":\"web.wasm\"}"},
    {{"inspect", "/"}, ALME_INSPECT_FILE, "{\"file\":\"/\"}"},
    {{"run", "--dir", ".::/x", "prog.wasm", "--help", "-x", "--", "a"},
     ALME_RUN,
     "{\"dir\":[\".::/x\"],\"file\":\"prog.wasm\"}"},
};

static void good_lines_are_read(void **state) {
    (void)state;
    char folder[4096];
    assert_non_null(getcwd(folder, sizeof(folder)));
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        struct options options;
        ERROR_AUTO *error = NULL;
        if (parse(good[i].words, &options, &error) < 0)
            fail_msg("line %zu: %s", i, arcella_error_message(error));
        assert_int_equal(options.call.command->id, good[i].id);
        BUFFER_AUTO expected = BUFFER_INIT(16 * KIB);
        for (const char *at = good[i].sent; *at; at++) {
            bool here = *at == '@' && at[-1] != 'b' && at[-1] != 'x';
            assert_int_equal(buffer_add(&expected, here ? folder : at, here ? strlen(folder) : 1, NULL), 0);
        }
        BUFFER_AUTO sent = BUFFER_INIT(16 * KIB);
        assert_int_equal(json_add(&sent, options.sent, NULL), 0);
        assert_string_equal(sent.data, expected.data);
        options_done(&options);
    }
}

static void shared_options(void **state) {
    (void)state;
    const char *const words[] = {"--home", "/h", "-S/s", "ping", "-j", NULL};
    struct options options;
    assert_int_equal(parse(words, &options, NULL), 0);
    assert_string_equal(options.call.home, "/h");
    assert_string_equal(options.call.socket, "/s");
    assert_true(options.call.json);
    assert_int_equal(options.call.verb, 4);
    assert_int_equal(options.call.rest, options.call.argc);
    options_done(&options);
    const char *const bare[] = {"--version", NULL};
    assert_int_equal(parse(bare, &options, NULL), 0);
    assert_true(options.version);
    assert_null(options.call.command);
    options_done(&options);
}

static void what_follows_the_program_is_its_own(void **state) {
    (void)state;
    const char *const words[] = {"run", "-m", "1m", "p.wasm", "-m", "2m", "--home", NULL};
    struct options options;
    assert_int_equal(parse(words, &options, NULL), 0);
    assert_int_equal(options.call.rest, 5);
    assert_string_equal(options.call.argv[options.call.rest], "-m");
    assert_null(options.call.home);
    assert_int_equal(json_integer_value(json_object_get(options.call.args, "memory")), MIB);
    options_done(&options);
}

static void the_daemon_reads_its_own_options(void **state) {
    (void)state;
    const char *const words[] = {"daemon", "--set", "log.level=debug", "--check-config", NULL};
    struct options options;
    assert_int_equal(parse(words, &options, NULL), 0);
    assert_int_equal(options.call.command->id, ALME_DAEMON);
    assert_null(options.call.args);
    options_done(&options);
}

static const struct {
    const char *words[WORDS_MAX];
    int code;
    const char *says;
    const char *hints;
} wrong[] = {
    {{"sttart"}, ARCELLA_E_COMMAND, "no verb 'sttart'", "'start'"},
    {{"--memory", "1m", "start", "x"}, ARCELLA_E_INVALID, "'--memory' before a verb", "behind it"},
    {{"start"}, ARCELLA_E_INVALID, "argument 'target' is missing", "for example"},
    {{"start", "a", "b"}, ARCELLA_E_INVALID, "no place for 'b'", "for example"},
    {{"start", "a", "--memmry", "1m"}, ARCELLA_E_INVALID, "no option '--memmry'", "'--memory'"},
    {{"start", "a", "--memory"}, ARCELLA_E_INVALID, "'--memory' needs a value", ""},
    {{"start", "a", "-m"}, ARCELLA_E_INVALID, "'-m' needs a value", ""},
    {{"start", "a", "-q"}, ARCELLA_E_INVALID, "no option '-q'", "help start"},
    {{"start", "a", "--memory", "1m", "--memory", "2m"}, ARCELLA_E_INVALID, "'memory' was given twice", ""},
    {{"start", "a", "--memory", "lots"}, ARCELLA_E_INVALID, "argument 'memory'", ""},
    {{"start", "a", "--env", "A"}, ARCELLA_E_INVALID, "K=V", ""},
    {{"start", "a", "--env", "A=\xff"}, ARCELLA_E_INVALID, "not UTF-8", ""},
    {{"start", "a", "--dir", "x"}, ARCELLA_E_INVALID, "HOST::GUEST", ""},
    {{"ping", "--json=yes"}, ARCELLA_E_INVALID, "takes no value", ""},
    {{"ping", "--home="}, ARCELLA_E_INVALID, "not empty", ""},
    {{"list", "nonsense"}, ARCELLA_E_INVALID, "components, deployments, instances or workers", "help list"},
    {{"completion", "tcsh"}, ARCELLA_E_INVALID, "bash, zsh or fish", ""},
};

static void wrong_lines_are_explained(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct options options;
        ERROR_AUTO *error = NULL;
        int r = parse(wrong[i].words, &options, &error);
        if (r != wrong[i].code || !strstr(arcella_error_message(error), wrong[i].says) ||
            !strstr(arcella_error_hint(error), wrong[i].hints))
            fail_msg("line %zu: %d '%s' (%s)", i, r, arcella_error_message(error), arcella_error_hint(error));
        options_done(&options);
    }
}

static int parse_line(void *user, arcella_error **reterr) {
    struct options options;
    int r = parse(user, &options, reterr);
    options_done(&options);
    return r;
}

static void no_memory_is_an_answer(void **state) {
    (void)state;
    const char *words[] = {"start", "web", "--env", "A=1", "--dir", "x::y", "--memory", "1m", NULL};
    torture_alloc(parse_line, words);
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_lines_are_read),
        cmocka_unit_test(shared_options),
        cmocka_unit_test(what_follows_the_program_is_its_own),
        cmocka_unit_test(the_daemon_reads_its_own_options),
        cmocka_unit_test(wrong_lines_are_explained),
        cmocka_unit_test(no_memory_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
