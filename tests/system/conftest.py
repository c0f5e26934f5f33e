# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The real programs under test.

Each test that asks for `arcella` gets a daemon of its own in a scratch home.  When the test is over the fixture
stops it and fails the test on what it left behind: processes, descriptors, sockets, files, warnings in the log that
the test did not announce with arcella.expect_log(), sanitizer reports.

Environment: ARCELLA_BIN, the folder of the programs; ARCELLA_GUESTS, the folder of built guests.
"""
import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(os.environ.get("ARCELLA_BIN", ROOT / "build" / "release" / "bin"))
GUESTS = Path(os.environ.get("ARCELLA_GUESTS", ROOT / "build" / "guests"))
SLOW = float(os.environ.get("ARCELLA_SLOW", "1"))  # factor for time limits under sanitizers

# What depends on rights a machine may lack runs in a weaker form; the run's last lines list which.
WEAKER = []
# What was measured on the way, for the same lines.
FIGURES = []


def weaker(what, name=None):
    """Note that a check ran in a weaker form here; ARCELLA_MUST names those that then fail."""
    if name and name in os.environ.get("ARCELLA_MUST", "").split():
        pytest.fail(f"ARCELLA_MUST has {name!r}: {what}")
    if what not in WEAKER:
        WEAKER.append(what)


def figure(what):
    """Note something measured."""
    FIGURES.append(what)


def pytest_terminal_summary(terminalreporter):
    for what in FIGURES:
        terminalreporter.write_line(f"measured: {what}")
    for what in WEAKER:
        terminalreporter.write_line(f"weaker here: {what}")


class Result:
    """How a command ended."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        """The data of the reply, which is what --json prints."""
        reply = json.loads(self.out)
        assert reply["success"] is (self.code == 0), reply
        return reply["data"]

    def ok(self):
        assert self.code == 0, f"exit {self.code}\n{self.out}\n{self.err}"
        return self

    def failed(self, code_text):
        """It failed, and for this reason."""
        assert self.code != 0, self.out
        assert code_text in self.err + self.out, f"wanted {code_text} in\n{self.err}\n{self.out}"
        return self


def environment(home=None, **more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("ARCELLA_") and k != "RUST_BACKTRACE"}
    env["NO_COLOR"] = "1"
    env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "detect_leaks=1:handle_segv=0:use_sigaltstack=0:exitcode=99:quarantine_size_mb=4")
    if home:
        env["ARCELLA_HOME"] = str(home)
    env.update({k: str(v) for k, v in more.items()})
    return env


def sanitized():
    """Are the programs built with the address sanitizer?"""
    return b"__asan_init" in (BIN / "arcella").read_bytes()


def wait_until(condition, seconds=10.0, what="condition"):
    """Poll until condition() is true; its last value is returned."""
    deadline = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true in {seconds * SLOW:.0f} s")
        time.sleep(0.02)


def children_of(pid):
    """Process ids below pid, all generations."""
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *children_of(int(child))]
    return found


def role_of(pid):
    """What a worker process is for: worker, intake or compile; None: it is none."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    if not line or not line[0].endswith(b"arcella-worker"):
        return None
    role = line[line.index(b"--role") + 1].decode() if b"--role" in line else "guest"
    return "worker" if role == "guest" else role


def alive(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


class Alme:
    """A raw connection to the management socket."""

    def __init__(self, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout * SLOW)
        self.socket.connect(str(path))
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else json.dumps(data).encode() + b"\n")

    def line(self):
        while b"\n" not in self.buffer:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError("connection closed")
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def ask(self, cmd, _id=None, **args):
        """Send a command; progress lines are passed over; the reply is returned."""
        request = {"cmd": cmd, "args": args}
        if _id is not None:
            request["id"] = _id
        self.send(request)
        while True:
            reply = self.line()
            if "success" in reply:
                return reply

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Arcella:
    """A daemon in a scratch home, and the client."""

    def __init__(self, home):
        self.home = Path(home)
        self.process = None
        self.expected = []
        # Programs without a shutdown entry are waited for when the daemon ends; not for five seconds in each test.
        self.extra_env = {"ARCELLA_LIMITS_STOP_TIMEOUT": "300ms"}
        self.wrapper = []  # a command that ends by executing the daemon
        self.log_path = self.home.parent / "daemon.err"
        self.seen_pids = set()

    # --- the daemon ---
    def start(self, *arguments, wait=True, **env):
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen([*self.wrapper, str(BIN / "arcella"), "daemon", *arguments], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, env=environment(self.home, **self.extra_env, **env))
        log.close()
        if wait:
            wait_until(lambda: self.answers() or self.process.poll() is not None, 15, "the daemon's answer")
            assert self.process.poll() is None, self.log_path.read_text()[-3000:]
        return self

    def answers(self):
        try:
            with Alme(self.socket_path, timeout=2) as alme:
                return alme.ask("ping")["success"]
        except (OSError, EOFError, ValueError):
            return False

    @property
    def socket_path(self):
        return self.home / "alme"

    @property
    def pid(self):
        return self.process.pid

    def stop(self, sign=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.seen_pids.update(children_of(self.pid))
            self.process.send_signal(sign)
            self.process.wait(40 * SLOW)
        return self.process.returncode if self.process else None

    def kill(self):
        """kill -9, as a power cut would; its children must follow by themselves."""
        pids = children_of(self.pid)
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not any(alive(p) for p in pids), 10, "the end of the killed daemon's children")

    def restart(self):
        self.stop()
        return self.start()

    # --- talking to it ---
    def cli(self, *arguments, timeout=120, stdin=None, program="arcella-cli", **env):
        done = subprocess.run([str(BIN / program), *map(str, arguments)], text=True, capture_output=True,
                              timeout=timeout * SLOW, input=stdin, env=environment(self.home, **env))
        return Result(done)

    def json(self, *arguments, **more):
        return self.cli(*arguments, "--json", **more).ok().json

    def alme(self):
        return Alme(self.socket_path)

    def ask(self, cmd, **args):
        with self.alme() as alme:
            return alme.ask(cmd, **args)

    # --- helpers of many tests ---
    def install(self, guest, name=None, version="0.1.0", **more):
        """Install a guest of the test set under a name."""
        ident = f"{name or Path(guest).stem.replace('_', '-')}@{version}"
        self.cli("install", GUESTS / guest if "/" not in str(guest) else guest, "--id", ident, **more).ok()
        return ident

    def deployment(self, name):
        for row in self.ask("list", what="deployments")["data"]["deployments"]:
            if row["id"] == name:
                return row
        return None

    def wait_state(self, name, state, seconds=15):
        states = state if isinstance(state, (tuple, set, list)) else (state,)
        return wait_until(lambda: (lambda d: d if d and d["state"] in states else None)(self.deployment(name)), seconds,
                          f"{name} {'/'.join(states)} (now {self.deployment(name)})")

    def workers(self):
        return self.ask("list", what="workers")["data"]["workers"]

    def logs(self, *arguments):
        return self.cli("logs", "-n", "1000", *arguments).ok().out

    def expect_log(self, pattern):
        """Announce warnings or errors in the log that this test provokes."""
        self.expected.append(re.compile(pattern))

    # --- what was left behind ---
    def verify(self):
        complaints = []
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        logs = list((self.home / "log").glob("*")) if (self.home / "log").exists() else []
        lines = text.split("\n") + [l for f in logs for l in f.read_text(errors="replace").split("\n")]
        for line in dict.fromkeys(lines):
            loud = re.search(r"level=(warn|error)|\"level\":\"(warn|error)\"", line)
            if loud and not any(e.search(line) for e in self.expected):
                complaints.append(f"unexpected in the log: {line[:400]}")
            if "ERROR: AddressSanitizer" in line or "runtime error:" in line or "ERROR: LeakSanitizer" in line:
                complaints.append(f"sanitizer: {line[:400]}\n{text[-4000:]}")
        for pid in self.seen_pids:
            if alive(pid) and "arcella" in (Path(f"/proc/{pid}/comm").read_text() if alive(pid) else ""):
                complaints.append(f"process {pid} lives on")
        if (self.home / "alme").exists():
            complaints.append("the socket was left behind")
        left = list((self.home / "run").iterdir()) if (self.home / "run").exists() else []
        if left:
            complaints.append(f"left in run/: {[p.name for p in left]}")
        staged = [p.name for p in (self.home / "modules").iterdir() if p.name.startswith(".")] \
            if (self.home / "modules").exists() else []
        if staged:
            complaints.append(f"left in modules/: {staged}")
        return complaints


@contextlib.contextmanager
def as_worker():
    """As the user that workers are, so that what the test makes and what a guest makes belong to the same."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def open_descriptors(pid):
    found = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.append(os.readlink(path))
    return sorted(found)


@pytest.fixture
def home():
    """A scratch home with a short path (sockets have 107 bytes)."""
    folder = Path(tempfile.mkdtemp(prefix="arc-"))
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stopped(home):
    """A home whose daemon the test starts itself; checked like `arcella`."""
    it = Arcella(home)
    yield it
    it.stop()
    complaints = it.verify()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def arcella(home):
    it = Arcella(home).start()
    before = len(open_descriptors(it.pid))
    yield it
    complaints = []
    if it.process.poll() is None:
        it.seen_pids.update(children_of(it.pid))
        rows = it.workers() if it.answers() else []
        # Each worker costs the daemon its channel, its last-words pipe and its directory.
        try:
            wait_until(lambda: len(open_descriptors(it.pid)) <= before + 4 * len(rows), 5, "descriptors to be closed")
        except AssertionError:
            complaints.append(f"descriptors: {before} before, now {open_descriptors(it.pid)}")
        code = it.stop()
        if code != 0:
            complaints.append(f"the daemon ended with {code}: {it.log_path.read_text()[-3000:]}")
    complaints += it.verify()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def run(tmp_path):
    """`arcella run` with a scratch home."""
    scratch = tempfile.mkdtemp(prefix="arc-")

    def call(*arguments, timeout=60, stdin=None, **env):
        done = subprocess.run([str(BIN / "arcella"), "run", *map(str, arguments)], text=True, capture_output=True,
                              timeout=timeout * SLOW, input=stdin, env=environment(Path(scratch) / "home", **env))
        return Result(done)

    yield call
    shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture
def guest():
    def path(name):
        found = GUESTS / name
        assert found.exists(), f"{found} is missing; tools/guests builds it"
        return found
    return path
