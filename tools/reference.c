/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Prints a reference page made from a table of the source; without an argument, their names.  tools/generate
 * writes the pages of docs/reference with it, and checks that they are what the tables make.
 */
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/limits.h"
#include "catalog/grant.h"
#include "cli/cli_internal.h"
#include "daemon/config.h"
#include "wasi/wasi.h"
#include "wire/alme.h"
#include "wire/ipc.h"

static int exit_codes(struct buffer *to, arcella_error **reterr) {
    return help_markdown("exit-codes", to, reterr);
}

static const struct {
    const char *name;
    int (*write)(struct buffer *to, arcella_error **reterr);
} pages[] = {
    {"commands", alme_markdown},
    {"errors", alme_markdown_errors},
    {"messages", ipc_markdown},
    {"config", config_markdown},
    {"wasi-preview1", wasi_preview1_reference},
    {"exit-codes", exit_codes},
    {"wasi-p2", wasi_p2_reference},
    {"grants", grant_reference},
};

int main(int argc, char **argv) {
    json_setup();
    for (size_t i = 0; argc == 2 && i < ARRAY_LENGTH(pages); i++) {
        if (strcmp(argv[1], pages[i].name) != 0)
            continue;
        BUFFER_AUTO page = BUFFER_INIT(4 * MIB);
        ERROR_AUTO *error = NULL;
        if (pages[i].write(&page, &error) < 0) {
            fprintf(stderr, "reference: %s\n", arcella_error_message(error));
            return 1;
        }
        return fwrite(page.data, 1, page.length, stdout) == page.length ? 0 : 1;
    }
    for (size_t i = 0; argc == 1 && i < ARRAY_LENGTH(pages); i++)
        puts(pages[i].name);
    return argc == 1 ? 0 : 2;
}
