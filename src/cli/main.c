/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The program arcella-cli. */
#include "base/fault.h"
#include "base/json.h"
#include "cli/cli.h"

int main(int argc, char **argv) {
    fault_from_environment();
    json_setup();
    return cli_main(argc, argv, NULL);
}
