/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * kill -9 at random moments: a child installs, removes, deploys and caches in a loop and is killed; the next
 * start must find each component as it was last acknowledged, or as the operation that was cut off would have
 * left it.
 *
 * CRASH_ROUNDS and CRASH_SEED set how often and from where; the seed is printed.
 */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"

enum { COMPONENTS = 4, NOBODY = -1 };

/* What the child has been answered, seen by the parent after its death. */
struct shared {
    volatile int busy; /* the component an operation is on, or NOBODY */
    volatile bool there[COMPONENTS];
    volatile bool deployed[COMPONENTS];
    volatile unsigned operations;
    volatile int failed_line;
};

static void id_of(int i, char to[32]) {
    snprintf(to, 32, "c%d@1.0.0", i);
}

/* Bytes of a component: large enough that a kill may fall between two writes. */
static char *bytes_of(int i) {
    size_t size = 200000;
    char *bytes = mem_alloc(size + 1);
    memset(bytes, 'a' + i, size);
    return bytes;
}

static int deploy(struct catalog *catalog, int i) {
    char id[32];
    DEPLOYMENT_AUTO *deployment = deployment_record_new();
    id_of(i, id);
    snprintf(deployment->id, sizeof(deployment->id), "d%d", i);
    policy_defaults(&deployment->policy);
    int r = name_id_parse(id, &deployment->component, NULL);
    if (r == 0)
        r = grant_add_dir(&deployment->grants, "/srv::/data", GRANT_BY_OPTION, NULL);
    return r < 0 ? r : state_deployment_add(catalog->state, deployment, NULL);
}

static int one_operation(struct catalog *catalog, struct shared *shared, int i, unsigned choice) {
    char id[32], name[16];
    id_of(i, id);
    snprintf(name, sizeof(name), "d%d", i);
    int r = 0;
    if (!shared->there[i]) {
        MEM_AUTO char *bytes = bytes_of(i);
        r = install_bytes(catalog, id, bytes, NULL);
        if (r == 0)
            shared->there[i] = true;
        const struct digest digest = digest_of(bytes, strlen(bytes));
        FD_AUTO code = text_fd(bytes);
        if (r == 0)
            r = cache_put(catalog->cache, &digest, "key", code, NULL, NULL);
    } else if (shared->deployed[i]) {
        const struct deployment_outcome outcome = {.end = "exited"};
        if (choice % 2)
            return state_deployment_ended(catalog->state, name, &outcome, WANTED_FINISHED, choice, NULL);
        r = state_deployment_remove(catalog->state, name, NULL);
        if (r == 0)
            shared->deployed[i] = false;
    } else if (choice % 2) {
        r = deploy(catalog, i);
        if (r == 0)
            shared->deployed[i] = true;
    } else {
        r = install_remove(catalog->store, catalog->state, catalog->cache, id, NULL);
        if (r == 0)
            shared->there[i] = false;
    }
    return r;
}

static NORETURN void run_child(struct shared *shared, unsigned seed) {
    struct home *home = NULL;
    struct catalog *catalog = NULL;
    if (home_open("home", &home, NULL) < 0 || home_lock(home, NULL) < 0 ||
        catalog_open(home, 0, 0, &catalog, NULL) < 0) {
        shared->failed_line = __LINE__;
        _exit(1);
    }
    for (;;) {
        int i = rand_r(&seed) % COMPONENTS;
        shared->busy = i;
        if (one_operation(catalog, shared, i, (unsigned)rand_r(&seed)) < 0) {
            shared->failed_line = __LINE__;
            _exit(1);
        }
        shared->busy = NOBODY;
        shared->operations++;
    }
}

/* After a kill: everything acknowledged is so, the rest is one way or the other, and nothing is half. */
static void verify(struct shared *shared) {
    HOME_AUTO *home = NULL;
    CATALOG_AUTO *catalog = open_catalog("home", &home);
    MUST(home_lock(home, &why));
    assert_false(catalog->rebuilt);
    if (catalog->problems.count)
        fail_msg("%s: %s", catalog->problems.list[0].subject, catalog->problems.list[0].text);
    int packages = 0;
    for (int i = 0; i < COMPONENTS; i++) {
        COMPONENT_AUTO *component = NULL;
        DEPLOYMENT_AUTO *deployment = NULL;
        char id[32], name[16];
        id_of(i, id);
        snprintf(name, sizeof(name), "d%d", i);
        int r = state_component_get(catalog->state, id, &component, NULL);
        assert_true(r == 0 || r == ARCELLA_E_NOT_FOUND);
        bool there = r == 0;
        if (there) {
            packages++;
            assert_null(component->quarantine);
            MUST(store_verify(catalog->store, id, &why));
        }
        r = state_deployment_get(catalog->state, name, &deployment, NULL);
        assert_true(r == 0 || r == ARCELLA_E_NOT_FOUND);
        bool deployed = r == 0;
        if (deployed)
            assert_int_equal(deployment->grants.count, 1);
        assert_true(there || !deployed);
        if (shared->busy != i && (there != shared->there[i] || deployed != shared->deployed[i]))
            fail_msg("%s: there %d, deployed %d; acknowledged %d, %d", id, there, deployed, shared->there[i],
                     shared->deployed[i]);
        shared->there[i] = there;
        shared->deployed[i] = deployed;
    }
    assert_int_equal(folder_count("home/modules"), packages);
    assert_int_equal(cache_verify(catalog->cache, NULL), 0);
    MUST(state_verify(catalog->state, &why));
    shared->busy = NOBODY;
}

static unsigned from_environment(const char *name, unsigned otherwise) {
    const char *text = getenv(name);
    return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void the_catalogue_is_whole_each_time(void **state) {
    (void)state;
    unsigned rounds = from_environment("CRASH_ROUNDS", 60);
    unsigned seed = from_environment("CRASH_SEED", (unsigned)clock_wall_ns());
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    shared->busy = NOBODY;
    print_message("CRASH_SEED=%u CRASH_ROUNDS=%u\n", seed, rounds);
    for (unsigned round = 0; round < rounds; round++) {
        unsigned wait_us = 500 + (unsigned)rand_r(&seed) % 40000;
        unsigned child_seed = (unsigned)rand_r(&seed);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            run_child(shared, child_seed);
        struct timespec pause = {.tv_nsec = (long)wait_us * 1000};
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (shared->failed_line)
            fail_msg("round %u: the child failed at line %d", round, shared->failed_line);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        verify(shared);
    }
    print_message("%u operations\n", shared->operations);
    assert_true(shared->operations > rounds / 2);
    munmap(shared, sizeof(*shared));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_catalogue_is_whole_each_time),
    };
    return cmocka_run_group_tests(tests, enter, folder_leave);
}
