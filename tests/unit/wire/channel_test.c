/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Channels: both ends, partial writes, descriptors, full queues, broken peers, freeing in callbacks. */
#include "rig.h"

#include <sys/resource.h>

#include "base/json.h"
#include "base/limits.h"
#include "messages.h"
#include "wire/channel.h"

/* One end with what it has seen. */
struct end {
    struct channel *channel;
    unsigned frames;
    unsigned types[64];
    uint32_t calls[64];
    uint32_t deadline_ms;
    uint64_t sum; /* of stop.instance and output.instance */
    int taken[LIMIT_FRAME_FDS];
    unsigned taken_count;
    unsigned offered; /* descriptors of all frames */
    bool take;
    bool free_on_frame;
    bool pause_on_frame;
    bool echo;
    bool closed;
    unsigned closed_count;
    int code; /* of the error on_closed had */
    char message[256];
};

static void on_frame(struct channel *channel, struct frame *frame, void *user) {
    struct end *end = user;
    assert_ptr_equal(channel, end->channel);
    if (end->frames < ARRAY_LENGTH(end->types)) {
        end->types[end->frames] = frame->message.type;
        end->calls[end->frames] = frame->header.call;
    }
    end->deadline_ms = frame->header.deadline_ms;
    end->frames++;
    end->offered += frame->fd_count;
    if (frame->message.type == IPC_STOP)
        end->sum += frame->message.stop.instance;
    if (frame->message.type == IPC_OUTPUT)
        end->sum += frame->message.output.instance;
    for (unsigned i = 0; end->take && i < frame->fd_count; i++)
        end->taken[end->taken_count++] = frame_take_fd(frame, i);
    if (end->echo) {
        struct ipc_started reply = {.instance = frame->message.stop.instance};
        assert_int_equal(channel_send_extra(channel, IPC_STARTED, &reply,
                                            &(struct channel_extra){.call = frame->header.call}, NULL),
                         0);
    }
    if (end->pause_on_frame)
        channel_pause(channel, true);
    if (end->free_on_frame)
        end->channel = channel_free(channel);
}

static void on_closed(struct channel *channel, const arcella_error *error, void *user) {
    struct end *end = user;
    assert_ptr_equal(channel, end->channel);
    end->closed = true;
    end->closed_count++;
    end->code = arcella_error_code(error);
    text_copy(end->message, sizeof(end->message), arcella_error_message(error));
    end->channel = channel_free(channel);
}

struct pair {
    struct rig rig;
    struct end parent;
    struct end child;
};

static int setup_pair(void **state) {
    struct pair *pair = test_calloc(1, sizeof(*pair));
    rig_start(&pair->rig);
    *state = pair;
    return 0;
}

/* Make one end a channel; the other stays a descriptor in the rig, or becomes one too. */
static void make_parent(struct pair *p) {
    assert_int_equal(channel_new(p->rig.loop, TAKE_FD(p->rig.fds[0]), IPC_CHILD, on_frame, on_closed,
                                 &p->parent, &p->parent.channel, NULL),
                     0);
}

static void make_child(struct pair *p) {
    assert_int_equal(channel_new(p->rig.loop, TAKE_FD(p->rig.fds[1]), IPC_PARENT, on_frame, on_closed,
                                 &p->child, &p->child.channel, NULL),
                     0);
}

static int teardown_pair(void **state) {
    struct pair *p = *state;
    channel_free(p->parent.channel);
    channel_free(p->child.channel);
    for (unsigned i = 0; i < p->child.taken_count; i++)
        fd_close(p->child.taken[i]);
    rig_end(&p->rig);
    test_free(p);
    return 0;
}

static int send_stop(struct channel *channel, uint64_t instance, arcella_error **reterr) {
    return channel_send(channel, IPC_STOP, &(struct ipc_stop){.instance = instance}, reterr);
}

static void messages_arrive_in_order(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    p->child.echo = true;
    uint32_t call = channel_next_call(p->parent.channel);
    assert_int_not_equal(call, 0);
    struct channel_extra extra = {.call = call, .deadline_ms = 1234};
    assert_int_equal(
        channel_send_extra(p->parent.channel, IPC_STOP, &(struct ipc_stop){.instance = 7}, &extra, NULL), 0);
    assert_int_equal(send_stop(p->parent.channel, 8, NULL), 0);
    assert_int_equal(p->child.frames, 0); /* never from inside */
    rig_settle(&p->rig);
    assert_int_equal(p->child.frames, 2);
    assert_int_equal(p->child.types[0], IPC_STOP);
    assert_int_equal(p->child.calls[0], call);
    assert_int_equal(p->child.calls[1], 0);
    assert_int_equal(p->child.sum, 15);
    assert_int_equal(p->parent.frames, 2);
    assert_int_equal(p->parent.types[0], IPC_STARTED);
    assert_int_equal(p->parent.calls[0], call);
    assert_int_not_equal(channel_next_call(p->parent.channel), call);
}

static void every_message_passes(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    size_t count;
    const struct ipc_row *rows = ipc_rows(&count);
    unsigned sent[2] = {0, 0};
    for (unsigned round = 0; round < 2; round++) {
        enum ipc_encoding encoding = round ? IPC_JSON : IPC_PACK;
        channel_set_encoding(p->parent.channel, encoding);
        channel_set_encoding(p->child.channel, encoding);
        for (size_t i = 0; i < count; i++) {
            struct example e;
            example_make(&e, &rows[i], EXAMPLE_PLAIN);
            struct end *from = rows[i].sender == IPC_PARENT ? &p->parent : &p->child;
            assert_int_equal(channel_send(from->channel, e.message.type, &e.message.setup, NULL), 0);
            sent[rows[i].sender]++;
            example_done(&e);
        }
        rig_settle(&p->rig);
    }
    assert_int_equal(p->child.frames, sent[IPC_PARENT]);
    assert_int_equal(p->parent.frames, sent[IPC_CHILD]);
    assert_int_equal(sent[0] + sent[1], 2 * count);
}

/* --- secrets --- */

enum { SECRET_BYTES = 100000, NEEDLE_BYTES = 24, STARTS = 8 };

/* No byte of the secret stands anywhere but in what makes it. */
static char secret_byte(size_t i) {
    return (char)('A' + (i * 2654435761u >> 7) % 57);
}

/* Its beginning, its middle and its end, counted in all that this process may write.  Read by way of a file,
 * as what is freed may not be touched. */
static size_t count_pieces(void) {
    FILE *maps = fopen("/proc/self/maps", "re");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    assert_true(maps && memory >= 0);
    static char bytes[1 << 20];
    char pieces[3][NEEDLE_BYTES], line[512];
    size_t found = 0;
    for (size_t i = 0; i < sizeof(pieces); i++)
        pieces[i / NEEDLE_BYTES][i % NEEDLE_BYTES] =
            secret_byte(i / NEEDLE_BYTES * (SECRET_BYTES - NEEDLE_BYTES) / 2 + i % NEEDLE_BYTES);
    while (fgets(line, sizeof(line), maps)) {
        char *end = NULL;
        unsigned long from = strtoul(line, &end, 16), to = strtoul(end + 1, &end, 16);
        if (strncmp(end, " rw", 3) != 0 || to - from > 256 * MIB)
            continue; /* the sanitizers' own are terabytes */
        for (; from < to; from += sizeof(bytes) - NEEDLE_BYTES) {
            ssize_t n =
                pread(memory, bytes, to - from < sizeof(bytes) ? to - from : sizeof(bytes), (off_t)from);
            for (size_t i = 0; n > 0 && i < ARRAY_LENGTH(pieces); i++) {
                const char *at = memmem(bytes, (size_t)n, pieces[i], NEEDLE_BYTES);
                found += at && from + (unsigned long)(at - bytes) != (unsigned long)(uintptr_t)pieces[i];
            }
            explicit_bzero(bytes, sizeof(bytes));
        }
    }
    close(memory);
    assert_int_equal(fclose(maps), 0);
    return found;
}

/* Neither with who sent it, at once or when there was room, nor with who received it, in one piece or many.
 */
static void no_copy_of_a_secret_stays(void **state) {
    struct pair *p = *state;
    int small = 4096;
    assert_int_equal(setsockopt(p->rig.fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
    make_parent(p);
    make_child(p);
    char *value = mem_alloc(SECRET_BYTES);
    for (size_t i = 0; i < SECRET_BYTES; i++)
        value[i] = secret_byte(i);
    assert_true(count_pieces() >= 3); /* it would be seen */
    struct example e;
    example_make(&e, ipc_row_of(IPC_START), EXAMPLE_PLAIN);
    struct ipc_start message = e.message.start;
    struct text env = {value, SECRET_BYTES};
    message.env = &env;
    message.env_count = 1;
    for (unsigned i = 0; i < STARTS; i++)
        assert_int_equal(channel_send_extra(p->parent.channel, IPC_START, &message,
                                            &(struct channel_extra){.secret = true}, NULL),
                         0);
    assert_true(channel_queued_bytes(p->parent.channel) > SECRET_BYTES);
    explicit_bzero(value, SECRET_BYTES);
    mem_free(value);
    uint64_t end = clock_monotonic_ms() + 20000;
    while (p->child.frames < STARTS && clock_monotonic_ms() < end)
        loop_run_once(p->rig.loop);
    assert_int_equal(p->child.frames, STARTS);
    assert_int_equal(count_pieces(), 0);
    example_done(&e);
}

/* A large message, of which a queue holds some. */
#define LARGE_BYTES MIB

static void big_messages_survive_small_pieces(void **state) {
    struct pair *p = *state;
    int small = 4096;
    assert_int_equal(setsockopt(p->rig.fds[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
    make_parent(p);
    make_child(p);
    char *bytes = mem_alloc(LARGE_BYTES);
    memset(bytes, 'd', LARGE_BYTES);
    struct ipc_taken taken = {.ok = true, .description = {bytes, LARGE_BYTES}};
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(channel_send(p->child.channel, IPC_TAKEN, &taken, NULL), 0);
    mem_free(bytes);
    assert_true(channel_queued_bytes(p->child.channel) > 7 * LARGE_BYTES);
    uint64_t end = clock_monotonic_ms() + 20000;
    while (p->parent.frames < 8 && clock_monotonic_ms() < end)
        loop_run_once(p->rig.loop);
    assert_int_equal(p->parent.frames, 8);
    assert_int_equal(channel_queued_bytes(p->child.channel), 0);
}

/* The largest description goes into one frame with all that stands around it. */
static void the_largest_message_has_a_frame(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    MEM_AUTO char *bytes = mem_alloc(LIMIT_DESCRIPTION_BYTES);
    memset(bytes, 'd', LIMIT_DESCRIPTION_BYTES);
    struct ipc_taken taken = {.ok = true, .description = {bytes, LIMIT_DESCRIPTION_BYTES}};
    assert_int_equal(channel_send(p->child.channel, IPC_TAKEN, &taken, NULL), 0);
    uint64_t end = clock_monotonic_ms() + 20000;
    while (p->parent.frames < 1 && clock_monotonic_ms() < end)
        loop_run_once(p->rig.loop);
    assert_int_equal(p->parent.frames, 1);
}

/* A frame handed to the channel a byte at a time, descriptors with its first. */
static void single_bytes_are_enough(void **state) {
    struct pair *p = *state;
    make_child(p);
    BUFFER_AUTO frame = BUFFER_INIT(1024);
    uint8_t head[FRAME_HEADER_BYTES] = {0};
    assert_int_equal(buffer_add(&frame, head, sizeof(head), NULL), 0);
    assert_int_equal(ipc_encode(IPC_STOP, &(struct ipc_stop){.instance = 99}, IPC_PACK, &frame, NULL), 0);
    struct frame_header header = {
        .encoding = IPC_PACK, .type = IPC_STOP, .length = (uint32_t)(frame.length - sizeof(head)), .call = 5};
    frame_header_write(&header, (uint8_t *)frame.data);
    for (unsigned round = 0; round < 2; round++)
        for (size_t i = 0; i < frame.length; i++) {
            assert_int_equal(p->child.frames, round);
            assert_int_equal(write(p->rig.fds[0], frame.data + i, 1), 1);
            rig_settle(&p->rig);
        }
    assert_int_equal(p->child.frames, 2);
    assert_int_equal(p->child.sum, 198);
}

static void descriptors_keep_their_frames(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    p->child.take = true;
    int files[3];
    for (unsigned i = 0; i < 3; i++) {
        char content[2] = {(char)('a' + i), 0};
        assert_int_equal(memfd_make("test", content, 1, true, &files[i], NULL), 0);
    }
    struct ipc_intake intake = {.name = text_of("x")};
    assert_int_equal(channel_send_extra(p->parent.channel, IPC_INTAKE, &intake,
                                        &(struct channel_extra){.fds = files, .fd_count = 2}, NULL),
                     0);
    assert_int_equal(send_stop(p->parent.channel, 1, NULL), 0);
    assert_int_equal(channel_send_extra(p->parent.channel, IPC_COMPILE,
                                        &(struct ipc_compile){.stack_bytes = 1},
                                        &(struct channel_extra){.fds = files + 2, .fd_count = 1}, NULL),
                     0);
    for (unsigned i = 0; i < 3; i++)
        fd_close(files[i]);
    rig_settle(&p->rig);
    assert_int_equal(p->child.frames, 3);
    assert_int_equal(p->child.taken_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        char content;
        assert_int_equal(pread(p->child.taken[i], &content, 1, 0), 1);
        assert_int_equal(content, 'a' + (int)i);
        assert_true(fcntl(p->child.taken[i], F_GETFD) & FD_CLOEXEC);
    }
}

/* The same when the socket is full, so that frames and descriptors wait; the sender has closed its own by
 * then. */
static void queued_descriptors_keep_their_frames(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    channel_pause(p->child.channel, true);
    p->child.take = true;
    uint64_t sum = 0;
    for (unsigned i = 0; channel_queued_bytes(p->parent.channel) < 10000; i++, sum += 3)
        assert_int_equal(send_stop(p->parent.channel, 3, NULL), 0);
    for (unsigned i = 0; i < 4; i++) {
        int file;
        char content[2] = {(char)('0' + i), 0};
        assert_int_equal(memfd_make("test", content, 1, true, &file, NULL), 0);
        struct channel_extra extra = {.fds = &file, .fd_count = 1};
        assert_int_equal(channel_send_extra(p->parent.channel, IPC_COMPILE,
                                            &(struct ipc_compile){.stack_bytes = 1}, &extra, NULL),
                         0);
        fd_close(file);
        assert_int_equal(send_stop(p->parent.channel, 5, NULL), 0);
        sum += 5;
    }
    channel_pause(p->child.channel, false);
    uint64_t end = clock_monotonic_ms() + 20000;
    while (p->child.taken_count < 4 && clock_monotonic_ms() < end)
        loop_run_once(p->rig.loop);
    rig_settle(&p->rig);
    assert_int_equal(p->child.taken_count, 4);
    assert_int_equal(p->child.sum, sum);
    for (unsigned i = 0; i < 4; i++) {
        char content;
        assert_int_equal(pread(p->child.taken[i], &content, 1, 0), 1);
        assert_int_equal(content, '0' + (int)i);
    }
}

static void descriptors_not_taken_are_closed(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    rig_settle(&p->rig);
    size_t before = count_open_fds();
    int fds[LIMIT_FRAME_FDS];
    for (unsigned i = 0; i < LIMIT_FRAME_FDS; i++)
        fds[i] = channel_fd(p->parent.channel);
    struct channel_extra extra = {.fds = fds, .fd_count = LIMIT_FRAME_FDS};
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(
            channel_send_extra(p->parent.channel, IPC_STOP, &(struct ipc_stop){.instance = 1}, &extra, NULL),
            0);
    rig_settle(&p->rig);
    assert_int_equal(p->child.offered, 3 * LIMIT_FRAME_FDS);
    assert_int_equal(count_open_fds(), before);
    extra.fd_count = LIMIT_FRAME_FDS + 1;
    assert_int_equal(
        channel_send_extra(p->parent.channel, IPC_STOP, &(struct ipc_stop){.instance = 1}, &extra, NULL),
        ARCELLA_E_INVALID);
}

static void a_full_queue_is_an_answer(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    channel_pause(p->parent.channel, true);
    char *bytes = mem_alloc(LARGE_BYTES);
    struct ipc_taken taken = {.ok = true, .description = {bytes, LARGE_BYTES}};
    unsigned sent = 0;
    int r;
    ERROR_AUTO *error = NULL;
    while ((r = channel_send(p->child.channel, IPC_TAKEN, &taken, sent > 14 ? &error : NULL)) == 0)
        assert_true(++sent < 100);
    mem_free(bytes);
    assert_int_equal(r, ARCELLA_E_BUSY);
    assert_true(channel_queued_bytes(p->child.channel) <= LIMIT_CHANNEL_QUEUE_BYTES);
    assert_true(sent >= 15);
    /* What was refused left no trace: all others arrive, and then there is room again. */
    channel_pause(p->parent.channel, false);
    uint64_t end = clock_monotonic_ms() + 20000;
    while (p->parent.frames < sent && clock_monotonic_ms() < end)
        loop_run_once(p->rig.loop);
    rig_settle(&p->rig);
    assert_int_equal(p->parent.frames, sent);
    assert_int_equal(send_stop(p->parent.channel, 1, NULL), 0);
}

static void a_closed_peer_is_told_after_its_last_words(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    struct ipc_refused refused = {.code = text_of("denied"), .message = text_of("no")};
    assert_int_equal(channel_send(p->child.channel, IPC_REFUSED, &refused, NULL), 0);
    p->child.channel = channel_free(p->child.channel);
    /* Sending into the gap fails or not, but never from a callback and never fatally. */
    int r = send_stop(p->parent.channel, 1, NULL);
    assert_true(r == ARCELLA_E_CLOSED || r == 0);
    rig_settle(&p->rig);
    assert_int_equal(p->parent.frames, 1);
    assert_int_equal(p->parent.types[0], IPC_REFUSED);
    assert_true(p->parent.closed);
    assert_int_equal(p->parent.closed_count, 1);
    assert_int_equal(p->parent.code, 0);
}

static void a_cut_frame_is_told(void **state) {
    struct pair *p = *state;
    make_child(p);
    uint8_t head[FRAME_HEADER_BYTES];
    frame_header_write(&(struct frame_header){.encoding = IPC_PACK, .type = IPC_STOP, .length = 10}, head);
    assert_int_equal(write(p->rig.fds[0], head, sizeof(head)), sizeof(head));
    p->rig.fds[0] = fd_close(p->rig.fds[0]);
    rig_settle(&p->rig);
    assert_true(p->child.closed);
    assert_int_equal(p->child.code, ARCELLA_E_CLOSED);
}

/* Bytes that are no frame of ours; each ends the channel with PROTOCOL, and nothing leaks. */
static void broken_peers_are_cut_off(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint8_t bytes[40];
        size_t length;
        unsigned fds;
        const char *says;
    } cases[] = {
        {"text", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, 0, "0x47"},
        {"encoding", {FRAME_MAGIC, 3}, 20, 0, "encoding"},
        {"a length over the limit", {FRAME_MAGIC, 1, IPC_STOP, 0, 1, 0, 0x40, 0}, 20, 0, "4194305"},
        {"many descriptors",
         {FRAME_MAGIC, 1, IPC_STOP, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17},
         20,
         0,
         "17"},
        {"spare bytes",
         {FRAME_MAGIC, 1, IPC_STOP, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
         20,
         0,
         "spare"},
        {"an unknown type", {FRAME_MAGIC, 1, 200}, 20, 0, "200"},
        {"the wrong side", {FRAME_MAGIC, 1, IPC_READY}, 20, 0, "wrong side"},
        {"an empty payload", {FRAME_MAGIC, 1, IPC_STOP}, 20, 0, "expected"},
        {"garbage payload",
         {FRAME_MAGIC, 1, IPC_STOP, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc1, 2, 3},
         23,
         0,
         "expected"},
        {"descriptors announced but not there",
         {FRAME_MAGIC, 1, IPC_DRAIN, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x90},
         21,
         0,
         "0 descriptors instead of 1"},
        {"descriptors there but not announced",
         {FRAME_MAGIC, 1, IPC_DRAIN, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x90},
         21,
         3,
         "without a frame"},
        {"descriptors with garbage", "garbage that is long enough for a header", 40, 5, "0x67"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct pair *p;
        setup_pair((void **)&p);
        make_child(p);
        struct iovec piece = {.iov_base = (void *)(uintptr_t)cases[i].bytes, .iov_len = cases[i].length};
        char space[CMSG_SPACE(8 * sizeof(int))] = {0};
        struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
        if (cases[i].fds) {
            message.msg_control = space;
            message.msg_controllen = CMSG_SPACE(cases[i].fds * sizeof(int));
            struct cmsghdr *head = CMSG_FIRSTHDR(&message);
            *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                                     .cmsg_type = SCM_RIGHTS,
                                     .cmsg_len = CMSG_LEN(cases[i].fds * sizeof(int))};
            for (unsigned j = 0; j < cases[i].fds; j++)
                memcpy(CMSG_DATA(head) + j * sizeof(int), &p->rig.fds[0], sizeof(int));
        }
        assert_int_equal(sendmsg(p->rig.fds[0], &message, 0), cases[i].length);
        rig_settle(&p->rig);
        if (!p->child.closed || p->child.code != ARCELLA_E_PROTOCOL ||
            !strstr(p->child.message, cases[i].says))
            fail_msg("%s: %d '%s'", cases[i].what, p->child.code, p->child.message);
        assert_int_equal(p->child.closed_count, 1);
        teardown_pair((void **)&p); /* counts descriptors */
    }
}

/* Good frames before the broken one still count. */
static void frames_before_the_broken_one_arrive(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    assert_int_equal(send_stop(p->parent.channel, 4, NULL), 0);
    assert_int_equal(write(channel_fd(p->parent.channel), "nonsense that is no frame", 25), 25);
    rig_settle(&p->rig);
    assert_int_equal(p->child.frames, 1);
    assert_int_equal(p->child.code, ARCELLA_E_PROTOCOL);
}

static void messages_of_other_roles_are_refused(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    channel_set_role(p->child.channel, IPC_ROLE_COMPILE);
    assert_int_equal(channel_send(p->parent.channel, IPC_DRAIN, &(struct ipc_drain){}, NULL), 0);
    assert_int_equal(send_stop(p->parent.channel, 4, NULL), 0);
    rig_settle(&p->rig);
    assert_int_equal(p->child.frames, 1);
    assert_int_equal(p->child.code, ARCELLA_E_PROTOCOL);
    assert_non_null(strstr(p->child.message, "'compile'"));
}

static void callbacks_may_free(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    p->child.free_on_frame = true;
    int fds[2] = {channel_fd(p->parent.channel), channel_fd(p->parent.channel)};
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(channel_send_extra(p->parent.channel, IPC_STOP, &(struct ipc_stop){.instance = 1},
                                            &(struct channel_extra){.fds = fds, .fd_count = 2}, NULL),
                         0);
    rig_settle(&p->rig);
    assert_int_equal(p->child.frames, 1);
    assert_null(p->child.channel);
    assert_int_equal(p->child.closed_count, 0);
    assert_int_equal(p->parent.closed_count, 1);
}

static void a_pause_holds_what_has_come(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    p->child.pause_on_frame = true;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(send_stop(p->parent.channel, 1, NULL), 0);
    p->parent.channel = channel_free(p->parent.channel);
    for (unsigned i = 1; i <= 3; i++) {
        rig_settle(&p->rig);
        assert_int_equal(p->child.frames, i);
        assert_int_equal(p->child.closed_count, 0);
        channel_pause(p->child.channel, false);
        assert_int_equal(p->child.frames, i); /* never from inside */
    }
    rig_settle(&p->rig);
    assert_int_equal(p->child.closed_count, 1);
    assert_int_equal(p->child.code, 0);
}

static void flush_waits_no_longer_than_told(void **state) {
    struct pair *p = *state;
    make_child(p);
    char *bytes = mem_alloc(LIMIT_DESCRIPTION_BYTES);
    struct ipc_taken taken = {.ok = true, .description = {bytes, LIMIT_DESCRIPTION_BYTES}};
    assert_int_equal(channel_send(p->child.channel, IPC_TAKEN, &taken, NULL), 0);
    mem_free(bytes);
    assert_int_equal(channel_flush(p->child.channel, 20, NULL), ARCELLA_E_TIMEOUT);
    p->rig.fds[0] = fd_close(p->rig.fds[0]);
    assert_int_equal(channel_flush(p->child.channel, 5000, NULL), ARCELLA_E_CLOSED);
    assert_int_equal(channel_send(p->child.channel, IPC_STARTED, &(struct ipc_started){.instance = 1}, NULL),
                     ARCELLA_E_CLOSED);
}

/* Out of descriptors: the kernel drops what came; the channel says so and lives no longer. */
static void lost_descriptors_are_told(void **state) {
    struct pair *p = *state;
    make_parent(p);
    make_child(p);
    int fds[4];
    for (unsigned i = 0; i < 4; i++)
        fds[i] = channel_fd(p->parent.channel);
    assert_int_equal(channel_send_extra(p->parent.channel, IPC_STOP, &(struct ipc_stop){.instance = 1},
                                        &(struct channel_extra){.fds = fds, .fd_count = 4}, NULL),
                     0);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int highest = dup(0);
    struct rlimit tight = {.rlim_cur = (rlim_t)highest + 1, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    rig_settle(&p->rig);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    fd_close(highest);
    assert_true(p->child.closed);
    assert_int_not_equal(p->child.code, 0);
    assert_int_equal(p->child.frames, 0);
}

struct torture {
    enum ipc_encoding encoding;
    unsigned runs;
};

/* The whole life of two channels; a failure anywhere ends in a code or in on_closed, never in a leak. */
static int whole_life(void *user, arcella_error **reterr) {
    const struct torture *torture = user;
    struct end parent = {.echo = false};
    struct end child = {.take = false};
    struct loop *loop = NULL;
    int fds[2];
    int r = loop_new(&loop, reterr);
    if (r < 0)
        return r;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    int file = fds[0];
    r = channel_new(loop, fds[0], IPC_CHILD, on_frame, on_closed, &parent, &parent.channel, reterr);
    if (r == 0)
        r = channel_new(loop, fds[1], IPC_PARENT, on_frame, on_closed, &child, &child.channel, reterr);
    else
        fd_close(fds[1]);
    if (r == 0) {
        channel_set_encoding(parent.channel, torture->encoding);
        r = channel_send_extra(parent.channel, IPC_STOP, &(struct ipc_stop){.instance = 1},
                               &(struct channel_extra){.fds = &file, .fd_count = 1}, reterr);
    }
    if (r == 0) {
        for (unsigned i = 0; i < 5; i++)
            loop_run_ready(loop);
        if (child.closed && child.code)
            r = error_set(reterr, child.code, "%s", child.message);
        else
            assert_int_equal(child.frames, 1);
    }
    channel_free(parent.channel);
    channel_free(child.channel);
    loop_free(loop);
    return r;
}

static void faults_are_answers(void **state) {
    (void)state;
    size_t before = count_open_fds();
    torture_alloc(whole_life, &(struct torture){.encoding = IPC_PACK});
    torture_alloc(whole_life, &(struct torture){.encoding = IPC_JSON});
    torture_sys(whole_life, &(struct torture){.encoding = IPC_PACK}, EIO, 0);
    assert_int_equal(count_open_fds(), before);
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_arrive_in_order, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(every_message_passes, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(big_messages_survive_small_pieces, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(the_largest_message_has_a_frame, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(single_bytes_are_enough, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(descriptors_keep_their_frames, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(queued_descriptors_keep_their_frames, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(descriptors_not_taken_are_closed, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(a_full_queue_is_an_answer, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(a_closed_peer_is_told_after_its_last_words, setup_pair,
                                        teardown_pair),
        cmocka_unit_test_setup_teardown(a_cut_frame_is_told, setup_pair, teardown_pair),
        cmocka_unit_test(broken_peers_are_cut_off),
        cmocka_unit_test_setup_teardown(frames_before_the_broken_one_arrive, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(messages_of_other_roles_are_refused, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(callbacks_may_free, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(a_pause_holds_what_has_come, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(no_copy_of_a_secret_stays, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(flush_waits_no_longer_than_told, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(lost_descriptors_are_told, setup_pair, teardown_pair),
        cmocka_unit_test(faults_are_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
