/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names nobody uses here, included before every source by the build: unbounded copies, silent conversions,
 * hidden state, and the allocator behind base/mem.h (which tests make fail on purpose).
 *
 * A poisoned name may not stand in a header read later, not even in a system header, so what needs them is
 * read here first.  BASE_MEM_IMPLEMENTATION (base/mem.c) and BASE_BAN_MSGPACK (base/pack.c, the one reader of
 * msgpack's headers) are set by the build for those files alone; uthash is used through base/map.h.
 */
#ifndef BASE_BAN_H
#define BASE_BAN_H

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#ifdef BASE_BAN_MSGPACK
#include <msgpack/pack.h>
#endif

#undef alloca /* a macro in glibc */
#pragma GCC poison strcpy strcat sprintf vsprintf gets atoi atol atoll strtok tmpnam mktemp
#pragma GCC poison asctime ctime gmtime localtime strerror alloca system
#ifndef BASE_MEM_IMPLEMENTATION
#pragma GCC poison malloc calloc realloc strdup strndup asprintf vasprintf
#endif

#endif
