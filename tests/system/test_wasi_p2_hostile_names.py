# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Names that lead out of a granted directory, by way of WASI 0.2: some hundred of them, each by all operations that take a name,
and races against links that are swapped in a loop.  Where the kernel has openat2, and where it has not.

Around the granted folder stands a tree that nobody may see or change.  It has a file with a secret of a size that no other has;
afterwards all of it is as it was.  Both ways of resolving names must give the same answers.
"""
import ctypes
import itertools
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

import wasi02
from conftest import GUESTS, Arcella, as_worker, figure
from wasi02 import Err
from wasi02_cases_files import BOTH, FOLLOW, READ, folders, opened

FORWARDER = GUESTS / "components" / "forwarder.wasm"
SECRET = b"SECRET" * 1111
# Runs a command in which openat2 is a system call that there is not: a filter of 4 instructions.
WITHOUT_OPENAT2 = """
import ctypes, os, struct, sys
program = b"".join(struct.pack("HBBI", *i) for i in ((0x20, 0, 0, 0), (0x15, 0, 1, 437), (6, 0, 0, 0x00050000 | 38),
                                                     (6, 0, 0, 0x7FFF0000)))
buffer = ctypes.create_string_buffer(program)
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
one = Program(4, ctypes.addressof(buffer))
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(one), 0, 0):
    raise OSError(ctypes.get_errno(), "prctl")
os.execv(sys.argv[1], sys.argv[1:])
"""
PARTS = ["..", ".", "", "d", "f", "up", "out", "root", "self", "loop", "to-d", "proc", "fd", "absolute", "none"]
RESULTS = {}  # of each way, to be compared


def paths():
    """All names of one and two parts, some of three and more, with slashes where they hurt."""
    found = [*PARTS, *(f"{a}/{b}" for a, b in itertools.product(PARTS, PARTS))]
    found += [f"{a}/{b}/secret" for a, b in itertools.product(("d", "up", "out", "root", "self", "to-d"), repeat=2)]
    found += [f"/{part}" for part in PARTS] + [f"{part}//" for part in PARTS]
    found += ["/etc/passwd", "//etc/passwd", "/proc/self/root/etc/passwd", "proc/self/environ", "fd/0", "d/../../secret", "./../secret",
              "d/./.././../secret", "../" * 50 + "etc/passwd", "./" * 500 + "f", "d/../" * 200 + "f", "d/../" * 200 + "../secret",
              "x" * 255, "x" * 256, "y/" * 2000, "z" * 5000, "a\nb", "a\\..\\b", "..\\secret", "..;/secret", "%2e%2e/secret", "\u2024\u2024/secret",
              "\uff0e\uff0e/secret", " ..", ".. ", "...", "....//secret", "~", "~root", "-rf", "*", "$HOME", "`id`", "|cat", "f\0", "..\0",
              "d\0/../../secret", "C:\\secret", "\\\\?\\secret", "f/..", "f/.", "f/../f", "f/../../secret", "to-d/../secret", "to-d/../../secret"]
    return list(dict.fromkeys(found))


@pytest.fixture
def tree():
    """outside/{secret, more/secret, granted/…}: only `granted` is given."""
    with as_worker():
        top = Path(tempfile.mkdtemp(prefix="arc-"))
        granted = top / "outside" / "granted"
        (granted / "d").mkdir(parents=True)
        (top / "outside" / "more").mkdir()
        for folder in (top / "outside", top / "outside" / "more"):
            (folder / "secret").write_bytes(SECRET)
        (granted / "f").write_text("harmless")
        (granted / "d" / "secret").write_text("no secret")
        for name, target in (("up", ".."), ("out", "../more"), ("root", "/"), ("self", "."), ("loop", "loop"), ("to-d", "d"),
                             ("proc", "/proc/self/root"), ("fd", "/proc/self/fd"), ("absolute", str(top / "outside" / "secret"))):
            os.symlink(target, granted / name)
    yield granted
    shutil.rmtree(top, ignore_errors=True)


@pytest.fixture(params=["openat2", "walk"])
def guest(request, tree):
    folder = Path(tempfile.mkdtemp(prefix="arc-"))
    it = Arcella(folder / "home")
    it.expect_log(r"denied")
    if request.param == "walk":
        it.wrapper = [sys.executable, "-c", WITHOUT_OPENAT2]
    it.start()
    it.cli("install", FORWARDER, "--id", "forwarder@1.0.0").ok()
    it.cli("start", "forwarder", "--dir", f"{tree}::/data:rw", "--dir", f"{tree}/d::/fixed").ok()
    guest = wasi02.Guest(wasi02.Deployed(it, "forwarder"))
    guest.way = request.param
    yield guest
    it.stop()
    complaints = it.verify()
    shutil.rmtree(folder, ignore_errors=True)
    assert not complaints, "\n".join(complaints)


def state_of(folder, below):
    """All that stands around the granted folder."""
    found = {}
    for at, folders_in, files in os.walk(folder):
        folders_in[:] = [name for name in folders_in if Path(at, name) != below]
        for path in (Path(at, name) for name in folders_in + files):
            told, file = path.lstat(), path.is_file()
            found[str(path)] = (told.st_mode, told.st_size, *((told.st_nlink, told.st_mtime_ns, path.read_bytes()) if file else ()))
    return found


def attempts(data):
    """Every operation that takes a name, as a call with that name."""
    now = ["now", "now"]
    return {
        "open": lambda g, p: opened(g, data, p, (), READ, FOLLOW),
        "open no-follow": lambda g, p: opened(g, data, p, (), READ, ()),
        "open directory": lambda g, p: opened(g, data, p, {"directory"}, READ, FOLLOW),
        "create": lambda g, p: opened(g, data, p, {"create", "exclusive"}, BOTH, FOLLOW),
        "write": lambda g, p: opened(g, data, p, (), BOTH, FOLLOW),
        "stat": lambda g, p: g("descriptor.stat-at", data, FOLLOW, p),
        "stat no-follow": lambda g, p: g("descriptor.stat-at", data, set(), p),
        "hash": lambda g, p: g("descriptor.metadata-hash-at", data, FOLLOW, p),
        "readlink": lambda g, p: g("descriptor.readlink-at", data, p),
        "times": lambda g, p: g("descriptor.set-times-at", data, FOLLOW, p, *now),
        "mkdir": lambda g, p: g("descriptor.create-directory-at", data, p),
        "rmdir": lambda g, p: g("descriptor.remove-directory-at", data, p),
        "unlink": lambda g, p: g("descriptor.unlink-file-at", data, p),
        "symlink": lambda g, p: g("descriptor.symlink-at", data, "f", p),
        "symlink to": lambda g, p: g("descriptor.symlink-at", data, p, "made"),
        "link from": lambda g, p: g("descriptor.link-at", data, set(), p, data, "made"),
        "link to": lambda g, p: g("descriptor.link-at", data, set(), "f", data, p),
        "rename from": lambda g, p: g("descriptor.rename-at", data, p, data, "made"),
        "rename to": lambda g, p: g("descriptor.rename-at", data, "made", data, p),
    }


def restore(granted, spare):
    """As it was, after an operation that may have changed it."""
    for entry in list(os.scandir(granted)):
        shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
    shutil.copytree(spare, granted, symlinks=True, dirs_exist_ok=True)


def shape_of(said):
    """What is compared: errors by code, results by kind; handles and times differ."""
    if isinstance(said, Err):
        return said.code
    return ("stat", said["type"], said["size"]) if isinstance(said, dict) and "size" in said else \
        said if isinstance(said, str) else "ok"


def test_no_name_leads_out(guest, tree, tmp_path):
    names, results = paths(), {}
    assert len(names) > 200
    outside = tree.parent
    with as_worker():
        spare = outside.parent / "spare"
        shutil.copytree(tree, spare, symlinks=True)
        before = state_of(outside, tree)
        data, _ = folders(guest)
        for what, attempt in attempts(data).items():
            changes = what not in ("open", "open no-follow", "open directory", "stat", "stat no-follow", "hash", "readlink", "write", "times")
            for name in names:
                said = attempt(guest, name)
                results[what, name] = shape_of(said)
                if what.startswith("stat") and not isinstance(said, Err):
                    assert said["size"] != len(SECRET), (what, name)
                elif what in ("open", "open no-follow", "write") and not isinstance(said, Err):
                    if guest("descriptor.get-type", said) == "regular-file":
                        assert b"SECRET" not in guest("descriptor.read", said, 1000, 0)[0], (what, name)
                    else:
                        assert opened(guest, said, "../secret") == Err("not-permitted"), (what, name)
                if what in ("open", "open no-follow", "open directory", "create", "write") and not isinstance(said, Err):
                    guest.drop("descriptor", said)
                if changes and not isinstance(said, Err):
                    assert state_of(outside, tree) == before, (what, name)
                    restore(tree, spare)
        assert state_of(outside, tree) == before
    RESULTS[guest.way] = results
    figure(f"{len(names)} hostile names by {len(attempts(data))} operations of WASI 0.2, {guest.way}: "
           f"{sum(1 for r in results.values() if r == 'not-permitted')} refused as leading out")


def test_both_ways_answer_alike():
    if set(RESULTS) != {"openat2", "walk"}:
        pytest.skip("both ways must have been tried")
    differ = {key: (RESULTS["openat2"][key], RESULTS["walk"][key]) for key in RESULTS["openat2"]
              if RESULTS["openat2"][key] != RESULTS["walk"][key]}
    assert not differ, "\n".join(f"{key}: {both}" for key, both in list(differ.items())[:40])


@pytest.mark.parametrize("swapped", ["link", "folder"])
def test_a_name_that_changes_while_it_is_resolved(guest, tree, swapped):
    """`x` is now a folder inside, now a link to one outside: in a loop, while the guest goes through it."""
    data, _ = folders(guest)
    over, seen = threading.Event(), [0, 0]
    renameat2, exchange = ctypes.CDLL(None).renameat2, 2
    with as_worker():
        os.symlink("d", tree / "x") if swapped == "link" else (tree / "x").mkdir()
        os.symlink("../more", tree / "y")
        if swapped == "folder":
            (tree / "x" / "secret").write_text("no secret")
        before = state_of(tree.parent, tree)

        def swap():
            x, y = bytes(tree / "x"), bytes(tree / "y")
            while not over.is_set():
                renameat2(-100, x, -100, y, exchange)

        thread = threading.Thread(target=swap)
        thread.start()
        try:
            until = time.monotonic() + 3
            while time.monotonic() < until:
                file = opened(guest, data, "x/secret")
                seen[isinstance(file, Err)] += 1
                if not isinstance(file, Err):
                    assert b"SECRET" not in guest("descriptor.read", file, 1000, 0)[0]
                    guest.drop("descriptor", file)
                told = guest("descriptor.stat-at", data, FOLLOW, "x/secret")
                assert isinstance(told, Err) or told["size"] != len(SECRET)
                made = opened(guest, data, "x/new", {"create"}, BOTH)
                if not isinstance(made, Err):
                    guest.drop("descriptor", made)
                guest("descriptor.unlink-file-at", data, "x/new")
                guest("descriptor.rename-at", data, "f", data, "x/f")
                guest("descriptor.rename-at", data, "x/f", data, "f")
                guest("descriptor.link-at", data, set(), "x/secret", data, "linked")
                guest("descriptor.unlink-file-at", data, "linked")
        finally:
            over.set()
            thread.join()
        assert state_of(tree.parent, tree) == before
    assert seen[0] and seen[1], f"the swap was never seen: {seen}"
