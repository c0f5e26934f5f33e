# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What WASI 0.2 does, function by function: the cases of wasi02_cases*.py in instances of a real daemon.

Each case has an instance of its own, with what it needs and nothing else.  At the end the calls of all cases are held against the
WIT: each function must have succeeded, and each error that wasi02_errors.py demands of it must have been seen, or it says why not.
"""
import contextlib
import importlib
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

import wasi02
import wasi02_errors
from conftest import GUESTS, Arcella, as_worker, environment, figure, weaker
from wasi02_cases import CASES, Place

for part in ("files", "errors", "streams", "tcp", "udp"):
    importlib.import_module(f"wasi02_cases_{part}")

FORWARDER = GUESTS / "components" / "forwarder.wasm"
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
    if "files" in needs or "mount" in needs:
        options += ["--dir", f"{place.data}::/data:rw", "--dir", f"{place.fixed}::/fixed"]
    if "net" in needs:
        for action in ("connect", "listen", "udp"):
            for where in ("127.0.0.0/8:*", "[::1]:*", "192.0.2.0/24:*", "[2001:db8::]/32:*"):
                options += ["--net", f"{action}={where}"]
        options += ["--net", "resolve=localhost", "--net", "resolve=no-such-name.invalid"]
    if "names" in needs:
        options += ["--net", "resolve=*.arcella.test"]
    if "net-narrow" in needs:
        place.notes["port"] = spare_port()
        options += ["--net", f"connect=127.0.0.1:{place.notes['port']}"]
    return options


def fake_names(folder):
    """Put before the daemon's C library: what becomes of a name is certain."""
    library = folder / "fake_names.so"
    source = Path(__file__).with_name("fake_names.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, source, "-ldl"], check=True)
    options = environment()["ASAN_OPTIONS"] + ":verify_asan_link_order=0"  # the sanitizer wants to be first
    return {"LD_PRELOAD": library, "ASAN_OPTIONS": options}


@pytest.fixture(scope="module")
def daemon():
    folder = Path(tempfile.mkdtemp(prefix="arc-"))
    it = Arcella(folder / "home").start(**fake_names(folder))
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


@contextlib.contextmanager
def small_file_system(at):
    """Room for a few hundred files and for half a megabyte. Gives False where it cannot be mounted."""
    at.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=512k,nr_inodes=400,mode=777", "none", at]
    if os.geteuid() != 0 or subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        weaker("a full file system, and two of them: needs the right to mount")
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", at], check=True)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_case(case, daemon, wit, place):
    with contextlib.ExitStack() as stack:
        if "mount" in case.needs and not stack.enter_context(small_file_system(place.data / "small")):
            return
        run_case(case, daemon, wit, place)


def run_case(case, daemon, wit, place):
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
    short_names = {function.full: short for short, function in wit.functions.items()}
    for function in wit.functions.values():
        seen = wasi02.RECORD.get(function.full, set())
        if "ok" not in seen and not (function.full in NO_RETURN and "trap" in seen):
            missing.append(f"{function.full} never succeeded ({sorted(seen)})")
        # Of a start the errors of its finish are told with it, and of a getter those of its setter.
        kin = seen.union(*(wasi02.RECORD.get(function.full.replace(*pair), set()) for pair in ((".start-", ".finish-"), (".", ".set-"))))
        short = short_names[function.full]
        elsewhere = wasi02_errors.seen_elsewhere(short)
        for code in sorted(wasi02_errors.demanded(function, short)):
            errors += 1
            if code not in kin and code not in elsewhere:
                missing.append(f"{function.full} never told {code}")
    assert not missing, "\n".join(missing)
    figure(f"WASI 0.2: {len(wit.functions)} functions, {errors} errors that are demanded of them, {len(CASES)} cases")


def test_every_error_is_demanded_or_has_a_reason(wit):
    """What is said of functions and codes is said of those that there are, and of all of them."""
    files = [short for short, function in wit.functions.items() if function.interface.name == "wasi:filesystem/types"]
    assert sorted(files) == sorted(wasi02_errors.FILE_ERRORS)
    wanted = {code for short in files for code in wasi02_errors.FILE_ERRORS[short].split()}
    _, codes = wit.interfaces["wasi:filesystem/types"].bare(("named", "error-code"))
    there = set(codes[1])
    assert wanted | set(wasi02_errors.NO_FILE_ERROR) == there and not wanted & set(wasi02_errors.NO_FILE_ERROR)
    given = wasi02_errors.given_in_place_of_an_answer()
    assert len(given) > 30 and {name for name, _ in given} <= {short.rpartition(".")[2] for short in files}
    for short, code in wasi02_errors.UNSEEN:
        assert code in wit.functions[short].errors(), (short, code)
