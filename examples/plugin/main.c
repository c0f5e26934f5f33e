/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A shop whose plug-ins ring up what they sell, as shop.wit says:
 * cc main.c $(pkg-config --cflags --libs arcella) -o shop && ./shop breakfast.wasm */
#include <arcella/arcella.h>
#include <stdio.h>

#define TILL    "acme:shop/till@1.0.0"
#define RING_UP "(list<record{item: string, count: u32, price: f64}>) -> record{pieces: u32, total: f64}"

/* The lines are read where they lie in the plug-in's memory, and the receipt is written there. */
static int ring_up(arcella_call *call, void *takings) {
    struct arcella_view_list lines;
    struct arcella_slot receipt;
    uint32_t pieces = 0;
    double total = 0;
    int r = arcella_view_list(arcella_call_arg(call, 0), &lines);
    for (size_t i = 0; !r && i < lines.count; i++) {
        struct arcella_view line = arcella_view_item(&lines, i);
        uint32_t count = arcella_view_u32(arcella_view_field(line, 1));
        double price = arcella_view_f64(arcella_view_field(line, 2));
        const char *item;
        size_t length;
        r = arcella_view_string(arcella_view_field(line, 0), &item, &length);
        if (!r)
            printf("%3u x %.*s at %.2f\n", count, (int)length, item, price);
        pieces += count;
        total += count * price;
    }
    if (!r)
        r = arcella_call_result(call, &receipt);
    if (r)
        return r; /* the plug-in gave a bad address: its call is ended */
    arcella_slot_u32(arcella_slot_field(receipt, 0), pieces);
    arcella_slot_f64(arcella_slot_field(receipt, 1), total);
    *(double *)takings += total;
    return 0;
}

int main(int argc, char **argv) {
    arcella_runtime *runtime = NULL;
    arcella_component *plugin = NULL;
    arcella_instance *instance = NULL;
    arcella_error *error = NULL;
    struct arcella_value people = arcella_value_u32(3);
    double takings = 0;

    int failed = arcella_runtime_new(NULL, &runtime, &error) ||
                 arcella_host_func(runtime, TILL, "ring-up", RING_UP, ring_up, &takings, &error) ||
                 arcella_component_load_file(runtime, NULL, NULL, argc > 1 ? argv[1] : "", &plugin, &error) ||
                 arcella_instance_new(plugin, NULL, &instance, &error) ||
                 arcella_instance_call(instance, "breakfast", &people, 1, NULL, &error);
    if (failed)
        fprintf(stderr, "%s\n  %s\n", arcella_error_message(error), arcella_error_hint(error));
    else
        printf("in the till: %.2f\n", takings);
    arcella_error_free(error);
    arcella_runtime_free(runtime); /* and all that was made from it */
    return failed;
}
