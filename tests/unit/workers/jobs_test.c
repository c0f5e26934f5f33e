/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Intake and compile jobs: answers, crashes, limits, the queue. */
#include "workers/harness.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fault.h"
#include "workers/jobs.h"

enum { CODE_MAX = 16 * 1024 * 1024 };

struct answer {
    unsigned done;
    int code;
    char error[1024];
    char hint[256];
    char description[256];
    int fd;
    uint64_t size;
    unsigned *order; /* counts answers, if set */
    unsigned place;
};

static void on_intake(const void *description, size_t length, const arcella_error *error, void *user) {
    struct answer *answer = user;
    answer->done++;
    answer->code = arcella_error_code(error);
    snprintf(answer->error, sizeof(answer->error), "%s", arcella_error_message(error));
    snprintf(answer->hint, sizeof(answer->hint), "%s", arcella_error_hint(error));
    assert_int_equal(description == NULL, error != NULL);
    if (description)
        snprintf(answer->description, sizeof(answer->description), "%.*s", (int)length,
                 (const char *)description);
    if (answer->order)
        answer->place = ++*answer->order;
}

static void on_compile(int code_fd, uint64_t size, const arcella_error *error, void *user) {
    struct answer *answer = user;
    answer->done++;
    answer->code = arcella_error_code(error);
    snprintf(answer->error, sizeof(answer->error), "%s", arcella_error_message(error));
    assert_int_equal(code_fd < 0, error != NULL);
    answer->fd = code_fd;
    answer->size = size;
}

static int module_with(const char *command) {
    int fd = -1;
    assert_int_equal(memfd_make("module", command, strlen(command) + 1, false, &fd, NULL), 0);
    return fd;
}

static void intake(struct harness *h, const char *what, uint64_t timeout_ms, struct answer *answer,
                   struct worker_job **ret) {
    int fd = module_with(what);
    struct workers_intake_request request = {
        .name = "hello.wasm",
        .wasm_fd = fd,
        .component_fd = -1,
        .template_fd = -1,
        .legacy_fd = -1,
        .timeout_ms = timeout_ms,
    };
    arcella_error *error = NULL;
    if (workers_intake(h->workers, &request, on_intake, answer, ret, &error) < 0)
        fail_with(error);
    close(fd); /* ours; the job has its own */
}

static void compile(struct harness *h, const char *what, uint64_t timeout_ms, struct answer *answer) {
    int fd = module_with(what);
    struct workers_compile_request request = {
        .name = "hello.wasm", .wasm_fd = fd, .timeout_ms = timeout_ms, .code_max = CODE_MAX};
    arcella_error *error = NULL;
    if (workers_compile(h->workers, &request, on_compile, answer, NULL, &error) < 0)
        fail_with(error);
    close(fd);
}

/* --- answers --- */

static void test_intake(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct answer answer = {0};
    intake(&h, "fine", 0, &answer, NULL);
    assert_int_equal(answer.done, 0); /* never from inside */
    RUN_UNTIL(&h, answer.done);
    assert_int_equal(answer.code, 0);
    assert_string_equal(answer.description, "fine:1:000");
    /* Manifests travel behind the module, those that are there. */
    int wasm = module_with("more");
    int manifest = module_with("x");
    struct workers_intake_request request = {
        .name = "x",
        .wasm_fd = wasm,
        .component_fd = manifest,
        .template_fd = -1,
        .legacy_fd = manifest,
    };
    answer = (struct answer){0};
    assert_int_equal(workers_intake(h.workers, &request, on_intake, &answer, NULL, NULL), 0);
    RUN_UNTIL(&h, answer.done);
    assert_string_equal(answer.description, "more:3:101");
    close(wasm);
    close(manifest);
    request.wasm_fd = -1;
    assert_int_equal(workers_intake(h.workers, &request, on_intake, &answer, NULL, NULL), ARCELLA_E_INVALID);
    request.wasm_fd = 999;
    assert_int_equal(workers_intake(h.workers, &request, on_intake, &answer, NULL, NULL), ARCELLA_E_INVALID);
    RUN_UNTIL(&h, workers_count(h.workers) == 0);
    harness_stop(&h);
}

static void test_compile(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    struct answer answer = {.fd = -1};
    compile(&h, "fine", 0, &answer);
    RUN_UNTIL(&h, answer.done);
    assert_int_equal(answer.code, 0);
    assert_int_equal(answer.size, 12);
    char bytes[32];
    assert_int_equal(read(answer.fd, bytes, sizeof(bytes)), 12);
    assert_memory_equal(bytes, "machine code", 12);
    assert_true(write(answer.fd, "x", 1) < 0 && errno == EPERM);
    close(answer.fd);
    /* As much as may come back, and not a byte more (failures[]). */
    answer = (struct answer){.fd = -1};
    compile(&h, "much", 0, &answer);
    RUN_UNTIL(&h, answer.done);
    assert_int_equal(answer.code, 0);
    assert_int_equal(answer.size, CODE_MAX);
    close(answer.fd);
    harness_stop(&h);
}

/* --- everything that can go wrong --- */

struct failure {
    bool compile;
    const char *command;
    uint64_t timeout_ms;
    int code;
    const char *sentence;
};

static const struct failure failures[] = {
    {false, "bad", 0, ARCELLA_E_WASM, "no magic at offset 0"},
    {true, "bad", 0, ARCELLA_E_WASM, "hello.wasm: no magic at offset 0"},
    {false, "abort", 0, ARCELLA_E_WORKER,
     "signal 6 (Aborted), its last words: memory allocation of 4096 bytes failed"},
    {true, "abort", 0, ARCELLA_E_WORKER, "signal 6"},
    {false, "exit", 0, ARCELLA_E_WORKER, "exit code 0"},
    {false, "hang", 300, ARCELLA_E_TIMEOUT, "reading 'hello.wasm': not done within 300 ms"},
    {true, "hang", 300, ARCELLA_E_TIMEOUT, "compiling 'hello.wasm': not done within 300 ms"},
    {true, "spin", 0, ARCELLA_E_LIMIT, "CPU time"},
    {true, "unsealed", 0, ARCELLA_E_PROTOCOL, "not on a sealed memfd"},
    {true, "no fd", 0, ARCELLA_E_PROTOCOL, "not on a sealed memfd"},
    {true, "lie", 0, ARCELLA_E_PROTOCOL, "not 13 bytes long"},
    {true, "too much", 0, ARCELLA_E_TOO_LARGE, "has 16777217 bytes; at most 16777216 are taken"},
};

static void test_failures(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(failures); i++) {
        const struct failure *f = &failures[i];
        struct answer answer = {.fd = -1};
        if (f->compile)
            compile(&h, f->command, f->timeout_ms, &answer);
        else
            intake(&h, f->command, f->timeout_ms, &answer, NULL);
        RUN_UNTIL(&h, answer.done);
        if (answer.code != f->code || !strstr(answer.error, f->sentence))
            fail_msg("case %zu (%s): %d %s", i, f->command, answer.code, answer.error);
        RUN_UNTIL(&h, workers_count(h.workers) == 0);
        assert_int_equal(answer.done, 1);
    }
    struct answer answer = {0};
    intake(&h, "bad", 0, &answer, NULL);
    RUN_UNTIL(&h, answer.done);
    assert_string_equal(answer.hint, "build it again");
    /* An answer counts, whatever becomes of who gave it. */
    answer = (struct answer){0};
    intake(&h, "crash after", 0, &answer, NULL);
    RUN_UNTIL(&h, answer.done);
    assert_int_equal(answer.code, 0);
    harness_stop(&h);
}

/* --- the queue --- */

enum { MANY = 9 };

/* Have many described; tell the most processes there were at once. */
static unsigned queue_many(struct harness *h, struct answer *answers) {
    unsigned order = 0;
    for (int i = 0; i < MANY; i++) {
        answers[i].order = &order;
        intake(h, "fine", 0, &answers[i], NULL);
    }
    assert_int_equal(workers_jobs(h->workers), MANY);
    unsigned most = 0;
    while (order < MANY) {
        loop_run_once(h->loop);
        if (workers_count(h->workers) > most)
            most = (unsigned)workers_count(h->workers);
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(answers[i].code, 0);
    assert_int_equal(workers_jobs(h->workers), 0);
    return most;
}

static void test_in_turn(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, &(struct workers_config){.jobs_max = 1});
    struct answer answers[MANY] = {0};
    assert_int_equal(queue_many(&h, answers), 1);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(answers[i].place, i + 1);
    harness_stop(&h);
}

static void test_queue(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, &(struct workers_config){.jobs_max = 2});
    struct answer answers[MANY] = {0};
    assert_int_equal(queue_many(&h, answers), 2);
    /* A queue has an end. */
    struct answer answer = {0};
    for (int i = 0; i < LIMIT_JOBS_QUEUED; i++)
        intake(&h, "hang", 0, &answer, NULL);
    int fd = module_with("fine");
    struct workers_intake_request request = {
        .name = "x", .wasm_fd = fd, .component_fd = -1, .template_fd = -1, .legacy_fd = -1};
    assert_int_equal(workers_intake(h.workers, &request, on_intake, &answer, NULL, NULL), ARCELLA_E_BUSY);
    /* The other kind has one of its own. */
    struct answer other = {.fd = -1};
    compile(&h, "fine", 0, &other);
    RUN_UNTIL(&h, other.done);
    assert_int_equal(other.code, 0);
    close(other.fd);
    close(fd);
    harness_stop(&h); /* with jobs running and waiting */
    assert_int_equal(answer.done, 0);
}

static void test_cancel(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, &(struct workers_config){.jobs_max = 1});
    struct answer running = {0}, waiting = {0}, next = {0};
    struct worker_job *first, *second;
    intake(&h, "hang", 0, &running, &first);
    intake(&h, "hang", 0, &waiting, &second);
    intake(&h, "fine", 0, &next, NULL);
    RUN_UNTIL(&h, workers_count(h.workers) == 1);
    worker_job_cancel(second);
    worker_job_cancel(first);
    RUN_UNTIL(&h, next.done);
    assert_int_equal(next.code, 0);
    assert_int_equal(running.done + waiting.done, 0);
    harness_stop(&h);
}

/* A process that cannot be started is an answer too. */
static void test_no_process(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    char copy[] = "/tmp/arcella-program-XXXXXX";
    int fd = mkstemp(copy);
    assert_int_equal(fchmod(fd, 0700), 0);
    close(fd);
    struct workers_config config = {.loop = h.loop, .program = copy};
    struct harness broken = h;
    assert_int_equal(workers_new(&config, &broken.workers, NULL), 0);
    unlink(copy);
    struct answer answer = {0};
    intake(&broken, "fine", 0, &answer, NULL);
    RUN_UNTIL(&h, answer.done);
    assert_int_equal(answer.code, ARCELLA_E_NOT_FOUND);
    workers_free(broken.workers);
    harness_stop(&h);
}

#ifdef ARCELLA_FAULTS
/* Whatever allocation or system call fails: one answer or one error, and nothing left. */
static void test_faults(void **state) {
    (void)state;
    struct harness h;
    harness_start(&h, NULL);
    int fd = module_with("fine");
    struct workers_compile_request request = {.name = "x", .wasm_fd = fd};
    struct answer answer = {.fd = -1};
    compile(&h, "fine", 0, &answer); /* once, for what the loop makes once */
    RUN_UNTIL(&h, answer.done && workers_count(h.workers) == 0);
    close(answer.fd);
    for (int kind = FAULT_ALLOC; kind <= FAULT_SYS; kind++) {
        bool reached = true;
        uint64_t nth;
        for (nth = 1; reached && nth < 200; nth++) {
            answer = (struct answer){.fd = -1};
            arcella_error *error = NULL;
            struct worker_job *job = NULL;
            fault_set((enum fault_kind)kind, nth, kind == FAULT_ALLOC ? ENOMEM : EIO);
            int r = workers_compile(h.workers, &request, on_compile, &answer, &job, &error);
            while (r == 0 && (!answer.done || workers_count(h.workers)))
                loop_run_once(h.loop);
            reached = fault_count((enum fault_kind)kind) >= nth;
            fault_set((enum fault_kind)kind, 0, 0);
            arcella_error_free(error);
            assert_int_equal(answer.done, r == 0);
            if (answer.fd >= 0)
                close(answer.fd);
            assert_int_equal(workers_jobs(h.workers), 0);
        }
        assert_false(reached);
        assert_int_equal(answer.code, 0);
        print_message("kind %d: %llu places\n", kind, (unsigned long long)nth - 2);
    }
    close(fd);
    harness_stop(&h);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intake),     cmocka_unit_test(test_compile), cmocka_unit_test(test_failures),
        cmocka_unit_test(test_in_turn),    cmocka_unit_test(test_queue),   cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_no_process),
#ifdef ARCELLA_FAULTS
        cmocka_unit_test(test_faults),
#endif

    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
