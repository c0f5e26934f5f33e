/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Descriptor flags: the host uses the same bits, which the asserts hold. */
#ifndef WASI_PREVIEW1_FDFLAGS_H
#define WASI_PREVIEW1_FDFLAGS_H

#include "host/file.h"
#include "wasi/preview1/types.h"

STATIC_ASSERT((int) HOST_APPEND == (int) WASI_FDFLAG_APPEND, "append");
STATIC_ASSERT((int) HOST_NONBLOCK == (int) WASI_FDFLAG_NONBLOCK, "nonblock");
STATIC_ASSERT((int) HOST_DSYNC == (int) WASI_FDFLAG_DSYNC, "dsync");
STATIC_ASSERT((int) HOST_RSYNC == (int) WASI_FDFLAG_RSYNC, "rsync");
STATIC_ASSERT((int) HOST_SYNC == (int) WASI_FDFLAG_SYNC, "sync");

#endif
