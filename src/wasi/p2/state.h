/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What one instance has of WASI 0.2: its host, its resources, arguments, environment, directories.
 *
 * A resource of ours is a number (its rep) in one table per instance: what it is, the object, and how many
 * children it has (a pollable is a child of what it was made from); a parent that is dropped before its
 * children is a trap, as the interfaces allow.
 */
#ifndef WASI_P2_STATE_H
#define WASI_P2_STATE_H

#include "component/call.h"
#include "host/host.h"
#include "wasi/wasi.h"

/* What a resource is: name in C, name in WIT, interface. */
#define P2_RESOURCE_MAP(XX)                                                                                  \
    XX(ERROR, "error", "wasi:io/error")                                                                      \
    XX(POLLABLE, "pollable", "wasi:io/poll")                                                                 \
    XX(INPUT_STREAM, "input-stream", "wasi:io/streams")                                                      \
    XX(OUTPUT_STREAM, "output-stream", "wasi:io/streams")                                                    \
    XX(TERMINAL_INPUT, "terminal-input", "wasi:cli/terminal-input")                                          \
    XX(TERMINAL_OUTPUT, "terminal-output", "wasi:cli/terminal-output")                                       \
    XX(DESCRIPTOR, "descriptor", "wasi:filesystem/types")                                                    \
    XX(DIRECTORY_ENTRY_STREAM, "directory-entry-stream", "wasi:filesystem/types")                            \
    XX(NETWORK, "network", "wasi:sockets/network")                                                           \
    XX(TCP_SOCKET, "tcp-socket", "wasi:sockets/tcp")                                                         \
    XX(UDP_SOCKET, "udp-socket", "wasi:sockets/udp")                                                         \
    XX(INCOMING_DATAGRAM_STREAM, "incoming-datagram-stream", "wasi:sockets/udp")                             \
    XX(OUTGOING_DATAGRAM_STREAM, "outgoing-datagram-stream", "wasi:sockets/udp")                             \
    XX(RESOLVE_ADDRESS_STREAM, "resolve-address-stream", "wasi:sockets/ip-name-lookup")
enum p2_kind {
    P2_FREE,
#define XX(name, text, interface) P2_##name,
    P2_RESOURCE_MAP(XX)
#undef XX
        P2_KINDS
};

#endif
