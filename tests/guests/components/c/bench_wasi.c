// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// What bench/run times of WASI 0.2; bench/wasi_reference.c does the same with the system's own calls.  Prints
// nanoseconds.
//
//   copy FROM TO BYTES    files below the first granted directory, through streams, so many bytes at a time
//   splice FROM TO BYTES  the same, without the bytes coming here
//   echo PORT             TCP, any number of connections, until one sends nothing and closes; prints nothing
//   poll COUNT ROUNDS     of so many pollables one is ready: per round
//   now ROUNDS            the wall clock: per call
//   lookup NAME ROUNDS    per lookup
#include "talks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(bool good, const char *what) {
    if (!good) {
        printf("%s failed\n", what);
        exit(1);
    }
}

static void wait_for(poll_own_pollable_t pollable) {
    poll_method_pollable_block(poll_borrow_pollable(pollable));
    poll_pollable_drop_own(pollable);
}

// ---- files ----

static files_own_descriptor_t open_file(const char *name, bool write) {
    preopens_list_tuple2_own_descriptor_string_t dirs;
    preopens_get_directories(&dirs);
    check(dirs.len > 0, "a directory");
    talks_string_t path = {(uint8_t *)name, strlen(name)};
    files_own_descriptor_t file;
    files_error_code_t code;
    files_open_flags_t how = write ? FILES_OPEN_FLAGS_CREATE | FILES_OPEN_FLAGS_TRUNCATE : 0;
    files_descriptor_flags_t flags = write ? FILES_DESCRIPTOR_FLAGS_WRITE : FILES_DESCRIPTOR_FLAGS_READ;
    check(files_method_descriptor_open_at(files_borrow_descriptor(dirs.ptr[0].f0),
                                          FILES_PATH_FLAGS_SYMLINK_FOLLOW, &path, how, flags, &file, &code),
          name);
    return file;
}

static void write_all(streams_borrow_output_stream_t out, uint8_t *bytes, size_t length) {
    streams_stream_error_t error;
    while (length) {
        uint64_t permit;
        check(streams_method_output_stream_check_write(out, &permit, &error), "check-write");
        if (permit == 0) {
            wait_for(streams_method_output_stream_subscribe(out));
            continue;
        }
        talks_list_u8_t part = {bytes, length < permit ? length : permit};
        check(streams_method_output_stream_write(out, &part, &error), "write");
        bytes += part.len;
        length -= part.len;
    }
}

static void copy(const char *from, const char *to, uint64_t bytes, bool splice) {
    files_own_input_stream_t in;
    files_own_output_stream_t out;
    files_error_code_t code;
    check(files_method_descriptor_read_via_stream(files_borrow_descriptor(open_file(from, false)), 0, &in,
                                                  &code),
          from);
    check(files_method_descriptor_write_via_stream(files_borrow_descriptor(open_file(to, true)), 0, &out,
                                                   &code),
          to);
    streams_borrow_input_stream_t source = streams_borrow_input_stream(in);
    streams_borrow_output_stream_t into = streams_borrow_output_stream(out);
    streams_stream_error_t error;
    for (;;) {
        talks_list_u8_t piece;
        uint64_t moved;
        bool good = splice ? streams_method_output_stream_blocking_splice(into, source, bytes, &moved, &error)
                           : streams_method_input_stream_blocking_read(source, bytes, &piece, &error);
        if (!good) {
            check(error.tag == STREAMS_STREAM_ERROR_CLOSED, "read");
            break;
        }
        if (!splice) {
            write_all(into, piece.ptr, piece.len);
            talks_list_u8_free(&piece);
        }
    }
    check(streams_method_output_stream_blocking_flush(into, &error), "flush");
}

// ---- sockets ----

enum { CONNECTIONS = 64 };

struct connection {
    tcp_own_tcp_socket_t socket;
    tcp_own_input_stream_t in;
    tcp_own_output_stream_t out;
    poll_own_pollable_t ready;
};

static tcp_borrow_tcp_socket_t listener(uint16_t port) {
    tcp_own_tcp_socket_t server;
    network_error_code_t code;
    check(tcp_new_create_tcp_socket(NETWORK_IP_ADDRESS_FAMILY_IPV4, &server, &code), "socket");
    tcp_borrow_tcp_socket_t one = tcp_borrow_tcp_socket(server);
    network_ip_socket_address_t where = {.tag = NETWORK_IP_SOCKET_ADDRESS_IPV4,
                                         .val.ipv4 = {.port = port, .address = {127, 0, 0, 1}}};
    check(tcp_method_tcp_socket_start_bind(one, network_borrow_network(instance_instance_network()), &where,
                                           &code) &&
              tcp_method_tcp_socket_finish_bind(one, &code) &&
              tcp_method_tcp_socket_start_listen(one, &code) &&
              tcp_method_tcp_socket_finish_listen(one, &code),
          "listen");
    return one;
}

// What is there goes back.  false: the other end has gone.
static bool answer(struct connection *c) {
    streams_stream_error_t error;
    talks_list_u8_t piece;
    if (!streams_method_input_stream_read(streams_borrow_input_stream(c->in), 65536, &piece, &error))
        return false;
    write_all(streams_borrow_output_stream(c->out), piece.ptr, piece.len);
    talks_list_u8_free(&piece);
    return true;
}

static void echo(uint16_t port) {
    static struct connection list[CONNECTIONS];
    size_t count = 0;
    tcp_borrow_tcp_socket_t server = listener(port);
    poll_own_pollable_t arrivals = tcp_method_tcp_socket_subscribe(server);
    for (;;) {
        poll_borrow_pollable_t wanted[CONNECTIONS + 1] = {poll_borrow_pollable(arrivals)};
        for (size_t i = 0; i < count; i++)
            wanted[i + 1] = poll_borrow_pollable(list[i].ready);
        poll_list_borrow_pollable_t all = {wanted, count + 1};
        talks_list_u32_t ready;
        poll_poll(&all, &ready);
        // From the last to the first, so that a connection that goes leaves those to come in their places.
        for (size_t n = ready.len; n-- > 0;) {
            network_error_code_t code;
            uint32_t i = ready.ptr[n];
            tcp_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t got;
            if (i > 0 && !answer(&list[i - 1])) {
                struct connection *c = &list[i - 1];
                poll_pollable_drop_own(c->ready);
                streams_input_stream_drop_own(c->in);
                streams_output_stream_drop_own(c->out);
                tcp_tcp_socket_drop_own(c->socket);
                *c = list[--count];
            } else if (i == 0 && count < CONNECTIONS && tcp_method_tcp_socket_accept(server, &got, &code)) {
                list[count] = (struct connection){.socket = got.f0, .in = got.f1, .out = got.f2};
                list[count].ready =
                    streams_method_input_stream_subscribe(streams_borrow_input_stream(got.f1));
                count++;
            }
        }
        talks_list_u32_free(&ready);
    }
}

static void lookup(const char *name) {
    talks_string_t text = {(uint8_t *)name, strlen(name)};
    names_own_resolve_address_stream_t stream;
    network_error_code_t code;
    static network_own_network_t network;
    if (!network.__handle)
        network = instance_instance_network();
    check(names_resolve_addresses(network_borrow_network(network), &text, &stream, &code), "lookup");
    names_borrow_resolve_address_stream_t one = names_borrow_resolve_address_stream(stream);
    names_option_ip_address_t next;
    while (!names_method_resolve_address_stream_resolve_next_address(one, &next, &code)) {
        check(code == NETWORK_ERROR_CODE_WOULD_BLOCK, "lookup");
        wait_for(names_method_resolve_address_stream_subscribe(one));
    }
    names_resolve_address_stream_drop_own(stream);
}

// ---- waits and clocks ----

static uint64_t poll_many(size_t count, unsigned rounds) {
    poll_borrow_pollable_t *wanted = malloc(count * sizeof *wanted);
    for (size_t i = 0; i < count; i++)
        wanted[i] =
            poll_borrow_pollable(clock_subscribe_duration(i + 1 < count ? 3600ull * 1000000000 + i : 0));
    poll_list_borrow_pollable_t all = {wanted, count};
    uint64_t began = clock_now();
    for (unsigned n = 0; n < rounds; n++) {
        talks_list_u32_t ready;
        poll_poll(&all, &ready);
        check(ready.len == 1 && ready.ptr[0] == count - 1, "poll");
        talks_list_u32_free(&ready);
    }
    return (clock_now() - began) / rounds;
}

static uint64_t read_wall_clock(unsigned rounds) {
    wall_datetime_t now;
    uint64_t began = clock_now();
    for (unsigned n = 0; n < rounds; n++)
        wall_now(&now);
    return (clock_now() - began) * 1000 / rounds; // thousandths
}

int main(int argc, char **argv) {
    const char *what = argc > 2 ? argv[1] : "";
    uint64_t began = clock_now(), took = 0;
    if ((strcmp(what, "copy") == 0 || strcmp(what, "splice") == 0) && argc > 4) {
        copy(argv[2], argv[3], strtoull(argv[4], NULL, 10), what[0] == 's');
        took = clock_now() - began;
    } else if (strcmp(what, "echo") == 0) {
        echo((uint16_t)atoi(argv[2]));
    } else if (strcmp(what, "poll") == 0 && argc > 3) {
        took = poll_many(strtoul(argv[2], NULL, 10), (unsigned)atoi(argv[3]));
    } else if (strcmp(what, "now") == 0) {
        took = read_wall_clock((unsigned)atoi(argv[2]));
    } else if (strcmp(what, "lookup") == 0 && argc > 3) {
        unsigned rounds = (unsigned)atoi(argv[3]);
        for (unsigned n = 0; n < rounds; n++)
            lookup(argv[2]);
        took = (clock_now() - began) / rounds;
    } else {
        return 2;
    }
    printf("%llu\n", (unsigned long long)took);
    return 0;
}
