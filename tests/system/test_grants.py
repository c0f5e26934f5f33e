# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Grants from manifest to refusal: asked for, given, taken away, told, audited.

Programs here are of WASI preview 1, which has files, variables and arguments; what needs sockets is tested where the
guests of WASI 0.2 are.
"""
import json
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from conftest import BIN, GUESTS, environment, wait_until


def lines(arcella, name):
    """What a program wrote, in order."""
    found = arcella.ask("logs", target=name, count=1000)["data"]["lines"]
    return [l["message"] for l in found if l["unit"] == "guest"]


def audits(arcella, name=None):
    more = {"target": name} if name else {}
    found = arcella.ask("logs", unit="audit", count=1000, **more)["data"]["lines"]
    return [(l["message"], l.get("fields", "")) for l in found]


def says(arcella, name, *wanted, since=0):
    """Wait until a program has said all of it, in this order, after so many lines."""
    def all_said():
        rest = lines(arcella, name)[since:]
        for word in wanted:
            if word not in rest:
                return False
            rest = rest[rest.index(word) + 1:]
        return True
    wait_until(all_said, 20, f"{wanted} of {lines(arcella, name)[since:]}")


def figures(arcella, name):
    deployment = arcella.ask("status", target=name)["data"]["deployment"]
    instances = arcella.ask("status", target=name)["data"]["instances"]
    return deployment["restarts"], [i["restarts"] for i in instances], instances[0]["worker_pid"] if instances else None


@pytest.fixture
def data(tmp_path):
    """A folder that workers of another user can read, and write where it says so."""
    tmp_path.chmod(0o755)
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "note.txt").write_text("note\n")
    (folder / "note.txt").chmod(0o644)
    return folder


@pytest.fixture
def package(tmp_path):
    """A package that asks for something."""
    def make(name, wasm, *requests):
        folder = tmp_path / f"package-{name}"
        folder.mkdir()
        text = f'[component]\nname = "{name}"\nversion = "0.1.0"\n'
        for request in requests:
            text += "\n[[grants]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in request.items())
        (folder / "component.toml").write_text(text)
        (folder / "it.wasm").write_bytes((GUESTS / wasm).read_bytes())
        return folder
    return make


ASKS = ({"class": "fs", "action": ["read", "write"], "pattern": "/data", "reason": "keeps its notes there"},
        {"class": "env", "action": "read", "pattern": "WORD", "reason": "what to greet with"},
        {"class": "net", "action": "connect", "pattern": "API.example.com:443", "reason": "fetches the rates"},
        {"class": "net", "action": "resolve", "pattern": "*.example.com", "reason": "finds mirrors"})


# --- asked for ---------------------------------------------------------------------------------------------------------

def test_requests_are_shown_and_grant_nothing(arcella, package, data):
    folder = package("asker", "try_files.wasm", *ASKS)
    local = json.loads(arcella.cli("inspect", folder, "--permissions", "--json", program="arcella").ok().out)["data"]
    assert [r["pattern"] for r in local["permissions"]["requested"]] == ["/data", "WORD", "api.example.com:443", "*.example.com"]
    installed = arcella.cli("install", folder).ok()
    assert "fetches the rates" in installed.err and "--net connect=api.example.com:443" in installed.err
    started = arcella.cli("start", "asker", "--arg", "50", "--arg", "/data/note.txt").ok()
    assert "which is not granted: arcella-cli grant asker --dir HOSTDIR::/data:rw" in started.err
    shown = arcella.json("inspect", "asker", "--permissions")["permissions"]
    assert [r["granted"] for r in shown["requested"]] == [False] * 4
    assert [g["class"] for g in shown["granted"]] == ["args", "args"]
    assert shown["denied"] == []
    says(arcella, "asker", "start -", "/data/note.txt Capabilities insufficient")
    # decided with grant: what needs nothing of the host in one go
    arcella.cli("grant", "asker", "--allow-requested").ok()
    arcella.cli("grant", "asker", "--dir", f"{data}::/data:rw", "--env", "WORD=hello").ok()
    says(arcella, "asker", "start hello", "/data/note.txt ok")
    shown = arcella.json("inspect", "asker", "--permissions")["permissions"]
    assert [r["granted"] for r in shown["requested"]] == [True] * 4, shown
    by = {g["pattern"]: (g["source"], g.get("reason")) for g in shown["granted"]}
    assert by["api.example.com:443"] == ("template", "fetches the rates")
    assert by[f"{data}::/data"] == ("admin", "keeps its notes there")
    assert by["WORD"][0] == "admin"
    human = arcella.cli("inspect", "asker", "--permissions").ok().out
    assert re.search(r"denied +none", human) and "fetches the rates" in human


def test_start_can_grant_what_is_requested(arcella, package):
    arcella.cli("install", package("asker", "ticker.wasm", *ASKS)).ok()
    started = arcella.cli("start", "asker", "--allow-requested").ok()
    assert "WORD" in started.err and "fetches the rates" not in started.err
    shown = arcella.json("inspect", "asker", "--permissions")["permissions"]
    assert [r["granted"] for r in shown["requested"]] == [False, False, True, True]
    assert arcella.deployment("asker")["group"] == "asker"


@pytest.mark.parametrize("request_,says_", [
    ({"class": "fs", "action": "read", "pattern": "/data"}, "reason is missing"),
    ({"class": "fs", "action": "read", "pattern": "/host::/data", "reason": "x"}, "as the guest sees it"),
    ({"class": "fs", "action": "connect", "pattern": "/data", "reason": "x"}, "no action 'connect'"),
    ({"class": "nit", "action": "read", "pattern": "/data", "reason": "x"}, "no class 'nit'"),
    ({"class": "args", "action": "read", "pattern": "x", "reason": "x"}, "for whoever starts it"),
    ({"class": "net", "action": "connect", "pattern": "nowhere", "reason": "x"}, "its port is missing"),
])
def test_a_wrong_request_is_refused_with_its_place(arcella, package, request_, says_):
    refused = arcella.cli("install", package("asker", "hello.wasm", request_)).failed("[bad-manifest]")
    assert "component.toml:5" in refused.err and says_ in refused.err


# --- granting and revoking while it runs -------------------------------------------------------------------------------

def test_revoke_holds_from_the_next_check(arcella, data):
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--arg", "/data/note.txt", "--arg", "+/data/out",
                "--dir", f"{data}::/data:rw").ok()
    says(arcella, "tries", "/data/note.txt ok", "+/data/out ok", "held ok")
    before, count = figures(arcella, "tries"), len(lines(arcella, "tries"))
    done = arcella.json("revoke", "tries", "--allow", f"fs:write:{data}::/data")
    assert done["in_force"] == "now" and done["restarted"] == []
    says(arcella, "tries", "+/data/out Capabilities insufficient", since=count)
    assert "/data/note.txt ok" not in lines(arcella, "tries")[count:]
    count = len(lines(arcella, "tries"))
    assert arcella.json("revoke", "tries", "--dir", "/data")["in_force"] == "now"
    says(arcella, "tries", "/data/note.txt Capabilities insufficient", since=count)
    # what is open stays open: the rights of a file are those of its opening
    time.sleep(0.3)
    assert not any(l.startswith("held") for l in lines(arcella, "tries")[count:])
    assert figures(arcella, "tries") == before
    arcella.cli("revoke", "tries", "--dir", "/data").failed("[not-found]")
    told = [f for m, f in audits(arcella, "tries") if m == "revoked"]
    assert len(told) == 2 and all("command=revoke" in f and "fs:" in f for f in told), told


def test_a_grant_replaces_the_worker_and_counts_no_failure(arcella, data):
    arcella.install("try_files.wasm", "tries")
    arcella.install("ticker.wasm", "neighbour")
    arcella.cli("start", "neighbour", "--arg", "100", "--group", "both").ok()
    arcella.cli("start", "tries", "--arg", "30", "--arg", "/data/note.txt", "--group", "both").ok()
    says(arcella, "tries", "/data/note.txt Capabilities insufficient")
    before, neighbour = figures(arcella, "tries"), figures(arcella, "neighbour")
    count = len(lines(arcella, "tries"))
    with arcella.alme() as alme:
        alme.send({"cmd": "grant", "args": {"target": "tries", "dir": [f"{data}::/data"]}, "id": 7})
        replies = [alme.line()]
        while "success" not in replies[-1]:
            replies.append(alme.line())
    assert replies[-1]["success"], replies[-1]
    assert replies[-1]["data"]["in_force"] == "replaced"
    assert sorted(replies[-1]["data"]["restarted"]) == ["neighbour", "tries"]
    announced = [r for r in replies if r.get("progress", {}).get("stage") == "replace" or "replace" in json.dumps(r)]
    assert announced and "worker of group 'both'" in json.dumps(announced[0]), replies
    says(arcella, "tries", "start -", "/data/note.txt ok", since=count)
    after, other = figures(arcella, "tries"), figures(arcella, "neighbour")
    assert after[2] == other[2] != before[2] == neighbour[2]
    assert after[:2] == before[:2] and other[:2] == neighbour[:2]
    assert any(m == "granted" and "request=7" in f for m, f in audits(arcella, "tries"))
    # more of the same directory: the deployment starts again where its worker holds it
    count = len(lines(arcella, "tries"))
    done = arcella.json("grant", "tries", "--env", "WORD=again")
    assert done["in_force"] == "restarted" and done["restarted"] == ["tries"]
    says(arcella, "tries", "start again", since=count)
    assert figures(arcella, "neighbour") == other


def test_what_holds_grants_leaves_the_shared_worker(arcella, data):
    arcella.install("try_files.wasm", "tries")
    arcella.install("ticker.wasm", "neighbour")
    arcella.cli("start", "neighbour").ok()
    arcella.cli("start", "tries").ok()
    assert arcella.deployment("tries")["group"] == arcella.deployment("neighbour")["group"] == "default"
    neighbour = figures(arcella, "neighbour")
    done = arcella.json("grant", "tries", "--dir", f"{data}::/data")
    assert done["in_force"] == "replaced" and done["restarted"] == ["tries"]
    assert arcella.deployment("tries")["group"] == "tries"
    assert figures(arcella, "neighbour") == neighbour
    assert {w["group"] for w in arcella.workers()} == {"default", "tries"}
    arcella.restart()
    arcella.wait_state("tries", "running")
    assert arcella.deployment("tries")["group"] == "tries"


def test_grants_of_what_does_not_run(arcella, data):
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--arg", "/data/note.txt").ok()
    arcella.cli("stop", "tries").ok()
    assert arcella.json("grant", "tries", "--dir", f"{data}::/data")["in_force"] == "at its next start"
    count = len(lines(arcella, "tries"))
    arcella.cli("start", "tries").ok()
    says(arcella, "tries", "/data/note.txt ok", since=count)
    for wrong in (["grant", "tries"], ["revoke", "tries"], ["grant", "tries", "--allow", "fs:read"],
                  ["grant", "tries", "--net", "talk=1.2.3.4:5"]):
        arcella.cli(*wrong).failed("[invalid-argument]")
    arcella.cli("grant", "tries", "--dir", f"{data}/nothing::/more").failed("[not-found]")
    arcella.cli("grant", "tries", "--dir", f"{data.parent}::/data").failed("[already-exists]")
    arcella.cli("grant", "nobody", "--dir", f"{data}::/data").failed("[not-found]")


# --- deny, expiry, policy ----------------------------------------------------------------------------------------------

def test_deny_wins_and_explain_says_how_to_take_it_back(arcella, data):
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--arg", "/data/note.txt", "--dir", f"{data}::/data").ok()
    says(arcella, "tries", "/data/note.txt ok")
    count = len(lines(arcella, "tries"))
    assert arcella.json("grant", "tries", "--deny", "fs:read:/data")["in_force"] == "now"
    says(arcella, "tries", "/data/note.txt Capabilities insufficient", since=count)
    shown = arcella.json("inspect", "tries", "--permissions")["permissions"]
    assert [(d["class"], d["pattern"], d["source"]) for d in shown["denied"]] == [("fs", "/data", "admin")]
    [refused] = [r for r in arcella.json("explain", "tries")["refused"] if r["resource"] == "/data/note.txt"]
    assert refused["reason"] == "a grant denies it" and refused["command"] == "arcella-cli revoke tries --deny fs:read:/data"
    count = len(lines(arcella, "tries"))
    paste(arcella, refused["command"])
    says(arcella, "tries", "/data/note.txt ok", since=count)


def test_a_part_that_is_denied_takes_the_directory(arcella, data):
    (data / "secret").mkdir()
    (data / "secret").chmod(0o755)
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--arg", "/data/note.txt", "--arg", "+/data/out", "--dir", f"{data}::/data:rw").ok()
    says(arcella, "tries", "/data/note.txt ok", "+/data/out ok")
    # in what runs: no writing, then no reading either, since a link could lead there
    count = len(lines(arcella, "tries"))
    arcella.cli("grant", "tries", "--deny", "fs:write:/data/secret").ok()
    says(arcella, "tries", "+/data/out Capabilities insufficient", since=count)
    assert "/data/note.txt Capabilities insufficient" not in lines(arcella, "tries")[count:]
    arcella.cli("grant", "tries", "--deny", "fs:read:/data/**/key").ok()
    says(arcella, "tries", "/data/note.txt Capabilities insufficient", since=count)
    # and at a start
    arcella.expect_log("a directory is not given")
    count = len(lines(arcella, "tries"))
    arcella.cli("restart", "tries").ok()
    says(arcella, "tries", "/data/note.txt Capabilities insufficient", since=count)
    assert any("a directory is not given" in l["message"] for l in arcella.ask("logs", target="tries/0", count=1000)["data"]["lines"])


def test_a_grant_ends_by_itself(arcella, data):
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--arg", "/data/note.txt").ok()
    seconds = 4
    arcella.cli("grant", "tries", "--dir", f"{data}::/data", "--for", f"{seconds}s").ok()
    began = time.monotonic()
    says(arcella, "tries", "/data/note.txt ok")
    [row] = [g for g in arcella.json("inspect", "tries", "--permissions")["permissions"]["granted"] if g["class"] == "fs"]
    assert re.match(r"\d{4}-\d\d-\d\dT", row["expires"])
    pid = figures(arcella, "tries")[2]
    count = len(lines(arcella, "tries"))
    says(arcella, "tries", "/data/note.txt Capabilities insufficient", since=count)
    assert time.monotonic() - began > seconds - 2
    assert figures(arcella, "tries")[2] == pid
    assert not [g for g in arcella.json("inspect", "tries", "--permissions")["permissions"]["granted"] if g["class"] == "fs"]
    arcella.cli("restart", "tries").ok()


def test_policy_for_all(arcella, data):
    policy = arcella.home / "cfg" / "policy.toml"
    policy.parent.mkdir(exist_ok=True)
    policy.write_text(f'''
[[allow]]
deployments = ["x", "tri*"]
grants = ["fs:read:{data}::/shared", "env:read:WORD=policy"]
reason = "everybody may read this"

[[deny]]
grants = ["net:connect:169.254.0.0/16:*", "env:read:LD_*"]
reason = "no metadata service"
''')
    arcella.install("try_files.wasm", "tries")
    arcella.install("args_env.wasm", "other")
    arcella.cli("start", "tries", "--arg", "30", "--arg", "/shared/note.txt").ok()
    says(arcella, "tries", "start policy", "/shared/note.txt ok")
    arcella.cli("start", "other", "--env", "LD_PRELOAD=x", "--env", "WORD=mine").ok()
    arcella.wait_state("other", "finished")
    assert "env WORD=mine" in lines(arcella, "other") and not any("LD_PRELOAD" in l for l in lines(arcella, "other"))
    shown = arcella.json("inspect", "tries", "--permissions")["permissions"]
    assert ("fs", "policy", "everybody may read this") in [(g["class"], g["source"], g.get("reason")) for g in shown["granted"]]
    assert ("net", "169.254.0.0/16:*", "no metadata service") in [(g["class"], g["pattern"], g["reason"]) for g in shown["denied"]]
    # deny wins over what is granted; in force at the next start, or with the next change
    policy.write_text('[[deny]]\ngrants = "fs:read:/data"\nreason = "not here"\n')
    arcella.expect_log("a directory is not given")
    arcella.cli("grant", "tries", "--dir", f"{data}::/data").ok()
    shown = arcella.json("inspect", "tries", "--permissions")["permissions"]
    assert [(g["pattern"], g["reason"]) for g in shown["denied"]] == [("/data", "not here")]
    # a damaged file: nothing starts, and the place is said; what runs goes on
    policy.write_text('[[deny]]\ngrants = ["net:connect:nowhere"]\n')
    for verb in (["start", "other"], ["grant", "tries", "--env", "A=b"]):
        refused = arcella.cli(*verb).failed("[bad-config]")
        assert "cfg/policy.toml:2:11" in refused.err, refused.err
    doctor = [c for c in json.loads(arcella.cli("doctor", "--json", program="arcella").out)["data"]["checks"] if c["name"] == "policy"]
    assert not doctor[0]["ok"] and "cfg/policy.toml:2:11" in doctor[0]["message"]
    assert arcella.deployment("tries")["state"] == "running"
    assert "policy.toml:2:11" in arcella.json("inspect", "tries", "--permissions")["permissions"]["policy"]
    policy.unlink()
    arcella.cli("start", "other").ok()


# --- refusals ----------------------------------------------------------------------------------------------------------

def paste(arcella, command):
    """Run a command as a shell would read it."""
    words = shlex.split(command)
    assert words[0] == "arcella-cli", command
    return arcella.cli(*words[1:]).ok()


def test_the_command_of_explain_allows_it(arcella, data):
    odd = data.parent / "it's odd"
    odd.mkdir()
    odd.chmod(0o755)
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--arg", "+/data/out", "--dir", f"{data}::/data",
                "--arg", "+/it's odd/out", "--dir", f"{odd}::/it's odd").ok()
    says(arcella, "tries", "+/data/out Capabilities insufficient")
    explained = arcella.json("explain", "tries")
    by = {r["resource"]: r for r in explained["refused"]}
    assert by["/data/out"]["command"] == f"arcella-cli grant tries --dir {data}::/data:rw"
    assert by["/data/out"]["class"] == "fs" and by["/data/out"]["action"] == "write" and by["/data/out"]["count"] >= 1
    human = arcella.cli("explain", "tries").ok().out
    assert by["/data/out"]["command"] in human and "nothing allows it" in human
    odd.chmod(0o777)
    count = len(lines(arcella, "tries"))
    for refused in explained["refused"]:
        paste(arcella, refused["command"])
    says(arcella, "tries", "+/data/out ok", since=count)
    says(arcella, "tries", "+/it's odd/out ok", since=count)
    assert arcella.json("explain", "tries")["refused"] == []  # what is allowed by now is no news


def test_a_flood_of_refusals_keeps_its_count(arcella):
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "1", "--arg", "/data/a", "--arg", "/data/b").ok()

    def counted():
        rows = {r["resource"]: r["count"] for r in arcella.json("explain", "tries")["refused"]}
        return rows if min(rows.get("/data/a", 0), rows.get("/data/b", 0)) > 300 else None

    first = wait_until(counted, 60, "three hundred refusals")
    told = [f for m, f in audits(arcella, "tries") if m == "denied" and "/data/a" in f]
    assert 1 <= len(told) < 60, len(told)
    total = sum(int((re.search(r"count=(\d+)", f) or [0, 1])[1]) for f in told)
    now = arcella.json("explain", "tries")
    assert first["/data/a"] <= total + 0 or total >= first["/data/a"] - 1
    assert now["others"] == 0
    arcella.cli("stop", "tries").ok()
    ended = {r["resource"]: r["count"] for r in arcella.json("explain", "tries")["refused"]}
    told = [f for m, f in audits(arcella, "tries") if m == "denied" and "/data/a" in f]
    assert ended["/data/a"] == sum(int((re.search(r"count=(\d+)", f) or [0, 1])[1]) for f in told)
    for word in ("class=fs", "action=read", "resource=/data/a", "result=denied", 'reason="nothing allows it"', "allow_with="):
        assert word in told[0]


def test_counters_in_status(arcella, data):
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "20", "--arg", "/data/note.txt", "--arg", "/no", "--dir", f"{data}::/data").ok()
    says(arcella, "tries", "/no Capabilities insufficient")
    [instance] = arcella.ask("status", target="tries")["data"]["instances"]
    counters = {c["name"]: (c["used"], c.get("limit")) for c in instance["counters"]}
    assert counters["handles"][0] >= 4 and counters["handles"][1] == 1024
    assert counters["host-bytes"][1] == 16 << 20
    assert counters["denied"][0] > 0 and counters["denied"][1] is None


# --- audit-only --------------------------------------------------------------------------------------------------------

@pytest.fixture
def public():
    """A folder that any user can walk to."""
    folder = Path(tempfile.mkdtemp(prefix="arc-public-", dir="/tmp"))
    folder.chmod(0o777)
    (folder / "note.txt").write_text("note\n")
    (folder / "note.txt").chmod(0o644)
    yield folder
    shutil.rmtree(folder)


def test_audit_only_lists_what_a_tight_policy_needs(arcella, public):
    data = public
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--arg", f"{data}/note.txt", "--arg", f"+{data}/out", "--audit-only").ok()
    says(arcella, "tries", f"{data}/note.txt ok", f"+{data}/out ok")
    explained = arcella.json("explain", "tries")
    assert explained["refused"] == [] and {p["action"] for p in explained["passed"]} == {"read", "write"}
    assert explained["flags"] == f"--dir {data}::{data}:rw"
    assert explained["flags"] in arcella.cli("explain", "tries").ok().out
    assert any(m == "allowed" and "only --audit-only let it pass" in f for m, f in audits(arcella, "tries"))
    arcella.cli("undeploy", "tries").ok()
    arcella.cli("start", "tries", "--arg", "30", "--arg", f"{data}/note.txt", "--arg", f"+{data}/out",
                *shlex.split(explained["flags"])).ok()
    count = len(lines(arcella, "tries"))
    wait_until(lambda: f"+{data}/out ok" in lines(arcella, "tries")[-4:], 20, "the same under the tight policy")
    assert arcella.json("explain", "tries")["passed"] == [] and count >= 0
    arcella.install("ticker.wasm", "shared")
    arcella.cli("start", "shared", "--audit-only", "--group", "default").failed("[group-holds-less]")


def test_audit_only_of_run(data, home):
    run = [str(BIN / "arcella"), "run", "--audit-only", str(GUESTS / "read_file.wasm"), str(data / "note.txt")]
    done = subprocess.run(run, capture_output=True, text=True, env=environment(home))
    assert done.returncode == 0 and done.stdout == "note\n"
    assert f"--dir {data}::{data}" in done.stderr
    tight = done.stderr.strip().split("\n")[-1].removeprefix("arcella: ")
    again = subprocess.run([str(BIN / "arcella"), "run", *shlex.split(tight), *run[3:]], capture_output=True, text=True,
                           env=environment(home))
    assert again.returncode == 0 and again.stdout == "note\n" and again.stderr == ""


# --- secrets -----------------------------------------------------------------------------------------------------------

SECRET = "xyzzy-plugh-0451"


def test_a_secret_is_shown_nowhere(arcella, tmp_path, data):
    secret = tmp_path / "password"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    arcella.install("try_files.wasm", "keeper")
    started = arcella.cli("start", "keeper", "--arg", "1000", "--secret", f"WORD={secret}").ok()
    wait_until(lambda: any(l.startswith("start ") for l in lines(arcella, "keeper")), 10)
    assert f"start {SECRET}" in lines(arcella, "keeper")  # the program itself has it, and tells
    outputs = [started.out + started.err]
    for command in (["status", "keeper"], ["inspect", "keeper"], ["inspect", "keeper", "--permissions"], ["list", "deployments"],
                    ["explain", "keeper"], ["status"], ["list", "instances"]):
        outputs += [arcella.cli(*command).ok().out, arcella.cli(*command, "--json").ok().out]
    [row] = [g for g in arcella.json("inspect", "keeper", "--permissions")["permissions"]["granted"] if g["class"] == "env"]
    assert row["action"] == "secret" and row["pattern"] == f"WORD={secret}"
    granted = arcella.cli("grant", "keeper", "--secret", f"OTHER={secret}").ok()
    outputs += [granted.out, granted.err, str(audits(arcella))]
    assert not any(SECRET in text for text in outputs)
    arcella.stop()
    for path in arcella.home.rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            # what the program printed itself is in the log as its line, and nothing else is
            mine = b"\n".join(l for l in text.split(b"\n") if b"unit=guest" not in l and b'"unit":"guest"' not in l)
            assert SECRET.encode() not in mine, path
    # read anew at each start; without its file nothing starts
    secret.write_text("other")
    arcella.start()
    wait_until(lambda: "start other" in lines(arcella, "keeper"), 15)
    secret.unlink()
    arcella.expect_log("keeper")
    arcella.cli("restart", "keeper").failed("WORD")


def test_streams_of_run_can_be_denied(home):
    run = [str(BIN / "arcella"), "run"]
    done = subprocess.run([*run, "--deny", "stdio:write:stdout", str(GUESTS / "hello.wasm")], capture_output=True, text=True,
                          env=environment(home))
    assert done.returncode == 0 and done.stdout == ""
    done = subprocess.run([*run, "--deny", "stdio:read:stdin", str(GUESTS / "cat_stdin.wasm")], capture_output=True, text=True,
                          input="secret\n", env=environment(home))
    assert "secret" not in done.stdout


def test_a_secret_of_run(home, tmp_path):
    (tmp_path / "pw").write_text(SECRET)
    run = [str(BIN / "arcella"), "run", "--secret", "PW=pw", str(GUESTS / "args_env.wasm")]
    done = subprocess.run(run, capture_output=True, text=True, env=environment(home), cwd=tmp_path)
    assert done.returncode == 0 and f"env PW={SECRET}\n" in done.stdout and SECRET not in done.stderr
    missing = subprocess.run([*run[:3], "PW=nothing", run[4]], capture_output=True, text=True, env=environment(home), cwd=tmp_path)
    assert missing.returncode != 0 and "secret 'PW'" in missing.stderr
