# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Cases of wasi:sockets/udp and of looking up names.  See wasi02_cases.py."""
import socket

from wasi02 import Err
from wasi02_cases import block, case, traps
from wasi02_cases_tcp import INVALID, LOOPBACK, STATE, WAIT, address, free_port, mapped, network


def udp(g, family="ipv4"):
    made = g("udp-create-socket.create-udp-socket", family)
    assert not isinstance(made, Err), made
    return made


def bind(g, one, where):
    started = g("udp-socket.start-bind", one, network(g), where)
    if isinstance(started, Err):
        return started
    while (done := g("udp-socket.finish-bind", one)) == WAIT:
        block(g, g("udp-socket.subscribe", one))
    return done


def bound(g, family="ipv4"):
    one = udp(g, family)
    assert bind(g, one, address(0, None, family)) is None
    return one


def streams(g, one, remote=None):
    made = g("udp-socket.stream", one, remote)
    assert not isinstance(made, Err), made
    return made


def end(g, family="ipv4", remote=None):
    """A socket with its streams, and where it is."""
    one = bound(g, family)
    return (one, *streams(g, one, remote), g("udp-socket.local-address", one))


def permitted(g, out):
    while (permit := g("outgoing-datagram-stream.check-send", out)) == 0:
        block(g, g("outgoing-datagram-stream.subscribe", out))
    assert not isinstance(permit, Err), permit
    return permit


def send(g, out, *datagrams):
    """Datagrams as (data, where to)."""
    assert permitted(g, out) >= len(datagrams)
    return g("outgoing-datagram-stream.send", out, [{"data": data, "remote-address": to} for data, to in datagrams])


def receive(g, incoming, count=16):
    """At least one, waited for, as (data, where from)."""
    while not (got := g("incoming-datagram-stream.receive", incoming, count)):
        block(g, g("incoming-datagram-stream.subscribe", incoming))
    return got if isinstance(got, Err) else [(one["data"], one["remote-address"]) for one in got]


# --- states ---

@case("net")
def a_new_udp_socket(g, _):
    for family in ("ipv4", "ipv6"):
        one = udp(g, family)
        assert g("udp-socket.address-family", one) == family
        assert g("udp-socket.local-address", one) == STATE
        assert g("udp-socket.remote-address", one) == STATE
        assert g("udp-socket.finish-bind", one) == Err("not-in-progress")
        assert g("udp-socket.stream", one, None) == STATE
        assert g("udp-socket.stream", one, address(80, None, family)) == STATE
        g.drop("udp-socket", one)


@case("net")
def udp_bind(g, _):
    for family in ("ipv4", "ipv6"):
        one = bound(g, family)
        kind, told = g("udp-socket.local-address", one)
        assert kind == family and told["address"] == LOOPBACK[family] and told["port"] > 0
        assert bind(g, one, address(0, None, family)) == STATE
        assert g("udp-socket.finish-bind", one) == Err("not-in-progress")
        assert g("udp-socket.remote-address", one) == STATE


@case("net")
def udp_bind_to_what_is_no_address_of_it(g, _):
    one = udp(g)
    assert bind(g, one, address(0, None, "ipv6")) == INVALID
    assert bind(g, one, address(0, (192, 0, 2, 1))) == Err("address-not-bindable")
    assert bind(g, udp(g, "ipv6"), address(0)) == INVALID
    assert bind(g, udp(g, "ipv6"), mapped(0)) == INVALID
    assert bind(g, one, address(0)) is None


@case("net")
def udp_bind_to_what_is_taken(g, _):
    one = bound(g)
    assert bind(g, udp(g), g("udp-socket.local-address", one)) == Err("address-in-use")


@case("net")
def udp_bind_one_at_a_time(g, _):
    one = udp(g)
    assert g("udp-socket.start-bind", one, network(g), address(0)) is None
    assert g("udp-socket.start-bind", one, network(g), address(0)) in (Err("concurrency-conflict"), STATE)
    assert g("udp-socket.stream", one, None) in (Err("concurrency-conflict"), STATE)
    assert g("udp-socket.finish-bind", one) is None


# --- datagrams ---

@case("net")
def udp_both_ways(g, _):
    for family in ("ipv4", "ipv6"):
        (_, in_a, out_a, a), (_, in_b, out_b, b) = end(g, family), end(g, family)
        assert g("incoming-datagram-stream.receive", in_b, 10) == []
        assert g("incoming-datagram-stream.receive", in_b, 0) == []
        assert send(g, out_a, (b"question", b)) == 1
        assert receive(g, in_b) == [(b"question", a)]
        assert send(g, out_b, (b"answer", a), (b"", a)) == 2
        got = receive(g, in_a)
        while len(got) < 2:
            got += receive(g, in_a)
        assert got == [(b"answer", b), (b"", b)]


@case("net")
def udp_many_at_once(g, _):
    (_, _, out, _), (_, incoming, _, to) = end(g), end(g)
    sent = 0
    while sent < 40:
        permit = permitted(g, out)
        part = [{"data": bytes([n]) * 100, "remote-address": to} for n in range(sent, min(40, sent + permit))]
        done = g("outgoing-datagram-stream.send", out, part)
        assert 0 < done <= len(part)
        sent += done
    got = []
    while len(got) < 40:
        part = receive(g, incoming, 7)
        assert len(part) <= 7
        got += part
    assert [data for data, _ in got] == [bytes([n]) * 100 for n in range(40)]


@case("net")
def udp_nothing_to_send(g, _):
    _, _, out, _ = end(g)
    assert permitted(g, out) > 0
    assert g("outgoing-datagram-stream.send", out, []) == 0


@case("net")
def udp_send_without_a_permit_traps(g, _):
    _, _, out, to = end(g)
    with traps():
        g("outgoing-datagram-stream.send", out, [{"data": b"x", "remote-address": to}])


@case("net")
def udp_send_of_more_than_permitted_traps(g, _):
    _, _, out, to = end(g)
    permit = permitted(g, out)
    assert permit < 10000
    with traps():
        g("outgoing-datagram-stream.send", out, [{"data": b"x", "remote-address": to}] * (permit + 1))


@case("net")
def udp_the_largest_datagram(g, _):
    (_, _, out, _), (_, incoming, _, to) = end(g), end(g)
    assert send(g, out, (b"x" * 65507, to)) == 1
    assert receive(g, incoming)[0][0] == b"x" * 65507
    assert send(g, out, (b"x" * 65508, to)) == Err("datagram-too-large")
    assert send(g, out, (b"x" * 200_000, to)) == Err("datagram-too-large")


@case("net")
def udp_send_to_what_is_no_address(g, _):
    _, _, out, _ = end(g)
    for where in (address(80, None, "ipv6"), address(80, (0, 0, 0, 0)), address(0), None):
        assert send(g, out, (b"x", where)) == INVALID, where
    _, _, out, _ = end(g, "ipv6")
    for where in (address(80), address(80, (0,) * 8, "ipv6"), mapped(80)):
        assert send(g, out, (b"x", where)) == INVALID, where


@case("net")
def udp_what_went_before_an_error_counts(g, _):
    (_, _, out, _), (_, incoming, _, to) = end(g), end(g)
    assert send(g, out, (b"good", to), (b"bad", address(0))) == 1
    assert receive(g, incoming)[0][0] == b"good"


@case("net")
def udp_connected(g, _):
    """A stream with an address speaks with that one only."""
    (_, in_a, out_a, a), (_, in_c, out_c, c) = end(g), end(g)
    one = bound(g)
    incoming, out = streams(g, one, a)
    b = g("udp-socket.local-address", one)
    assert g("udp-socket.remote-address", one) == a
    assert send(g, out, (b"without", None), (b"with", a)) == 2
    got = receive(g, in_a)
    while len(got) < 2:
        got += receive(g, in_a)
    assert got == [(b"without", b), (b"with", b)]
    assert send(g, out, (b"elsewhere", c)) == INVALID
    assert send(g, out_c, (b"from a stranger", b)) == 1
    assert send(g, out_a, (b"from the friend", b)) == 1
    assert receive(g, incoming) == [(b"from the friend", a)]


@case("net")
def udp_stream_to_what_is_no_address(g, _):
    one = bound(g)
    for where in (address(80, None, "ipv6"), address(80, (0, 0, 0, 0)), address(0)):
        assert g("udp-socket.stream", one, where) == INVALID, where
    for where in (address(80), address(80, (0,) * 8, "ipv6"), mapped(80)):
        assert g("udp-socket.stream", bound(g, "ipv6"), where) == INVALID, where


@case("net")
def udp_streams_anew(g, _):
    _, in_a, out_a, a = end(g)
    one = bound(g)
    first = streams(g, one, a)
    g.drop("incoming-datagram-stream", first[0])
    g.drop("outgoing-datagram-stream", first[1])
    incoming, out = streams(g, one, None)
    assert g("udp-socket.remote-address", one) == STATE
    assert send(g, out, (b"x", None)) == INVALID
    assert send(g, out, (b"x", a)) == 1
    assert receive(g, in_a)[0][0] == b"x"


@case("net")
def udp_nobody_is_there(g, _):
    """What comes back from a port where nobody listens is told by a later call."""
    one = bound(g)
    incoming, out = streams(g, one, address(free_port(g)))
    assert send(g, out, (b"anybody?", None)) == 1
    for _ in range(40):
        if (got := g("incoming-datagram-stream.receive", incoming, 1)) != []:
            break
        block(g, g("monotonic-clock.subscribe-duration", 50_000_000))
    assert got == Err("connection-refused")


@case("net")
def udp_nobody_is_there_for_the_next_one(g, _):
    """Or by the next that is sent."""
    one = bound(g)
    _, out = streams(g, one, address(free_port(g)))
    for _ in range(40):
        if (told := g("outgoing-datagram-stream.check-send", out)) == Err("connection-refused"):
            break
        if told and (told := g("outgoing-datagram-stream.send", out, [{"data": b"?", "remote-address": None}])) == \
                Err("connection-refused"):
            break
        block(g, g("monotonic-clock.subscribe-duration", 50_000_000))
    assert told == Err("connection-refused")


@case("net")
def udp_waits(g, _):
    (_, _, out, _), (_, incoming, _, to) = end(g), end(g)
    ready = g("incoming-datagram-stream.subscribe", incoming)
    timer = g("monotonic-clock.subscribe-duration", 20_000_000)
    assert g("poll.poll", [timer, ready]) == [0]
    block(g, g("outgoing-datagram-stream.subscribe", out))
    assert send(g, out, (b"now", to)) == 1
    assert g("poll.poll", [ready]) == [0]
    block(g, g("udp-socket.subscribe", bound(g)))


@case("net")
def udp_options(g, _):
    for family in ("ipv4", "ipv6"):
        one = udp(g, family)
        assert g("udp-socket.unicast-hop-limit", one) > 0
        assert g("udp-socket.set-unicast-hop-limit", one, 0) == INVALID
        assert g("udp-socket.set-unicast-hop-limit", one, 7) is None
        assert g("udp-socket.unicast-hop-limit", one) == 7
        for name in ("receive", "send"):
            assert g(f"udp-socket.set-{name}-buffer-size", one, 0) == INVALID
            assert g(f"udp-socket.set-{name}-buffer-size", one, 65536) is None
            assert g(f"udp-socket.{name}-buffer-size", one) == 65536
            assert g(f"udp-socket.set-{name}-buffer-size", one, 2**64 - 1) is None


@case("net")
def udp_with_the_host(g, _):
    """A program of the system at the other end."""
    _, incoming, out, (_, where) = end(g)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(10)
        assert send(g, out, (b"out", address(other.getsockname()[1]))) == 1
        data, told = other.recvfrom(100)
        assert data == b"out" and told == ("127.0.0.1", where["port"])
        other.sendto(b"in", told)
        assert receive(g, incoming) == [(b"in", address(other.getsockname()[1]))]


# --- names ---

def resolved(g, name):
    """All addresses of a name, or the error."""
    stream = g("ip-name-lookup.resolve-addresses", network(g), name)
    if isinstance(stream, Err):
        return stream
    found = []
    while True:
        one = g("resolve-address-stream.resolve-next-address", stream)
        if one == WAIT:
            block(g, g("resolve-address-stream.subscribe", stream))
        elif one is None or isinstance(one, Err):
            assert not (isinstance(one, Err) and found)
            again = g("resolve-address-stream.resolve-next-address", stream)
            assert again is None or isinstance(again, Err)
            g.drop("resolve-address-stream", stream)
            return one if isinstance(one, Err) else found
        else:
            found.append(one)


@case("net")
def an_address_is_its_own_name(g, _):
    assert resolved(g, "127.0.0.1") == [("ipv4", (127, 0, 0, 1))]
    assert resolved(g, "192.0.2.7") == [("ipv4", (192, 0, 2, 7))]
    assert resolved(g, "::1") == [("ipv6", LOOPBACK["ipv6"])]
    assert resolved(g, "2001:db8::5") == [("ipv6", (0x2001, 0xDB8, 0, 0, 0, 0, 0, 5))]


@case("net")
def a_name_of_this_machine(g, _):
    found = resolved(g, "localhost")
    assert found and all(one in (("ipv4", LOOPBACK["ipv4"]), ("ipv6", LOOPBACK["ipv6"])) for one in found)
    assert len(set(found)) == len(found)


@case("net")
def a_lookup_is_waited_for(g, _):
    stream = g("ip-name-lookup.resolve-addresses", network(g), "localhost")
    block(g, g("resolve-address-stream.subscribe", stream))
    assert g("resolve-address-stream.resolve-next-address", stream) != WAIT
    ready = g("resolve-address-stream.subscribe", stream)
    assert g("pollable.ready", ready)
    g.drop("pollable", ready)
    g.drop("resolve-address-stream", stream)


@case("net")
def what_is_no_name(g, _):
    for name in ("", " ", "a b", "a\0b"):
        assert resolved(g, name) == INVALID, name


@case("net")
def what_no_name_can_be(g, _):
    for name in ("a..b", "x" * 64 + ".test", ".".join(["x" * 60] * 5)):
        assert resolved(g, name) == INVALID, name


@case("net")
def a_name_that_nobody_has(g, _):
    assert resolved(g, "no-such-name.invalid") in (Err("name-unresolvable"), Err("temporary-resolver-failure"))


@case("names", stable=False)
def names_and_what_becomes_of_them(g, _):
    """Of a resolver whose answers are certain (fake_names.c)."""
    assert resolved(g, "two.arcella.test") == [("ipv4", (192, 0, 2, 1)), ("ipv6", (0x2001, 0xDB8, 0, 0, 0, 0, 0, 1))]
    assert resolved(g, "nobody.arcella.test") == Err("name-unresolvable")
    assert resolved(g, "later.arcella.test") == Err("temporary-resolver-failure")
    assert resolved(g, "never.arcella.test") == Err("permanent-resolver-failure")
    assert resolved(g, "two.other.test") == Err("access-denied")


@case("names", stable=False)
def a_name_that_is_answered_late(g, _):
    """Ours: the answer of five seconds is that it may be tried again later."""
    stream = g("ip-name-lookup.resolve-addresses", network(g), "slow.arcella.test")
    assert g("resolve-address-stream.resolve-next-address", stream) == WAIT
    block(g, g("resolve-address-stream.subscribe", stream))
    assert g("resolve-address-stream.resolve-next-address", stream) == Err("temporary-resolver-failure")


@case("net")
def a_lookup_is_given_up(g, _):
    for _ in range(20):
        stream = g("ip-name-lookup.resolve-addresses", network(g), "no-such-name.invalid")
        g.drop("resolve-address-stream", stream)


@case(stable=False)
def no_datagram_and_no_name_without_a_grant(g, _):
    one = udp(g)
    assert bind(g, one, address(80)) == Err("access-denied")
    if bind(g, one, address(0)) is None:
        assert g("udp-socket.stream", one, address(80)) == Err("access-denied")
        incoming, out = streams(g, one)
        assert send(g, out, (b"x", address(80))) == Err("access-denied")
        assert receive(g, incoming) == Err("access-denied")
    stream = g("ip-name-lookup.resolve-addresses", network(g), "localhost")
    if stream != Err("access-denied"):
        while (done := g("resolve-address-stream.resolve-next-address", stream)) == WAIT:
            block(g, g("resolve-address-stream.subscribe", stream))
        assert done == Err("access-denied")
