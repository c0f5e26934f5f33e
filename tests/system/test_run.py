# SPDX-License-Identifier: Apache-2.0 OR MIT
"""`arcella run`: one program in the foreground, no daemon."""
import os
import re
import select
import signal
import socket
import subprocess
import time

import pytest

from conftest import BIN, GUESTS, SLOW, alive, children_of, environment, role_of, wait_until


def guest_workers(pid):
    """Those that run guests; others come and go before, to read and to compile the file."""
    return [p for p in children_of(pid) if role_of(p) == "worker"]


def test_hello_prints_and_returns_zero(run, guest):
    done = run(guest("hello.wasm")).ok()
    assert "hello" in done.out.lower()
    assert done.err == ""


@pytest.mark.parametrize("code", [0, 1, 7, 42, 125])
def test_exit_code_is_passed_on(run, guest, code):
    assert run(guest("exit_code.wasm"), code).code == code


def test_everything_after_the_file_goes_to_the_program(run, guest):
    done = run(guest("args_env.wasm"), "--help", "-x", "--", "--dir", "a b", "").ok()
    for argument in ("--help", "-x", "--dir", "a b"):
        assert argument in done.out


def test_environment_is_only_what_is_granted(run, guest):
    done = run("--env", "A=1", "--env", "B=two words", guest("args_env.wasm"), HOST_SECRET="x").ok()
    assert "A=1" in done.out and "B=two words" in done.out
    assert "HOST_SECRET" not in done.out and "PATH=" not in done.out


def test_stdin_reaches_the_program(run, guest):
    assert "line one" in run(guest("cat_stdin.wasm"), stdin="line one\nline two\n").ok().out


def status_flags_of(pid, file):
    """The status flags of each descriptor that a process has of a pipe or terminal."""
    flags = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.path.samestat(os.stat(f"/proc/{pid}/fd/{fd}"), file):
                flags.append(int(re.search(r"flags:\s*(\d+)", open(f"/proc/{pid}/fdinfo/{fd}").read())[1], 8))
        except FileNotFoundError:
            pass
    return flags


@pytest.mark.parametrize("kind", ["pipe", "terminal"])
def test_the_worker_has_descriptions_of_its_own(guest, home, kind):
    """So that nothing in the worker can switch the caller's terminal or pipe to non-blocking."""
    ours, theirs = os.pipe() if kind == "pipe" else os.openpty()[::-1]
    read, write = (ours, theirs) if kind == "pipe" else (ours, ours)
    file = os.fstat(read)
    process = subprocess.Popen([str(BIN / "arcella"), "run", guest("cat_stdin.wasm")], stdin=read, env=environment(home),
                               stdout=subprocess.PIPE if kind == "pipe" else write, stderr=subprocess.STDOUT)
    try:
        worker = wait_until(lambda: next(iter(guest_workers(process.pid)), None), 20, "a worker")
        found = wait_until(lambda: status_flags_of(worker, file), 20, "standard input in the worker")
        assert all(flags & os.O_NONBLOCK for flags in found)
        assert os.get_blocking(read) and os.get_blocking(write)
        os.write(theirs, b"line one\n" + (b"" if kind == "pipe" else b"\x04"))
        if kind == "pipe":
            os.close(theirs)
            assert b"line one" in process.communicate(timeout=20 * SLOW)[0]
        assert process.wait(20 * SLOW) == 0
        assert os.get_blocking(ours)
    finally:
        process.kill()
        process.wait()


def test_a_granted_directory_is_read_only(run, guest, tmp_path):
    (tmp_path / "note.txt").write_text("from the host\n")
    assert "from the host" in run("--dir", f"{tmp_path}::/data", guest("read_file.wasm"), "/data/note.txt").ok().out
    done = run("--dir", f"{tmp_path}::/data", guest("write_file.wasm"), "/data/new.txt", "text")
    assert done.code != 0
    assert not (tmp_path / "new.txt").exists()


def test_a_directory_granted_for_writing(run, guest, tmp_path):
    run("--dir", f"{tmp_path}::/data:rw", guest("write_file.wasm"), "/data/new.txt", "text").ok()
    assert "text" in (tmp_path / "new.txt").read_text()


def test_a_relative_directory_is_the_callers(run, guest, tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "note.txt").write_text("relative\n")
    monkeypatch.chdir(tmp_path)
    assert "relative" in run("--dir", "sub::/data", guest("read_file.wasm"), "/data/note.txt").ok().out


@pytest.mark.parametrize("path", ["/data/../secret", "/data/link/secret", "/data/abs", "/etc/passwd", "/data/link/"])
def test_no_way_out_of_a_directory(run, guest, tmp_path, path):
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "secret").write_text("SECRET\n")
    (data / "link").symlink_to("..")
    (data / "abs").symlink_to(tmp_path / "secret")
    done = run("--dir", f"{data}::/data", guest("read_file.wasm"), path)
    assert done.code != 0
    assert "SECRET" not in done.out and "root:" not in done.out


def test_a_denied_file_names_the_grant(run, guest, tmp_path):
    (tmp_path / "note.txt").write_text("x")
    done = run(guest("read_file.wasm"), tmp_path / "note.txt")
    assert done.code != 0
    assert "--dir" in done.err


@pytest.mark.parametrize("name,kind", [("trap_unreachable", "unreachable"), ("trap_oob", "out of bounds"),
                                       ("trap_div0", "divi")])
def test_a_trap_prints_reason_and_backtrace(run, guest, name, kind):
    done = run(guest(f"{name}.wasm"))
    assert done.code == 134
    assert kind in done.err
    inner = done.err.index("trap_inner")
    assert inner < done.err.index("trap_middle") < done.err.index("trap_outer")
    assert re.search(r"0x[0-9a-f]+", done.err)


@pytest.mark.parametrize("name,flags,code,word", [
    ("spin", ["--timeout", "400ms"], 124, "wall-time-exceeded"),
    ("spin", ["--cpu-time", "300ms"], 152, "cpu-time-exhausted"),
    ("spin", ["--fuel", "10000000"], 152, "fuel-exhausted"),
    ("recurse", [], 134, "stack-exhausted"),
    ("huge_table", [], 135, "table"),
    ("huge_memory", [], 135, "memory"),
    ("spin_start", ["--cpu-time", "300ms"], 152, "cpu-time-exhausted"),
    ("spin_start", ["--timeout", "400ms"], 124, "wall-time-exceeded"),
])
def test_each_limit_ends_with_a_clear_outcome(run, guest, name, flags, code, word):
    began = time.monotonic()
    done = run(*flags, guest(f"{name}.wasm"), timeout=60)
    assert done.code == code, (done.code, done.err)
    assert word in done.err
    if flags and "--fuel" not in flags:
        assert flags[1].replace("ms", " ms") in done.err  # the limit is named
    assert time.monotonic() - began < 15 * SLOW


def test_memory_growth_names_the_limit(run, guest):
    done = run("--memory", "16m", guest("grow_memory.wasm"))
    assert done.code != 0
    assert "16 MiB" in done.err
    blocks = int(re.search(r"got (\d+) MiB", done.out).group(1))
    assert 8 <= blocks < 16


def test_open_files_are_bounded(run, guest, tmp_path):
    (tmp_path / "f").write_text("x")
    done = run("--dir", f"{tmp_path}::/data", guest("many_files.wasm"), "/data/f")
    assert done.code == 1 and "of 10000" in done.out
    assert "1024" in done.err, done.err  # the limit is named


def test_unknown_imports_are_named(run, guest):
    done = run(guest("imports_unknown.wasm")).failed("unknown-import")
    assert "nope" in done.err


def test_what_a_component_imports_and_nobody_provides_is_named(run, guest):
    done = run(guest("component_unknown.wasm")).failed("unknown-import")
    assert "acme:nowhere/things" in done.err and done.code == 126


def test_a_program_is_over_when_its_output_is_out(guest, home):
    """What it was permitted to write and the reader has not taken is not lost with its worker."""
    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    with ours, subprocess.Popen([BIN / "arcella", "run", guest("leaves_output.wasm")], stdout=theirs, env=environment(home)) as running:
        theirs.close()
        assert select.select([ours], [], [], 60 * SLOW)[0]  # it has written
        time.sleep(1)
        assert running.poll() is None
        taken = 0
        while piece := ours.recv(3000):
            taken += len(piece)
        assert (taken, running.wait(timeout=30 * SLOW)) == (65536, 0)


def test_a_component_of_a_command_says_hello(run, guest):
    done = run(guest("hello_component.wasm")).ok()
    assert done.out == run(guest("hello.wasm")).ok().out and done.out and done.err == ""


@pytest.mark.parametrize("content,code", [
    (b"", "bad-wasm"),
    (b"not wasm at all, just text", "bad-wasm"),
    (b"\0asm\1\0\0\0\1", "bad-wasm"),
    (b"\0asm\2\0\0\0", "bad-wasm"),
])
def test_what_is_no_program_is_refused(run, tmp_path, content, code):
    (tmp_path / "x.wasm").write_bytes(content)
    assert run(tmp_path / "x.wasm").failed(code).code == 126


def test_a_missing_file_and_a_directory(run, tmp_path):
    done = run(tmp_path / "none.wasm").failed("not-found")
    assert done.code == 127 and "arcella list" not in done.err, done.err  # nothing to list: it is a file
    assert run(tmp_path).code in (125, 126)


def test_127_is_for_the_program_only(run, guest, tmp_path):
    done = run("--dir", f"{tmp_path}/nosuch::/d", guest("hello.wasm")).failed("not-found")
    assert done.code == 125 and "nosuch" in done.err
    assert not re.search(r"worker \d", done.err), done.err  # no number of ours


def test_a_module_without_a_program_is_named_with_what_to_do(run, guest):
    done = run(guest("plain_add.wasm")).failed("wrong-kind")
    assert done.code == 126 and "plain_add.wasm: its entry point" in done.err and "arcella install" in done.err


def test_usage_mistakes(run, guest):
    for arguments in ([], ["--memory", "lots", guest("hello.wasm")], ["--nonsense", guest("hello.wasm")],
                      ["--timeout", "30", guest("hello.wasm")], ["--dir", "nothing", guest("hello.wasm")],
                      ["--listen", "nowhere", guest("hello.wasm")], ["--env", "novalue", guest("hello.wasm")], ["--memory"]):
        done = run(*arguments)
        assert done.code == 2 and done.err.startswith("error: "), (arguments, done.code, done.err)
        assert "hello from" not in done.out
    done = run("--dir", "/nowhere/at/all::/x", guest("hello.wasm"))
    assert done.code not in (0, 1) and "/nowhere/at/all" in done.err and "hello from" not in done.out


def test_listen_hands_a_socket_to_the_program(guest, home):
    probe = socket.socket()
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
    probe.close()
    server = subprocess.Popen([str(BIN / "arcella"), "run", "--listen", f"127.0.0.1:{port}", str(guest("tcp_echo.wasm"))],
                              env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        def connect():
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=2)
            except OSError:
                return None
        for text in (b"first line\n", b"second client\n"):
            client = wait_until(connect, 15, "the echo server")
            client.settimeout(10 * SLOW)
            client.sendall(text)
            assert client.recv(100) == text
            client.close()
    finally:
        server.terminate()
        server.wait(20)
        server.stdout.close()
        server.stderr.close()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_and_its_worker(guest, home, sign):
    program = subprocess.Popen([str(BIN / "arcella"), "run", str(guest("spin.wasm"))], env=environment(home),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    workers = wait_until(lambda: guest_workers(program.pid), 10, "the worker")
    time.sleep(0.3)
    program.send_signal(sign)
    assert program.wait(20 * SLOW) == 128 + sign
    wait_until(lambda: not any(alive(p) for p in workers), 5, "the end of the worker")


def test_killed_it_leaves_no_worker(guest, home):
    program = subprocess.Popen([str(BIN / "arcella"), "run", str(guest("spin.wasm"))], env=environment(home),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    workers = wait_until(lambda: guest_workers(program.pid), 10, "the worker")
    time.sleep(0.3)
    program.kill()
    program.wait()
    wait_until(lambda: not any(alive(p) for p in workers), 5, "the end of the worker")


def test_the_second_run_compiles_nothing(run, guest):
    began = time.monotonic()
    run(guest("hello_go.wasm")).ok()
    cold = time.monotonic() - began
    began = time.monotonic()
    run(guest("hello_go.wasm")).ok()
    warm = time.monotonic() - began
    assert warm < cold


def test_without_a_writable_home_it_runs_all_the_same(guest):
    done = subprocess.run([str(BIN / "arcella"), "run", str(guest("hello.wasm"))], env=environment("/proc/nowhere"),
                          text=True, capture_output=True, timeout=60 * SLOW)
    assert done.returncode == 0, done.stderr
    assert "hello" in done.stdout.lower()


def test_output_to_a_closed_pipe_ends_the_program(guest, home):
    line = f"{BIN / 'arcella'} run {guest('flood.wasm')} | head -c 100 > /dev/null"
    done = subprocess.run(["bash", "-c", line], env=environment(home), timeout=60 * SLOW)
    assert done.returncode == 0


def test_go_and_python(run, guest, tmp_path):
    assert "sum 30" in run(guest("hello_go.wasm")).ok().out
    (tmp_path / "p.py").write_text("import sys, json\nprint(json.dumps({'v': list(sys.version_info[:2]), 'a': sys.argv[1:]}))\nsys.exit(3)\n")
    done = run("--memory", "512m", "--dir", f"{tmp_path}::/app", guest("python.wasm"), "/app/p.py", "x", timeout=280)
    assert done.code == 3, done.err
    assert '"v": [3, 12]' in done.out and '"a": ["x"]' in done.out


def test_the_worker_has_given_up_its_rights(guest, home):
    program = subprocess.Popen([str(BIN / "arcella"), "run", str(guest("spin.wasm"))], env=environment(home),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        worker = wait_until(lambda: guest_workers(program.pid), 10, "the worker")[0]
        status = wait_until(lambda: (lambda t: t if "Seccomp:\t2" in t else None)(open(f"/proc/{worker}/status").read()), 10,
                            "seccomp in the worker")
        assert "NoNewPrivs:\t1" in status
        for line in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            if os.geteuid() == 0:
                assert f"{line}:\t0000000000000000" in status, line
        assert re.search(rf"Uid:\s+{os.geteuid()}\b", status)
        threads = [re.search(r"Seccomp:\t(\d)", open(f"/proc/{worker}/task/{t}/status").read()).group(1)
                   for t in os.listdir(f"/proc/{worker}/task")]
        assert set(threads) == {"2"}
    finally:
        program.kill()
        program.wait()
