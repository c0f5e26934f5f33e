/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A worker program that speaks the protocol, runs no guests, and misbehaves on command.
 *
 * A guest worker takes its command from its group (what it does instead of a proper handshake) and from the
 * address of start frames; a job takes it from the bytes of the module it is given.  A program of the tests:
 * it owns everything until it exits.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "arcella/version.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "wire/channel.h"

extern char **environ;

static struct loop *loop;
static struct channel *channel;
static char group[LIMIT_NAME_BYTES + 1];
static struct ipc_setup setup; /* texts are gone after its frame */
static struct ipc_page *page;  /* shared with the parent; NULL: none came */
static char levels[128];
static struct buffer descriptors = BUFFER_INIT(1024); /* what was open at the start, as text */

static bool is(const char *text, const char *wanted) {
    return !strcmp(text, wanted);
}

static NORETURN void give_up(const char *why) {
    dprintf(2, "fake worker: %s\n", why);
    _exit(70);
}

static void send_frame(enum ipc_type type, const void *record, int fd) {
    arcella_error *error = NULL;
    struct channel_extra extra = {.fds = &fd, .fd_count = fd >= 0};
    if (channel_send_extra(channel, type, record, &extra, &error) < 0)
        give_up(arcella_error_message(error));
}

static void flush(void) {
    int r = channel_flush(channel, 5000, NULL);
    (void)r;
}

static void send_ready(uint64_t protocol, const char *version) {
    static const struct text missing[] = {{"openat2", 7}, {"landlock-net", 12}};
    struct ipc_ready ready = {
        .protocol = protocol,
        .version = text_of(version),
        .engine = TEXT("none"),
        .pid = (uint64_t)getpid(),
        .missing = missing,
        .missing_count = 2,
        .landlock_abi = 3,
    };
    send_frame(IPC_READY, &ready, -1);
}

static void send_garbage(void) {
    flush();
    ssize_t put = write(channel_fd(channel), "this is no frame of any protocol", 32);
    (void)put;
}

/* --- what a process was given, as text --- */

static void report_descriptors(struct buffer *to) {
    for (int fd = 0; fd < 64; fd++) {
        char path[64];
        char target[128];
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, target, sizeof(target) - 1);
        if (length < 0)
            continue;
        target[length] = '\0';
        char *colon = strchr(target, ':');
        if (colon)
            *colon = '\0';
        if (buffer_format(to, NULL, "%d=%s ", fd, target) < 0)
            give_up("buffer");
    }
}

static void report_world(struct buffer *to) {
    if (buffer_text(to, descriptors.data, NULL) < 0)
        give_up("buffer");
    size_t entries = 0;
    while (environ[entries])
        entries++;
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    struct sigaction pipe_action;
    sigaction(SIGPIPE, NULL, &pipe_action);
    char cwd[256] = "";
    if (!getcwd(cwd, sizeof(cwd)))
        give_up("no working directory");
    char name[64] = "";
    FD_AUTO fd = open("/proc/self/cmdline", O_RDONLY);
    ssize_t length = read(fd, name, sizeof(name) - 1);
    for (ssize_t i = 0; i < length - 1; i++)
        if (!name[i])
            name[i] = ' ';
    int r = buffer_format(to, NULL,
                          "env=%zu leader=%d blocked=%d pipe=%d cwd=%s args=%s levels=%s stack=%" PRIu64
                          " files=%" PRIu64 " cpu=%" PRIu64,
                          entries, getsid(0) == getpid(), sigismember(&blocked, SIGUSR1) == 1,
                          pipe_action.sa_handler == SIG_DFL,
                          strrchr(cwd, '/') - 9 > cwd ? strrchr(cwd, '/') - 9 : cwd, name, levels,
                          setup.stack_bytes, setup.open_files, setup.cpu_seconds);
    if (r < 0)
        give_up("buffer");
}

/* What it may do with the network, as it came with setup. */
static char network[512] = "none";

static void keep_network(const struct ipc_setup *got) {
    size_t at = (size_t)snprintf(network, sizeof(network), "net=%d", got->net);
    for (uint32_t i = 0; i < got->ports_count && at < sizeof(network); i++) {
        const struct ipc_port *port = &got->ports[i];
        at += (size_t)snprintf(network + at, sizeof(network) - at, " %" PRIu64 "-%" PRIu64 "%s%s", port->low,
                               port->high, port->bind ? "b" : "", port->connect ? "c" : "");
    }
}

static void report_code(struct buffer *to, const char *name) {
    struct buffer content = BUFFER_INIT(4096);
    if (file_read(AT_FDCWD, name, 4096, &content, NULL) < 0 ||
        buffer_format(to, NULL, "%s", content.data) < 0)
        give_up("no code");
    buffer_done(&content);
}

static void send_ended(uint64_t instance, const char *end, const char *message) {
    struct ipc_ended ended = {
        .instance = instance, .end = text_of(end), .trap = TEXT(""), .message = text_of(message)};
    send_frame(IPC_ENDED, &ended, -1);
}

/* --- a guest worker --- */

static void misbehave_for_ever(void) {
    for (;;)
        pause();
}

static void on_start(const struct ipc_start *start, struct frame *frame) {
    const char *command = start->address.data;
    struct buffer said = BUFFER_INIT(4096);
    if (is(command, "abort")) {
        dprintf(2, "first words\nthe engine is on fire\n");
        signal(SIGABRT, SIG_DFL);
        raise(SIGABRT);
    } else if (is(command, "segv")) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    } else if (is(command, "exit 3")) {
        _exit(3);
    } else if (is(command, "exit 0")) {
        _exit(0);
    } else if (is(command, "last")) {
        for (uint64_t i = 1; i <= 100; i++)
            send_ended(i, "returned", "the last");
        flush();
        _exit(5);
    } else if (is(command, "garbage")) {
        send_garbage();
        misbehave_for_ever();
    } else if (is(command, "close and live")) {
        close(channel_fd(channel));
        misbehave_for_ever();
    } else if (is(command, "give away channel")) {
        /* The parent's own copy of our end: its channel is never closed by our death. */
        struct ipc_started started = {.instance = start->instance};
        send_frame(IPC_STARTED, &started, channel_fd(channel));
        flush();
        raise(SIGKILL);
    } else if (is(command, "run and be killed")) {
        page->running = start->instance;
        raise(SIGKILL);
    } else if (is(command, "ready again")) {
        send_ready(IPC_PROTOCOL, ARCELLA_VERSION);
    } else if (is(command, "world")) {
        report_world(&said);
    } else if (is(command, "network")) {
        if (buffer_text(&said, network, NULL) < 0)
            give_up("buffer");
    } else if (is(command, "code")) {
        report_code(&said, start->code.data);
    } else if (is(command, "read fd")) {
        char bytes[64];
        ssize_t got = read(frame->fds[0], bytes, sizeof(bytes) - 1);
        bytes[got < 0 ? 0 : got] = '\0';
        if (buffer_text(&said, bytes, NULL) < 0)
            give_up("buffer");
    } else if (is(command, "flood")) {
        for (int i = 0; i < 20000; i++)
            dprintf(2, "line %d of a flood\n", i);
        dprintf(2, "no newline at the end");
    }
    send_ended(start->instance, "returned", said.data ? said.data : command);
    buffer_done(&said);
}

/* --- jobs --- */

static void on_job(struct frame *frame) {
    static char command[64];
    ssize_t got = pread(frame->fds[0], command, sizeof(command) - 1, 0);
    if (got < 0)
        give_up("cannot read the module");
    bool compile = frame->message.type == IPC_COMPILE;
    if (is(command, "abort")) {
        dprintf(2, "memory allocation of 4096 bytes failed\n");
        signal(SIGABRT, SIG_DFL);
        raise(SIGABRT);
    }
    if (is(command, "exit"))
        _exit(0);
    if (is(command, "hang"))
        misbehave_for_ever();
    if (is(command, "spin")) {
        struct rlimit limit = {1, 2};
        setrlimit(RLIMIT_CPU, &limit);
        signal(SIGXCPU, SIG_DFL);
        for (volatile unsigned i = 0;; i++)
            continue;
    }
    bool bad = is(command, "bad");
    struct text code = bad ? TEXT("bad-wasm") : TEXT("");
    struct text message = bad ? TEXT("no magic at offset 0") : TEXT("");
    struct text hint = bad ? TEXT("build it again") : TEXT("");
    if (!compile) {
        BUFFER_AUTO said = BUFFER_INIT(4096);
        if (buffer_format(&said, NULL, "%s:%u:%d%d%d", command, frame->fd_count,
                          frame->message.intake.has_component, frame->message.intake.has_template,
                          frame->message.intake.has_legacy) < 0)
            give_up("buffer");
        struct ipc_taken taken = {.ok = !bad,
                                  .description = {said.data, said.length},
                                  .code = code,
                                  .message = message,
                                  .hint = hint};
        send_frame(IPC_TAKEN, &taken, -1);
    } else {
        FD_AUTO fd = -1;
        /* Zeroes that take no memory: what a process that was taken over would send. */
        size_t size = is(command, "much") ? 16u << 20 : is(command, "too much") ? (16u << 20) + 1 : 12;
        if (memfd_make("code", size == 12 ? "machine code" : NULL, size, !is(command, "unsealed"), &fd,
                       NULL) < 0)
            give_up("no memfd");
        struct ipc_compiled compiled = {.ok = !bad,
                                        .size = is(command, "lie") ? 13 : size,
                                        .code = code,
                                        .message = message,
                                        .hint = hint};
        send_frame(IPC_COMPILED, &compiled, bad || is(command, "no fd") ? -1 : fd);
    }
    flush();
    if (is(command, "crash after"))
        raise(SIGKILL);
}

/* --- the handshake --- */

static void take_page(const struct frame *frame) {
    if (frame->fd_count != setup.page || (setup.page && is(group, "no page")))
        give_up("not the descriptors that were announced");
    if (!setup.page)
        return;
    enum { WANTED = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };
    if (fcntl(frame->fds[0], F_GET_SEALS) != WANTED)
        give_up("the page could be made smaller under its reader");
    page = mmap(NULL, IPC_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, frame->fds[0], 0);
    if (page == MAP_FAILED)
        give_up("cannot map the page");
}

static void on_setup(const struct ipc_setup *got, const struct frame *frame) {
    setup = *got;
    text_copy(group, sizeof(group), got->group.data);
    text_copy(levels, sizeof(levels), got->levels.data);
    keep_network(got);
    take_page(frame);
    if (is(group, "silent"))
        return;
    if (is(group, "other version")) {
        send_ready(IPC_PROTOCOL, "9.9.9");
    } else if (is(group, "other protocol")) {
        send_ready(IPC_PROTOCOL + 1, ARCELLA_VERSION);
    } else if (is(group, "garbage")) {
        send_garbage();
    } else if (is(group, "refuse")) {
        struct ipc_refused refused = {.code = TEXT("denied"),
                                      .message = TEXT("not allowed to become user 7")};
        send_frame(IPC_REFUSED, &refused, -1);
        flush();
        _exit(1);
    } else if (is(group, "refuse and stay")) {
        struct ipc_refused refused = {.code = TEXT("no such code"), .message = TEXT("never mind")};
        send_frame(IPC_REFUSED, &refused, -1);
    } else if (is(group, "early")) {
        send_ended(1, "returned", "too early");
    } else if (is(group, "crash")) {
        dprintf(2, "cannot go on");
        raise(SIGKILL);
    } else {
        send_ready(IPC_PROTOCOL, ARCELLA_VERSION);
    }
}

static void on_frame(struct channel *from, struct frame *frame, void *user) {
    (void)from;
    (void)user;
    switch (frame->message.type) {
    case IPC_SETUP: on_setup(&frame->message.setup, frame); break;
    case IPC_START: on_start(&frame->message.start, frame); break;
    case IPC_INTAKE:
    case IPC_COMPILE: on_job(frame); break;
    case IPC_DRAIN:
        if (is(group, "stubborn"))
            break;
        if (is(group, "sour"))
            _exit(9);
        _exit(0);
    default: break;
    }
}

static void on_closed(struct channel *from, const arcella_error *error, void *user) {
    (void)from;
    (void)user;
    if (error)
        give_up(arcella_error_message(error));
    if (is(group, "stubborn"))
        misbehave_for_ever();
    _exit(0);
}

int main(void) {
    arcella_error *error = NULL;
    report_descriptors(&descriptors);
    if (loop_new(&loop, &error) < 0 ||
        channel_new(loop, 3, IPC_PARENT, on_frame, on_closed, NULL, &channel, &error) < 0)
        give_up(arcella_error_message(error));
    loop_run(loop);
    _exit(0);
}
