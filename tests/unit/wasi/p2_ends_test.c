/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Components that are ended at each wait of theirs: freed, or stopped and then freed.  The lives come to
 * every function of functions.def that may wait; a function that waits and is not said to is found too.
 */
#include "wasi/p2/rig.h"

#include <sys/socket.h>

#include "wasi/disk.h"
#include "wasi/sweep.h"

#define MS         1000000ull
#define FILE_BYTES (2 * MIB)
#define LONG_BYTES (1536 * KIB) /* more than is read or written in one go */

enum { CREATE = 1, TRUNCATE = 8, READ = 1, WRITE = 2, FILE_SYNC = 4, DONT_NEED = 4 };

static struct rig rig;
static int input, output; /* our ends of standard input and output */
static int stuffer;       /* the guest's end of standard output, to fill it */
static bool over;         /* it was ended: no more calls are made */
static const char *liar;  /* a function that waited and is not said to */
static uint32_t number;   /* of the call in progress */
static unsigned ended[ARRAY_LENGTH(guest_imports)];

/* --- the outside --- */

static void fill_output(void) {
    char text[4096] = {0};
    for (size_t piece = sizeof text; piece > 0; piece /= 2)
        while (!over && write(stuffer, text, piece) > 0)
            ;
}

static void empty_output(void) {
    static char bytes[256 * 1024];
    while (output >= 0 && read(output, bytes, sizeof bytes) > 0)
        ;
}

/* What a life waits for comes when it waits. */
static void help(void) {
    static const char bytes[1000];
    (void)!write(input, bytes, sizeof bytes);
    empty_output();
}

static const struct p2_row *row_of(uint32_t n) {
    for (size_t i = 0; i < p2_rows_count; i++) {
        const struct p2_row *row = &p2_rows[i];
        size_t length = strlen(guest_imports[n].interface);
        if (strcmp(row->name, guest_imports[n].name) == 0 &&
            strncmp(row->interface, guest_imports[n].interface, length) == 0)
            return row;
    }
    return NULL;
}

/* On the run's fiber, where no test can fail. */
static void on_wait(void) {
    const struct p2_row *row = row_of(number);
    if (!row || !(row->flags & P2_MAY_WAIT))
        liar = guest_imports[number].name;
    ended[number] += sweep.here;
}

static uint64_t call_on(const char *what, const uint64_t *values, size_t count) {
    if (over)
        return 0;
    number = rig_number(what);
    unsigned waits = sweep.waits;
    rig_begin_number(&rig, number, values, count);
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
    if (!over && rig.outcome.end != ENGINE_END_RETURNED)
        fail_msg("%s: %s %s: %s", what, engine_end_name(rig.outcome.end), rig.outcome.trap,
                 rig.outcome.message);
    return over ? 0 : rig.result;
}
#define go(what, ...) call_on((what), RIG_VALUES_(__VA_ARGS__), RIG_COUNT_(__VA_ARGS__))

static uint64_t given(void) {
    if (!over)
        assert_ok(&rig);
    return over ? 0 : u32_at(&rig, RET + 4);
}

/* --- lives --- */

static uint64_t opened(const char *name, unsigned open_flags, unsigned flags) {
    go("get-directories", RET);
    uint64_t root = over ? 0 : u32_at(&rig, u32_at(&rig, RET));
    go("descriptor.open-at", root, 0, TEXT_AT, put(&rig, TEXT_AT, name), open_flags, flags, RET);
    return given();
}

static uint64_t stream_of(const char *what, uint64_t file) {
    go(what, file, 0, RET);
    return given();
}

static void read_what_is_cold(void) {
    uint64_t file = opened("file", 0, READ), to = opened("to", CREATE, WRITE);
    go("descriptor.read", file, 300000, 0, RET);
    uint64_t in = stream_of("descriptor.read-via-stream", file);
    uint64_t out = stream_of("descriptor.write-via-stream", to);
    go("input-stream.read", in, 1000, RET);
    go("input-stream.blocking-read", in, 300000, RET);
    go("input-stream.skip", in, 10, RET);
    go("output-stream.splice", out, in, 100, RET);
    go("output-stream.blocking-splice", out, in, 5000, RET);
}

static void read_and_write_much(void) {
    uint64_t file = opened("to", CREATE, READ | WRITE);
    go("descriptor.write", file, 0, LONG_BYTES, 0, RET);
    go("descriptor.read", file, LONG_BYTES, 0, RET);
    uint64_t out = stream_of("descriptor.write-via-stream", file);
    go("output-stream.check-write", out, RET);
    go("output-stream.write", out, 0, MIB, RET);
}

static void sync_it(void) {
    uint64_t file = opened("file", 0, READ | WRITE | FILE_SYNC);
    go("descriptor.write", file, DATA, 100, 0, RET);
    go("descriptor.sync", file, RET);
    go("descriptor.sync-data", file, RET);
    go("descriptor.advise", file, 0, FILE_BYTES, DONT_NEED, RET);
    (void)opened("file", TRUNCATE, WRITE);
    go("descriptor.set-size", file, 100, RET);
    uint64_t out = stream_of("descriptor.write-via-stream", file);
    for (unsigned i = 0; i < 2; i++) {
        go("output-stream.check-write", out, RET);
        go("output-stream.write", out, DATA, 100, RET);
        go(i ? "output-stream.blocking-flush" : "output-stream.flush", out, RET);
    }
    go("output-stream.blocking-write-and-flush", out, DATA, 100, RET);
    go("output-stream.blocking-write-zeroes-and-flush", out, 100, RET);
}

static void splice_files(void) {
    uint64_t file = opened("file", 0, READ), to = opened("to", CREATE, WRITE);
    uint64_t in = stream_of("descriptor.read-via-stream", file);
    go("output-stream.splice", stream_of("descriptor.write-via-stream", to), in, FILE_BYTES - 512 * KIB, RET);
    uint64_t out = go("get-stdout");
    go("output-stream.splice", out, in, 128 * KIB, RET);
    go("output-stream.blocking-splice", out, in, 128 * KIB, RET);
}

static void wait_for_input(void) {
    uint64_t in = go("get-stdin"), some = go("input-stream.subscribe", in);
    go("pollable.block", some);
    go("input-stream.read", in, 100000, RET);
    if (!over) {
        put_u32(&rig, DATA, (uint32_t)some);
        put_u32(&rig, DATA + 4, (uint32_t)go("subscribe-duration", 3600000 * MS));
    }
    go("poll", DATA, 2, RET);
    go("input-stream.read", in, 100000, RET);
    go("input-stream.blocking-read", in, 100000, RET);
    go("input-stream.blocking-skip", in, 100000, RET);
    go("pollable.block", go("subscribe-duration", MS));
}

static void wait_for_output(void) {
    uint64_t in = go("get-stdin"), out = go("get-stdout");
    uint64_t room = go("output-stream.subscribe", out);
    fill_output();
    go("pollable.block", room);
    fill_output();
    go("output-stream.blocking-write-and-flush", out, DATA, 4096, RET);
    fill_output();
    go("output-stream.blocking-write-zeroes-and-flush", out, 4096, RET);
    fill_output();
    go("output-stream.blocking-splice", out, in, 4096, RET);
    /* What was permitted is kept where there is no room any more, and goes out later. */
    go("output-stream.blocking-flush", out, RET);
    empty_output();
    go("output-stream.check-write", out, RET);
    fill_output();
    go("output-stream.write", out, DATA, 4096, RET);
    go("output-stream.blocking-flush", out, RET);
}

/* Without memory to keep what was permitted, the write itself waits. */
static void write_without_memory(void) {
    uint64_t out = go("get-stdout");
    static const char *const writes[] = {"output-stream.write", "output-stream.write-zeroes"};
    for (unsigned i = 0; i < 2; i++) {
        empty_output();
        go("output-stream.check-write", out, RET);
        fill_output();
        rig.budget.limit_bytes = rig.budget.used_bytes;
        if (i)
            go(writes[i], out, 4096, RET);
        else
            go(writes[i], out, DATA, 4096, RET);
        rig.budget.limit_bytes = LIMIT_HOST_BYTES;
    }
}

static void write_to_the_log(void) {
    uint64_t out = go("get-stdout");
    go("output-stream.check-write", out, RET);
    go("output-stream.write", out, 0, 200 * KIB, RET);
}

static void take_random_numbers(void) {
    go("get-random-bytes", MIB, RET);
    go("get-insecure-random-bytes", MIB, RET);
}

/* A pollable that nothing comes for, and a time. */
static void wait_in_vain(const char *subscribe, uint64_t of) {
    uint32_t some = (uint32_t)go(subscribe, of), late = (uint32_t)go("subscribe-duration", MS);
    if (over)
        return;
    put_u32(&rig, DATA, some);
    put_u32(&rig, DATA + 4, late);
    go("poll", DATA, 2, RET);
}

static void wait_for_the_network(void) {
    uint64_t network = go("instance-network");
    go("create-tcp-socket", 0, RET);
    uint64_t listener = given();
    go("tcp-socket.start-bind", listener, network, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, RET);
    go("tcp-socket.finish-bind", listener, RET);
    go("tcp-socket.start-listen", listener, RET);
    go("tcp-socket.finish-listen", listener, RET);
    wait_in_vain("tcp-socket.subscribe", listener);
    /* Reserved for documentation: there is nobody (RFC 5737). */
    go("create-tcp-socket", 0, RET);
    uint64_t client = given();
    go("tcp-socket.start-connect", client, network, 0, 9, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, RET);
    wait_in_vain("tcp-socket.subscribe", client);
    go("create-udp-socket", 0, RET);
    uint64_t udp = given();
    go("udp-socket.start-bind", udp, network, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, RET);
    go("udp-socket.finish-bind", udp, RET);
    go("udp-socket.stream", udp, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RET);
    wait_in_vain("incoming-datagram-stream.subscribe", given());
    go("resolve-addresses", network, TEXT_AT, put(&rig, TEXT_AT, "a.name"), RET);
    wait_in_vain("resolve-address-stream.subscribe", given());
}

static const struct life {
    const char *name;
    void (*live)(void);
    bool cold;
    enum { NO_OUTPUT, PIPE, CONNECTION } output; /* standard output */
} lives[] = {
    {"cold reads", read_what_is_cold, true, NO_OUTPUT},
    {"much at once", read_and_write_much, false, NO_OUTPUT},
    {"syncs", sync_it, false, NO_OUTPUT},
    {"splices to a pipe", splice_files, false, PIPE},
    {"splices to a connection", splice_files, false, CONNECTION},
    {"input", wait_for_input, false, NO_OUTPUT},
    {"output", wait_for_output, false, CONNECTION},
    {"output to a pipe", wait_for_output, false, PIPE},
    {"no memory", write_without_memory, false, CONNECTION},
    {"the log", write_to_the_log, false, NO_OUTPUT},
    {"random numbers", take_random_numbers, false, NO_OUTPUT},
    {"the network", wait_for_the_network, false, NO_OUTPUT},
};

/* --- living and ending --- */

static void be_born(const struct life *life, unsigned nth) {
    static const char *const grants[] = {"listen=127.0.0.0/8:*", "udp=127.0.0.0/8:*",
                                         "connect=192.0.2.0/24:*", "resolve=*"};
    for (size_t i = 0; i < ARRAY_LENGTH(grants); i++)
        assert_done(grant_add_net(&rig.grants, grants[i], GRANT_BY_OPTION, reterr));
    struct wasi_options options = WASI_OPTIONS_INIT;
    int in[2], out[2] = {-1, -1};
    assert_int_equal(pipe2(in, O_NONBLOCK | O_CLOEXEC), 0);
    if (life->output == CONNECTION)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, out), 0);
    else if (life->output == PIPE)
        assert_int_equal(pipe2(out, O_NONBLOCK | O_CLOEXEC), 0);
    stuffer = out[1] < 0 ? -1 : fcntl(out[1], F_DUPFD_CLOEXEC, 0);
    options.stdio[0] = in[0];
    options.stdio[1] = out[1];
    input = in[1];
    output = out[0];
    rig_looks_up = true;
    rig_start(&rig, &options, RIG_WRITABLE);
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/file", rig.path);
    FD_AUTO fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fd, FILE_BYTES), 0);
    disk.cold = life->cold;
    over = false;
    sweep_begin(wasi_p2_host(rig.wasi), component_engine(rig.instance), nth, on_wait);
}

/* How it is ended while it waits: freed there, or told to stop and freed then. */
enum way { FREED, STOPPED, WAYS };

static void die(enum way way) {
    if (over && way == STOPPED) {
        component_cancel(rig.instance, ENGINE_END_STOPPED, "enough");
        rig_finish(&rig);
        assert_int_equal(rig.outcome.end, ENGINE_END_STOPPED);
    }
    disk.cold = false;
    rig_stop(&rig);
    close(input);
    if (output >= 0) {
        close(output);
        close(stuffer);
    }
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
    /* It passes over what is there, and only what comes from a disk is waited for: nothing of it is read. */
    static const char never[] = "[method]input-stream.skip";
    for (uint32_t n = 0; n < ARRAY_LENGTH(guest_imports); n++) {
        const struct p2_row *row = row_of(n);
        if (row && row->flags & P2_MAY_WAIT && !ended[n] && strcmp(row->name, never) != 0)
            fail_msg("%s was not ended in a wait", row->name);
    }
}

static int open_all(void **state) {
    disk_open();
    return rig_open(state);
}

static int close_all(void **state) {
    int r = rig_close(state);
    disk_close();
    return r;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ended_at_each_wait),
        cmocka_unit_test(in_each_function_that_may_wait),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
