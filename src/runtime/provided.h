/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the host and a component have to offer each other: the one place where tables of interfaces are bound,
 * and the functions that a template names.  Also asked by intake processes, which tell people what of a
 * component's imports is there, and refuse a template that names what is not.
 */
#ifndef RUNTIME_PROVIDED_H
#define RUNTIME_PROVIDED_H

#include "component/component.h"

/**
 * Make the bindings of a process.
 *
 * @param ret  for component_bindings_unref()
 * @return 0, INVALID (a row that is none: our mistake), NOMEM
 */
int runtime_provided(struct component_bindings **ret, arcella_error **reterr) MUST_CHECK;

/** Walk the rows that runtime_provided() binds. @return the interface of the index-th one; NULL: not so many
 */
const char *runtime_provided_interface(size_t index);
/**
 * Find the function that a template names: [INTERFACE.]FUNC as in calls, or INTERFACE#FUNC.
 *
 * @param what  it is for: "entry point", "shutdown entry"
 * @return 0, KIND (no exported function has the name, or several; it takes arguments or returns more than a
 *         result), NOMEM
 */
int runtime_find_entry(const struct component *component, const char *name, const char *what,
                       const struct component_func **ret, arcella_error **reterr) MUST_CHECK;

#endif
