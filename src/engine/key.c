/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The engine's name, and the line of text that says what compiled code depends on.  Needs the engine's
 * headers and nothing of its library, so that the daemon, which links no engine, can look into the code
 * cache.
 */
#include <sys/utsname.h>

#include "engine/inner.h"

const char *engine_name(void) {
    return "wasmtime " WASMTIME_VERSION;
}

/* Stack classes are not in the key: the limit is read while running, code is the same for all. */
int engine_code_key(const struct engine_config *config, struct buffer *to, arcella_error **reterr) {
    struct utsname machine;
    if (uname(&machine))
        return error_set_errno(reterr, errno, "cannot tell this machine's kind");
    int r =
        buffer_format(to, reterr, "wasmtime-%s config-%d rewrite-%d %s-%s fuel-%d cpu-", WASMTIME_VERSION,
                      ENGINE_CONFIG_VERSION, ENGINE_REWRITE_VERSION, machine.machine, "linux", config->fuel);
    if (r)
        return r;
    return engine_cpu_features(to, reterr);
}
