/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef __BINDINGS_TALKS_H
#define __BINDINGS_TALKS_H
#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct talks_string_t {
    uint8_t *ptr;
    size_t len;
} talks_string_t;

typedef struct poll_own_pollable_t {
    int32_t __handle;
} poll_own_pollable_t;

typedef struct poll_borrow_pollable_t {
    int32_t __handle;
} poll_borrow_pollable_t;

typedef struct {
    poll_borrow_pollable_t *ptr;
    size_t len;
} poll_list_borrow_pollable_t;

typedef struct {
    uint32_t *ptr;
    size_t len;
} talks_list_u32_t;

typedef struct error_own_error_t {
    int32_t __handle;
} error_own_error_t;

typedef struct error_borrow_error_t {
    int32_t __handle;
} error_borrow_error_t;

typedef error_own_error_t streams_own_error_t;

typedef struct streams_stream_error_t {
    uint8_t tag;
    union {
        streams_own_error_t last_operation_failed;
    } val;
} streams_stream_error_t;

#define STREAMS_STREAM_ERROR_LAST_OPERATION_FAILED 0
#define STREAMS_STREAM_ERROR_CLOSED                1

typedef struct streams_own_input_stream_t {
    int32_t __handle;
} streams_own_input_stream_t;

typedef struct streams_borrow_input_stream_t {
    int32_t __handle;
} streams_borrow_input_stream_t;

typedef struct streams_own_output_stream_t {
    int32_t __handle;
} streams_own_output_stream_t;

typedef struct streams_borrow_output_stream_t {
    int32_t __handle;
} streams_borrow_output_stream_t;

typedef struct {
    uint8_t *ptr;
    size_t len;
} talks_list_u8_t;

typedef struct {
    bool is_err;
    union {
        talks_list_u8_t ok;
        streams_stream_error_t err;
    } val;
} streams_result_list_u8_stream_error_t;

typedef struct {
    bool is_err;
    union {
        uint64_t ok;
        streams_stream_error_t err;
    } val;
} streams_result_u64_stream_error_t;

typedef poll_own_pollable_t streams_own_pollable_t;

typedef struct {
    bool is_err;
    union {
        streams_stream_error_t err;
    } val;
} streams_result_void_stream_error_t;

typedef uint64_t clock_instant_t;

typedef uint64_t clock_duration_t;

typedef poll_own_pollable_t clock_own_pollable_t;

typedef struct wall_datetime_t {
    uint64_t seconds;
    uint32_t nanoseconds;
} wall_datetime_t;

typedef wall_datetime_t files_datetime_t;

typedef uint64_t files_filesize_t;

typedef uint8_t files_descriptor_type_t;

#define FILES_DESCRIPTOR_TYPE_UNKNOWN          0
#define FILES_DESCRIPTOR_TYPE_BLOCK_DEVICE     1
#define FILES_DESCRIPTOR_TYPE_CHARACTER_DEVICE 2
#define FILES_DESCRIPTOR_TYPE_DIRECTORY        3
#define FILES_DESCRIPTOR_TYPE_FIFO             4
#define FILES_DESCRIPTOR_TYPE_SYMBOLIC_LINK    5
#define FILES_DESCRIPTOR_TYPE_REGULAR_FILE     6
#define FILES_DESCRIPTOR_TYPE_SOCKET           7

typedef uint8_t files_descriptor_flags_t;

#define FILES_DESCRIPTOR_FLAGS_READ                 (1 << 0)
#define FILES_DESCRIPTOR_FLAGS_WRITE                (1 << 1)
#define FILES_DESCRIPTOR_FLAGS_FILE_INTEGRITY_SYNC  (1 << 2)
#define FILES_DESCRIPTOR_FLAGS_DATA_INTEGRITY_SYNC  (1 << 3)
#define FILES_DESCRIPTOR_FLAGS_REQUESTED_WRITE_SYNC (1 << 4)
#define FILES_DESCRIPTOR_FLAGS_MUTATE_DIRECTORY     (1 << 5)

typedef uint8_t files_path_flags_t;

#define FILES_PATH_FLAGS_SYMLINK_FOLLOW (1 << 0)

typedef uint8_t files_open_flags_t;

#define FILES_OPEN_FLAGS_CREATE    (1 << 0)
#define FILES_OPEN_FLAGS_DIRECTORY (1 << 1)
#define FILES_OPEN_FLAGS_EXCLUSIVE (1 << 2)
#define FILES_OPEN_FLAGS_TRUNCATE  (1 << 3)

typedef uint64_t files_link_count_t;

typedef struct {
    bool is_some;
    files_datetime_t val;
} files_option_datetime_t;

typedef struct files_descriptor_stat_t {
    files_descriptor_type_t type;
    files_link_count_t link_count;
    files_filesize_t size;
    files_option_datetime_t data_access_timestamp;
    files_option_datetime_t data_modification_timestamp;
    files_option_datetime_t status_change_timestamp;
} files_descriptor_stat_t;

typedef struct files_new_timestamp_t {
    uint8_t tag;
    union {
        files_datetime_t timestamp;
    } val;
} files_new_timestamp_t;

#define FILES_NEW_TIMESTAMP_NO_CHANGE 0
#define FILES_NEW_TIMESTAMP_NOW       1
#define FILES_NEW_TIMESTAMP_TIMESTAMP 2

typedef struct files_directory_entry_t {
    files_descriptor_type_t type;
    talks_string_t name;
} files_directory_entry_t;

typedef uint8_t files_error_code_t;

#define FILES_ERROR_CODE_ACCESS                0
#define FILES_ERROR_CODE_WOULD_BLOCK           1
#define FILES_ERROR_CODE_ALREADY               2
#define FILES_ERROR_CODE_BAD_DESCRIPTOR        3
#define FILES_ERROR_CODE_BUSY                  4
#define FILES_ERROR_CODE_DEADLOCK              5
#define FILES_ERROR_CODE_QUOTA                 6
#define FILES_ERROR_CODE_EXIST                 7
#define FILES_ERROR_CODE_FILE_TOO_LARGE        8
#define FILES_ERROR_CODE_ILLEGAL_BYTE_SEQUENCE 9
#define FILES_ERROR_CODE_IN_PROGRESS           10
#define FILES_ERROR_CODE_INTERRUPTED           11
#define FILES_ERROR_CODE_INVALID               12
#define FILES_ERROR_CODE_IO                    13
#define FILES_ERROR_CODE_IS_DIRECTORY          14
#define FILES_ERROR_CODE_LOOP                  15
#define FILES_ERROR_CODE_TOO_MANY_LINKS        16
#define FILES_ERROR_CODE_MESSAGE_SIZE          17
#define FILES_ERROR_CODE_NAME_TOO_LONG         18
#define FILES_ERROR_CODE_NO_DEVICE             19
#define FILES_ERROR_CODE_NO_ENTRY              20
#define FILES_ERROR_CODE_NO_LOCK               21
#define FILES_ERROR_CODE_INSUFFICIENT_MEMORY   22
#define FILES_ERROR_CODE_INSUFFICIENT_SPACE    23
#define FILES_ERROR_CODE_NOT_DIRECTORY         24
#define FILES_ERROR_CODE_NOT_EMPTY             25
#define FILES_ERROR_CODE_NOT_RECOVERABLE       26
#define FILES_ERROR_CODE_UNSUPPORTED           27
#define FILES_ERROR_CODE_NO_TTY                28
#define FILES_ERROR_CODE_NO_SUCH_DEVICE        29
#define FILES_ERROR_CODE_OVERFLOW              30
#define FILES_ERROR_CODE_NOT_PERMITTED         31
#define FILES_ERROR_CODE_PIPE                  32
#define FILES_ERROR_CODE_READ_ONLY             33
#define FILES_ERROR_CODE_INVALID_SEEK          34
#define FILES_ERROR_CODE_TEXT_FILE_BUSY        35
#define FILES_ERROR_CODE_CROSS_DEVICE          36

typedef uint8_t files_advice_t;

#define FILES_ADVICE_NORMAL     0
#define FILES_ADVICE_SEQUENTIAL 1
#define FILES_ADVICE_RANDOM     2
#define FILES_ADVICE_WILL_NEED  3
#define FILES_ADVICE_DONT_NEED  4
#define FILES_ADVICE_NO_REUSE   5

typedef struct files_metadata_hash_value_t {
    uint64_t lower;
    uint64_t upper;
} files_metadata_hash_value_t;

typedef struct files_own_descriptor_t {
    int32_t __handle;
} files_own_descriptor_t;

typedef struct files_borrow_descriptor_t {
    int32_t __handle;
} files_borrow_descriptor_t;

typedef struct files_own_directory_entry_stream_t {
    int32_t __handle;
} files_own_directory_entry_stream_t;

typedef struct files_borrow_directory_entry_stream_t {
    int32_t __handle;
} files_borrow_directory_entry_stream_t;

typedef streams_own_input_stream_t files_own_input_stream_t;

typedef struct {
    bool is_err;
    union {
        files_own_input_stream_t ok;
        files_error_code_t err;
    } val;
} files_result_own_input_stream_error_code_t;

typedef streams_own_output_stream_t files_own_output_stream_t;

typedef struct {
    bool is_err;
    union {
        files_own_output_stream_t ok;
        files_error_code_t err;
    } val;
} files_result_own_output_stream_error_code_t;

typedef struct {
    bool is_err;
    union {
        files_error_code_t err;
    } val;
} files_result_void_error_code_t;

typedef struct {
    bool is_err;
    union {
        files_descriptor_flags_t ok;
        files_error_code_t err;
    } val;
} files_result_descriptor_flags_error_code_t;

typedef struct {
    bool is_err;
    union {
        files_descriptor_type_t ok;
        files_error_code_t err;
    } val;
} files_result_descriptor_type_error_code_t;

typedef struct {
    talks_list_u8_t f0;
    bool f1;
} talks_tuple2_list_u8_bool_t;

typedef struct {
    bool is_err;
    union {
        talks_tuple2_list_u8_bool_t ok;
        files_error_code_t err;
    } val;
} files_result_tuple2_list_u8_bool_error_code_t;

typedef struct {
    bool is_err;
    union {
        files_filesize_t ok;
        files_error_code_t err;
    } val;
} files_result_filesize_error_code_t;

typedef struct {
    bool is_err;
    union {
        files_own_directory_entry_stream_t ok;
        files_error_code_t err;
    } val;
} files_result_own_directory_entry_stream_error_code_t;

typedef struct {
    bool is_err;
    union {
        files_descriptor_stat_t ok;
        files_error_code_t err;
    } val;
} files_result_descriptor_stat_error_code_t;

typedef struct {
    bool is_err;
    union {
        files_own_descriptor_t ok;
        files_error_code_t err;
    } val;
} files_result_own_descriptor_error_code_t;

typedef struct {
    bool is_err;
    union {
        talks_string_t ok;
        files_error_code_t err;
    } val;
} files_result_string_error_code_t;

typedef struct {
    bool is_err;
    union {
        files_metadata_hash_value_t ok;
        files_error_code_t err;
    } val;
} files_result_metadata_hash_value_error_code_t;

typedef struct {
    bool is_some;
    files_directory_entry_t val;
} files_option_directory_entry_t;

typedef struct {
    bool is_err;
    union {
        files_option_directory_entry_t ok;
        files_error_code_t err;
    } val;
} files_result_option_directory_entry_error_code_t;

typedef error_borrow_error_t files_borrow_error_t;

typedef struct {
    bool is_some;
    files_error_code_t val;
} files_option_error_code_t;

typedef files_own_descriptor_t preopens_own_descriptor_t;

typedef struct {
    preopens_own_descriptor_t f0;
    talks_string_t f1;
} preopens_tuple2_own_descriptor_string_t;

typedef struct {
    preopens_tuple2_own_descriptor_string_t *ptr;
    size_t len;
} preopens_list_tuple2_own_descriptor_string_t;

typedef struct network_own_network_t {
    int32_t __handle;
} network_own_network_t;

typedef struct network_borrow_network_t {
    int32_t __handle;
} network_borrow_network_t;

typedef uint8_t network_error_code_t;

#define NETWORK_ERROR_CODE_UNKNOWN                    0
#define NETWORK_ERROR_CODE_ACCESS_DENIED              1
#define NETWORK_ERROR_CODE_NOT_SUPPORTED              2
#define NETWORK_ERROR_CODE_INVALID_ARGUMENT           3
#define NETWORK_ERROR_CODE_OUT_OF_MEMORY              4
#define NETWORK_ERROR_CODE_TIMEOUT                    5
#define NETWORK_ERROR_CODE_CONCURRENCY_CONFLICT       6
#define NETWORK_ERROR_CODE_NOT_IN_PROGRESS            7
#define NETWORK_ERROR_CODE_WOULD_BLOCK                8
#define NETWORK_ERROR_CODE_INVALID_STATE              9
#define NETWORK_ERROR_CODE_NEW_SOCKET_LIMIT           10
#define NETWORK_ERROR_CODE_ADDRESS_NOT_BINDABLE       11
#define NETWORK_ERROR_CODE_ADDRESS_IN_USE             12
#define NETWORK_ERROR_CODE_REMOTE_UNREACHABLE         13
#define NETWORK_ERROR_CODE_CONNECTION_REFUSED         14
#define NETWORK_ERROR_CODE_CONNECTION_RESET           15
#define NETWORK_ERROR_CODE_CONNECTION_ABORTED         16
#define NETWORK_ERROR_CODE_DATAGRAM_TOO_LARGE         17
#define NETWORK_ERROR_CODE_NAME_UNRESOLVABLE          18
#define NETWORK_ERROR_CODE_TEMPORARY_RESOLVER_FAILURE 19
#define NETWORK_ERROR_CODE_PERMANENT_RESOLVER_FAILURE 20

typedef uint8_t network_ip_address_family_t;

#define NETWORK_IP_ADDRESS_FAMILY_IPV4 0
#define NETWORK_IP_ADDRESS_FAMILY_IPV6 1

typedef struct network_ipv4_address_t {
    uint8_t f0;
    uint8_t f1;
    uint8_t f2;
    uint8_t f3;
} network_ipv4_address_t;

typedef struct network_ipv6_address_t {
    uint16_t f0;
    uint16_t f1;
    uint16_t f2;
    uint16_t f3;
    uint16_t f4;
    uint16_t f5;
    uint16_t f6;
    uint16_t f7;
} network_ipv6_address_t;

typedef struct network_ip_address_t {
    uint8_t tag;
    union {
        network_ipv4_address_t ipv4;
        network_ipv6_address_t ipv6;
    } val;
} network_ip_address_t;

#define NETWORK_IP_ADDRESS_IPV4 0
#define NETWORK_IP_ADDRESS_IPV6 1

typedef struct network_ipv4_socket_address_t {
    uint16_t port;
    network_ipv4_address_t address;
} network_ipv4_socket_address_t;

typedef struct network_ipv6_socket_address_t {
    uint16_t port;
    uint32_t flow_info;
    network_ipv6_address_t address;
    uint32_t scope_id;
} network_ipv6_socket_address_t;

typedef struct network_ip_socket_address_t {
    uint8_t tag;
    union {
        network_ipv4_socket_address_t ipv4;
        network_ipv6_socket_address_t ipv6;
    } val;
} network_ip_socket_address_t;

#define NETWORK_IP_SOCKET_ADDRESS_IPV4 0
#define NETWORK_IP_SOCKET_ADDRESS_IPV6 1

typedef network_own_network_t instance_own_network_t;

typedef clock_duration_t tcp_duration_t;

typedef network_error_code_t tcp_error_code_t;

typedef network_ip_socket_address_t tcp_ip_socket_address_t;

typedef network_ip_address_family_t tcp_ip_address_family_t;

typedef uint8_t tcp_shutdown_type_t;

#define TCP_SHUTDOWN_TYPE_RECEIVE 0
#define TCP_SHUTDOWN_TYPE_SEND    1
#define TCP_SHUTDOWN_TYPE_BOTH    2

typedef struct tcp_own_tcp_socket_t {
    int32_t __handle;
} tcp_own_tcp_socket_t;

typedef struct tcp_borrow_tcp_socket_t {
    int32_t __handle;
} tcp_borrow_tcp_socket_t;

typedef network_borrow_network_t tcp_borrow_network_t;

typedef struct {
    bool is_err;
    union {
        tcp_error_code_t err;
    } val;
} tcp_result_void_error_code_t;

typedef streams_own_input_stream_t tcp_own_input_stream_t;

typedef streams_own_output_stream_t tcp_own_output_stream_t;

typedef struct {
    tcp_own_input_stream_t f0;
    tcp_own_output_stream_t f1;
} tcp_tuple2_own_input_stream_own_output_stream_t;

typedef struct {
    bool is_err;
    union {
        tcp_tuple2_own_input_stream_own_output_stream_t ok;
        tcp_error_code_t err;
    } val;
} tcp_result_tuple2_own_input_stream_own_output_stream_error_code_t;

typedef struct {
    tcp_own_tcp_socket_t f0;
    tcp_own_input_stream_t f1;
    tcp_own_output_stream_t f2;
} tcp_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t;

typedef struct {
    bool is_err;
    union {
        tcp_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t ok;
        tcp_error_code_t err;
    } val;
} tcp_result_tuple3_own_tcp_socket_own_input_stream_own_output_stream_error_code_t;

typedef struct {
    bool is_err;
    union {
        tcp_ip_socket_address_t ok;
        tcp_error_code_t err;
    } val;
} tcp_result_ip_socket_address_error_code_t;

typedef struct {
    bool is_err;
    union {
        bool ok;
        tcp_error_code_t err;
    } val;
} tcp_result_bool_error_code_t;

typedef struct {
    bool is_err;
    union {
        tcp_duration_t ok;
        tcp_error_code_t err;
    } val;
} tcp_result_duration_error_code_t;

typedef struct {
    bool is_err;
    union {
        uint32_t ok;
        tcp_error_code_t err;
    } val;
} tcp_result_u32_error_code_t;

typedef struct {
    bool is_err;
    union {
        uint8_t ok;
        tcp_error_code_t err;
    } val;
} tcp_result_u8_error_code_t;

typedef struct {
    bool is_err;
    union {
        uint64_t ok;
        tcp_error_code_t err;
    } val;
} tcp_result_u64_error_code_t;

typedef poll_own_pollable_t tcp_own_pollable_t;

typedef network_error_code_t tcp_new_error_code_t;

typedef network_ip_address_family_t tcp_new_ip_address_family_t;

typedef tcp_own_tcp_socket_t tcp_new_own_tcp_socket_t;

typedef struct {
    bool is_err;
    union {
        tcp_new_own_tcp_socket_t ok;
        tcp_new_error_code_t err;
    } val;
} tcp_new_result_own_tcp_socket_error_code_t;

typedef network_error_code_t udp_error_code_t;

typedef network_ip_socket_address_t udp_ip_socket_address_t;

typedef network_ip_address_family_t udp_ip_address_family_t;

typedef struct udp_incoming_datagram_t {
    talks_list_u8_t data;
    udp_ip_socket_address_t remote_address;
} udp_incoming_datagram_t;

typedef struct {
    bool is_some;
    udp_ip_socket_address_t val;
} udp_option_ip_socket_address_t;

typedef struct udp_outgoing_datagram_t {
    talks_list_u8_t data;
    udp_option_ip_socket_address_t remote_address;
} udp_outgoing_datagram_t;

typedef struct udp_own_udp_socket_t {
    int32_t __handle;
} udp_own_udp_socket_t;

typedef struct udp_borrow_udp_socket_t {
    int32_t __handle;
} udp_borrow_udp_socket_t;

typedef struct udp_own_incoming_datagram_stream_t {
    int32_t __handle;
} udp_own_incoming_datagram_stream_t;

typedef struct udp_borrow_incoming_datagram_stream_t {
    int32_t __handle;
} udp_borrow_incoming_datagram_stream_t;

typedef struct udp_own_outgoing_datagram_stream_t {
    int32_t __handle;
} udp_own_outgoing_datagram_stream_t;

typedef struct udp_borrow_outgoing_datagram_stream_t {
    int32_t __handle;
} udp_borrow_outgoing_datagram_stream_t;

typedef network_borrow_network_t udp_borrow_network_t;

typedef struct {
    bool is_err;
    union {
        udp_error_code_t err;
    } val;
} udp_result_void_error_code_t;

typedef struct {
    udp_own_incoming_datagram_stream_t f0;
    udp_own_outgoing_datagram_stream_t f1;
} udp_tuple2_own_incoming_datagram_stream_own_outgoing_datagram_stream_t;

typedef struct {
    bool is_err;
    union {
        udp_tuple2_own_incoming_datagram_stream_own_outgoing_datagram_stream_t ok;
        udp_error_code_t err;
    } val;
} udp_result_tuple2_own_incoming_datagram_stream_own_outgoing_datagram_stream_error_code_t;

typedef struct {
    bool is_err;
    union {
        udp_ip_socket_address_t ok;
        udp_error_code_t err;
    } val;
} udp_result_ip_socket_address_error_code_t;

typedef struct {
    bool is_err;
    union {
        uint8_t ok;
        udp_error_code_t err;
    } val;
} udp_result_u8_error_code_t;

typedef struct {
    bool is_err;
    union {
        uint64_t ok;
        udp_error_code_t err;
    } val;
} udp_result_u64_error_code_t;

typedef poll_own_pollable_t udp_own_pollable_t;

typedef struct {
    udp_incoming_datagram_t *ptr;
    size_t len;
} udp_list_incoming_datagram_t;

typedef struct {
    bool is_err;
    union {
        udp_list_incoming_datagram_t ok;
        udp_error_code_t err;
    } val;
} udp_result_list_incoming_datagram_error_code_t;

typedef struct {
    udp_outgoing_datagram_t *ptr;
    size_t len;
} udp_list_outgoing_datagram_t;

typedef network_error_code_t udp_new_error_code_t;

typedef network_ip_address_family_t udp_new_ip_address_family_t;

typedef udp_own_udp_socket_t udp_new_own_udp_socket_t;

typedef struct {
    bool is_err;
    union {
        udp_new_own_udp_socket_t ok;
        udp_new_error_code_t err;
    } val;
} udp_new_result_own_udp_socket_error_code_t;

typedef network_error_code_t names_error_code_t;

typedef network_ip_address_t names_ip_address_t;

typedef struct names_own_resolve_address_stream_t {
    int32_t __handle;
} names_own_resolve_address_stream_t;

typedef struct names_borrow_resolve_address_stream_t {
    int32_t __handle;
} names_borrow_resolve_address_stream_t;

typedef struct {
    bool is_some;
    names_ip_address_t val;
} names_option_ip_address_t;

typedef struct {
    bool is_err;
    union {
        names_option_ip_address_t ok;
        names_error_code_t err;
    } val;
} names_result_option_ip_address_error_code_t;

typedef poll_own_pollable_t names_own_pollable_t;

typedef network_borrow_network_t names_borrow_network_t;

typedef struct {
    bool is_err;
    union {
        names_own_resolve_address_stream_t ok;
        names_error_code_t err;
    } val;
} names_result_own_resolve_address_stream_error_code_t;

extern bool poll_method_pollable_ready(poll_borrow_pollable_t self);
extern void poll_method_pollable_block(poll_borrow_pollable_t self);
extern void poll_poll(poll_list_borrow_pollable_t *in, talks_list_u32_t *ret);

extern void error_method_error_to_debug_string(error_borrow_error_t self, talks_string_t *ret);

extern bool streams_method_input_stream_read(streams_borrow_input_stream_t self, uint64_t len,
                                             talks_list_u8_t *ret, streams_stream_error_t *err);
extern bool streams_method_input_stream_blocking_read(streams_borrow_input_stream_t self, uint64_t len,
                                                      talks_list_u8_t *ret, streams_stream_error_t *err);
extern bool streams_method_input_stream_skip(streams_borrow_input_stream_t self, uint64_t len, uint64_t *ret,
                                             streams_stream_error_t *err);
extern bool streams_method_input_stream_blocking_skip(streams_borrow_input_stream_t self, uint64_t len,
                                                      uint64_t *ret, streams_stream_error_t *err);
extern streams_own_pollable_t streams_method_input_stream_subscribe(streams_borrow_input_stream_t self);
extern bool streams_method_output_stream_check_write(streams_borrow_output_stream_t self, uint64_t *ret,
                                                     streams_stream_error_t *err);
extern bool streams_method_output_stream_write(streams_borrow_output_stream_t self, talks_list_u8_t *contents,
                                               streams_stream_error_t *err);
extern bool streams_method_output_stream_blocking_write_and_flush(streams_borrow_output_stream_t self,
                                                                  talks_list_u8_t *contents,
                                                                  streams_stream_error_t *err);
extern bool streams_method_output_stream_flush(streams_borrow_output_stream_t self,
                                               streams_stream_error_t *err);
extern bool streams_method_output_stream_blocking_flush(streams_borrow_output_stream_t self,
                                                        streams_stream_error_t *err);
extern streams_own_pollable_t streams_method_output_stream_subscribe(streams_borrow_output_stream_t self);
extern bool streams_method_output_stream_write_zeroes(streams_borrow_output_stream_t self, uint64_t len,
                                                      streams_stream_error_t *err);
extern bool streams_method_output_stream_blocking_write_zeroes_and_flush(streams_borrow_output_stream_t self,
                                                                         uint64_t len,
                                                                         streams_stream_error_t *err);
extern bool streams_method_output_stream_splice(streams_borrow_output_stream_t self,
                                                streams_borrow_input_stream_t src, uint64_t len,
                                                uint64_t *ret, streams_stream_error_t *err);
extern bool streams_method_output_stream_blocking_splice(streams_borrow_output_stream_t self,
                                                         streams_borrow_input_stream_t src, uint64_t len,
                                                         uint64_t *ret, streams_stream_error_t *err);

extern clock_instant_t clock_now(void);
extern clock_duration_t clock_resolution(void);
extern clock_own_pollable_t clock_subscribe_instant(clock_instant_t when);
extern clock_own_pollable_t clock_subscribe_duration(clock_duration_t when);

extern void wall_now(wall_datetime_t *ret);
extern void wall_resolution(wall_datetime_t *ret);

extern bool files_method_descriptor_read_via_stream(files_borrow_descriptor_t self, files_filesize_t offset,
                                                    files_own_input_stream_t *ret, files_error_code_t *err);
extern bool files_method_descriptor_write_via_stream(files_borrow_descriptor_t self, files_filesize_t offset,
                                                     files_own_output_stream_t *ret, files_error_code_t *err);
extern bool files_method_descriptor_append_via_stream(files_borrow_descriptor_t self,
                                                      files_own_output_stream_t *ret,
                                                      files_error_code_t *err);
extern bool files_method_descriptor_advise(files_borrow_descriptor_t self, files_filesize_t offset,
                                           files_filesize_t length, files_advice_t advice,
                                           files_error_code_t *err);
extern bool files_method_descriptor_sync_data(files_borrow_descriptor_t self, files_error_code_t *err);
extern bool files_method_descriptor_get_flags(files_borrow_descriptor_t self, files_descriptor_flags_t *ret,
                                              files_error_code_t *err);
extern bool files_method_descriptor_get_type(files_borrow_descriptor_t self, files_descriptor_type_t *ret,
                                             files_error_code_t *err);
extern bool files_method_descriptor_set_size(files_borrow_descriptor_t self, files_filesize_t size,
                                             files_error_code_t *err);
extern bool files_method_descriptor_set_times(files_borrow_descriptor_t self,
                                              files_new_timestamp_t *data_access_timestamp,
                                              files_new_timestamp_t *data_modification_timestamp,
                                              files_error_code_t *err);
extern bool files_method_descriptor_read(files_borrow_descriptor_t self, files_filesize_t length,
                                         files_filesize_t offset, talks_tuple2_list_u8_bool_t *ret,
                                         files_error_code_t *err);
extern bool files_method_descriptor_write(files_borrow_descriptor_t self, talks_list_u8_t *buffer,
                                          files_filesize_t offset, files_filesize_t *ret,
                                          files_error_code_t *err);
extern bool files_method_descriptor_read_directory(files_borrow_descriptor_t self,
                                                   files_own_directory_entry_stream_t *ret,
                                                   files_error_code_t *err);
extern bool files_method_descriptor_sync(files_borrow_descriptor_t self, files_error_code_t *err);
extern bool files_method_descriptor_create_directory_at(files_borrow_descriptor_t self, talks_string_t *path,
                                                        files_error_code_t *err);
extern bool files_method_descriptor_stat(files_borrow_descriptor_t self, files_descriptor_stat_t *ret,
                                         files_error_code_t *err);
extern bool files_method_descriptor_stat_at(files_borrow_descriptor_t self, files_path_flags_t path_flags,
                                            talks_string_t *path, files_descriptor_stat_t *ret,
                                            files_error_code_t *err);
extern bool files_method_descriptor_set_times_at(files_borrow_descriptor_t self,
                                                 files_path_flags_t path_flags, talks_string_t *path,
                                                 files_new_timestamp_t *data_access_timestamp,
                                                 files_new_timestamp_t *data_modification_timestamp,
                                                 files_error_code_t *err);
extern bool files_method_descriptor_link_at(files_borrow_descriptor_t self, files_path_flags_t old_path_flags,
                                            talks_string_t *old_path,
                                            files_borrow_descriptor_t new_descriptor,
                                            talks_string_t *new_path, files_error_code_t *err);
extern bool files_method_descriptor_open_at(files_borrow_descriptor_t self, files_path_flags_t path_flags,
                                            talks_string_t *path, files_open_flags_t open_flags,
                                            files_descriptor_flags_t flags, files_own_descriptor_t *ret,
                                            files_error_code_t *err);
extern bool files_method_descriptor_readlink_at(files_borrow_descriptor_t self, talks_string_t *path,
                                                talks_string_t *ret, files_error_code_t *err);
extern bool files_method_descriptor_remove_directory_at(files_borrow_descriptor_t self, talks_string_t *path,
                                                        files_error_code_t *err);
extern bool files_method_descriptor_rename_at(files_borrow_descriptor_t self, talks_string_t *old_path,
                                              files_borrow_descriptor_t new_descriptor,
                                              talks_string_t *new_path, files_error_code_t *err);
extern bool files_method_descriptor_symlink_at(files_borrow_descriptor_t self, talks_string_t *old_path,
                                               talks_string_t *new_path, files_error_code_t *err);
extern bool files_method_descriptor_unlink_file_at(files_borrow_descriptor_t self, talks_string_t *path,
                                                   files_error_code_t *err);
extern bool files_method_descriptor_is_same_object(files_borrow_descriptor_t self,
                                                   files_borrow_descriptor_t other);
extern bool files_method_descriptor_metadata_hash(files_borrow_descriptor_t self,
                                                  files_metadata_hash_value_t *ret, files_error_code_t *err);
extern bool files_method_descriptor_metadata_hash_at(files_borrow_descriptor_t self,
                                                     files_path_flags_t path_flags, talks_string_t *path,
                                                     files_metadata_hash_value_t *ret,
                                                     files_error_code_t *err);
extern bool files_method_directory_entry_stream_read_directory_entry(
    files_borrow_directory_entry_stream_t self, files_option_directory_entry_t *ret, files_error_code_t *err);
extern bool files_filesystem_error_code(files_borrow_error_t err_, files_error_code_t *ret);

extern void preopens_get_directories(preopens_list_tuple2_own_descriptor_string_t *ret);

extern instance_own_network_t instance_instance_network(void);

extern bool tcp_method_tcp_socket_start_bind(tcp_borrow_tcp_socket_t self, tcp_borrow_network_t network,
                                             tcp_ip_socket_address_t *local_address, tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_finish_bind(tcp_borrow_tcp_socket_t self, tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_start_connect(tcp_borrow_tcp_socket_t self, tcp_borrow_network_t network,
                                                tcp_ip_socket_address_t *remote_address,
                                                tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_finish_connect(tcp_borrow_tcp_socket_t self,
                                                 tcp_tuple2_own_input_stream_own_output_stream_t *ret,
                                                 tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_start_listen(tcp_borrow_tcp_socket_t self, tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_finish_listen(tcp_borrow_tcp_socket_t self, tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_accept(tcp_borrow_tcp_socket_t self,
                                         tcp_tuple3_own_tcp_socket_own_input_stream_own_output_stream_t *ret,
                                         tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_local_address(tcp_borrow_tcp_socket_t self, tcp_ip_socket_address_t *ret,
                                                tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_remote_address(tcp_borrow_tcp_socket_t self, tcp_ip_socket_address_t *ret,
                                                 tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_is_listening(tcp_borrow_tcp_socket_t self);
extern tcp_ip_address_family_t tcp_method_tcp_socket_address_family(tcp_borrow_tcp_socket_t self);
extern bool tcp_method_tcp_socket_set_listen_backlog_size(tcp_borrow_tcp_socket_t self, uint64_t value,
                                                          tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_keep_alive_enabled(tcp_borrow_tcp_socket_t self, bool *ret,
                                                     tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_set_keep_alive_enabled(tcp_borrow_tcp_socket_t self, bool value,
                                                         tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_keep_alive_idle_time(tcp_borrow_tcp_socket_t self, tcp_duration_t *ret,
                                                       tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_set_keep_alive_idle_time(tcp_borrow_tcp_socket_t self, tcp_duration_t value,
                                                           tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_keep_alive_interval(tcp_borrow_tcp_socket_t self, tcp_duration_t *ret,
                                                      tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_set_keep_alive_interval(tcp_borrow_tcp_socket_t self, tcp_duration_t value,
                                                          tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_keep_alive_count(tcp_borrow_tcp_socket_t self, uint32_t *ret,
                                                   tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_set_keep_alive_count(tcp_borrow_tcp_socket_t self, uint32_t value,
                                                       tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_hop_limit(tcp_borrow_tcp_socket_t self, uint8_t *ret,
                                            tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_set_hop_limit(tcp_borrow_tcp_socket_t self, uint8_t value,
                                                tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_receive_buffer_size(tcp_borrow_tcp_socket_t self, uint64_t *ret,
                                                      tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_set_receive_buffer_size(tcp_borrow_tcp_socket_t self, uint64_t value,
                                                          tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_send_buffer_size(tcp_borrow_tcp_socket_t self, uint64_t *ret,
                                                   tcp_error_code_t *err);
extern bool tcp_method_tcp_socket_set_send_buffer_size(tcp_borrow_tcp_socket_t self, uint64_t value,
                                                       tcp_error_code_t *err);
extern tcp_own_pollable_t tcp_method_tcp_socket_subscribe(tcp_borrow_tcp_socket_t self);
extern bool tcp_method_tcp_socket_shutdown(tcp_borrow_tcp_socket_t self, tcp_shutdown_type_t shutdown_type,
                                           tcp_error_code_t *err);

extern bool tcp_new_create_tcp_socket(tcp_new_ip_address_family_t address_family,
                                      tcp_new_own_tcp_socket_t *ret, tcp_new_error_code_t *err);

extern bool udp_method_udp_socket_start_bind(udp_borrow_udp_socket_t self, udp_borrow_network_t network,
                                             udp_ip_socket_address_t *local_address, udp_error_code_t *err);
extern bool udp_method_udp_socket_finish_bind(udp_borrow_udp_socket_t self, udp_error_code_t *err);
extern bool
udp_method_udp_socket_stream(udp_borrow_udp_socket_t self, udp_ip_socket_address_t *maybe_remote_address,
                             udp_tuple2_own_incoming_datagram_stream_own_outgoing_datagram_stream_t *ret,
                             udp_error_code_t *err);
extern bool udp_method_udp_socket_local_address(udp_borrow_udp_socket_t self, udp_ip_socket_address_t *ret,
                                                udp_error_code_t *err);
extern bool udp_method_udp_socket_remote_address(udp_borrow_udp_socket_t self, udp_ip_socket_address_t *ret,
                                                 udp_error_code_t *err);
extern udp_ip_address_family_t udp_method_udp_socket_address_family(udp_borrow_udp_socket_t self);
extern bool udp_method_udp_socket_unicast_hop_limit(udp_borrow_udp_socket_t self, uint8_t *ret,
                                                    udp_error_code_t *err);
extern bool udp_method_udp_socket_set_unicast_hop_limit(udp_borrow_udp_socket_t self, uint8_t value,
                                                        udp_error_code_t *err);
extern bool udp_method_udp_socket_receive_buffer_size(udp_borrow_udp_socket_t self, uint64_t *ret,
                                                      udp_error_code_t *err);
extern bool udp_method_udp_socket_set_receive_buffer_size(udp_borrow_udp_socket_t self, uint64_t value,
                                                          udp_error_code_t *err);
extern bool udp_method_udp_socket_send_buffer_size(udp_borrow_udp_socket_t self, uint64_t *ret,
                                                   udp_error_code_t *err);
extern bool udp_method_udp_socket_set_send_buffer_size(udp_borrow_udp_socket_t self, uint64_t value,
                                                       udp_error_code_t *err);
extern udp_own_pollable_t udp_method_udp_socket_subscribe(udp_borrow_udp_socket_t self);
extern bool udp_method_incoming_datagram_stream_receive(udp_borrow_incoming_datagram_stream_t self,
                                                        uint64_t max_results,
                                                        udp_list_incoming_datagram_t *ret,
                                                        udp_error_code_t *err);
extern udp_own_pollable_t
udp_method_incoming_datagram_stream_subscribe(udp_borrow_incoming_datagram_stream_t self);
extern bool udp_method_outgoing_datagram_stream_check_send(udp_borrow_outgoing_datagram_stream_t self,
                                                           uint64_t *ret, udp_error_code_t *err);
extern bool udp_method_outgoing_datagram_stream_send(udp_borrow_outgoing_datagram_stream_t self,
                                                     udp_list_outgoing_datagram_t *datagrams, uint64_t *ret,
                                                     udp_error_code_t *err);
extern udp_own_pollable_t
udp_method_outgoing_datagram_stream_subscribe(udp_borrow_outgoing_datagram_stream_t self);

extern bool udp_new_create_udp_socket(udp_new_ip_address_family_t address_family,
                                      udp_new_own_udp_socket_t *ret, udp_new_error_code_t *err);

extern bool names_method_resolve_address_stream_resolve_next_address(
    names_borrow_resolve_address_stream_t self, names_option_ip_address_t *ret, names_error_code_t *err);
extern names_own_pollable_t
names_method_resolve_address_stream_subscribe(names_borrow_resolve_address_stream_t self);
extern bool names_resolve_addresses(names_borrow_network_t network, talks_string_t *name,
                                    names_own_resolve_address_stream_t *ret, names_error_code_t *err);

extern void poll_pollable_drop_own(poll_own_pollable_t handle);

extern void poll_pollable_drop_borrow(poll_borrow_pollable_t handle);

extern poll_borrow_pollable_t poll_borrow_pollable(poll_own_pollable_t handle);

void poll_list_borrow_pollable_free(poll_list_borrow_pollable_t *ptr);

void talks_list_u32_free(talks_list_u32_t *ptr);

extern void error_error_drop_own(error_own_error_t handle);

extern void error_error_drop_borrow(error_borrow_error_t handle);

extern error_borrow_error_t error_borrow_error(error_own_error_t handle);

void streams_stream_error_free(streams_stream_error_t *ptr);

extern void streams_input_stream_drop_own(streams_own_input_stream_t handle);

extern void streams_input_stream_drop_borrow(streams_borrow_input_stream_t handle);

extern streams_borrow_input_stream_t streams_borrow_input_stream(streams_own_input_stream_t handle);

extern void streams_output_stream_drop_own(streams_own_output_stream_t handle);

extern void streams_output_stream_drop_borrow(streams_borrow_output_stream_t handle);

extern streams_borrow_output_stream_t streams_borrow_output_stream(streams_own_output_stream_t handle);

void talks_list_u8_free(talks_list_u8_t *ptr);

void streams_result_list_u8_stream_error_free(streams_result_list_u8_stream_error_t *ptr);

void streams_result_u64_stream_error_free(streams_result_u64_stream_error_t *ptr);

void streams_result_void_stream_error_free(streams_result_void_stream_error_t *ptr);

void files_option_datetime_free(files_option_datetime_t *ptr);

void files_descriptor_stat_free(files_descriptor_stat_t *ptr);

void files_new_timestamp_free(files_new_timestamp_t *ptr);

void files_directory_entry_free(files_directory_entry_t *ptr);

extern void files_descriptor_drop_own(files_own_descriptor_t handle);

extern void files_descriptor_drop_borrow(files_borrow_descriptor_t handle);

extern files_borrow_descriptor_t files_borrow_descriptor(files_own_descriptor_t handle);

extern void files_directory_entry_stream_drop_own(files_own_directory_entry_stream_t handle);

extern void files_directory_entry_stream_drop_borrow(files_borrow_directory_entry_stream_t handle);

extern files_borrow_directory_entry_stream_t
files_borrow_directory_entry_stream(files_own_directory_entry_stream_t handle);

void files_result_own_input_stream_error_code_free(files_result_own_input_stream_error_code_t *ptr);

void files_result_own_output_stream_error_code_free(files_result_own_output_stream_error_code_t *ptr);

void files_result_void_error_code_free(files_result_void_error_code_t *ptr);

void files_result_descriptor_flags_error_code_free(files_result_descriptor_flags_error_code_t *ptr);

void files_result_descriptor_type_error_code_free(files_result_descriptor_type_error_code_t *ptr);

void files_result_tuple2_list_u8_bool_error_code_free(files_result_tuple2_list_u8_bool_error_code_t *ptr);

void files_result_filesize_error_code_free(files_result_filesize_error_code_t *ptr);

void files_result_own_directory_entry_stream_error_code_free(
    files_result_own_directory_entry_stream_error_code_t *ptr);

void files_result_descriptor_stat_error_code_free(files_result_descriptor_stat_error_code_t *ptr);

void files_result_own_descriptor_error_code_free(files_result_own_descriptor_error_code_t *ptr);

void files_result_string_error_code_free(files_result_string_error_code_t *ptr);

void files_result_metadata_hash_value_error_code_free(files_result_metadata_hash_value_error_code_t *ptr);

void files_option_directory_entry_free(files_option_directory_entry_t *ptr);

void files_result_option_directory_entry_error_code_free(
    files_result_option_directory_entry_error_code_t *ptr);

void files_option_error_code_free(files_option_error_code_t *ptr);

void preopens_tuple2_own_descriptor_string_free(preopens_tuple2_own_descriptor_string_t *ptr);

void preopens_list_tuple2_own_descriptor_string_free(preopens_list_tuple2_own_descriptor_string_t *ptr);

extern void network_network_drop_own(network_own_network_t handle);

extern void network_network_drop_borrow(network_borrow_network_t handle);

extern network_borrow_network_t network_borrow_network(network_own_network_t handle);

void network_ip_address_free(network_ip_address_t *ptr);

void network_ip_socket_address_free(network_ip_socket_address_t *ptr);

void tcp_ip_socket_address_free(tcp_ip_socket_address_t *ptr);

extern void tcp_tcp_socket_drop_own(tcp_own_tcp_socket_t handle);

extern void tcp_tcp_socket_drop_borrow(tcp_borrow_tcp_socket_t handle);

extern tcp_borrow_tcp_socket_t tcp_borrow_tcp_socket(tcp_own_tcp_socket_t handle);

void tcp_result_void_error_code_free(tcp_result_void_error_code_t *ptr);

void tcp_result_tuple2_own_input_stream_own_output_stream_error_code_free(
    tcp_result_tuple2_own_input_stream_own_output_stream_error_code_t *ptr);

void tcp_result_tuple3_own_tcp_socket_own_input_stream_own_output_stream_error_code_free(
    tcp_result_tuple3_own_tcp_socket_own_input_stream_own_output_stream_error_code_t *ptr);

void tcp_result_ip_socket_address_error_code_free(tcp_result_ip_socket_address_error_code_t *ptr);

void tcp_result_bool_error_code_free(tcp_result_bool_error_code_t *ptr);

void tcp_result_duration_error_code_free(tcp_result_duration_error_code_t *ptr);

void tcp_result_u32_error_code_free(tcp_result_u32_error_code_t *ptr);

void tcp_result_u8_error_code_free(tcp_result_u8_error_code_t *ptr);

void tcp_result_u64_error_code_free(tcp_result_u64_error_code_t *ptr);

void tcp_new_result_own_tcp_socket_error_code_free(tcp_new_result_own_tcp_socket_error_code_t *ptr);

void udp_ip_socket_address_free(udp_ip_socket_address_t *ptr);

void udp_incoming_datagram_free(udp_incoming_datagram_t *ptr);

void udp_option_ip_socket_address_free(udp_option_ip_socket_address_t *ptr);

void udp_outgoing_datagram_free(udp_outgoing_datagram_t *ptr);

extern void udp_udp_socket_drop_own(udp_own_udp_socket_t handle);

extern void udp_udp_socket_drop_borrow(udp_borrow_udp_socket_t handle);

extern udp_borrow_udp_socket_t udp_borrow_udp_socket(udp_own_udp_socket_t handle);

extern void udp_incoming_datagram_stream_drop_own(udp_own_incoming_datagram_stream_t handle);

extern void udp_incoming_datagram_stream_drop_borrow(udp_borrow_incoming_datagram_stream_t handle);

extern udp_borrow_incoming_datagram_stream_t
udp_borrow_incoming_datagram_stream(udp_own_incoming_datagram_stream_t handle);

extern void udp_outgoing_datagram_stream_drop_own(udp_own_outgoing_datagram_stream_t handle);

extern void udp_outgoing_datagram_stream_drop_borrow(udp_borrow_outgoing_datagram_stream_t handle);

extern udp_borrow_outgoing_datagram_stream_t
udp_borrow_outgoing_datagram_stream(udp_own_outgoing_datagram_stream_t handle);

void udp_result_void_error_code_free(udp_result_void_error_code_t *ptr);

void udp_result_tuple2_own_incoming_datagram_stream_own_outgoing_datagram_stream_error_code_free(
    udp_result_tuple2_own_incoming_datagram_stream_own_outgoing_datagram_stream_error_code_t *ptr);

void udp_result_ip_socket_address_error_code_free(udp_result_ip_socket_address_error_code_t *ptr);

void udp_result_u8_error_code_free(udp_result_u8_error_code_t *ptr);

void udp_result_u64_error_code_free(udp_result_u64_error_code_t *ptr);

void udp_list_incoming_datagram_free(udp_list_incoming_datagram_t *ptr);

void udp_result_list_incoming_datagram_error_code_free(udp_result_list_incoming_datagram_error_code_t *ptr);

void udp_list_outgoing_datagram_free(udp_list_outgoing_datagram_t *ptr);

void udp_new_result_own_udp_socket_error_code_free(udp_new_result_own_udp_socket_error_code_t *ptr);

void names_ip_address_free(names_ip_address_t *ptr);

extern void names_resolve_address_stream_drop_own(names_own_resolve_address_stream_t handle);

extern void names_resolve_address_stream_drop_borrow(names_borrow_resolve_address_stream_t handle);

extern names_borrow_resolve_address_stream_t
names_borrow_resolve_address_stream(names_own_resolve_address_stream_t handle);

void names_option_ip_address_free(names_option_ip_address_t *ptr);

void names_result_option_ip_address_error_code_free(names_result_option_ip_address_error_code_t *ptr);

void names_result_own_resolve_address_stream_error_code_free(
    names_result_own_resolve_address_stream_error_code_t *ptr);

void talks_string_set(talks_string_t *ret, const char *s);

void talks_string_dup(talks_string_t *ret, const char *s);

void talks_string_dup_n(talks_string_t *ret, const char *s, size_t len);

void talks_string_free(talks_string_t *ret);

#ifdef __cplusplus
}
#endif
#endif
