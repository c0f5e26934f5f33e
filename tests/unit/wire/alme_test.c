/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ALME lines against golden texts: requests of every kind, mistakes of every kind, replies in both forms. */
#include "torture.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "wire/alme.h"
#include "wire/alme_internal.h"

/* --- requests --- */

/* Lines and what is made of them: the command and its arguments, fallbacks and all, as JSON. */
static const struct {
    const char *line;
    enum alme_id id;
    const char *args;
} good[] = {
    {"{\"cmd\":\"ping\"}", ALME_PING, "{}"},
    {"  {\"cmd\" : \"ping\" , \"args\" : { } }  ", ALME_PING, "{}"},
    {"{\"cmd\":\"ping\",\"args\":null,\"id\":null}", ALME_PING, "{}"},
    {"{\"cmd\":\"list\"}", ALME_LIST, "{\"what\":\"components\"}"},
    {"{\"cmd\":\"module:list\"}", ALME_LIST, "{\"what\":\"components\"}"},
    {"{\"cmd\":\"list\",\"args\":{\"what\":\"worker\"}}", ALME_LIST, "{\"what\":\"workers\"}"},
    {"{\"cmd\":\"list\",\"args\":[\"instances\"]}", ALME_LIST, "{\"what\":\"instances\"}"},
    {"{\"cmd\":\"module:install\",\"args\":{\"path\":\"/a/b.wasm\"}}", ALME_INSTALL,
     "{\"path\":\"/a/b.wasm\"}"},
    {"{\"cmd\":\"install\",\"args\":{\"path\":\"/a\",\"id\":\"x@1.2.3-rc.1+b\"}}", ALME_INSTALL,
     "{\"path\":\"/a\",\"id\":\"x@1.2.3-rc.1+b\"}"},
    {"{\"cmd\":\"module:start\",\"args\":{\"deployment_id\":\"web\"}}", ALME_START, "{\"target\":\"web\"}"},
    {"{\"cmd\":\"start\",\"args\":{\"target\":\"web\",\"memory\":\"64k\",\"timeout\":\"500ms\",\"cpu_time\":"
     "\"5m\"}}",
     ALME_START, "{\"target\":\"web\",\"memory\":65536,\"timeout\":500,\"cpu-time\":300000}"},
    {"{\"cmd\":\"start\",\"args\":{\"target\":\"web\",\"memory\":4294967296,\"timeout\":0,\"fuel\":\"12\"}}",
     ALME_START, "{\"target\":\"web\",\"memory\":4294967296,\"timeout\":0,\"fuel\":12}"},
    {"{\"cmd\":\"start\",\"args\":{\"target\":\"web\",\"env\":{\"A\":\"1\",\"B\":\"\"}}}", ALME_START,
     "{\"target\":\"web\",\"env\":[\"A=1\",\"B=\"]}"},
    {"{\"cmd\":\"start\",\"args\":{\"target\":\"web\",\"env\":\"A=x=y\",\"arg\":[\"-v\",\"\"]}}", ALME_START,
     "{\"target\":\"web\",\"env\":[\"A=x=y\"],\"arg\":[\"-v\",\"\"]}"},
    {"{\"cmd\":\"start\",\"args\":{\"target\":\"w\",\"dir\":[\"/a::/b\",\"/"
     "c::d:rw\"],\"listen\":[\"127.0.0.1:80\",\"[::1]:0\"]}}",
     ALME_START,
     "{\"target\":\"w\",\"dir\":[\"/a::/b\",\"/c::d:rw\"],\"listen\":[\"127.0.0.1:80\",\"[::1]:0\"]}"},
    {"{\"cmd\":\"start\",\"args\":{\"target\":\"w\",\"restart\":\"always\",\"group\":\"g-1.x\"}}", ALME_START,
     "{\"target\":\"w\",\"restart\":\"permanent\",\"group\":\"g-1.x\"}"},
    {"{\"cmd\":\"start\",\"args\":{\"target\":\"w\",\"restart\":\"no\"}}", ALME_START,
     "{\"target\":\"w\",\"restart\":\"temporary\"}"},
    {"{\"cmd\":\"log:tail\",\"args\":{\"n\":5}}", ALME_LOGS, "{\"count\":5,\"follow\":false}"},
    {"{\"cmd\":\"logs\",\"args\":{\"target\":\"web/0\",\"follow\":true,\"level\":\"warn\"}}", ALME_LOGS,
     "{\"target\":\"web/0\",\"follow\":true,\"level\":\"warn\",\"count\":100}"},
    {"{\"cmd\":\"set_log_level\",\"args\":{\"levels\":\"debug\"}}", ALME_SET_LOG_LEVEL,
     "{\"levels\":\"debug\"}"},
    {"{\"cmd\":\"set-log-level\",\"args\":{\"levels\":\"warn,guest=info,-audit\"}}", ALME_SET_LOG_LEVEL,
     "{\"levels\":\"warn,guest=info,-audit\"}"},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"stop\",\"params\":{\"target\":\"a\",\"timeout\":\"10s\"},\"id\":"
     "\"x\"}",
     ALME_STOP, "{\"target\":\"a\",\"timeout\":10000}"},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"remove\",\"params\":[\"a@1.0.0\"],\"id\":1.5}", ALME_REMOVE,
     "{\"target\":\"a@1.0.0\"}"},
};

static void good_requests_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        struct alme_request request;
        ERROR_AUTO *error = NULL;
        int r = alme_request_parse(good[i].line, strlen(good[i].line), false, &request, &error);
        if (r < 0)
            fail_msg("%s: %s", good[i].line, arcella_error_message(error));
        assert_int_equal(request.command->id, good[i].id);
        JSON_AUTO *expected = NULL;
        assert_int_equal(json_parse(good[i].args, strlen(good[i].args), &expected, NULL), 0);
        if (!json_equal(request.args, expected)) {
            BUFFER_AUTO got = BUFFER_INIT(4096);
            assert_int_equal(json_add(&got, request.args, NULL), 0);
            fail_msg("%s: %s instead of %s", good[i].line, got.data, good[i].args);
        }
        alme_request_done(&request);
    }
}

/* Lines with a mistake and the one line of reply they get. */
static const struct {
    const char *line;
    const char *reply;
} bad[] = {
    {"hello",
     "{\"success\":false,\"message\":\"the request is not JSON: line 1, column 5: invalid token near "
     "'hello'\","
     "\"error\":{\"code\":\"bad-message\",\"message\":\"the request is not JSON: line 1, column 5: invalid "
     "token near "
     "'hello'\",\"hint\":\"send one JSON object per line, as docs/reference/commands.md shows\"}}\n"},
    {"[{\"cmd\":\"ping\"}]",
     "{\"success\":false,\"message\":\"a request is one JSON object on one "
     "line\",\"error\":{\"code\":\"bad-message\","
     "\"message\":\"a request is one JSON object on one line\",\"hint\":\"send one JSON object per line, as "
     "docs/reference/commands.md shows\"}}\n"},
    {"{\"id\":7}", "{\"id\":7,\"success\":false,\"message\":\"a request names its command, a text, in "
                   "\\\"cmd\\\"\",\"error\":{\"code\":"
                   "\"bad-message\",\"message\":\"a request names its command, a text, in "
                   "\\\"cmd\\\"\",\"hint\":\"send one JSON object "
                   "per line, as docs/reference/commands.md shows\"}}\n"},
    {"{\"cmd\":\"sttart\",\"id\":\"a\"}", "{\"id\":\"a\",\"success\":false,\"message\":\"there is no command "
                                          "'sttart'\",\"error\":{\"code\":\"unknown-command\","
                                          "\"message\":\"there is no command 'sttart'\",\"hint\":\"did you "
                                          "mean 'start'? `arcella help` lists the commands\"}}\n"},
    {"{\"cmd\":\"run\",\"args\":{\"file\":\"x\"}}",
     "{\"success\":false,\"message\":\"'run' is a verb of the programs, not a command of the "
     "daemon\",\"error\":{\"code\":"
     "\"unknown-command\",\"message\":\"'run' is a verb of the programs, not a command of the "
     "daemon\",\"hint\":\"run "
     "`arcella run` in a terminal\"}}\n"},
    {"{\"cmd\":\"status\",\"target\":\"web\"}",
     "{\"success\":false,\"message\":\"a request has no member "
     "'target'\",\"error\":{\"code\":\"bad-message\",\"message\":\"a "
     "request has no member 'target'\",\"hint\":\"arguments stand inside \\\"args\\\": "
     "{\\\"cmd\\\":\\\"status\\\",\\\"args\\\":{\\\"target\\\":\\\"web\\\"}}\"}}\n"},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"nope\",\"id\":1}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"there is no command "
     "'nope'\",\"data\":{\"code\":\"unknown-command\",\"hint\":\"`arcella help` lists the commands\"}}}\n"},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"start\",\"params\":{},\"id\":1}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"command 'start': argument "
     "'target' is missing: "
     "deployment, name@version or name\",\"data\":{\"code\":\"invalid-argument\",\"hint\":\"for example: "
     "arcella start "
     "hello --dir ./data::/data --memory 32m\"}}}\n"},
    {"{\"jsonrpc\":\"2.0\",\"method\":5}",
     "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"a request names its command, "
     "a text, in "
     "\\\"method\\\"\",\"data\":{\"code\":\"bad-message\",\"hint\":\"send one JSON object per line, as "
     "docs/reference/commands.md shows\"}}}\n"},
    {"{\"jsonrpc\":\"1.0\",\"method\":\"ping\",\"id\":1}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32600,\"message\":\"\\\"jsonrpc\\\" is \\\"2.0\\\" "
     "or "
     "absent\",\"data\":{\"code\":\"bad-message\",\"hint\":\"send one JSON object per line, as "
     "docs/reference/commands.md "
     "shows\"}}}\n"},
    /* Notifications: carried out or not, no reply. */
    {"{\"jsonrpc\":\"2.0\",\"method\":\"nope\"}", ""},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"start\",\"params\":{\"x\":1}}", ""},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"events\"}", ""},
};

static void mistakes_get_a_reply(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct alme_request request;
        ERROR_AUTO *error = NULL;
        int r = alme_request_parse(bad[i].line, strlen(bad[i].line), false, &request, &error);
        if (r == 0)
            fail_msg("%s was taken", bad[i].line);
        assert_int_equal(arcella_error_code(error), r);
        BUFFER_AUTO reply = BUFFER_INIT(4096);
        assert_int_equal(alme_reply_failure(&reply, &request, error, NULL, NULL), 0);
        assert_string_equal(reply.data ? reply.data : "", bad[i].reply);
        alme_request_done(&request);
    }
}

/* Wrong arguments: each names the argument and the form it should have. */
static const struct {
    const char *command;
    const char *args;
    const char *says;
} wrong[] = {
    {"install", "{}", "argument 'path' is missing"},
    {"install", "{\"path\":\"a.wasm\"}", "absolute path"},
    {"install", "{\"path\":5}", "argument 'path': expected a text"},
    {"install", "{\"path\":\"\"}", "expected a path"},
    {"install", "{\"path\":\"/a\",\"path\":\"/b\"}", "duplicate"},
    {"start", "{\"target\":\"x\",\"memmry\":1}", "no argument 'memmry'"},
    {"start", "{\"target\":\"x\",\"id\":\"y\"}", "argument 'target' was given twice"},
    {"start", "{\"target\":\"-x\"}", "'-x' is not a name"},
    {"start", "{\"target\":\"../../etc\"}", "is not a name"},
    {"start", "{\"target\":\"a\\nb\"}", "'a\\x0ab' is not a name"},
    {"start", "{\"target\":\"x\",\"memory\":\"3x\"}", "argument 'memory': '3x' is not a size"},
    {"start", "{\"target\":\"x\",\"memory\":\"5g\"}", "more than 4 GiB"},
    {"start", "{\"target\":\"x\",\"memory\":-1}", "expected a size as 64k"},
    {"start", "{\"target\":\"x\",\"memory\":1.5}", "expected a size as 64k"},
    {"start", "{\"target\":\"x\",\"memory\":4294967297}", "more than the 4294967296 allowed"},
    {"start", "{\"target\":\"x\",\"timeout\":\"10\"}", "has no unit"},
    {"start", "{\"target\":\"x\",\"timeout\":true}", "expected a time"},
    {"start", "{\"target\":\"x\",\"fuel\":\"many\"}", "is not a number"},
    {"start", "{\"target\":\"x\",\"env\":[\"A\"]}", "argument 'env': expected K=V"},
    {"start", "{\"target\":\"x\",\"env\":{\"A\":1}}", "values are texts"},
    {"start", "{\"target\":\"x\",\"env\":{\"A=B\":\"1\"}}", "names without '='"},
    {"start", "{\"target\":\"x\",\"dir\":[\"/a\"]}", "HOST::GUEST"},
    {"start", "{\"target\":\"x\",\"dir\":[\"a::b\"]}", "absolute path"},
    {"start", "{\"target\":\"x\",\"dir\":[\"/a::\"]}", "a name for the guest"},
    {"start", "{\"target\":\"x\",\"dir\":[\"/a::b:wr\"]}", "':rw'"},
    {"start", "{\"target\":\"x\",\"dir\":{}}", "a list of texts"},
    {"start", "{\"target\":\"x\",\"listen\":[\"80\"]}", "ADDR:PORT"},
    {"start", "{\"target\":\"x\",\"listen\":[\"localhost:80\"]}", "ADDR:PORT"},
    {"start", "{\"target\":\"x\",\"listen\":[\"1.2.3.4:65536\"]}", "ADDR:PORT"},
    {"start", "{\"target\":\"x\",\"listen\":[\"::1:80\"]}", "ADDR:PORT"},
    {"start", "{\"target\":\"x\",\"restart\":\"sometimes\"}", "expected permanent, transient or temporary"},
    {"start", "{\"target\":\"x\",\"group\":\"a/b\"}", "letters, digits"},
    {"logs", "{\"count\":100000}", "more than the 1000 allowed"},
    {"logs", "{\"level\":\"loud\"}", "error, warn, info, debug or trace"},
    {"logs", "{\"follow\":\"yes\"}", "true or false"},
    {"set-log-level", "{\"levels\":\"\"}", "a level"},
    {"set-log-level", "{\"levels\":\"loud\"}", "no log level 'loud'"},
    {"set-log-level", "{\"levels\":\"nobody=info\"}", "no log unit 'nobody'"},
    {"set-log-level", "{\"levels\":\"info,\"}", "expected levels as"},
    {"list", "[\"workers\",\"x\"]", "2 arguments are more"},
    {"list", "\"workers\"", "\"args\" is an object"},
    {"ping", "{\"x\":1}", "no argument 'x'"},
};

static void wrong_arguments_are_named(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        char line[512];
        int length =
            snprintf(line, sizeof(line), "{\"cmd\":\"%s\",\"args\":%s}", wrong[i].command, wrong[i].args);
        struct alme_request request;
        ERROR_AUTO *error = NULL;
        int r = alme_request_parse(line, (size_t)length, false, &request, &error);
        if (r != ARCELLA_E_INVALID && r != ARCELLA_E_PROTOCOL)
            fail_msg("%s: %d", line, r);
        if (!strstr(arcella_error_message(error), wrong[i].says))
            fail_msg("%s: '%s'", line, arcella_error_message(error));
        assert_string_not_equal(arcella_error_hint(error), "");
        alme_request_done(&request);
    }
}

static void a_long_line_is_an_answer(void **state) {
    (void)state;
    struct alme_request request;
    ERROR_AUTO *error = NULL;
    assert_int_equal(alme_request_parse("{\"cmd\":\"pi", 10, true, &request, &error), ARCELLA_E_TOO_LARGE);
    BUFFER_AUTO reply = BUFFER_INIT(4096);
    assert_int_equal(alme_reply_failure(&reply, &request, error, NULL, NULL), 0);
    assert_non_null(strstr(reply.data, "\"code\":\"too-large\""));
    assert_non_null(strstr(reply.data, "65536"));
    alme_request_done(&request);
}

static void arguments_are_asked_for(void **state) {
    (void)state;
    static const char line[] = "{\"cmd\":\"start\",\"args\":{\"target\":\"web\",\"memory\":\"1m\",\"env\":["
                               "\"A=1\",\"B=2\"]},\"id\":1}";
    struct alme_request request;
    assert_int_equal(alme_request_parse(line, sizeof(line) - 1, false, &request, NULL), 0);
    assert_string_equal(alme_text(&request, "target"), "web");
    assert_null(alme_text(&request, "group"));
    assert_true(alme_has(&request, "memory"));
    assert_false(alme_has(&request, "timeout"));
    assert_int_equal(alme_number(&request, "memory", 7), MIB);
    assert_int_equal(alme_number(&request, "timeout", 7), 7);
    assert_int_equal(alme_count(&request, "env"), 2);
    assert_int_equal(alme_count(&request, "dir"), 0);
    assert_string_equal(alme_item(&request, "env", 1), "B=2");
    assert_null(alme_item(&request, "env", 2));
    assert_true(alme_has_flags(&request));
    assert_false(alme_request_streams(&request));
    alme_request_done(&request);
    static const char plain[] = "{\"cmd\":\"start\",\"args\":{\"target\":\"web\"}}";
    assert_int_equal(alme_request_parse(plain, sizeof(plain) - 1, false, &request, NULL), 0);
    assert_false(alme_has_flags(&request));
    alme_request_done(&request);
    static const char follow[] = "{\"cmd\":\"logs\",\"args\":{\"follow\":true}}";
    assert_int_equal(alme_request_parse(follow, sizeof(follow) - 1, false, &request, NULL), 0);
    assert_true(alme_request_streams(&request));
    assert_false(alme_has_flags(&request)); /* what has a fallback is always there */
    alme_request_done(&request);
}

/* --- replies --- */

/* Both sides of every reply: the bytes, and what a client reads in them. */
static void replies_of_both_forms(void **state) {
    (void)state;
    static const char *const lines[] = {"{\"cmd\":\"ping\",\"id\":1}",
                                        "{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":\"r\"}"};
    static const char *const expected[][4] = {
        {
            "{\"id\":1,\"success\":true,\"message\":\"here\",\"data\":{\"pid\":5}}\n",
            "{\"id\":1,\"success\":false,\"message\":\"no component "
            "'x'\",\"data\":{\"pid\":5},\"error\":{\"code\":\"not-"
            "found\",\"message\":\"no component 'x'\",\"hint\":\"look\"}}\n",
            "{\"id\":1,\"progress\":{\"stage\":\"compile\",\"message\":\"compiling\",\"done\":1,\"total\":3}}"
            "\n",
            "{\"id\":1,\"item\":{\"n\":1}}\n",
        },
        {
            "{\"jsonrpc\":\"2.0\",\"id\":\"r\",\"result\":{\"success\":true,\"message\":\"here\",\"data\":{"
            "\"pid\":5}}}\n",
            "{\"jsonrpc\":\"2.0\",\"id\":\"r\",\"error\":{\"code\":-32002,\"message\":\"no component "
            "'x'\",\"data\":{\"code\":\"not-found\",\"hint\":\"look\",\"data\":{\"pid\":5}}}}\n",
            "{\"jsonrpc\":\"2.0\",\"method\":\"progress\",\"params\":{\"id\":\"r\",\"progress\":{\"stage\":"
            "\"compile\","
            "\"message\":\"compiling\",\"done\":1,\"total\":3}}}\n",
            "{\"jsonrpc\":\"2.0\",\"method\":\"item\",\"params\":{\"id\":\"r\",\"item\":{\"n\":1}}}\n",
        },
    };
    for (size_t form = 0; form < 2; form++) {
        struct alme_request request;
        assert_int_equal(alme_request_parse(lines[form], strlen(lines[form]), false, &request, NULL), 0);
        ERROR_AUTO *error = NULL;
        error_hint(&error, error_set(&error, ARCELLA_E_NOT_FOUND, "no component 'x'"), "look");
        for (size_t kind = 0; kind < 4; kind++) {
            BUFFER_AUTO b = BUFFER_INIT(4096);
            json_t *data = json_pack("{s:i}", kind == 3 ? "n" : "pid", kind == 3 ? 1 : 5);
            int r;
            switch (kind) {
            case 0: r = alme_reply_success(&b, &request, "here", data, NULL); break;
            case 1: r = alme_reply_failure(&b, &request, error, data, NULL); break;
            case 2:
                json_decref(data);
                r = alme_reply_progress(&b, &request, "compile", "compiling", 1, 3, NULL);
                break;
            default: r = alme_reply_item(&b, &request, data, NULL); break;
            }
            assert_int_equal(r, 0);
            assert_string_equal(b.data, expected[form][kind]);
            struct alme_answer answer;
            assert_int_equal(alme_answer_parse(b.data, b.length - 1, &answer, NULL), 0);
            static const enum alme_answer_kind kinds[] = {ALME_ANSWER_SUCCESS, ALME_ANSWER_FAILURE,
                                                          ALME_ANSWER_PROGRESS, ALME_ANSWER_ITEM};
            assert_int_equal(answer.kind, kinds[kind]);
            static const char *const messages[] = {"here", "no component 'x'", "compiling", ""};
            assert_string_equal(answer.message, messages[kind]);
            assert_string_equal(answer.code, kind == 1 ? "not-found" : "");
            assert_string_equal(answer.hint, kind == 1 ? "look" : "");
            if (kind != 2)
                assert_int_equal(json_integer_value(json_object_get(answer.data, kind == 3 ? "n" : "pid")),
                                 kind == 3 ? 1 : 5);
            alme_answer_done(&answer);
        }
        alme_request_done(&request);
    }
}

static void strange_text_in_replies_stays_json(void **state) {
    (void)state;
    struct alme_request request = {.command = NULL};
    BUFFER_AUTO b = BUFFER_INIT(4096);
    assert_int_equal(alme_reply_success(&b, &request, "a\x1b[31m\xff\n", NULL, NULL), 0);
    assert_string_equal(b.data, "{\"success\":true,\"message\":\"a\\u001B[31m\xef\xbf\xbd\\n\"}\n");
}

static void replies_have_a_bound(void **state) {
    (void)state;
    struct alme_request request = {.command = NULL};
    BUFFER_AUTO b = BUFFER_INIT(SIZE_MAX / 2);
    assert_int_equal(buffer_text(&b, "before", NULL), 0);
    char *huge = mem_alloc(LIMIT_ALME_REPLY_BYTES + 1);
    memset(huge, 'x', LIMIT_ALME_REPLY_BYTES);
    json_t *data = json_string(huge);
    mem_free(huge);
    assert_int_equal(alme_reply_success(&b, &request, "", data, NULL), ARCELLA_E_TOO_LARGE);
    assert_string_equal(b.data, "before");
}

static void answers_of_no_form_are_refused(void **state) {
    (void)state;
    static const char *const lines[] = {
        "", "{}", "[]", "{\"jsonrpc\":\"2.0\"}", "{\"success\":1}", "nonsense", "{\"a\"", "null"};
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        struct alme_answer answer;
        ERROR_AUTO *error = NULL;
        assert_int_equal(alme_answer_parse(lines[i], strlen(lines[i]), &answer, &error), ARCELLA_E_PROTOCOL);
    }
}

static void a_client_writes_what_a_daemon_reads(void **state) {
    (void)state;
    for (int id = 0; id < ALME_COMMANDS; id++) {
        const struct alme_command *command = alme_command_of((enum alme_id)id);
        if (command->flags & ALME_LOCAL)
            continue;
        JSON_AUTO *args = json_object();
        for (const struct alme_argument *a = command->arguments; a->names; a++) {
            static const char *const values[] = {
                [ALME_PATH] = "/p",
                [ALME_TARGET] = "t",
                [ALME_NAME] = "g",
                [ALME_BOOL] = "true",
                [ALME_U64] = "1",
                [ALME_SIZE] = "1m",
                [ALME_TIME] = "1s",
                [ALME_TEXT] = "x",
                [ALME_TEXTS] = "x",
                [ALME_PAIRS] = "K=V",
                [ALME_DIRS] = "/h::/g:rw",
                [ALME_FILES] = "K=/f",
                [ALME_ADDRESSES] = "1.2.3.4:5",
                [ALME_CHOICE] = "",
                [ALME_LEVELS] = "info",
            };
            char name[64];
            char choice[64];
            alme_argument_name(a, name, sizeof(name));
            const char *value = values[a->type];
            if (a->type == ALME_CHOICE) {
                struct text first = alme_first_name(a->form);
                snprintf(choice, sizeof(choice), "%.*s", (int)first.length, first.data);
                value = choice;
            }
            json_object_set_new(args, name, json_string(value));
        }
        BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_LINE_BYTES + 1);
        assert_int_equal(alme_request_write(&line, command, args, 42, NULL), 0);
        assert_int_equal(line.data[line.length - 1], '\n');
        struct alme_request request;
        ERROR_AUTO *error = NULL;
        if (alme_request_parse(line.data, line.length, false, &request, &error) < 0)
            fail_msg("%s: %s", line.data, arcella_error_message(error));
        assert_ptr_equal(request.command, command);
        assert_int_equal(json_integer_value(request.id), 42);
        assert_int_equal(json_object_size(request.args), json_object_size(args));
        alme_request_done(&request);
    }
    BUFFER_AUTO line = BUFFER_INIT(LIMIT_ALME_LINE_BYTES + 1);
    char *huge = mem_alloc(LIMIT_ALME_LINE_BYTES + 1);
    memset(huge, 'x', LIMIT_ALME_LINE_BYTES);
    JSON_AUTO *args = json_pack("{s:s}", "arg", huge);
    mem_free(huge);
    assert_int_equal(alme_request_write(&line, alme_command_of(ALME_START), args, 1, NULL),
                     ARCELLA_E_TOO_LARGE);
    assert_int_equal(line.length, 0);
}

/* --- the table itself --- */

static bool option_letters_clash(const struct alme_command *command) {
    for (const struct alme_argument *a = command->arguments; a->names; a++)
        for (const struct alme_argument *b = a + 1; b->names; b++)
            if (a->letter && a->letter == b->letter)
                return true;
    return false;
}

static void the_table_is_sound(void **state) {
    (void)state;
    for (int id = 0; id < ALME_COMMANDS; id++) {
        const struct alme_command *command = alme_command_of((enum alme_id)id);
        assert_int_equal(command->id, id);
        /* Every name finds its own row and no other. */
        assert_ptr_equal(alme_command_find(command->name), command);
        const char *at = command->aliases;
        while (*at) {
            char alias[64];
            size_t length = strcspn(at, " ");
            snprintf(alias, sizeof(alias), "%.*s", (int)length, at);
            assert_ptr_equal(alme_command_find(alias), command);
            at += length + (at[length] == ' ');
        }
        assert_true(text_ends(command->help, "."));
        assert_non_null(strstr(command->example, "arcella"));
        assert_true((command->flags & ALME_LOCAL) || *command->reply);
        assert_false(option_letters_clash(command));
        /* Places: required ones first, a rest last; every fallback is a value. */
        bool optional = false;
        for (const struct alme_argument *a = command->arguments; a->names; a++) {
            if (a->flags & ALME_PLACED) {
                assert_false(optional && (a->flags & ALME_REQUIRED));
                optional = optional || !(a->flags & ALME_REQUIRED);
            }
            assert_true(*a->help);
            assert_true(a->type == ALME_BOOL || a->form);
            assert_true(a->type == ALME_BOOL || a->type == ALME_CHOICE || a->max);
        }
        if (id == ALME_PING || id == ALME_LOGS || id == ALME_LIST) {
            JSON_AUTO *args = NULL;
            assert_int_equal(alme_arguments_check(command, NULL, &args, NULL), 0);
        }
    }
    assert_null(alme_command_find("nonsense"));
    assert_string_equal(alme_command_nearest("innstall"), "install");
    assert_string_equal(alme_command_nearest("lst"), "list");
    assert_null(alme_command_nearest("quite something else"));
}

static void distances(void **state) {
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        unsigned distance;
    } cases[] = {
        {"", "", 0},        {"abc", "abc", 0},           {"abc", "acb", 1}, {"abc", "ab", 1},
        {"abc", "xabc", 1}, {"cpu-time", "cpu_time", 0}, {"abc", "xyz", 3}, {"", "abc", 3},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(alme_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(alme_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
}

static void rpc_numbers_stay_in_their_range(void **state) {
    (void)state;
    static const int codes[] = {
#define XX(name, number, text, hint) -(number),
        ARCELLA_ERROR_MAP(XX)
#undef XX
    };
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        int number = alme_rpc_number(codes[i]);
        bool ours = number <= -32001 && number >= -32099;
        bool standard = number >= -32603 && number <= -32600;
        assert_true(ours || standard);
    }
}

static void pages_have_everything(void **state) {
    (void)state;
    BUFFER_AUTO page = BUFFER_INIT(1 * MIB);
    assert_int_equal(alme_markdown(&page, NULL), 0);
    for (int id = 0; id < ALME_COMMANDS; id++) {
        char heading[80];
        snprintf(heading, sizeof(heading), "\n## %s\n", alme_command_of((enum alme_id)id)->name);
        assert_non_null(strstr(page.data, heading));
    }
    BUFFER_AUTO errors = BUFFER_INIT(1 * MIB);
    assert_int_equal(alme_markdown_errors(&errors, NULL), 0);
    assert_non_null(strstr(errors.data, "| `no-daemon` | 28 |"));
}

static int ask_and_answer(void *user, arcella_error **reterr) {
    const char *line = user;
    struct alme_request request;
    BUFFER_AUTO reply = BUFFER_INIT(64 * KIB);
    int r = alme_request_parse(line, strlen(line), false, &request, reterr);
    if (r == 0)
        r = alme_reply_success(&reply, &request, "done", json_object(), reterr);
    struct alme_answer answer = {.whole = NULL};
    if (r == 0)
        r = alme_answer_parse(reply.data, reply.length, &answer, reterr);
    if (r == 0)
        r = alme_request_write(&reply, request.command, request.args, 1, reterr);
    alme_answer_done(&answer);
    alme_request_done(&request);
    return r;
}

static void no_memory_is_an_answer(void **state) {
    (void)state;
    static char plain[] = "{\"cmd\":\"start\",\"args\":{\"target\":\"w\",\"env\":{\"A\":\"1\"},\"dir\":[\"/"
                          "a::/b\"],\"memory\":\"1m\","
                          "\"restart\":\"no\"},\"id\":1}";
    static char rpc[] = "{\"jsonrpc\":\"2.0\",\"method\":\"logs\",\"params\":{\"count\":\"5\"},\"id\":\"x\"}";
    torture_alloc(ask_and_answer, plain);
    torture_alloc(ask_and_answer, rpc);
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests_are_read),
        cmocka_unit_test(mistakes_get_a_reply),
        cmocka_unit_test(wrong_arguments_are_named),
        cmocka_unit_test(a_long_line_is_an_answer),
        cmocka_unit_test(arguments_are_asked_for),
        cmocka_unit_test(replies_of_both_forms),
        cmocka_unit_test(strange_text_in_replies_stays_json),
        cmocka_unit_test(replies_have_a_bound),
        cmocka_unit_test(answers_of_no_form_are_refused),
        cmocka_unit_test(a_client_writes_what_a_daemon_reads),
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(distances),
        cmocka_unit_test(rpc_numbers_stay_in_their_range),
        cmocka_unit_test(pages_have_everything),
        cmocka_unit_test(no_memory_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
