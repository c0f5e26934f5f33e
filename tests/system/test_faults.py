# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The Nth allocation and the Nth system call of the daemon fail: an error with a code, or one that is got over; never a
crash, a hang or half of something.  Needs programs built with ARCELLA_FAULTS, as the presets debug and asan are."""
import os
import random
import subprocess

import pytest

from conftest import BIN, GUESTS, SLOW, Arcella, environment, weaker
from killer import Killer

SEED = int(os.environ.get("ARCELLA_SEED", "20261121"))


def faults_are_built_in():
    return b"ARCELLA_FAULT\0" in (BIN / "arcella").read_bytes()


def verbs(arcella):
    """A day's work; answers are taken as they come."""
    data = arcella.home.parent / "data"
    data.mkdir(exist_ok=True)
    (data / "note.txt").write_text("from the host\n")
    asked = (("install", {"path": str(GUESTS / "hello.wasm"), "id": "one@1.0.0"}),
             ("install", {"path": str(GUESTS / "ticker.wasm"), "id": "two@1.0.0"}),
             ("start", {"target": "one"}),
             ("start", {"target": "two", "arg": ["20"], "env": ["A=1"], "group": "g"}),
             ("install", {"path": str(GUESTS / "read_file.wasm"), "id": "three@1.0.0"}),
             ("start", {"target": "three", "arg": ["/data/note.txt"], "dir": [f"{data}::/data"]}),
             ("list", {"what": "instances"}),
             ("status", {}),
             ("status", {"target": "two"}),
             ("inspect", {"target": "one@1.0.0"}),
             ("logs", {}),
             ("restart", {"target": "two", "timeout": "0s"}),
             ("stop", {"target": "two", "timeout": "0s"}),
             ("undeploy", {"target": "two", "timeout": "0s"}),
             ("remove", {"target": "two@1.0.0"}),
             ("set-log-level", {"levels": "debug,alme=info"}))
    answers = []
    for cmd, args in asked:
        try:
            reply = arcella.ask(cmd, **args)
        except (EOFError, ConnectionError):  # this connection was given up; there are others
            reply = None
        if reply is not None and not reply["success"]:
            assert reply["error"]["code"] and reply["error"]["message"], (cmd, reply)
            assert reply["error"]["code"] != "internal", (cmd, reply)
        answers.append((cmd, args, reply))
    return answers


def round_of(home, fault, variable):
    """One daemon with one fault, or one in each of its workers. @return did it come up?"""
    arcella = Arcella(home)
    arcella.expect_log("")
    arcella.start(wait=False, **{variable: fault})
    try:
        while not arcella.answers():
            if arcella.process.poll() is not None:
                break
        if arcella.process.poll() is not None:
            said = arcella.log_path.read_text()
            assert arcella.process.returncode in (1, 2), (fault, arcella.process.returncode, said[-3000:])
            assert "error: " in said, (fault, said[-3000:])
            return False
        killer = Killer(arcella, SEED)
        for cmd, args, reply in verbs(arcella):
            if cmd in ("install", "start", "stop", "undeploy", "remove"):
                killer.keep(cmd, args, reply)
        assert arcella.process.poll() is None, (fault, arcella.log_path.read_text()[-3000:])
        code = arcella.stop()
        assert code == 0, (fault, code, arcella.log_path.read_text()[-3000:])
        assert "Sanitizer" not in arcella.log_path.read_text(), arcella.log_path.read_text()[-6000:]
    finally:
        arcella.stop()
        arcella.log_path.unlink(missing_ok=True)
    # What was acknowledged is there for a daemon without faults.
    arcella.start()
    try:
        killer.verify_catalogue()
        killer.close()
    finally:
        assert arcella.stop() == 0
    return True


def sweep(tmp_path_factory, fault_of, numbers, variable="ARCELLA_FAULT"):
    came_up = 0
    for number in numbers:
        folder = tmp_path_factory.mktemp("f")
        came_up += round_of(folder / "h", fault_of(number), variable)
    return came_up


# Kind, errno, how many happen until the daemon answers, and until the verbs above are done (about).
KINDS = [("alloc", "", 160, 4700), ("sys", ":EIO", 52, 450), ("sys", ":ENOSPC", 52, 450), ("sys", ":EMFILE", 52, 450), ("sys", ":EINTR", 52, 450),
         ("sys", ":EAGAIN", 52, 450)]


@pytest.mark.parametrize("kind,errno,early,most", KINDS)
def test_a_fault_now_and_then(tmp_path_factory, kind, errno, early, most):
    if not faults_are_built_in():
        weaker("failing allocations and system calls: these programs are built without ARCELLA_FAULTS")
        return
    dice = random.Random(SEED + KINDS.index((kind, errno, early, most)))
    numbers = dice.sample(range(1, early), 3) + dice.sample(range(early, most), 5)
    assert sweep(tmp_path_factory, lambda n: f"{kind}={n}{errno}", numbers) > 0


@pytest.mark.long
@pytest.mark.parametrize("kind,errno,early,most", KINDS)
def test_faults_one_after_the_other(tmp_path_factory, kind, errno, early, most):
    """Each third one while it starts; then about sixty, by another seed others."""
    if not faults_are_built_in():
        weaker("failing allocations and system calls: these programs are built without ARCELLA_FAULTS")
        return
    dice = random.Random(SEED)
    step = (most - early) // 60
    numbers = [*range(1, early, 3), *(n + dice.randrange(step) for n in range(early, most, step))]
    assert sweep(tmp_path_factory, lambda n: f"{kind}={n}{errno}", numbers) > 0


# Of a worker process, from its start to its end (about); intake, compile and guest processes alike.
WORKER_KINDS = [("alloc", "", 400), ("sys", ":EIO", 60), ("sys", ":EMFILE", 60)]


@pytest.mark.parametrize("kind,errno,most", WORKER_KINDS)
def test_a_fault_in_every_worker(tmp_path_factory, kind, errno, most):
    """What goes wrong in a worker is an error of the verb it worked for."""
    if not faults_are_built_in():
        return
    numbers = random.Random(SEED).sample(range(1, most), 8)
    assert sweep(tmp_path_factory, lambda n: f"{kind}={n}{errno}", numbers, "ARCELLA_WORKER_FAULT") == len(numbers)


@pytest.mark.long
@pytest.mark.parametrize("kind,errno,most", WORKER_KINDS)
def test_faults_in_workers_one_after_the_other(tmp_path_factory, kind, errno, most):
    if not faults_are_built_in():
        return
    numbers = range(1, most, max(1, most // 60))
    assert sweep(tmp_path_factory, lambda n: f"{kind}={n}{errno}", numbers, "ARCELLA_WORKER_FAULT") == len(numbers)


def test_without_a_cache(stopped):
    """A cache that cannot be opened is told, and costs time, and nothing else."""
    if not faults_are_built_in():
        return
    stopped.expect_log("")

    def usable():
        try:
            return stopped.ask("status")["data"]["cache"]["usable"]
        except (OSError, EOFError, KeyError):  # the fault was met here
            return True

    for number in range(15, 60):  # the cache is opened somewhere there
        stopped.start(wait=False, ARCELLA_FAULT=f"sys={number}:EIO")
        while not stopped.answers() and stopped.process.poll() is None:
            pass
        if stopped.process.poll() is None and not usable():
            break
        stopped.stop()
    problems = stopped.ask("status")["data"]["problems"]
    assert any("cache" in p["what"] for p in problems), problems
    for name in ("one", "two"):
        stopped.install("hello.wasm", name)
        assert stopped.ask("start", target=name)["success"]
        stopped.wait_state(name, "finished")
    # Code of two components with the same bytes lies beside the daemon's files until both are removed.
    for name in ("one", "two"):
        assert len(list((stopped.home / "run").glob("code-*"))) == 1
        assert stopped.ask("undeploy", target=name)["success"]
        assert stopped.ask("remove", target=name)["success"]
    assert list((stopped.home / "run").glob("*code-*")) == []
    assert stopped.stop() == 0


def test_faults_of_local_verbs():
    """`--check-config`, `--help`, `--version`: they do or they say why not."""
    if not faults_are_built_in():
        return
    for command in (["--check-config"], ["--version"], ["help"], ["run", str(GUESTS / "hello.wasm")]):
        for number in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377):
            done = subprocess.run([str(BIN / "arcella"), *command], env=environment("/proc/nowhere", ARCELLA_FAULT=f"alloc={number}"), text=True,
                                  capture_output=True, timeout=60 * SLOW)
            assert done.returncode >= 0 and "Sanitizer" not in done.stderr, (command, number, done.returncode, done.stderr)
            assert done.returncode == 0 or done.stderr.strip(), (command, number, done.returncode)


@pytest.mark.parametrize("kind,errno,most", [("alloc", "", 200), ("sys", ":EIO", 35), ("sys", ":EMFILE", 35)])
def test_a_fault_in_the_workers_of_run(tmp_path, home, kind, errno, most):
    """`arcella run` tells of it and ends, or gets over it; each third one compiles anew."""
    if not faults_are_built_in():
        return
    tmp_path.chmod(0o755)
    (tmp_path / "note.txt").write_text("from the host\n")
    for number in random.Random(SEED).sample(range(1, most), 12):
        done = subprocess.run([str(BIN / "arcella"), "run", "--dir", f"{tmp_path}::/data", str(GUESTS / "read_file.wasm"), "/data/note.txt"],
                              env=environment(home if number % 3 else tmp_path / f"home{number}", ARCELLA_WORKER_FAULT=f"{kind}={number}{errno}"),
                              text=True, capture_output=True, timeout=60 * SLOW)
        said = f"{kind}={number}{errno}: {done.returncode} {done.stdout} {done.stderr}"
        assert done.returncode >= 0 and "Sanitizer" not in done.stderr, said
        assert done.stderr.strip() if done.returncode else "from the host" in done.stdout, said
