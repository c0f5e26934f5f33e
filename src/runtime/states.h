/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The states of an instance, by name.  Shared by the worker, which has the instance, and the daemon, which
 * hears of it.  What may follow what is in the state table of who owns the instance.
 */
#ifndef RUNTIME_STATES_H
#define RUNTIME_STATES_H

#define INSTANCE_STATE_MAP(XX)                                                                               \
    XX(STARTING, "starting") /* linked, memory made, start section or initialiser running */                 \
    XX(RUNNING, "running")   /* its entry runs, or it waits for calls */                                     \
    XX(STOPPING, "stopping") /* no new work; shutdown entry and what still runs may finish */                \
    XX(FINISHED, "finished") /* ended by itself with 0 */                                                    \
    XX(STOPPED, "stopped")   /* ended because it was told to */                                              \
    XX(FAILED, "failed")     /* trap, limit, exit code other than 0, its worker died */

enum instance_state {
#define XX(name, text) INSTANCE_##name,
    INSTANCE_STATE_MAP(XX)
#undef XX
        INSTANCE_STATES
};

#endif
