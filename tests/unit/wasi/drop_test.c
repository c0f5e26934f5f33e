/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Instances of preview 1 that are dropped while the pool, or the system, has still to answer a call of
 * theirs. The next tenant moves in before the answer comes: not a byte of its memory may be another's.
 */
#include "rig.h"

#include "disk.h"

/* The other 6,000 of ten thousand are in p2_drop_test.c.  Under ThreadSanitizer they
 * would take minutes. */
#ifdef __SANITIZE_THREAD__
#define ROUNDS 400u
#else
#define ROUNDS 4000u
#endif
#define FILE_BYTES 65536
#define IOVS       1024u
#define RESULT     1016u
#define PATH       2048u
#define DATA       8192u
#define DATA_BYTES 32768u

static struct rig rigs[2];
static uint32_t file;

/* --- what is in progress when it is dropped --- */

#define start(rig, name, ...)                                                                                \
    rig_begin((rig), (name), (const uint64_t[]){__VA_ARGS__},                                                \
              sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void read_file(struct rig *rig) {
    rig_iovec(rig, IOVS, DATA, DATA_BYTES);
    start(rig, "fd_read", file, IOVS, 1, RESULT);
}
/* In pieces. */
static void read_at(struct rig *rig) {
    for (uint32_t i = 0; i < 8; i++)
        rig_iovec(rig, IOVS + 8 * i, DATA + i * (DATA_BYTES / 8), DATA_BYTES / 8);
    start(rig, "fd_pread", file, IOVS, 8, 100, RESULT);
}
static void allocate(struct rig *rig) {
    start(rig, "fd_allocate", file, 0, FILE_BYTES + 4096);
}
static void sync_file(struct rig *rig) {
    start(rig, "fd_sync", file);
}
static void sync_data(struct rig *rig) {
    start(rig, "fd_datasync", file);
}
static void read_fifo(struct rig *rig) {
    rig_iovec(rig, IOVS, DATA, DATA_BYTES);
    start(rig, "fd_read", 0, IOVS, 1, RESULT);
    for (unsigned i = 0; i < 3; i++)
        loop_run_ready(rig_loop);
    assert_false(rig->done);
}

static const struct {
    const char *name;
    void (*enter)(struct rig *rig);
    bool fifo; /* the writer of a FIFO is waited for, not the pool */
} windows[] = {
    {"fd_read", read_file, false}, {"fd_pread", read_at, false},      {"fd_allocate", allocate, false},
    {"fd_sync", sync_file, false}, {"fd_datasync", sync_data, false}, {"a FIFO", read_fifo, true},
};

/* --- tenants --- */

static int move_in(struct rig *rig) {
    int in[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.stdio[0] = in[0];
    rig_start(rig, rig_program, &options, RIG_WRITABLE);
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/file", rig->path);
    FD_AUTO fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(syscall(SYS_ftruncate, fd, (long)FILE_BYTES), 0);
    return in[1];
}

static void unpack(struct rig *rig) {
    uint32_t length = rig_put(rig, PATH, "file");
    uint64_t rights = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_SYNC |
                      WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_ALLOCATE;
    assert_errno(rig_call(rig, "path_open", 3, 0, PATH, length, 0, rights, 0, 0, RESULT), "success");
    file = rig_u32(rig, RESULT);
}

static void move_out(struct rig *rig, bool stopped) {
    if (stopped) {
        engine_cancel(rig->instance, ENGINE_END_STOPPED, "enough");
        rig_finish(rig);
        assert_int_equal(rig->outcome.end, ENGINE_END_STOPPED);
    }
    rig_stop(rig);
}

/* --- ten thousand, with those of WASI 0.2 --- */

static void nobody_else_is_written_to(void **state) {
    (void)state;
    struct rig *now = &rigs[0], *next = &rigs[1];
    unsigned same = 0, held = 0;
    disk.cold = true;
    int input = move_in(now);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned which = round % ARRAY_LENGTH(windows);
        const uint8_t *before = rig_at(now, 0);
        unpack(now);
        atomic_store(&disk.slow, !windows[which].fifo);
        windows[which].enter(now);
        if (!windows[which].fifo)
            disk_wait_for_a_job(&now->done);
        move_out(now, round / ARRAY_LENGTH(windows) % 2);
        int next_input = move_in(next);
        struct engine_memory memory = engine_memory(next->instance);
        same += memory.base == before;
        disk_fill(memory.base, memory.size);
        if (windows[which].fifo) {
            assert_int_equal(write(input, "text", 4), -1); /* nobody reads it any more */
            loop_run_ready(rig_loop);
        } else {
            disk_answer();
            held++;
        }
        close(input);
        input = next_input;
        disk_compare(memory.base, memory.size, windows[which].name);
        struct rig *other = now;
        now = next;
        next = other;
    }
    disk.cold = false;
    atomic_store(&disk.slow, false);
    close(input);
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
    return cmocka_run_group_tests_name("wasi drop", tests, open_all, close_all);
}
