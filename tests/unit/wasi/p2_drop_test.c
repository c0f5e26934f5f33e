/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Instances of components that are dropped while the pool, or the system, has still to answer a call of
 * theirs.  The next tenant moves in before the answer comes: not a byte of its memory may be another's.
 */
#include "wasi/p2/rig.h"

#include <sys/socket.h>

#include "wasi/disk.h"

/* The other 4,000 of ten thousand are in drop_test.c.  Under ThreadSanitizer they
 * would take minutes. */
#ifdef __SANITIZE_THREAD__
#define ROUNDS 600u
#else
#define ROUNDS 6000u
#endif
#define MEMORY_BYTES ((size_t)2 * MIB)
#define FILE_BYTES   (2 * MIB) /* more than what is spliced without the kernel, from file to file too */

enum { CREATE = 1, READ = 1, WRITE = 2, FILE_SYNC = 4 };

struct tenant {
    struct rig rig;
    uint64_t file, to, in, out;
    int input;  /* our end of its standard input, a FIFO */
    int output; /* our end of its standard output */
};
static struct tenant tenants[2];

/* --- what is in progress when it is dropped --- */

static void read_at(struct tenant *t) {
    begin(&t->rig, "descriptor.read", t->file, 65536, 0, RET);
}
static void read_stream(struct tenant *t) {
    begin(&t->rig, "input-stream.read", t->in, 65536, RET);
}
static void read_stream_blocking(struct tenant *t) {
    begin(&t->rig, "input-stream.blocking-read", t->in, 65536, RET);
}
static void splice_to_file(struct tenant *t) {
    begin(&t->rig, "output-stream.splice", t->to, t->in, FILE_BYTES, RET);
}
static void splice_to_output(struct tenant *t) { /* a pipe, a connection */
    begin(&t->rig, "output-stream.blocking-splice", t->out, t->in, FILE_BYTES, RET);
}
/* Less than the kernel is asked for: read into a buffer of ours. */
static void splice_a_little(struct tenant *t) {
    begin(&t->rig, "output-stream.splice", t->to, t->in, 5000, RET);
}
static void flush_stream(struct tenant *t) {
    call(&t->rig, "output-stream.check-write", t->to, RET);
    call(&t->rig, "output-stream.write", t->to, DATA, 100, RET);
    begin(&t->rig, "output-stream.blocking-flush", t->to, RET);
}
static void sync_file(struct tenant *t) {
    begin(&t->rig, "descriptor.sync", t->file, RET);
}
static void read_fifo(struct tenant *t) {
    uint64_t in = call(&t->rig, "get-stdin");
    begin(&t->rig, "input-stream.blocking-read", in, 65536, RET);
    rig_turn(3);
    assert_false(t->rig.done);
}

static const struct {
    const char *name;
    void (*enter)(struct tenant *t);
    bool fifo;       /* the writer of a FIFO is waited for, not the pool */
    bool connection; /* standard output is one; else a pipe */
} windows[] = {
    {"descriptor.read", read_at, false, false},
    {"input-stream.read", read_stream, false, false},
    {"input-stream.blocking-read", read_stream_blocking, false, false},
    {"splice to a file", splice_to_file, false, false},
    {"splice to a pipe", splice_to_output, false, false},
    {"splice to a connection", splice_to_output, false, true},
    {"splice through a buffer", splice_a_little, false, false},
    {"blocking-flush", flush_stream, false, false},
    {"sync", sync_file, false, false},
    {"a FIFO", read_fifo, true, false},
};

/* --- tenants --- */

static uint64_t given(struct rig *rig) {
    assert_ok(rig);
    return u32_at(rig, RET + 4);
}

static void move_in(struct tenant *t, bool connection) {
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    if (connection)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, out), 0);
    else
        assert_int_equal(pipe2(out, O_NONBLOCK | O_CLOEXEC), 0);
    t->input = in[1];
    t->output = out[0];
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.stdio[0] = in[0];
    options.stdio[1] = out[1];
    rig_start(&t->rig, &options, RIG_WRITABLE);
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/file", t->rig.path);
    FD_AUTO fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(syscall(SYS_ftruncate, fd, (long)FILE_BYTES), 0);
}

static void unpack(struct tenant *t) {
    struct rig *rig = &t->rig;
    call(rig, "get-directories", RET);
    uint64_t root = u32_at(rig, u32_at(rig, RET));
    call(rig, "descriptor.open-at", root, 0, TEXT_AT, put(rig, TEXT_AT, "file"), 0, READ | WRITE, RET);
    t->file = given(rig);
    call(rig, "descriptor.open-at", root, 0, TEXT_AT, put(rig, TEXT_AT, "to"), CREATE, WRITE | FILE_SYNC,
         RET);
    uint64_t to = given(rig);
    call(rig, "descriptor.write-via-stream", to, 0, RET);
    t->to = given(rig);
    call(rig, "descriptor.read-via-stream", t->file, 0, RET);
    t->in = given(rig);
    t->out = call(rig, "get-stdout");
}

static void move_out(struct tenant *t, bool stopped) {
    if (stopped) {
        component_cancel(t->rig.instance, ENGINE_END_STOPPED, "enough");
        rig_finish(&t->rig);
        assert_int_equal(t->rig.outcome.end, ENGINE_END_STOPPED);
    }
    rig_stop(&t->rig);
    close(t->output);
}

/* --- ten thousand, with those of preview 1 --- */

static void nobody_else_is_written_to(void **state) {
    (void)state;
    struct tenant *now = &tenants[0], *next = &tenants[1];
    unsigned same = 0, held = 0;
    disk.cold = true;
    move_in(now, false);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned which = round % ARRAY_LENGTH(windows);
        unsigned after = (round + 1) % ARRAY_LENGTH(windows);
        const uint8_t *memory = now->rig.memory;
        unpack(now);
        atomic_store(&disk.slow, !windows[which].fifo);
        windows[which].enter(now);
        if (!windows[which].fifo)
            disk_wait_for_a_job(&now->rig.done);
        int input = now->input;
        move_out(now, round / ARRAY_LENGTH(windows) % 2);
        move_in(next, windows[after].connection);
        same += next->rig.memory == memory;
        disk_fill(next->rig.memory, MEMORY_BYTES);
        if (windows[which].fifo) {
            char text[4096] = {0};
            assert_int_equal(write(input, text, sizeof text), -1); /* nobody reads it any more */
            rig_turn(2);
        } else {
            disk_answer();
            held++;
        }
        close(input);
        disk_compare(next->rig.memory, MEMORY_BYTES, windows[which].name);
        struct tenant *other = now;
        now = next;
        next = other;
    }
    disk.cold = false;
    atomic_store(&disk.slow, false);
    close(now->input);
    move_out(now, false);
    print_message("%u instances dropped, %u of them while the pool worked, %u times the next one in the same "
                  "place\n",
                  ROUNDS, held, same);
    /* Else it shows nothing. */
    assert_int_equal(held, disk.calls);
    assert_true(same > ROUNDS / 2);
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
        cmocka_unit_test(nobody_else_is_written_to),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
