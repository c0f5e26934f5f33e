/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Addresses of wasi:sockets/network, and networks. */
#ifndef WASI_P2_ADDRESS_H
#define WASI_P2_ADDRESS_H

#include "host/net.h"
#include "wasi/p2/give.h"

/** Read an ip-socket-address. @return 0, ABI_FAULT */
int p2_read_address(struct view v, union host_address *ret) MUST_CHECK;
/** Write one. @return 0, ABI_STOP, ABI_FAULT */
int p2_write_address(struct slot to, const union host_address *address) MUST_CHECK;
/** Write an ip-address: the address without its port. */
int p2_write_ip(struct slot to, const union host_address *address) MUST_CHECK;
/** The result is an address, or an error. */
int p2_give_address(struct call *call, int error, const union host_address *address);
/** The result is ip-address-family. */
int p2_give_family(struct call *call, int family);
/** Read ip-address-family as AF_INET or AF_INET6. @return 0, ABI_FAULT */
int p2_read_family(struct view v, int *ret) MUST_CHECK;

#endif
