/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * From setup to ready: the order in which a worker gives up its rights.  It matters: directories are opened
 * while the paths to them can still be walked, ids change before landlock, threads start under landlock and
 * before seccomp forbids new ones.
 */
#include <fcntl.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sys.h"
#include "engine/core.h"
#include "worker/worker.h"

static const struct worker_role *role_of(uint64_t role) {
    switch (role) {
    case IPC_ROLE_GUEST: return &worker_role_guest;
    case IPC_ROLE_INTAKE: return &worker_role_intake;
    case IPC_ROLE_COMPILE: return &worker_role_compile;
    default: return NULL;
    }
}

/*
 * The code directory is the working directory (the parent made it so).  `arcella run` has no code directory:
 * there the folder of the one code file becomes it, and of that folder, which is a cache of everybody's code,
 * the one file can be read.
 */
static int enter_code(const struct ipc_setup *setup, int *ret_fd, arcella_error **reterr) {
    if (setup->code_path.length > 0) {
        char folder[LIMIT_PATH_BYTES];
        text_copy(folder, sizeof folder, setup->code_path.data);
        char *slash = strrchr(folder, '/');
        if (!slash || slash == folder)
            return error_set(reterr, ARCELLA_E_INVALID, "code path '%s' has no folder",
                             setup->code_path.data);
        *slash = '\0';
        if (chdir(folder) < 0)
            return error_set_errno(reterr, errno, "code folder '%s'", folder);
        *ret_fd = sys_openat(AT_FDCWD, slash + 1, O_PATH | O_NOFOLLOW, 0);
        return *ret_fd < 0 ? error_set_errno(reterr, errno, "code file '%s'", setup->code_path.data) : 0;
    }
    if (setup->role != IPC_ROLE_GUEST)
        return 0;
    *ret_fd = sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
    return *ret_fd < 0 ? error_set_errno(reterr, errno, "code folder") : 0;
}

/* The further code files of a component under `arcella run`, open. */
struct code_files {
    int *fds; /* owned */
    uint32_t count;
};

static void code_files_done(struct code_files *code) {
    for (uint32_t i = 0; i < code->count; i++)
        fd_close(code->fds[i]);
    mem_free(code->fds);
}

/* In the code folder, which is the working directory by now. */
static int open_code(const struct ipc_setup *setup, struct code_files *code, arcella_error **reterr) {
    code->fds = mem_array(setup->code_more_count + 1, sizeof(*code->fds));
    if (!code->fds)
        return error_nomem(reterr);
    for (uint32_t i = 0; i < setup->code_more_count; i++) {
        const char *name = setup->code_more[i].data;
        int fd = strchr(name, '/') ? -1 : sys_openat(AT_FDCWD, name, O_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
            return error_set_errno(reterr, strchr(name, '/') ? EINVAL : errno, "code file '%s'", name);
        code->fds[code->count++] = fd;
    }
    return 0;
}

static bool makes_sockets(const struct ipc_setup *setup) {
    return setup->role == IPC_ROLE_GUEST && setup->net;
}

/* What can be opened from here on: the code, and the granted directories; and the ports that can be used. */
static int let_through(struct worker_process *process, const struct ipc_setup *setup, int code_fd,
                       const int *more, uint32_t more_count, arcella_error **reterr) {
    size_t count = (size_t)process->dirs_count + more_count;
    MEM_AUTO struct sandbox_dir *dirs = mem_array(count + 1, sizeof *dirs);
    if (!dirs)
        return error_nomem(reterr);
    for (uint32_t i = 0; i < process->dirs_count; i++)
        dirs[i] = (struct sandbox_dir){.fd = process->dirs[i].fd, .writable = process->dirs[i].writable};
    for (uint32_t i = 0; i < more_count; i++)
        dirs[process->dirs_count + i] = (struct sandbox_dir){.fd = more[i], .file = true};
    MEM_AUTO struct sandbox_port *ports = mem_array(setup->ports_count + 1, sizeof *ports);
    if (!ports)
        return error_nomem(reterr);
    for (uint32_t i = 0; i < setup->ports_count; i++)
        ports[i] = (struct sandbox_port){.low = (uint16_t)setup->ports[i].low,
                                         .high = (uint16_t)setup->ports[i].high,
                                         .bind = setup->ports[i].bind,
                                         .connect = setup->ports[i].connect};
    struct sandbox_net net = {ports, setup->ports_count};
    return sandbox_paths(code_fd, dirs, count, makes_sockets(setup) ? &net : NULL, &process->report, reterr);
}

/* Everything that must happen while the process has one thread. */
static int give_up(struct worker_process *process, const struct ipc_setup *setup, arcella_error **reterr) {
    if (setup->role == IPC_ROLE_GUEST)
        engine_note_stack();
    FD_AUTO code_fd = -1;
    CLEANUP(code_files_done) struct code_files code = {.count = 0};
    int r = enter_code(setup, &code_fd, reterr);
    if (r == 0)
        r = open_code(setup, &code, reterr);
    if (r == 0)
        r = worker_dirs_open(process, setup, reterr);
    if (r < 0)
        return r;
    struct sandbox_ids ids = {
        .change = setup->change_ids,
        .uid = (uid_t)setup->uid,
        .gid = (gid_t)setup->gid,
        .drop_capabilities = setup->drop_capabilities,
    };
    r = sandbox_ids(&ids, reterr);
    if (r < 0)
        return r;
    struct sandbox_limits limits = {
        .open_files = setup->open_files,
        .cpu_seconds = setup->cpu_seconds,
        .data_bytes = setup->data_bytes,
        .file_bytes = process->role->file_bytes,
    };
    r = sandbox_limits(&limits, NULL, reterr);
    if (r == 0)
        r = sandbox_lock(channel_fd(process->channel), reterr);
    if (r < 0)
        return r;
    return let_through(process, setup, code_fd, code.fds, code.count, reterr);
}

static void say_ready(struct worker_process *process) {
    const char *names[SANDBOX_FEATURES];
    struct text missing[SANDBOX_FEATURES];
    size_t count = sandbox_missing_names(&process->report, names);
    for (size_t i = 0; i < count; i++)
        missing[i] = text_of(names[i]);
    struct ipc_ready ready = {
        .protocol = IPC_PROTOCOL,
        .version = TEXT(ARCELLA_VERSION),
        .engine = process->role->engine ? text_of(engine_name()) : TEXT(""),
        .pid = (uint64_t)getpid(),
        .missing = missing,
        .missing_count = (uint32_t)count,
        .landlock_abi = (uint64_t)(process->report.landlock_abi > 0 ? process->report.landlock_abi : 0),
    };
    worker_tell(process, IPC_READY, &ready, NULL);
}

static int share_page(struct frame *frame, arcella_error **reterr) {
    bool announced = frame->message.setup.page;
    if (frame->fd_count != announced)
        return error_set(reterr, ARCELLA_E_PROTOCOL, "%u descriptors came with setup, %d were announced",
                         frame->fd_count, announced);
    FD_AUTO fd = frame_take_fd(frame, 0);
    return announced ? worker_crash_share(fd, reterr) : 0;
}

int worker_setup(struct worker_process *process, struct frame *frame, arcella_error **reterr) {
    const struct ipc_setup *setup = &frame->message.setup;
    if (setup->protocol != IPC_PROTOCOL)
        return error_set(
            reterr, ARCELLA_E_VERSION, "the parent (%s) speaks protocol %llu, this worker (%s) speaks %d",
            setup->version.data, (unsigned long long)setup->protocol, ARCELLA_VERSION, IPC_PROTOCOL);
    process->role = role_of(setup->role);
    if (!process->role)
        return error_set(reterr, ARCELLA_E_UNSUPPORTED, "role %s", ipc_role_name((unsigned)setup->role));
    process->owner_uid = setup->owner_uid;
    process->stack_bytes = setup->stack_bytes;
    process->fuel = setup->fuel;
    channel_set_role(process->channel, (enum ipc_role)setup->role);
    int r = setup->levels.length > 0 ? log_set_levels(setup->levels.data, reterr) : 0;
    if (r == 0)
        r = share_page(frame, reterr);
    if (r == 0)
        r = give_up(process, setup, reterr);
    if (r == 0)
        r = process->role->begin(process, reterr);
    if (r == 0)
        r = sandbox_seal(makes_sockets(setup) ? SANDBOX_GUEST_NET : process->role->sandbox, &process->report,
                         reterr);
    if (r < 0)
        return r;
    process->ready = true;
    say_ready(process);
    return 0;
}
