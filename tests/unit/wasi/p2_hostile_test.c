/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every function of WASI 0.2 with every pointer, length, handle and case wrong, one at a time, all else being
 * right: the guest traps, its memory is as it was, and its neighbour does not notice.  The calls are made
 * from the types of the imports, so a new function is tested by being there.
 */
#include "wasi/p2/rig.h"

#include "component/component.h"

#define MEMORY     (32u * 65536) /* of the guest, to begin with */
#define HANDLES_AT 0x6000u       /* a list of one pollable */
#define SENT_AT    0x7000u       /* a list of one datagram */
#define COMPARED   0x20000u

/* What a core value of a call is. */
enum role { NUMBER, POINTER, LENGTH, HANDLE, CASE, RETURNED_TO };
struct slot_role {
    enum role role;
    uint32_t more; /* POINTER, RETURNED_TO: alignment; CASE: how many there are */
};

struct hostile {
    uint32_t number; /* of the import */
    uint64_t values[16];
    struct slot_role roles[16];
    size_t count;
};

/* One of each kind that can be had. */
static struct {
    uint32_t dir, file, input, output, pollable, entries, network, tcp, udp, incoming, outgoing, names, error;
} handles;

static struct rig rig, neighbour;
static uint8_t before[COMPARED];

/* --- an instance that has one handle of each kind --- */

static uint32_t made(const char *what) {
    if (u8_at(&rig, RET) != 0)
        fail_msg("%s: error %u", what, u8_at(&rig, RET + 4));
    return u32_at(&rig, RET + 4);
}

static void make_sockets(void) {
    handles.network = (uint32_t)call(&rig, "instance-network/instance-network");
    call(&rig, "create-tcp-socket", 0, RET);
    handles.tcp = made("a TCP socket");
    call(&rig, "create-udp-socket", 0, RET);
    handles.udp = made("a UDP socket");
    /* 127.0.0.1, any port */
    call(&rig, "udp-socket.start-bind", handles.udp, handles.network, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0,
         RET);
    assert_ok(&rig);
    call(&rig, "udp-socket.finish-bind", handles.udp, RET);
    assert_ok(&rig);
    call(&rig, "udp-socket.stream", handles.udp, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RET);
    handles.incoming = made("streams of datagrams");
    handles.outgoing = u32_at(&rig, RET + 8);
    call(&rig, "resolve-addresses", handles.network, TEXT_AT + 16, put(&rig, TEXT_AT + 16, "127.0.0.1"), RET);
    handles.names = made("a lookup");
}

static void make_files(void) {
    call(&rig, "get-directories", RET);
    handles.dir = u32_at(&rig, u32_at(&rig, RET));
    uint32_t length = put(&rig, TEXT_AT, "name");
    call(&rig, "descriptor.open-at", handles.dir, 0, TEXT_AT, length, 1, 3, RET);
    handles.file = made("a file");
    call(&rig, "descriptor.read-via-stream", handles.file, 0, RET);
    handles.input = made("an input stream");
    call(&rig, "descriptor.write-via-stream", handles.file, 0, RET);
    handles.output = made("an output stream");
    call(&rig, "descriptor.read-directory", handles.dir, RET);
    handles.entries = made("a stream of entries");
    /* The error of a write where nothing can be written. */
    call(&rig, "descriptor.write-via-stream", handles.file, INT64_MAX, RET);
    uint32_t stream = made("a stream that fails");
    call(&rig, "output-stream.blocking-write-and-flush", stream, DATA, 8, RET);
    assert_int_equal(u8_at(&rig, RET), 1);
    handles.error = u32_at(&rig, RET + 8);
    call(&rig, "drop output-stream", stream);
}

static void start(struct rig *it) {
    memset(it, 0, sizeof *it);
    assert_done(grant_add(&it->grants, GRANT_NET, GRANT_CONNECT | GRANT_LISTEN | GRANT_UDP, "127.0.0.0/8:*",
                          GRANT_ALLOW, GRANT_BY_OPTION, reterr));
    rig_start(it, NULL, RIG_WRITABLE);
}

static void begin_anew(void) {
    if (rig.instance)
        rig_stop(&rig);
    start(&rig);
    make_files();
    make_sockets();
    handles.pollable = (uint32_t)call(&rig, "subscribe-duration", 0);
    put_u32(&rig, HANDLES_AT, handles.pollable);
    /* One datagram: data, length, no address. */
    put_u32(&rig, SENT_AT, DATA);
    put_u32(&rig, SENT_AT + 4, 8);
    memset(at(&rig, SENT_AT + 8), 0, 36);
}

/* --- a call in which all is right --- */

static const struct component_import *import_of(uint32_t number) {
    struct text interface =
        text_of(guest_imports[number].interface); /* without the last number of its version */
    for (uint32_t i = 0; i < component_import_count(rig_component); i++) {
        const struct component_import *import = component_import_at(rig_component, i);
        if (import->kind == COMPONENT_IMPORT_FUNC && import->interface.length > interface.length &&
            memcmp(import->interface.data, interface.data, interface.length) == 0 &&
            text_equal(import->name, text_of(guest_imports[number].name)))
            return import;
    }
    return NULL;
}

static uint32_t handle_of(struct text resource, const char *function) {
    bool of_files = !strstr(function, "-at") && !strstr(function, "directory");
    static const struct {
        const char *name;
        const uint32_t *handle;
    } kinds[] = {
        {"input-stream", &handles.input},
        {"output-stream", &handles.output},
        {"pollable", &handles.pollable},
        {"error", &handles.error},
        {"network", &handles.network},
        {"tcp-socket", &handles.tcp},
        {"udp-socket", &handles.udp},
        {"incoming-datagram-stream", &handles.incoming},
        {"outgoing-datagram-stream", &handles.outgoing},
        {"resolve-address-stream", &handles.names},
        {"directory-entry-stream", &handles.entries},
    };
    if (text_equal(resource, text_of("descriptor")))
        return of_files ? handles.file : handles.dir;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (text_equal(resource, text_of(kinds[i].name)))
            return *kinds[i].handle;
    fail_msg("%s: no handle of a %.*s", function, (int)resource.length, resource.data);
    return 0;
}

static void put_value(struct hostile *h, enum role role, uint32_t more, uint64_t value) {
    h->roles[h->count] = (struct slot_role){role, more};
    h->values[h->count++] = value;
}

static void put_list(struct hostile *h, const struct type *t) {
    const struct type *element = t->kind == TYPE_LIST ? t->fields[0].type : NULL;
    uint32_t where = !element               ? TEXT_AT
                     : element->has_handle  ? HANDLES_AT
                     : element->has_pointer ? SENT_AT
                                            : DATA;
    put_value(h, POINTER, element ? element->align : 1, where);
    put_value(h, LENGTH, element ? t->entry_size : 1, where == TEXT_AT ? 4 : where == DATA ? 8 : 1);
}

static void put_type(struct hostile *h, const struct type *t) {
    switch (t->kind) {
    case TYPE_STRING:
    case TYPE_LIST: put_list(h, t); return;
    case TYPE_OWN:
    case TYPE_BORROW:
        put_value(h, HANDLE, 0, handle_of(t->resource_name, guest_imports[h->number].name));
        return;
    case TYPE_RECORD:
    case TYPE_TUPLE:
        for (uint32_t i = 0; i < t->count; i++)
            put_type(h, t->fields[i].type);
        return;
    case TYPE_ENUM:
    case TYPE_VARIANT:
    case TYPE_OPTION:
    case TYPE_RESULT:
        /* The first case; what the others carry is nothing. */
        put_value(h, CASE, t->count, 0);
        for (uint32_t i = 1; i < t->flat_count; i++)
            put_value(h, NUMBER, 0, 0);
        return;
    default: put_value(h, NUMBER, 0, t->kind == TYPE_FLAGS ? 0 : 1);
    }
}

/* @return false: none that a guest calls (a drop) */
static bool make_good(uint32_t number, struct hostile *h) {
    *h = (struct hostile){.number = number};
    const struct component_import *import = import_of(number);
    if (!import)
        return false;
    for (uint32_t i = 0; i < import->type->param_count; i++)
        put_type(h, import->type->params[i].type);
    size_t wanted = (size_t)(strchr(guest_imports[number].signature, ':') - guest_imports[number].signature);
    if (h->count + 1 == wanted)
        put_value(h, RETURNED_TO, import->type->result->align, RET);
    assert_int_equal(h->count, wanted);
    return true;
}

/* --- what is wrong with it --- */

static void neighbour_is_well(void) {
    uint64_t first = call(&neighbour, "monotonic-clock/now");
    assert_true(call(&neighbour, "monotonic-clock/now") >= first);
}

/* The guest traps and its memory is as it was. */
static void expect_trap(const struct hostile *h, size_t slot, uint64_t value) {
    struct hostile wrong = *h;
    wrong.values[slot] = value;
    memcpy(before, at(&rig, 0), COMPARED);
    rig_begin_number(&rig, wrong.number, wrong.values, wrong.count);
    rig_finish(&rig);
    const char *name = guest_imports[h->number].name;
    if (rig.outcome.end != ENGINE_END_TRAPPED)
        fail_msg("%s, value %zu as %#" PRIx64 ": %s", name, slot, value, engine_end_name(rig.outcome.end));
    /* The memory of an instance that trapped is there until it is freed. */
    if (memcmp(before, at(&rig, 0), COMPARED) != 0)
        fail_msg("%s, value %zu as %#" PRIx64 ": wrote to memory", name, slot, value);
    begin_anew();
}

#define EACH_SLOT(h, wanted, slot)                                                                           \
    struct hostile h;                                                                                        \
    begin_anew();                                                                                            \
    for (uint32_t number_ = 0; number_ < ARRAY_LENGTH(guest_imports); number_++)                             \
        for (size_t slot = 0; make_good(number_, &h) && slot < h.count; slot++)                              \
            if (h.roles[slot].role == (wanted))

static int open_rig(void **state) {
    (void)state;
    memset(&rig, 0, sizeof rig);
    start(&neighbour);
    return 0;
}

static int close_rig(void **state) {
    (void)state;
    if (rig.instance)
        rig_stop(&rig);
    neighbour_is_well();
    /* Both have one folder, which the first has removed. */
    neighbour.path[0] = '\0';
    rig_stop(&neighbour);
    return 0;
}

/* All is right: each function returns, or ends the run where that is what it does. */
static void every_call_as_it_should_be(void **state) {
    (void)state;
    begin_anew();
    unsigned tried = 0;
    for (uint32_t number = 0; number < ARRAY_LENGTH(guest_imports); number++) {
        struct hostile h;
        if (!make_good(number, &h))
            continue;
        if (strstr(guest_imports[number].name, "stream.send"))
            call(&rig, "outgoing-datagram-stream.check-send", handles.outgoing, RET);
        if (strstr(guest_imports[number].name, "output-stream.write"))
            call(&rig, "output-stream.check-write", handles.output, RET);
        rig_begin_number(&rig, number, h.values, h.count);
        rig_finish(&rig);
        if (rig.outcome.end != ENGINE_END_RETURNED && !strstr(guest_imports[number].name, "exit"))
            fail_msg("%s: %s %s", guest_imports[number].name, engine_end_name(rig.outcome.end),
                     rig.outcome.message);
        begin_anew();
        tried++;
    }
    assert_int_equal(tried, p2_rows_count);
}

static void every_pointer_out_of_bounds(void **state) {
    (void)state;
    /* Aligned to 8, so that nothing but the bounds is wrong. */
    static const uint32_t addresses[] = {MEMORY, MEMORY + 8, 0x7ffffff8, 0x80000000, 0xfffffff8};
    unsigned tried = 0;
    EACH_SLOT(h, POINTER, slot)
    for (size_t a = 0; a < ARRAY_LENGTH(addresses); a++, tried++)
        expect_trap(&h, slot, addresses[a]);
    assert_true(tried >= 5 * 20);
}

static void every_place_for_a_result_out_of_bounds(void **state) {
    (void)state;
    static const uint32_t addresses[] = {MEMORY, 0x80000000, 0xfffffff8};
    unsigned tried = 0;
    EACH_SLOT(h, RETURNED_TO, slot)
    for (size_t a = 0; a < ARRAY_LENGTH(addresses); a++, tried++)
        expect_trap(&h, slot, addresses[a]);
    assert_true(tried >= 3 * 80);
}

static void every_pointer_misaligned(void **state) {
    (void)state;
    unsigned tried = 0;
    EACH_SLOT(h, POINTER, slot)
    for (uint32_t by = 1; by < h.roles[slot].more; by++, tried++)
        expect_trap(&h, slot, h.values[slot] + by);
    assert_true(tried >= 3);
}

static void every_place_for_a_result_misaligned(void **state) {
    (void)state;
    unsigned tried = 0;
    EACH_SLOT(h, RETURNED_TO, slot)
    for (uint32_t by = 1; by < h.roles[slot].more; by *= 2, tried++)
        expect_trap(&h, slot, h.values[slot] + by);
    assert_true(tried > 100);
}

static void every_length_that_leaves_memory(void **state) {
    (void)state;
    unsigned tried = 0;
    EACH_SLOT(h, LENGTH, slot) {
        uint32_t left = (MEMORY - (uint32_t)h.values[slot - 1]) / h.roles[slot].more;
        /* Of a list of handles the first that is none ends the call before its length does. */
        const uint32_t lengths[] = {left + 1, 0x7fffffff, 0x80000000, 0xffffffff};
        for (size_t n = 0; n < ARRAY_LENGTH(lengths); n++, tried++)
            expect_trap(&h, slot, lengths[n]);
    }
    assert_true(tried >= 4 * 20);
}

static void every_handle_wrong(void **state) {
    (void)state;
    static const uint32_t numbers[] = {0, 200, 0x7fffffff, 0x80000000, 0xffffffff};
    unsigned tried = 0;
    EACH_SLOT(h, HANDLE, slot)
    for (size_t n = 0; n < ARRAY_LENGTH(numbers); n++, tried++)
        expect_trap(&h, slot, numbers[n]);
    assert_true(tried >= 5 * 90);
}

static void every_handle_of_another_kind(void **state) {
    (void)state;
    unsigned tried = 0;
    EACH_SLOT(h, HANDLE, slot) {
        const uint32_t others[] = {handles.dir,     handles.file,    handles.input,    handles.output,
                                   handles.network, handles.tcp,     handles.udp,      handles.incoming,
                                   handles.names,   handles.entries, handles.outgoing, handles.pollable};
        bool file = h.values[slot] == handles.dir || h.values[slot] == handles.file;
        for (size_t n = 0; n < ARRAY_LENGTH(others); n++)
            if (others[n] != h.values[slot] && !(file && n < 2)) {
                expect_trap(&h, slot, others[n]);
                tried++;
            }
    }
    assert_true(tried >= 10 * 90);
}

static void every_case_that_there_is_not(void **state) {
    (void)state;
    unsigned tried = 0;
    EACH_SLOT(h, CASE, slot) {
        const uint32_t cases[] = {h.roles[slot].more, h.roles[slot].more | 0x80000000, 0xffffffff};
        for (size_t n = 0; n < ARRAY_LENGTH(cases); n++, tried++)
            expect_trap(&h, slot, cases[n]);
    }
    assert_true(tried >= 3 * 12);
}

static void every_text_that_is_none(void **state) {
    (void)state;
    static const char *const texts[] = {"\xff\xfe\xff\xfe", "ab\xc0\xaf", "\xed\xa0\x80x", "\xf4\x90\x80\x80",
                                        "abc\xe2"};
    unsigned tried = 0;
    EACH_SLOT(h, POINTER, slot) {
        if (h.values[slot] != TEXT_AT)
            continue;
        for (size_t n = 0; n < ARRAY_LENGTH(texts); n++, tried++) {
            memcpy(at(&rig, TEXT_AT), texts[n], 4);
            expect_trap(&h, slot, TEXT_AT);
        }
    }
    assert_true(tried >= 5 * 12);
}

/* What stands in lists is as bad as what stands beside them. */
static void lists_that_lie(void **state) {
    (void)state;
    static const struct {
        uint32_t at, value;
    } cases[] = {
        {HANDLES_AT, 0},
        {HANDLES_AT, 200},
        {HANDLES_AT, 0xffffffff},
        {SENT_AT, MEMORY},
        {SENT_AT, 0xfffffff8},
        {SENT_AT + 4, MEMORY},
        {SENT_AT + 4, 0xffffffff},
        {SENT_AT + 8, 2},
        {SENT_AT + 8, 0xff},
        {SENT_AT + 8, 1 | 0xff << 16}, /* an address of a family that there is not */
    };
    struct hostile h;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        begin_anew();
        bool handle = cases[i].at == HANDLES_AT;
        assert_true(make_good(rig_number(handle ? "poll/poll" : "outgoing-datagram-stream.send"), &h));
        call(&rig, "outgoing-datagram-stream.check-send", handles.outgoing, RET);
        put_u32(&rig, cases[i].at, cases[i].value);
        if (cases[i].at == SENT_AT + 8 && cases[i].value > 0xff)
            memcpy(at(&rig, SENT_AT + 8), "\1\0\0\0\xff", 5);
        expect_trap(&h, 0, h.values[0]);
    }
}

/* Any value for anything: the run returns, traps, exits or is over a limit, and nothing else happens. */
static void anything_for_anything(void **state) {
    (void)state;
    static const uint64_t interesting[] = {
        0,      1,          2,          3,          4,          5,          8,
        13,     255,        RET,        TEXT_AT,    SENT_AT,    DATA,       MEMORY - 8,
        MEMORY, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, 1ull << 40, UINT64_MAX};
    const char *given = getenv("ARCELLA_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
    print_message("seed %" PRIu64 "\n", seed);
    begin_anew();
    for (unsigned round = 0; round < 4000; round++) {
        struct hostile h;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        if (!make_good((uint32_t)((seed >> 33) % ARRAY_LENGTH(guest_imports)), &h))
            continue;
        /* A timer that never ends would be waited for. */
        bool timer = strstr(guest_imports[h.number].name, "subscribe-") != NULL;
        for (size_t i = 0; i < h.count && !timer; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            if ((seed >> 60) < 5)
                h.values[i] = interesting[(seed >> 33) % ARRAY_LENGTH(interesting)];
        }
        rig_begin_number(&rig, h.number, h.values, h.count);
        rig_finish(&rig);
        switch (rig.outcome.end) {
        case ENGINE_END_RETURNED: break;
        case ENGINE_END_TRAPPED:
        case ENGINE_END_EXITED:
        case ENGINE_END_LIMIT: begin_anew(); break;
        default:
            fail_msg("round %u, %s: %s", round, guest_imports[h.number].name,
                     engine_end_name(rig.outcome.end));
        }
    }
}

int main(void) {
#define HOSTILE(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
    const struct CMUnitTest tests[] = {
        HOSTILE(every_call_as_it_should_be),
        HOSTILE(every_pointer_out_of_bounds),
        HOSTILE(every_place_for_a_result_out_of_bounds),
        HOSTILE(every_pointer_misaligned),
        HOSTILE(every_place_for_a_result_misaligned),
        HOSTILE(every_length_that_leaves_memory),
        HOSTILE(every_handle_wrong),
        HOSTILE(every_handle_of_another_kind),
        HOSTILE(every_case_that_there_is_not),
        HOSTILE(every_text_that_is_none),
        HOSTILE(lists_that_lie),
        HOSTILE(anything_for_anything),
    };
    return cmocka_run_group_tests_name("wasi p2 hostile", tests, rig_open, rig_close);
}
