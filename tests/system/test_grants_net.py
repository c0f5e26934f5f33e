# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Grants of the network from flag to refusal: what explain says, what denies, ends, and what only --audit-only lets pass."""
import re
import shlex
import socket
import time

import pytest

import wasi02_cases_tcp
import wasi02_cases_udp
from conftest import wait_until
from test_net import DENIED, Deployment, fixed, lookup, says_hello, wit  # noqa: F401 (fixtures)
from wasi02_cases_tcp import address


def refused(arcella, resource):
    rows = [r for r in arcella.json("explain", "forwarder")["refused"] if r["resource"] == resource]
    return rows[0] if rows else None


def test_the_command_of_explain_allows_it(arcella, wit, fixed):
    port, other = fixed
    it = Deployment(arcella, wit, "--net", f"connect=127.0.0.1:{other}")
    for _ in range(3):
        assert says_hello(it.guest, port) == DENIED
    row = refused(arcella, f"127.0.0.1:{port}")
    assert (row["class"], row["action"], row["reason"]) == ("net", "connect", "nothing allows it") and row["count"] == 3
    assert row["command"] == f"arcella-cli grant forwarder --net connect=127.0.0.1:{port}"
    arcella.cli(*shlex.split(row["command"])[1:]).ok()
    wait_until(lambda: says_hello(it.guest, port) == b"hello", 20, "the pasted command's effect")
    assert refused(arcella, f"127.0.0.1:{port}") is None
    told = [l["fields"] for l in arcella.ask("logs", unit="audit", target="forwarder", count=1000)["data"]["lines"]
            if l["message"] == "denied"]
    assert any("class=net action=connect" in f and "result=denied" in f and re.search(r"call=\d+", f) for f in told), told


def pasted(arcella, row):
    """Run the command that explain gives; what it allowed is explained no more."""
    words = shlex.split(row["command"])
    assert words[:3] == ["arcella-cli", "grant", "forwarder"], row
    arcella.cli(*words[1:]).ok()


def test_a_connection_from_nothing(arcella, wit, fixed):
    """The first thing that is refused names the address, and its command is all that it takes."""
    port, _ = fixed
    it = Deployment(arcella, wit)
    assert says_hello(it.guest, port) == DENIED
    [row] = arcella.json("explain", "forwarder")["refused"]
    assert (row["action"], row["resource"], row["reason"]) == ("connect", f"127.0.0.1:{port}", "nothing allows it")
    assert row["command"] == f"arcella-cli grant forwarder --net connect=127.0.0.1:{port}"
    pasted(arcella, row)
    wait_until(lambda: says_hello(it.guest, port) == b"hello", 20, "the pasted command's effect")
    assert arcella.json("explain", "forwarder")["refused"] == []


def test_datagrams_from_nothing(arcella, wit):
    with socket.socket(type=socket.SOCK_DGRAM) as friend:
        friend.bind(("127.0.0.1", 0))
        friend.settimeout(20)
        port = friend.getsockname()[1]
        it = Deployment(arcella, wit)

        def says(g):
            one = wasi02_cases_udp.udp(g)
            assert wasi02_cases_udp.bind(g, one, address(0)) is None
            _, out = wasi02_cases_udp.streams(g, one)
            return wasi02_cases_udp.send(g, out, (b"hello", address(port)))
        assert says(it.guest) == DENIED
        [row] = arcella.json("explain", "forwarder")["refused"]
        assert row["command"] == f"arcella-cli grant forwarder --net udp=127.0.0.1:{port}"
        pasted(arcella, row)
        wait_until(lambda: says(it.guest) == 1, 20, "the pasted command's effect")
        assert friend.recv(100) == b"hello"
        assert arcella.json("explain", "forwarder")["refused"] == []


def test_a_server_from_nothing(arcella, wit):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    it = Deployment(arcella, wit)
    assert wasi02_cases_tcp.bind(it.guest, wasi02_cases_tcp.tcp(it.guest), address(port)) == DENIED
    [row] = arcella.json("explain", "forwarder")["refused"]
    assert row["command"] == f"arcella-cli grant forwarder --listen 127.0.0.1:{port}"
    pasted(arcella, row)

    def listens():
        g = it.guest
        one = wasi02_cases_tcp.tcp(g)
        return wasi02_cases_tcp.bind(g, one, address(port)) is None and wasi02_cases_tcp.listen(g, one) is None
    wait_until(listens, 20, "the pasted command's effect")
    socket.create_connection(("127.0.0.1", port)).close()
    assert arcella.json("explain", "forwarder")["refused"] == []


def test_a_name_that_is_denied(arcella, wit, fixed):
    """`connect` denied by name: its addresses, once they were answered, whatever allows them; told as long as it is denied."""
    port, _ = fixed
    it = Deployment(arcella, wit, "--net", f"connect=127.0.0.1:{port}", "--net", "resolve=*", "--deny", "net:connect:localhost:*")
    g = it.guest
    assert says_hello(g, port) == b"hello"  # by its number, which nobody has called so yet
    found = lookup(g, "localhost")  # to connect is denied, not to look up
    assert ("ipv4", (127, 0, 0, 1)) in found
    assert says_hello(g, port) == DENIED
    for _ in range(2):
        row = refused(arcella, f"127.0.0.1:{port}")
        assert row["reason"] == "a grant denies it"
        assert row["command"] == "arcella-cli revoke forwarder --deny 'net:connect:localhost:*'"
    arcella.cli(*shlex.split(row["command"])[1:]).ok()
    assert says_hello(g, port) == b"hello"
    assert refused(arcella, f"127.0.0.1:{port}") is None


@pytest.mark.parametrize("reader", [("inspect", "forwarder", "--permissions"), ("start", "hello")])
def test_a_policy_is_in_force_as_a_whole(arcella, wit, fixed, reader):
    """Whoever has it read anew: what runs is denied what it denies, in every respect, and told so."""
    port, other = fixed
    policy = arcella.home / "cfg" / "policy.toml"
    policy.parent.mkdir(exist_ok=True)
    arcella.install("hello.wasm", "hello")
    it = Deployment(arcella, wit, "--net", "connect=127.0.0.0/8:*", "--net", "resolve=*")
    g = it.guest
    assert says_hello(g, port) == b"hello" and isinstance(lookup(g, "localhost"), list)
    policy.write_text(f'[[deny]]\ngrants = ["net:connect:127.0.0.1:{port}", "net:resolve:localhost"]\n')
    arcella.cli(*reader).ok()
    assert says_hello(g, port) == DENIED and says_hello(g, other) == b"hello" and lookup(g, "localhost") == DENIED
    for resource in (f"127.0.0.1:{port}", "localhost"):
        assert refused(arcella, resource)["reason"] == "cfg/policy.toml denies it"
    told = [l["fields"] for l in arcella.ask("logs", unit="audit", count=1000)["data"]["lines"]
            if l["message"] == "policy read"]
    assert len(told) == 1 and "rules=1 allow=0 deny=2 deployments=1" in told[0], told
    # and what it denies no more is allowed again
    policy.unlink()
    arcella.cli(*reader).ok()
    assert says_hello(g, port) == b"hello" and isinstance(lookup(g, "localhost"), list)
    assert arcella.json("explain", "forwarder")["refused"] == []


def test_an_address_in_another_writing(arcella, wit, fixed):
    """What denies 127.0.0.1 in IPv6's writing denies 127.0.0.1."""
    good, bad = fixed
    it = Deployment(arcella, wit, "--net", "connect=[::ffff:127.0.0.0]/104:*", "--deny", f"net:connect:[::ffff:127.0.0.1]:{bad}")
    assert says_hello(it.guest, good) == b"hello" and says_hello(it.guest, bad) == DENIED
    shown = arcella.json("inspect", "forwarder", "--permissions")["permissions"]
    assert [g["pattern"] for g in shown["granted"]] == ["127.0.0.0/8:*"] and [d["pattern"] for d in shown["denied"]] == [f"127.0.0.1:{bad}"]


def test_deny_wins_over_a_wider_range(arcella, wit, fixed):
    good, bad = fixed
    it = Deployment(arcella, wit, "--net", "connect=127.0.0.0/8:*", "--deny", f"net:connect:127.0.0.1:{bad}")
    assert says_hello(it.guest, good) == b"hello" and says_hello(it.guest, bad) == DENIED
    row = refused(arcella, f"127.0.0.1:{bad}")
    assert row["command"] == f"arcella-cli revoke forwarder --deny net:connect:127.0.0.1:{bad}"
    assert it.change("revoke", "--deny", f"net:connect:127.0.0.1:{bad}") == "now"
    assert says_hello(it.guest, bad) == b"hello"
    assert it.change("grant", "--deny", f"net:connect:127.0.0.1:{good}") == "now"
    assert says_hello(it.guest, good) == DENIED


def test_special_addresses_need_a_range_that_means_them(arcella, wit, fixed):
    port, _ = fixed
    it = Deployment(arcella, wit, "--net", f"connect=*:{port}", "--net", f"connect=0.0.0.0/0:{port}", "--net",
                    f"connect=localhost:{port}")
    assert says_hello(it.guest, port) == DENIED
    assert it.change("grant", "--net", f"connect=127.0.0.0/8:{port}") == "now"
    assert says_hello(it.guest, port) == b"hello"


def test_the_policy_denies_what_is_granted(arcella, wit, fixed):
    port, other = fixed
    policy = arcella.home / "cfg" / "policy.toml"
    policy.parent.mkdir(exist_ok=True)
    policy.write_text(f'[[deny]]\ngrants = ["net:connect:127.0.0.0/8:{port}", "net:resolve:*.invalid"]\nreason = "not here"\n')
    it = Deployment(arcella, wit, "--net", f"connect=127.0.0.1:{port}", "--net", f"connect=127.0.0.1:{other}", "--net", "resolve=*")
    assert says_hello(it.guest, port) == DENIED and says_hello(it.guest, other) == b"hello"
    assert lookup(it.guest, "nowhere.invalid") == DENIED
    row = refused(arcella, f"127.0.0.1:{port}")
    assert row["reason"] == "cfg/policy.toml denies it" and "command" not in row
    denied = arcella.json("inspect", "forwarder", "--permissions")["permissions"]["denied"]
    assert {(d["source"], d["reason"]) for d in denied} == {("policy", "not here")}


def test_a_grant_of_the_network_ends_by_itself(arcella, wit, fixed):
    port, other = fixed
    it = Deployment(arcella, wit, "--net", f"connect=127.0.0.0/8:{other}", "--net", f"connect=127.0.0.2:{port}")
    assert it.change("grant", "--net", f"connect=127.0.0.1:{port}", "--for", "4s") == "now"
    began = time.monotonic()
    assert says_hello(it.guest, port) == b"hello"
    wait_until(lambda: says_hello(it.guest, port) == DENIED, 10, "the end of the grant")
    assert time.monotonic() - began > 2
    assert says_hello(it.guest, other) == b"hello"


def test_audit_only_lists_the_network_too(arcella, wit, fixed):
    port, other = fixed
    it = Deployment(arcella, wit, "--audit-only", "--deny", f"net:connect:127.0.0.1:{other}")
    assert says_hello(it.guest, port) == b"hello" and says_hello(it.guest, other) == DENIED
    assert isinstance(lookup(it.guest, "localhost"), list)
    explained = arcella.json("explain", "forwarder")
    assert {(p["action"], p["resource"]) for p in explained["passed"]} >= {("connect", f"127.0.0.1:{port}"), ("resolve", "localhost")}
    flags = shlex.split(explained["flags"])
    assert f"connect=127.0.0.1:{port}" in flags and "resolve=localhost" in flags
    arcella.cli("undeploy", "forwarder", "--timeout", "0s").ok()
    arcella.cli("start", "forwarder", *flags).ok()
    assert says_hello(it.guest, port) == b"hello" and isinstance(lookup(it.guest, "localhost"), list)
    assert says_hello(it.guest, other) == DENIED
    assert arcella.json("explain", "forwarder")["passed"] == []


@pytest.mark.parametrize("flag,says", [("connect=nowhere", "its port is missing"), ("talk=127.0.0.1:80", "class net has no action 'talk'"),
                                       ("resolve=127.0.0.1", "only names are looked up"), ("resolve=a.example:80", "which has no port"),
                                       ("listen=localhost:80", "to listen at needs an address"), ("connect=127.1:80", "no whole address"),
                                       ("connect=127.0.0.1:99999", "larger than 65535"), ("connect=10.0.0.0/40:1", "32 bits")])
def test_flags_that_are_none(arcella, wit, flag, says):
    it = Deployment(arcella, wit)
    failed = arcella.cli("grant", "forwarder", "--net", flag).failed("[invalid-argument]")
    assert says in failed.err and "arcella help grant" in failed.err, failed.err
    assert it.instance["state"] == "running"
