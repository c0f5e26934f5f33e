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
#define LIMIT_WASM_BYTES     (256 * MIB) /* CPython is 26 MiB; a store of code, not of data */
#define LIMIT_MANIFEST_BYTES (256 * KIB)
#define LIMIT_MANIFEST_LIST  256       /* exports, imports in a manifest */
#define LIMIT_WIT_BYTES      (1 * MIB) /* WIT of a component as text, where it is asked for … */
#define LIMIT_WIT_JSON_BYTES (2 * MIB) /* … and as JSON */
/* What an intake process hands back: both, and half a MiB of the rest. */
#define LIMIT_DESCRIPTION_BYTES    (3 * MIB + 512 * KIB)
#define LIMIT_CODE_BYTES           (2 * GIB) /* machine code of one module */
#define LIMIT_INTAKE_MS            10000     /* wall time of one intake */
#define LIMIT_COMPILE_MS           300000    /* wall time of one compile: CPython takes some 20 s */
#define LIMIT_COMPILE_MEMORY_BYTES (6 * GIB) /* data segment of a compile process */
#define LIMIT_MODULE_IMPORTS       4096
#define LIMIT_MODULE_EXPORTS       65536
#define LIMIT_COMPONENT_DEPTH      100 /* components in components */
/* Definitions evaluated to instantiate one, nested ones each time.  Those that its file holds once are always
 * within it (their ast takes more than that), so it bounds what is made of little. */
#define LIMIT_RESOLVE_STEPS(ast_bytes) (100000u + (ast_bytes) / 32)
#define LIMIT_RESOLVE_INSTANCES        4096u  /* component instances in one, nested ones too */
#define LIMIT_RESOLVE_RESOURCES        65536u /* resource types of one, counted as instantiated */
/* What working out the instantiation of one component may take, twice. */
#define LIMIT_RESOLVE_MEMORY_BYTES(ast_bytes)                                                                \
    ((ast_bytes) > 56 * MIB ? 256 * MIB : 32 * MIB + 4 * (uint64_t)(ast_bytes))

/* --- a component: where the reference decoder has a limit, the same, so that verdicts agree --- */
#define LIMIT_COMPONENT_MODULES    1000       /* core modules that one component defines; likewise … */
#define LIMIT_COMPONENT_COMPONENTS 1000       /* … the components in it … */
#define LIMIT_COMPONENT_INSTANCES  1000       /* … and its instances, core ones with the others */
#define LIMIT_COMPONENT_ITEMS      1000000    /* types, aliases, functions, imports, exports: of each */
#define LIMIT_COMPONENT_ARGS       100000     /* of an instantiation; exports of an inline instance */
#define LIMIT_COMPONENT_DECLS      1000000    /* declarations of a component or instance type */
#define LIMIT_MODULE_DECLS         100000     /* declarations of a module type */
#define LIMIT_COMPONENT_OPTIONS    10         /* of a canonical function */
#define LIMIT_COMPONENT_NAME_BYTES 100000     /* a name of any kind in a component */
#define LIMIT_COMPONENT_NESTED     1000       /* modules and components of a file at any depth */
#define LIMIT_COMPONENT_AST_BYTES  (64 * MIB) /* our own: a byte of the file becomes up to 250 of memory */

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
#define LIMIT_FRAME_BYTES         (4 * MIB)  /* one IPC frame: a description and room for its envelope */
#define LIMIT_FRAME_FDS           16         /* descriptors that travel with one frame */
#define LIMIT_CHANNEL_QUEUE_BYTES (16 * MIB) /* frames waiting to be sent to one process */
#define LIMIT_HANDSHAKE_MS        10000      /* from exec to ready */
#define LIMIT_IPC_MS              30000      /* a request between processes */

/* --- an instance: defaults, and the bounds a setting may have --- */
#define DEFAULT_MEMORY_BYTES      (64 * MIB)
#define LIMIT_MEMORY_BYTES        (4 * GIB)
#define DEFAULT_STACK_BYTES       (512 * KIB) /* classes: 512 KiB, 2 MiB, 8 MiB */
#define DEFAULT_TABLE_ELEMENTS    10000
#define LIMIT_TABLE_ELEMENTS      10000000
#define DEFAULT_START_UP_MS       30000 /* wall time of start sections and initialisers */
#define DEFAULT_CALL_MS           30000 /* wall time of one call */
#define DEFAULT_CALL_CPU_MS       10000 /* CPU time of one call */
#define DEFAULT_STOP_MS           5000
#define DEFAULT_SYSTEM_STOP_MS    30000
#define LIMIT_DURATION_MS         (365ull * 24 * 3600 * 1000)
#define LIMIT_FUEL                (1ull << 62)
#define LIMIT_ARGS                1024
#define LIMIT_ARGS_BYTES          (128 * KIB)
#define LIMIT_ENV                 1024
#define LIMIT_DIRS                64
#define LIMIT_GRANT_ACTIONS_BYTES 256         /* functions of a host module that one row names */
#define LIMIT_GRANT_ROWS          2048        /* rows of one instance: the bounds of all classes in sum */
#define LIMIT_SECRET_BYTES        (64 * KIB)  /* a secret's file: keys and certificates are far smaller */
#define LIMIT_REQUESTS            128         /* grants one package may ask for */
#define LIMIT_RULES               1024        /* rows of cfg/policy.toml */
#define LIMIT_POLICY_BYTES        (256 * KIB) /* cfg/policy.toml */
#define LIMIT_REFUSALS            128         /* distinct refusals that are kept for one deployment */
#define LIMIT_OPEN_FILES          1024        /* descriptors one instance may hold */
#define LIMIT_HOST_BYTES          (16 * MIB)  /* host memory one instance may make us hold */
#define LIMIT_SOCKETS             1000  /* of them, sockets it makes and accepts: some are left for files */
#define LIMIT_CONNECT_RATE        1000  /* connections it may begin a second, in the mean … */
#define LIMIT_CONNECT_BURST       2000  /* … and at once: more is a flood, of whoever is there */
#define LIMIT_LOOKUPS             64    /* names it may be waiting for */
#define LIMIT_LOOKUP_NAMES        256   /* names whose addresses are remembered, for grants by name … */
#define LIMIT_LOOKUP_KEPT         64    /* … and addresses of each: two full answers */
#define LIMIT_LINGER_MS           10000 /* for a slow reader to take what a guest left behind … */
#define LIMIT_LINGERS                                                                                        \
    256                        /* … and connections of one process that wait for that, of 64 KiB each:     \
                                * beyond it who has most of them loses the oldest */
#define LIMIT_NESTING        4 /* guest calls inside host calls inside guest calls */
#define HOST_STACK_BYTES     (256 * KIB) /* what our own C may use on a fiber */
#define LIMIT_CORE_INSTANCES 4096 /* core instances one instance is made of (a component's parts) … */
#define LIMIT_CORE_MEMORIES  64   /* … the memories they have together … */
#define LIMIT_CORE_TABLES    1024 /* … and the tables */

/* --- WASI 0.2, of one instance --- */
#define LIMIT_P2_RESOURCES 32768u     /* streams, sockets, pollables …: 1 MiB of ours at most */
#define LIMIT_P2_POLLABLES 16384u     /* of these; several for each socket and file, and 10,000 timers */
#define LIMIT_RANDOM_BYTES (64 * MIB) /* random bytes of one call: they take the kernel some 0.2 s */

/* --- components --- */
#define LIMIT_STRING_BYTES                                                                                   \
    ((1u << 28) - 1) /* a string, a list: MAX_STRING_BYTE_LENGTH of the canonical ABI */
#define LIMIT_HANDLES           (512 * 1024) /* in all tables of one instance: 24 MiB of ours at most */
#define LIMIT_HANDLE_LENDS      (512 * 1024) /* handles lent to calls in progress: 16 MiB of ours at most */
#define LIMIT_CALL_VALUE_BYTES  (256 * MIB)  /* dynamic values of one call, in and out */
#define DEFAULT_CALL_COPY_BYTES (256 * MIB)  /* what one call may copy between memories: it is not sliced */

/* --- calls by people --- */
#define LIMIT_CALL_TEXT_BYTES  (1 * MIB)  /* an expression, an argument, a result as text */
#define LIMIT_CALL_INPUT_BYTES (64 * MIB) /* arguments that come as a file */
#define LIMIT_CALL_ARGS        1000       /* arguments of a function: TYPES_PARAMS */
#define LIMIT_CALLS_QUEUED     64         /* calls of one instance that run or wait */
#define LIMIT_CALL_HANDLES     1024       /* handles kept between the calls of one run */

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

/* --- names to addresses --- */
#define LIMIT_HOSTNAME_BYTES        253  /* a name, RFC 1035; of its bytes in UTF-8 too */
#define LIMIT_LABEL_BYTES           63   /* between two dots */
#define LIMIT_LOOKUP_MS             5000 /* until an answer is given up: twice the resolver's own first try */
#define LIMIT_RESOLVER_RUNNING      16 /* lookups at once, a thread each: a name server that hangs holds them */
#define LIMIT_RESOLVER_GROUP        4    /* … of one group, so that one cannot hold them all */
#define LIMIT_RESOLVER_QUEUED       1024 /* lookups that run or wait … */
#define LIMIT_RESOLVER_GROUP_QUEUED 256  /* … of one group */

/* --- the network of a worker --- */
#define LIMIT_SANDBOX_PORTS                                                                                  \
    256 /* ports of one kind that landlock gets a rule each for; more: no rule at all */

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
