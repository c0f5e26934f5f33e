# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Programs of WASI 0.2 from several toolchains, as a person would use them: under `arcella run` and as deployments, with files,
and with sockets to programs of the system and to each other.  What they print where they run alone is in the components' table."""
import contextlib
import os
import socket
import subprocess
import threading

import pytest

import wasi02
import wasi02_cases
import wasi02_cases_tcp
from conftest import BIN, GUESTS, SLOW, environment, wait_until

FOLDER = GUESTS / "components"
SECONDS = 120
LONG = pytest.mark.long
TALKS = ["talks-c", pytest.param("talks-py", marks=LONG)]
TOUCHES = ["touches-command-c", "touches-command-go", *(pytest.param(f"touches-{kind}", marks=LONG) for kind in ("js", "py", "command-rust"))]
MEMORY = ["--memory", "512m"]


def spare_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def ask(port, text):
    """What a server answers; None: nobody is there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
            one.sendall(text)
            one.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := one.recv(4096):
                answer += piece
            return answer
    except ConnectionRefusedError:
        return None


@contextlib.contextmanager
def upper_case_server():
    """TCP and UDP on one port: answers in capital letters, once each."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))
        tcp.settimeout(SECONDS)
        udp.settimeout(SECONDS)

        def serve():
            with contextlib.suppress(OSError):
                one, _ = tcp.accept()
                with one:
                    while piece := one.recv(4096):
                        one.sendall(piece.upper())

        def answer():
            with contextlib.suppress(OSError):
                data, where = udp.recvfrom(4096)
                udp.sendto(data.upper(), where)

        threads = [threading.Thread(target=what, daemon=True) for what in (serve, answer)]
        for thread in threads:
            thread.start()
        yield port


@pytest.fixture(params=["run", "deployed"])
def program(request):
    """Runs a program with options and arguments, under `arcella run` or as a deployment. Gives (status, output); a deployment that
    trapped has no status."""
    if request.param == "run":
        run = request.getfixturevalue("run")

        def ran(name, options, *arguments):
            done = run(*MEMORY, *options, FOLDER / f"{name}.wasm", *arguments, timeout=SECONDS)
            return done.code, done.out + done.err
        return ran
    arcella = request.getfixturevalue("arcella")
    arcella.expect_log(r"msg=failed|denied|exited|ended|end=trap")

    def deployed(name, options, *arguments):
        arcella.install(FOLDER / f"{name}.wasm", "program")
        arcella.cli("start", "program", "--restart", "never", *MEMORY, *options, *words("--arg", arguments), timeout=SECONDS).ok()
        return arcella.wait_state("program", ("failed", "finished"), SECONDS).get("exit_code"), arcella.logs("program")
    return deployed


def words(option, arguments):
    return [word for argument in arguments for word in (option, argument)]


@pytest.mark.parametrize("name", TALKS)
def test_a_client(name, program):
    with upper_case_server() as port:
        code, said = program(name, ["--net", f"connect=127.0.0.1:{port}"], "connect", port, "a question")
        assert code == 0 and "answer: A QUESTION\n" in said, said


@pytest.mark.parametrize("name", TALKS)
def test_a_client_without_a_grant_is_told_which(name, program):
    code, said = program(name, [], "connect", 9, "a question")
    assert code != 0 and "denied" in said and "--net" in said, said


@pytest.mark.parametrize("name", TALKS)
def test_datagrams(name, program):
    with upper_case_server() as port:
        code, said = program(name, ["--net", "udp=127.0.0.0/8:*"], "udp", port, "a question")
        assert code == 0 and "answer: A QUESTION from 127.0.0.1:True\n" in said, said


@pytest.mark.parametrize("name", TALKS)
def test_names(name, program):
    code, said = program(name, ["--net", "resolve=localhost"], "lookup", "localhost")
    assert code == 0 and "addresses: 127.0.0.1\n" in said, said


@pytest.mark.parametrize("name", TALKS)
def test_a_server(name, home):
    port = spare_port()
    server = subprocess.Popen([BIN / "arcella", "run", *MEMORY, "--net", f"listen=127.0.0.1:{port}", FOLDER / f"{name}.wasm", "serve", str(port)],
                              env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        large = bytes(range(256)) * 4096
        assert wait_until(lambda: ask(port, b"first"), 60, "the server") == b"first"
        assert ask(port, large) == large
        assert ask(port, b"stop") == b"stop"
        out, err = server.communicate(timeout=SECONDS * SLOW)
        assert server.returncode == 0, err
        assert out == f"serving\nserved 5 bytes\nserved {len(large)} bytes\nserved 4 bytes\n"
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("name", TALKS)
def test_two_deployments_speak_with_each_other(name, arcella):
    port = spare_port()
    arcella.install(FOLDER / f"{name}.wasm", "server")
    arcella.install(FOLDER / f"{name}.wasm", "client")
    arcella.cli("start", "server", "--restart", "never", *MEMORY, "--net", f"listen=127.0.0.1:{port}", *words("--arg", ("serve", port)),
                timeout=SECONDS).ok()
    assert wait_until(lambda: ask(port, b"x"), 30, "the server") == b"x"
    for word in ("hello", "stop"):
        arcella.cli("start", "client", "--restart", "never", *MEMORY, "--net", f"connect=127.0.0.1:{port}",
                    *words("--arg", ("connect", port, word)), timeout=SECONDS).ok()
        assert arcella.wait_state("client", ("finished", "failed"), SECONDS)["exit_code"] == 0
        assert f"answer: {word}" in arcella.logs("client")
        arcella.cli("undeploy", "client").ok()
    assert arcella.wait_state("server", "finished", SECONDS)["exit_code"] == 0


@pytest.mark.parametrize("fails", [False, True], ids=["finished", "failed"])
@pytest.mark.parametrize("name", TOUCHES)
def test_a_program_as_a_deployment(name, fails, arcella, tmp_path):
    """Its output is its log, its status the deployment's state."""
    arcella.expect_log(r"msg=failed|denied|exited|ended")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "in.txt").write_text("from the host")
    folder.chmod(0o777)
    for above in folder.parents:
        if above.owner() == folder.owner() and above != above.parent:
            above.chmod(above.stat().st_mode | 0o011)
    arguments = ("one", "fail") if fails else ("one",)
    options = [*MEMORY, "--dir", f"{folder}::/data:rw", "--env", "A=1", *words("--arg", arguments)]
    arcella.install(FOLDER / f"{name}.wasm", "program")
    arcella.cli("start", "program", "--restart", "never", *options, timeout=SECONDS).ok()
    ended = arcella.wait_state("program", ("failed", "finished"), SECONDS)
    assert (ended["state"], ended["exit_code"]) == (("failed", 1) if fails else ("finished", 0))
    said = arcella.logs("program")
    for line in ("args: " + " ".join(f"[{argument}]" for argument in arguments), "env: A=1", "stdin: 0 bytes", "clocks: after 2023 slept",
                 "random: two that differ", "file: from the host", "dir: in.txt made", "size: 15", "none: missing", "outside: refused",
                 "to the other stream"):
        assert line in said, f"{line}\n{said}"
    assert (folder / "made" / "out.txt").read_text() == "from the guest\n"


@pytest.mark.parametrize("call,code", [("cli-exit-exit(0)", 0), ("cli-exit-exit(1)", 1), ("cli-exit-exit-with-code(0)", 0),
                                       ("cli-exit-exit-with-code(7)", 7), ("cli-exit-exit-with-code(255)", 255)])
def test_exit_is_the_status_of_the_deployment(arcella, call, code):
    arcella.expect_log(r"msg=failed|exited|ended")
    arcella.install(FOLDER / "forwarder.wasm", "leaver")
    arcella.cli("start", "leaver", "--restart", "never").ok()
    function, _, rest = call.partition("(")
    arcella.ask("call", target="leaver", function=function, args=[rest.rstrip(")")], json=True)
    ended = arcella.wait_state("leaver", ("failed", "finished"))
    assert (ended["state"], ended["exit_code"]) == ("failed" if code else "finished", code)


def test_versions_from_the_first_to_the_last_in_one_component(arcella):
    """Each interface in another 0.2.x: types and handles go from one to the other."""
    arcella.install(FOLDER / "forwarder-mixed.wasm", "mixed")
    versions = {row["module"].rpartition("@")[2] for row in arcella.json("inspect", "mixed")["component"]["imports"]}
    assert {"0.2.0", "0.2.12"} <= versions and len(versions) == 13, versions
    arcella.cli("start", "mixed", "--net", "listen=127.0.0.0/8:*", "--net", "connect=127.0.0.0/8:*").ok()
    g = wasi02.Guest(wasi02.Deployed(arcella, "mixed"))
    wasi02_cases.poll_tells_which_are_ready(g, None)
    wasi02_cases.standard_output_takes_what_it_permits(g, None)
    client, server, _ = wasi02_cases_tcp.pair(g)
    wasi02_cases.write_all(g, client[2], b"from one version to another")
    assert g("input-stream.blocking-read", server[1], 100) == b"from one version to another"


def test_what_is_held_is_counted(arcella):
    """`status` tells what an instance holds of each kind that has a limit, and what it was refused."""
    arcella.expect_log(r"denied")
    arcella.install(FOLDER / "forwarder.wasm", "counted")
    arcella.cli("start", "counted", "--net", "listen=127.0.0.0/8:*", "--net", "connect=127.0.0.0/8:*").ok()
    g = wasi02.Guest(wasi02.Deployed(arcella, "counted"))

    def counters():
        return {row["name"]: row for row in arcella.json("status", "counted")["instances"][0]["counters"]}

    before = counters()
    client, _, server = wasi02_cases_tcp.pair(g)
    timers = [g("monotonic-clock.subscribe-duration", 10**12) for _ in range(5)]
    now = counters()
    for name, more in (("sockets", 3), ("pollables", 5), ("connections", 1)):
        assert now[name]["used"] == before.get(name, {"used": 0})["used"] + more, (name, now[name])
    assert now["sockets"]["limit"] == 1000 and now["pollables"]["limit"] == 16384 and now["handles"]["limit"] == 1024
    for one in timers:
        g.drop("pollable", one)
    for resource, one in zip(("tcp-socket", "input-stream", "output-stream"), client):
        g.drop(resource, one)
    after = counters()
    assert after["pollables"]["used"] == before.get("pollables", {"used": 0})["used"] and after["sockets"]["used"] == 2
    denied = after["denied"]["used"]
    assert wasi02_cases_tcp.connect(g, wasi02_cases_tcp.tcp(g), wasi02_cases_tcp.address(80, (192, 0, 2, 1))) == wasi02.Err("access-denied")
    assert counters()["denied"]["used"] == denied + 1
    assert server


@pytest.mark.parametrize("call,code", [("cli-exit-exit(0)", 0), ("cli-exit-exit(1)", 1), ("cli-exit-exit-with-code(0)", 0),
                                       ("cli-exit-exit-with-code(7)", 7), ("cli-exit-exit-with-code(255)", 255)])
def test_exit_is_the_status_of_the_command(run, call, code):
    assert run("--invoke", call, FOLDER / "forwarder.wasm").code == code


def test_a_terminal_is_told_where_there_is_one(home):
    """Standard input and error are one, standard output is a pipe."""
    ours, theirs = os.openpty()
    words = [word for name in ("stdin", "stdout", "stderr")
             for word in ("--invoke", f"cli-terminal-{name}-get-terminal-{name}(1024)", "--invoke", "peek8(1024)")]
    try:
        done = subprocess.run([BIN / "arcella", "run", *words, FOLDER / "forwarder.wasm"], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs,
                              env=environment(home), timeout=60 * SLOW, text=True)
        assert (done.returncode, done.stdout.split()) == (0, ["1", "0", "1"])
    finally:
        os.close(ours)
        os.close(theirs)
