/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * No edge is lost: many streams of every kind whose far ends, on a thread of their own, write, read, pause
 * and hang up at random.  Every byte arrives in its place, and nobody waits for ever.
 */
#include "output_rig.h"

#include <pthread.h>

/* --- reading --- */

#define SOURCES    24
#define TOTAL_MAX  60000
#define STORM_SEED 20261121u

struct peer {
    int fd;
    unsigned seed;
    size_t total;
};

/* Writes random pieces at random times to all, then closes each in a way of its own.  A thread, so that bytes
 * come at any moment whatever. */
static void *write_to_all(void *user) {
    struct peer *peers = user;
    unsigned seed = STORM_SEED;
    size_t sent[SOURCES] = {0};
    size_t open = SOURCES;
    while (open > 0) {
        size_t i = media_dice(&seed, SOURCES);
        if (peers[i].fd < 0)
            continue;
        uint8_t piece[3000];
        size_t n = 1 + media_dice(&seed, media_dice(&seed, 4) ? 40 : sizeof(piece));
        n = n < peers[i].total - sent[i] ? n : peers[i].total - sent[i];
        for (size_t k = 0; k < n; k++)
            piece[k] = media_byte(sent[i] + k + i * 977);
        /* the whole piece, blocking: the far side always reads on */
        if (n > 0 && write(peers[i].fd, piece, n) != (ssize_t)n)
            return user; /* a short write */
        sent[i] += n;
        if (sent[i] == peers[i].total) {
            if (media_dice(&seed, 2))
                (void)!shutdown(peers[i].fd, SHUT_WR);
            peers[i].fd = fd_close(peers[i].fd);
            open--;
        }
        if (media_dice(&seed, 8) == 0)
            usleep(media_dice(&seed, 300));
    }
    return NULL;
}

/* Read some of an input, in a random way. @return false: it has ended */
static bool read_some(struct host_input *input, unsigned *seed, size_t stream, size_t *got) {
    uint8_t piece[4000];
    uint64_t passed;
    size_t n;
    size_t most = 1 + media_dice(seed, media_dice(seed, 2) ? 10 : sizeof(piece));
    int r;
    if (media_dice(seed, 10) == 0) {
        r = host_input_skip(input, most, &passed);
        *got += r ? 0 : passed;
        return r != HOST_E_PIPE;
    }
    r = host_input_available(input, most, &n);
    if (r == HOST_E_AGAIN || r == HOST_E_PIPE)
        return r == HOST_E_AGAIN;
    assert_host(r, 0);
    assert_true(n > 0 && n <= most);
    if (media_dice(seed, 3) == 0) /* the guest makes room, and others have a turn */
        assert_host(host_yield(input->file->host), 0);
    r = host_input_read(input, piece, n, &n);
    assert_true(r == 0 || r == HOST_E_PIPE);
    for (size_t i = 0; i < n; i++)
        if (piece[i] != media_byte(*got + i + stream * 977))
            fail_msg("stream %zu: byte %zu is wrong", stream, *got + i);
    *got += n;
    return r == 0;
}

static void test_reading(void **state) {
    (void)state;
    struct rig rig;
    struct host_input inputs[SOURCES];
    struct peer peers[SOURCES];
    size_t got[SOURCES] = {0};
    unsigned seed = STORM_SEED;
    bool ended[SOURCES] = {false};
    size_t open = SOURCES;
    rig_init(&rig, 0);
    for (size_t i = 0; i < SOURCES; i++) {
        int near, far;
        struct host_file *file = NULL;
        media_make((enum medium)(i % TERMINAL), false, &near, &far);
        fcntl(far, F_SETFL, 0);
        peers[i] = (struct peer){.fd = far, .total = media_dice(&seed, TOTAL_MAX)};
        assert_host(host_stream_new(rig.host, near, HOST_READ, &file), 0);
        host_input_init(&inputs[i], file, 0);
        host_file_unref(file);
    }
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_to_all, peers), 0);
    uint64_t deadline = clock_monotonic_ns() + 60000 * MS;
    while (open > 0) {
        bool any = false;
        host_wait_begin(rig.host);
        for (size_t i = 0; i < SOURCES; i++)
            any = (!ended[i] && host_input_ready(&inputs[i])) || any;
        for (size_t i = 0; i < SOURCES; i++) {
            if (ended[i] || media_dice(&seed, 3) == 0 || !host_input_ready(&inputs[i]))
                continue;
            ended[i] = !read_some(&inputs[i], &seed, i, &got[i]);
            open -= ended[i];
        }
        if (!any)
            assert_host(host_wait(rig.host, deadline), 0);
        if (clock_monotonic_ns() > deadline)
            for (size_t i = 0; i < SOURCES; i++)
                if (!ended[i])
                    fail_msg("stream %zu: %zu of %zu bytes came, then an edge was lost", i, got[i],
                             peers[i].total);
    }
    void *failed;
    pthread_join(thread, &failed);
    assert_null(failed);
    for (size_t i = 0; i < SOURCES; i++) {
        assert_int_equal(got[i], peers[i].total);
        host_input_done(&inputs[i]);
    }
    rig_done(&rig);
}

/* --- writing --- */

#define SINKS 12

struct far {
    int fd;
    size_t stream;
    size_t taken;
};

/* Reads random pieces of all at random times until each is at its end. @return NULL, or what is wrong */
static void *read_from_all(void *user) {
    struct far *fars = user;
    unsigned seed = 4711;
    size_t open = SINKS;
    static uint8_t got[1 << 16];
    while (open > 0) {
        struct far *far = &fars[media_dice(&seed, SINKS)];
        if (far->fd < 0)
            continue;
        ssize_t n = read(far->fd, got, 1 + media_dice(&seed, media_dice(&seed, 3) ? 500 : sizeof(got)));
        if (n < 0 && errno == EAGAIN) {
            usleep(media_dice(&seed, 200));
            continue;
        }
        if (n <= 0) {
            far->fd = fd_close(far->fd);
            open--;
            continue;
        }
        for (size_t i = 0; i < (size_t)n; i++)
            if (got[i] != media_byte((far->taken + i + far->stream * 999) % sizeof(bytes)))
                return far;
        far->taken += (size_t)n;
    }
    return NULL;
}

static void test_writing(void **state) {
    (void)state;
    struct rig rig;
    struct host_output outputs[SINKS];
    struct far fars[SINKS];
    size_t sent[SINKS] = {0}, totals[SINKS];
    unsigned seed = 20261121;
    size_t open = SINKS;
    rig_init(&rig, 0);
    for (size_t i = 0; i < SINKS; i++) {
        int fd = make_output(&rig, (enum medium)(i % TERMINAL));
        fars[i] = (struct far){.fd = rig.fds[0], .stream = i};
        totals[i] = 1 + media_dice(&seed, 700000);
        open_output(&rig, fd, &outputs[i]);
    }
    rig.fds[0] = -1;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_from_all, fars), 0);
    uint64_t deadline = clock_monotonic_ns() + 60000 * MS;
    while (open > 0) {
        bool any = false;
        host_wait_begin(rig.host);
        for (size_t i = 0; i < SINKS; i++) {
            uint64_t room = 0;
            if (sent[i] == totals[i] || !host_output_ready(&outputs[i]))
                continue;
            any = true;
            if (media_dice(&seed, 3) == 0)
                continue;
            assert_host(host_output_room(&outputs[i], &room), 0);
            assert_true(room > 0);
            size_t from = (sent[i] + i * 999) % sizeof(bytes);
            size_t n = media_dice(&seed, 2) ? (size_t)room : 1 + media_dice(&seed, 300);
            n = n < totals[i] - sent[i] ? n : totals[i] - sent[i];
            n = n < sizeof(bytes) - from ? n : sizeof(bytes) - from;
            assert_host(host_output_write(&outputs[i], bytes + from, n), 0);
            sent[i] += n;
            if (sent[i] == totals[i]) {
                host_output_done(&outputs[i]); /* what is kept lingers */
                open--;
            }
        }
        if (!any && open > 0)
            assert_host(host_wait(rig.host, deadline), 0);
        if (clock_monotonic_ns() > deadline)
            fail_msg("an edge was lost: %zu streams are not done", open);
    }
    while (host_linger_count(rig.loop) > 0)
        loop_run_once(rig.loop);
    void *wrong;
    pthread_join(thread, &wrong);
    assert_null(wrong);
    for (size_t i = 0; i < SINKS; i++)
        assert_int_equal(fars[i].taken, totals[i]);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reading), cmocka_unit_test(test_writing)};
    return cmocka_run_group_tests(tests, output_enter, rig_leave);
}
