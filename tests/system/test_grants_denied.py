# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What denies wins over every way of giving a variable; what --audit-only lists can be given; no copy of a secret is left."""
import shlex
import subprocess
from pathlib import Path

import pytest

from conftest import BIN, GUESTS, environment, wait_until, weaker
from test_grants import public  # noqa: F401 (fixture)

SECRET = "xyzzy-plugh-2718"
DENIES = ["env:read:PW", "env:secret:PW", "env:read+secret:PW", "env:read:*", "env:secret:*", "env:read:P*"]
GIVES = [["--secret", "PW={file}"], ["--secret", "PW={file}", "--env", "B=1"], ["--env", f"PW={SECRET}"]]


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "password"
    file.write_text(SECRET + "\n")
    return file


def run(home, *arguments):
    return subprocess.run([str(BIN / "arcella"), "run", *map(str, arguments)], capture_output=True, text=True, env=environment(home))


@pytest.mark.parametrize("gives", GIVES, ids=["secret", "secret-and-variable", "variable"])
def test_a_variable_that_is_denied_in_run(home, secret, gives):
    given = [one.format(file=secret) for one in gives]
    guest = GUESTS / "args_env.wasm"
    assert f"env PW={SECRET}" in run(home, *given, guest).stdout
    assert f"env PW={SECRET}" in run(home, *given, "--deny", "env:read+secret:PWD", "--deny", "env:read:Q*", guest).stdout
    for denied in DENIES:
        done = run(home, *given, "--deny", denied, guest)
        assert done.returncode == 0 and "PW" not in done.stdout and SECRET not in done.stdout + done.stderr, denied
    # nor is its file looked at
    assert run(home, "--secret", "PW=/nowhere", "--deny", "env:read:PW", guest).returncode == 0


def says(arcella, name):
    arcella.wait_state(name, "finished")
    lines = [l["message"] for l in arcella.ask("logs", target=name, count=1000)["data"]["lines"] if l["unit"] == "guest"]
    return [l for l in lines if l.startswith("env ")]


@pytest.mark.parametrize("gives", GIVES[::2], ids=["secret", "variable"])
def test_a_variable_that_is_denied_in_the_daemon(arcella, secret, gives):
    given = [one.format(file=secret) for one in gives]
    policy = arcella.home / "cfg" / "policy.toml"
    policy.parent.mkdir(exist_ok=True)
    for i, denied in enumerate(DENIES):
        for how in ("option", "policy"):
            name = f"e{i}{how}"
            arcella.install("args_env.wasm", name)
            if how == "policy":
                policy.write_text(f'[[deny]]\ngrants = ["{denied}"]\n')
            arcella.cli("start", name, *given, *(["--deny", denied] if how == "option" else [])).ok()
            assert not any("PW" in line for line in says(arcella, name)), (denied, how)
            policy.unlink(missing_ok=True)
    arcella.install("args_env.wasm", "free")
    arcella.cli("start", "free", *given).ok()
    assert f"env PW={SECRET}" in says(arcella, "free")


def copies(pid, word):
    """How often a text stands in the memory of a process, by mapping; None: it may not be read."""
    found = {}
    try:
        with open(f"/proc/{pid}/mem", "rb") as memory:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                words = line.split()
                start, end = (int(x, 16) for x in words[0].split("-"))
                # Shadow memory of the sanitizers is terabytes.
                if "r" not in words[1] or words[-1] in ("[vvar]", "[vsyscall]") or end - start > 1 << 30:
                    continue
                memory.seek(start)
                for _ in range(0, end - start, 1 << 24):
                    try:
                        count = memory.read(min(1 << 24, end - memory.tell())).count(word)
                    except OSError:
                        break
                    if count:
                        found[line] = found.get(line, 0) + count
    except PermissionError:
        return None
    return found


@pytest.mark.parametrize("size", [16, 40000], ids=["small", "large"])
def test_no_copy_of_a_secret_is_left_in_the_daemon(arcella, tmp_path, size):
    secret = tmp_path / "password"
    # The large one: more than the first piece of a buffer, or of a read.
    secret.write_text((SECRET + ":") * (size // len(SECRET) or 1))
    arcella.install("sleeper.wasm", "sleeper")
    arcella.cli("start", "sleeper", "--env", f"PLAIN={SECRET[::-1]}", "--secret", f"PW={secret}").ok()
    wait_until(lambda: arcella.deployment("sleeper")["state"] == "running", 20)
    pid = arcella.process.pid
    if copies(pid, SECRET[::-1].encode()) is None:
        weaker("the memory of the daemon is not looked at: it may not be read here")
        return
    assert copies(pid, SECRET[::-1].encode()), "what is no secret is there, or nothing was read"
    assert copies(pid, SECRET.encode()) == {}


def test_flags_of_audit_only_can_be_given(home, tmp_path):
    tmp_path.chmod(0o755)
    there, absent = tmp_path / "there", tmp_path / "absent" / "deep"
    there.mkdir()
    (there / "note.txt").write_text("note\n")
    done = run(home, "--audit-only", GUESTS / "read_file.wasm", absent / "note.txt")
    assert done.returncode != 0
    assert "a tight policy needs" not in done.stderr
    assert f"tried, and not there; these cannot be given before it is:\narcella: --dir {absent}::{absent}" in done.stderr
    absent.mkdir(parents=True)
    (absent / "note.txt").write_text("note\n")
    done = run(home, "--audit-only", GUESTS / "read_file.wasm", absent / "note.txt")
    assert done.stdout == "note\n" and "not there" not in done.stderr
    assert done.stderr.strip().split("\n")[-1] == f"arcella: --dir {absent}::{absent}"


def test_what_audit_only_let_pass_is_told_until_it_is_over(arcella, public):  # noqa: F811
    there, absent = public / "there", public / "absent"
    there.mkdir(mode=0o755)
    (there / "note.txt").write_text("note\n")
    arcella.expect_log("denied")
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--arg", f"{there}/note.txt", "--arg", f"{absent}/note.txt", "--audit-only").ok()

    def flags():
        shown = arcella.json("explain", "tries")
        return shown.get("flags"), shown.get("absent"), len(shown["passed"])
    wait_until(lambda: flags() == (f"--dir {there}::{there}", f"--dir {absent}::{absent}", 2), 20, f"both: {flags()}")
    human = arcella.cli("explain", "tries").ok().out
    assert f"A tight policy needs these flags:\n  --dir {there}" in human and "Tried, and not there" in human
    # given: no more to be told of; the other one until --audit-only is over
    arcella.cli("grant", "tries", *shlex.split(flags()[0])).ok()
    wait_until(lambda: flags() == (None, f"--dir {absent}::{absent}", 1), 20, f"one: {flags()}")
    arcella.cli("revoke", "tries", "--audit-only").ok()
    assert flags() == (None, None, 0)
