/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Calls into a component's instance: order, results as text, handles, cancelling, what is refused and what
 * ends it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "runtime/calls.h"
#include "runtime/instance.h"

enum { PATIENCE_MS = 60000, ANSWERS = 80 };

struct answer {
    unsigned count;
    int code; /* of the error; 0: none */
    char message[512];
    enum engine_end end;
    char wave[128], json[128];
};

struct rig {
    struct loop *loop;
    struct runtime *runtime;
    struct grant_set grants;
    struct answer answers[ANSWERS]; /* by number of the call */
    unsigned started, ended, called;
    enum engine_end end;
    enum instance_state state;
    int code[2], component;
    char paths[2][64];
};

static void on_started(uint64_t handle, void *user) {
    (void)handle;
    ((struct rig *)user)->started++;
}

static void on_ended(uint64_t handle, enum instance_state state, const struct engine_outcome *outcome,
                     void *user) {
    struct rig *rig = user;
    (void)handle;
    rig->ended++;
    rig->state = state;
    rig->end = outcome->end;
}

static void on_output(uint64_t handle, int stream, const char *line, size_t length, bool cut,
                      uint64_t dropped, void *user) {
    (void)handle, (void)stream, (void)line, (void)length, (void)cut, (void)dropped, (void)user;
}

static void on_audit(uint64_t handle, const struct host_audit *line, void *user) {
    (void)handle, (void)line, (void)user;
}

static void on_note(uint64_t handle, const char *message, void *user) {
    (void)handle, (void)message, (void)user;
}

static void on_called(uint64_t handle, const struct runtime_called *called, void *user) {
    struct rig *rig = user;
    assert_int_equal(handle, 1);
    assert_true(called->number < ANSWERS);
    struct answer *answer = &rig->answers[called->number];
    answer->count++;
    rig->called++;
    if (called->error) {
        answer->code = arcella_error_code(called->error);
        text_copy(answer->message, sizeof answer->message, arcella_error_message(called->error));
    }
    if (called->outcome)
        answer->end = called->outcome->end;
    snprintf(answer->wave, sizeof answer->wave, "%.*s", (int)called->wave.length, called->wave.data);
    snprintf(answer->json, sizeof answer->json, "%.*s", (int)called->json.length, called->json.data);
}

/* cmocka takes the engine's signals for itself around each function it calls; give them back. */
static void keep_signals(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    static struct sigaction kept[ARRAY_LENGTH(signals)];
    static bool known;
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        sigaction(signals[i], known ? &kept[i] : NULL, known ? NULL : &kept[i]);
    known = true;
}

static void until(struct rig *rig, const unsigned *counter, unsigned value) {
    uint64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
    while (*counter < value) {
        loop_run_once(rig->loop);
        assert_true(clock_monotonic_ms() < deadline);
    }
}

/* Compile its modules. */
static void prepare(struct rig *rig) {
    struct component *component = NULL;
    assert_int_equal(component_read(calls_component, sizeof calls_component, NULL, NULL, &component, NULL),
                     0);
    assert_int_equal(component_module_count(component), ARRAY_LENGTH(rig->code));
    for (uint32_t n = 0; n < ARRAY_LENGTH(rig->code); n++) {
        BUFFER_AUTO code = BUFFER_INIT(64 * MIB);
        struct text bytes = component_module_bytes(component, n);
        assert_int_equal(engine_compile(runtime_engine(rig->runtime), bytes.data, bytes.length, &code, NULL),
                         0);
        assert_int_equal(memfd_make("code", code.data, code.length, true, &rig->code[n], NULL), 0);
        snprintf(rig->paths[n], sizeof rig->paths[n], "/proc/self/fd/%d", rig->code[n]);
    }
    component_unref(component);
    assert_int_equal(
        memfd_make("component", calls_component, sizeof calls_component, true, &rig->component, NULL), 0);
}

/* Start it with the entries of a template; "": none. */
static int begin(struct rig *rig, const char *entry, const char *shutdown, arcella_error **reterr) {
    const char *paths[] = {rig->paths[0], rig->paths[1]};
    struct runtime_spec spec = {
        .handle = 1,
        .address = "calls/0",
        .component = "calls@1.0.0",
        .code_path = "",
        .digest = "calls",
        .is_component = true,
        .component_fd = rig->component,
        .modules = paths,
        .modules_count = ARRAY_LENGTH(paths),
        .stdio = {-1, -1, -1},
        .limits = {.memory_bytes = 4 * MIB, .table_elements = 1000},
        .startup_ms = PATIENCE_MS,
        .entrypoint = entry,
        .shutdown = shutdown,
        .grants = &rig->grants,
    };
    return runtime_start(rig->runtime, &spec, reterr);
}

static int setup_idle(void **state) {
    struct rig *rig = mem_new(struct rig);
    rig->code[0] = rig->code[1] = rig->component = -1;
    assert_int_equal(loop_new(&rig->loop, NULL), 0);
    struct engine_config config = ENGINE_CONFIG_INIT;
    struct runtime_hooks hooks = {.started = on_started,
                                  .ended = on_ended,
                                  .output = on_output,
                                  .audit = on_audit,
                                  .called = on_called,
                                  .note = on_note,
                                  .user = rig};
    assert_int_equal(runtime_new(rig->loop, &config, &hooks, &rig->runtime, NULL), 0);
    keep_signals();
    prepare(rig);
    *state = rig;
    return 0;
}

/* It takes calls. */
static int setup(void **state) {
    if (setup_idle(state))
        return -1;
    struct rig *rig = *state;
    assert_int_equal(begin(rig, "", "", NULL), 0);
    until(rig, &rig->started, 1);
    return 0;
}

static int teardown(void **state) {
    struct rig *rig = *state;
    runtime_free(rig->runtime);
    loop_free(rig->loop);
    fd_close(rig->code[0]);
    fd_close(rig->code[1]);
    fd_close(rig->component);
    mem_free(rig);
    return 0;
}

static int ask(struct rig *rig, uint64_t number, const char *expression, arcella_error **reterr) {
    struct runtime_call call = {.instance = 1,
                                .number = number,
                                .function = text_of(expression),
                                .form = RUNTIME_CALL_EXPRESSION,
                                .keeps = true,
                                .budget = {.wall_ms = 300}};
    return runtime_call(rig->runtime, &call, reterr);
}

static void calls_run_in_their_order(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(ask(rig, 1, "count()", NULL), 0);
    assert_int_equal(ask(rig, 2, "add(1, 2)", NULL), 0);
    assert_int_equal(ask(rig, 3, "count()", NULL), 0);
    assert_int_equal(rig->called, 0); /* never from inside */
    until(rig, &rig->called, 3);
    assert_string_equal(rig->answers[1].wave, "1");
    assert_string_equal(rig->answers[2].json, "3");
    assert_string_equal(rig->answers[3].wave, "2");
}

static void handles_are_kept_and_given_away_once(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(ask(rig, 1, "make(7)", NULL), 0);
    until(rig, &rig->called, 1);
    assert_string_equal(rig->answers[1].wave, "handle(1)");
    assert_string_equal(rig->answers[1].json, "{\"handle\":1}");
    assert_int_equal(ask(rig, 2, "value(handle(1))", NULL), 0);
    until(rig, &rig->called, 2);
    assert_string_equal(rig->answers[2].wave, "7");
    ERROR_AUTO *error = NULL;
    assert_int_equal(ask(rig, 3, "value(handle(2))", &error), ARCELLA_E_INVALID);
    assert_non_null(strstr(arcella_error_message(error), "no handle 2"));
    /* Refused for its second argument, it has not given the first one away. */
    assert_int_equal(ask(rig, 4, "spin-in-destructor(handle(1), 5)", NULL), ARCELLA_E_INVALID);
    assert_int_equal(ask(rig, 5, "spin-in-destructor(handle(1))", NULL), 0);
    assert_int_equal(ask(rig, 6, "value(handle(1))", NULL), ARCELLA_E_INVALID);
    until(rig, &rig->called, 3);
    assert_int_equal(rig->answers[5].end, ENGINE_END_WALL_TIME);
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->end, ENGINE_END_WALL_TIME);
}

static void without_a_table_handles_are_refused(void **state) {
    struct rig *rig = *state;
    struct runtime_call call = {.instance = 1, .number = 1, .function = TEXT("make(7)")};
    assert_int_equal(runtime_call(rig->runtime, &call, NULL), ARCELLA_E_UNSUPPORTED);
}

static void what_is_wrong_is_told_at_once(void **state) {
    struct rig *rig = *state;
    static const struct {
        const char *expression;
        int code;
        const char *says;
    } cases[] = {
        {"add(1)", ARCELLA_E_INVALID, "add(a: u32, b: u32) -> u32"},
        {"add(1, x)", ARCELLA_E_INVALID, "argument 2 'b'"},
        {"add", ARCELLA_E_INVALID, ""},
        {"ad(1, 2)", ARCELLA_E_NOT_FOUND, "'add'"},
        {"nope.echo(\"a\")", ARCELLA_E_NOT_FOUND, "nope.echo"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        ERROR_AUTO *error = NULL;
        assert_int_equal(ask(rig, 1, cases[i].expression, &error), cases[i].code);
        assert_non_null(strstr(arcella_error_message(error), cases[i].says));
    }
    assert_int_equal(rig->called, 0);
    struct runtime_call other = {.instance = 9, .number = 1, .function = TEXT("count()")};
    assert_int_equal(runtime_call(rig->runtime, &other, NULL), ARCELLA_E_NOT_FOUND);
}

static void all_forms_of_arguments(void **state) {
    struct rig *rig = *state;
    keep_signals();
    struct text words[] = {TEXT("40"), TEXT("2")};
    struct runtime_call calls[] = {
        {.form = RUNTIME_CALL_WORDS, .args = words, .args_count = 2},
        {.form = RUNTIME_CALL_WORDS, .args = words, .args_count = 2, .json = true},
        {.form = RUNTIME_CALL_INPUT, .input = TEXT("40,\n2")},
        {.form = RUNTIME_CALL_INPUT, .input = TEXT("{\"b\": 2, \"a\": 40}"), .json = true},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(calls); i++) {
        calls[i].instance = 1;
        calls[i].number = i + 1;
        calls[i].function = TEXT("add");
        assert_int_equal(runtime_call(rig->runtime, &calls[i], NULL), 0);
    }
    until(rig, &rig->called, ARRAY_LENGTH(calls));
    for (unsigned i = 0; i < ARRAY_LENGTH(calls); i++)
        assert_string_equal(rig->answers[i + 1].wave, "42");
}

/* Where it went wrong is told as it stands in the caller's own text. */
static void places_are_those_of_the_text(void **state) {
    struct rig *rig = *state;
    static const struct {
        struct runtime_call call;
        const char *says;
    } cases[] = {
        {{.function = TEXT("add(1, \"x\")")}, "column 8: expected a number (u32)"},
        {{.function = TEXT("add(1, \"x\")"), .json = true}, "column 8: expected a number (u32)"},
        {{.function = TEXT("add(1, 2"), .json = true}, "column 9: expected ',' or ')', found the end"},
        {{.function = TEXT("add(1,\n  2,\n x)")}, "line 3, column 2: expected no argument behind 2"},
        {{.function = TEXT("add"), .form = RUNTIME_CALL_INPUT, .input = TEXT("[")},
         "column 1: expected a number (u32), found '['"},
        {{.function = TEXT("add"), .form = RUNTIME_CALL_INPUT, .input = TEXT("1, // it's\n\n -x")},
         "line 3, column 2: expected a number (u32)"},
        {{.function = TEXT("add"), .form = RUNTIME_CALL_INPUT, .input = TEXT("1, 2)")},
         "column 5: expected ',' or the end, found ')'"},
        {{.function = TEXT("add"), .form = RUNTIME_CALL_INPUT, .input = TEXT("[1,\n\"2\"]"), .json = true},
         "line 2, column 1: expected a number (u32), found \"2\""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        ERROR_AUTO *error = NULL;
        struct runtime_call call = cases[i].call;
        call.instance = call.number = 1;
        assert_int_equal(runtime_call(rig->runtime, &call, &error), ARCELLA_E_INVALID);
        if (!strstr(arcella_error_message(error), cases[i].says))
            fail_msg("%s, wanted %s", arcella_error_message(error), cases[i].says);
    }
}

static void the_queue_is_bounded_and_refused_at_the_end(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(ask(rig, 1, "spin()", NULL), 0);
    for (unsigned i = 2; i <= LIMIT_CALLS_QUEUED; i++)
        assert_int_equal(ask(rig, i, "count()", NULL), 0);
    assert_int_equal(ask(rig, 70, "count()", NULL), ARCELLA_E_BUSY);
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->called, LIMIT_CALLS_QUEUED);
    assert_int_equal(rig->answers[1].end, ENGINE_END_WALL_TIME);
    assert_int_equal(rig->answers[LIMIT_CALLS_QUEUED].code, ARCELLA_E_STATE);
}

static void a_check_calls_nothing(void **state) {
    struct rig *rig = *state;
    static const struct {
        const char *expression;
        bool name_only;
        int code;
    } cases[] = {
        {"add(1, 2)", false, 0},
        {"add(1, x)", false, ARCELLA_E_INVALID},
        {"add(1, x)", true, 0},
        {"ad(1, x)", true, ARCELLA_E_NOT_FOUND},
        {"value(handle(3))", false, 0}, /* may be returned by then */
        {"value(handle(0))", false, ARCELLA_E_INVALID},
        {"spin-in-destructor(handle(1))", false, 0},
        {"spin-in-destructor(handle(1))", false, 0},
        {"count()", false, 0},
    };
    keep_signals();
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct runtime_call call = {
            .instance = 1, .number = 1, .function = text_of(cases[i].expression), .keeps = true};
        assert_int_equal(runtime_check_call(rig->runtime, &call, cases[i].name_only, NULL), cases[i].code);
    }
    struct runtime_call nowhere = {.instance = 9, .function = TEXT("count()")};
    assert_int_equal(runtime_check_call(rig->runtime, &nowhere, false, NULL), ARCELLA_E_NOT_FOUND);
    assert_int_equal(ask(rig, 1, "count()", NULL), 0);
    until(rig, &rig->called, 1);
    assert_string_equal(rig->answers[1].wave, "1");
}

static int ask_within(struct rig *rig, uint64_t number, const char *expression, uint64_t ms,
                      uint64_t allowed_ms) {
    struct runtime_call call = {.instance = 1,
                                .number = number,
                                .function = text_of(expression),
                                .budget = {.wall_ms = allowed_ms},
                                .own_time = true,
                                .caller_ms = ms};
    return runtime_call(rig->runtime, &call, NULL);
}

static void a_wait_has_an_end(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(ask(rig, 1, "spin()", NULL), 0);
    assert_int_equal(ask_within(rig, 2, "count()", 50, 0), 0);
    assert_int_equal(ask_within(rig, 3, "count()", 0, 0), 0);
    until(rig, &rig->called, 1);
    assert_int_equal(rig->ended, 0);
    assert_int_equal(rig->answers[2].code, ARCELLA_E_TIMEOUT);
    assert_string_equal(rig->answers[2].message,
                        "it was not its turn within 50 ms: other calls of the instance ran");
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->called, 3);
    assert_int_equal(rig->answers[1].end, ENGINE_END_WALL_TIME);
    assert_int_equal(rig->answers[3].code, ARCELLA_E_STATE);
}

/* Who has less patience than the instance allows is answered so; the instance ends as if he had left. */
static void the_callers_time_is_no_failure(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(ask_within(rig, 1, "spin()", 100, PATIENCE_MS), 0);
    assert_int_equal(ask_within(rig, 2, "count()", PATIENCE_MS, PATIENCE_MS), 0);
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->answers[1].end, ENGINE_END_WALL_TIME);
    assert_int_equal(rig->answers[2].code, ARCELLA_E_STATE);
    assert_int_equal(rig->end, ENGINE_END_STOPPED);
}

static void more_than_the_instance_allows_is_a_failure(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(ask_within(rig, 1, "spin()", 200, 100), 0);
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->answers[1].end, ENGINE_END_WALL_TIME);
    assert_int_equal(rig->end, ENGINE_END_WALL_TIME);
}

static void calls_can_be_given_up(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(ask(rig, 1, "add(1, 1)", NULL), 0);
    assert_int_equal(ask(rig, 2, "count()", NULL), 0);
    runtime_cancel_call(rig->runtime, 1, 2); /* has not begun */
    assert_int_equal(rig->answers[2].code, ARCELLA_E_CANCELLED);
    until(rig, &rig->called, 2);
    assert_string_equal(rig->answers[1].wave, "2");
    assert_int_equal(ask(rig, 3, "spin()", NULL), 0);
    loop_run_ready(rig->loop);
    runtime_cancel_call(rig->runtime, 1, 3); /* runs */
    runtime_cancel_call(rig->runtime, 1, 77);
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->answers[3].end, ENGINE_END_STOPPED);
}

static void a_stop_waits_for_the_call(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(ask(rig, 1, "count()", NULL), 0);
    assert_int_equal(ask(rig, 2, "count()", NULL), 0);
    assert_int_equal(runtime_stop(rig->runtime, 1, PATIENCE_MS, NULL), 0);
    assert_int_equal(ask(rig, 3, "count()", NULL), ARCELLA_E_STATE);
    until(rig, &rig->ended, 1);
    assert_string_equal(rig->answers[1].wave, "1");
    assert_int_equal(rig->answers[2].code, ARCELLA_E_STATE);
    assert_int_equal(rig->end, ENGINE_END_STOPPED);
}

static void freed_in_the_middle(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(ask(rig, 1, "spin()", NULL), 0);
    assert_int_equal(ask(rig, 2, "count()", NULL), 0);
    loop_run_ready(rig->loop); /* teardown frees it while it runs */
}

/* A template's names are looked up as those of calls, with '#' for the dot as core modules have it. */
static void entries_that_are_none_are_refused(void **state) {
    struct rig *rig = *state;
    static const struct {
        const char *name, *says;
    } cases[] = {
        {"nope", "it exports no function 'nope'"},
        {"nothings", "there is 'nothing'"},
        {"other.nothing", "it exports no function 'other.nothing'"},
        {"other#nothing", "it exports no function 'other.nothing'"},
        {"a b", "expected FUNC or INTERFACE.FUNC"},
        {"nothing()", "expected the name of a function"},
        {"add", "add(a: u32, b: u32) -> u32"},
        {"count", "count() -> u32"},
        /* What is found and does not fit shows that it was found. */
        {"echo", "echo(text: string) -> string"},
        {"texts.echo", "echo(text: string) -> string"},
        {"acme:calls/texts@1.2.0.echo", "echo(text: string) -> string"},
        {"acme:calls/texts@1.2.0#echo", "echo(text: string) -> string"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        for (int shutdown = 0; shutdown < 2; shutdown++) {
            ERROR_AUTO *error = NULL;
            int r = begin(rig, shutdown ? "" : cases[i].name, shutdown ? cases[i].name : "", &error);
            const char *message = arcella_error_message(error);
            if (r != ARCELLA_E_KIND || !strstr(message, cases[i].says) || !strstr(message, cases[i].name) ||
                !strstr(message, shutdown ? "its shutdown entry '" : "its entry point '"))
                fail_msg("%s: %d %s", cases[i].name, r, message);
        }
    assert_int_equal(runtime_count(rig->runtime), 0);
}

static void an_entry_is_called_and_its_end_is_the_end(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(begin(rig, "nothing", "", NULL), 0);
    assert_int_equal(ask(rig, 1, "count()", NULL), ARCELLA_E_STATE); /* not beside it */
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->state, INSTANCE_FINISHED);
    assert_int_equal(rig->end, ENGINE_END_RETURNED);
    assert_int_equal(begin(rig, "trap", "nothing", NULL), 0);
    until(rig, &rig->ended, 2);
    assert_int_equal(rig->state, INSTANCE_FAILED);
    assert_int_equal(rig->end, ENGINE_END_TRAPPED);
}

static void a_shutdown_entry_is_called_by_a_stop(void **state) {
    struct rig *rig = *state;
    keep_signals();
    assert_int_equal(begin(rig, "", "nothing", NULL), 0);
    until(rig, &rig->started, 1);
    assert_int_equal(runtime_stop(rig->runtime, 1, PATIENCE_MS, NULL), 0);
    until(rig, &rig->ended, 1);
    assert_int_equal(rig->state, INSTANCE_STOPPED);
    assert_int_equal(rig->end, ENGINE_END_STOPPED);
    /* That it was called is seen where it fails, and where it does not end. */
    assert_int_equal(begin(rig, "", "trap", NULL), 0);
    until(rig, &rig->started, 2);
    assert_int_equal(runtime_stop(rig->runtime, 1, PATIENCE_MS, NULL), 0);
    until(rig, &rig->ended, 2);
    assert_int_equal(rig->end, ENGINE_END_TRAPPED);
    assert_int_equal(begin(rig, "", "spin", NULL), 0);
    until(rig, &rig->started, 3);
    uint64_t began = clock_monotonic_ms();
    assert_int_equal(runtime_stop(rig->runtime, 1, 100, NULL), 0);
    until(rig, &rig->ended, 3);
    assert_true(clock_monotonic_ms() - began >= 90);
    assert_int_equal(rig->state, INSTANCE_STOPPED);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(calls_run_in_their_order),
        TEST(handles_are_kept_and_given_away_once),
        TEST(without_a_table_handles_are_refused),
        TEST(what_is_wrong_is_told_at_once),
        TEST(all_forms_of_arguments),
        TEST(places_are_those_of_the_text),
        TEST(the_queue_is_bounded_and_refused_at_the_end),
        TEST(a_check_calls_nothing),
        TEST(a_wait_has_an_end),
        TEST(the_callers_time_is_no_failure),
        TEST(more_than_the_instance_allows_is_a_failure),
        TEST(calls_can_be_given_up),
        TEST(a_stop_waits_for_the_call),
        TEST(freed_in_the_middle),
#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_idle, teardown)
        TEST(entries_that_are_none_are_refused),
        TEST(an_entry_is_called_and_its_end_is_the_end),
        TEST(a_shutdown_entry_is_called_by_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
