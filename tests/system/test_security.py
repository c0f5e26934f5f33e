# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What hostile guests, hostile packages and worker processes that were taken over can do to the rest."""
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import BIN, GUESTS, children_of, environment, wait_until, weaker

TEMPLATE = '[deployment]\nisolation = "worker"\n[startup]\nshutdown = "shutdown"\n'
MANIFEST = '[component]\nname = "{name}"\nversion = "1.0.0"\n'


def status_of(pid):
    return dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())


def open_to_workers(*folders):
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)
        for above in folder.parents[:-1]:
            if os.stat(above).st_uid == os.geteuid():
                above.chmod(above.stat().st_mode | 0o011)


# --- what a worker process is left with ---

def test_a_worker_has_no_right_left(arcella):
    arcella.install("spin.wasm")
    arcella.cli("start", "spin").ok()
    arcella.wait_state("spin", "running")
    worker, = arcella.workers()
    status = status_of(worker["pid"])
    for key in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[key], 16) == 0, key
    assert status["NoNewPrivs"].strip() == "1"
    if os.geteuid() == 0:
        assert "0" not in status["Uid"].split() and "0" not in status["Gid"].split()
        assert status["Groups"].strip() == "" and int(status["CapBnd"], 16) == 0
    else:
        weaker("workers of another user: needs root")
    if "seccomp" in str(arcella.ask("status")["data"].get("missing")):
        weaker("seccomp: the kernel has none")
    else:
        assert status["Seccomp"].strip() == "2"
    # Nothing of our environment, and no descriptor of the daemon's but its own four.
    names = {line.split("=")[0] for line in Path(f"/proc/{worker['pid']}/environ").read_text().split("\0") if line}
    assert names <= {"ASAN_OPTIONS", "ARCELLA_IPC", "ARCELLA_FAULT"}
    held = [os.readlink(p) for p in Path(f"/proc/{worker['pid']}/fd").iterdir()]
    own = re.compile(r"/dev/null|pipe:|socket:|anon_inode:|.*/run/worker-[0-9]+/code(/|$)")
    assert [name for name in held if not own.match(name)] == []
    arcella.cli("stop", "spin", "--timeout", "0s").ok()


# --- guests against the host ---

def test_a_shutdown_entry_may_close_what_is_waited_for(arcella, tmp_path):
    """The entry runs inside the wait: what it closes must live until the wait has ended."""
    package = tmp_path / "p"
    package.mkdir()
    (package / "component.toml").write_text(MANIFEST.format(name="closer"))
    (package / "deployment-template.toml").write_text(TEMPLATE)
    (package / "closer.wasm").write_bytes((GUESTS / "close_in_shutdown.wasm").read_bytes())
    arcella.cli("install", package).ok()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arcella.cli("start", "closer", "--listen", f"127.0.0.1:{port}").ok()
    wait_until(lambda: "stdout: up" in arcella.logs("closer"), 10, "the guest's wait")
    result = []
    stop = threading.Thread(target=lambda: result.append(arcella.json("stop", "closer", "--timeout", "60s")))
    stop.start()
    time.sleep(0.5)
    with socket.create_connection(("127.0.0.1", port), timeout=10):
        stop.join(60)
    assert result and result[0]["state"] == "stopped" and result[0]["forced"] == 0


def test_a_link_in_the_place_of_a_granted_directory(run, guest, tmp_path):
    data, secret = tmp_path / "data", tmp_path / "secret"
    (data / "sub").mkdir(parents=True)
    secret.mkdir()
    (secret / "key").write_text("s3cret")
    assert run("--dir", f"{data}::/d:rw", guest("swap_link.wasm"), "../secret", "/d/sub").out == "linked /d/sub\n"
    assert (data / "sub").is_symlink()
    both = ["--dir", f"{data}::/d:rw", "--dir", f"{data / 'sub'}::/s"]
    assert "key" not in run(*both, guest("list_dir.wasm"), "/s").failed("[denied]").out
    assert "key" not in run(*reversed_pairs(both), guest("list_dir.wasm"), "/s").failed("[denied]").out
    # Directories that are what they say are granted as before, also by way of a link of the user's own.
    (data / "sub").unlink()
    (data / "sub" / "deep").mkdir(parents=True)
    (data / "sub" / "deep" / "file").touch()
    (tmp_path / "alias").symlink_to("data")
    assert run("--dir", f"{data}::/d:rw", "--dir", f"{data}/sub/deep::/s", guest("list_dir.wasm"), "/s").ok().out == "file file\n"
    assert run("--dir", f"{tmp_path}/alias/sub/deep::/s", guest("list_dir.wasm"), "/s").ok().out == "file file\n"


def reversed_pairs(options):
    return [*options[2:], *options[:2]]


def test_the_same_in_a_group(arcella, tmp_path):
    data, secret = tmp_path / "data", tmp_path / "secret"
    open_to_workers(data, data / "sub", secret)
    (secret / "key").write_text("s3cret")
    arcella.install("swap_link.wasm")
    arcella.install("list_dir.wasm")
    arcella.cli("start", "swap-link", "--group", "g", "--dir", f"{data}::/d:rw", "--arg", "../secret", "--arg", "/d/sub").ok()
    arcella.wait_state("swap-link", "finished")
    assert (data / "sub").is_symlink()
    arcella.expect_log("a directory is left out|could not be started|granted directory")
    done = arcella.cli("start", "list-dir", "--group", "g", "--dir", f"{data / 'sub'}::/s", "--arg", "/s", "--restart", "temporary")
    assert "key" not in arcella.logs("list-dir"), done.out + done.err


@pytest.mark.parametrize("typed", ["data/sub", "/data//./sub", "alias/sub", "data/more/../sub", "data/sub/."])
def test_a_path_through_what_a_guest_may_write(arcella, tmp_path, typed):
    """However the way there is typed: a link that could be a guest's does not lead out of what it may write."""
    data, secret = tmp_path / "data", tmp_path / "secret"
    open_to_workers(data, data / "sub", data / "more", secret)
    (secret / "key").write_text("s3cret")
    (tmp_path / "alias").symlink_to("data")
    arcella.install("swap_link.wasm")
    arcella.install("list_dir.wasm")
    arcella.cli("start", "swap-link", "--dir", f"{data}::/d:rw", "--arg", "../secret", "--arg", "/d/sub").ok()
    arcella.wait_state("swap-link", "finished")
    assert (data / "sub").is_symlink()
    done = arcella.cli("start", "list-dir", "--dir", f"{tmp_path}/{typed}::/s", "--arg", "/s", "--restart", "temporary")
    assert done.code != 0 and "leads out of" in done.err, done.out + done.err
    assert "key" not in arcella.logs("list-dir")
    # What stays inside is granted, by way of a link of the user's own as well.
    (data / "sub").unlink()
    open_to_workers(data / "sub")
    (data / "sub" / "file").touch()
    arcella.cli("start", "list-dir", "--dir", f"{tmp_path}/alias//sub::/s", "--arg", "/s", "--restart", "temporary").ok()
    arcella.wait_state("list-dir", "finished")
    assert "file file" in arcella.logs("list-dir")


@pytest.mark.parametrize("how", ["gone", "link"])
def test_a_granted_directory_that_a_guest_took_away(arcella, tmp_path, how):
    """Its deployment says so and is refused; no worker after the other is started for it."""
    data, secret = tmp_path / "data", tmp_path / "secret"
    open_to_workers(data, data / "sub", secret)
    (secret / "key").write_text("s3cret")
    arcella.install("list_dir.wasm")
    arcella.install("swap_link.wasm")
    arcella.cli("start", "list-dir", "--dir", f"{data / 'sub'}::/s", "--arg", "/s", "--restart", "temporary").ok()
    arcella.wait_state("list-dir", "finished")
    arcella.cli("start", "swap-link", "--dir", f"{data}::/d:rw", "--arg", "../secret", "--arg", "/d/sub").ok()
    arcella.wait_state("swap-link", "finished")
    assert (data / "sub").is_symlink()
    if how == "gone":
        (data / "sub").unlink()
    wait_until(lambda: arcella.workers() == [], 30, "idle workers to leave")
    before = arcella.log_path.read_text().count("worker started")
    arcella.expect_log("granted directory|list-dir|left out")
    done = arcella.cli("start", "list-dir")
    assert done.code != 0 and "granted directory" in done.err, done.out + done.err
    assert "key" not in arcella.logs("list-dir")
    assert arcella.log_path.read_text().count("worker started") - before <= 4


# --- clients ---

def test_a_follower_that_does_not_read_is_closed(arcella):
    """`logs --follow` that somebody has stopped: its queue runs full, and the line about that does not fit either."""
    arcella.expect_log("install failed")
    with arcella.alme() as slow, arcella.alme() as reader, arcella.alme() as talker:
        for follower in (slow, reader):
            follower.send({"cmd": "logs", "args": {"follow": True, "count": 0}})
        closed, received = threading.Event(), [0]

        def read():
            while not closed.is_set():
                line = reader.line()
                received[0] += len(str(line))
                if "reads too slowly" in str(line):
                    closed.set()

        watcher = threading.Thread(target=read, daemon=True)
        watcher.start()
        number = 0
        # Large lines until nearly full, then such as are no larger than what is said when it is full.
        while not closed.is_set():
            number += 1
            if received[0] < 18 << 20:
                talker.ask("install", path="/" + "x" * 4000)
            else:
                talker.ask("set-log-level", levels="info" if number % 2 else "info,audit=warn")
            assert arcella.process.poll() is None, arcella.log_path.read_text()[-3000:]
            assert number < 200000
    assert arcella.ask("ping")["success"]


# --- processes that were taken over ---

EVIL = r'''
import array, fcntl, os, socket, struct, sys
mode = open(os.path.join(os.path.dirname(sys.argv[0]), "mode")).read()
role = sys.argv[sys.argv.index("--role") + 1]
s = socket.socket(fileno=3)


def pack(v):
    if v is None:
        return b"\xc0"
    if isinstance(v, bool):
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        return b"\xcf" + struct.pack(">Q", v) if v >= 0 else b"\xd3" + struct.pack(">q", v)
    if isinstance(v, str):
        return b"\xdb" + struct.pack(">I", len(v.encode())) + v.encode()
    if isinstance(v, bytes):
        return b"\xc6" + struct.pack(">I", len(v)) + v
    if isinstance(v, dict):
        return b"\xdf" + struct.pack(">I", len(v))
    return b"\xdd" + struct.pack(">I", len(v)) + b"".join(map(pack, v))


def send(kind, fields, fds=()):
    body = pack(fields)
    head = struct.pack("<BBHIII", 0xA7, 1, kind, len(body), 0, 0) + bytes([len(fds), 0, 0, 0])
    control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    sent = s.sendmsg([head + body], control)
    s.sendall((head + body)[sent:])


def receive():
    head = b""
    while len(head) < 20:
        got = s.recvmsg(20 - len(head), 4096)[0]
        if not got:
            sys.exit(0)
        head += got
    body = b""
    length = struct.unpack("<I", head[4:8])[0]
    while len(body) < length:
        body += s.recv(length - len(body))
    return struct.unpack("<H", head[2:4])[0], body


setup = receive()[1]
at = 2 if 0x90 <= setup[0] < 0xa0 else 4
length = setup[at] & 31
send(64, [setup[at - 1], setup[at + 1:at + 1 + length].decode(), "evil", os.getpid(), [], 7])
kind, body = receive()
if role == "intake":
    name = "../../../escape@1.0.0" if mode == "id" else None
    kind_of = "wasi-p1"
    send(73, [True, pack([1, name, True, "d", None, None, [], [], [], False, {}, None, kind_of, [0, []], [0, []],
                          False, 0, 0, 0, 0, 0, []]) if mode != "noise" else os.urandom(500), "", "", ""])
elif role == "compile":
    fd = os.memfd_create("code", os.MFD_ALLOW_SEALING)
    os.write(fd, b"no code" * 100)
    if mode != "unsealed":
        fcntl.fcntl(fd, 1033, 15)
    send(74, [True, 700 if mode != "size" else 7, "", "", ""], [fd] if mode != "nothing" else [])
else:
    handle = int.from_bytes(body[2:10], "big") if body[1] == 0xcf else body[3] if body[3] < 128 else body[4]
    for number in range(64):
        send(71, [number, 2, "audit", b"forged", b"a=1\nts=2000-01-01T00:00:00.000Z level=error unit=daemon msg=\"forged line\""])
        send(67, [number, "exited", 0, "", "", [], 0, 0, 0, False, False])
        send(68, [number, "corrupt", "x\x1b[2J", "h"])
    os.kill(os.getpid(), 9)
receive()
'''


@pytest.fixture
def taken_over(stopped, tmp_path):
    """A daemon whose worker processes are somebody else's."""
    folder = tmp_path / "evil"
    folder.mkdir()
    program = folder / "arcella-worker"
    program.write_text(f"#!{sys.executable}\n{EVIL}")
    program.chmod(0o755)
    (folder / "mode").write_text("")

    def begin(mode):
        (folder / "mode").write_text(mode)
        stopped.extra_env = {"ARCELLA_LIBEXEC": str(folder)}
        return stopped.start()
    return begin


@pytest.mark.parametrize("mode", ["id", "noise", "unsealed", "size", "nothing"])
def test_intake_and_compile_processes_are_not_believed(taken_over, mode):
    arcella = taken_over(mode)
    arcella.expect_log("compile failed|worker|code")
    done = arcella.cli("install", GUESTS / "hello.wasm", "--id", "hello@0.1.0")
    assert arcella.ask("ping")["success"]
    assert not list(Path(arcella.home).parent.glob("escape*"))
    if mode in ("id", "noise"):
        done.failed("bad-message")
        assert arcella.json("list", "components")["components"] == []
    assert [p.name for p in (arcella.home / "cache").iterdir()] == []


def test_a_worker_that_lies_harms_itself_only(taken_over):
    arcella = taken_over("")
    arcella.stop()
    arcella.extra_env = {}
    arcella.start()
    arcella.install("hello.wasm")
    arcella.stop()
    arcella = taken_over("lies")
    arcella.expect_log("forged|worker|damaged|instance|compile|given up|could not|corrupt|anew")
    arcella.cli("start", "hello", "--restart", "temporary")
    wait_until(lambda: arcella.deployment("hello")["state"] != "starting", 60, "an end")
    assert arcella.ask("ping")["success"] and arcella.cli("status").code == 0
    for line in arcella.log_path.read_text().splitlines():
        assert line.startswith("ts=2"), line
        assert not line.startswith("ts=2000"), line
        assert "\x1b" not in line


def test_intake_cannot_make_files(run, guest):
    """The whole path through intake and compile, with their limits, is still open to honest modules."""
    assert run(guest("hello.wasm")).ok().out


def test_nobody_else_may_talk_to_the_daemon(arcella):
    assert (arcella.home / "alme").stat().st_mode & 0o777 == 0o600
    assert arcella.home.stat().st_mode & 0o077 == 0
    if os.geteuid() != 0:
        weaker("a connection of another user: needs root")
        return
    arcella.expect_log("another user's")
    arcella.home.chmod(0o711)
    (arcella.home / "alme").chmod(0o666)
    for above in arcella.home.parents[:-1]:
        if above.stat().st_mode & 0o001 == 0:
            above.chmod(above.stat().st_mode | 0o011)
    done = subprocess.run([str(BIN / "arcella-cli"), "ping"], env=environment(arcella.home), text=True,
                          capture_output=True, check=False, user=65534, group=65534, extra_groups=[])
    assert done.returncode != 0
    wait_until(lambda: "another user's" in arcella.log_path.read_text(), 10, "the line about it")
    arcella.home.chmod(0o700)
    assert children_of(arcella.pid) == []
