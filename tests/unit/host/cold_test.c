/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Runs that are ended while the pool reads for them: nobody's memory is written to afterwards, neither
 * theirs, which is freed, nor that of who comes after them.
 */
#include "rig.h"

#include <pthread.h>

#include "base/fault.h"
#include "host/input.h"

#ifdef ARCELLA_FAULTS

#define ROUNDS 10000

/* Hold the pool up, so that reads are done when their runs are long gone. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void hold_up(void *user) {
    (void)user;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

/*
 * A file that is not in memory (the system is made to say so) is read on the pool.  The run is ended, its
 * memory belongs to somebody else, and only then the disk answers.
 */
static void test_cold_reads_given_up(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    char text[4096];
    memset(text, 'x', sizeof(text));
    FD_AUTO fd = open("cold", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
    rig.budget.limit_bytes = UINT64_MAX;
    struct host_file *file = NULL;
    assert_host(host_stream_new(rig.host, TAKE_FD(fd), HOST_READ, &file), 0);
    unsigned ended = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        bool held = round % 100 == 0;
        if (held) {
            pthread_mutex_lock(&gate);
            for (int i = 0; i < LIMIT_POOL_THREADS; i++)
                assert_int_equal(loop_work(rig.loop, hold_up, NULL, NULL, NULL), 0);
        }
        struct host_input input;
        host_input_init(&input, file, round % 4096);
        size_t n;
        assert_host(host_input_available(&input, 4096, &n), 0);
        uint8_t *tenant = mem_alloc(n);
        assert_non_null(tenant);
        rig.stop = held || round % 7 != 0; /* some are not ended */
        fault_set(FAULT_SYS, 1, EAGAIN);
        int r = host_input_read(&input, tenant, n, &n);
        /* the pool may have met the fault in an earlier job; then this read was a warm one */
        assert_true(r == 0 || (r == HOST_STOP && rig.stop));
        ended += r == HOST_STOP;
        fault_set(FAULT_SYS, 0, 0);
        size_t size = 4096 - round % 4096;
        /* the sanitizer sees a write to memory that was freed; this one sees a write to the next tenant's */
        mem_free(tenant);
        uint8_t *next = mem_alloc(size);
        assert_non_null(next);
        memset(next, 0x5a, size);
        if (held)
            pthread_mutex_unlock(&gate);
        loop_run_ready(rig.loop);
        for (size_t i = 0; i < size; i++)
            if (next[i] != 0x5a)
                fail_msg("round %u: byte %zu of the next tenant is %02x", round, i, next[i]);
        mem_free(next);
        host_input_done(&input);
    }
    assert_true(ended > ROUNDS / 2);
    rig.stop = false;
    host_file_unref(file);
    rig_done(&rig);
}
#else
static void test_nothing(void **state) {
    (void)state;
    print_message("needs ARCELLA_FAULTS\n");
    skip();
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef ARCELLA_FAULTS
        cmocka_unit_test(test_cold_reads_given_up),
#else
        cmocka_unit_test(test_nothing),
#endif
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
