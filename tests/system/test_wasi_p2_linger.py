# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Output that is still to be written when its stream or instance is gone: who it counts for, whom its loss is told, who waits."""
import socket
import subprocess
import time

import pytest
import wasi02
from conftest import BIN, GUESTS, SLOW, environment, wait_until
from wasi02 import Deployed, Err, Guest
from wasi02_cases_tcp import address

FORWARDER = GUESTS / "components" / "forwarder.wasm"
PLACES = 256  # LIMIT_LINGERS
LOST = "bytes for a stream that was closed are lost"


@pytest.fixture
def peer():
    """A listener whose connections nobody reads."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        yield listener


def start(arcella, *names):
    guests = []
    for name in names:
        arcella.cli("install", FORWARDER, "--id", f"{name}@1.0.0").ok()
        arcella.cli("start", name, "--group", "shared", "--net", "connect=127.0.0.0/8:*").ok()
        guests.append(Guest(Deployed(arcella, name)))
    return guests


def leave_behind(g, peer):
    """A connection is written to until it takes no more, and dropped. @return bytes written"""
    g.network = g.network if g.network is not None else g("instance-network.instance-network")
    made = g("tcp-create-socket.create-tcp-socket", "ipv4")
    assert not isinstance(made, Err), made
    g("tcp-socket.set-send-buffer-size", made, 4096)
    g("tcp-socket.start-connect", made, g.network, address(peer.getsockname()[1]))
    pollable = g("tcp-socket.subscribe", made)
    g("pollable.block", pollable)
    g.drop("pollable", pollable)
    source, into = g("tcp-socket.finish-connect", made)
    total = 0
    while permit := g("output-stream.check-write", into):
        g("output-stream.write-zeroes", into, permit)
        total += permit
    g.drop("input-stream", source)
    g.drop("output-stream", into)
    g.drop("tcp-socket", made)
    return total


def counter(arcella, name, what):
    return {c["name"]: c["used"] for c in arcella.json("status", name)["instances"][0]["counters"]}[what]


def test_a_neighbour_that_leaves_much_behind(arcella, peer):
    """It loses its own, is told so, and its descriptors count; what others leave behind arrives."""
    arcella.expect_log(LOST)
    bad, good = start(arcella, "bad", "good")
    for _ in range(PLACES):
        leave_behind(bad, peer)
    # All of them, but on a machine so slow that the first were given up in time.
    held, lost = counter(arcella, "bad", "sockets"), LOST in arcella.logs("bad")
    assert held == PLACES or (held > 0 and lost)
    others = [peer.accept()[0] for _ in range(PLACES)]
    total = leave_behind(good, peer)
    assert total >= 65536
    wait_until(lambda: LOST in arcella.logs("bad"), 10, "the line of who lost something")
    with peer.accept()[0] as mine:
        mine.settimeout(10 * SLOW)
        got = 0
        while piece := mine.recv(65536):
            got += len(piece)
    assert got == total
    assert LOST not in arcella.logs("good")
    for other in others:
        other.close()


def test_an_end_waits_for_nobody_elses_output(arcella, peer):
    slow, = start(arcella, "slow")
    arcella.cli("install", GUESTS / "hello.wasm", "--id", "quick@1.0.0").ok()
    leave_behind(slow, peer)
    arcella.cli("start", "quick", "--group", "shared", "--restart", "never").ok()
    arcella.wait_state("quick", "finished")
    assert counter(arcella, "slow", "sockets") == 1  # it still waits


def test_called_functions_have_their_output_out(home):
    """`run --invoke` ends when its calls are done; a slow reader has the rest of what they wrote all the same."""
    functions = wasi02.Wit().functions
    check, write = (wasi02.forwarder.exported(functions[f"output-stream.{name}"]) for name in ("check-write", "write-zeroes"))
    out = wasi02.forwarder.exported(functions["stdout.get-stdout"])
    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
    with ours, theirs:
        calls = [f"{out}()", f"{check}(1, 1024)", f"{write}(1, 65536, 1024)"]
        command = [BIN / "arcella", "run", *(word for call in calls for word in ("--invoke", call)), FORWARDER]
        running = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE,
                                   env=environment(home))
        theirs.close()
        got = b""
        while piece := ours.recv(2048):
            got += piece
            time.sleep(0.01)
        said = running.communicate(timeout=30 * SLOW)[1]
    assert running.returncode == 0, said
    assert got.count(0) == 65536
