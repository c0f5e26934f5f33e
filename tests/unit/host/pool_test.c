/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What may take long is done on the pool: while that is held up, the loop turns, and what was asked for comes
 * when it is let go.
 */
#include "rig.h"

#include <linux/magic.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include "base/fault.h"
#include "host/input.h"

/* --- a pool that is held up --- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static bool is_shut;

static void hold_up(void *user) {
    (void)user;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

static void open_gate(struct rig *rig) {
    (void)rig;
    if (is_shut)
        pthread_mutex_unlock(&gate);
    is_shut = false;
}

/* From here on nothing is done there, until the loop has turned for a while. */
static void shut_gate(struct rig *rig) {
    pthread_mutex_lock(&gate);
    is_shut = true;
    for (int i = 0; i < LIMIT_POOL_THREADS; i++)
        assert_int_equal(loop_work(rig->loop, hold_up, NULL, NULL, NULL), 0);
    rig_later(rig, 5, open_gate);
}

#define assert_on_pool(rig, call, expected)                                                                  \
    do {                                                                                                     \
        shut_gate(rig);                                                                                      \
        assert_host((call), (expected));                                                                     \
        assert_false(is_shut);                                                                               \
    } while (0)
#define assert_in_place(rig, call, expected)                                                                 \
    do {                                                                                                     \
        shut_gate(rig);                                                                                      \
        assert_host((call), (expected));                                                                     \
        assert_true(is_shut);                                                                                \
        open_gate(rig);                                                                                      \
    } while (0)

/* --- files --- */

static char text[20000];

static struct host_file *adopt(struct rig *rig, int fd) {
    struct host_file *file = NULL;
    assert_true(fd >= 0);
    assert_host(host_stream_new(rig->host, fd, HOST_READ | HOST_WRITE, &file), 0);
    return file;
}

static struct host_file *text_file(struct rig *rig, int fd) {
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    assert_int_equal(pwrite(fd, text, sizeof(text), 0), sizeof(text));
    return adopt(rig, fd);
}

static int new_file(const char *name) {
    return open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

static void test_sizes_and_advice(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *file = text_file(&rig, new_file("f"));
    assert_on_pool(&rig, host_file_set_size(file, 10), 0);
    assert_on_pool(&rig, host_file_set_size(file, 1 << 20), 0);
    assert_on_pool(&rig, host_file_advise(file, 0, 0, HOST_ADVICE_DONTNEED), 0);
    assert_on_pool(&rig, host_file_advise(file, 0, 0, HOST_ADVICE_WILLNEED), 0);
    assert_in_place(&rig, host_file_advise(file, 0, 0, HOST_ADVICE_SEQUENTIAL), 0);
    struct stat st;
    assert_int_equal(fstat(file->fd, &st), 0);
    assert_int_equal(st.st_size, 1 << 20);
    /* the run is ended meanwhile: it is done all the same, and nobody hears of it */
    shut_gate(&rig);
    rig.stop = true;
    assert_host(host_file_set_size(file, 7), HOST_STOP);
    rig.stop = false;
    open_gate(&rig);
    host_file_unref(file);
    rig_done(&rig);
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_size, 7);
}

static void test_truncated(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *dir = rig_grant(&rig, ".", "/", true), *file = NULL;
    struct host_open how = {.write = true, .create = true, .truncate = true};
    struct stat st;
    for (int large = 0; large < 2; large++) {
        for (how.read = false;; how.read = true) {
            rig_write("f", "text");
            assert_int_equal(truncate("f", large ? 2 << 20 : 1000), 0);
            if (large)
                assert_on_pool(&rig, host_dir_open(dir, "f", 1, &how, &file), 0);
            else
                assert_in_place(&rig, host_dir_open(dir, "f", 1, &how, &file), 0);
            assert_int_equal(fstat(file->fd, &st), 0);
            assert_int_equal(st.st_size, 0);
            file = host_file_unref(file);
            if (how.read)
                break;
        }
    }
    /* ended meanwhile: nothing is left of it */
    assert_int_equal(truncate("f", 2 << 20), 0);
    rig.stop = true;
    assert_host(host_dir_open(dir, "f", 1, &how, &file), HOST_STOP);
    assert_null(file);
    rig.stop = false;
    host_file_unref(dir);
    rig_done(&rig);
}

/* What a large file occupies is freed elsewhere, whoever takes its last name or closes it last. */
static void test_large_files_go(void **state) {
    (void)state;
    struct rig rig;
    rig_init(&rig, 0);
    struct host_file *dir = rig_grant(&rig, ".", "/", true);
    for (int large = 0; large < 2; large++) {
        for (int how = 0; how < 3; how++) {
            int fd = new_file("large");
            assert_int_equal(ftruncate(fd, large ? 2 << 20 : 1000), 0);
            struct host_file *file = adopt(&rig, fd);
            rig_write("other", "small");
            if (how == 0)
                assert_int_equal(unlink("large"), 0);
            int before = rig_descriptors();
            shut_gate(&rig);
            if (how == 0) {
                host_file_unref(file);
            } else {
                assert_host(how == 1 ? host_dir_unlink(dir, "large", 5)
                                     : host_dir_rename(dir, "other", 5, dir, "large", 5),
                            0);
            }
            /* closing one less, or holding one more, as long as nothing is done there */
            int gone = how == 0 ? 1 : 0;
            assert_int_equal(rig_descriptors(), large ? before - gone + 1 : before - gone);
            open_gate(&rig);
            while (rig_descriptors() > before - gone)
                loop_run_ready(rig.loop);
            if (how > 0)
                host_file_unref(file);
        }
    }
    /* one that has another name stays as it is */
    int fd = new_file("large");
    assert_int_equal(ftruncate(fd, 2 << 20), 0);
    fd = fd_close(fd);
    assert_int_equal(link("large", "second"), 0);
    int before = rig_descriptors();
    shut_gate(&rig);
    assert_host(host_dir_unlink(dir, "large", 5), 0);
    assert_int_equal(rig_descriptors(), before);
    open_gate(&rig);
    host_file_unref(dir);
    rig_done(&rig);
}

#ifdef ARCELLA_FAULTS

static bool is_memory(int fd) {
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

static int read_at(struct host_file *file, uint64_t offset, size_t length, size_t *ret) {
    static char got[sizeof(text)];
    struct iovec iov = {got, length};
    int r = host_file_pread(file, &iov, 1, offset, ret);
    if (r == 0)
        assert_memory_equal(got, text + offset, *ret);
    return r;
}

/* A file system that cannot say what is in memory. */
static void test_no_nowait(void **state) {
    (void)state;
    struct rig rig;
    struct host_input input;
    size_t n = 0;
    rig_init(&rig, 0);
    int fd = new_file("f");
    if (is_memory(fd)) {
        print_message("the folder for temporary files is in memory\n");
        fd = fd_close(fd);
        rig_done(&rig);
        skip();
    }
    struct host_file *file = text_file(&rig, fd);
    fault_set(FAULT_SYS, 1, EOPNOTSUPP);
    assert_on_pool(&rig, read_at(file, 0, 1000, &n), 0);
    fault_set(FAULT_SYS, 0, 0);
    assert_int_equal(n, 1000);
    /* it is not asked again, not even at the end, nor to find out whether an empty file is one */
    assert_on_pool(&rig, read_at(file, 19000, 2000, &n), 0);
    assert_int_equal(n, 1000);
    assert_int_equal(ftruncate(file->fd, 0), 0);
    host_input_init(&input, file, 0);
    assert_on_pool(&rig, host_input_available(&input, 100, &n), HOST_E_PIPE);
    host_input_done(&input);
    /* ended meanwhile, it has not come to its end */
    host_input_init(&input, file, 0);
    rig.stop = true;
    assert_host(host_input_available(&input, 100, &n), HOST_STOP);
    rig.stop = false;
    assert_false(input.ended);
    host_input_done(&input);
    host_file_unref(file);
    rig_done(&rig);
}

/* Where there is no disk there is nothing to wait for. */
static void test_memory(void **state) {
    (void)state;
    struct rig rig;
    size_t n = 0;
    rig_init(&rig, 0);
    struct host_file *file = text_file(&rig, memfd_create("memory", MFD_CLOEXEC));
    for (int i = 0; i < 2; i++) {
        fault_set(FAULT_SYS, i == 0, EOPNOTSUPP);
        assert_in_place(&rig, read_at(file, 0, sizeof(text), &n), 0);
        assert_int_equal(n, sizeof(text));
    }
    host_file_unref(file);
    file = adopt(&rig, open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
    file->rights = HOST_READ;
    char byte;
    struct iovec iov = {&byte, 1};
    fault_set(FAULT_SYS, 1, EOPNOTSUPP);
    assert_in_place(&rig, host_file_pread(file, &iov, 1, 0, &n), 0);
    fault_set(FAULT_SYS, 0, 0);
    assert_int_equal(n, 1);
    host_file_unref(file);
    rig_done(&rig);
}

/* Whoever has no budget left, or no memory, keeps his disk to himself. */
static void test_no_budget(void **state) {
    (void)state;
    struct rig rig;
    size_t n = 0;
    rig_init(&rig, 0);
    struct host_file *file = text_file(&rig, new_file("f"));
    uint64_t limit = rig.budget.limit_bytes;
    rig.budget.limit_bytes = rig.budget.used_bytes;
    fault_set(FAULT_SYS, 1, EAGAIN);
    assert_on_pool(&rig, read_at(file, 0, 10000, &n), 0);
    fault_set(FAULT_SYS, 0, 0);
    assert_int_equal(n, 10000);
    assert_int_equal(rig.budget.used_bytes, rig.budget.limit_bytes);
    rig.budget.limit_bytes = limit;
    for (unsigned nth = 1; nth <= 2; nth++) {
        fault_set(FAULT_SYS, 1, EAGAIN);
        fault_set(FAULT_ALLOC, nth, ENOMEM);
        assert_host(read_at(file, 0, 10000, &n), HOST_E_NOMEM);
    }
    fault_set(FAULT_ALLOC, 0, 0);
    fault_set(FAULT_SYS, 0, 0);
    host_file_unref(file);
    rig_done(&rig);
}

/* A pool that takes no more jobs makes it wait, not everybody. */
static void test_full_pool(void **state) {
    (void)state;
    struct rig rig;
    size_t n = 0;
    rig_init(&rig, 0);
    struct host_file *file = text_file(&rig, new_file("f"));
    for (int stop = 0; stop < 2; stop++) {
        shut_gate(&rig);
        while (loop_work(rig.loop, hold_up, NULL, NULL, NULL) == 0)
            ;
        fault_set(FAULT_SYS, 1, EAGAIN);
        rig.stop = stop;
        assert_host(read_at(file, 0, 10000, &n), stop ? HOST_STOP : 0);
        assert_true(stop || (!is_shut && n == 10000));
        rig.stop = false;
        open_gate(&rig);
        while (loop_run_ready(rig.loop))
            ;
    }
    fault_set(FAULT_SYS, 0, 0);
    host_file_unref(file);
    rig_done(&rig);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_and_advice), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_large_files_go),
#ifdef ARCELLA_FAULTS
        cmocka_unit_test(test_no_nowait),        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_no_budget),        cmocka_unit_test(test_full_pool),
#endif
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
