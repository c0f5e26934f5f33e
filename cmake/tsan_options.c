/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Linked into every program of the preset tsan, and into nothing else.  The engine's handler of a guest's
 * trap leaves by changing the context that the signal returns to; ThreadSanitizer takes what runs then for
 * part of the handler and would report each allocation in it.
 */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);

const char *__tsan_default_options(void) {
    return "report_signal_unsafe=0";
}
