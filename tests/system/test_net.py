# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The network of a deployment: what it may speak to, and how that changes while it runs.

The guest is the forwarder of WASI 0.2 (wasi02.py): it does what the test says, in a sandboxed worker of a real daemon.
"""
import re
import socket
import threading
from pathlib import Path

import pytest

import wasi02
from conftest import GUESTS, wait_until
from wasi02 import Err
from wasi02_cases import block, read_all
from wasi02_cases_tcp import address, bind, connect, network, tcp
from wasi02_cases_udp import bind as bind_udp, receive, send, streams, udp

FORWARDER = GUESTS / "components" / "forwarder.wasm"
DENIED = Err("access-denied")


@pytest.fixture(scope="module")
def wit():
    return wasi02.Wit()


@pytest.fixture
def fixed():
    """Two servers that say hello and hang up; their ports."""
    listeners = []

    def serve(listener):
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            with one:
                one.sendall(b"hello")
    for _ in range(2):
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        listeners.append(listener)
    yield [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()


class Deployment:
    """The forwarder under a name; `guest` is a new one where its instance is."""

    def __init__(self, arcella, wit, *options):
        self.arcella, self.wit = arcella, wit
        arcella.expect_log(r"denied")
        arcella.cli("install", FORWARDER, "--id", "forwarder@1.0.0").ok()
        arcella.cli("start", "forwarder", *options).ok()

    @property
    def guest(self):
        return wasi02.Guest(wasi02.Deployed(self.arcella, "forwarder"), self.wit)

    @property
    def worker(self):
        return self.instance["worker_pid"]

    @property
    def instance(self):
        return self.arcella.ask("status", target="forwarder")["data"]["instances"][0]

    @property
    def counters(self):
        return {one["name"]: one["used"] for one in self.instance["counters"]}

    def change(self, verb, *options):
        return self.arcella.json(verb, "forwarder", *options)["in_force"]


def says_hello(g, port):
    """Connect and read: what was said, or the error of it."""
    one = g("tcp-create-socket.create-tcp-socket", "ipv4")
    done = one if isinstance(one, Err) else connect(g, one, address(port))
    return done if isinstance(done, Err) else read_all(g, done[0])


def lookup(g, name):
    """All addresses of a name, or the error."""
    stream = g("ip-name-lookup.resolve-addresses", network(g), name)
    if isinstance(stream, Err):
        return stream
    found = []
    while True:
        one = g("resolve-address-stream.resolve-next-address", stream)
        if one == Err("would-block"):
            block(g, g("resolve-address-stream.subscribe", stream))
        elif one is None or isinstance(one, Err):
            return one if isinstance(one, Err) else found
        else:
            found.append(one)


def test_nothing_without_a_grant(arcella, wit):
    it = Deployment(arcella, wit)
    g = it.guest
    for family in ("ipv4", "ipv6"):
        assert connect(g, tcp(g, family), address(80, None, family)) == DENIED
        assert bind_udp(g, udp(g, family), address(80, None, family)) == DENIED
    assert lookup(g, "localhost") == DENIED
    assert lookup(g, "127.0.0.1") == [("ipv4", (127, 0, 0, 1))]  # nobody is asked for that
    assert it.counters["denied"] == 5 and it.counters["sockets"] == 4
    # The worker was never asked to make a socket: the host refuses before its sandbox would.
    assert not [one for one in arcella.ask("logs", count=1000)["data"]["lines"] if "system call" in one["message"]]


def test_a_grant_brings_a_worker_that_makes_sockets(arcella, wit, fixed):
    good, other = fixed
    it = Deployment(arcella, wit)
    before = it.worker
    assert says_hello(it.guest, good) == DENIED
    assert it.change("grant", "--net", f"connect=127.0.0.1:{good}") == "replaced"
    wait_until(lambda: it.worker not in (0, None, before), 20, "a new worker")
    g = it.guest
    assert says_hello(g, good) == b"hello"
    assert says_hello(g, other) == DENIED
    assert bind_udp(g, udp(g), address(good)) == DENIED
    # A port that its sandbox does not let through needs another one; one that it does, does not.
    second = it.worker
    assert it.change("revoke", "--net", f"connect=127.0.0.1:{good}") == "now"
    assert says_hello(it.guest, good) == DENIED
    assert it.change("grant", "--net", f"connect=127.0.0.0/8:{good}") == "now"
    assert says_hello(it.guest, good) == b"hello"
    assert it.worker == second
    assert it.change("grant", "--net", f"connect=127.0.0.1:{other}") == "replaced"
    wait_until(lambda: it.worker not in (0, None, second), 20, "a new worker")
    assert says_hello(it.guest, other) == b"hello" and says_hello(it.guest, good) == b"hello"


def test_listening(arcella, wit):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    it = Deployment(arcella, wit, "--net", f"listen=127.0.0.1:{port}")
    g = it.guest
    one = tcp(g)
    assert bind(g, one, address(0)) == DENIED
    assert bind(g, one, address(port)) is None
    assert g("tcp-socket.start-listen", one) is None and g("tcp-socket.finish-listen", one) is None
    with socket.create_connection(("127.0.0.1", port)) as client:
        block(g, g("tcp-socket.subscribe", one))
        accepted = g("tcp-socket.accept", one)
        assert not isinstance(accepted, Err)
        client.sendall(b"from outside")
        client.shutdown(socket.SHUT_WR)
        assert read_all(g, accepted[1]) == b"from outside"
        assert says_hello(g, port) == DENIED  # to listen is not to connect
        assert it.counters["sockets"] == 3
    # Revoked: nobody is let in any more, although the socket still stands.
    assert it.change("revoke", "--net", f"listen=127.0.0.1:{port}") == "now"
    with socket.create_connection(("127.0.0.1", port)):
        assert g("tcp-socket.accept", one) == DENIED


def test_datagrams(arcella, wit):
    with socket.socket(type=socket.SOCK_DGRAM) as friend, socket.socket(type=socket.SOCK_DGRAM) as stranger:
        for one in (friend, stranger):
            one.bind(("127.0.0.1", 0))
            one.settimeout(20)
        arcella.expect_log("datagrams of peers it may not speak to were dropped")
        it = Deployment(arcella, wit, "--net", f"udp=127.0.0.1:{friend.getsockname()[1]}")
        g = it.guest
        one = udp(g)
        assert bind_udp(g, one, address(0)) is None
        port = g("udp-socket.local-address", one)[1]["port"]
        incoming, out = streams(g, one)
        assert send(g, out, (b"hello", address(friend.getsockname()[1]))) == 1
        assert friend.recvfrom(100) == (b"hello", ("127.0.0.1", port))
        assert send(g, out, (b"hello", address(stranger.getsockname()[1]))) == DENIED
        stranger.sendto(b"let me in", ("127.0.0.1", port))
        friend.sendto(b"answer", ("127.0.0.1", port))
        assert receive(g, incoming) == [(b"answer", address(friend.getsockname()[1]))]
        assert it.counters["datagrams-dropped"] == 1


def test_names(arcella, wit, fixed):
    it = Deployment(arcella, wit, "--net", f"connect=localhost:{fixed[0]}", "--net", "resolve=no-such-name.invalid")
    g = it.guest
    found = lookup(g, "localhost")
    assert found and not isinstance(found, Err)
    assert lookup(g, "LOCALHOST.") == found
    # By name only the public network is reached: what a name leads to is not for its owner to say.
    assert says_hello(g, fixed[0]) == DENIED
    assert lookup(g, "localhost.example") == DENIED
    for wrong in ("", " ", "a..b", "http://localhost/", "127.1", "0x7f000001", "local\u3002host"):
        assert lookup(g, wrong) == Err("invalid-argument"), wrong
    assert lookup(g, "no-such-name.invalid") in (Err("name-unresolvable"), Err("temporary-resolver-failure"),
                                                 Err("permanent-resolver-failure"), Err("timeout"))
    assert it.counters["lookups"] == 3
    assert it.change("grant", "--net", f"connect=127.0.0.1:{fixed[0]}") == "now"
    assert says_hello(it.guest, fixed[0]) == b"hello"
    assert it.change("revoke", "--net", f"connect=localhost:{fixed[0]}") == "now"
    assert lookup(it.guest, "localhost") == DENIED


def test_a_refusal_names_what_would_allow_it(arcella, wit, fixed):
    it = Deployment(arcella, wit, "--net", "connect=127.0.0.1:1")
    assert says_hello(it.guest, fixed[0]) == DENIED
    told = arcella.cli("explain", "forwarder").ok().out
    flag = re.search(r"--net connect=127\.0\.0\.1:\d+", told)
    assert flag and flag.group(0).endswith(str(fixed[0])), told
    assert it.change("grant", *flag.group(0).split()) == "replaced"
    wait_until(lambda: says_hello(it.guest, fixed[0]) == b"hello", 20, "what explain said")


def open_sockets(pid):
    """How many sockets a process holds, its channel among them."""
    return sum(link.readlink().name.startswith("socket:") for link in Path(f"/proc/{pid}/fd").iterdir())


def test_sockets_go_with_their_instance(arcella, wit, fixed):
    it = Deployment(arcella, wit, "--net", "connect=127.0.0.1:*")
    g = it.guest
    before = open_sockets(it.worker)
    for _ in range(20):
        tcp(g)
    assert it.counters["sockets"] == 20 and open_sockets(it.worker) == before + 20
    worker = it.worker
    arcella.cli("restart", "forwarder").ok()
    wait_until(lambda: it.worker != worker or open_sockets(worker) == before, 20, "sockets are closed")
