/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A component that reads and writes files, and uses two modules of this program's, as wit/hosts.wit says:
 * cc main.c kv.c model.c $(pkg-config --cflags --libs arcella) -o hosts && ./hosts scores.wasm */
#define _POSIX_C_SOURCE 200809L /* getcwd */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hosts.h"

/* A line that the guest wrote. */
static void on_output(arcella_instance *instance, int stream, const char *line, size_t length, void *user) {
    (void)instance, (void)stream, (void)user;
    printf("guest: %.*s\n", (int)length, line);
}

/* What the guest could not do, and the grant that would let it. */
static void on_refusal(const struct arcella_refusal *refusal, void *user) {
    (void)user;
    printf("refused: %s %s %s; it needs %s\n", refusal->class_name, refusal->action, refusal->resource,
           refusal->grant);
}

static int score(arcella_instance *instance, const char *path, arcella_error **reterr) {
    const struct arcella_value *payload = NULL;
    struct arcella_value arg = arcella_value_string(path, strlen(path)), result;
    uint32_t failed = 0, count = 0;
    const char *why = "";
    size_t length = 0;
    int r = arcella_instance_call(instance, "score", &arg, 1, &result, reterr);
    if (r)
        return r;
    if (arcella_value_get_case(&result, &failed, &payload) || !payload)
        return ARCELLA_E_KIND;
    if (!failed && !arcella_value_get_u32(payload, &count))
        printf("%s: %u scores\n", path, count);
    else if (failed && !arcella_value_get_string(payload, &why, &length))
        printf("%s: %.*s\n", path, (int)length, why);
    return 0;
}

int main(int argc, char **argv) {
    static struct kv kv;
    static struct models models;
    arcella_runtime *runtime = NULL;
    arcella_component *component = NULL;
    arcella_instance *instance = NULL;
    arcella_error *error = NULL;
    char here[1024], data[1100] = "";
    const char *grants[] = {data};
    struct arcella_wasi wasi = ARCELLA_WASI_INIT;
    wasi.grants = grants;
    wasi.grants_count = 1;
    wasi.on_output = on_output;
    wasi.on_refusal = on_refusal;
    if (getcwd(here, sizeof(here))) /* its folder `data` is the guest's /data */
        snprintf(data, sizeof(data), "--dir %s/data::/data:rw", here);

    int failed =
        arcella_runtime_new(NULL, &runtime, &error) || kv_offer(&kv, runtime, &error) ||
        models_offer(&models, runtime, &error) ||
        arcella_component_load_file(runtime, NULL, NULL, argc > 1 ? argv[1] : "", &component, &error) ||
        arcella_instance_new_wasi(component, NULL, &wasi, &instance, &error) ||
        score(instance, "/data/readings.txt", &error) || score(instance, "/etc/passwd", &error);
    if (failed)
        fprintf(stderr, "%s\n  %s\n", arcella_error_message(error), arcella_error_hint(error));
    arcella_error_free(error);
    arcella_runtime_free(runtime); /* and all that was made from it: what is still open is rolled back */
    kv_print(&kv);
    kv_done(&kv);
    return failed;
}
