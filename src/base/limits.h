/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every number that bounds something, in one place, with its reason.
 * Names end in their unit.  Settings of a deployment or of the daemon have their defaults and bounds here
 * too.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KIB (1024ull)
#define MIB (1024ull * KIB)
#define GIB (1024ull * MIB)

/* --- texts and names --- */
#define LIMIT_ERROR_BYTES       4096 /* an error sentence with its context */
#define LIMIT_NAME_BYTES        64   /* component, deployment and group names */
#define LIMIT_VERSION_BYTES     64   /* a semantic version */
#define LIMIT_ID_BYTES          (LIMIT_NAME_BYTES + 1 + LIMIT_VERSION_BYTES)
#define LIMIT_INTERFACE_BYTES   256  /* an interface name */
#define LIMIT_PATH_BYTES        4096 /* PATH_MAX of Linux */
#define LIMIT_SOCKET_PATH_BYTES 107  /* sun_path less its NUL */

/* --- packages --- */
#define LIMIT_WASM_BYTES           (256 * MIB) /* CPython is 26 MiB; a store of code, not of data */
#define LIMIT_MANIFEST_BYTES       (256 * KIB)
#define LIMIT_MANIFEST_LIST        256       /* exports, imports in a manifest */
#define LIMIT_DESCRIPTION_BYTES    (1 * MIB) /* what an intake process hands back */
#define LIMIT_CODE_BYTES           (2 * GIB) /* machine code of one module */
#define LIMIT_INTAKE_MS            10000     /* wall time of one intake */
#define LIMIT_COMPILE_MS           300000    /* wall time of one compile: CPython takes some 20 s */
#define LIMIT_COMPILE_MEMORY_BYTES (6 * GIB) /* data segment of a compile process */
#define LIMIT_MODULE_IMPORTS       4096
#define LIMIT_MODULE_EXPORTS       65536
#define LIMIT_COMPONENT_DEPTH      100 /* components in components */

/* --- texts from outside --- */
#define LIMIT_JSON_DEPTH 64        /* arrays and objects inside each other */
#define LIMIT_TOML_DEPTH 64        /* arrays and tables inside each other */
#define LIMIT_TOML_DOTS  16        /* parts of one dotted key */
#define LIMIT_TOML_BYTES (1 * MIB) /* a document; its tree is some 20 times that */

/* --- the loop --- */
#define LIMIT_POOL_THREADS   16
#define LIMIT_POOL_JOBS      4096 /* jobs given to the pool and not done */
#define LIMIT_CHILD_STATUSES 64   /* ends of processes nobody asked for yet */

/* --- wire --- */
#define LIMIT_ALME_LINE_BYTES     (64 * KIB) /* one request */
#define LIMIT_ALME_REPLY_BYTES    (16 * MIB) /* one reply line */
#define LIMIT_ALME_CLIENTS        256
#define LIMIT_ALME_IDLE_MS        60000      /* a connection with nothing to do */
#define LIMIT_FRAME_BYTES         (4 * MIB)  /* one IPC frame: a message of 1 MiB and room for its envelope */
#define LIMIT_FRAME_FDS           16         /* descriptors that travel with one frame */
#define LIMIT_CHANNEL_QUEUE_BYTES (16 * MIB) /* frames waiting to be sent to one process */
#define LIMIT_HANDSHAKE_MS        10000      /* from exec to ready */
#define LIMIT_IPC_MS              30000      /* a request between processes */

/* --- an instance: defaults, and the bounds a setting may have --- */
#define DEFAULT_MEMORY_BYTES   (64 * MIB)
#define LIMIT_MEMORY_BYTES     (4 * GIB)
#define DEFAULT_STACK_BYTES    (512 * KIB) /* classes: 512 KiB, 2 MiB, 8 MiB */
#define DEFAULT_TABLE_ELEMENTS 10000
#define LIMIT_TABLE_ELEMENTS   10000000
#define DEFAULT_START_UP_MS    30000 /* wall time of start sections and initialisers */
#define DEFAULT_CALL_MS        30000 /* wall time of one call */
#define DEFAULT_CALL_CPU_MS    10000 /* CPU time of one call */
#define DEFAULT_STOP_MS        5000
#define DEFAULT_SYSTEM_STOP_MS 30000
#define LIMIT_DURATION_MS      (365ull * 24 * 3600 * 1000)
#define LIMIT_FUEL             (1ull << 62)
#define LIMIT_ARGS             1024
#define LIMIT_ARGS_BYTES       (128 * KIB)
#define LIMIT_ENV              1024
#define LIMIT_DIRS             64
#define LIMIT_OPEN_FILES       1024        /* descriptors one instance may hold */
#define LIMIT_HOST_BYTES       (16 * MIB)  /* host memory one instance may make us hold */
#define LIMIT_NESTING          4           /* guest calls inside host calls inside guest calls */
#define HOST_STACK_BYTES       (256 * KIB) /* what our own C may use on a fiber */

/* --- scheduling --- */
#define SLICE_MS 2 /* one epoch tick */

#define LIMIT_LOCK_WAIT_MS 2000 /* for the lock of a home whose holder is dead */

/* --- supervision --- */
#define DEFAULT_RESTART_INTENSITY 3     /* restarts … */
#define DEFAULT_RESTART_WINDOW_MS 60000 /* … within this time, before it is given up */
#define DEFAULT_BACKOFF_MIN_MS    100
#define DEFAULT_BACKOFF_MAX_MS    30000
#define DEFAULT_WORKER_IDLE_MS    5000 /* a group's last instance gone, its worker leaves after */

/* --- worker processes --- */
#define DEFAULT_WORKER_OPEN_FILES 65536     /* descriptors of one worker; cut to the hard limit in force */
#define LIMIT_WORKER_GRACE_MS     1000      /* between the end of a channel and the end of its process */
#define DEFAULT_JOBS              2         /* intake and compile processes at once, of each */
#define LIMIT_JOBS_QUEUED         256       /* jobs of one kind that run or wait */
#define LIMIT_JOB_OPEN_FILES      64        /* descriptors of an intake or compile process */
#define LIMIT_INTAKE_MEMORY_BYTES (1 * GIB) /* data segment of an intake process */

/* --- logs --- */
#define LIMIT_LOG_LINE_BYTES   8192 /* a line of a guest; longer ones are cut */
#define LIMIT_LOG_RING_LINES   1000
#define LIMIT_LOG_RING_BYTES   (4 * MIB) /* what all lines of a ring may hold */
#define LIMIT_LOG_FIELDS_BYTES 4096      /* the further fields of a line of ours */
#define LIMIT_LOG_RECORD_BYTES                                                                               \
    (128 * KIB) /* a finished line: all texts at their longest, each byte escaped */
#define LIMIT_LOG_SINKS        4
#define DEFAULT_LOG_TAIL_LINES 100
#define LIMIT_LOG_RATE_LINES   1000 /* lines a second per instance, in the mean … */
#define LIMIT_LOG_BURST_LINES  4000 /* … and at once */
#define DEFAULT_LOG_FILE_BYTES (16 * MIB)
#define DEFAULT_LOG_FILES      5
#define LIMIT_LAST_WORDS_BYTES 4096 /* what a dying worker said, kept for the log */

#endif
