# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Grants of the network from flag to refusal: what explain says, what denies, ends, and what only --audit-only lets pass."""
import re
import shlex
import time

import pytest

from conftest import wait_until
from test_net import DENIED, Deployment, fixed, lookup, says_hello, wit  # noqa: F401 (fixtures)


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


@pytest.mark.parametrize("flag", ["connect=nowhere", "talk=127.0.0.1:80", "resolve=127.0.0.1", "listen=localhost:80", "connect=127.1:80"])
def test_flags_that_are_none(arcella, wit, flag):
    it = Deployment(arcella, wit)
    arcella.cli("grant", "forwarder", "--net", flag).failed("[invalid-argument]")
    assert it.instance["state"] == "running"
