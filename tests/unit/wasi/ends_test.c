/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Programs of preview 1 that are ended at each wait of theirs: freed, or stopped and then freed.  The lives
 * come to every function of functions.def that may wait; a function that waits and is not said to is found
 * too.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "disk.h"
#include "sweep.h"
#include "wasi/preview1/abi.h"

#define IOVS       1024u
#define RESULT     1016u
#define PATH       2048u
#define DATA       8192u
#define DATA_BYTES 49152u /* the rest of the page */
#define FILE_BYTES (2 * MIB)
#define ENTRIES    1500 /* more than are listed in one go */
#define PAGES      8u
#define MS         1000000ull

static struct rig rig;
static struct engine_program *roomy; /* passes every call on, and has PAGES of memory */
static int input, output;            /* our ends of standard input and output */
static int stuffer;                  /* the guest's end of standard output, to fill it */
static int peer;                     /* of a connection of the guest's */
static struct sockaddr_in address;
static uint32_t listener; /* its number; 0: none */
static bool over;         /* it was ended: no more calls are made */
static const char *liar;  /* a function that waited and is not said to */
static size_t number;     /* of the call in progress */
static unsigned ended[128];

/* --- the outside --- */

static void fill(int fd) {
    char text[4096] = {0};
    for (size_t piece = sizeof text; piece > 0; piece /= 2)
        while (!over && write(fd, text, piece) > 0)
            ;
}

static void empty(int fd) {
    static char bytes[256 * 1024];
    while (fd >= 0 && read(fd, bytes, sizeof bytes) > 0)
        ;
}

static void connect_to_it(void) {
    peer = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(peer >= 0);
    assert_true(connect(peer, (struct sockaddr *)&address, sizeof address) == 0 || errno == EINPROGRESS);
}

/* What a life waits for comes when it waits. */
static void help(void) {
    static const char bytes[1000];
    (void)!write(input, bytes, sizeof bytes);
    empty(output);
    if (peer >= 0) {
        (void)!send(peer, bytes, sizeof bytes, MSG_NOSIGNAL);
        empty(peer);
    } else if (listener) {
        connect_to_it();
    }
}

/* On the run's fiber, where no test can fail. */
static void on_wait(void) {
    const struct preview1_row *row = &preview1_rows[number];
    if (!(row->flags & HOST_MAY_BLOCK))
        liar = row->name;
    ended[number] += sweep.here;
}

static size_t number_of(const char *name) {
    size_t count;
    (void)wasi_preview1_imports(&count);
    assert_true(count <= ARRAY_LENGTH(ended));
    for (size_t i = 0; i < count; i++)
        if (strcmp(preview1_rows[i].name, name) == 0)
            return i;
    fail_msg("no function %s", name);
    return 0;
}

static void go_values(const char *name, const uint64_t *values, size_t count) {
    if (over)
        return;
    number = number_of(name);
    unsigned waits = sweep.waits;
    rig_begin(&rig, name, values, count);
    while (!rig.done && !sweep.here) {
        if (sweep.waits != waits) {
            waits = sweep.waits;
            help();
        }
        loop_run_once(rig_loop);
    }
    over = sweep.here;
    if (liar)
        fail_msg("%s waits, and functions.def does not say so", liar);
    if (!over)
        assert_errno(rig.result.u32, "success");
}
/* The first value is there for calls without any. */
#define go(name, ...)                                                                                        \
    go_values((name), (const uint64_t[]){0, ##__VA_ARGS__} + 1,                                              \
              sizeof((const uint64_t[]){0, ##__VA_ARGS__}) / sizeof(uint64_t) - 1)

static uint32_t given(void) {
    return over ? 0 : rig_u32(&rig, RESULT);
}

/* --- lives --- */

static uint32_t opened(const char *name, uint16_t flags) {
    uint64_t rights = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_SYNC |
                      WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_READDIR |
                      WASI_RIGHT_FD_ADVISE | WASI_RIGHT_FD_FILESTAT_SET_SIZE;
    go("path_open", 3, 0, PATH, rig_put(&rig, PATH, name), flags,
       flags & WASI_O_DIRECTORY ? WASI_RIGHT_FD_READDIR : rights, 0, 0, RESULT);
    return given();
}

static void use_a_disk(void) {
    uint32_t file = opened("file", 0);
    rig_iovec(&rig, IOVS, DATA, DATA_BYTES);
    go("fd_read", file, IOVS, 1, RESULT);
    go("fd_pread", file, IOVS, 1, 100, RESULT);
    go("fd_write", file, IOVS, 1, RESULT);
    go("fd_allocate", file, 0, FILE_BYTES + 4096);
    go("fd_sync", file);
    go("fd_datasync", file);
    go("fd_advise", file, 0, FILE_BYTES, WASI_ADVICE_DONTNEED);
    (void)opened("file", WASI_O_TRUNC);
    go("fd_filestat_set_size", file, 100);
}

/* The same memory many times: more than one piece. */
static void read_and_write_much(void) {
    uint32_t file = opened("file", 0);
    for (uint32_t i = 0; i < 50; i++)
        rig_iovec(&rig, IOVS + 8 * i, DATA, DATA_BYTES);
    go("fd_write", file, IOVS, 50, RESULT);
    go("fd_pwrite", file, IOVS, 50, 0, RESULT);
    go("fd_pread", file, IOVS, 50, 0, RESULT);
    go("fd_seek", file, 0, WASI_WHENCE_SET, RESULT);
    go("fd_read", file, IOVS, 50, RESULT);
    go("fd_write", 2, IOVS, 50, RESULT); /* the log */
}

static void list_a_directory(void) {
    char path[2 * PATH_MAX];
    for (unsigned i = 0; i < ENTRIES; i++) {
        snprintf(path, sizeof path, "%s/%u", rig.path, i);
        assert_int_equal(fd_close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), -1);
    }
    go("fd_readdir", opened(".", WASI_O_DIRECTORY), DATA, DATA_BYTES, 0, RESULT);
}

static void wait_for_streams(void) {
    rig_iovec(&rig, IOVS, DATA, 4096);
    go("fd_read", 0, IOVS, 1, RESULT);
    const struct wasi_subscription subscriptions[] = {
        {.userdata = 1, .tag = WASI_EVENT_FD_READ, .fd = 0},
        {.userdata = 2, .tag = WASI_EVENT_CLOCK, .clock = {.id = WASI_CLOCK_MONOTONIC, .timeout = 5 * MS}},
    };
    memcpy(rig_at(&rig, DATA), subscriptions, sizeof subscriptions);
    go("fd_read", 0, IOVS + 8, 0, RESULT);
    go("poll_oneoff", DATA + sizeof subscriptions[0], DATA + 4096, 1, RESULT);
    go("poll_oneoff", DATA, DATA + 4096, 2, RESULT);
    fill(stuffer);
    go("fd_write", 1, IOVS, 1, RESULT);
    go("sched_yield");
}

static void take_random_numbers(void) {
    go("random_get", 0, PAGES * 65536);
}

static void use_sockets(void) {
    rig_iovec(&rig, IOVS, DATA, DATA_BYTES);
    go("sock_accept", listener, 0, RESULT);
    uint32_t connection = given();
    go("sock_recv", connection, IOVS, 1, 0, RESULT, RESULT + 4);
    go("fd_read", connection, IOVS, 1, RESULT);
    for (unsigned i = 0; i < 200 && !over; i++)
        go("sock_send", connection, IOVS, 1, 0, RESULT);
}

static const struct life {
    const char *name;
    void (*live)(void);
    bool cold;
    bool listens;
} lives[] = {
    {"a disk", use_a_disk, true, false},
    {"much at once", read_and_write_much, false, false},
    {"a directory", list_a_directory, false, false},
    {"streams", wait_for_streams, false, false},
    {"random numbers", take_random_numbers, false, false},
    {"sockets", use_sockets, false, true},
};

/* --- living and ending --- */

static int listen_somewhere(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof address;
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static void be_born(const struct life *life, unsigned nth) {
    struct wasi_options options = WASI_OPTIONS_INIT;
    int in[2], out[2], listening = -1;
    assert_int_equal(pipe2(in, O_NONBLOCK | O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_NONBLOCK | O_CLOEXEC), 0);
    stuffer = fcntl(out[1], F_DUPFD_CLOEXEC, 0);
    options.stdio[0] = in[0];
    options.stdio[1] = out[1];
    input = in[1];
    output = out[0];
    peer = -1;
    listener = 0;
    if (life->listens) {
        listening = listen_somewhere();
        options.listeners = &listening;
        options.listeners_count = 1;
        listener = 3;
    }
    rig_start(&rig, roomy, &options, life->listens ? RIG_NO_DIR : RIG_WRITABLE);
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/file", rig.path);
    FD_AUTO fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fd, FILE_BYTES), 0);
    disk.cold = life->cold;
    over = false;
    sweep_begin(wasi_preview1_host(rig.wasi), rig.instance, nth, on_wait);
}

/* How it is ended while it waits: freed there, or told to stop and freed then. */
enum way { FREED, STOPPED, WAYS };

static void die(enum way way) {
    if (over && way == STOPPED) {
        engine_cancel(rig.instance, ENGINE_END_STOPPED, "enough");
        rig_finish(&rig);
        assert_int_equal(rig.outcome.end, ENGINE_END_STOPPED);
    }
    disk.cold = false;
    rig_stop(&rig);
    close(input);
    close(output);
    close(stuffer);
    peer = fd_close(peer);
}

/* @return how many waits its whole life has */
static unsigned end_at_each_wait(const struct life *life, enum way way) {
    for (unsigned nth = 1;; nth++) {
        unsigned descriptors = sweep_descriptors();
        be_born(life, nth);
        life->live();
        bool whole = !over;
        die(way);
        sweep_expect_descriptors(descriptors, life->name, nth);
        if (whole)
            return nth - 1;
    }
}

static void ended_at_each_wait(void **state) {
    (void)state;
    /* What is made once for all of them is there. */
    be_born(&lives[0], 0);
    lives[0].live();
    die(FREED);
    for (enum way way = FREED; way < WAYS; way++) {
        unsigned waits = 0;
        for (size_t i = 0; i < ARRAY_LENGTH(lives); i++) {
            unsigned found = end_at_each_wait(&lives[i], way);
            if (found == 0)
                fail_msg("%s: no wait", lives[i].name);
            waits += found;
        }
        print_message("ended in %u waits\n", waits);
    }
}

/* After the test above: it fails where a function came that may wait and no life comes to its wait. */
static void in_each_function_that_may_wait(void **state) {
    (void)state;
    size_t count;
    (void)wasi_preview1_imports(&count);
    for (size_t i = 0; i < count; i++)
        if (preview1_rows[i].flags & HOST_MAY_BLOCK && !ended[i])
            fail_msg("%s was not ended in a wait", preview1_rows[i].name);
}

static int open_all(void **state) {
    disk_open();
    if (rig_open(state) < 0)
        return -1;
    BUFFER_AUTO wasm = BUFFER_INIT(64 * KIB);
    rig_passing_module(&wasm, PAGES);
    roomy = rig_load(wasm.data, wasm.length);
    return 0;
}

static int close_all(void **state) {
    engine_program_unref(roomy);
    int r = rig_close(state);
    disk_close();
    return r;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ended_at_each_wait),
        cmocka_unit_test(in_each_function_that_may_wait),
    };
    return cmocka_run_group_tests_name("wasi ends", tests, open_all, close_all);
}
