/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Call a component: cc main.c $(pkg-config --cflags --libs arcella) -o sum && ./sum adder.wasm */
#include <arcella/arcella.h>
#include <stdio.h>

int main(int argc, char **argv) {
    arcella_runtime *runtime = NULL;
    arcella_component *component = NULL;
    arcella_instance *instance = NULL;
    arcella_error *error = NULL;
    struct arcella_value args[] = {arcella_value_u32(20), arcella_value_u32(22)}, sum;
    uint32_t number = 0;

    int r = arcella_runtime_new(NULL, &runtime, &error);
    if (!r)
        r = arcella_component_load_file(runtime, "adder", "1.0.0", argc > 1 ? argv[1] : "", &component,
                                        &error);
    if (!r)
        r = arcella_instance_new(component, NULL, &instance, &error);
    if (!r)
        r = arcella_instance_call(instance, "add", args, 2, &sum, &error);
    if (!r && !arcella_value_get_u32(&sum, &number))
        printf("20 + 22 = %u\n", number);
    if (r)
        fprintf(stderr, "%s\n  %s\n", arcella_error_message(error), arcella_error_hint(error));
    arcella_error_free(error);
    arcella_runtime_free(runtime); /* and all that was made from it */
    return r ? 1 : 0;
}
