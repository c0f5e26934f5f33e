# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Touches what a program has of its surroundings and says what it found: touches.c in Python."""
import os
import sys
import time

from wit_world import exports
from wit_world.imports import environment


def outcome(what):
    try:
        what()
        return "done"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return os.strerror(error.errno)


def clocks():
    before = time.monotonic()
    time.sleep(0.02)
    slept = time.monotonic() - before
    print("clocks:", "after 2023" if time.time() > 1.7e9 else "long ago", "slept" if 0.02 <= slept < 20 else "did not sleep")


def files():
    with open("/data/in.txt") as file:
        print("file:", file.read())
    with open("/data/out.txt", "w") as file:
        file.write("from the guest\n")
    print("mkdir:", outcome(lambda: os.mkdir("/data/made")))
    print("rename:", outcome(lambda: os.rename("/data/out.txt", "/data/made/out.txt")))
    print("dir:", *sorted(os.listdir("/data")))
    print("size:", os.stat("/data/made/out.txt").st_size)
    print("none:", outcome(lambda: open("/data/none")))
    print("outside:", "there" if outcome(lambda: open("/data/../secret")) == "done" else "refused")


class Run(exports.Run):
    def run(self):
        # sys.argv and os.environ are those of when the component was made.
        arguments = environment.get_arguments()[1:]
        print("args:", *(f"[{one}]" for one in arguments))
        print("env:", *sorted(f"{name}={value}" for name, value in environment.get_environment()))
        print("stdin:", len(sys.stdin.buffer.read()), "bytes")
        clocks()
        print("random:", "two that differ" if os.urandom(16) != os.urandom(16) else "none")
        files()
        print("to the other stream", file=sys.stderr)
        sys.stdout.flush()
        if arguments and arguments[-1] == "fail":
            sys.exit(1)
