# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What WASI 0.2 does, function by function: the cases of wasi02_cases*.py in instances of a real daemon.

Each case has an instance of its own, with what it needs and nothing else.  At the end the calls of all cases are held against the
WIT: each function must have succeeded, and each error that the WIT calls typical must have been seen, or UNSEEN says why not.
"""
import importlib
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

import wasi02
from conftest import GUESTS, Arcella, as_worker, figure
from wasi02_cases import CASES, Place

for part in ("files", "streams", "tcp", "udp"):
    importlib.import_module(f"wasi02_cases_{part}")

FORWARDER = GUESTS / "components" / "forwarder.wasm"
# Errors the WIT calls typical that no case can bring about here, and why.
UNSEEN = {
    "address-in-use": "of a connection or a listener: all ports of the machine would have to be taken",
    "connection-aborted": "Linux tells it of no connection that a test could make",
    "connection-reset": "a reset of a connection that is being made comes as connection-refused",
    "timeout": "takes minutes, and a machine that answers nothing",
    "not-supported": "both address families are there; a backlog may be changed on Linux",
    "remote-unreachable": "only where the machine has no way to some network, which depends on it",
    "name-unresolvable": "depends on whether the machine has a resolver that answers",
    "temporary-resolver-failure": "likewise",
    "permanent-resolver-failure": "likewise",
    "would-block": "of bind and listen: they are done at once; of a lookup: its answer may be there at once",
}
UNSEEN_OF = {
    ("udp-socket.stream", "connection-refused"): "Linux tells it by a later call: receive and send, whose cases there are",
}
# Functions without any "ok": they end the instance.
NO_RETURN = {"wasi:cli/exit#exit", "wasi:cli/exit#exit-with-code"}


def spare_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def options_of(needs, place):
    """What an instance is granted."""
    options = []
    if "environment" in needs:
        options += ["--env", "A=1", "--env", "B=two words"]
    if "arguments" in needs:
        options += [word for argument in ("one", "", "zwei drei", "\u2603") for word in ("--arg", argument)]
    if "files" in needs:
        options += ["--dir", f"{place.data}::/data:rw", "--dir", f"{place.fixed}::/fixed"]
    if "net" in needs:
        for action in ("connect", "listen", "udp"):
            for where in ("127.0.0.0/8:*", "[::1]:*", "192.0.2.0/24:*", "[2001:db8::]/32:*"):
                options += ["--net", f"{action}={where}"]
        options += ["--net", "resolve=localhost", "--net", "resolve=no-such-name.invalid"]
    if "net-narrow" in needs:
        place.notes["port"] = spare_port()
        options += ["--net", f"connect=127.0.0.1:{place.notes['port']}"]
    return options


@pytest.fixture(scope="module")
def daemon():
    folder = Path(tempfile.mkdtemp(prefix="arc-"))
    it = Arcella(folder / "home").start()
    it.expect_log(r"msg=failed|and got no further one|no more are given|unit=runtime .* end=|access denied|denied")
    it.cli("install", FORWARDER, "--id", "forwarder@1.0.0").ok()
    yield it
    code = it.stop()
    complaints = it.verify()
    shutil.rmtree(folder, ignore_errors=True)
    assert code == 0 and not complaints, "\n".join(complaints)


@pytest.fixture(scope="module")
def wit():
    return wasi02.Wit()


@pytest.fixture
def place():
    with as_worker():
        folder = Path(tempfile.mkdtemp(prefix="arc-"))
        found = Place(folder / "data", folder / "fixed")
        found.data.mkdir()
        found.fixed.mkdir()
    yield found
    shutil.rmtree(folder, ignore_errors=True)


RAN = set()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_case(case, daemon, wit, place):
    daemon.cli("start", "forwarder", "--restart", "temporary", *options_of(case.needs, place)).ok()
    RAN.add(case.name)
    try:
        guest = wasi02.Guest(wasi02.Deployed(daemon, "forwarder"), wit)
        with as_worker():
            case.run(guest, place)
        guest.place.close()
    finally:
        daemon.cli("stop", "forwarder")
        daemon.cli("undeploy", "forwarder").ok()


def test_every_function_is_covered(wit):
    """By what was really called: a function that no case calls, or that never succeeds, has no test."""
    if len(RAN) < len(CASES):
        pytest.skip("only where all cases ran")
    missing = []
    errors = 0
    for function in wit.functions.values():
        seen = wasi02.RECORD.get(function.full, set())
        if "ok" not in seen and not (function.full in NO_RETURN and "trap" in seen):
            missing.append(f"{function.full} never succeeded ({sorted(seen)})")
        # Of a start the errors of its finish are told with it, and of a getter those of its setter.
        kin = seen.union(*(wasi02.RECORD.get(function.full.replace(*pair), set()) for pair in ((".start-", ".finish-"), (".", ".set-"))))
        short = function.name.rpartition("]")[2]
        for code in function.errors():
            errors += 1
            if code not in kin and code not in UNSEEN and (short, code) not in UNSEEN_OF:
                missing.append(f"{function.full} never told {code}")
    assert not missing, "\n".join(missing)
    figure(f"WASI 0.2: {len(wit.functions)} functions, {errors} errors that the WIT names, {len(CASES)} cases")
