/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Everything libarcella offers. */
#ifndef ARCELLA_ARCELLA_H
#define ARCELLA_ARCELLA_H

#include "component.h"
#include "error.h"
#include "host.h"
#include "instance.h"
#include "runtime.h"
#include "value.h"
#include "version.h"
#include "wasi.h"

#endif
