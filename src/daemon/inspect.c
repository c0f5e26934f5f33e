/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "daemon/local.h"
#include "base/attr.h"
int local_inspect(const struct cli_call *call UNUSED) { return 1; }
