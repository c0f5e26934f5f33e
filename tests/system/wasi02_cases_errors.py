# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Cases of the errors of wasi:filesystem that a file system has to bring about.  See wasi02_cases.py.

    @case("mount")    a small file system of its own at /data/small, where the machine lets the test mount one
"""
import os
import shutil
import socket
import subprocess

from wasi02 import Err
from wasi02_cases import CLOSED, case, write_all
from wasi02_cases_files import BOTH, FOLLOW, WRITE, folders, made, opened

NOW = ("now", "now")


def by_name(g, folder, name):
    """What each function that takes a name says of this one, in the place where it is asked for what is there."""
    return {
        "open-at": opened(g, folder, name),
        "stat-at": g("descriptor.stat-at", folder, FOLLOW, name),
        "metadata-hash-at": g("descriptor.metadata-hash-at", folder, FOLLOW, name),
        "set-times-at": g("descriptor.set-times-at", folder, FOLLOW, name, *NOW),
        "readlink-at": g("descriptor.readlink-at", folder, name),
        "unlink-file-at": g("descriptor.unlink-file-at", folder, name),
        "remove-directory-at": g("descriptor.remove-directory-at", folder, name),
        "create-directory-at": g("descriptor.create-directory-at", folder, name),
        "symlink-at": g("descriptor.symlink-at", folder, "x", name),
        "rename-at": g("descriptor.rename-at", folder, name, folder, "moved"),
        "link-at": g("descriptor.link-at", folder, set(), name, folder, "linked"),
    }


def all_are(said, code, but=()):
    wrong = {name: what for name, what in said.items() if name not in but and what != Err(code)}
    assert not wrong, wrong


@case("files", stable=False)
def a_directory_that_may_not_be_searched(g, p):
    data, _ = folders(g)
    (p.data / "d").mkdir()
    (p.data / "d" / "f").write_text("")
    (p.data / "f").write_text("")
    os.chmod(p.data / "f", 0)
    os.chmod(p.data / "d", 0)
    try:
        all_are(by_name(g, data, "d/f"), "access")
        assert opened(g, data, "f") == Err("access")
        assert opened(g, data, "f", {"truncate"}, WRITE) == Err("access")
        assert g("descriptor.rename-at", data, "f", data, "d/f") == Err("access")
        assert g("descriptor.link-at", data, set(), "f", data, "d/g") == Err("access")
        folder = opened(g, data, "d", {"directory"})
        assert folder == Err("access") or g("descriptor.read-directory", folder) == Err("access")
    finally:
        os.chmod(p.data / "d", 0o700)


@case("files", stable=False)
def names_through_a_circle_of_links(g, p):
    data, _ = folders(g)
    os.symlink("loop", p.data / "loop")
    all_are(by_name(g, data, "loop/f"), "loop")


@case("files", stable=False)
def names_through_what_is_no_directory(g, p):
    data, _ = folders(g)
    (p.data / "f").write_text("")
    all_are(by_name(g, data, "f/g"), "not-directory")
    all_are(by_name(g, data, "none/g"), "no-entry")


@case("files", stable=False)
def names_that_are_too_long(g, _):
    data, _ = folders(g)
    all_are(by_name(g, data, "x" * 256), "name-too-long")
    all_are(by_name(g, data, "d/" * 2500), "name-too-long")
    assert g("descriptor.symlink-at", data, "x" * 5000, "l") == Err("name-too-long")


@case("files", stable=False)
def names_that_lead_out(g, _):
    data, _ = folders(g)
    all_are(by_name(g, data, "../x"), "not-permitted")
    all_are(by_name(g, data, "/x"), "not-permitted")


@case("files", stable=False)
def names_in_a_directory_that_is_only_read(g, p):
    _, fixed = folders(g)
    (p.fixed / "f").write_text("")
    all_are(by_name(g, fixed, "f"), "read-only", but=("open-at", "stat-at", "metadata-hash-at", "readlink-at"))
    assert opened(g, fixed, "f", (), WRITE) == Err("read-only")


@case("files", stable=False)
def a_program_that_runs_is_not_written_to(g, p):
    data, _ = folders(g)
    shutil.copy(shutil.which("sleep"), p.data / "program")
    with subprocess.Popen([p.data / "program", "60"]) as running:
        try:
            assert opened(g, data, "program", (), WRITE) == Err("text-file-busy")
            assert opened(g, data, "program", {"truncate"}, BOTH) == Err("text-file-busy")
        finally:
            running.kill()


@case("files", stable=False)
def a_pipe_has_no_places(g, p):
    data, _ = folders(g)
    os.mkfifo(p.data / "p")
    assert opened(g, data, "p", (), WRITE) == Err("no-such-device")  # nobody reads
    ours = os.open(p.data / "p", os.O_RDWR | os.O_NONBLOCK)
    try:
        reader, writer = opened(g, data, "p"), opened(g, data, "p", (), WRITE)
        assert g("descriptor.get-type", reader) == "fifo"
        assert g("descriptor.read", reader, 1, 0) == Err("invalid-seek")
        assert g("descriptor.write", writer, b"x", 0) == Err("invalid-seek")
        assert g("descriptor.advise", reader, 0, 1, "normal") == Err("invalid-seek")
        assert g("descriptor.set-size", writer, 0) == Err("invalid")
        # As a stream it is what it is.
        write_all(g, g("descriptor.append-via-stream", writer), b"through the pipe")
        assert g("input-stream.blocking-read", g("descriptor.read-via-stream", reader, 0), 100) == b"through the pipe"
    finally:
        os.close(ours)


@case("files", stable=False)
def a_pipe_that_nobody_reads_any_more(g, p):
    data, _ = folders(g)
    os.mkfifo(p.data / "p")
    ours = os.open(p.data / "p", os.O_RDONLY | os.O_NONBLOCK)
    writer = opened(g, data, "p", (), WRITE)
    stream = g("descriptor.write-via-stream", writer, 0)
    assert g("output-stream.check-write", stream) > 0
    os.close(ours)
    said = g("output-stream.write", stream, b"x")
    assert said == CLOSED, said
    assert g("output-stream.check-write", stream) == CLOSED


@case("files", stable=False)
def a_socket_is_not_opened(g, p):
    data, _ = folders(g)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(p.data / "s"))
        assert g("descriptor.stat-at", data, set(), "s")["type"] == "socket"
        assert opened(g, data, "s") == Err("no-such-device")


@case("files", stable=False)
def what_was_not_opened_for_it(g, p):
    data, _ = folders(g)
    (p.data / "f").write_text("x")
    reader, writer = opened(g, data, "f"), opened(g, data, "f", (), WRITE)
    bad = Err("bad-descriptor")
    assert g("descriptor.read", writer, 1, 0) == bad
    assert g("descriptor.read-via-stream", writer, 0) == bad
    assert g("descriptor.write", reader, b"x", 0) == bad
    assert g("descriptor.write-via-stream", reader, 0) == bad
    assert g("descriptor.append-via-stream", reader) == bad
    assert g("descriptor.set-size", reader, 0) == bad
    for name in ("advise", "set-size", "read", "write", "read-via-stream", "write-via-stream", "append-via-stream"):
        more = {"advise": (0, 1, "normal"), "set-size": (0,), "read": (1, 0), "write": (b"x", 0), "append-via-stream": ()}.get(name, (0,))
        said = g(f"descriptor.{name}", data, *more)
        assert said in (Err("is-directory"), bad), (name, said)
    for name in ("create-directory-at", "remove-directory-at", "unlink-file-at", "readlink-at"):
        assert g(f"descriptor.{name}", reader, "x") == Err("not-directory"), name
    assert g("descriptor.read-directory", reader) == Err("not-directory")
    assert g("descriptor.rename-at", reader, "x", data, "y") == Err("not-directory")
    assert g("descriptor.link-at", data, set(), "f", reader, "y") == Err("not-directory")
    assert g("descriptor.symlink-at", reader, "x", "y") == Err("not-directory")


@case("files", stable=False)
def places_that_no_file_has(g, p):
    data, _ = folders(g)
    file = made(g, data, "f", b"x")
    for name, more in (("read", (1, 2**63)), ("advise", (2**63, 1, "normal")), ("read-via-stream", (2**63,))):
        assert g(f"descriptor.{name}", file, *more) == Err("invalid"), name
    assert g("descriptor.write", file, b"x", 2**63) == Err("invalid")
    assert g("descriptor.write", file, b"x", 2**63 - 1) == Err("file-too-large")
    assert g("descriptor.set-size", file, 2**63) == Err("file-too-large")
    assert (p.data / "f").read_bytes() == b"x"


@case("files", stable=False)
def names_that_are_no_text(g, p):
    data, _ = folders(g)
    with open(os.fsencode(p.data) + b"/bad\xff", "w"):
        pass
    stream = g("descriptor.read-directory", data)
    assert g("directory-entry-stream.read-directory-entry", stream) == Err("illegal-byte-sequence")
    assert g("directory-entry-stream.read-directory-entry", stream) is None
    os.symlink(b"to\xff", os.fsencode(p.data) + b"/l")
    assert g("descriptor.readlink-at", data, "l") == Err("illegal-byte-sequence")


@case("files", stable=False)
def names_that_are_in_use(g, p):
    data, _ = folders(g)
    os.makedirs(p.data / "d" / "e")
    (p.data / "f").write_text("")
    assert g("descriptor.rename-at", data, ".", data, "x") == Err("busy")
    assert g("descriptor.remove-directory-at", data, ".") == Err("invalid")
    assert g("descriptor.remove-directory-at", data, "d/e/..") == Err("not-empty")
    assert g("descriptor.rename-at", data, "d", data, "d/e/x") == Err("invalid")
    assert g("descriptor.rename-at", data, "f", data, "d") == Err("is-directory")
    assert g("descriptor.rename-at", data, "d", data, "f") == Err("not-directory")
    assert g("descriptor.unlink-file-at", data, "d") == Err("is-directory")
    assert g("descriptor.link-at", data, FOLLOW, "f", data, "g") == Err("invalid")


@case("mount", stable=False)
def a_file_system_without_room(g, p):
    data, _ = folders(g)
    file = made(g, data, "small/f")
    piece, at = b"x" * 30000, 0
    while not isinstance(said := g("descriptor.write", file, piece, at), Err):
        at += said
        assert at < 1 << 22
    assert said == Err("insufficient-space")
    # By a stream it is the error of the operation that failed.
    stream = g("descriptor.append-via-stream", file)
    for _ in range(8):
        assert g("output-stream.check-write", stream) > 0
        if (said := g("output-stream.write", stream, piece)) is not None:
            break
    assert g("types.filesystem-error-code", said.code[1]) == "insufficient-space"
    for code, name, more in (("create-directory-at", "small/d", ()), ("symlink-at", "x" * 4000, ("small/l",))):
        for i in range(2000):
            said = g(f"descriptor.{code}", data, *((f"{name}{i}",) if not more else (name, f"{more[0]}{i}")))
            if said is not None:
                break
        assert said == Err("insufficient-space"), code
    assert opened(g, data, "small/new", {"create"}, BOTH) == Err("insufficient-space")
    assert g("descriptor.link-at", data, set(), "small/f", data, "small/g") == Err("insufficient-space")


@case("mount", stable=False)
def two_file_systems(g, p):
    data, _ = folders(g)
    made(g, data, "f", b"x")
    made(g, data, "small/g", b"y")
    assert g("descriptor.rename-at", data, "f", data, "small/f") == Err("cross-device")
    assert g("descriptor.link-at", data, set(), "f", data, "small/f") == Err("cross-device")
    assert g("descriptor.remove-directory-at", data, "small") == Err("busy")
    assert g("descriptor.rename-at", data, "small", data, "other") == Err("busy")
    assert (p.data / "small" / "g").read_bytes() == b"y"
