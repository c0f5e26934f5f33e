# SPDX-License-Identifier: Apache-2.0 OR MIT
"""A guest tries to reach by name what belongs to Arcella itself: the management socket, the home, the memory of the daemon and of its
own worker, the worker's descriptors.  By WASI 0.2 and by preview 1; without a grant, with one beside it, through links that lie in what
is granted, and where somebody has granted /proc.
"""
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

import wasi02
from conftest import GUESTS, as_worker, wait_until
from wasi02 import Err

FOLLOW, READ = {"symlink-follow"}, {"read"}
OF_FILES = ("success", "ok")


@pytest.fixture
def data():
    """A folder that belongs to the user of the workers."""
    with as_worker():
        folder = Path(tempfile.mkdtemp(prefix="arc-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def names_of(arcella):
    """What no guest is to reach, by the names that the host has for it."""
    home, daemon = arcella.home, arcella.pid
    return [str(home / "alme"), str(home / "state" / "arcella.db"), str(home / "modules"), str(home), "/proc/self/mem", "/proc/self/fd/3",
            "/proc/self/environ", f"/proc/{daemon}/mem", f"/proc/{daemon}/environ", f"/proc/{daemon}/fd/3"]


def link_to(data, targets):
    """Links to them, in what the guest may read. Gives their names."""
    with as_worker():
        for i, target in enumerate(targets):
            os.symlink(target, data / f"absolute-{i}")
            os.symlink("../" * 20 + target.lstrip("/"), data / f"relative-{i}")
    return [f"{kind}-{i}" for i in range(len(targets)) for kind in ("absolute", "relative")]


# --- WASI 0.2 ---

def started(arcella, *options):
    arcella.expect_log("denied")
    arcella.install(GUESTS / "components" / "forwarder.wasm", "forwarder")
    arcella.cli("start", "forwarder", *options).ok()
    return wasi02.Guest(wasi02.Deployed(arcella, "forwarder"))


def ways_to(g, folder, name):
    """What the guest hears, by each way to look at something or into it."""
    yield g("descriptor.open-at", folder, FOLLOW, name, set(), READ)
    yield g("descriptor.open-at", folder, FOLLOW, name, {"directory"}, READ)
    yield g("descriptor.stat-at", folder, FOLLOW, name)
    yield g("descriptor.metadata-hash-at", folder, FOLLOW, name)


def reached(g, folder, names):
    return [(name, said) for name in names for said in ways_to(g, folder, name) if not isinstance(said, Err)]


def forms_of(names):
    """As they are, from the root, and from wherever one is."""
    return [form for name in names for form in (name, name.lstrip("/"), "../" * 20 + name.lstrip("/"))]


def test_a_component_without_a_grant(arcella):
    g = started(arcella)
    (root, path), = g("preopens.get-directories")
    assert path == "/" and reached(g, root, forms_of(names_of(arcella))) == []


def test_a_component_with_a_directory(arcella, data):
    g = started(arcella, "--dir", f"{data}::/data:rw")
    links = link_to(data, names_of(arcella))
    for folder, _ in g("preopens.get-directories"):
        assert reached(g, folder, forms_of(names_of(arcella)) + links) == []
    # It may make a link, but not have one followed that leads out.
    folder = dict((path, handle) for handle, path in g("preopens.get-directories"))["/data"]
    g("descriptor.symlink-at", folder, "../" * 20 + str(arcella.home / "alme").lstrip("/"), "own")
    assert reached(g, folder, ["own"]) == []


def test_a_component_with_the_processes_of_the_machine(arcella):
    """A grant of /proc is nothing that anybody should give.  It shows what a user sees; no memory and no descriptor."""
    g = started(arcella, "--dir", "/proc::/proc")
    proc = dict((path, handle) for handle, path in g("preopens.get-directories"))["/proc"]
    worker, = arcella.workers()
    for pid in ("self", worker["pid"], arcella.pid):
        for name in ("mem", "environ", "fd/3", "root", "cwd", "exe", f"task/{pid}/mem"):
            said = g("descriptor.open-at", proc, FOLLOW, f"{pid}/{name}", set(), READ)
            assert isinstance(said, Err), (pid, name, said)


# --- preview 1 ---

def tried(arcella, options, names):
    """What try_files says of names."""
    arcella.expect_log("denied")
    arcella.install("try_files.wasm", "tries")
    arguments = [word for name in ("1000", *names) for word in ("--arg", name)]
    arcella.cli("start", "tries", *options, *arguments).ok()

    def answers():
        said = re.findall(r"stdout: (/.*?) (ok|[A-Z].*)$", arcella.logs("tries"), re.M)
        return dict(said) if len(dict(said)) == len(names) else None
    return wait_until(answers, 20, "its answers")


def test_a_program_of_preview_1(arcella, data):
    names = names_of(arcella)
    links = [f"/data/{name}" for name in link_to(data, names[:3])]
    said = tried(arcella, ["--dir", f"{data}::/data"], [*names, *links[:6]])
    assert [name for name, answer in said.items() if answer in OF_FILES] == [], said
    assert set(said) == {*names, *links[:6]}


# --- what there would be to find ---

@pytest.mark.parametrize("guest", ["forwarder", "tries"])
def test_a_worker_holds_what_was_granted_and_its_channel(guest, arcella, data):
    if guest == "forwarder":
        started(arcella, "--dir", f"{data}::/data:rw")
    else:
        tried(arcella, ["--dir", f"{data}::/data:rw"], ["/data/none"])
    worker, = arcella.workers()
    held = {int(path.name): os.readlink(path) for path in Path(f"/proc/{worker['pid']}/fd").iterdir()}
    assert held[0] == held[1] == "/dev/null" and held[2].startswith("pipe:") and held[3].startswith("socket:")
    code = re.compile(rf"{arcella.home}/run/worker-\d+/code(/[0-9a-f-]+\.code)?$")
    others = [what for number, what in held.items() if number > 3 and not what.startswith("anon_inode:") and not code.match(what)]
    # Nothing but the directory that was granted, and the pipe by which a loop wakes itself.
    assert [what for what in others if what != str(data) and not what.startswith("pipe:")] == [], held
    assert str(data) in others
    assert not any(str(arcella.home) in what for what in held.values() if not code.match(what)), held
