/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The version of Arcella and the export marker of its public functions. */
#ifndef ARCELLA_VERSION_H
#define ARCELLA_VERSION_H

#define ARCELLA_VERSION_MAJOR 0
#define ARCELLA_VERSION_MINOR 1
#define ARCELLA_VERSION_PATCH 0
#define ARCELLA_VERSION       "0.1.0"

#if defined(__GNUC__)
#define ARCELLA_API __attribute__((visibility("default")))
#else
#define ARCELLA_API
#endif

#endif
