/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The binaries of a script: read, loaded, and held against the engine's validator.
 */
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/mem.h"
#include "component/check.h"
#include "engine/core.h"
#include "wast.h"

int wast_read(const char *folder, const json_t *command, struct buffer *to, arcella_error **reterr) {
    const char *name = json_string_value(json_object_get(command, "filename"));
    MEM_AUTO char *path = mem_format("%s/%s", folder, name ? name : "");
    if (!path)
        return error_nomem(reterr);
    const int r = file_read(AT_FDCWD, path, WAST_FILE_BYTES, to, reterr);
    return r ? error_wrap(reterr, ARCELLA_E_INTERNAL, "read") : 0;
}

/* A core module or a component?  The format's layer is the second half of its version. */
static bool is_core(const struct buffer *bytes) {
    static const char magic[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    return bytes->length >= sizeof(magic) && memcmp(bytes->data, magic, sizeof(magic)) == 0;
}

static int check_only(const struct buffer *bytes, arcella_error **reterr) {
    struct ast *ast = NULL;
    struct component_root *root = NULL;
    struct types *types = types_new();
    int r = types ? ast_decode(bytes->data, bytes->length, &ast, reterr) : error_nomem(reterr);
    if (!r)
        r = component_check(ast, types, &root, reterr);
    component_root_free(root);
    types_free(types);
    ast_free(ast);
    return r;
}

int wast_load(struct engine *engine, const struct buffer *bytes, bool check, struct component **ret,
              arcella_error **reterr) {
    if (is_core(bytes)) {
        BUFFER_AUTO code = BUFFER_INIT(WAST_FILE_BYTES);
        return engine_compile(engine, bytes->data, bytes->length, &code, reterr);
    }
    if (check)
        return check_only(bytes, reterr);
    return component_load(engine, bytes->data, bytes->length, ret, reterr);
}

bool wast_reference_differs(const struct buffer *bytes, char *to, size_t size) {
    ERROR_AUTO *ours = NULL, *error = NULL;
    if (is_core(bytes))
        return false;
    const int r = check_only(bytes, &ours);
    const int reference = engine_component_validate(bytes->data, bytes->length, &error);
    if (!reference == !r || r == ARCELLA_E_UNSUPPORTED || reference == ARCELLA_E_UNSUPPORTED)
        return false;
    snprintf(to, size, "%s, we: %s", reference ? arcella_error_message(error) : "valid",
             r ? arcella_error_message(ours) : "valid");
    return true;
}
