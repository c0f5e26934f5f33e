/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What an embedder grants an instance: one component uses files of WASI and a function of the embedder's in
 * the same run; outside of what it was granted it gets its interface's own error, and the embedder is told
 * what would allow it.  The guest (wasi/p2/guest.h) makes one call of one import for each call of the test.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/api.h"
#include "base/fault.h"
#include "base/fd.h"
#include "component/run/instance.h"
#include "wasi/p2/errors.h"
#include "wasi/p2/guest.h"

enum { RET = 0x1000, TEXT_AT = 0x2000, DATA = 0x10000 };
enum { READ = 1, WRITE = 2, MUTATE = 32, CREATE = 1 };

static arcella_runtime *runtime;
static arcella_component *component;
static arcella_instance *instance;
static arcella_error *error;
static uint8_t *memory;
static char folder[64], room[128], writable[160];
/* What the callbacks heard. */
static char refused[512], lines[512], said[128];
static unsigned refusals;

static int open_library(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/arcella-given-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    snprintf(room, sizeof room, "--dir %s::/data", folder);
    snprintf(writable, sizeof writable, "%s:rw", room);
    refusals = 0;
    *refused = *lines = *said = '\0';
    return arcella_runtime_new(NULL, &runtime, NULL) ||
           arcella_component_load(runtime, "guest", "1", guest_bytes, sizeof guest_bytes, &component, NULL);
}

static int close_library(void **state) {
    (void)state;
    arcella_runtime_free(runtime);
    arcella_error_free(error);
    error = NULL;
    runtime = NULL;
    instance = NULL;
    return dir_remove_tree(AT_FDCWD, folder, NULL);
}

static void on_refusal(const struct arcella_refusal *refusal, void *user) {
    (void)user;
    assert_int_equal(refusal->size, sizeof *refusal);
    assert_ptr_equal(refusal->instance, instance);
    refusals++;
    snprintf(refused, sizeof refused, "%s %s %s: %s%s", refusal->class_name, refusal->action,
             refusal->resource, refusal->denied ? "denied by " : "", refusal->grant);
}

static void on_output(arcella_instance *of, int stream, const char *line, size_t length, void *user) {
    (void)user;
    assert_ptr_equal(of, instance);
    if (stream == 0)
        snprintf(said, sizeof said, "%.*s", (int)length, line);
    size_t used = strlen(lines);
    snprintf(lines + used, sizeof lines - used, "%d:%.*s\n", stream, (int)length, line);
}

static struct arcella_wasi with(const char *const *grants, size_t count) {
    struct arcella_wasi wasi = ARCELLA_WASI_INIT;
    wasi.grants = grants;
    wasi.grants_count = count;
    wasi.on_refusal = on_refusal;
    wasi.on_output = on_output;
    return wasi;
}

static uint8_t *memory_of(const struct component_instance *of) {
    for (uint32_t i = 0; i < of->component->program->item_count; i++)
        if (of->bases[i])
            return of->bases[i];
    return NULL;
}

static int try_to_make(const struct arcella_wasi *wasi, const struct arcella_limits *limits) {
    arcella_error_free(error);
    arcella_instance_free(instance);
    error = NULL;
    instance = NULL;
    int r = arcella_instance_new_wasi(component, limits, wasi, &instance, &error);
    if (!r)
        memory = memory_of(instance->component);
    return r;
}

static void make(const struct arcella_wasi *wasi) {
    if (try_to_make(wasi, NULL))
        fail_msg("%s", arcella_error_message(error));
}

#define MAKE(...)                                                                                            \
    do {                                                                                                     \
        const char *const grants_[] = {__VA_ARGS__};                                                         \
        struct arcella_wasi wasi_ = with(grants_, ARRAY_LENGTH(grants_));                                    \
        make(&wasi_);                                                                                        \
    } while (0)

/* --- calls --- */

static uint32_t number_of(const char *name) {
    uint32_t number = 0;
    while (number < ARRAY_LENGTH(guest_imports) && strcmp(guest_imports[number].name, name) != 0)
        number++;
    assert_true(number < ARRAY_LENGTH(guest_imports));
    return number;
}

static int ask(const char *name, const uint64_t *values, size_t count, uint64_t *ret) {
    struct arcella_value args[16], result;
    args[0] = arcella_value_u32(number_of(name));
    for (size_t i = 0; i < 15; i++)
        args[i + 1] = arcella_value_u64(i < count ? values[i] : 0);
    arcella_error_free(error);
    error = NULL;
    int r = arcella_instance_call(instance, "call", args, 16, &result, &error);
    if (!r)
        *ret = result.of.u64;
    return r;
}

static uint64_t asked(const char *name, const uint64_t *values, size_t count) {
    uint64_t result = 0;
    if (ask(name, values, count, &result))
        fail_msg("%s: %s", name, arcella_error_message(error));
    return result;
}

#define VALUES_(...)    ((const uint64_t[]){0, ##__VA_ARGS__} + 1)
#define COUNT_(...)     (sizeof((const uint64_t[]){0, ##__VA_ARGS__}) / sizeof(uint64_t) - 1)
#define CALL(name, ...) asked((name), VALUES_(__VA_ARGS__), COUNT_(__VA_ARGS__))

static uint32_t u32_at(uint32_t address) {
    uint32_t n;
    memcpy(&n, memory + address, sizeof n);
    return n;
}

static uint32_t put(uint32_t address, const char *text) {
    uint32_t length = 0;
    for (; text[length]; length++)
        memory[address + length] = (uint8_t)text[length];
    return length;
}

static void assert_text(uint32_t where, const char *text) {
    assert_int_equal(u32_at(where + 4), strlen(text));
    assert_memory_equal(memory + u32_at(where), text, strlen(text));
}

static const char *file_error(uint32_t offset) {
    return memory[RET] ? p2_file_error_name(memory[RET + offset]) : "none";
}

static const char *socket_error(uint32_t offset) {
    return memory[RET] ? p2_socket_error_name(memory[RET + offset]) : "none";
}

/* @return a handle of the directory with this path; "/" where none is granted refuses everything */
static uint64_t directory(const char *path) {
    CALL("get-directories", RET);
    uint32_t list = u32_at(RET), count = u32_at(RET + 4);
    for (uint32_t at = list; at < list + 12 * count; at += 12)
        if (u32_at(at + 8) == strlen(path) && memcmp(memory + u32_at(at + 4), path, strlen(path)) == 0)
            return u32_at(at);
    fail_msg("no directory %s", path);
    return 0;
}

static void open_at(uint64_t dir, const char *path, uint64_t how, uint64_t flags) {
    CALL("[method]descriptor.open-at", dir, 0, TEXT_AT, put(TEXT_AT, path), how, flags, RET);
}

static int host_number(arcella_call *call, void *user) {
    struct arcella_slot result;
    int r = arcella_call_result(call, &result);
    if (!r)
        arcella_slot_u64(result, ++*(uint64_t *)user);
    return r;
}

/* --- files, and a function of the embedder's --- */

static void files_and_a_function(void **state) {
    (void)state;
    uint64_t count = 40;
    char read[32] = "", path[128];
    assert_int_equal(arcella_host_func(runtime, "wasi:random/random@0.2.0", "get-random-u64", "() -> u64",
                                       host_number, &count, NULL),
                     0);
    MAKE(writable);
    uint64_t dir = directory("/data");
    assert_int_equal(CALL("get-random-u64"), 41);
    open_at(dir, "out.txt", CREATE, READ | WRITE);
    assert_string_equal(file_error(4), "none");
    uint64_t file = u32_at(RET + 4);
    CALL("[method]descriptor.write", file, TEXT_AT, put(TEXT_AT, "written by a guest"), 0, RET);
    assert_string_equal(file_error(8), "none");
    assert_int_equal(CALL("get-random-u64"), 42);
    CALL("[method]descriptor.read", file, 100, 11, RET);
    assert_string_equal(file_error(4), "none");
    assert_text(RET + 4, "a guest");
    snprintf(path, sizeof path, "%s/out.txt", folder);
    FD_AUTO fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(fd, read, sizeof read - 1, 0), 18);
    assert_string_equal(read, "written by a guest");
    assert_int_equal(refusals, 0);
    /* Outside of it. */
    open_at(dir, "../secret", 0, READ);
    assert_string_equal(file_error(4), "not-permitted");
    open_at(dir, "/etc/passwd", 0, READ);
    assert_string_equal(file_error(4), "not-permitted");
    assert_true(refusals > 0);
    assert_int_equal(CALL("get-random-u64"), 43);
}

static void what_is_not_granted_is_refused_and_told(void **state) {
    (void)state;
    char wanted[256];
    MAKE(room);
    open_at(directory("/data"), "new", CREATE, WRITE);
    assert_string_equal(file_error(4), "read-only");
    snprintf(wanted, sizeof wanted, "fs write /data/new: %s", writable);
    assert_string_equal(refused, wanted);

    MAKE("--env A=1"); /* no directory: one that refuses everything */
    open_at(directory("/"), "data/x", 0, READ);
    assert_string_equal(file_error(4), "not-permitted");
    assert_string_equal(refused, "fs read /data/x: --dir HOSTDIR::/data");

    refusals = 0;
    for (int i = 0; i < 5; i++) /* told once, and counted */
        open_at(directory("/"), "it's/x", 0, READ);
    assert_int_equal(refusals, 1);
    assert_string_equal(refused, "fs read /it's/x: --dir HOSTDIR::/it's");
    arcella_instance *of = instance;
    arcella_instance_free(of); /* the other four */
    instance = NULL;
    assert_int_equal(refusals, 2);
}

static void what_is_denied_says_by_what(void **state) {
    (void)state;
    char deny[] = "--deny fs:write:/data/**";
    MAKE(writable, deny);
    open_at(directory("/data"), "new", CREATE, WRITE);
    assert_string_equal(file_error(4), "read-only");
    assert_string_equal(refused, "fs write /data/new: denied by --deny fs:write:/data/**");
}

/* --- texts and streams --- */

static void texts_are_given(void **state) {
    (void)state;
    MAKE("--arg one", "--env A=1", "--arg ", "--env SECRET_KEY=x", "--env B=two words",
         "--deny env:read:SECRET*", "--arg 'quoted'");
    static const char *const args[] = {"guest", "one", "", "'quoted'"};
    CALL("get-arguments", RET);
    assert_int_equal(u32_at(RET + 4), 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_text(u32_at(RET) + 8 * i, args[i]);
    CALL("get-environment", RET);
    assert_int_equal(u32_at(RET + 4), 2);
    assert_text(u32_at(RET), "A");
    assert_text(u32_at(RET) + 16, "B");
    assert_text(u32_at(RET) + 24, "two words");
}

static void write_out(uint64_t stream, const char *text) {
    CALL("[method]output-stream.blocking-write-and-flush", stream, TEXT_AT, put(TEXT_AT, text), RET);
}

static void lines_are_told(void **state) {
    (void)state;
    MAKE("--arg x");
    write_out(CALL("get-stdout"), "one\ntwo");
    write_out(CALL("get-stderr"), "oh\n");
    assert_string_equal(lines, "1:one\n1:two\n2:oh\n"); /* what is unfinished comes with the end of a call */
}

/* Nobody can flood the embedder; how much is missing is said with the next line. */
static void lines_too_fast_are_counted(void **state) {
    (void)state;
    unsigned long dropped = 0;
    MAKE("--arg x");
    uint64_t stream = CALL("get-stdout");
    memset(memory + TEXT_AT, '\n', 4096);
    for (int i = 0; i < 4; i++)
        CALL("[method]output-stream.blocking-write-and-flush", stream, TEXT_AT, 4096, RET);
    CALL("[method]pollable.block", CALL("subscribe-duration", 50 * 1000 * 1000));
    write_out(stream, "last\n");
    assert_int_equal(sscanf(said, "%lu lines that came too fast were dropped", &dropped), 1);
    assert_in_range(dropped, 1, 3 * 4096);
}

static void descriptors_are_streams(void **state) {
    (void)state;
    int in[2], out[2];
    char read_back[16] = "";
    struct arcella_wasi wasi = with(NULL, 0);
    assert_int_equal(pipe(in) | pipe(out), 0);
    wasi.stdio[0] = in[0];
    wasi.stdio[1] = out[1];
    make(&wasi);
    close(in[0]); /* the instance has its own */
    close(out[1]);
    assert_int_equal(write(in[1], "from here", 9), 9);
    CALL("[method]input-stream.blocking-read", CALL("get-stdin"), 100, RET);
    assert_int_equal(memory[RET], 0);
    assert_text(RET + 4, "from here");
    uint64_t stdout_ = CALL("get-stdout");
    write_out(stdout_, "to there");
    assert_int_equal(read(out[0], read_back, sizeof read_back), 8);
    assert_string_equal(read_back, "to there");
    /* Nobody reads any more: the guest is told, and the program lives on. */
    close(out[0]);
    assert_ptr_not_equal(signal(SIGPIPE, SIG_DFL), SIG_ERR);
    write_out(stdout_, "gone");
    assert_int_equal(memory[RET], 1);
    sigset_t pending;
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    close(in[1]);
}

/* --- waiting --- */

static void it_may_wait(void **state) {
    (void)state;
    union arcella_flat flat[16] = {{.u32 = number_of("subscribe-duration")}};
    struct arcella_limits limits = ARCELLA_LIMITS_INIT;
    struct arcella_wasi wasi = with(NULL, 0);
    arcella_func *func;
    uint64_t result;
    make(&wasi);
    CALL("[method]pollable.block", CALL("subscribe-duration", 1000 * 1000));
    assert_int_equal(arcella_instance_func(instance, "call", &func, NULL), 0);
    flat[1].u64 = 1000 * 1000;
    assert_int_equal(arcella_func_call_flat(func, flat, NULL), 0);
    flat[1].u64 = flat[0].u64;
    flat[0].u64 = number_of("[method]pollable.block");
    assert_int_equal(arcella_func_call_flat(func, flat, NULL), 0);
    /* Not for longer than it may. */
    limits.call_wall_ms = 50;
    assert_int_equal(try_to_make(&wasi, &limits), 0);
    uint64_t never = CALL("subscribe-duration", UINT64_MAX);
    assert_int_equal(ask("[method]pollable.block", VALUES_(never), 1, &result), ARCELLA_E_TIMEOUT);
    assert_int_equal(ask("get-random-u64", VALUES_(0), 0, &result), ARCELLA_E_STATE);
}

/* --- the network --- */

static int connects_to(uint16_t port) {
    CALL("create-tcp-socket", 0, RET);
    assert_string_equal(socket_error(4), "none");
    uint64_t socket = u32_at(RET + 4), network = CALL("instance-network");
    CALL("[method]tcp-socket.start-connect", socket, network, 0, port, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, RET);
    if (memory[RET])
        return 1;
    uint64_t some = CALL("[method]tcp-socket.subscribe", socket);
    CALL("[method]pollable.block", some);
    CALL("[method]tcp-socket.finish-connect", socket, RET);
    return memory[RET];
}

/* What a refusal says can be given as it stands. */
static void a_refusal_names_what_allows_it(void **state) {
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    FD_AUTO fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size) | listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    MAKE("--net connect=192.0.2.1:1");
    assert_int_equal(connects_to(ntohs(address.sin_port)), 1);
    assert_string_equal(socket_error(1), "access-denied");
    const char *grant = strstr(refused, "--net ");
    assert_non_null(grant);
    char copy[128];
    snprintf(copy, sizeof copy, "%s", grant);
    MAKE(copy);
    assert_int_equal(connects_to(ntohs(address.sin_port)), 0);
}

static int resolve(const char *name, struct arcella_address *ret, size_t space, size_t *ret_count,
                   void *user) {
    static const struct arcella_address known = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}};
    (void)user;
    *ret_count = 0;
    if (strcmp(name, "none.example") == 0)
        return ARCELLA_E_NOT_FOUND;
    if (strcmp(name, "later.example") == 0)
        return ARCELLA_E_BUSY;
    if (strcmp(name, "broken.example") == 0)
        return -12345;
    *ret_count = strcmp(name, "liar.example") == 0 ? space + 1000 : 1;
    for (size_t i = 0; i < *ret_count && i < space; i++)
        ret[i] = known;
    return 0;
}

static const char *looked_up(const char *name) {
    CALL("resolve-addresses", CALL("instance-network"), TEXT_AT, put(TEXT_AT, name), RET);
    if (memory[RET])
        return socket_error(4);
    uint64_t stream = u32_at(RET + 4), some = CALL("[method]resolve-address-stream.subscribe", stream);
    CALL("[method]pollable.block", some);
    CALL("[resource-drop]pollable", some);
    CALL("[method]resolve-address-stream.resolve-next-address", stream, RET);
    if (memory[RET])
        return socket_error(2);
    assert_int_equal(memory[RET + 2], 1);
    assert_memory_equal(memory + RET + 6, "\xc0\0\2\7", 4);
    return "found";
}

static void names_are_the_embedders(void **state) {
    (void)state;
    static const char *const grants[] = {"--net resolve=*.example"};
    struct arcella_wasi wasi = with(grants, 1);
    make(&wasi);
    assert_string_equal(looked_up("a.example"), "permanent-resolver-failure"); /* nobody resolves */
    wasi.resolve = resolve;
    make(&wasi);
    assert_string_equal(looked_up("a.example"), "found");
    assert_string_equal(looked_up("liar.example"), "found");
    assert_string_equal(looked_up("none.example"), "name-unresolvable");
    assert_string_equal(looked_up("later.example"), "temporary-resolver-failure");
    assert_string_equal(looked_up("broken.example"), "permanent-resolver-failure");
    assert_string_equal(looked_up("a.test"), "access-denied");
    assert_string_equal(refused, "net resolve a.test: --net resolve=a.test");
}

static int asks_a_pipe(const char *name, struct arcella_address *ret, size_t space, size_t *ret_count,
                       void *user) {
    char c;
    (void)name;
    (void)ret;
    (void)space;
    *ret_count = 0;
    return read(*(int *)user, &c, 1) == 1 ? ARCELLA_E_NOT_FOUND : ARCELLA_E_SYSTEM;
}

/* An instance ends before its names are known: nothing is left, and nothing is told to what is not there. */
static void freed_while_a_name_is_asked(void **state) {
    (void)state;
    static const char *const grants[] = {"--net resolve=*"};
    struct arcella_wasi wasi = with(grants, 1);
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    wasi.resolve = asks_a_pipe;
    wasi.user = &gate[0];
    make(&wasi);
    CALL("resolve-addresses", CALL("instance-network"), TEXT_AT, put(TEXT_AT, "slow.example"), RET);
    assert_int_equal(memory[RET], 0);
    arcella_instance_free(instance);
    instance = NULL;
    assert_int_equal(write(gate[1], "x", 1), 1);
    arcella_runtime_free(runtime); /* waits for the thread */
    runtime = NULL;
    close(gate[0]);
    close(gate[1]);
}

/* --- what cannot be given --- */

static void wrong_grants(void **state) {
    (void)state;
    static const struct {
        const char *grant;
        int code;
        const char *says;
    } cases[] = {
        {NULL, ARCELLA_E_INVALID, "a grant is one of"},
        {"", ARCELLA_E_INVALID, "a grant is one of"},
        {"--dir", ARCELLA_E_INVALID, "a grant is one of"},
        {"--dir  ", ARCELLA_E_INVALID, "--dir"},
        {"--dir data::/data", ARCELLA_E_INVALID, "--dir"},
        {"--dir /tmp:/data", ARCELLA_E_INVALID, "--dir"},
        {"--dir /arcella/none::/x", ARCELLA_E_NOT_FOUND, "/arcella/none"},
        {"--dir /dev/null::/x", ARCELLA_E_SYSTEM, "/dev/null"},
        {"--env A", ARCELLA_E_INVALID, "--env"},
        {"--net connect=1.2.3.4", ARCELLA_E_INVALID, "--net"},
        {"--net fly=1.2.3.4:5", ARCELLA_E_INVALID, "--net"},
        {"--allow fs", ARCELLA_E_INVALID, "--allow"},
        {"--allow foo:read:x", ARCELLA_E_INVALID, "--allow"},
        {"--deny net:connect:", ARCELLA_E_INVALID, "--deny"},
        {"--secret A=/etc/hostname", ARCELLA_E_INVALID, "a grant is one of"},
        {"--allow env:secret:A=/etc/hostname", ARCELLA_E_UNSUPPORTED, "secrets"},
        {"--allow store:read:**", ARCELLA_E_UNSUPPORTED, "stores"},
        {"--allow host:kv:call:**", ARCELLA_E_UNSUPPORTED, "host modules"},
        {"--allow stdio:read:stdin", ARCELLA_E_UNSUPPORTED, "descriptors"},
        {"--audit-only", ARCELLA_E_INVALID, "a grant is one of"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct arcella_wasi wasi = with(&cases[i].grant, 1);
        int r = try_to_make(&wasi, NULL);
        if (r != cases[i].code || !strstr(arcella_error_message(error), cases[i].says))
            fail_msg("%s: %d %s", cases[i].grant, r, arcella_error_message(error));
        assert_null(instance);
    }
    struct arcella_wasi wasi = with(NULL, 3);
    assert_int_equal(try_to_make(&wasi, NULL), ARCELLA_E_INVALID);
    const char *const twice[] = {room, room};
    wasi = with(twice, 2);
    assert_int_equal(try_to_make(&wasi, NULL), ARCELLA_E_EXISTS);
    const char *const part[] = {writable, "--deny fs:read:/data/private"};
    wasi = with(part, 2);
    assert_int_equal(try_to_make(&wasi, NULL), ARCELLA_E_DENIED);
    wasi = with(NULL, 0);
    wasi.stdio[2] = 9999;
    assert_int_equal(try_to_make(&wasi, NULL), ARCELLA_E_INVALID);
    assert_non_null(strstr(arcella_error_message(error), "stdio[2]"));
    wasi = with(NULL, 0);
    wasi.size--;
    assert_int_equal(try_to_make(&wasi, NULL), ARCELLA_E_INVALID);
    wasi.size = sizeof wasi + 8;
    assert_int_equal(try_to_make(&wasi, NULL), ARCELLA_E_INVALID);
}

static void too_many(void **state) {
    (void)state;
    static char texts[2000][16];
    static const char *grants[2000];
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        snprintf(texts[i], sizeof texts[i], "--env V%zu=", i);
        grants[i] = texts[i];
    }
    struct arcella_wasi wasi = with(grants, ARRAY_LENGTH(grants));
    assert_int_equal(try_to_make(&wasi, NULL), ARCELLA_E_LIMIT);
}

/* Two instances of one component have what each was granted, and one without has nothing. */
static void each_has_its_own(void **state) {
    (void)state;
    arcella_instance *bare = NULL;
    assert_int_equal(arcella_instance_new_wasi(component, NULL, NULL, &bare, NULL), 0);
    MAKE(writable);
    open_at(directory("/data"), "x", CREATE, WRITE);
    assert_string_equal(file_error(4), "none");
    arcella_instance *granted = instance;
    instance = bare;
    memory = memory_of(bare->component);
    open_at(directory("/"), "data/x", 0, READ);
    assert_string_equal(file_error(4), "not-permitted");
    uint64_t result, never = CALL("subscribe-duration", UINT64_MAX);
    assert_int_equal(ask("[method]pollable.block", VALUES_(never), 1, &result), ARCELLA_E_CANCELLED);
    arcella_instance_free(bare);
    instance = granted;
    memory = memory_of(granted->component);
    assert_int_equal(arcella_component_unload(component, NULL), 0);
}

/* --- no memory --- */

/* One call, whatever comes of it. */
static int try_call(const char *name, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *ret,
                    arcella_error **reterr) {
    const uint64_t values[15] = {a, b, c, d};
    struct arcella_value args[16], result;
    args[0] = arcella_value_u32(number_of(name));
    for (size_t i = 0; i < 15; i++)
        args[i + 1] = arcella_value_u64(values[i]);
    int r = arcella_instance_call(instance, "call", args, 16, &result, reterr);
    *ret = r ? 0 : result.of.u64;
    return r;
}

static int whole(arcella_error **reterr) {
    static const char *const more[] = {"--env A=1", "--arg x", "--net resolve=*", "--deny net:udp:*:*"};
    const char *grants[5] = {room};
    memcpy(&grants[1], more, sizeof more);
    struct arcella_wasi wasi = with(grants, 5);
    uint64_t network, none;
    wasi.resolve = resolve;
    int r = arcella_instance_new_wasi(component, NULL, &wasi, &instance, reterr);
    if (!r)
        memory = memory_of(instance->component);
    r = r ? r : try_call("get-directories", RET, 0, 0, 0, &none, reterr);
    r = r ? r : try_call("instance-network", 0, 0, 0, 0, &network, reterr);
    r = r ? r
          : try_call("resolve-addresses", network, TEXT_AT, put(TEXT_AT, "a.example"), RET, &none, reterr);
    arcella_instance_free(instance);
    instance = NULL;
    return r;
}

static void no_memory(void **state) {
    (void)state;
#ifdef ARCELLA_FAULTS
    assert_int_equal(whole(NULL), 0); /* what the runtime makes once */
    fault_set(FAULT_ALLOC, 0, 0);
    assert_int_equal(whole(NULL), 0);
    uint64_t count = fault_count(FAULT_ALLOC);
    assert_in_range(count, 20, 100000);
    for (uint64_t nth = 1; nth <= count; nth++) {
        arcella_error *failed = NULL;
        fault_set(FAULT_ALLOC, nth, ENOMEM);
        int r = whole(&failed);
        fault_set(FAULT_ALLOC, 0, 0);
        if (r != 0 && r != ARCELLA_E_NOMEM && r != ARCELLA_E_LIMIT && r != ARCELLA_E_CANCELLED)
            fail_msg("allocation %d of %d: %d %s", (int)nth, (int)count, r, arcella_error_message(failed));
        assert_int_equal(arcella_error_code(failed), r);
        arcella_error_free(failed);
    }
#else
    skip(); /* allocations fail on purpose in the test presets only (ARCELLA_FAULTS) */
#endif
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_library, close_library)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(files_and_a_function),
        TEST(what_is_not_granted_is_refused_and_told),
        TEST(what_is_denied_says_by_what),
        TEST(texts_are_given),
        TEST(lines_are_told),
        TEST(lines_too_fast_are_counted),
        TEST(descriptors_are_streams),
        TEST(it_may_wait),
        TEST(a_refusal_names_what_allows_it),
        TEST(names_are_the_embedders),
        TEST(freed_while_a_name_is_asked),
        TEST(wrong_grants),
        TEST(too_many),
        TEST(each_has_its_own),
        TEST(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
