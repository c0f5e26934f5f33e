# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What a person at the terminal sees: words that say what is, once, and hints that help."""
import re
import signal
import socket
import subprocess
import time

import pytest

from conftest import BIN, GUESTS, SLOW, environment, wait_until


def arcella_program(*arguments, home=None, **env):
    return subprocess.run([str(BIN / "arcella"), *map(str, arguments)], text=True, capture_output=True, timeout=60 * SLOW,
                          env=environment(home, **env))


# --- logs ---

def test_the_log_of_one_start_is_short_and_says_what_became_of_it(arcella):
    arcella.install("hello.wasm")
    arcella.ask("start", target="hello")
    arcella.wait_state("hello", "finished")
    lines = arcella.ask("logs", target="hello", level="info")["data"]["lines"]
    steps = [l for l in lines if "from=" in l.get("fields", "")]
    # On a busy machine it may have finished before the daemon was told that it runs.
    assert [l["message"] for l in steps if l["message"] != "running"] == ["starting", "finished"], steps
    assert all("kind=deployment" in l["fields"] and "reason=" in l["fields"] for l in steps)
    assert "hello: finished" in arcella.cli("logs", "hello").ok().out


def test_a_failed_instance_is_logged_and_what_is_loaded_is_not(arcella):
    arcella.install("trap_div0.wasm", "div")
    arcella.expect_log(r"deployment=div|unit=runtime|instance=div/0")
    arcella.ask("start", target="div", restart="temporary")
    arcella.wait_state("div", "failed")
    lines = arcella.ask("logs", target="div")["data"]["lines"]
    failed = [l for l in lines if l["message"] == "failed" and "kind=instance" in l.get("fields", "")]
    assert len(failed) == 1 and failed[0]["level"] == "info"
    # One sentence of the trap, not its name and then the same in words.
    assert "trap: divided an integer by zero" in failed[0]["fields"]
    assert "integer divide by zero" not in failed[0]["fields"]
    arcella.restart()
    assert arcella.deployment("div")["state"] == "failed"
    lines = arcella.ask("logs", target="div", level="info")["data"]["lines"]
    assert not [l for l in lines if "reason=load" in l.get("fields", "")], lines


def test_what_programs_wrote_can_be_asked_for_alone(arcella):
    arcella.install("hello.wasm")
    with arcella.alme() as alme:
        alme.send({"cmd": "logs", "args": {"unit": "guest", "follow": True, "count": 0}})
        arcella.ask("start", target="hello")
        item = alme.line()["item"]
        assert item["unit"] == "guest" and "hello from a guest" in item["message"]
    arcella.wait_state("hello", "finished")
    lines = arcella.ask("logs", unit="guest")["data"]["lines"]
    assert lines and {l["unit"] for l in lines} == {"guest"}
    assert {l["unit"] for l in arcella.ask("logs", unit="catalog")["data"]["lines"]} == {"catalog"}
    assert "hello from a guest" in arcella.cli("logs", "-u", "guest", "-n", "1").ok().out
    assert not arcella.ask("logs", unit="kernel")["success"]


def test_a_log_line_shows_its_error(arcella):
    arcella.cli("install", "/nowhere/x.wasm").failed("not-found")
    assert "No such file or directory [not-found]" in arcella.cli("logs").ok().out


@pytest.mark.parametrize("end", ["shutdown", "SIGTERM"])
def test_streams_are_told_of_an_orderly_end(stopped, end):
    stopped.start()
    stopped.install("hello.wasm")
    clients = [subprocess.Popen([str(BIN / "arcella-cli"), *verb], env=environment(stopped.home), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for verb in (["logs", "-f"], ["events"])]
    assert clients[0].stdout.readline()
    # `events` says nothing before there is one: start until it has.
    wait_until(lambda: stopped.ask("start", target="hello")["success"] and readable(clients[1].stdout), 15, "an event")
    stopped.wait_state("hello", "finished")
    if end == "shutdown":
        stopped.ask("shutdown")
    else:
        stopped.process.send_signal(signal.SIGTERM)
    for client in clients:
        out, err = client.communicate(timeout=30 * SLOW)
        assert client.returncode == 0, (out, err)
        assert out.endswith("the daemon has ended\n") and err == "", (out, err)
    stopped.stop()


def readable(file):
    import select
    return bool(select.select([file], [], [], 0.2)[0])


# --- errors ---

def test_a_missing_file_has_no_hint_about_components(arcella, tmp_path):
    for done in (arcella.cli("install", tmp_path / "nope.wasm"), arcella.cli("inspect", tmp_path / "nope.wasm")):
        done.failed("not-found")
        assert "nope.wasm" in done.err and done.err.endswith("hint: check the path\n"), done.err
    assert "hint: `arcella list" in arcella.cli("start", "nobody").failed("not-found").err


def test_an_instance_that_is_not_there(arcella):
    arcella.install("hello.wasm")
    for verb in ("status", "start", "stop", "inspect"):
        for target in ("hello/0", "nobody/7"):
            assert f"no instance '{target}'" in arcella.cli(verb, target).failed("not-found").err


def test_a_bad_file_is_named_once(arcella, tmp_path):
    (tmp_path / "rand.wasm").write_bytes(b"what is this")
    for done in (arcella.cli("install", tmp_path / "rand.wasm", "--id", "rand@1.0.0"), arcella.cli("inspect", tmp_path / "rand.wasm")):
        line = done.failed("bad-wasm").err.split("\n")[0]
        assert line.startswith("error: rand.wasm: expected a WebAssembly binary") and line.count("rand.wasm") == 1, line


def test_imports_are_shown_as_everybody_writes_them(arcella, guest):
    shown = arcella.cli("inspect", guest("hello.wasm")).ok().out
    assert re.search(r"fd_write +func \(i32, i32, i32, i32\) -> i32", shown), shown
    assert "func () -> ()" in shown
    arcella.install("imports_wrong_type.wasm", "wrong")
    arcella.expect_log("deployment=wrong|instance=wrong/0")
    assert re.search(r"\(it is \([^)]*\) -> \S+, not \(", arcella.cli("start", "wrong").failed("unknown-import").err)


def test_no_name_for_a_module_is_said_once(arcella):
    done = arcella.cli("install", GUESTS / "hello.wasm").failed("no-manifest")
    assert done.err.count("--id NAME@VERSION") == 1, done.err


def test_remove_names_who_is_in_the_way(arcella):
    ident = arcella.install("hello.wasm", "way")
    arcella.ask("start", target="way")
    arcella.wait_state("way", "finished")
    assert "hint: `arcella undeploy way` first" in arcella.cli("remove", ident).failed("still-deployed").err


def test_a_component_is_installed_with_a_warning(arcella):
    done = arcella.cli("install", GUESTS / "hello_component.wasm", "--id", "comp@1.0.0").ok()
    assert "nobody provides 'wasi:cli/environment@" in done.err and "comp@1.0.0 is installed" in done.out


def test_a_file_that_is_too_large_is_told_in_words(arcella, tmp_path):
    with open(tmp_path / "large.wasm", "wb") as file:
        file.truncate((256 << 20) + 1)
    began = time.monotonic()
    assert "more than 256 MiB" in arcella.cli("install", tmp_path / "large.wasm", "--id", "large@1.0.0").failed("too-large").err
    assert time.monotonic() - began < 5 * SLOW  # nothing of it was copied


def test_an_install_whose_client_leaves_is_given_up(arcella):
    """Ctrl-C in `arcella install`; who only has nothing more to send is waited for."""
    with arcella.alme() as alme:
        alme.send({"cmd": "install", "args": {"path": str(GUESTS / "python.wasm"), "id": "left@1.0.0"}})
        assert alme.line().get("progress"), "it has begun"
    wait_until(lambda: "its client has left" in arcella.cli("logs").ok().out, 15, "the install's end")
    assert not [c for c in arcella.ask("list")["data"]["components"] if c["name"] == "left"]
    with arcella.alme() as alme:
        alme.send({"cmd": "install", "args": {"path": str(GUESTS / "python.wasm"), "id": "stayed@1.0.0"}})
        alme.socket.shutdown(socket.SHUT_WR)
        assert alme.line().get("progress")
        time.sleep(0.5)  # as a pipe into socat does
    wait_until(lambda: [c for c in arcella.ask("list")["data"]["components"] if c["name"] == "stayed"], 60, "the other install")


# --- what is in force ---

def test_a_program_has_no_bounds_it_was_not_given(arcella):
    arcella.install("ticker.wasm")
    arcella.ask("start", target="ticker", arg=["50"], cpu_time="0s")
    policy = arcella.ask("inspect", target="ticker")["data"]["deployment"]["policy"]
    for key in ("timeout", "cpu-time", "fuel"):
        assert policy[key]["text"] == "none" and policy[key]["value"] == 0, policy[key]
    assert policy["memory"]["text"] != "none"
    row = arcella.deployment("ticker")["policy"]
    assert row["timeout"] == row["cpu-time"] == row["fuel"] == "none"
    arcella.ask("undeploy", target="ticker", timeout="0s")
    arcella.ask("start", target="ticker", arg=["50"], timeout="1h")
    assert arcella.deployment("ticker")["policy"]["timeout"] == "1h"
    arcella.ask("undeploy", target="ticker", timeout="0s")
    # A module that is called has the bounds of a call.
    arcella.install("plain_add.wasm", "plain")
    arcella.ask("start", target="plain")
    assert arcella.deployment("plain")["policy"]["timeout"] == "30s"
    arcella.ask("undeploy", target="plain", timeout="0s")


def test_deployments_are_listed_in_order_of_their_names(arcella):
    for name in ("pear", "apple", "quince", "fig"):
        arcella.install("hello.wasm", name)
        arcella.ask("start", target=name)
    names = [d["id"] for d in arcella.ask("list", what="deployments")["data"]["deployments"]]
    assert names == sorted(names) and len(names) == 4, names


# --- the program ---

def test_help_is_one_page(stopped):
    assert arcella_program("--help").stdout == arcella_program("help").stdout
    page = arcella_program("daemon", "--help").stdout
    assert page == arcella_program("help", "daemon").stdout == arcella_program("--json", "-h").stdout
    assert "--check-config" in page and "--set" in page and "--home" in page


def test_options_of_all_verbs_are_the_daemons_too(stopped, tmp_path):
    done = arcella_program("daemon", "-H", tmp_path / "other", "-S", tmp_path / "sock", "-j", "--check-config")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "other") in done.stdout and str(tmp_path / "sock") in done.stdout
    assert arcella_program("-V").stdout.startswith("arcella ")


@pytest.mark.parametrize("arguments,words", [
    (["daemon", "--nonsense"], "'--nonsense'"), (["daemon", "-x"], "'-x'"), (["--set"], "needs a value"), (["daemon", "more"], "'more'")])
def test_a_wrong_option_of_the_daemon(arguments, words):
    done = arcella_program(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    first, second = done.stderr.strip().split("\n")
    assert first.startswith("error: ") and words in first and first.endswith("[invalid-argument]"), done.stderr
    assert second == "hint: `arcella help daemon` shows its options"


def test_doctor_changes_nothing_where_there_is_nothing(tmp_path):
    (tmp_path / "home").mkdir(mode=0o700)
    done = arcella_program("doctor", home=tmp_path / "home")
    assert "not there yet" in done.stdout and not list((tmp_path / "home").iterdir())
