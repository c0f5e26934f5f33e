/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every function of preview 1 with every pointer, descriptor, number and flag wrong, one at a time, all else
 * being right.  The cases come from the rows, so a new function is tested by being there.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "wasi/preview1/abi.h"

#define PAGE    65536u
#define TEXT_AT 1024u /* "name" */
#define IOVS_AT 2048u /* one iovec of 8 bytes */
#define DATA_AT 4096u

enum { DIR_FD = 3, LISTENER_FD = 4, FILE_FD = 5, SOCKET_FD = 6 };

static struct rig rig;
static int peer = -1; /* the other end of SOCKET_FD */

static int listener(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static int open_rig(void **state) {
    (void)state;
    int listeners[] = {listener()};
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    assert_int_equal(getsockname(listeners[0], (struct sockaddr *)&address, &size), 0);
    const char *args[] = {"guest", "one"};
    const char *env[] = {"A=1"};
    struct wasi_options options = WASI_OPTIONS_INIT;
    options.args = args;
    options.args_count = 2;
    options.env = env;
    options.env_count = 1;
    options.listeners = listeners;
    options.listeners_count = 1;
    rig_start(&rig, rig_program, &options, RIG_WRITABLE);
    rig_put(&rig, TEXT_AT, "name");
    rig_iovec(&rig, IOVS_AT, DATA_AT, 8);
    uint64_t rights = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE;
    assert_errno(rig_call(&rig, "path_open", DIR_FD, 0, TEXT_AT, 4, WASI_O_CREAT, rights, 0, 0, DATA_AT),
                 "success");
    assert_int_equal(rig_u32(&rig, DATA_AT), FILE_FD);
    peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(peer, (struct sockaddr *)&address, size), 0);
    assert_errno(rig_call(&rig, "sock_accept", LISTENER_FD, 0, DATA_AT), "success");
    assert_int_equal(rig_u32(&rig, DATA_AT), SOCKET_FD);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    rig_stop(&rig);
    peer = fd_close(peer);
    return 0;
}

/* A descriptor that has the right. */
static uint32_t descriptor_with(uint32_t right) {
    if (right == WASI_RIGHT_SOCK_ACCEPT)
        return LISTENER_FD;
    if (right == WASI_RIGHT_SOCK_SHUTDOWN)
        return SOCKET_FD;
    const uint32_t of_files = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_SEEK |
                              WASI_RIGHT_FD_TELL | WASI_RIGHT_FD_ADVISE | WASI_RIGHT_FD_ALLOCATE |
                              WASI_RIGHT_FD_FILESTAT_SET_SIZE | WASI_RIGHT_FD_FDSTAT_SET_FLAGS |
                              WASI_RIGHT_FD_SYNC | WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_FILESTAT_GET |
                              WASI_RIGHT_FD_FILESTAT_SET_TIMES;
    return right & of_files || !right ? FILE_FD : DIR_FD;
}

/* One call in the making: values, and where each parameter's first value is. */
struct call {
    const struct preview1_row *row;
    uint64_t values[16];
    size_t count;
    size_t at[PREVIEW1_PARAMETERS_MAX];
};

static void make_good(const struct preview1_row *row, struct call *call) {
    *call = (struct call){.row = row};
    for (size_t i = 0; row->parameters[i].name; i++) {
        const struct preview1_parameter *p = &row->parameters[i];
        uint64_t *v = &call->values[call->count];
        call->at[i] = call->count;
        call->count++;
        switch (p->kind) {
        case PREVIEW1_KIND_FD: v[0] = descriptor_with(p->more); break;
        case PREVIEW1_KIND_NUMBER: v[0] = FILE_FD; break;
        case PREVIEW1_KIND_U32: v[0] = 1; break;
        case PREVIEW1_KIND_TEXT: v[0] = TEXT_AT, v[1] = 4, call->count++; break;
        case PREVIEW1_KIND_BUFFER: v[0] = DATA_AT, v[1] = 64, call->count++; break;
        case PREVIEW1_KIND_IOVS_READ:
        case PREVIEW1_KIND_IOVS_WRITE: v[0] = IOVS_AT, v[1] = 1, call->count++; break;
        case PREVIEW1_KIND_U64:
        case PREVIEW1_KIND_S64:
        case PREVIEW1_KIND_ENUM:
        case PREVIEW1_KIND_FLAGS: break;
        default: v[0] = DATA_AT + 8192 + 64 * i; break;
        }
    }
}

static uint8_t before[PAGE];

/* Make the call; the guest's memory must be as it was. */
static void expect(const struct call *call, const char *name, const char *what) {
    memcpy(before, rig_at(&rig, 0), PAGE);
    int answer = rig_call_values(&rig, call->row->name, call->values, call->count);
    if (answer < 0)
        fail_msg("%s, %s: ended the run: %s", call->row->name, what, rig.outcome.message);
    if (strcmp(preview1_errno_name((unsigned)answer), name) != 0)
        fail_msg("%s, %s: %s instead of %s", call->row->name, what, preview1_errno_name((unsigned)answer),
                 name);
    if (memcmp(before, rig_at(&rig, 0), PAGE) != 0)
        fail_msg("%s, %s: wrote to memory", call->row->name, what);
}

static bool is_pointer(enum preview1_kind kind) {
    return kind >= PREVIEW1_KIND_TEXT;
}

static bool has_length(enum preview1_kind kind) {
    return kind >= PREVIEW1_KIND_TEXT && kind <= PREVIEW1_KIND_IOVS_WRITE;
}

static uint32_t alignment_of(const struct preview1_parameter *p) {
    switch (p->kind) {
    case PREVIEW1_KIND_IOVS_READ:
    case PREVIEW1_KIND_IOVS_WRITE: return 4;
    case PREVIEW1_KIND_TEXT:
    case PREVIEW1_KIND_BUFFER: return 1;
    default: return p->more;
    }
}

#define EACH_ROW(import, i, count)                                                                           \
    size_t count;                                                                                            \
    const struct engine_import *import = wasi_preview1_imports(&count);                                      \
    for (size_t i = 0; i < count; i++)

static void every_pointer_out_of_bounds(void **state) {
    (void)state;
    /* Aligned to 8, so that nothing but the bounds is wrong. */
    static const uint32_t addresses[] = {PAGE, PAGE + 8, 2 * PAGE, 0x7ffffff8, 0x80000000, 0xfffffff8};
    unsigned tried = 0;
    EACH_ROW(imports, i, count) {
        const struct preview1_row *row = imports[i].row;
        for (size_t p = 0; row->parameters[p].name; p++) {
            if (!is_pointer(row->parameters[p].kind))
                continue;
            for (size_t a = 0; a < ARRAY_LENGTH(addresses); a++) {
                struct call call;
                make_good(row, &call);
                call.values[call.at[p]] = addresses[a];
                expect(&call, "fault", row->parameters[p].name);
                tried++;
            }
        }
    }
    assert_true(tried >= 6 * 40);
}

static void every_range_that_leaves_memory(void **state) {
    (void)state;
    /* address, length: ends one past the end, is as long as can be, wraps around in 32 bits */
    static const uint32_t ranges[][2] = {{PAGE - 8, 9}, {8, 0xffffffff}, {0xfffffff8, 16}, {0, PAGE + 1}};
    EACH_ROW(imports, i, count) {
        const struct preview1_row *row = imports[i].row;
        for (size_t p = 0; row->parameters[p].name; p++) {
            if (!has_length(row->parameters[p].kind))
                continue;
            for (size_t a = 0; a < ARRAY_LENGTH(ranges); a++) {
                struct call call;
                make_good(row, &call);
                call.values[call.at[p]] = ranges[a][0];
                call.values[call.at[p] + 1] = ranges[a][1];
                expect(&call, "fault", row->parameters[p].name);
            }
        }
    }
}

static void every_pointer_misaligned(void **state) {
    (void)state;
    unsigned tried = 0;
    EACH_ROW(imports, i, count) {
        const struct preview1_row *row = imports[i].row;
        for (size_t p = 0; row->parameters[p].name; p++) {
            if (!is_pointer(row->parameters[p].kind))
                continue;
            for (uint32_t by = 1; by < alignment_of(&row->parameters[p]); by++) {
                struct call call;
                make_good(row, &call);
                call.values[call.at[p]] += by;
                expect(&call, "inval", row->parameters[p].name);
                tried++;
            }
        }
    }
    assert_true(tried > 40);
}

static void every_descriptor_wrong(void **state) {
    (void)state;
    static const uint32_t numbers[] = {7, 1000, LIMIT_OPEN_FILES, 0x7fffffff, 0x80000000, 0xffffffff};
    EACH_ROW(imports, i, count) {
        const struct preview1_row *row = imports[i].row;
        for (size_t p = 0; row->parameters[p].name; p++) {
            enum preview1_kind kind = row->parameters[p].kind;
            if (kind != PREVIEW1_KIND_FD && kind != PREVIEW1_KIND_NUMBER)
                continue;
            for (size_t n = 0; n < ARRAY_LENGTH(numbers); n++) {
                struct call call;
                make_good(row, &call);
                call.values[call.at[p]] = numbers[n];
                expect(&call, "badf", row->parameters[p].name);
            }
        }
    }
}

static void every_number_out_of_range(void **state) {
    (void)state;
    EACH_ROW(imports, i, count) {
        const struct preview1_row *row = imports[i].row;
        for (size_t p = 0; row->parameters[p].name; p++) {
            const struct preview1_parameter *parameter = &row->parameters[p];
            if (parameter->kind != PREVIEW1_KIND_ENUM && parameter->kind != PREVIEW1_KIND_FLAGS)
                continue;
            uint32_t numbers[] = {parameter->more + 1, parameter->more | 0x80000000, 0xffffffff};
            for (size_t n = 0; n < ARRAY_LENGTH(numbers); n++) {
                struct call call;
                make_good(row, &call);
                call.values[call.at[p]] = numbers[n];
                expect(&call, "inval", parameter->name);
            }
        }
    }
}

static void iovecs_that_lie(void **state) {
    (void)state;
    static const struct {
        uint32_t buf, length, count;
        const char *answer, *what;
    } cases[] = {
        {PAGE, 1, 1, "fault", "behind the end"},
        {PAGE - 4, 8, 1, "fault", "over the end"},
        {0xffffffff, 1, 1, "fault", "the last address"},
        {0xfffffff0, 0x20, 1, "fault", "around the end of 32 bits"},
        {0, 0xffffffff, 1, "fault", "as long as can be"},
        {DATA_AT, 8, 0x20000000, "fault", "a count whose product is 0 in 32 bits"},
        {DATA_AT, 8, 0xffffffff, "fault", "a count as large as can be"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        rig_iovec(&rig, IOVS_AT, cases[i].buf, cases[i].length);
        static const char *const names[] = {"fd_read", "fd_write", "sock_send"};
        for (size_t n = 0; n < ARRAY_LENGTH(names); n++) {
            uint64_t values[] = {FILE_FD, IOVS_AT, cases[i].count, DATA_AT, 0};
            /* sock_send has its flags before the result */
            if (n == 2)
                values[3] = 0, values[4] = DATA_AT;
            int answer = rig_call_values(&rig, names[n], values, n == 2 ? 5 : 4);
            if (strcmp(preview1_errno_name((unsigned)answer), cases[i].answer) != 0)
                fail_msg("%s, %s: %s", names[n], cases[i].what, preview1_errno_name((unsigned)answer));
        }
    }
    rig_iovec(&rig, IOVS_AT, DATA_AT, 8);
}

/* More iovecs than one call looks at: a short count, and what is behind them is not even looked at. */
static void iovecs_without_end(void **state) {
    (void)state;
    uint32_t at = 16384, total = 4000;
    for (uint32_t i = 0; i < total; i++)
        rig_iovec(&rig, at + 8 * i, i < 2000 ? DATA_AT : 0xffffffff, 1);
    assert_errno(rig_call(&rig, "fd_write", FILE_FD, at, total, DATA_AT), "success");
    assert_int_equal(rig_u32(&rig, DATA_AT), PREVIEW1_IOVS_MAX);
    /* Empty ones are passed over, however many there are. */
    for (uint32_t i = 0; i < total; i++)
        rig_iovec(&rig, at + 8 * i, 0, i + 1 == total ? 5 : 0);
    assert_errno(rig_call(&rig, "fd_write", FILE_FD, at, total, DATA_AT), "success");
    assert_int_equal(rig_u32(&rig, DATA_AT), 5);
}

static void text_that_is_none(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t length;
        const char *answer;
    } cases[] = {
        {"\xff\xfe", 2, "ilseq"},
        {"a\xc0\xaf", 3, "ilseq"},
        {"\xed\xa0\x80", 3, "ilseq"},
        {"\xf4\x90\x80\x80", 4, "ilseq"},
        {"a\xe2\x82", 3, "ilseq"},
        {"a\0b", 3, "inval"},
        {"", 0, "noent"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        memcpy(rig_at(&rig, DATA_AT), cases[i].bytes, cases[i].length);
        assert_errno(rig_call(&rig, "path_create_directory", DIR_FD, DATA_AT, cases[i].length),
                     cases[i].answer);
    }
    /* A path as long as memory. */
    memset(rig_at(&rig, DATA_AT), 'a', PAGE - DATA_AT);
    assert_errno(rig_call(&rig, "path_create_directory", DIR_FD, DATA_AT, PAGE - DATA_AT), "nametoolong");
}

/* Any value for anything: nothing but an errno ever comes back.  Left out is what may rightly wait or fill
 * the disk. */
static void anything_for_anything(void **state) {
    (void)state;
    static const char *const left_out[] = {"proc_exit", "proc_raise", "poll_oneoff", "sock_accept",
                                           "fd_allocate"};
    static const uint64_t interesting[] = {0,          1,          2,          3,          4,
                                           5,          8,          255,        TEXT_AT,    IOVS_AT,
                                           DATA_AT,    PAGE - 8,   PAGE,       0x7fffffff, 0x80000000,
                                           0xfffffff8, 0xffffffff, 1ull << 40, 1ull << 63, UINT64_MAX};
    const char *given = getenv("ARCELLA_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
    print_message("seed %" PRIu64 "\n", seed);
    size_t count;
    const struct engine_import *imports = wasi_preview1_imports(&count);
    for (unsigned round = 0; round < 20000; round++) {
        struct call call;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        make_good(imports[(seed >> 33) % count].row, &call);
        bool skip = false;
        for (size_t i = 0; i < ARRAY_LENGTH(left_out); i++)
            skip = skip || strcmp(call.row->name, left_out[i]) == 0;
        if (skip)
            continue;
        for (size_t i = 0; i < call.count; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            if ((seed >> 60) < 8)
                call.values[i] = interesting[(seed >> 33) % ARRAY_LENGTH(interesting)];
        }
        int answer = rig_call_values(&rig, call.row->name, call.values, call.count);
        if (answer < 0 || answer >= WASI_ERRNOS)
            fail_msg("round %u, %s: %d, %s", round, call.row->name, answer, rig.outcome.message);
    }
}

/* With every right given up, nothing that needs one goes through. */
static void every_right_missing(void **state) {
    (void)state;
    for (uint32_t fd = DIR_FD; fd <= SOCKET_FD; fd++)
        assert_errno(rig_call(&rig, "fd_fdstat_set_rights", fd, 0, 0), "success");
    unsigned tried = 0;
    EACH_ROW(imports, i, count) {
        const struct preview1_row *row = imports[i].row;
        for (size_t p = 0; row->parameters[p].name; p++) {
            if (row->parameters[p].kind != PREVIEW1_KIND_FD || !row->parameters[p].more)
                continue;
            struct call call;
            make_good(row, &call);
            expect(&call, "notcapable", row->parameters[p].name);
            tried++;
        }
    }
    assert_true(tried >= 28);
    /* And they do not come back. */
    assert_errno(rig_call(&rig, "fd_fdstat_set_rights", FILE_FD, WASI_RIGHT_FD_READ, 0), "notcapable");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_pointer_out_of_bounds, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(every_range_that_leaves_memory, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(every_pointer_misaligned, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(every_descriptor_wrong, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(every_number_out_of_range, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(iovecs_that_lie, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(iovecs_without_end, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(text_that_is_none, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(anything_for_anything, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(every_right_missing, open_rig, close_rig),
    };
    return cmocka_run_group_tests_name("wasi hostile", tests, rig_open, rig_close);
}
