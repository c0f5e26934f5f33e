/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* docs/reference/wasi-p2.md, written from the rows; tools/generate prints it, a test holds it to this. */
#include "base/buffer.h"
#include "wasi/p2/resource.h"
#include "wasi/p2/rows.h"
#include "wasi/wasi.h"

static const char *const head =
    "<!-- SPDX-License-Identifier: Apache-2.0 OR MIT -->\n"
    "<!-- Made from src/wasi/p2/functions.def by tools/generate. -->\n"
    "# WASI 0.2\n"
    "\n"
    "What components may import: every interface of WASI 0.2 but HTTP. Each is served in version " P2_VERSION
    ", which serves\n"
    "imports of 0.2.0 to " P2_VERSION
    ", several of them in one component too. Types are named as in the WIT where they have\n"
    "a name. *Grant* is the class of grant that is needed beyond holding the handles: see "
    "[grants](../grants.md). "
    "A function\n"
    "that *waits* may suspend its own instance and no other. What each does where the specification leaves a "
    "choice stands in\n"
    "[WASI 0.2](../wasi-p2.md).\n";

/* Names of types that are long: an earlier one may hold a later one. */
static const struct {
    const char *text;
    const char *name;
} types[] = {
    {P2_FILE_ERROR, "error-code"},
    {P2_SOCKET_ERROR, "error-code"},
    {P2_STREAM_ERROR, "stream-error"},
    {P2_DESCRIPTOR_STAT, "descriptor-stat"},
    {P2_DESCRIPTOR_TYPE, "descriptor-type"},
    {P2_DESCRIPTOR_FLAGS, "descriptor-flags"},
    {P2_PATH_FLAGS, "path-flags"},
    {P2_NEW_TIMESTAMP, "new-timestamp"},
    {P2_DATETIME, "datetime"},
    {P2_METADATA_HASH, "metadata-hash-value"},
    {P2_SOCKET_ADDRESS, "ip-socket-address"},
    {P2_IP_ADDRESS, "ip-address"},
    {P2_FAMILY, "ip-address-family"},
};

/* How much of a type's text stands for its name? @return 0: nothing */
static size_t named(const char *at, const char **ret_name) {
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (text_starts(at, types[i].text)) {
            *ret_name = types[i].name;
            return strlen(types[i].text);
        }
    }
    /* The interface that a resource is of: its name says enough here. */
    if (text_starts(at, "wasi:")) {
        *ret_name = "";
        return strcspn(at, "@>") + strlen("@0.2/");
    }
    return 0;
}

static int write_type(struct buffer *to, const char *type, arcella_error **reterr) {
    int r = 0;
    while (!r && *type) {
        const char *name;
        size_t length = named(type, &name);
        r = length ? buffer_text(to, name, reterr) : buffer_add(to, type, 1, reterr);
        type += length ? length : 1;
    }
    return r;
}

static int write_row(struct buffer *to, const struct p2_row *row, arcella_error **reterr) {
    int r = buffer_format(to, reterr, "| `%s` | `", row->name);
    r = r ? r : write_type(to, row->type, reterr);
    r = r ? r
          : buffer_format(to, reterr, "` | %s | %s | %s |\n",
                          row->grant == P2_GRANT_NONE ? "" : grant_class_name((enum grant_class)row->grant),
                          row->flags & P2_MAY_WAIT ? "yes" : "", row->doc);
    return r;
}

static int write_resources(struct buffer *to, const char *interface, arcella_error **reterr) {
    static const char *const all[][2] = {
#define XX(name, text, interface) {interface, text},
        P2_RESOURCE_MAP(XX)
#undef XX
    };
    const char *before = "\nResources: ";
    int r = 0;
    for (size_t i = 0; !r && i < ARRAY_LENGTH(all); i++) {
        if (strcmp(all[i][0], interface) != 0)
            continue;
        r = buffer_format(to, reterr, "%s`%s`", before, all[i][1]);
        before = ", ";
    }
    return r || *before == '\n' ? r : buffer_text(to, ".\n", reterr);
}

static int write_interface(struct buffer *to, const char *interface, arcella_error **reterr) {
    int r = buffer_format(to, reterr, "\n## %s\n", interface);
    return r ? r : write_resources(to, interface, reterr);
}

static int write_rows(struct buffer *to, arcella_error **reterr) {
    const char *interface = "";
    int r = 0;
    for (size_t i = 0; !r && i < p2_rows_count; i++) {
        if (strcmp(p2_rows[i].interface, interface) != 0) {
            interface = p2_rows[i].interface;
            r = write_interface(to, interface, reterr);
            r = r ? r
                  : buffer_text(
                        to,
                        "\n| function | type | grant | waits | what it does |\n| --- | --- | --- | --- "
                        "| --- |\n",
                        reterr);
        }
        r = r ? r : write_row(to, &p2_rows[i], reterr);
    }
    /* Those that have resources and no function of their own. */
    r = r ? r : write_interface(to, P2_CLI_TERMINAL_INPUT, reterr);
    return r ? r : write_interface(to, P2_CLI_TERMINAL_OUTPUT, reterr);
}

int wasi_p2_reference(struct buffer *to, arcella_error **reterr) {
    int r = buffer_text(to, head, reterr);
    r = r ? r : write_rows(to, reterr);
    r = r ? r
          : buffer_text(
                to,
                "\n## Errors\n\nWhat the host says, and what guests of wasi:filesystem and wasi:sockets "
                "are told.\n\n| meaning | filesystem | sockets |\n| --- | --- | --- |\n",
                reterr);
    for (int e = HOST_OK + 1; !r && e < HOST_ERRORS; e++)
        r = buffer_format(to, reterr, "| %s | `%s` | `%s` |\n", host_error_words(e),
                          p2_file_error_name(p2_file_error(e)), p2_socket_error_name(p2_socket_error(e)));
    return r;
}
