# SPDX-License-Identifier: Apache-2.0 OR MIT
"""A component without any grant calls every function of WASI 0.2, rightly: each is refused as its interface says, or is one of
the few that are free, and nothing reached the system.

What its worker asked of the kernel meanwhile is traced; what a worker does for any call (its messages, its memory, its waits) is
subtracted: calls without a descriptor by their name, which CALLS_OF_A_WORKER lists, and calls with one by what the descriptor is.
"""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import wasi02
import wasi02_cases_tcp
import wasi02_cases_udp
from conftest import GUESTS, SLOW, Arcella, wait_until, weaker
from wasi02 import Err, Trap

FORWARDER = GUESTS / "components" / "forwarder.wasm"

# Free without asking, by interface: why.
FREE = {
    "wasi:io/poll": "waits for what one has already",
    "wasi:io/streams": "a handle was granted when it was given: those of the log",
    "wasi:io/error": "a text about an error that one was told",
    "wasi:cli/environment": "of what was granted, which is nothing",
    "wasi:cli/exit": "ends oneself",
    "wasi:cli/stdin": "is at its end",
    "wasi:cli/stdout": "goes to the log",
    "wasi:cli/stderr": "goes to the log",
    "wasi:cli/terminal-stdin": "there is none",
    "wasi:cli/terminal-stdout": "there is none",
    "wasi:cli/terminal-stderr": "there is none",
    "wasi:clocks/monotonic-clock": "time",
    "wasi:clocks/wall-clock": "time",
    "wasi:clocks/timezone": "UTC",
    "wasi:random/random": "random numbers",
    "wasi:random/insecure": "random numbers",
    "wasi:random/insecure-seed": "random numbers",
    "wasi:sockets/instance-network": "a handle that allows nothing by itself",
    "wasi:sockets/tcp-create-socket": "a socket that the system knows nothing of, so that a refusal names the address it was for",
    "wasi:sockets/udp-create-socket": "likewise",
    "wasi:filesystem/preopens": "one directory in which everything is refused, so that a refusal names the grant",
}
# Of an interface that is refused, what is free all the same.
FREE_FUNCTIONS = {
    "descriptor.get-type": "the directory in which everything is refused is one",
    "descriptor.get-flags": "and may not be changed",
    "descriptor.is-same-object": "compares what one has",
    "descriptor.sync": "without effect where nothing was opened for writing, as the WIT has it",
    "descriptor.sync-data": "likewise",
    "types.filesystem-error-code": "about an error that one was told",
    "network.network-error-code": "likewise",
}
# Of sockets without a grant what leads outside is refused; their states and options are free, as they are the host's own.
OUTSIDE = {"tcp-socket.start-bind", "tcp-socket.start-connect", "tcp-socket.start-listen", "udp-socket.start-bind",
           "incoming-datagram-stream.receive", "outgoing-datagram-stream.send"}
SOCKETS = {"tcp-socket", "udp-socket", "incoming-datagram-stream", "outgoing-datagram-stream"}
REFUSALS = {"access", "access-denied", "not-permitted", "read-only", "bad-descriptor", "is-directory"}

# What a worker asks of the kernel for any call whatsoever, without a descriptor …
CALLS_OF_A_WORKER = {
    "futex": "threads", "munmap": "memory", "madvise": "memory", "mprotect": "memory", "mremap": "memory", "brk": "memory",
    "getrandom": "random numbers, which are free", "clock_gettime": "time", "clock_nanosleep": "time", "sched_yield": "threads",
    "sched_getaffinity": "threads", "restart_syscall": "goes on after the tracer has come", "gettid": "threads", "getpid": "itself",
    "rt_sigprocmask": "threads", "rt_sigreturn": "traps of guests", "rt_sigaction": "traps of guests", "sigaltstack": "traps of guests",
    "tgkill": "threads", "exit": "threads", "clone3": "threads", "set_robust_list": "threads", "rseq": "threads",
    "getrusage": "what a call has used", "eventfd2": "waits", "epoll_create1": "waits", "membarrier": "threads", "prctl": "names of threads",
}
# … and with one, its first argument: only of these.
CALLS_ON_DESCRIPTORS = {"read", "write", "recvmsg", "sendmsg", "close", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "timerfd_settime",
                        "process_madvise"}
DESCRIPTORS_OF_A_WORKER = re.compile(r"3<(UNIX|socket)|\d+<anon_inode:\[?(eventfd|eventpoll|timerfd|pidfd)\b")


def is_of_a_worker(line):
    """Is a line of the trace what a worker does for any call?  None: no call, or the end of one that was judged where it began."""
    called = re.match(r"\d+ +(\w+)\((.*)", line)
    if not called or called[1] == "strace":
        return None
    name, arguments = called.groups()
    if name == "mmap":
        return "MAP_ANONYMOUS" in arguments
    if name in CALLS_ON_DESCRIPTORS:
        return DESCRIPTORS_OF_A_WORKER.match(arguments) is not None
    return name in CALLS_OF_A_WORKER


@pytest.fixture
def guest():
    folder = Path(tempfile.mkdtemp(prefix="arc-"))
    it = Arcella(folder / "home").start()
    it.expect_log(r"denied|msg=failed|unit=runtime .* end=")
    it.cli("install", FORWARDER, "--id", "forwarder@1.0.0").ok()
    it.cli("start", "forwarder", "--restart", "temporary").ok()
    yield it, wasi02.Guest(wasi02.Deployed(it, "forwarder"))
    it.stop()
    complaints = it.verify()
    shutil.rmtree(folder, ignore_errors=True)
    assert not complaints, "\n".join(complaints)


def anew(daemon):
    """Another instance in place of one that has ended."""
    daemon.cli("stop", "forwarder")
    daemon.cli("start", "forwarder").ok()


@contextlib.contextmanager
def traced(pid, into):
    """The system calls of a process and its threads, from when the tracer has come until it goes."""
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-y", "-p", str(pid), "-o", str(into)], stderr=subprocess.PIPE, text=True)
    try:
        status = Path(f"/proc/{pid}/status")
        wait_until(lambda: re.search(rf"TracerPid:\s+{tracer.pid}\b", status.read_text()) or tracer.poll() is not None, 10, "the tracer")
        if tracer.poll() is not None:
            weaker(f"system calls of a component without grants are not traced: {tracer.stderr.read().strip()}", "trace")
            yield False
            return
        time.sleep(0.2 * SLOW)
        yield True
    finally:
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=20)


def handles_of(g):
    """What can be had without a grant."""
    found = {"input-stream": g("stdin.get-stdin"), "output-stream": g("stdout.get-stdout"),
             "network": g("instance-network.instance-network"), "pollable": g("monotonic-clock.subscribe-duration", 0)}
    directories = g("preopens.get-directories")
    if directories:
        found["descriptor"] = directories[0][0]
    found["tcp-socket"] = wasi02_cases_tcp.tcp(g)
    return found


def sockets_for(g, name, handles):
    """Those that a function of sockets is refused with for want of a grant, and not for its state."""
    kind = name.partition(".")[0]
    if kind == "tcp-socket":
        made = wasi02_cases_tcp.bound(g) if name.endswith("start-listen") else wasi02_cases_tcp.tcp(g)
        return {**handles, kind: made}
    if kind == "udp-socket":
        return {**handles, kind: wasi02_cases_udp.bound(g) if name.endswith(".stream") else wasi02_cases_udp.udp(g)}
    if kind in SOCKETS:
        incoming, out = wasi02_cases_udp.streams(g, wasi02_cases_udp.bound(g))
        return {**handles, "incoming-datagram-stream": incoming, "outgoing-datagram-stream": out}
    return handles


def valid(it, t, handles):
    """A value that is right; KeyError: it takes a handle that is not to be had."""
    where, t = it.bare(t)
    kind = t[0]
    if kind in ("own", "borrow"):
        return handles[t[1]]
    if kind == "string":
        return "name"
    if kind == "list":
        return [valid(where, t[1], handles)] if where.bare(t[1])[1][0] == "borrow" else b"x" if t[1] == ("u8",) else []
    if kind == "record":
        return {name: 80 if name == "port" else valid(where, part, handles) for name, part in t[1]}
    if kind == "tuple":
        return (127, 0, 0, 1) if t[1] == [("u8",)] * 4 else tuple(valid(where, part, handles) for part in t[1])
    if kind in ("variant", "option", "result"):
        name, part = where.cases(t)[0]
        return None if kind != "variant" else (name, valid(where, part, handles)) if part else name
    return t[1][0] if kind == "enum" else set() if kind == "flags" else 1


def verdict(g, name, function, handles):
    """"free", "refused", "no handle"; what it said."""
    handles = sockets_for(g, name, handles)
    try:
        values = [valid(function.interface, t, handles) for _, t in function.params]
    except KeyError as kind:
        return "no handle", f"of {kind}"
    if name in ("output-stream.write", "output-stream.write-zeroes"):
        g("output-stream.check-write", handles["output-stream"])
    if name == "outgoing-datagram-stream.send":
        assert g("outgoing-datagram-stream.check-send", values[0]) > 0
        values[1] = [{"data": b"x", "remote-address": wasi02_cases_tcp.address(80)}]
    said = g(name, *values)
    if isinstance(said, Err) and (said.code[0] if isinstance(said.code, tuple) else said.code) in REFUSALS:
        return "refused", said
    return "free", said


def test_nothing_without_a_grant(guest, tmp_path):
    daemon, g = guest
    handles = handles_of(g)
    said = {}
    worker, = [row for row in daemon.workers() if row["state"] == "ready"][:1] or daemon.workers()[:1]
    with traced(worker["pid"], tmp_path / "calls") as is_traced:
        for name, function in g.wit.functions.items():
            if function.interface.name != "wasi:cli/exit":
                said[name] = verdict(g, name, function, handles)
    wrong = []
    for name, (how, what) in said.items():
        function = g.wit.functions[name]
        of_socket = name.partition(".")[0] in SOCKETS and name not in OUTSIDE
        free = function.interface.name in FREE or name in FREE_FUNCTIONS or of_socket
        if (how == "free") is not free and how != "no handle":
            wrong.append(f"{name} is {how}: {what}")
    # What takes a handle that is not to be had is refused where that is made: none of these was given out.
    missing = {what.partition("'")[2].rstrip("'") for how, what in said.values() if how == "no handle"}
    assert missing <= {"error", "directory-entry-stream", "resolve-address-stream", "descriptor"}, missing
    for name in (*OUTSIDE, "ip-name-lookup.resolve-addresses"):
        assert said[name][0] == "refused", (name, said[name])
    if is_traced:
        judged = [(is_of_a_worker(line), line) for line in (tmp_path / "calls").read_text().splitlines()]
        assert any(good for good, _ in judged), "nothing was traced"
        wrong += [line for good, line in judged if good is False]
    assert not wrong, "\n".join(wrong[:40])


def test_exit_is_free(guest):
    daemon, g = guest
    for name, value in (("exit.exit", None), ("exit.exit", Err(None)), ("exit.exit-with-code", 3)):
        with pytest.raises(Trap):
            g(name, value)
        anew(daemon)


def test_memory_that_a_guest_gives(guest):
    """Results go where the guest's own realloc says: what is no place for them is a trap, and the guest's."""
    daemon, g = guest
    places = [("behave", 1, 0xFFFFFFF8), ("behave", 1, 1 << 31), ("behave", 2, 0), ("behave", 3, 0)]
    for place in places:
        g.core(*place)
        with pytest.raises(Trap):
            g.core("random-random-get-random-bytes", 1000, wasi02.RESULT)
        anew(daemon)
    g.core("behave", 4, 0)
    before = g.core("pages")
    assert len(g("random.get-random-bytes", 1000)) == 1000
    assert g.core("pages") > before
    # In what it used for its code and its texts: its own harm.
    g.core("behave", 1, 65536)
    g.core("random-random-get-random-bytes", 1000, wasi02.RESULT)
    assert int.from_bytes(g.read(wasi02.RESULT, 4), "little") == 65536
    assert os.path.exists(daemon.socket_path)
