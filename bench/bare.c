/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The reference for `arcella run hello`: a bare program that forks, executes itself, prints and waits. */
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc > 1)
        return write(1, "hello\n", 6) == 6 ? 0 : 1;
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", argv[0], "child", (char *)NULL);
        _exit(127);
    }
    int status = 1;
    return pid > 0 && waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 1;
}
