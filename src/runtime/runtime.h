/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The instances of one process and their lives: made from code and a plain description, started, stopped,
 * reported.  Knows engine and WASI; knows nothing of ALME, of the channel or of the daemon's wishes.
 *
 * A runtime lives on its loop's thread.  Hooks are called from the loop, never from inside runtime_start() or
 * runtime_stop().
 */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/text.h"
#include "catalog/grant.h"
#include "engine/engine.h"
#include "runtime/states.h"

struct runtime;
struct host_audit;

/* A directory for an instance. */
struct runtime_dir {
    int fd;                 /* borrowed; stays open as long as the instance lives */
    const char *guest_path; /* borrowed during the call */
    bool writable;
};

/* What to run.  Everything is borrowed during runtime_start() only, but for the descriptors said to be taken.
 */
struct runtime_spec {
    uint64_t handle;       /* the caller's number for it, unique among what lives, not 0 */
    const char *address;   /* deployment/number */
    const char *component; /* name@version */
    const char *code_path; /* a core module's compiled code; relative to the working directory */
    const char *digest;    /* of the component's bytes: what it is shared by */
    bool is_component;
    int component_fd; /* its bytes; borrowed */
    const char *const
        *modules; /* a component's: compiled code of each core module, in the order of the file */
    uint32_t modules_count;
    bool waits;              /* a component: nothing is called, whatever it exports */
    const char *const *args; /* argv, args[0] the program's name */
    uint32_t args_count;
    const char *const *env; /* "K=V" */
    uint32_t env_count;
    const struct runtime_dir *dirs;
    uint32_t dirs_count;
    int stdio[3];       /* taken; -1: /dev/null for 0, lines to the hook for 1 and 2 */
    const int *sockets; /* listening sockets; taken */
    uint32_t sockets_count;
    struct engine_limits limits;
    uint64_t startup_ms;            /* wall time of start section and initialiser */
    uint64_t wall_ms;               /* of the entry, and at most so much of start-up; 0 none */
    uint64_t cpu_ms;                /* of start-up, and of the entry; 0 none */
    const char *entrypoint;         /* "" = what is exported of _start, _initialize */
    const char *shutdown;           /* function called by a stop; "" none */
    const struct grant_set *grants; /* borrowed as long as the instance lives */
};

/* --- calls by people: components only --- */

/* How the arguments come. */
enum runtime_call_form {
    RUNTIME_CALL_EXPRESSION, /* behind the name: "add(1, 2)" */
    RUNTIME_CALL_WORDS,      /* each by itself */
    RUNTIME_CALL_INPUT       /* one text: WAVE as in an expression, without name; JSON: an array or object */
};
/* Everything is borrowed during runtime_call() only. */
struct runtime_call {
    uint64_t instance; /* handle */
    uint64_t number;   /* the caller's, unique among the calls of the instance */
    struct text function;
    enum runtime_call_form form;
    bool json;               /* JSON, not WAVE; and that of the result has to fit its limit */
    bool base64;             /* bytes in the JSON of its result are {"base64": "…"} */
    bool keeps;              /* handles in results are kept and can be given in later calls, as handle(N) */
    const struct text *args; /* WORDS */
    uint32_t args_count;
    struct text input;           /* INPUT */
    struct engine_budget budget; /* what the instance allows, from when its turn comes */
    bool own_time;               /* its caller gives it a time in place of that wall time, from now on … */
    uint64_t caller_ms;          /* … namely this one; 0: none */
};
/* Borrowed during the hook. */
struct runtime_called {
    uint64_t number;
    const arcella_error *error;           /* it was not begun, or its result cannot be told; else NULL */
    const struct engine_outcome *outcome; /* it was begun; else NULL */
    bool has_result;
    struct text wave, json; /* one that was not asked for is empty where it would be too long */
};

struct runtime_hooks {
    /** Start-up is done: the entry runs, or the instance waits for calls. */
    void (*started)(uint64_t handle, void *user);
    /** It is over; the instance is gone when this returns. */
    void (*ended)(uint64_t handle, enum instance_state state, const struct engine_outcome *outcome,
                  void *user);
    /** A line of its output (stream 1 or 2). */
    void (*output)(uint64_t handle, int stream, const char *line, size_t length, bool cut, uint64_t dropped,
                   void *user);
    /** A grant check refused something, or tells of it; host/host.h. */
    void (*audit)(uint64_t handle, const struct host_audit *line, void *user);
    /** A call is over. */
    void (*called)(uint64_t handle, const struct runtime_called *called, void *user);
    /**
     * A guest wants the addresses of a name: runtime_lookup_answer() with this number follows, never from
     * inside.  May be NULL: names cannot be looked up.  @return can it be asked now?
     */
    bool (*lookup)(uint64_t handle, uint64_t number, struct text name, void *user);
    /** Something to tell people (a limit that was hit); also of an instance that has ended: what it left
     * behind to be written was lost. */
    void (*note)(uint64_t handle, const char *message, void *user);
    /**
     * Who has the processor from here on, 0: nobody; may be NULL.  Twice a slice, and unlike the others also
     * from inside runtime_free(): write it down and return.
     */
    void (*processor)(uint64_t handle, void *user);
    void *user;
};

/** Make the runtime of a process. @return 0, INVALID, NOMEM, SYSTEM */
int runtime_new(struct loop *loop, const struct engine_config *config, const struct runtime_hooks *hooks,
                struct runtime **ret, arcella_error **reterr) MUST_CHECK;
/** Drop what still runs, free. @return NULL */
struct runtime *runtime_free(struct runtime *runtime);
struct engine *runtime_engine(struct runtime *runtime);

/**
 * Make an instance and start it.  Code is loaded once per path and shared.
 *
 * @return 0: `started` and `ended` will come; else nothing was made and the descriptors are closed:
 *         CORRUPT (code), LINK, KIND (its entry is missing or has parameters), LIMIT, NOMEM, SYSTEM
 */
int runtime_start(struct runtime *runtime, const struct runtime_spec *spec, arcella_error **reterr)
    MUST_CHECK;

/**
 * Stop an instance: the shutdown entry is called where there is one, what runs may finish, at timeout_ms it
 * is ended by force.  0: at once.  `ended` comes in every case.  A second stop can only make it sooner.
 *
 * @return 0, NOT_FOUND
 */
int runtime_stop(struct runtime *runtime, uint64_t handle, uint64_t timeout_ms, arcella_error **reterr)
    MUST_CHECK;

/**
 * Call an exported function of a component's instance, after the calls that wait already.  Arguments are read
 * and checked now; the function is looked for by "[INTERFACE.]NAME".
 *
 * A call with a time of its own that is not its turn within it is told TIMEOUT and left out.  One that takes
 * longer than its caller gave it ends its instance with STOPPED, since that is no failure of the instance;
 * one that takes longer than the instance allows, with WALL_TIME.
 *
 * @return 0 (`called` will come, also where the instance ends before); NOT_FOUND (instance or function, with
 * the nearest), INVALID (an argument: which, where, with the signature), KIND (a core module), STATE (its
 *         program runs; it ends), BUSY (too many calls wait), UNSUPPORTED (handles that are not kept, forms
 * that have no text), LIMIT, NOMEM
 */
int runtime_call(struct runtime *runtime, const struct runtime_call *call, arcella_error **reterr) MUST_CHECK;
/**
 * Read and check a call as runtime_call() does, and leave it at that.  Handles of any number are taken as
 * given: those it means may be returned by calls that come before.
 *
 * @param name_only  only the function is looked for
 * @return as runtime_call()
 */
int runtime_check_call(struct runtime *runtime, const struct runtime_call *call, bool name_only,
                       arcella_error **reterr) MUST_CHECK;
/**
 * Nobody waits for a call any more: one that has not begun is left out; one that runs is ended, and with it,
 * since nothing can be called after that, its instance.  `called` comes in either case.
 */
void runtime_cancel_call(struct runtime *runtime, uint64_t instance, uint64_t number);

/**
 * The answer to a lookup; one that nobody waits for any more is forgotten.
 *
 * @param error      as host_lookup_answer() takes it
 * @param addresses  16 bytes each
 */
void runtime_lookup_answer(struct runtime *runtime, uint64_t handle, uint64_t number, int error,
                           const void *addresses, size_t count);

/** Hand on what is counted and not told yet of an instance's denials, or of all (0). */
void runtime_flush_audits(struct runtime *runtime, uint64_t handle);

/** How many instances live. */
uint32_t runtime_count(const struct runtime *runtime);

/* Figures of one instance. */
struct runtime_figures {
    uint64_t handle;
    enum instance_state state;
    uint64_t memory_bytes;
    uint64_t cpu_ns;
    uint32_t open_files;
    uint32_t resources; /* of WASI 0.2, that its guest holds */
    uint32_t pollables; /* of them */
    uint64_t denied;    /* host calls */
    uint64_t waits;     /* suspensions in host calls */
    uint64_t host_bytes;
    /* of the network; host/host.h */
    uint32_t sockets;
    uint64_t sockets_refused;
    uint64_t connections;
    uint64_t connects_refused;
    uint64_t lookups;
    uint64_t lookups_refused;
    uint64_t datagrams_dropped;
};
/** Walk the instances. */
void runtime_walk(struct runtime *runtime, void (*fn)(const struct runtime_figures *figures, void *user),
                  void *user);

#endif
