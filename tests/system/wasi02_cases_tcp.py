# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Cases of wasi:sockets/tcp: its states, its options, what goes over a connection.  See wasi02_cases.py."""
import contextlib
import errno
import socket

from wasi02 import Err
from wasi02_cases import CLOSED, block, case, read_all, traps, write_all

LOOPBACK = {"ipv4": (127, 0, 0, 1), "ipv6": (0, 0, 0, 0, 0, 0, 0, 1)}
INVALID, STATE, WAIT = Err("invalid-argument"), Err("invalid-state"), Err("would-block")
SECOND = 10**9


def address(port, host=None, family="ipv4"):
    """An ip-socket-address; that of this machine where none is named."""
    host = host if host is not None else LOOPBACK[family]
    more = {} if family == "ipv4" else {"flow-info": 0, "scope-id": 0}
    return family, {"port": port, "address": host, **more}


def mapped(port):
    return address(port, (0, 0, 0, 0, 0, 0xFFFF, 0x7F00, 1), "ipv6")


def network(g):
    g.network = g.network if g.network is not None else g("instance-network.instance-network")
    return g.network


def tcp(g, family="ipv4"):
    made = g("tcp-create-socket.create-tcp-socket", family)
    assert not isinstance(made, Err), made
    return made


def finish(g, name, one):
    """The end of what was started, waited for."""
    while (done := g(f"tcp-socket.finish-{name}", one)) == WAIT:
        block(g, g("tcp-socket.subscribe", one))
    return done


def bind(g, one, where):
    started = g("tcp-socket.start-bind", one, network(g), where)
    return started if isinstance(started, Err) else finish(g, "bind", one)


def bound(g, family="ipv4"):
    one = tcp(g, family)
    assert bind(g, one, address(0, None, family)) is None
    return one


def listen(g, one):
    started = g("tcp-socket.start-listen", one)
    return started if isinstance(started, Err) else finish(g, "listen", one)


def listener(g, family="ipv4"):
    one = bound(g, family)
    assert listen(g, one) is None
    return one


def connect(g, one, where):
    started = g("tcp-socket.start-connect", one, network(g), where)
    return started if isinstance(started, Err) else finish(g, "connect", one)


def accept(g, one):
    while (got := g("tcp-socket.accept", one)) == WAIT:
        block(g, g("tcp-socket.subscribe", one))
    return got


def pair(g, family="ipv4"):
    """Both ends of a connection: (socket, in, out) of each, and the listener."""
    server = listener(g, family)
    client = tcp(g, family)
    streams = connect(g, client, g("tcp-socket.local-address", server))
    assert not isinstance(streams, Err), streams
    return (client, *streams), accept(g, server), server


def free_port(g):
    """A port of this machine that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


# --- states ---

@case("net")
def a_new_tcp_socket(g, _):
    for family in ("ipv4", "ipv6"):
        one = tcp(g, family)
        assert g("tcp-socket.address-family", one) == family
        assert g("tcp-socket.is-listening", one) is False
        assert g("tcp-socket.local-address", one) == STATE
        assert g("tcp-socket.remote-address", one) == STATE
        for name in ("bind", "listen", "connect"):
            assert g(f"tcp-socket.finish-{name}", one) == Err("not-in-progress")
        assert g("tcp-socket.start-listen", one) == STATE
        assert g("tcp-socket.accept", one) == STATE
        for how in ("receive", "send", "both"):
            assert g("tcp-socket.shutdown", one, how) == STATE
        g.drop("tcp-socket", one)


@case("net")
def tcp_bind(g, _):
    for family in ("ipv4", "ipv6"):
        one = bound(g, family)
        kind, told = g("tcp-socket.local-address", one)
        assert kind == family and told["address"] == LOOPBACK[family] and told["port"] > 0
        assert g("tcp-socket.remote-address", one) == STATE
        assert bind(g, one, address(0, None, family)) == STATE
        assert g("tcp-socket.finish-bind", one) == Err("not-in-progress")


@case("net")
def tcp_bind_to_what_is_no_address_of_it(g, _):
    one = tcp(g)
    assert bind(g, one, address(0, None, "ipv6")) == INVALID
    assert bind(g, one, address(0, (224, 0, 0, 1))) == INVALID
    assert bind(g, one, address(0, (255, 255, 255, 255))) == INVALID
    assert bind(g, one, address(0, (192, 0, 2, 1))) == Err("address-not-bindable")
    assert bind(g, one, address(0)) is None  # what failed before is no binding
    six = tcp(g, "ipv6")
    assert bind(g, six, address(0)) == INVALID
    assert bind(g, six, mapped(0)) == INVALID
    assert bind(g, six, address(0, (0xFF02, 0, 0, 0, 0, 0, 0, 1), "ipv6")) == INVALID


@case("net")
def tcp_bind_to_what_is_taken(g, _):
    taken = g("tcp-socket.local-address", listener(g))
    one = tcp(g)
    assert bind(g, one, taken) == Err("address-in-use")
    assert bind(g, one, address(0)) is None


@case("net")
def tcp_bind_again_after_a_connection(g, _):
    """A connection that was closed a moment ago does not hold its port."""
    client, server, one = pair(g)
    where = g("tcp-socket.local-address", one)
    for handle, *streams in (server, client):
        g.drop("input-stream", streams[0])
        g.drop("output-stream", streams[1])
        g.drop("tcp-socket", handle)
    g.drop("tcp-socket", one)
    again = tcp(g)
    assert bind(g, again, where) is None and listen(g, again) is None


@case("net")
def tcp_operations_one_at_a_time(g, _):
    one = tcp(g)
    assert g("tcp-socket.start-bind", one, network(g), address(0)) is None
    assert g("tcp-socket.start-bind", one, network(g), address(0)) in (Err("concurrency-conflict"), STATE)
    assert g("tcp-socket.start-listen", one) in (Err("concurrency-conflict"), STATE)
    assert g("tcp-socket.start-connect", one, network(g), address(1)) in (Err("concurrency-conflict"), STATE)
    assert g("tcp-socket.finish-listen", one) == Err("not-in-progress")
    assert finish(g, "bind", one) is None
    assert g("tcp-socket.start-listen", one) is None
    assert g("tcp-socket.start-listen", one) in (Err("concurrency-conflict"), STATE)
    assert g("tcp-socket.finish-bind", one) == Err("not-in-progress")
    assert finish(g, "listen", one) is None


@case("net")
def tcp_listen(g, _):
    one = listener(g)
    assert g("tcp-socket.is-listening", one) is True
    assert listen(g, one) == STATE
    assert g("tcp-socket.accept", one) == WAIT
    assert not g("pollable.ready", g("tcp-socket.subscribe", one))
    assert bind(g, one, address(0)) == STATE
    assert connect(g, one, address(1)) == STATE
    assert g("tcp-socket.remote-address", one) == STATE
    assert g("tcp-socket.shutdown", one, "both") == STATE


@case("net")
def tcp_connect(g, _):
    for family in ("ipv4", "ipv6"):
        client, server, one = pair(g, family)
        assert g("tcp-socket.remote-address", client[0]) == g("tcp-socket.local-address", one)
        assert g("tcp-socket.remote-address", client[0]) == g("tcp-socket.local-address", server[0])
        assert g("tcp-socket.local-address", client[0]) == g("tcp-socket.remote-address", server[0])
        assert g("tcp-socket.is-listening", server[0]) is False
        for handle in (client[0], server[0]):
            assert g("tcp-socket.address-family", handle) == family
            assert connect(g, handle, address(1, None, family)) == STATE
            assert bind(g, handle, address(0, None, family)) == STATE
            assert listen(g, handle) == STATE
            assert g("tcp-socket.accept", handle) == STATE
            assert g("tcp-socket.finish-connect", handle) == Err("not-in-progress")


@case("net")
def tcp_connect_from_where_it_was_bound(g, _):
    server, one = listener(g), bound(g)
    where = g("tcp-socket.local-address", one)
    assert not isinstance(connect(g, one, g("tcp-socket.local-address", server)), Err)
    assert g("tcp-socket.local-address", one) == where
    assert g("tcp-socket.remote-address", accept(g, server)[0]) == where


@case("net")
def tcp_connect_to_what_is_no_address(g, _):
    for where in (address(80, (0, 0, 0, 0)), address(0), address(80, (224, 0, 0, 1)), address(80, (255, 255, 255, 255)),
                  address(80, None, "ipv6")):
        assert connect(g, tcp(g), where) == INVALID, where
    for where in (address(80, (0,) * 8, "ipv6"), address(0, None, "ipv6"), mapped(80), address(80),
                  address(80, (0xFF02, 0, 0, 0, 0, 0, 0, 1), "ipv6")):
        assert connect(g, tcp(g, "ipv6"), where) == INVALID, where


@case("net")
def tcp_connect_refused(g, _):
    one = tcp(g)
    assert connect(g, one, address(free_port(g))) == Err("connection-refused")
    assert connect(g, one, address(1)) == STATE
    assert bind(g, one, address(0)) == STATE
    assert listen(g, one) == STATE


@case("net")
def tcp_connect_without_a_way(g, _):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        if probe.connect_ex(("2001:db8::1", 9)) not in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return  # this machine has one
    assert connect(g, tcp(g, "ipv6"), address(9, (0x2001, 0xDB8, 0, 0, 0, 0, 0, 1), "ipv6")) == Err("remote-unreachable")


# --- what goes over a connection ---

@case("net", stable=False)
def tcp_a_connection_that_nobody_takes(g, _):
    """To a listener that has room for none more: the attempt goes on and on."""
    with socket.socket() as full, contextlib.ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        one = tcp(g)
        assert g("tcp-socket.start-connect", one, network(g), address(full.getsockname()[1])) is None
        for _ in range(3):
            assert g("tcp-socket.finish-connect", one) == WAIT
        assert g("tcp-socket.start-connect", one, network(g), address(9)) == Err("concurrency-conflict")


@case("net")
def tcp_both_ways(g, _):
    for family in ("ipv4", "ipv6"):
        client, server, _ = pair(g, family)
        assert g("input-stream.read", server[1], 10) == b""
        write_all(g, client[2], b"question")
        assert g("input-stream.blocking-read", server[1], 100) == b"question"
        write_all(g, server[2], b"answer")
        block(g, g("input-stream.subscribe", client[1]))
        assert g("input-stream.read", client[1], 3) == b"ans"
        assert g("input-stream.skip", client[1], 1) == 1
        assert g("input-stream.blocking-read", client[1], 100) == b"er"
        assert g("input-stream.read", client[1], 0) == b""


@case("net")
def tcp_more_than_fits(g, _):
    """A writer is told to wait; nothing is lost, and nothing waits in the host without end."""
    client, server, _ = pair(g)
    text, sent, got = bytes(i * 31 & 255 for i in range(1 << 16)), 0, b""
    while (permit := g("output-stream.check-write", client[2])) and sent < 64 << 20:
        part = text[:permit]
        assert g("output-stream.write", client[2], part) is None
        sent += len(part)
    assert 0 < sent < 64 << 20
    ready = g("output-stream.subscribe", client[2])
    while not g("pollable.ready", ready):
        got += g("input-stream.blocking-read", server[1], 1 << 20)
    assert g("output-stream.check-write", client[2]) > 0
    assert len(got) <= sent and all(got[i] == text[i % (1 << 16)] for i in range(0, len(text), 997))


@case("net")
def tcp_shutdown_send(g, _):
    client, server, _ = pair(g)
    write_all(g, client[2], b"last words")
    for _ in range(2):
        assert g("tcp-socket.shutdown", client[0], "send") is None
    assert g("output-stream.check-write", client[2]) == CLOSED
    assert read_all(g, server[1]) == b"last words"
    write_all(g, server[2], b"heard")
    assert g("input-stream.blocking-read", client[1], 100) == b"heard"


@case("net")
def tcp_shutdown_receive(g, _):
    client, server, _ = pair(g)
    for _ in range(2):
        assert g("tcp-socket.shutdown", client[0], "receive") is None
    assert g("input-stream.blocking-read", client[1], 100) == CLOSED
    write_all(g, client[2], b"still")
    assert g("input-stream.blocking-read", server[1], 100) == b"still"


@case("net")
def tcp_shutdown_both(g, _):
    client, server, _ = pair(g)
    assert g("tcp-socket.shutdown", client[0], "both") is None
    assert g("input-stream.read", client[1], 100) == CLOSED
    assert g("output-stream.check-write", client[2]) == CLOSED
    assert g("input-stream.blocking-read", server[1], 100) == CLOSED


@case("net")
def tcp_the_other_end_goes(g, _):
    client, server, _ = pair(g)
    g.drop("input-stream", server[1])
    g.drop("output-stream", server[2])
    g.drop("tcp-socket", server[0])
    assert g("input-stream.blocking-read", client[1], 100) == CLOSED
    for _ in range(100):  # the first may still go; what comes back ends it
        done = g("output-stream.blocking-write-and-flush", client[2], b"into the void")
        if done is not None:
            break
    assert isinstance(done, Err)
    if isinstance(done.code, tuple):
        assert g("error.to-debug-string", done.code[1])
        assert g("types.filesystem-error-code", done.code[1]) is None
    assert g("output-stream.check-write", client[2]) == CLOSED


@case("net")
def tcp_a_write_beyond_the_permit_traps(g, _):
    client, _, _ = pair(g)
    permit = g("output-stream.check-write", client[2])
    assert permit > 0
    with traps():
        g("output-stream.write-zeroes", client[2], permit + 1)


@case("net")
def tcp_splice(g, _):
    """What comes in at one connection goes out at another."""
    first, second = pair(g), pair(g)
    write_all(g, first[0][2], b"passed on")
    assert g("output-stream.blocking-splice", second[0][2], first[1][1], 6) == 6
    assert g("output-stream.blocking-splice", second[0][2], first[1][1], 100) == 3
    assert g("output-stream.splice", second[0][2], first[1][1], 100) == 0
    got = b""
    while len(got) < 9:
        got += g("input-stream.blocking-read", second[1][1], 100)
    assert got == b"passed on"


@case("net")
def tcp_accept_waits(g, _):
    one = listener(g)
    ready = g("tcp-socket.subscribe", one)
    timer = g("monotonic-clock.subscribe-duration", 20_000_000)
    assert g("poll.poll", [ready, timer]) == [1]
    client = tcp(g)
    assert not isinstance(connect(g, client, g("tcp-socket.local-address", one)), Err)
    assert g("poll.poll", [ready]) == [0]
    assert len(g("tcp-socket.accept", one)) == 3
    assert g("tcp-socket.accept", one) == WAIT


@case("net")
def tcp_a_pollable_that_outlives_its_socket(g, _):
    one = listener(g)
    g("tcp-socket.subscribe", one)
    with traps():
        g.drop("tcp-socket", one)


# --- options ---

@case("net")
def tcp_keep_alive(g, _):
    one = tcp(g)
    assert g("tcp-socket.keep-alive-enabled", one) is False
    assert g("tcp-socket.set-keep-alive-enabled", one, True) is None
    assert g("tcp-socket.keep-alive-enabled", one) is True
    for name, value in (("idle-time", 77 * SECOND), ("interval", 11 * SECOND), ("count", 5)):
        assert g(f"tcp-socket.set-keep-alive-{name}", one, 0) == INVALID
        assert g(f"tcp-socket.set-keep-alive-{name}", one, value) is None
        assert g(f"tcp-socket.keep-alive-{name}", one) == value
    assert g("tcp-socket.set-keep-alive-idle-time", one, 1) is None
    assert g("tcp-socket.keep-alive-idle-time", one) == SECOND
    for name, value in (("idle-time", 2**64 - 1), ("interval", 2**64 - 1), ("count", 2**32 - 1)):
        assert g(f"tcp-socket.set-keep-alive-{name}", one, value) is None  # cut to what there is
        assert g(f"tcp-socket.keep-alive-{name}", one) > 0


@case("net")
def tcp_hop_limit(g, _):
    for family in ("ipv4", "ipv6"):
        one = tcp(g, family)
        assert g("tcp-socket.hop-limit", one) > 0
        assert g("tcp-socket.set-hop-limit", one, 0) == INVALID
        for value in (1, 42, 255):
            assert g("tcp-socket.set-hop-limit", one, value) is None
            assert g("tcp-socket.hop-limit", one) == value


@case("net")
def tcp_buffer_sizes(g, _):
    one = tcp(g)
    for name in ("receive", "send"):
        assert g(f"tcp-socket.set-{name}-buffer-size", one, 0) == INVALID
        assert g(f"tcp-socket.set-{name}-buffer-size", one, 65536) is None
        assert g(f"tcp-socket.{name}-buffer-size", one) == 65536
        for value in (1, 2**64 - 1):  # cut to what there is
            assert g(f"tcp-socket.set-{name}-buffer-size", one, value) is None
            assert g(f"tcp-socket.{name}-buffer-size", one) > 0


@case("net")
def tcp_backlog(g, _):
    one = bound(g)
    assert g("tcp-socket.set-listen-backlog-size", one, 0) == INVALID
    assert g("tcp-socket.set-listen-backlog-size", one, 2**64 - 1) is None
    assert g("tcp-socket.set-listen-backlog-size", one, 5) is None
    assert listen(g, one) is None
    assert g("tcp-socket.set-listen-backlog-size", one, 7) is None
    client, _, _ = pair(g)
    assert g("tcp-socket.set-listen-backlog-size", client[0], 7) == STATE


@case("net")
def tcp_options_are_inherited(g, _):
    one = bound(g)
    assert g("tcp-socket.set-keep-alive-enabled", one, True) is None
    options = {"keep-alive-idle-time": 66 * SECOND, "keep-alive-interval": 12 * SECOND, "keep-alive-count": 4, "hop-limit": 33,
               "receive-buffer-size": 40000, "send-buffer-size": 50000}
    for name, value in options.items():
        assert g(f"tcp-socket.set-{name}", one, value) is None
    assert listen(g, one) is None
    client = tcp(g)
    connect(g, client, g("tcp-socket.local-address", one))
    server = accept(g, one)[0]
    assert g("tcp-socket.keep-alive-enabled", server) is True
    assert {name: g(f"tcp-socket.{name}", server) for name in options} == options


@case("net")
def tcp_options_of_a_connection(g, _):
    client, _, _ = pair(g)
    assert g("tcp-socket.set-keep-alive-enabled", client[0], True) is None
    assert g("tcp-socket.set-hop-limit", client[0], 9) is None
    assert g("tcp-socket.hop-limit", client[0]) == 9


@case("net", stable=False)
def an_error_of_a_connection_tells_its_code(g, _):
    client, server, _ = pair(g)
    write_all(g, client[2], b"never read")
    block(g, g("input-stream.subscribe", server[1]))
    g.drop("input-stream", server[1])
    g.drop("output-stream", server[2])
    g.drop("tcp-socket", server[0])  # with something unread: a reset
    block(g, g("input-stream.subscribe", client[1]))
    done = g("input-stream.blocking-read", client[1], 10)
    if done == CLOSED:
        return  # a reset may be told as the end
    assert done.code[0] == "last-operation-failed"
    assert g("network.network-error-code", done.code[1]) == "connection-reset"


@case("net", stable=False)
def there_is_a_limit_of_sockets(g, _):
    found, server = [], listener(g)
    with socket.create_connection(("127.0.0.1", g("tcp-socket.local-address", server)[1]["port"])) as waiting:
        _limit_of_sockets(g, found)
        block(g, g("tcp-socket.subscribe", server))
        assert g("tcp-socket.accept", server) == Err("new-socket-limit")
        g.drop("tcp-socket", found.pop())
        assert len(g("tcp-socket.accept", server)) == 3
        assert waiting.fileno() >= 0


def _limit_of_sockets(g, found):
    while not isinstance(one := g("tcp-create-socket.create-tcp-socket", "ipv4"), Err) and len(found) < 20000:
        found.append(one)
    assert one == Err("new-socket-limit")
    assert g("udp-create-socket.create-udp-socket", "ipv4") == Err("new-socket-limit")
    g.drop("tcp-socket", found.pop())
    assert not isinstance(g("udp-create-socket.create-udp-socket", "ipv4"), Err)


# --- without a grant ---

@case(stable=False)
def no_connection_without_a_grant(g, _):
    # What is asked of it is refused, with the address that it was for; any port binds nothing, so it may be had.
    one = tcp(g)
    assert g("tcp-socket.set-hop-limit", one, 7) is None and g("tcp-socket.hop-limit", one) == 7
    assert bind(g, one, address(80)) == Err("access-denied")
    assert connect(g, one, address(80)) == Err("access-denied")
    if bind(g, one, address(0)) is None:
        assert connect(g, one, address(80)) == Err("access-denied")
        assert listen(g, one) == Err("access-denied")


@case("net-narrow", stable=False)
def only_what_is_granted_is_connected_to(g, p):
    """Connections to one port only, and nothing to listen at."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", p.notes["port"]))
        server.listen()
        assert not isinstance(connect(g, tcp(g), address(p.notes["port"])), Err)
        assert connect(g, tcp(g), address(p.notes["port"] + 1)) == Err("access-denied")
        assert connect(g, tcp(g), address(p.notes["port"], (127, 0, 0, 2))) == Err("access-denied")
        assert listen(g, tcp(g)) == STATE
        one = tcp(g)
        done = bind(g, one, address(0))
        assert done == Err("access-denied") or listen(g, one) == Err("access-denied")
