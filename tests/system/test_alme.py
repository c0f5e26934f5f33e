# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The management socket, driven as anybody could: one JSON object a line."""
import json
import os
import random
import re
import socket
import stat
import subprocess

import pytest

from conftest import SLOW, Alme, environment, wait_until


def test_ping_by_socat(arcella):
    done = subprocess.run(["socat", "-t5", "-", f"UNIX:{arcella.socket_path}"], input='{"cmd":"ping"}\n', text=True,
                          capture_output=True, timeout=20 * SLOW)
    reply = json.loads(done.stdout)
    assert reply["success"] is True
    assert reply["data"]["pid"] == arcella.pid


def test_socket_and_home_are_the_owners_only(arcella):
    assert stat.S_IMODE(os.stat(arcella.socket_path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(arcella.home).st_mode) == 0o700
    for folder in ("cfg", "modules", "state", "cache", "run", "log"):
        assert (arcella.home / folder).is_dir(), folder


def test_request_ids_come_back(arcella):
    with arcella.alme() as alme:
        for ident in (1, "seven", 2**53 - 1):
            assert alme.ask("ping", _id=ident)["id"] == ident


def test_many_requests_at_once_are_answered_in_order(arcella):
    with arcella.alme() as alme:
        alme.send(b"".join(json.dumps({"cmd": "ping", "id": n}).encode() + b"\n" for n in range(200)))
        assert [alme.line()["id"] for _ in range(200)] == list(range(200))


def test_json_rpc(arcella):
    with arcella.alme() as alme:
        alme.send({"jsonrpc": "2.0", "id": 5, "method": "ping"})
        reply = alme.line()
        assert reply["jsonrpc"] == "2.0" and reply["id"] == 5 and reply["result"]["data"]["pid"] == arcella.pid
        alme.send({"jsonrpc": "2.0", "id": 6, "method": "nonsense"})
        reply = alme.line()
        assert reply["error"]["code"] == -32601 and reply["id"] == 6
        alme.send(b"{ broken\n")
        assert alme.line()  # an error of either form; the connection lives
        alme.send({"jsonrpc": "2.0", "id": 7, "method": "status", "params": {"target": 5}})
        assert alme.line()["error"]["code"] == -32602


@pytest.mark.parametrize("line,code", [
    (b"{\n", "bad-message"),
    (b"[]\n", "bad-message"),
    (b"42\n", "bad-message"),
    (b"\"ping\"\n", "bad-message"),
    (b"\xff\xfe\n", "bad-message"),
    (b"{\"cmd\":\"ping\",\"cmd\":\"ping\"}\n", "bad-message"),
    (b"{\"cmd\":5}\n", "bad-message"),
    (b"{\"args\":{}}\n", "bad-message"),
    (b"{\"cmd\":\"nonsense\"}\n", "unknown-command"),
    (b"{\"cmd\":\"statu\"}\n", "unknown-command"),
    (b"{\"cmd\":\"ping\",\"args\":5}\n", None),
    (b"{\"cmd\":\"ping\",\"args\":{\"x\":1}}\n", "invalid-argument"),
    (b"{\"cmd\":\"start\"}\n", "invalid-argument"),
    (b"{\"cmd\":\"start\",\"args\":{\"target\":5}}\n", "invalid-argument"),
    (b"{\"cmd\":\"start\",\"args\":{\"target\":\"x\",\"memory\":\"lots\"}}\n", "invalid-argument"),
    (b"{\"cmd\":\"start\",\"args\":{\"target\":\"x\",\"memory\":-1}}\n", "invalid-argument"),
    (b"{\"cmd\":\"install\",\"args\":{\"path\":\"relative\"}}\n", "invalid-argument"),
    (b"{\"cmd\":\"logs\",\"args\":{\"count\":1e99}}\n", "invalid-argument"),
    (b"{\"cmd\":\"set-log-level\",\"args\":{\"levels\":\"loud\"}}\n", "invalid-argument"),
    (b"{" * 5000 + b"\n", "bad-message"),
    (b"[" * 30000 + b"]" * 30000 + b"\n", "bad-message"),
    (b"{\"cmd\":\"ping\",\"x\":\"" + b"a" * 70000 + b"\"}\n", "too-large"),
])
def test_a_bad_request_is_answered_and_the_connection_lives(arcella, line, code):
    with arcella.alme() as alme:
        alme.send(line)
        reply = alme.line()
        assert reply["success"] is False
        if code:
            assert reply["error"]["code"] == code, reply
        assert reply["error"]["message"]
        assert alme.ask("ping")["success"]


def test_an_unknown_command_names_the_nearest(arcella):
    reply = arcella.ask("instal")
    assert "install" in json.dumps(reply["error"])


def test_aliases_of_older_clients(arcella):
    assert arcella.ask("module:list")["success"]
    assert arcella.ask("log:tail", n=5)["success"]


def test_random_bytes_do_no_harm(arcella):
    dice = random.Random(20261121)
    for _ in range(60):
        with arcella.alme() as alme:
            alme.send(bytes(dice.randrange(256) for _ in range(dice.randrange(1, 4000))))
            if dice.random() < 0.5:
                alme.send(b"\n")
    assert arcella.ask("ping")["success"]


def test_a_half_line_and_a_silent_client_hold_nobody_up(arcella):
    half, silent = arcella.alme(), arcella.alme()
    half.send(b'{"cmd":"pi')
    assert arcella.ask("ping")["success"]
    half.send(b'ng"}\n')
    assert half.line()["success"]
    silent.close()
    half.close()


def test_clients_that_leave_before_the_reply(arcella):
    for _ in range(50):
        alme = arcella.alme()
        alme.send({"cmd": "status"})
        alme.close()
    assert arcella.ask("ping")["success"]


def test_a_slow_reader_is_bounded(arcella):
    """Who asks for all lines and reads none costs the daemon a bounded amount of memory, and nobody else anything."""
    arcella.expect_log("dropped|lost|slow")
    arcella.install("flood.wasm")

    def resident_kib():
        return int(open(f"/proc/{arcella.pid}/statm").read().split()[1]) * 4

    before = resident_kib()
    slow = [arcella.alme() for _ in range(5)]
    for alme in slow:
        alme.send({"cmd": "events"})
        alme.send({"cmd": "logs", "args": {"follow": True}})
    for _ in range(6):
        arcella.ask("start", target="flood", **({} if arcella.deployment("flood") else {"arg": ["lines", "20000"]}))
        arcella.wait_state("flood", "finished", 30)
    assert arcella.ask("ping")["success"]
    assert resident_kib() < before + 48 * 1024 * SLOW
    for alme in slow:
        alme.close()


def test_too_many_clients_are_told(stopped):
    (stopped.home / "cfg").mkdir(parents=True)
    os.chmod(stopped.home, 0o700)
    (stopped.home / "cfg" / "arcella.toml").write_text("[alme]\nclients = 4\n")
    stopped.expect_log("connections|clients")
    stopped.start()
    clients = [stopped.alme() for _ in range(4)]
    assert all(c.ask("ping")["success"] for c in clients)
    with stopped.alme() as one_more:
        try:
            reply = one_more.ask("ping")
        except (EOFError, ConnectionError):
            reply = None
        assert reply is None or reply["error"]["code"] == "busy", reply
    clients.pop().close()
    wait_until(stopped.answers, 10, "room for another client")
    for alme in clients:
        alme.close()


def test_many_clients(arcella):
    clients = [arcella.alme() for _ in range(100)]
    for alme in clients:
        assert alme.ask("ping")["success"]
    for alme in clients:
        alme.close()


def test_events_tell_the_changes_of_state(arcella):
    with arcella.alme() as alme:
        alme.send({"cmd": "events", "id": 1})
        arcella.install("hello.wasm")
        arcella.cli("start", "hello").ok()
        arcella.wait_state("hello", "finished")
        seen = []
        while not any(e.get("kind") == "deployment" and e.get("to") == "finished" for e in seen):
            line = alme.line()
            seen.append(line.get("event") or line.get("item") or line.get("data") or line)
        kinds = {(e.get("kind"), e.get("to")) for e in seen}
        assert ("component", "installed") in kinds
        assert ("instance", "running") in kinds or ("instance", "finished") in kinds
        assert any(k == "worker" for k, _ in kinds)


def test_another_user_is_refused(arcella):
    if os.geteuid() != 0:
        from conftest import weaker
        weaker("another user's connection: needs root to become somebody else; the mode of the socket was checked")
        return
    os.chmod(arcella.home, 0o711)
    os.chmod(arcella.home.parent, 0o755)
    os.chmod(arcella.socket_path, 0o666)  # even where the mode would let it through, the peer is asked who it is
    script = (f"import os,socket\nos.setgid(65534); os.setuid(65534)\ns=socket.socket(socket.AF_UNIX); s.settimeout(5)\n"
              f"s.connect({str(arcella.socket_path)!r}); s.sendall(b'{{\"cmd\":\"ping\"}}\\n')\nprint(s.recv(4096).decode())")
    done = subprocess.run(["/usr/bin/python3", "-c", script], text=True, capture_output=True, timeout=20 * SLOW)
    assert '"success":true' not in done.stdout.replace(" ", "")
    arcella.expect_log(r"refused|uid")
    os.chmod(arcella.home, 0o700)


# --- the client ---

def test_without_a_daemon_it_says_so_and_how_to_start_one(stopped):
    done = stopped.cli("status")
    assert done.code == 3
    assert "no-daemon" in done.err and "arcella daemon" in done.err


def test_help_of_every_verb_has_an_example(arcella):
    verbs = re.findall(r"^  ([a-z][a-z-]+) ", arcella.cli("help").ok().out, re.M)
    assert {"ping", "status", "list", "inspect", "install", "start", "stop", "restart", "undeploy", "remove", "logs", "events",
            "set-log-level", "shutdown", "run", "doctor", "completion", "help"} <= set(verbs)
    for verb in verbs:
        text = arcella.cli(verb, "--help").ok().out
        assert "arcella" in text and "xample" in text, verb


def test_every_verb_is_one_alme_command_or_local(arcella):
    """Each verb of the client sends exactly one request, with the verb's own name, and speaks to nothing else."""
    page = arcella.cli("help", "--markdown", "commands").ok().out
    local = {"daemon", "run", "inspect-file", "doctor", "completion", "help"}
    verbs = set(re.findall(r"^  ([a-z][a-z-]+) ", arcella.cli("help").ok().out, re.M)) - local
    arguments = {"install": ["/nowhere"], "start": ["x"], "stop": ["x"], "restart": ["x"], "undeploy": ["x"], "remove": ["x"],
                 "inspect": ["x"], "call": ["x", "f"], "set-log-level": ["info"], "logs": [], "list": ["workers"],
                 "grant": ["x", "--env", "A=b"], "revoke": ["x", "--all"], "explain": ["x"]}
    folder = arcella.home.parent
    traced = environment()
    traced["ASAN_OPTIONS"] += ":detect_leaks=0"  # the leak checker traces, too, and there is one tracer
    for verb in sorted(verbs):
        path = folder / f"{verb}.sock"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(5)
        listener.settimeout(20 * SLOW)
        client = subprocess.Popen(["strace", "-f", "-e", "trace=connect", "-o", str(folder / "trace"),
                                   str(arcella_cli()), "--socket", str(path), verb, *arguments.get(verb, [])],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=traced)
        peer, _ = listener.accept()
        peer.settimeout(20 * SLOW)
        data = b""
        while not data.endswith(b"\n"):
            data += peer.recv(65536)
        requests = [json.loads(l) for l in data.decode().strip().split("\n")]
        assert len(requests) == 1, (verb, requests)
        assert requests[0]["cmd"] == verb
        assert f"`{verb}`" in page or f"## {verb}" in page, verb
        peer.sendall(json.dumps({"success": False, "id": requests[0].get("id"), "message": "no",
                                 "error": {"code": "busy", "message": "no", "hint": ""}}).encode() + b"\n")
        peer.close()
        _, err = client.communicate(timeout=20 * SLOW)
        assert client.returncode == 1, (verb, client.returncode, err)
        connects = [l for l in (folder / "trace").read_text().split("\n") if "connect(" in l and "sun_path" in l]
        assert len(connects) == 1 and str(path) in connects[0], (verb, connects)
        assert not [l for l in (folder / "trace").read_text().split("\n") if "AF_INET" in l], verb
        listener.close()
        path.unlink()


def arcella_cli():
    from conftest import BIN
    return BIN / "arcella-cli"


def test_arcella_verb_is_the_same_client(arcella):
    assert arcella.cli("ping", program="arcella").ok().out == arcella.cli("ping").ok().out


def test_socket_option(arcella):
    assert arcella.cli("--socket", arcella.socket_path, "ping", ARCELLA_HOME="/nowhere").ok()


def test_json_output_parses_for_every_looking_verb(arcella):
    arcella.install("hello.wasm")
    for verb in (["ping"], ["status"], ["list"], ["list", "deployments"], ["list", "instances"], ["list", "workers"],
                 ["inspect", "hello@0.1.0"], ["logs"], ["status", "hello@0.1.0"]):
        assert arcella.json(*verb) is not None


def test_usage_errors_have_their_own_exit_code(arcella):
    assert arcella.cli("nonsense").code == 2
    assert arcella.cli("start").code == 2
    assert arcella.cli("start", "x", "--memory", "lots").code in (1, 2)
    assert arcella.cli("--nonsense").code == 2
    assert arcella.cli("start", "no-such-thing").code == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_know_the_verbs(arcella, shell):
    script = arcella.cli("completion", shell).ok().out
    for verb in ("install", "undeploy", "set-log-level"):
        assert verb in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_versions(arcella):
    for program in ("arcella", "arcella-cli", "arcella-worker"):
        assert re.match(rf"{program} \d+\.\d+\.\d+", arcella.cli("--version", program=program).ok().out)
        assert arcella.cli("--help", program=program).ok().out


def on_terminal(columns, *arguments, **env):
    """The client with its output on a terminal of so many columns. @return what the terminal got"""
    import fcntl
    import pty
    import struct
    import termios
    from conftest import environment
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environ = environment(TERM="xterm")
    environ.pop("NO_COLOR")
    environ |= {k: str(v) for k, v in env.items()}
    client = subprocess.Popen([str(arcella_cli()), *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs, env=environ)
    os.close(theirs)
    got = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:  # EIO: the other end is closed
            break
        if not some:
            break
        got += some
    os.close(ours)
    assert client.wait(20 * SLOW) == 0
    return got.decode()


def test_tables_fit_the_terminal_and_colour_is_for_terminals_only(arcella):
    arcella.install("ticker.wasm", "a-name-that-is-rather-long-for-a-narrow-terminal")
    arcella.ask("start", target="a-name-that-is-rather-long-for-a-narrow-terminal", arg=["100"])
    for columns in (72, 80, 132):
        for what in ("components", "deployments", "instances", "workers"):
            text = on_terminal(columns, "list", what, ARCELLA_HOME=arcella.home)
            for line in re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r", "").split("\n"):
                assert len(line) <= columns, (columns, what, line)
    assert "\x1b[" in on_terminal(80, "list", "deployments", ARCELLA_HOME=arcella.home)
    assert "\x1b[" not in on_terminal(80, "list", "deployments", ARCELLA_HOME=arcella.home, NO_COLOR="1")
    assert "\x1b[" not in arcella.cli("list", "deployments").ok().out
    arcella.ask("undeploy", target="a-name-that-is-rather-long-for-a-narrow-terminal", timeout="0s")


def test_following_ends_with_ctrl_c(arcella):
    import signal
    from conftest import environment
    arcella.install("ticker.wasm")
    arcella.ask("start", target="ticker", arg=["50"])
    for verb in (["logs", "ticker", "-f"], ["events"]):
        client = subprocess.Popen([str(arcella_cli()), *verb], env=environment(arcella.home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if verb[0] == "events":
            wait_until(lambda: arcella.ask("restart", target="ticker", timeout="0s")["success"] and readable_file(client.stdout), 15, "an event")
        assert client.stdout.readline()
        client.send_signal(signal.SIGINT)
        _, err = client.communicate(timeout=20 * SLOW)
        assert client.returncode == 0, (verb, client.returncode, err)
    arcella.ask("stop", target="ticker", timeout="0s")


def readable_file(file):
    import select
    return bool(select.select([file], [], [], 0.2)[0])


def test_terminal_escapes_of_guests_are_neutralised(arcella):
    arcella.install("flood.wasm")
    arcella.cli("start", "flood", "--arg", "escapes", "--arg", "20").ok()
    arcella.wait_state("flood", ("finished", "failed"))
    assert "\x1b" not in arcella.cli("logs", "flood").ok().out


def test_idle_connections_are_closed_but_streams_stay(stopped):
    (stopped.home / "cfg").mkdir(parents=True)
    os.chmod(stopped.home, 0o700)
    (stopped.home / "cfg" / "arcella.toml").write_text("[alme]\nidle = \"1s\"\n")
    stopped.start()
    stream, idle = Alme(stopped.socket_path), Alme(stopped.socket_path)
    stream.send({"cmd": "events"})
    assert idle.ask("ping")["success"]
    wait_until(lambda: idle.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"" if readable(idle) else False, 10,
               "the end of the idle connection")
    stopped.install("hello.wasm")
    assert stream.line()
    stream.close()
    idle.close()


def readable(alme):
    import select
    return bool(select.select([alme.socket], [], [], 0)[0])
