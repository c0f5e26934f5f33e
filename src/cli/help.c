/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Help, reference pages and the manual page, made from the tables. */
#include "base/text.h"
#include "cli_internal.h"
#include "wire/ipc.h"

struct global_row {
    const char *name;
    char letter;
    const char *form;
    const char *help;
};
static const struct global_row globals[] = {
#define XX(name, letter, form, help) {name, letter, form, help},
    CLI_OPTION_MAP(XX)
#undef XX
};

struct exit_row {
    const char *name;
    int number;
    const char *words;
};
static const struct exit_row exits[] = {
#define XX(name, number, words) {#name, number, words},
    CLI_EXIT_MAP(XX)
#undef XX
};

/* "-m, --memory SIZE" */
static void option_title(const char *name, char letter, const char *form, bool choice, char *to, size_t size) {
    char value[160] = "";
    BUFFER_AUTO choices = BUFFER_INIT(512);
    if (choice && alme_choices_add_plain(&choices, form) == 0 && choices.data)
        snprintf(value, sizeof(value), " %s", choices.data);
    else if (form)
        snprintf(value, sizeof(value), " %s", form);
    char shown[5] = "    ";
    if (letter)
        snprintf(shown, sizeof(shown), "-%c, ", letter);
    snprintf(to, size, "%s--%s%s", shown, name, value);
}
