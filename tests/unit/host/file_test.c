/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Regular files: reading, writing and everything else that is done to an open one, warm and cold, whole and
 * cancelled. */
#include "rig.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/fault.h"

#define OPEN(...) (&(struct host_open){.follow = true, __VA_ARGS__})

static int open_file(struct host_file *dir, const char *path, const struct host_open *how,
                     struct host_file **ret) {
    return host_dir_open(dir, path, strlen(path), how, ret);
}

static struct iovec text_iov(const char *text) {
    return (struct iovec){(void *)(uintptr_t)text, strlen(text)};
}

struct fixture {
    struct rig rig;
    struct host_file *dir;
};

static void setup(struct fixture *f) {
    rig_init(&f->rig, 0);
    (void)!mkdir("d", 0755);
    f->dir = rig_grant(&f->rig, "d", "/d", true);
}

static void done(struct fixture *f) {
    f->dir = host_file_unref(f->dir);
    rig_done(&f->rig);
}

static void test_read_write(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    struct host_file *file = NULL;
    assert_host(
        open_file(f.dir, "a", OPEN(.read = true, .write = true, .create = true, .truncate = true), &file), 0);
    assert_int_equal(file->kind, HOST_REGULAR);
    struct iovec out[3] = {text_iov("Hello, "), {NULL, 0}, text_iov("world")};
    size_t n = 99;
    assert_host(host_file_write(file, out, 3, &n), 0);
    assert_int_equal(n, 12);
    uint64_t at = 0;
    assert_host(host_file_seek(file, 0, HOST_SEEK_CURRENT, &at), 0);
    assert_int_equal(at, 12);
    assert_host(host_file_seek(file, 1, HOST_SEEK_SET, &at), 0);
    char a[3] = {0}, b[64] = {0};
    struct iovec in[2] = {{a, 2}, {b, sizeof(b) - 1}};
    assert_host(host_file_read(file, in, 2, &n), 0);
    assert_int_equal(n, 11);
    assert_string_equal(a, "el");
    assert_string_equal(b, "lo, world");
    in[0] = (struct iovec){a, 2};
    assert_host(host_file_read(file, in, 1, &n), 0);
    assert_int_equal(n, 0);
    in[0] = (struct iovec){b, 0};
    assert_host(host_file_read(file, in, 1, &n), 0);
    assert_int_equal(n, 0);
    assert_host(host_file_read(file, NULL, 0, &n), 0);
    assert_int_equal(n, 0);
    /* positioned */
    in[0] = (struct iovec){b, 5};
    memset(b, 0, sizeof(b));
    assert_host(host_file_pread(file, in, 1, 7, &n), 0);
    assert_string_equal(b, "world");
    out[0] = text_iov("W");
    assert_host(host_file_pwrite(file, out, 1, 7, &n), 0);
    assert_host(host_file_seek(file, 0, HOST_SEEK_CURRENT, &at), 0);
    assert_int_equal(at, 12);
    in[0] = (struct iovec){b, 5};
    assert_host(host_file_pread(file, in, 1, UINT64_MAX, &n), HOST_E_INVAL);
    assert_host(host_file_pread(file, in, 1, INT64_MAX, &n), HOST_E_FBIG);
    assert_host(host_file_pwrite(file, in, 1, INT64_MAX, &n), HOST_E_FBIG);
    assert_host(host_file_pread(file, in, 1, 1ull << 40, &n), 0);
    assert_int_equal(n, 0);
    /* memory that is none */
    in[0] = (struct iovec){(void *)16, 5};
    assert_host(host_file_pread(file, in, 1, 0, &n), HOST_E_FAULT);
    /* seeking */
    assert_host(host_file_seek(file, -1, HOST_SEEK_SET, &at), HOST_E_INVAL);
    assert_host(host_file_seek(file, -2, HOST_SEEK_END, &at), 0);
    assert_int_equal(at, 10);
    assert_host(host_file_seek(file, 0, (enum host_whence)9, &at), HOST_E_INVAL);
    /* more iovecs than are used: a short count and no error */
    static struct iovec many[HOST_IOV_MAX + 10];
    static char bytes[HOST_IOV_MAX + 10];
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++)
        many[i] = (struct iovec){&bytes[i], 1};
    assert_host(host_file_pwrite(file, many, ARRAY_LENGTH(many), 0, &n), 0);
    assert_int_equal(n, HOST_IOV_MAX);
    host_file_unref(file);
    done(&f);
}

static void test_rights(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    rig_write("d/r", "text");
    HOST_FILE_AUTO *file = NULL;
    char b[8];
    struct iovec iov = {b, 4};
    size_t n;
    assert_host(open_file(f.dir, "r", OPEN(.read = true), &file), 0);
    assert_host(host_file_write(file, &iov, 1, &n), HOST_E_BADF);
    assert_host(host_file_pwrite(file, &iov, 1, 0, &n), HOST_E_BADF);
    assert_host(host_file_set_size(file, 0), HOST_E_BADF);
    file = host_file_unref(file);
    assert_host(open_file(f.dir, "r", OPEN(.write = true), &file), 0);
    assert_host(host_file_read(file, &iov, 1, &n), HOST_E_BADF);
    assert_host(host_file_pread(file, &iov, 1, 0, &n), HOST_E_BADF);
    file = host_file_unref(file);
    assert_host(open_file(f.dir, "r", OPEN(.read = false), &file), 0);
    assert_host(host_file_read(file, &iov, 1, &n), HOST_E_BADF);
    assert_host(host_file_read(f.dir, &iov, 1, &n), HOST_E_ISDIR);
    assert_host(host_file_write(f.dir, &iov, 1, &n), HOST_E_ISDIR);
    uint64_t at;
    assert_host(host_file_seek(f.dir, 0, HOST_SEEK_SET, &at), HOST_E_BADF);
    assert_host(host_file_set_size(f.dir, 0), HOST_E_INVAL);
    assert_host(host_file_sync(f.dir, false), 0);
    file = host_file_unref(file);
    done(&f);
}

static void test_append(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    rig_write("d/log", "one");
    HOST_FILE_AUTO *file = NULL;
    struct iovec iov = text_iov(" two");
    size_t n;
    uint64_t at;
    assert_host(open_file(f.dir, "log", OPEN(.read = true, .write = true, .flags = HOST_APPEND), &file), 0);
    assert_host(host_file_write(file, &iov, 1, &n), 0);
    assert_host(host_file_seek(file, 0, HOST_SEEK_CURRENT, &at), 0);
    assert_int_equal(at, 7);
    /* a positioned write stays where it is told */
    iov = text_iov("ONE");
    assert_host(host_file_pwrite(file, &iov, 1, 0, &n), 0);
    assert_host(host_file_set_flags(file, 0), 0);
    assert_host(host_file_seek(file, 3, HOST_SEEK_SET, &at), 0);
    iov = text_iov("-");
    assert_host(host_file_write(file, &iov, 1, &n), 0);
    assert_host(host_file_set_flags(file, HOST_SYNC), HOST_E_NOTSUP);
    char text[16] = {0};
    FD_AUTO fd = open("d/log", O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, text, 15), 7);
    assert_string_equal(text, "ONE-two");
    fd = fd_close(fd);
    file = host_file_unref(file);
    done(&f);
}

static void test_size_and_times(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    HOST_FILE_AUTO *file = NULL;
    struct host_stat st;
    assert_host(open_file(f.dir, "s", OPEN(.read = true, .write = true, .create = true), &file), 0);
    assert_host(host_file_set_size(file, 100), 0);
    assert_host(host_file_set_size(file, UINT64_MAX), HOST_E_FBIG);
    assert_host(host_file_stat(file, &st), 0);
    assert_int_equal(st.size_bytes, 100);
    assert_int_equal(st.links, 1);
    assert_int_equal(st.type, HOST_TYPE_REGULAR);
    int r = host_file_allocate(file, 50, 100);
    if (r != HOST_E_NOTSUP) {
        assert_host(r, 0);
        assert_host(host_file_stat(file, &st), 0);
        assert_int_equal(st.size_bytes, 150);
        assert_host(host_file_allocate(file, 0, 0), HOST_E_INVAL);
    }
    assert_host(host_file_allocate(file, UINT64_MAX, 2), HOST_E_FBIG);
    for (int i = 0; i < HOST_ADVICES; i++)
        assert_host(host_file_advise(file, 0, 10, (enum host_advice)i), 0);
    assert_host(host_file_advise(file, UINT64_MAX, 10, HOST_ADVICE_NORMAL), HOST_E_INVAL);
    assert_host(host_file_advise(file, 0, 0, HOST_ADVICES), HOST_E_INVAL);
    struct host_time accessed = {.how = HOST_TIME_SET, .ns = 5000000001u};
    struct host_time keep = {.how = HOST_TIME_KEEP};
    assert_host(host_file_set_times(file, accessed, keep), 0);
    uint64_t modified = st.modified_ns;
    assert_host(host_file_stat(file, &st), 0);
    assert_int_equal(st.accessed_ns, 5000000001u);
    assert_true(st.modified_ns >= modified);
    assert_host(host_file_sync(file, true), 0);
    assert_host(host_file_sync(file, false), 0);
    assert_true(host_figures(f.rig.host).waits >= 2); /* on the pool */
    file = host_file_unref(file);
    done(&f);
}

/* --- large, cold, cut short --- */

#define LARGE_BYTES (3 * HOST_CHUNK_BYTES + 12345)

static uint8_t pattern(size_t i) {
    return (uint8_t)(i * 2654435761u >> 13);
}

static void test_large(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    uint8_t *bytes = mem_alloc(LARGE_BYTES);
    assert_non_null(bytes);
    for (size_t i = 0; i < LARGE_BYTES; i++)
        bytes[i] = pattern(i);
    HOST_FILE_AUTO *file = NULL;
    assert_host(open_file(f.dir, "large", OPEN(.read = true, .write = true, .create = true), &file), 0);
    struct iovec iov[3] = {{bytes, 1000}, {bytes + 1000, 2 * HOST_CHUNK_BYTES}, {NULL, 0}};
    iov[2] = (struct iovec){bytes + 1000 + 2 * HOST_CHUNK_BYTES, LARGE_BYTES - 1000 - 2 * HOST_CHUNK_BYTES};
    size_t n;
    assert_host(host_file_write(file, iov, 3, &n), 0);
    assert_int_equal(n, LARGE_BYTES);
    assert_int_equal(host_figures(f.rig.host).waits, 3); /* others had their turns */
    for (int cold = 0; cold < 2; cold++) {
        if (cold) {
            /* Out of memory, onto the disk: the next read finds nothing there.  (On a file system in memory
             * it does.) */
            assert_host(host_file_sync(file, false), 0);
            assert_host(host_file_advise(file, 0, 0, HOST_ADVICE_DONTNEED), 0);
        }
        memset(bytes, 0, LARGE_BYTES);
        uint64_t at;
        assert_host(host_file_seek(file, 0, HOST_SEEK_SET, &at), 0);
        struct iovec in[2] = {{bytes, HOST_CHUNK_BYTES + 5}, {bytes + HOST_CHUNK_BYTES + 5, LARGE_BYTES}};
        in[1].iov_len = LARGE_BYTES - HOST_CHUNK_BYTES - 5;
        assert_host(host_file_read(file, in, 2, &n), 0);
        assert_int_equal(n, LARGE_BYTES);
        for (size_t i = 0; i < LARGE_BYTES; i++)
            if (bytes[i] != pattern(i))
                fail_msg("byte %zu is wrong", i);
        assert_host(host_file_seek(file, 0, HOST_SEEK_CURRENT, &at), 0);
        assert_int_equal(at, LARGE_BYTES);
    }
    /* a budget with no room for the pool's buffer: read in place */
    assert_host(host_file_advise(file, 0, 0, HOST_ADVICE_DONTNEED), 0);
    f.rig.budget.limit_bytes = f.rig.budget.used_bytes;
    struct iovec one = {bytes, 4096};
    assert_host(host_file_pread(file, &one, 1, 8192, &n), 0);
    assert_int_equal(n, 4096);
    assert_int_equal(bytes[1], pattern(8193));
    /* the run is ended while the disk works: nothing leaks, which rig_done and the sanitizer check */
    f.rig.budget.limit_bytes = LIMIT_HOST_BYTES;
    assert_host(host_file_advise(file, 0, 0, HOST_ADVICE_DONTNEED), 0);
    f.rig.stop = true;
    one = (struct iovec){bytes, 4096};
    int r = host_file_pread(file, &one, 1, 1024 * 1024, &n);
    assert_true(r == HOST_STOP || r == 0);
    assert_host(host_file_sync(file, false), HOST_STOP);
    struct iovec all = {bytes, LARGE_BYTES};
    assert_host(host_file_pwrite(file, &all, 1, 0, &n), HOST_STOP);
    mem_free(bytes);
    file = host_file_unref(file);
    done(&f);
}

static void test_sync_flags(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    HOST_FILE_AUTO *file = NULL;
    struct iovec iov = text_iov("x");
    size_t n;
    assert_host(open_file(f.dir, "sync", OPEN(.write = true, .create = true, .flags = HOST_DSYNC), &file), 0);
    uint64_t waits = host_figures(f.rig.host).waits;
    assert_host(host_file_write(file, &iov, 1, &n), 0);
    assert_int_equal(n, 1);
    assert_true(host_figures(f.rig.host).waits > waits);
    file = host_file_unref(file);
    done(&f);
}

/* A disk that is full, by a limit on the size of files. */
static void test_no_space(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    HOST_FILE_AUTO *file = NULL;
    assert_host(open_file(f.dir, "full", OPEN(.write = true, .create = true), &file), 0);
    char bytes[100] = {0};
    struct iovec iov = {bytes, sizeof(bytes)};
    size_t n = 0;
#ifdef ARCELLA_FAULTS
    fault_set(FAULT_SYS, 1, ENOSPC);
    assert_host(host_file_write(file, &iov, 1, &n), HOST_E_NOSPC);
    fault_set(FAULT_SYS, 1, EIO);
    assert_host(host_file_pwrite(file, &iov, 1, 0, &n), HOST_E_IO);
    fault_set(FAULT_SYS, 0, 0);
#endif
    assert_host(host_file_write(file, &iov, 1, &n), 0);
    file = host_file_unref(file);
    done(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_write), cmocka_unit_test(test_rights),
        cmocka_unit_test(test_append),     cmocka_unit_test(test_size_and_times),
        cmocka_unit_test(test_large),      cmocka_unit_test(test_sync_flags),
        cmocka_unit_test(test_no_space),
    };
    return cmocka_run_group_tests(tests, rig_enter, rig_leave);
}
