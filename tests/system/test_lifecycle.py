# SPDX-License-Identifier: Apache-2.0 OR MIT
"""install, start, stop, restart, undeploy, remove, and what survives."""
import hashlib
import os
import signal
import socket
import time

import pytest

from conftest import GUESTS, SLOW, alive, children_of, sanitized, wait_until, weaker

MANIFEST = """[component]
name = "{name}"
version = "{version}"
description = "a test"
exports = []
imports = []
"""


def package(folder, name, version="1.0.0", guest="hello.wasm", template=None):
    """A folder with a binary and its manifests."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "component.toml").write_text(MANIFEST.format(name=name, version=version))
    (folder / f"{name}.wasm").write_bytes((GUESTS / guest).read_bytes())
    if template:
        (folder / "deployment-template.toml").write_text(template)
    return folder


def test_install_copies_both_files_and_starts_nothing(arcella, tmp_path):
    source = package(tmp_path / "p", "greeter")
    done = arcella.json("install", source)
    assert done["id"] == "greeter@1.0.0" and not done["already"]
    place = arcella.home / "modules" / "greeter@1.0.0"
    for name in ("component.toml", "greeter.wasm"):
        assert (place / name).read_bytes() == (source / name).read_bytes()
    row, = arcella.json("list", "components")["components"]
    assert row["id"] == "greeter@1.0.0" and row["kind"] == "wasi-p1"
    assert row["digest"].endswith(hashlib.sha256((source / "greeter.wasm").read_bytes()).hexdigest())
    assert arcella.json("list", "instances")["instances"] == []
    assert arcella.workers() == []


def test_a_second_install_says_already(arcella, tmp_path):
    source = package(tmp_path / "p", "greeter")
    arcella.cli("install", source).ok()
    assert arcella.json("install", source)["already"] is True


def test_other_bytes_under_the_same_id_are_refused(arcella, tmp_path):
    arcella.cli("install", package(tmp_path / "p", "greeter")).ok()
    done = arcella.cli("install", package(tmp_path / "q", "greeter", guest="spin.wasm")).failed("other-bytes")
    for guest in ("hello.wasm", "spin.wasm"):
        assert hashlib.sha256((GUESTS / guest).read_bytes()).hexdigest()[:12] in done.err
    assert (arcella.home / "modules" / "greeter@1.0.0" / "greeter.wasm").read_bytes() == (GUESTS / "hello.wasm").read_bytes()


def test_a_bare_module_needs_an_id(arcella):
    done = arcella.cli("install", GUESTS / "hello.wasm").failed("no-manifest")
    assert "--id" in done.err and "component.toml" in done.err


def test_a_wasm_with_its_manifest_beside_it(arcella, tmp_path):
    source = package(tmp_path / "p", "greeter")
    assert arcella.json("install", source / "greeter.wasm")["id"] == "greeter@1.0.0"


def test_the_older_single_manifest(arcella, tmp_path):
    (tmp_path / "arcella.toml").write_text('[module]\nname = "old"\nversion = "0.2.0"\nisolation = "worker"\ntrusted = false\n'
                                           'async = false\ngroup = "elders"\nexports = ["logger:log"]\n')
    (tmp_path / "old.wasm").write_bytes((GUESTS / "hello.wasm").read_bytes())
    done = arcella.cli("install", tmp_path).ok()
    assert "arcella.toml" in done.out + done.err
    arcella.cli("start", "old").ok()
    assert arcella.wait_state("old", "finished")["group"] == "elders"


def test_a_component_whose_imports_nobody_provides_is_stored_and_refused_at_start(arcella):
    arcella.expect_log("cannot be started|missing")
    arcella.cli("install", GUESTS / "hello_component.wasm", "--id", "comp@0.1.0").ok()
    assert arcella.json("list", "components")["components"][0]["kind"] == "component"
    done = arcella.cli("start", "comp").failed("unknown-import")
    assert "wasi:cli/" in done.err
    assert arcella.deployment("comp")["state"] == "failed"


def test_a_template_that_asks_for_main_is_kept_and_refused_at_start(arcella, tmp_path):
    template = '[deployment]\nisolation = "main"\ntrusted = true\nasync = true\n'
    arcella.cli("install", package(tmp_path / "p", "vip", template=template)).ok()
    arcella.cli("start", "vip").failed("placement")


def test_equal_bytes_under_two_names_compile_once(arcella):
    arcella.install("hello.wasm", "one")
    before = arcella.json("status")["compiles"]
    arcella.install("hello.wasm", "two")
    assert arcella.json("status")["compiles"] == before
    for name in ("one", "two"):
        arcella.cli("start", name).ok()
        arcella.wait_state(name, "finished")
    status = arcella.json("status")
    assert status["compiles"] == before and status["cache"]["hits"] >= 1


@pytest.mark.parametrize("damage", ["truncate", "flip", "remove", "foreign"])
def test_a_damaged_cache_entry_is_rebuilt(arcella, damage):
    arcella.install("hello.wasm")
    files = [p for p in (arcella.home / "cache").rglob("*") if p.is_file() and p.stat().st_size > 4096]
    assert files
    for path in files:
        os.chmod(path, 0o600)
        data = bytearray(path.read_bytes())
        if damage == "truncate":
            path.write_bytes(data[: len(data) // 2])
        elif damage == "flip":
            data[len(data) // 2] ^= 0x40
            path.write_bytes(data)
        elif damage == "remove":
            path.unlink()
        else:
            path.unlink()
            path.write_bytes(b"\x7fELF" + b"x" * 10000)
    arcella.expect_log("cache|damaged|code")
    arcella.cli("start", "hello").ok()
    arcella.wait_state("hello", "finished")
    assert "hello" in arcella.logs("hello").lower()


def test_start_by_bare_name_right_after_install(arcella):
    arcella.install("hello.wasm")
    done = arcella.json("start", "hello")
    assert done["deployment"] == "hello" and done["created"]
    row = arcella.wait_state("hello", "finished")
    assert row["exit_code"] == 0 and row["group"] == "default"


def test_two_versions_of_one_name(arcella):
    arcella.expect_log("exited with code 2|given up")
    arcella.install("hello.wasm", version="1.0.0")
    arcella.install("exit_code.wasm", "hello", version="1.1.0")
    arcella.cli("start", "hello").ok()
    assert arcella.wait_state("hello", ("finished", "failed"))["component"] == "hello@1.1.0"  # the latest
    done = arcella.cli("remove", "hello")
    assert done.code != 0 and "1.0.0" in done.err


def test_grants_beyond_the_defaults_get_a_group_of_their_own(arcella, tmp_path):
    arcella.install("ticker.wasm", "a")
    arcella.install("ticker.wasm", "b")
    arcella.cli("start", "a", "--dir", f"{tmp_path}::/data", "--arg", "100").ok()
    assert arcella.wait_state("a", "running")["group"] == "a"
    arcella.install("spin_initialize.wasm", "c")
    arcella.install("plain_add.wasm", "d")
    arcella.cli("start", "d").ok()
    assert arcella.wait_state("d", "running")["group"] == "default"
    for name in "ad":
        arcella.cli("stop", name, "--timeout", "100ms").ok()


def test_flags_on_an_existing_deployment_are_refused(arcella):
    arcella.install("hello.wasm")
    arcella.cli("start", "hello").ok()
    arcella.wait_state("hello", "finished")
    done = arcella.cli("start", "hello", "--memory", "32m").failed("wrong-state")
    assert "undeploy" in done.err
    arcella.cli("start", "hello").ok()  # without flags it starts again
    arcella.wait_state("hello", "finished")


def test_a_group_that_holds_less_is_refused_by_its_own_code(arcella, tmp_path):
    arcella.install("ticker.wasm", "first")
    arcella.cli("start", "first", "--group", "shared", "--arg", "100").ok()
    arcella.wait_state("first", "running")
    arcella.install("read_file.wasm", "second")
    done = arcella.cli("start", "second", "--group", "shared", "--dir", f"{tmp_path}::/data", "--arg", "/data/x")
    done.failed("group-holds-less")
    assert "--group" in done.err
    arcella.cli("stop", "first", "--timeout", "100ms").ok()


def test_two_deployments_of_a_group_share_a_worker_and_two_groups_do_not(arcella):
    for name in "abc":
        arcella.install("ticker.wasm", name)
        arcella.cli("start", name, "--group", "one" if name != "c" else "two", "--arg", "200").ok()
        arcella.wait_state(name, "running")
    rows = {r["deployment"]: r["worker_pid"] for r in arcella.json("list", "instances")["instances"]}
    assert rows["a"] == rows["b"] != rows["c"]
    assert {w["group"] for w in arcella.workers()} == {"one", "two"}
    for pid in {rows["a"], rows["c"]}:
        assert b"arcella-worker" in open(f"/proc/{pid}/cmdline", "rb").read()
    for name in "abc":
        arcella.cli("stop", name, "--timeout", "100ms").ok()


def test_the_exit_code_is_kept_and_shown(arcella):
    arcella.expect_log("deployment=seven")
    arcella.install("exit_code.wasm", "seven")
    arcella.cli("start", "seven", "--arg", "7", "--restart", "temporary")
    row = arcella.wait_state("seven", "failed")
    assert row["exit_code"] == 7
    assert "7" in arcella.cli("status", "seven").ok().out
    assert arcella.stop() == 0
    arcella.start()
    assert arcella.deployment("seven")["exit_code"] == 7


@pytest.mark.parametrize("kind,code,starts", [("temporary", 0, 1), ("temporary", 3, 1), ("transient", 0, 1),
                                              ("transient", 3, 4), ("permanent", 0, 4)])
def test_restart_kinds(arcella, kind, code, starts):
    """Transient restarts failures, permanent everything, three times within a minute, then it is given up."""
    arcella.expect_log("gave up|given up|restart|failed|exited")
    arcella.install("exit_code.wasm", "job")
    arcella.cli("start", "job", "--arg", str(code), "--restart", kind)
    final = "failed" if code or kind == "permanent" else "finished"
    wait_until(lambda: arcella.deployment("job")["state"] == final and arcella.deployment("job")["restarts"] == starts - 1
               and not arcella.json("list", "instances")["instances"], 20, f"{final} after {starts} starts")
    time.sleep(0.5)
    assert arcella.deployment("job")["restarts"] == starts - 1


def test_stop_is_graceful_then_forced(arcella):
    arcella.install("spin.wasm")
    arcella.cli("start", "spin").ok()
    arcella.wait_state("spin", "running")
    began = time.monotonic()
    done = arcella.json("stop", "spin", "--timeout", "1s")
    assert 0.8 < time.monotonic() - began < 1 + 3 * SLOW
    assert done["state"] == "stopped"
    assert arcella.json("stop", "spin")["already"] is True


def test_the_shutdown_entry_is_called(arcella, tmp_path):
    template = '[deployment]\nisolation = "worker"\n[startup]\nshutdown = "shutdown"\n'
    arcella.cli("install", package(tmp_path / "p", "hook", guest="shutdown_hook.wasm", template=template)).ok()
    arcella.cli("start", "hook").ok()
    arcella.wait_state("hook", "running")
    time.sleep(0.3)
    done = arcella.json("stop", "hook", "--timeout", "20s")
    assert done["state"] == "stopped" and done["forced"] == 0
    log = arcella.logs("hook")
    assert log.index("shutting down") < log.index("stdout: down")


@pytest.mark.parametrize("entry", ["run", "run.run", "wasi:cli/run.run", "wasi:cli/run@0.2.0.run", "wasi:cli/run@0.2.0#run"])
def test_the_entry_point_of_a_component(arcella, tmp_path, entry):
    """As calls name functions, and as core modules name exports; the version is one that the exported one serves."""
    template = f'[deployment]\nisolation = "worker"\n[startup]\nentrypoint = "{entry}"\n'
    arcella.cli("install", package(tmp_path / "p", "program", guest="program_ok.wasm", template=template)).ok()
    arcella.cli("start", "program", "--restart", "never").ok()
    assert arcella.wait_state("program", "finished")["exit_code"] == 0


@pytest.mark.parametrize("key", ["entrypoint", "shutdown"])
@pytest.mark.parametrize("entry,says", [
    ("runs", "there is 'wasi:cli/run@0.2.3.run'"),
    ("wasi:cli/run@0.3.0#run", "exports no function 'wasi:cli/run@0.3.0.run'"),
    ("a b", "expected FUNC or INTERFACE.FUNC"),
])
def test_entries_that_a_component_has_not(arcella, tmp_path, key, entry, says):
    """They are refused when it is installed, not at each start."""
    template = f'[deployment]\nisolation = "worker"\n[startup]\n{key} = "{entry}"\n'
    source = package(tmp_path / "p", "program", guest="program_ok.wasm", template=template)
    done = arcella.cli("install", source).failed("bad-manifest")
    assert says in done.err and entry in done.err and f"mend '{key}' in the template" in done.err
    assert arcella.json("list", "components")["components"] == []


def test_undeploy_stops_and_the_component_stays(arcella):
    arcella.install("spin.wasm")
    arcella.cli("start", "spin").ok()
    arcella.wait_state("spin", "running")
    arcella.cli("undeploy", "spin", "--timeout", "100ms").ok()
    assert arcella.deployment("spin") is None
    assert arcella.json("list", "instances")["instances"] == []
    assert len(arcella.json("list", "components")["components"]) == 1


def test_remove_refuses_while_deployed_then_removes_everything(arcella):
    arcella.install("hello.wasm")
    arcella.cli("start", "hello").ok()
    arcella.wait_state("hello", "finished")
    assert "hello" in arcella.cli("remove", "hello@0.1.0").failed("still-deployed").err
    arcella.cli("undeploy", "hello").ok()
    arcella.cli("remove", "hello@0.1.0").ok()
    assert not (arcella.home / "modules" / "hello@0.1.0").exists()
    assert arcella.json("list", "components")["components"] == []
    assert arcella.json("status")["cache"]["entries"] == 0


def test_unknown_targets(arcella):
    for verb in ("start", "stop", "restart", "undeploy", "remove", "inspect", "status"):
        arcella.cli(verb, "nothing-here").failed("not-found")


def test_wanted_state_survives_kill_and_restart(arcella):
    for name, guest in (("runs", "ticker.wasm"), ("stopped", "ticker.wasm"), ("finished", "hello.wasm")):
        arcella.install(guest, name)
        arcella.cli("start", name, *(["--arg", "200"] if guest.startswith("t") else [])).ok()
    arcella.wait_state("runs", "running")
    arcella.wait_state("finished", "finished")
    arcella.cli("stop", "stopped", "--timeout", "100ms").ok()
    for end in ("kill", "stop"):
        getattr(arcella, end)()
        arcella.expect_log("")  # what a killed daemon's predecessor left may be told
        arcella.start()
        arcella.wait_state("runs", "running")
        assert arcella.deployment("stopped")["state"] == "stopped"
        assert arcella.deployment("finished")["state"] == "finished"
    arcella.cli("stop", "runs", "--timeout", "100ms").ok()


def test_a_killed_worker_comes_back_and_others_notice_nothing(arcella):
    arcella.expect_log("worker|signal|killed")
    for name, group in (("a", "one"), ("b", "one"), ("c", "two")):
        arcella.install("ticker.wasm", name)
        arcella.cli("start", name, "--group", group, "--arg", "100").ok()
        arcella.wait_state(name, "running")
    rows = {r["deployment"]: r for r in arcella.json("list", "instances")["instances"]}
    os.kill(rows["a"]["worker_pid"], signal.SIGKILL)

    def back():
        now = {r["deployment"]: r for r in arcella.json("list", "instances")["instances"] if r["state"] == "running"}
        return now if len(now) == 3 and now["a"]["worker_pid"] != rows["a"]["worker_pid"] else None
    now = wait_until(back, 15, "both instances of the killed worker")
    assert now["a"]["worker_pid"] == now["b"]["worker_pid"]
    assert now["c"]["worker_pid"] == rows["c"]["worker_pid"] and now["c"]["id"] == rows["c"]["id"]
    log = arcella.logs()
    assert "9" in log and "one" in log
    for name in "abc":
        arcella.cli("stop", name, "--timeout", "100ms").ok()


@pytest.mark.parametrize("sign", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
def test_a_crash_counts_against_who_ran(arcella, sign):
    """The log names signal and instance; who ran is given up in the end, its neighbour starts again free of charge."""
    if sanitized() and sign == signal.SIGSEGV:
        # Our handler is not there in sanitized programs, and one that was sent is swallowed by the engine's.
        weaker("a crash counts against who ran: SIGTRAP in place of SIGSEGV, and no last words, under a sanitizer")
        sign = signal.SIGTRAP
    words = sign != signal.SIGKILL and not sanitized()  # else the page that worker and daemon share tells alone
    arcella.expect_log("worker|signal|running instance|deployment=bad|deployment=good|Sanitizer|^ |^=|^$")
    arcella.install("spin.wasm", "bad")
    arcella.install("ticker.wasm", "good")
    arcella.ask("start", target="good", group="one", arg=["500"])
    arcella.ask("start", target="bad", group="one")
    blamed = 0
    for crash in range(12):
        if blamed == 4:
            break
        for name in ("bad", "good"):
            arcella.wait_state(name, "running", 40)
        pid, = [w["pid"] for w in arcella.workers()]
        time.sleep(0.3 * SLOW)  # it has started; now let it have the processor
        os.kill(pid, sign)
        wait_until(lambda: not alive(pid) and any(w["pid"] != pid for w in arcella.workers()), 40, "another worker")
        line = wait_until(lambda: next((l for l in arcella.ask("logs", count=1000, level="error")["data"]["lines"]
                                        if f"pid={pid}" in l.get("fields", "")), None), 5, "the line that tells of it")
        assert line["group"] == "one"
        assert f"signal={int(sign)}" in line["fields"], line
        # Between two slices nobody has the processor: then nobody is charged, and nobody comes nearer to being given up.
        assert line.get("deployment") in ("bad", None), line
        if line.get("deployment"):
            blamed += 1
            assert line["instance"].startswith("bad/"), line
            if words:
                assert "running instance=" in line["fields"], line
    assert blamed == 4, f"{blamed} of {crash + 1} crashes were charged to who ran"
    arcella.wait_state("good", "running", 40)
    arcella.wait_state("bad", "failed", 40)
    for name in ("bad", "good"):
        arcella.cli("undeploy", name, "--timeout", "0s").ok()


def test_a_worker_that_hangs_is_killed(arcella):
    """Stopped in the kernel's sense it answers nothing: `stop` ends all the same, its group is started anew."""
    arcella.expect_log("worker|signal|killed")
    arcella.install("ticker.wasm", "a")
    arcella.install("ticker.wasm", "b")
    for name in "ab":
        arcella.ask("start", target=name, group="one", arg=["500"])
        arcella.wait_state(name, "running")
    pid = arcella.workers()[0]["pid"]
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    assert arcella.ask("stop", target="a", timeout="100ms")["success"]
    assert time.monotonic() - began < 30 * SLOW
    assert arcella.deployment("a")["state"] == "stopped"
    wait_until(lambda: not alive(pid), 10, "the end of the hanging worker")
    arcella.wait_state("b", "running")
    arcella.cli("stop", "b", "--timeout", "0s").ok()


def test_denied_and_what_would_allow_it(arcella, tmp_path):
    tmp_path.chmod(0o755)  # workers of a daemon that is root are somebody else
    (tmp_path / "note.txt").write_text("from the host\n")
    arcella.expect_log("deployment=reader")
    arcella.install("read_file.wasm", "reader")
    arcella.ask("start", target="reader", arg=["/data/note.txt"], restart="temporary")
    arcella.wait_state("reader", "failed")
    denied = [l for l in arcella.ask("logs", target="reader")["data"]["lines"] if l["unit"] == "audit" or "--dir" in l["message"]]
    assert any("--dir" in l["message"] + l.get("fields", "") and "/data" in l["message"] + l.get("fields", "") for l in denied), denied
    arcella.ask("undeploy", target="reader")
    arcella.ask("start", target="reader", arg=["/data/note.txt"], dir=[f"{tmp_path}::/data"])
    arcella.wait_state("reader", "finished")
    assert "from the host" in arcella.logs("reader")
    grants = arcella.ask("status", target="reader")["data"]["deployment"]["grants"]
    assert any(g["class"] == "fs" and str(tmp_path) in g["pattern"] for g in grants), grants


def test_listen_arguments_and_environment_survive_a_restart(arcella):
    probe = socket.socket()
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
    probe.close()
    arcella.install("tcp_echo.wasm", "echo")
    arcella.install("args_env.wasm", "show")
    arcella.cli("start", "echo", "--listen", f"127.0.0.1:{port}").ok()
    arcella.cli("start", "show", "--arg", "one two", "--arg", "--three", "--env", "A=B=C").ok()

    def echoes():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5 * SLOW) as client:
                client.sendall(b"over and out\n")
                return client.recv(100) == b"over and out\n"
        except OSError:
            return False

    for _ in range(2):
        wait_until(echoes, 15, "the echo")
        arcella.wait_state("show", "finished")
        log = arcella.logs("show")
        for text in ("one two", "--three", "A=B=C"):
            assert text in log
        arcella.restart()
        arcella.wait_state("echo", "running")
        arcella.ask("start", target="show")
    arcella.cli("undeploy", "echo", "--timeout", "0s").ok()
    assert not echoes()  # the daemon has closed it, too


@pytest.mark.long
def test_cpython_and_go_under_the_daemon(arcella, tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "p.py").write_text("import sys, json\nprint(json.dumps({'v': list(sys.version_info[:2]), 'a': sys.argv[1:]}))\n")
    arcella.install("hello_go.wasm", "go")
    arcella.install("python.wasm", "python", timeout=400)
    assert arcella.ask("start", target="go")["success"]
    arcella.wait_state("go", "finished")
    assert "sum 30" in arcella.logs("go")
    arcella.cli("start", "python", "--memory", "512m", "--dir", f"{tmp_path}::/app", "--arg", "/app/p.py", "--arg", "x").ok()
    arcella.wait_state("python", "finished", 60)
    log = arcella.logs("python")
    assert '"v": [3, 12]' in log and '"a": ["x"]' in log


def test_the_last_instance_gone_its_worker_leaves(stopped):
    (stopped.home / "cfg").mkdir(parents=True)
    os.chmod(stopped.home, 0o700)
    (stopped.home / "cfg" / "arcella.toml").write_text('[workers]\nidle = "200ms"\n')
    stopped.start()
    stopped.install("hello.wasm")
    stopped.cli("start", "hello").ok()
    stopped.wait_state("hello", "finished")
    wait_until(lambda: stopped.workers() == [], 10, "the worker's end")
    wait_until(lambda: children_of(stopped.pid) == [], 5, "no child")


def test_fifty_rounds_leave_nothing_behind(arcella):
    """Without a restart of the daemon; its memory comes back to where it was."""
    def resident():
        return int(open(f"/proc/{arcella.pid}/statm").read().split()[1]) * 4

    started = arcella.json("status")["started"]
    for n in range(50):
        arcella.install("hello.wasm")
        arcella.ask("start", target="hello")
        arcella.wait_state("hello", "finished")
        assert arcella.ask("undeploy", target="hello")["success"]
        assert arcella.ask("remove", target="hello@0.1.0")["success"]
        if n == 10:
            base = resident()
    assert arcella.json("status")["started"] == started
    assert resident() < base + 4096 * SLOW, "the daemon grew"


def test_shutdown_verb_ends_in_order(arcella):
    arcella.install("ticker.wasm")
    arcella.cli("start", "ticker", "--arg", "100").ok()
    arcella.wait_state("ticker", "running")
    pids = children_of(arcella.pid)
    arcella.cli("shutdown", "--timeout", "200ms").ok()
    assert arcella.process.wait(20 * SLOW) == 0
    assert not any(alive(p) for p in pids)
    assert not arcella.socket_path.exists()


def test_illegal_orders_say_so_and_change_nothing(arcella):
    """Every verb in every state: success, or an error with a code; never a hang, never a lost record."""
    arcella.expect_log("failed|exited|restart|given up|worker")
    arcella.install("ticker.wasm", "t")
    states = {
        "none": [],
        "running": [("start", {"target": "t", "arg": ["100"]})],
        "stopped": [("start", {"target": "t", "arg": ["100"]}), ("stop", {"target": "t", "timeout": "50ms"})],
    }
    for name, road in states.items():
        for verb in ("start", "stop", "restart", "undeploy", "remove"):
            for cmd, args in road:
                assert arcella.ask(cmd, **args)["success"], (name, cmd)
            args = {"target": "t"} | ({"timeout": "50ms"} if verb in ("stop", "restart", "undeploy") else {})
            reply = arcella.ask(verb, **args)
            assert reply["success"] or reply["error"]["code"] in ("not-found", "still-deployed", "wrong-state"), (name, verb, reply)
            arcella.ask("undeploy", target="t", timeout="50ms")
            arcella.ask("remove", target="t")
            arcella.install("ticker.wasm", "t")
