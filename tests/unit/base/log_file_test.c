/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Log files: rotation by size, whole lines only, lost lines counted and told. */
#include "torture.h"

#include <sys/resource.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/text.h"
#include "folder.h"

static const struct log_about about = {.unit = LOG_DAEMON};

static struct log_file *open_log(const char *name, uint64_t bytes_max, unsigned count, bool json) {
    struct log_file *file = NULL;
    ERROR_AUTO *e = NULL;
    if (log_file_open(AT_FDCWD, name, bytes_max, count, json, &file, &e) < 0)
        fail_msg("%s", arcella_error_message(e));
    log_add_sink(log_sink_file, file);
    return file;
}

static void close_log(struct log_file *file) {
    log_remove_sink(log_sink_file, file);
    log_file_free(file);
}

static void read_file(const char *name, struct buffer *to) {
    buffer_clear(to);
    ERROR_AUTO *e = NULL;
    if (file_read(AT_FDCWD, name, MIB, to, &e) < 0)
        fail_msg("%s", arcella_error_message(e));
}

static void lines_are_appended(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) { /* also to what was there */
        struct log_file *file = open_log("append", MIB, 3, i == 1);
        log_event(LOG_INFO, &about, "a line", "i=%d", i);
        close_log(file);
    }
    BUFFER_AUTO b = BUFFER_INIT(MIB);
    read_file("append", &b);
    assert_non_null(strstr(b.data, "msg=\"a line\" i=0\n{\"ts\""));
    assert_true(text_ends(b.data, "\"msg\":\"a line\",\"i\":1}\n"));
    struct stat st;
    assert_int_equal(stat("append", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void files_rotate_by_size(void **state) {
    (void)state;
    assert_int_equal(mkdir("rotate", 0700), 0);
    FD_AUTO dir = open("rotate", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct log_file *file = NULL;
    assert_int_equal(log_file_open(dir, "log", 200, 2, false, &file, NULL), 0);
    log_add_sink(log_sink_file, file);
    for (int i = 0; i < 12; i++) /* about 60 bytes each: three a file */
        log_event(LOG_INFO, &about, "line", "i=%02d", i);
    close_log(file);
    BUFFER_AUTO b = BUFFER_INIT(MIB);
    static const struct {
        const char *name;
        const char *last;
    } files[] = {{"rotate/log", "i=11\n"}, {"rotate/log.1", "i=08\n"}, {"rotate/log.2", "i=05\n"}};
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        read_file(files[i].name, &b);
        assert_true(b.length <= 200);
        assert_true(text_ends(b.data, files[i].last));
    }
    assert_int_equal(folder_count("rotate"), 3);
}

static void without_old_files_it_begins_anew(void **state) {
    (void)state;
    assert_int_equal(mkdir("none", 0700), 0);
    struct log_file *file = NULL;
    FD_AUTO dir = open("none", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(log_file_open(dir, "log", 100, 0, false, &file, NULL), 0);
    log_add_sink(log_sink_file, file);
    for (int i = 0; i < 5; i++)
        log_event(LOG_INFO, &about, "line", "i=%d", i);
    close_log(file);
    BUFFER_AUTO b = BUFFER_INIT(MIB);
    read_file("none/log", &b);
    assert_true(text_ends(b.data, "msg=line i=4\n"));
    assert_int_equal(folder_count("none"), 1);
}

static void a_line_larger_than_a_file_is_kept(void **state) {
    (void)state;
    struct log_file *file = open_log("small", 10, 1, false);
    log_event(LOG_INFO, &about, "first", NULL);
    log_event(LOG_INFO, &about, "second", NULL);
    close_log(file);
    BUFFER_AUTO b = BUFFER_INIT(MIB);
    read_file("small", &b);
    assert_true(text_ends(b.data, "msg=second\n"));
    read_file("small.1", &b);
    assert_true(text_ends(b.data, "msg=first\n"));
}

static void strange_names_and_things_are_refused(void **state) {
    (void)state;
    struct log_file *file = NULL;
    char name[256];
    memset(name, 'x', 255);
    name[255] = '\0';
    ERROR_AUTO *e = NULL;
    assert_int_equal(log_file_open(AT_FDCWD, name, 100, 1, false, &file, &e), ARCELLA_E_INVALID);
    assert_int_equal(log_file_open(AT_FDCWD, "a/b", 100, 1, false, &file, &e), ARCELLA_E_INVALID);
    assert_int_equal(log_file_open(AT_FDCWD, "a", 0, 1, false, &file, &e), ARCELLA_E_INVALID);
    assert_int_equal(log_file_open(AT_FDCWD, "a", 1, 100000, false, &file, &e), ARCELLA_E_INVALID);
    assert_int_equal(symlink("elsewhere", "link"), 0);
    assert_int_equal(log_file_open(AT_FDCWD, "link", 100, 1, false, &file, &e), ARCELLA_E_SYSTEM);
    assert_int_equal(log_file_open(-1, "a", 100, 1, false, &file, &e), ARCELLA_E_SYSTEM);
    assert_null(file);
}

/* What the other sinks hear. */
static char heard[4][64];
static unsigned heard_count;

static void hear(const struct log_line *line, void *user) {
    (void)user;
    if (line->about.unit == LOG_DAEMON && heard_count < ARRAY_LENGTH(heard))
        snprintf(heard[heard_count++], sizeof(heard[0]), "%.*s %s", (int)line->message_length, line->message,
                 line->fields);
}

static void a_full_disk_loses_whole_lines_and_says_so_once(void **state) {
    (void)state;
    /* A limit on the size of files stands for the disk: writes go short, then fail. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigaction(SIGXFSZ, &ignore, &before);
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct log_file *file = open_log("full", MIB, 2, false);
    struct log_about guest = {.unit = LOG_GUEST};
    log_event(LOG_INFO, &guest, "fits", NULL);
    struct stat st;
    assert_int_equal(stat("full", &st), 0);
    off_t size = st.st_size;
    struct rlimit low = {(rlim_t)size + 10, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    heard_count = 0;
    log_add_sink(hear, NULL);
    for (int i = 0; i < 5; i++)
        log_event(LOG_INFO, &guest, "does not fit", NULL);
    assert_int_equal(stat("full", &st), 0);
    assert_int_equal(st.st_size, size); /* no half line */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    log_event(LOG_INFO, &guest, "fits again", NULL);
    log_remove_sink(hear, NULL);
    close_log(file);
    sigaction(SIGXFSZ, &before, NULL);
    assert_int_equal(heard_count, 2);
    assert_string_equal(heard[0], "log file cannot be written, lines are lost errno=ENOSPC");
    assert_string_equal(heard[1], "log file can be written again lost=5");
    BUFFER_AUTO b = BUFFER_INIT(MIB);
    read_file("full", &b);
    assert_true(text_ends(b.data, "unit=guest msg=\"fits again\"\n"));
    assert_null(strstr(b.data, "does not fit"));
}

#ifdef ARCELLA_FAULTS
static void rotate_under_fault(uint64_t nth) {
    assert_int_equal(mkdir("faulty", 0700), 0);
    FD_AUTO dir = open("faulty", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct log_file *file = NULL;
    int before = folder_descriptors();
    fault_set(FAULT_SYS, nth, EIO);
    if (log_file_open(dir, "log", 200, 2, false, &file, NULL) == 0) {
        log_add_sink(log_sink_file, file);
        for (int i = 0; i < 12; i++)
            log_event(LOG_INFO, &about, "line", "i=%02d", i);
        fault_set(FAULT_SYS, 0, 0);
        /* Got over: the next line is there. */
        log_event(LOG_INFO, &about, "line", "i=12");
        close_log(file);
        BUFFER_AUTO b = BUFFER_INIT(MIB);
        read_file("faulty/log", &b);
        assert_true(b.length <= 200);
        assert_true(text_ends(b.data, "i=12\n"));
    }
    fault_set(FAULT_SYS, 0, 0);
    assert_int_equal(folder_descriptors(), before);
    assert_int_equal(dir_remove_tree(AT_FDCWD, "faulty", NULL), 0);
}
#endif

static void every_failing_call_is_got_over(void **state) {
    (void)state;
#ifdef ARCELLA_FAULTS
    for (uint64_t nth = 1; nth < 40; nth++)
        rotate_under_fault(nth);
#else
    skip();
#endif
}

static int open_and_close(void *user, arcella_error **reterr) {
    (void)user;
    int before = folder_descriptors();
    struct log_file *file = NULL;
    int r = log_file_open(AT_FDCWD, "torture", MIB, 2, false, &file, reterr);
    log_file_free(file);
    assert_int_equal(folder_descriptors(), before);
    return r;
}

static void opening_fails_cleanly(void **state) {
    (void)state;
    torture_alloc(open_and_close, NULL);
    torture_sys(open_and_close, NULL, EIO, ARCELLA_E_SYSTEM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_appended),
        cmocka_unit_test(files_rotate_by_size),
        cmocka_unit_test(without_old_files_it_begins_anew),
        cmocka_unit_test(a_line_larger_than_a_file_is_kept),
        cmocka_unit_test(strange_names_and_things_are_refused),
        cmocka_unit_test(a_full_disk_loses_whole_lines_and_says_so_once),
        cmocka_unit_test(every_failing_call_is_got_over),
        cmocka_unit_test(opening_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
