/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Hints of the library: what an embedder can do, where that of the code speaks of the programs' commands. */
#include "api/api.h"

static const char *hint_of(int code) {
    switch (code) {
    case ARCELLA_E_INVALID:
    case ARCELLA_E_KIND: return "the comment at the function's declaration says what it takes";
    case ARCELLA_E_NOT_FOUND:
        return "arcella_component_export() and arcella_component_import() list what a component has";
    case ARCELLA_E_AMBIGUOUS: return "name the interface in full, as in acme:calc/math@1.0.0.add";
    case ARCELLA_E_STATE: return "it takes no more calls: make another instance";
    case ARCELLA_E_LINK:
        return "arcella_host_func() provides a function; arcella_component_import() lists what is imported";
    case ARCELLA_E_LIMIT: return "raise it in struct arcella_limits, if you mean to";
    case ARCELLA_E_TIMEOUT: return "allow more time in struct arcella_limits, and make another instance";
    case ARCELLA_E_BUSY: return "wait until what runs has returned";
    default: return NULL;
    }
}

void api_hint_add(arcella_error **reterr) {
    int code = reterr && !error_has_hint(*reterr) ? arcella_error_code(*reterr) : 0;
    const char *hint = hint_of(code);
    if (hint)
        error_hint(reterr, code, "%s", hint);
}
