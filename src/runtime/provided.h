/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the host provides to components: the one place where tables of interfaces are bound.  Also asked by
 * intake processes, which tell people what of a component's imports is there.
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

#endif
