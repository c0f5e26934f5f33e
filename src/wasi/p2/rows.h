/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The rows of functions.def: names of interfaces, texts of types, prototypes, and the rows as data for
 * reference page and tests.
 */
#ifndef WASI_P2_ROWS_H
#define WASI_P2_ROWS_H

#include "catalog/grant.h"
#include "component/call.h"
#include "wasi/p2/errors.h"

#define P2_VERSION "0.2.12"

/* --- interfaces --- */
#define P2_IO_ERROR             "wasi:io/error@" P2_VERSION
#define P2_IO_POLL              "wasi:io/poll@" P2_VERSION
#define P2_IO_STREAMS           "wasi:io/streams@" P2_VERSION
#define P2_CLI_ENVIRONMENT      "wasi:cli/environment@" P2_VERSION
#define P2_CLI_EXIT             "wasi:cli/exit@" P2_VERSION
#define P2_CLI_STDIN            "wasi:cli/stdin@" P2_VERSION
#define P2_CLI_STDOUT           "wasi:cli/stdout@" P2_VERSION
#define P2_CLI_STDERR           "wasi:cli/stderr@" P2_VERSION
#define P2_CLI_TERMINAL_INPUT   "wasi:cli/terminal-input@" P2_VERSION
#define P2_CLI_TERMINAL_OUTPUT  "wasi:cli/terminal-output@" P2_VERSION
#define P2_CLI_TERMINAL_STDIN   "wasi:cli/terminal-stdin@" P2_VERSION
#define P2_CLI_TERMINAL_STDOUT  "wasi:cli/terminal-stdout@" P2_VERSION
#define P2_CLI_TERMINAL_STDERR  "wasi:cli/terminal-stderr@" P2_VERSION
#define P2_MONOTONIC_CLOCK      "wasi:clocks/monotonic-clock@" P2_VERSION
#define P2_WALL_CLOCK           "wasi:clocks/wall-clock@" P2_VERSION
#define P2_TIMEZONE             "wasi:clocks/timezone@" P2_VERSION
#define P2_RANDOM               "wasi:random/random@" P2_VERSION
#define P2_RANDOM_INSECURE      "wasi:random/insecure@" P2_VERSION
#define P2_RANDOM_INSECURE_SEED "wasi:random/insecure-seed@" P2_VERSION
#define P2_FILESYSTEM           "wasi:filesystem/types@" P2_VERSION
#define P2_FILESYSTEM_PREOPENS  "wasi:filesystem/preopens@" P2_VERSION
#define P2_NETWORK_INTERFACE    "wasi:sockets/network@" P2_VERSION
#define P2_INSTANCE_NETWORK     "wasi:sockets/instance-network@" P2_VERSION
#define P2_TCP                  "wasi:sockets/tcp@" P2_VERSION
#define P2_TCP_CREATE           "wasi:sockets/tcp-create-socket@" P2_VERSION
#define P2_UDP_INTERFACE        "wasi:sockets/udp@" P2_VERSION
#define P2_UDP_CREATE           "wasi:sockets/udp-create-socket@" P2_VERSION
#define P2_IP_NAME_LOOKUP       "wasi:sockets/ip-name-lookup@" P2_VERSION

/* --- types --- */
#define P2_OWN_POLLABLE   "own<wasi:io/poll@0.2/pollable>"
#define P2_OWN_INPUT      "own<wasi:io/streams@0.2/input-stream>"
#define P2_OWN_OUTPUT     "own<wasi:io/streams@0.2/output-stream>"
#define P2_BORROW_ERROR   "borrow<wasi:io/error@0.2/error>"
#define P2_BORROW_NETWORK "borrow<wasi:sockets/network@0.2/network>"

#define P2_STREAM_ERROR      "variant{last-operation-failed(own<wasi:io/error@0.2/error>), closed}"
#define P2_STREAM_RESULT(ok) "result<" ok ", " P2_STREAM_ERROR ">"

#define P2_DATETIME "record{seconds: u64, nanoseconds: u32}"

#define P2_FIRST_TEXT_(name, text) text
#define P2_TEXT_(name, text)       ", " text
#define P2_FILE_ERROR              "enum{" P2_FILE_ERROR_MAP(P2_FIRST_TEXT_, P2_TEXT_) "}"
#define P2_FILE_RESULT(ok)         "result<" ok ", " P2_FILE_ERROR ">"
#define P2_DESCRIPTOR_TYPE                                                                                   \
    "enum{unknown, block-device, character-device, directory, fifo, symbolic-link, regular-file, socket}"
#define P2_DESCRIPTOR_FLAGS                                                                                  \
    "flags{read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory}"
#define P2_PATH_FLAGS    "flags{symlink-follow}"
#define P2_NEW_TIMESTAMP "variant{no-change, now, timestamp(" P2_DATETIME ")}"
#define P2_DESCRIPTOR_STAT                                                                                   \
    "record{type: " P2_DESCRIPTOR_TYPE ", link-count: u64, size: u64, data-access-timestamp: "               \
    "option<" P2_DATETIME ">, data-modification-timestamp: option<" P2_DATETIME                              \
    ">, status-change-timestamp: option<" P2_DATETIME ">}"
#define P2_METADATA_HASH "record{lower: u64, upper: u64}"

#define P2_SOCKET_ERROR      "enum{" P2_SOCKET_ERROR_MAP(P2_FIRST_TEXT_, P2_TEXT_) "}"
#define P2_SOCKET_RESULT(ok) "result<" ok ", " P2_SOCKET_ERROR ">"
#define P2_FAMILY            "enum{ipv4, ipv6}"
#define P2_IPV4              "tuple<u8, u8, u8, u8>"
#define P2_IPV6              "tuple<u16, u16, u16, u16, u16, u16, u16, u16>"
#define P2_IP_ADDRESS        "variant{ipv4(" P2_IPV4 "), ipv6(" P2_IPV6 ")}"
#define P2_SOCKET_ADDRESS                                                                                    \
    "variant{ipv4(record{port: u16, address: " P2_IPV4 "}), ipv6(record{port: u16, flow-info: u32, "         \
    "address: " P2_IPV6 ", scope-id: u32})}"

/* --- rows --- */

/* What a row may say of grants. */
enum {
    P2_GRANT_NONE = -1,
#define XX(name, text, actions, rows) P2_GRANT_##name = GRANT_##name,
    GRANT_CLASS_MAP(XX)
#undef XX
};
/* Flags of a row. */
enum { P2_MAY_WAIT = 1 };

struct p2_row {
    const char *interface;
    const char *name;
    const char *type;
    const char *function; /* of ours, for traces: "input_stream_read" */
    int grant;            /* enum grant_class, or P2_GRANT_NONE */
    unsigned flags;
    const char *doc;
};
/** The rows, in the order of functions.def. */
extern const struct p2_row p2_rows[];
extern const size_t p2_rows_count;

#define HOST_FN(interface, name, type, function, grant, flags, doc) component_host_fn p2_##function;
#include "wasi/p2/functions.def"
#undef HOST_FN

#endif
