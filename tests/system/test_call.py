# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Components that run: `call`, and `run --invoke`.  The guest is tests/guests/calls.wat."""
import base64
import json
import struct
import subprocess
import time

import pytest

from conftest import BIN, GUESTS, SLOW, children_of, environment, role_of, wait_until

CALLS = GUESTS / "calls.wasm"
BAD_END = r"trap|took longer|caller has left|given up"


@pytest.fixture
def calls(arcella):
    arcella.expect_log(BAD_END)
    arcella.install("calls.wasm", "calls", "1.0.0")
    arcella.cli("start", "calls").ok()
    return arcella


def restarted(calls, before=0):
    """It runs again, having been started once more."""
    wait_until(lambda: calls.deployment("calls")["restarts"] > before and calls.deployment("calls")["running"] == 1, 15,
               "its next start")


# --- call ---

def test_results_as_wave_and_as_data(calls):
    assert calls.cli("call", "calls", "add", "1", "2").ok().out == "3\n"
    assert calls.cli("call", "calls/0", "acme:calls/texts@1.2.0.echo", '"né\\n"').ok().out == '"né\\n"\n'
    assert calls.cli("call", "calls", "texts.echo", '"short"').ok().out == '"short"\n'
    assert calls.cli("call", "calls", "echo", '"shorter"').ok().out == '"shorter"\n'
    assert calls.cli("call", "calls", "nothing").ok().out == ""
    data = calls.json("call", "calls", "add", "1", "2")
    assert (data["result"], data["wave"], data["instance"], data["has_result"]) == (3, "3", "calls/0", True)
    # Beyond what a double holds a number is a text, and read as one.
    data = calls.json("call", "calls", "same", '"18446744073709551615"')
    assert data["result"] == data["wave"] == "18446744073709551615"
    assert calls.json("call", "calls", "same", "9007199254740991")["result"] == 9007199254740991
    data = calls.json("call", "calls", "echo", '"a\\u0000b"')
    assert "result" not in data and json.loads(data["json"]) == "a\0b"


@pytest.fixture
def named(arcella):
    arcella.expect_log(BAD_END)
    arcella.install("named.wasm", "named", "1.0.0")
    arcella.cli("start", "named").ok()
    return arcella


@pytest.mark.parametrize("number", ["-0.0", "0.1", "5e-324", "2.2250738585072014e-308", "1e+300", "0.30000000000000004"])
def test_floats_come_back_as_they_were(named, run, guest, number):
    """By the daemon and without it: the sign of zero too, and no digit more than the number needs."""
    turned = number[1:] if number[0] == "-" else "-" + number
    said = named.cli("call", "named", "turn", turned, "--json").ok().out
    assert f'"result":{number},' in said, said
    assert struct.pack("d", json.loads(said)["data"]["result"]) == struct.pack("d", float(number))
    assert run("--json", "--invoke", f"turn({turned})", guest("named.wasm")).ok().out == number + "\n"


def test_functions_are_found_as_people_name_them(named, run, guest):
    assert named.cli("call", "named", "acme:a/x@2.0.0.f").ok().out == "2\n"
    several = named.cli("call", "named", "f").failed("ambiguous-name").err
    assert all(name in several for name in ("acme:a/x@1.0.0.f", "acme:a/x@2.0.0.f", "acme:b/x.f", "in full")), several
    for make, rows in (("cart(5)", "cart.rows($1)"), ("carts.cart.new(5)", "acme:shop/carts.cart.rows($1)"),
                       ("[constructor]cart(5)", "[method]cart.rows($1)")):
        assert run("--invoke", make, "--invoke", rows, guest("named.wasm")).ok().out == "handle(1)\n5\n"
    assert named.cli("call", "named", "cart.most").ok().out == "9\n"


def test_arguments_from_a_file(calls, tmp_path):
    (tmp_path / "wave").write_text("40,\n2")
    (tmp_path / "list").write_text("[40, 2]")
    (tmp_path / "names").write_text('{"b": 2, "a": 40}')
    assert calls.cli("call", "calls", "add", "--input", tmp_path / "wave").ok().out == "42\n"
    for name in ("list", "names"):
        assert calls.json("call", "calls", "add", "--input", tmp_path / name)["result"] == 42
    text = "x" * 500_000  # more than a request may have
    (tmp_path / "large").write_text(json.dumps([text]))
    assert calls.ask("call", target="calls", function="echo", json=True, input=str(tmp_path / "large"))["data"]["result"] == text
    (tmp_path / "too-large").write_text(json.dumps(["x" * 1_050_000]))
    done = calls.cli("call", "calls", "echo", "--json", "--input", tmp_path / "too-large").failed("too-large")
    assert "returned" in done.out
    calls.cli("call", "calls", "add", "1", "--input", tmp_path / "wave").failed("invalid-argument")
    calls.cli("call", "calls", "add", "--input", tmp_path / "absent").failed("not-found")
    calls.cli("call", "calls", "add", "--input", tmp_path).failed("invalid-argument")


def test_places_are_those_of_the_file(calls, tmp_path):
    file = tmp_path / "arguments"
    for text, words, place in (("[", [], "column 1:"), ("1,\n\n x", [], "line 3, column 2:"),
                               ('[1,\n "x"]', ["--json"], "line 2, column 2:")):
        file.write_text(text)
        done = calls.cli("call", "calls", "add", *words, "--input", file).failed("invalid-argument")
        assert place in done.err + done.out, done.err


@pytest.mark.parametrize("words,code,says", [
    (["add", "1"], "invalid-argument", ["add(a: u32, b: u32) -> u32", "'b'"]),
    (["add", "1", "2", "3"], "invalid-argument", ["add(a: u32, b: u32) -> u32"]),
    (["add", "1", "x"], "invalid-argument", ["argument 2 'b'", "found"]),
    (["add", "1", "-5"], "invalid-argument", ["-5", "u32"]),
    (["ad", "1", "2"], "not-found", ["'add'"]),
    (["nope:no/no.add", "1", "2"], "not-found", []),
    (["make", "1"], "unsupported", ["resources"]),
    (["(", "1"], "invalid-argument", []),
])
def test_what_is_wrong_is_told_before_the_guest_runs(calls, words, code, says):
    done = calls.cli("call", "calls", *words).failed(code)
    for text in says:
        assert text in done.err, done.err
    assert calls.cli("call", "calls", "count").ok().out == "1\n"


def test_who_cannot_be_called(calls):
    calls.install("plain_add.wasm", "plain")
    calls.cli("start", "plain").ok()
    calls.cli("call", "plain", "add", "1", "2").failed("wrong-kind")
    calls.cli("call", "absent", "add").failed("not-found")
    calls.cli("call", "calls/7", "add").failed("not-found")
    calls.cli("stop", "calls").ok()
    assert "stopped" in calls.cli("call", "calls", "count").failed("wrong-state").err
    calls.cli("undeploy", "calls").ok()
    assert "start" in calls.cli("call", "calls@1.0.0", "count").failed("wrong-state").err


def test_state_is_kept_between_calls_and_lost_by_a_trap(calls):
    assert [calls.cli("call", "calls", "count").ok().out for _ in range(3)] == ["1\n", "2\n", "3\n"]
    reply = calls.ask("call", target="calls", function="trap")
    assert not reply["success"] and reply["error"]["code"] == "trap"
    assert reply["data"]["end"] == "trap" and reply["data"]["trap"] == "unreachable" and reply["data"]["frames"]
    restarted(calls)
    assert calls.cli("call", "calls", "count").ok().out == "1\n"
    assert calls.json("status", "calls")["outcome"]["end"] == "trap"


@pytest.mark.parametrize("words", [["spin"], ["spin-in-realloc", '"x"'], ["spin-in-post-return"]])
def test_endless_calls_end_at_their_timeout(calls, words):
    begin = time.monotonic()
    done = calls.cli("call", "calls", *words, "--timeout", "300ms").failed("timeout")
    assert "300 ms" in done.err and time.monotonic() - begin < 5 * SLOW
    restarted(calls)
    assert calls.cli("call", "calls", "count").ok().out == "1\n"


def test_calls_wait_for_each_other_and_the_queue_is_bounded(calls):
    calls.cli("call", "calls", "count").ok()
    with calls.alme() as first, calls.alme() as second, calls.alme() as third:
        first.send({"cmd": "call", "args": {"target": "calls", "function": "spin", "timeout": "2s"}})
        time.sleep(0.2)
        for number in range(40):
            second.send({"cmd": "call", "args": {"target": "calls", "function": "count"}, "id": number})
            third.send({"cmd": "call", "args": {"target": "calls", "function": "count"}, "id": number})
        # Who finds the queue full is told at once, others wait; the instance dies with the first, so they are refused.
        codes = [connection.line()["error"]["code"] for connection in (second, third) for _ in range(40)]
        assert set(codes) == {"busy", "wrong-state"} and codes.count("wrong-state") == 63
        assert first.line()["error"]["code"] == "timeout"
    restarted(calls)


def test_a_wait_for_a_turn_has_an_end(calls):
    with calls.alme() as first:
        first.send({"cmd": "call", "args": {"target": "calls", "function": "spin", "timeout": "4s"}})
        time.sleep(0.3)
        begin = time.monotonic()
        done = calls.cli("call", "calls", "count", "--timeout", "300ms").failed("timeout")
        assert "not its turn within 300 ms" in done.err and time.monotonic() - begin < 3
        assert first.line()["error"]["code"] == "timeout"


def test_short_patience_of_callers_is_no_failure(calls):
    """More often than a deployment may fail: it is there for others all the same."""
    for number in range(6):
        done = calls.cli("call", "calls", "spin", "--timeout", "100ms").failed("timeout")
        assert "100 ms that its caller gave it" in done.err, done.err
        restarted(calls, number)
    assert calls.cli("call", "calls", "count").ok().out == "1\n"
    # What is longer than the deployment allows is its failure, whatever the caller's patience.
    calls.cli("stop", "calls").ok()
    calls.cli("undeploy", "calls").ok()
    calls.cli("start", "calls", "--timeout", "100ms").ok()
    for _ in range(6):
        calls.cli("call", "calls", "spin", "--timeout", "500ms")
        wait_until(lambda: calls.deployment("calls")["running"] or calls.deployment("calls")["state"] == "failed")
    assert calls.deployment("calls")["state"] == "failed"


def test_who_leaves_gives_his_call_up(calls):
    with calls.alme() as alme:
        alme.send({"cmd": "call", "args": {"target": "calls", "function": "spin", "timeout": "0s"}})
        time.sleep(0.3)
    restarted(calls)
    assert calls.cli("call", "calls", "count").ok().out == "1\n"


def test_stop_waits_for_a_call_and_ends_an_endless_one(calls):
    with calls.alme() as alme:
        alme.send({"cmd": "call", "args": {"target": "calls", "function": "spin", "timeout": "0s"}})
        time.sleep(0.3)
        calls.cli("stop", "calls", "--timeout", "300ms").ok()
        assert alme.line()["error"]["code"] == "cancelled"
    assert calls.deployment("calls")["state"] == "stopped"


def test_a_worker_that_dies_ends_its_calls(calls):
    calls.expect_log(r"worker lost|worker-lost|worker")
    with calls.alme() as alme:
        alme.send({"cmd": "call", "args": {"target": "calls", "function": "spin", "timeout": "0s"}})
        time.sleep(0.3)
        worker, = [p for p in children_of(calls.pid) if role_of(p) == "worker"]
        subprocess.run(["kill", "-9", str(worker)], check=True)
        assert alme.line()["error"]["code"] == "worker-lost"
    restarted(calls)
    assert calls.cli("call", "calls", "count").ok().out == "1\n"


# --- install, start, inspect ---

def test_a_file_name_is_an_id(arcella, tmp_path):
    file = tmp_path / "calls@1.2.3.wasm"
    file.write_bytes(CALLS.read_bytes())
    assert arcella.json("install", file)["id"] == "calls@1.2.3"
    arcella.cli("start", "calls").ok()
    arcella.restart().wait_state("calls", "running")
    assert arcella.cli("call", "calls", "add", "1", "2").ok().out == "3\n"


def test_modules_are_compiled_once(arcella):
    before = arcella.json("status")["compiles"]
    arcella.install("calls.wasm", "one")
    arcella.install("calls.wasm", "two")
    arcella.cli("start", "one").ok()
    arcella.cli("start", "two").ok()
    assert arcella.json("status")["compiles"] - before == 2  # it has two modules
    assert arcella.workers()[0]["instances"] == 2


def test_code_that_is_gone_is_made_again(calls):
    calls.cli("stop", "calls").ok()
    for file in (calls.home / "cache").iterdir():
        file.unlink()
    calls.cli("start", "calls").ok()
    assert calls.cli("call", "calls", "add", "1", "2").ok().out == "3\n"


def test_inspect_shows_wit_of_what_is_installed(calls, home):
    text = calls.cli("inspect", "calls", "--wit").ok().out
    assert "export add: func(a: u32, b: u32) -> u32;" in text and "interface texts" in text
    of_file = subprocess.run([BIN / "arcella", "inspect", "--wit", CALLS], text=True, capture_output=True,
                             env=environment(home), timeout=60 * SLOW)
    assert of_file.stdout == text
    component = calls.json("inspect", "calls@1.0.0", "--wit")["component"]
    assert component["wit"] == text and component["world"]["world"] == "root"
    assert [m["length"] > 0 and len(m["digest"]) == 64 for m in component["modules"]] == [True, True]
    calls.install("plain_add.wasm", "plain")
    calls.cli("inspect", "plain", "--wit").failed("wrong-kind")


def test_imports_nobody_provides(arcella):
    arcella.expect_log("cannot be started|missing")
    arcella.install("hello_component.wasm", "comp")
    imports = arcella.json("inspect", "comp")["component"]["imports"]
    assert imports and all(row["host"] == "no interface" for row in imports if row["type"] != "instance")
    assert any(row["module"].startswith("wasi:cli/environment@") and row["type"].startswith("func(") for row in imports)
    done = arcella.cli("start", "comp").failed("unknown-import")
    assert "wasi:" in done.err


@pytest.mark.parametrize("guest,code,state", [("program_ok.wasm", 0, "finished"), ("program_err.wasm", 1, "failed")])
def test_a_program_runs_and_its_result_counts(arcella, run, guest, code, state):
    assert run(GUESTS / guest).code == code
    arcella.install(guest, "program")
    arcella.cli("start", "program", "--restart", "never")
    assert arcella.wait_state("program", state)["exit_code"] == code
    arcella.cli("call", "program", "run").failed("wrong-state")


# --- run --invoke ---

def test_invoke_needs_no_daemon(run, guest):
    done = run("--invoke", "add(1, 2)", "--invoke", "add($1, 10)", "--invoke", 'texts.echo("$1")', guest("calls.wasm")).ok()
    assert done.out == '3\n13\n"$1"\n' and done.err == ""
    done = run("--json", "--invoke", 'same("18446744073709551615")', "--invoke", "same($1)", "--invoke", "nothing()",
               guest("calls.wasm")).ok()
    assert done.out == '"18446744073709551615"\n"18446744073709551615"\nnull\n'


def test_resources_are_kept_within_a_run(run, guest):
    done = run("--invoke", "make(7)", "--invoke", "make(8)", "--invoke", "value($1)", "--invoke", "value(handle(2))",
               guest("calls.wasm")).ok()
    assert done.out == "handle(1)\nhandle(2)\n7\n8\n"
    done = run("--json", "--invoke", "make(7)", "--invoke", "value($1)", guest("calls.wasm")).ok()
    assert done.out == '{"handle":1}\n7\n'
    run("--invoke", "value(handle(1))", guest("calls.wasm")).failed("invalid-argument")


def test_resources_have_their_names(run, guest, arcella):
    done = run("--invoke", "value(1)", guest("calls.wasm")).failed("invalid-argument")
    assert "argument 1 'of' of value(of: borrow<counter>) -> u32" in done.err
    arcella.install("calls.wasm", "calls")
    types = {row["name"]: row["type"] for row in arcella.json("inspect", "calls")["component"]["exports"]}
    assert types["make"] == "func(n: u32) -> own<counter>"


@pytest.mark.parametrize("calls,code,says", [
    (["add(1)"], 2, "add(a: u32, b: u32) -> u32"),
    (["add(1, 2"], 2, "add"),
    (["add($1, 2)"], 2, "$1"),
    (["nope()"], 125, "nope"),
    (["trap()"], 134, "at "),
    (["count()", "trap()", "count()"], 134, "unreachable"),
])
def test_invoke_says_what_is_wrong(run, guest, calls, code, says):
    done = run(*[word for call in calls for word in ("--invoke", call)], guest("calls.wasm"))
    assert done.code == code and says in done.err, (done.code, done.err)
    assert done.out == ("1\n" if len(calls) > 1 else "")


@pytest.mark.parametrize("calls,code,says", [
    (["count()", "add(1, x)"], 2, ["add(1, x)", "argument 2 'b' of add(a: u32, b: u32) -> u32", "column 8"]),
    (["count()", "nope()"], 125, ["nope"]),
    (["count()", "add($2, 1)"], 2, ["$2: 1 function is called before this one"]),
    (["count()", "nope($1)"], 125, ["nope"]),
    (["make(1)", "value(handle(1))", "value(handle(1), 2)"], 2, ["value(handle(1), 2)", "no argument behind 1"]),
    (["make(1)", "value(handle(0))"], 2, ["handle 0"]),
])
def test_all_calls_are_checked_before_the_first_one(run, guest, calls, code, says):
    done = run(*[word for call in calls for word in ("--invoke", call)], guest("calls.wasm"))
    assert done.code == code and done.out == "", (done.code, done.out, done.err)
    assert all(text in done.err for text in says), done.err


def test_a_place_behind_a_result_is_that_of_what_was_read(run, guest):
    done = run("--invoke", "count()", "--invoke", "add($1, x)", "--invoke", "add($1000, $1)", guest("calls.wasm"))
    assert done.code == 2 and "$1000: 2 functions are called before this one" in done.err and not done.out
    done = run("--invoke", 'same(12345678)', "--invoke", "add($1, x)", guest("calls.wasm"))
    assert done.code == 2 and done.out == "12345678\n"
    assert "--invoke 'add($1, x)', read as 'add(12345678, x)'" in done.err and "column 15" in done.err, done.err


def test_results_stand_outside_of_texts_and_comments(run, guest):
    calls = ["add(1, 2)", "add(1, // it's \"quoted $1\n $1)", 'texts.echo("""\n  a "b $1\n  c\n  """)',
             "texts.echo(\"\\\"$1\")"]
    done = run(*[word for call in calls for word in ("--invoke", call)], guest("calls.wasm")).ok()
    assert done.out == '3\n4\n"a \\"b $1\\nc"\n"\\"$1"\n'


def test_a_run_takes_arguments_from_a_file(run, guest, tmp_path):
    file = tmp_path / "arguments"
    file.write_text("40,\n2")
    assert run("--invoke", "add", "--input", file, guest("calls.wasm")).ok().out == "42\n"
    assert run("--invoke", "count()", "--invoke", "add", "--input", file, "--invoke", "add($2, 1)",
               guest("calls.wasm")).ok().out == "1\n42\n43\n"
    file.write_text(json.dumps(["x" * 300_000]))  # more than a command line takes
    assert run("--json", "--invoke", "texts.echo", "--input", file, guest("calls.wasm")).ok().out == f'"{"x" * 300_000}"\n'
    file.write_text("[")
    assert "column 1:" in run("--invoke", "add", "--input", file, guest("calls.wasm")).failed("invalid-argument").err
    run("--invoke", "add(1, 2)", "--input", file, guest("calls.wasm")).failed("invalid-argument")
    run("--invoke", "add", "--invoke", "add", "--input", file, guest("calls.wasm")).failed("invalid-argument")
    run("--input", file, guest("calls.wasm")).failed("invalid-argument")
    run("--invoke", "add", "--input", tmp_path / "absent", guest("calls.wasm")).failed("not-found")
    assert run("--invoke", "nope", "--input", file, "--invoke", "count()", guest("calls.wasm")).failed("not-found").out == ""


def test_bytes_as_base64(named, run, guest, tmp_path):
    data = bytes(range(256)) * 2000  # 500 KB: as numbers too long for a result, as base64 not
    text = base64.b64encode(data).decode()
    file = tmp_path / "bytes"
    file.write_text(json.dumps([{"base64": text}]))
    reply = named.json("call", "named", "echo", "--json", "--base64", "--input", file)
    assert reply["result"] == {"base64": text} and "wave" not in reply
    assert json.loads(run("--json", "--base64", "--invoke", "echo", "--input", file, guest("named.wasm")).ok().out) == {"base64": text}
    assert named.json("call", "named", "echo", "--json", "[1, 2]")["result"] == [1, 2]
    assert named.json("call", "named", "echo", "--json", "--base64", "[1, 2]")["result"] == {"base64": "AQI="}
    for done in (named.cli("call", "named", "echo", "--json", "--input", file), run("--json", "--invoke", "echo", "--input", file, guest("named.wasm"))):
        assert "at most 1 MiB as text; with --json --base64" in done.failed("too-large").out + done.err
    named.cli("call", "named", "echo", "--base64", "[1, 2]").failed("invalid-argument")
    run("--base64", "--invoke", "echo([1])", guest("named.wasm")).failed("invalid-argument")


def test_a_call_is_taken_as_one_writes_it(calls):
    assert calls.cli("call", "calls", "add(1, 2)").ok().out == "3\n"
    assert calls.json("call", "calls", "--json", "add(1, 2)")["result"] == 3
    assert calls.cli("call", "calls", 'texts.echo("(")').ok().out == '"("\n'
    assert "more of them follow" in calls.cli("call", "calls", "add(1, 2)", "3").failed("invalid-argument").err


@pytest.mark.parametrize("calls", [["spin()"], ['spin-in-realloc("x")'], ["spin-in-post-return()"],
                                   ["make(1)", "spin-in-destructor($1)"]])
def test_an_endless_invoke_ends_at_its_timeout(run, guest, calls):
    done = run("--timeout", "300ms", *[word for call in calls for word in ("--invoke", call)], guest("calls.wasm"))
    assert done.code == 124, done.err


def test_errors_of_a_run_are_sentences_beside_its_output(run, guest):
    for calls, code in ((["nope()"], 125), (["add(1, -2)"], 2), (["[1]"], 2), (["trap()"], 134)):
        done = run("--json", *[word for call in calls for word in ("--invoke", call)], guest("calls.wasm"))
        assert done.code == code and done.out == "" and done.err.startswith("error: "), (done.code, done.err)


def test_who_needs_more_memory_is_told_how(run, guest):
    done = run("--memory", "1m", "--invoke", "add(1, 2)", guest("calls.wasm")).failed("over-limit")
    assert "2097152 bytes (2 MiB)" in done.err and "1048576 bytes (1 MiB)" in done.err and "hint: --memory raises" in done.err


def test_only_components_have_functions_to_invoke(run, guest):
    run("--invoke", "add(1, 2)", guest("plain_add.wasm")).failed("wrong-kind")
    assert run(guest("calls.wasm")).failed("wrong-kind").code == 126


def test_invoke_leaves_nothing(run, guest, home):
    """Without a cache that can be used the code of all modules lies in a folder of the run's own."""
    (home.parent / "full").mkdir()
    home.mkdir()
    (home / "cache").write_text("no folder")
    done = run("--invoke", "add(1, 2)", guest("calls.wasm"), XDG_RUNTIME_DIR=home.parent / "full").ok()
    assert done.out == "3\n" and not list((home.parent / "full").iterdir())
