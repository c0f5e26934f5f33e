// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Speaks TCP and UDP and looks up names, by the sockets of WASI 0.2 (bindings of wit-bindgen); all else it
// has from the adapter of preview 1.
//
//   talks serve PORT          one connection at a time: what comes in goes back, until one says "stop"
//   talks connect PORT TEXT   sends it, tells what comes back
//   talks udp PORT TEXT       likewise as one datagram
//   talks lookup NAME         its IPv4 addresses
#include "talks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static network_borrow_network_t network;

static void fail(const char *what, network_error_code_t code) {
    printf("%s: error %d\n", what, code);
    exit(1);
}

static network_ip_socket_address_t here(uint16_t port) {
    return (network_ip_socket_address_t){.tag = NETWORK_IP_SOCKET_ADDRESS_IPV4,
                                         .val.ipv4 = {.port = port, .address = {127, 0, 0, 1}}};
}

static void wait_for(poll_own_pollable_t pollable) {
    poll_method_pollable_block(poll_borrow_pollable(pollable));
    poll_pollable_drop_own(pollable);
}

static talks_list_u8_t bytes_of(const char *text) {
    return (talks_list_u8_t){(uint8_t *)text, strlen(text)};
}

// ---- TCP ----

struct connection {
    tcp_own_tcp_socket_t socket;
    tcp_own_input_stream_t input;
    tcp_own_output_stream_t output;
};

static tcp_own_tcp_socket_t tcp(void) {
    tcp_own_tcp_socket_t made;
    network_error_code_t code;
    if (!tcp_new_create_tcp_socket(NETWORK_IP_ADDRESS_FAMILY_IPV4, &made, &code))
        fail("socket", code);
    return made;
}

static void tcp_wait(tcp_borrow_tcp_socket_t one, const char *what, network_error_code_t code) {
    if (code != NETWORK_ERROR_CODE_WOULD_BLOCK)
        fail(what, code);
    wait_for(tcp_method_tcp_socket_subscribe(one));
}

static void write_all(tcp_own_output_stream_t out, const uint8_t *bytes, size_t length) {
    while (length) {
        talks_list_u8_t part = {(uint8_t *)bytes, length < 4096 ? length : 4096};
        streams_stream_error_t error;
        if (!streams_method_output_stream_blocking_write_and_flush(streams_borrow_output_stream(out), &part,
                                                                   &error))
            fail("write", NETWORK_ERROR_CODE_UNKNOWN);
        bytes += part.len;
        length -= part.len;
    }
}

// false: there is no more.
static bool read_some(tcp_own_input_stream_t in, talks_list_u8_t *ret) {
    streams_stream_error_t error;
    if (streams_method_input_stream_blocking_read(streams_borrow_input_stream(in), 65536, ret, &error))
        return true;
    if (error.tag != STREAMS_STREAM_ERROR_CLOSED)
        fail("read", NETWORK_ERROR_CODE_UNKNOWN);
    return false;
}

static void hang_up(struct connection *c) {
    streams_input_stream_drop_own(c->input);
    streams_output_stream_drop_own(c->output);
    tcp_tcp_socket_drop_own(c->socket);
}

// true: it said "stop".
static bool serve_one(struct connection *c) {
    char text[8] = "";
    size_t length = 0;
    talks_list_u8_t piece;
    while (read_some(c->input, &piece)) {
        write_all(c->output, piece.ptr, piece.len);
        for (size_t i = 0; i < piece.len && length + i < sizeof text - 1; i++)
            text[length + i] = (char)piece.ptr[i];
        length += piece.len;
        talks_list_u8_free(&piece);
    }
    hang_up(c);
    printf("served %d bytes\n", (int)length);
    fflush(stdout);
    return strcmp(text, "stop") == 0;
}

static void serve(uint16_t port) {
    tcp_own_tcp_socket_t server = tcp();
    tcp_borrow_tcp_socket_t one = tcp_borrow_tcp_socket(server);
    network_ip_socket_address_t where = here(port);
    network_error_code_t code;
    if (!tcp_method_tcp_socket_start_bind(one, network, &where, &code))
        fail("bind", code);
    while (!tcp_method_tcp_socket_finish_bind(one, &code))
        tcp_wait(one, "bind", code);
    if (!tcp_method_tcp_socket_start_listen(one, &code))
        fail("listen", code);
    while (!tcp_method_tcp_socket_finish_listen(one, &code))
        tcp_wait(one, "listen", code);
    printf("serving\n");
    fflush(stdout);
    for (bool stop = false; !stop;) {
        tcp_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t got;
        while (!tcp_method_tcp_socket_accept(one, &got, &code))
            tcp_wait(one, "accept", code);
        stop = serve_one(&(struct connection){got.f0, got.f1, got.f2});
    }
    tcp_tcp_socket_drop_own(server);
}

static void connect_and_ask(uint16_t port, const char *text) {
    struct connection c = {.socket = tcp()};
    tcp_borrow_tcp_socket_t one = tcp_borrow_tcp_socket(c.socket);
    network_ip_socket_address_t where = here(port);
    network_error_code_t code;
    if (!tcp_method_tcp_socket_start_connect(one, network, &where, &code))
        fail("connect", code);
    tcp_tuple2_own_input_stream_own_output_stream_t got;
    while (!tcp_method_tcp_socket_finish_connect(one, &got, &code))
        tcp_wait(one, "connect", code);
    c.input = got.f0;
    c.output = got.f1;
    write_all(c.output, (const uint8_t *)text, strlen(text));
    if (!tcp_method_tcp_socket_shutdown(one, TCP_SHUTDOWN_TYPE_SEND, &code))
        fail("shutdown", code);
    printf("answer: ");
    talks_list_u8_t piece;
    while (read_some(c.input, &piece)) {
        fwrite(piece.ptr, 1, piece.len, stdout);
        talks_list_u8_free(&piece);
    }
    printf("\n");
    hang_up(&c);
}

// ---- UDP ----

static void udp(uint16_t port, const char *text) {
    udp_own_udp_socket_t socket;
    network_error_code_t code;
    if (!udp_new_create_udp_socket(NETWORK_IP_ADDRESS_FAMILY_IPV4, &socket, &code))
        fail("socket", code);
    udp_borrow_udp_socket_t one = udp_borrow_udp_socket(socket);
    network_ip_socket_address_t any = here(0), to = here(port);
    if (!udp_method_udp_socket_start_bind(one, network, &any, &code) ||
        !udp_method_udp_socket_finish_bind(one, &code))
        fail("bind", code);
    udp_tuple2_own_incoming_datagram_stream_own_outgoing_datagram_stream_t streams;
    if (!udp_method_udp_socket_stream(one, NULL, &streams, &code))
        fail("stream", code);
    udp_borrow_outgoing_datagram_stream_t out = udp_borrow_outgoing_datagram_stream(streams.f1);
    uint64_t permit = 0;
    while (udp_method_outgoing_datagram_stream_check_send(out, &permit, &code) && permit == 0)
        wait_for(udp_method_outgoing_datagram_stream_subscribe(out));
    udp_outgoing_datagram_t datagram = {.data = bytes_of(text),
                                        .remote_address = {.is_some = true, .val = to}};
    udp_list_outgoing_datagram_t list = {&datagram, 1};
    if (!udp_method_outgoing_datagram_stream_send(out, &list, &permit, &code))
        fail("send", code);
    udp_borrow_incoming_datagram_stream_t in = udp_borrow_incoming_datagram_stream(streams.f0);
    udp_list_incoming_datagram_t got = {NULL, 0};
    do {
        wait_for(udp_method_incoming_datagram_stream_subscribe(in));
        if (!udp_method_incoming_datagram_stream_receive(in, 1, &got, &code))
            fail("receive", code);
    } while (got.len == 0);
    network_ipv4_socket_address_t from = got.ptr[0].remote_address.val.ipv4;
    printf("answer: %.*s from %d.%d.%d.%d:%s\n", (int)got.ptr[0].data.len, (char *)got.ptr[0].data.ptr,
           from.address.f0, from.address.f1, from.address.f2, from.address.f3,
           from.port == port ? "True" : "False");
    udp_incoming_datagram_stream_drop_own(streams.f0);
    udp_outgoing_datagram_stream_drop_own(streams.f1);
    udp_udp_socket_drop_own(socket);
}

// ---- names ----

static void lookup(const char *name) {
    talks_string_t text = {(uint8_t *)name, strlen(name)};
    names_own_resolve_address_stream_t stream;
    network_error_code_t code;
    if (!names_resolve_addresses(network, &text, &stream, &code))
        fail("lookup", code);
    names_borrow_resolve_address_stream_t one = names_borrow_resolve_address_stream(stream);
    printf("addresses:");
    for (;;) {
        names_option_ip_address_t next;
        if (!names_method_resolve_address_stream_resolve_next_address(one, &next, &code)) {
            if (code != NETWORK_ERROR_CODE_WOULD_BLOCK)
                fail("lookup", code);
            wait_for(names_method_resolve_address_stream_subscribe(one));
            continue;
        }
        if (!next.is_some)
            break;
        if (next.val.tag == NETWORK_IP_ADDRESS_IPV4) {
            network_ipv4_address_t a = next.val.val.ipv4;
            printf(" %d.%d.%d.%d", a.f0, a.f1, a.f2, a.f3);
        }
    }
    printf("\n");
    names_resolve_address_stream_drop_own(stream);
}

int main(int argc, char **argv) {
    network = network_borrow_network(instance_instance_network());
    const char *what = argc > 2 ? argv[1] : "";
    if (strcmp(what, "serve") == 0)
        serve((uint16_t)atoi(argv[2]));
    else if (strcmp(what, "connect") == 0 && argc > 3)
        connect_and_ask((uint16_t)atoi(argv[2]), argv[3]);
    else if (strcmp(what, "udp") == 0 && argc > 3)
        udp((uint16_t)atoi(argv[2]), argv[3]);
    else if (strcmp(what, "lookup") == 0)
        lookup(argv[2]);
    else
        return 2;
    return 0;
}
