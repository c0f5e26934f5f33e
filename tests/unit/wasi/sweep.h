/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Lives that are ended at each of their waits.  The wait of a host is hooked: the waits of a whole life are
 * counted, and the same life is lived again and again, to be ended at its first wait, its second, and so on,
 * until it comes to its end.  So no wait has to be thought of; what has to be is a call that comes to it, and
 * each function that may wait must have been ended in one.
 *
 * Nothing may be left afterwards: not a byte that was charged (rig_stop()), not a descriptor.
 *
 * Included once, by a test program, after its rig.h; the loop's thread.
 */
#ifndef TESTS_WASI_SWEEP_H
#define TESTS_WASI_SWEEP_H

#include <dirent.h>

#include "host/bind.h"

static struct {
    struct engine_instance *run;
    unsigned nth;   /* wait to be ended in; 0: none */
    unsigned waits; /* of this life so far */
    bool here;      /* it waits for the nth time */
    void (*on_wait)(void);
} sweep;

static int sweep_wait(void *user) {
    (void)user;
    sweep.waits++;
    sweep.here = sweep.waits == sweep.nth;
    sweep.on_wait();
    return engine_wait(sweep.run);
}

static void sweep_wake(void *user) {
    (void)user;
    engine_wake(sweep.run);
}

/* From now on waits of this host are counted, and on_wait called at each. */
static void sweep_begin(struct host *host, struct engine_instance *run, unsigned nth, void (*on_wait)(void)) {
    sweep.run = run;
    sweep.nth = nth;
    sweep.waits = 0;
    sweep.here = false;
    sweep.on_wait = on_wait;
    host_set_run(host, sweep_wait, sweep_wake, NULL);
}

static unsigned sweep_descriptors(void) {
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* What the pool still worked at, and what was still to be written, is gone soon. */
static void sweep_expect_descriptors(unsigned count, const char *what, unsigned nth) {
    for (unsigned i = 0; i < 5000; i++) {
        loop_run_ready(rig_loop);
        if (sweep_descriptors() == count)
            return;
        usleep(1000);
    }
    fail_msg("%s, wait %u: %u descriptors, there were %u", what, nth, sweep_descriptors(), count);
}

#endif
