# SPDX-License-Identifier: Apache-2.0 OR MIT
"""A change of grants on its way into force: what is refused before anything stops, what happens when the daemon, the
policy or somebody else comes between, which group it leads to, what is said before, after and in the audit.
"""
import json
import os
import signal
import socket
import threading
import time

import pytest

from conftest import wait_until
from test_grants import audits, data, figures, lines, package, says  # noqa: F401  (fixtures)


def write_policy(arcella, text):
    policy = arcella.home / "cfg" / "policy.toml"
    policy.parent.mkdir(exist_ok=True)
    fresh = policy.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(policy)
    return policy


def allow_dir(folder, guest="/shared", deployments='"tri*"', action="read"):
    return f'[[allow]]\ndeployments = [{deployments}]\ngrants = ["fs:{action}:{folder}::{guest}", "env:read:WORD=policy"]\nreason = "all may"\n'


def grants_of(arcella, name):
    return [(g["class"], g["pattern"]) for g in arcella.json("inspect", name, "--permissions")["permissions"]["granted"]]


def held_dirs(arcella):
    """What the worker of each group may reach."""
    return {w["group"]: [d["path"] for d in w["sandbox"]["dirs"]] for w in arcella.workers()}


class Waiting:
    """A request under way on a connection of its own; its announcement has come."""

    def __init__(self, arcella, **request):
        self.alme = arcella.alme()
        self.alme.send(request)
        self.announced = self.alme.line()["progress"]

    def reply(self):
        while "success" not in (line := self.alme.line()):
            pass
        self.alme.close()
        return line


# --- groups ------------------------------------------------------------------------------------------------------------

def test_what_the_policy_grants_leaves_the_shared_worker(arcella, data):
    write_policy(arcella, allow_dir(data))
    arcella.install("try_files.wasm", "tries")
    arcella.install("ticker.wasm", "neighbour")
    arcella.cli("start", "neighbour").ok()
    arcella.cli("start", "tries").ok()  # an argument would be a grant, too
    says(arcella, "tries", "start policy")
    assert arcella.deployment("tries")["group"] == "tries"
    assert arcella.deployment("neighbour")["group"] == "default"
    assert held_dirs(arcella)["tries"] == [str(data)] and held_dirs(arcella)["default"] == []


@pytest.mark.parametrize("how", ["restart", "crash", "stop", "daemon"])
def test_a_policy_that_widens_moves_at_the_next_start(arcella, data, how):
    arcella.install("try_files.wasm", "tries")
    arcella.install("ticker.wasm", "neighbour")
    arcella.cli("start", "neighbour").ok()
    arcella.cli("start", "tries").ok()
    says(arcella, "tries", "start -")
    assert arcella.deployment("tries")["group"] == "default"
    write_policy(arcella, allow_dir(data))
    count = len(lines(arcella, "tries"))
    if how == "restart":
        arcella.cli("restart", "tries").ok()
    elif how == "crash":
        arcella.expect_log("worker lost|its worker ended|failed")
        os.kill(figures(arcella, "tries")[2], signal.SIGKILL)
    elif how == "stop":
        arcella.cli("stop", "tries").ok()
        # what stopped is of a policy that gives more by now: none of it is in the worker of who stays
        arcella.cli("stop", "neighbour").ok()
        wait_until(lambda: not arcella.workers(), 30, "idle workers to leave")
        arcella.cli("start", "neighbour").ok()
        assert held_dirs(arcella) == {"default": []}
        arcella.cli("start", "tries").ok()
    else:
        arcella.restart()
        count = 0
    says(arcella, "tries", "start policy", since=count)
    assert arcella.deployment("tries")["group"] == "tries"
    arcella.wait_state("neighbour", "running")
    assert arcella.deployment("neighbour")["group"] == "default"
    assert held_dirs(arcella)["tries"] == [str(data)] and held_dirs(arcella)["default"] == []


def test_a_group_of_its_own_that_another_took(arcella, data):
    arcella.install("ticker.wasm", "tries")
    arcella.install("ticker.wasm", "taker")
    arcella.cli("start", "tries").ok()
    arcella.cli("start", "taker", "--group", "tries").ok()
    before = figures(arcella, "tries")
    refused = arcella.cli("grant", "tries", "--dir", f"{data}::/data").failed("[group-holds-less]")
    assert "already holds 'taker'" in refused.err and "undeploy" in refused.err and "start 'tries' with" not in refused.err
    # nor does a policy make it share
    write_policy(arcella, allow_dir(data))
    assert "already holds 'taker'" in arcella.cli("restart", "tries").failed("[group-holds-less]").err
    assert figures(arcella, "tries") == before and arcella.deployment("tries")["group"] == "default"
    # to deny works in any case
    assert arcella.json("grant", "tries", "--deny", "fs:write:/x")["in_force"] == "now"
    arcella.cli("stop", "tries").ok()
    assert "already holds 'taker'" in arcella.cli("start", "tries").failed("[group-holds-less]").err


@pytest.mark.parametrize("first", ["audited", "other"])
def test_nobody_shares_the_worker_of_audit_only(arcella, first):
    arcella.install("ticker.wasm", "audited")
    arcella.install("ticker.wasm", "other")
    if first == "audited":
        for group in ([], ["--group", "shared"]):
            arcella.cli("start", "audited", "--audit-only", *group).ok()
            name = group[1] if group else "audited"
            refused = arcella.cli("start", "other", "--group", name).failed("[group-holds-less]")
            assert "for 'audited' alone" in refused.err
            arcella.cli("undeploy", "audited").ok()
        assert arcella.deployment("other") is None
    else:
        arcella.cli("start", "other", "--group", "shared").ok()
        arcella.cli("start", "audited", "--audit-only", "--group", "shared").failed("[group-holds-less]")
        assert arcella.deployment("audited") is None


# --- something comes between -------------------------------------------------------------------------------------------

def moving(arcella, data):
    """A deployment in the shared group that has just been granted something, and takes its time to stop."""
    arcella.install("try_files.wasm", "tries")
    arcella.install("ticker.wasm", "neighbour")
    arcella.cli("start", "neighbour").ok()
    arcella.cli("start", "tries").ok()
    says(arcella, "tries", "start -")
    waiting = Waiting(arcella, cmd="grant",
                      args={"target": "tries", "dir": [f"{data}::/data"], "env": ["WORD=granted"], "timeout": "60s"})
    assert waiting.announced["stage"] == "replace"
    assert arcella.wait_state("tries", "stopping")["group"] == "default"
    return waiting


def test_the_daemon_is_killed_while_a_grant_waits(arcella, data):
    moving(arcella, data).alme.close()
    arcella.kill()
    arcella.start()
    arcella.wait_state("tries", "running")
    assert arcella.deployment("tries")["group"] == "tries"
    says(arcella, "tries", "start granted")
    assert held_dirs(arcella).get("default", []) == []


@pytest.mark.parametrize("by", ["shutdown", "stop"])
def test_what_is_answered_when_it_does_not_start_again(arcella, data, by):
    waiting = moving(arcella, data)
    if by == "stop":
        arcella.cli("stop", "tries", "--timeout", "100ms").ok()
    else:
        arcella.process.send_signal(signal.SIGTERM)
    reply = waiting.reply()
    assert reply["success"], reply
    assert reply["data"]["in_force"] == "at its next start" and reply["data"]["restarted"] == []
    assert reply["data"]["not_restarted"] == ["tries"] and "replaced" not in reply["message"]
    if by == "shutdown":
        arcella.process.wait()
        arcella.start()
    else:
        arcella.cli("start", "tries").ok()
    arcella.wait_state("tries", "running")
    assert arcella.deployment("tries")["group"] == "tries"
    assert ("fs", f"{data}::/data") in grants_of(arcella, "tries")


def test_what_is_answered_when_it_is_undeployed(arcella, data):
    waiting = moving(arcella, data)
    arcella.cli("undeploy", "tries", "--timeout", "100ms").ok()
    reply = waiting.reply()
    assert not reply["success"] and "undeployed" in reply["message"], reply


# --- what cannot be given ----------------------------------------------------------------------------------------------

def test_what_cannot_be_given_stops_nothing(arcella, data, tmp_path):
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--group", "own").ok()
    before, held = figures(arcella, "tries"), grants_of(arcella, "tries")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "folder").mkdir()
        for wrong, code, words in ((["--secret", f"TYPO={tmp_path}/nope"], "[not-found]", "secret 'TYPO'"),
                                   (["--secret", f"TYPO={tmp_path}/folder"], "[invalid-argument]", "regular file"),
                                   (["--net", "listen=127.0.0.1:8000-8010"], "[invalid-argument]", "not one address and port"),
                                   (["--listen", f"127.0.0.1:{port}"], "[already-exists]", "somebody else"),
                                   (["--dir", f"{tmp_path}/nope::/x"], "[not-found]", "nope")):
            refused = arcella.cli("grant", "tries", *wrong).failed(code)
            assert words in refused.err, refused.err
            assert arcella.deployment("tries")["state"] == "running"
    assert figures(arcella, "tries") == before and grants_of(arcella, "tries") == held
    assert [m for m, f in audits(arcella, "tries") if "command=grant" in f] == []
    # and where it can
    secret = tmp_path / "secret"
    secret.write_text("word")
    done = arcella.json("grant", "tries", "--secret", f"WORD={secret}", "--listen", "127.0.0.1:0")
    assert done["restarted"] == ["tries"] and "not_restarted" not in done
    says(arcella, "tries", "start word")


def test_a_component_opens_its_sockets_itself(arcella):
    """Also where this daemon has never started it: a range is a grant, and no address is tried."""
    arcella.install("hello_component.wasm", "hello")
    arcella.cli("start", "hello").ok()
    arcella.wait_state("hello", "finished")
    arcella.restart()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = arcella.json("grant", "hello", "--net", "listen=127.0.0.1:8000-8010", "--net", f"listen=127.0.0.1:{port}")
    assert done["in_force"] == "at its next start" and len(done["changed"]) == 2


def test_restart_reads_the_policy_before_the_stop(arcella):
    arcella.install("ticker.wasm", "ticker")
    arcella.cli("start", "ticker").ok()
    before = figures(arcella, "ticker")
    write_policy(arcella, '[[deny]]\ngrants = ["net:connect:nowhere"]\n')
    refused = arcella.cli("restart", "ticker").failed("[bad-config]")
    assert "policy.toml:2:11" in refused.err and "arcella doctor" in refused.err and "check-config" not in refused.err
    assert figures(arcella, "ticker") == before and arcella.deployment("ticker")["state"] == "running"


def test_an_old_failure_is_not_the_answer_of_a_new_command(arcella, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--secret", f"WORD={secret}").ok()
    secret.unlink()
    arcella.expect_log("WORD|cannot be started")
    arcella.cli("restart", "tries").failed("WORD")
    assert arcella.json("grant", "tries", "--deny", "fs:read:/x")["in_force"] == "at its next start"
    done = arcella.cli("revoke", "tries", "--secret", "WORD").ok()
    assert "1 grant of tries revoked" in done.out and "`arcella start tries`" in done.out and "WORD" not in done.err
    arcella.cli("start", "tries").ok()
    says(arcella, "tries", "start -")


def test_to_deny_works_whatever_became_of_the_rest(arcella, data):
    gone = data.parent / "gone"
    gone.mkdir()
    arcella.install("try_files.wasm", "tries")
    arcella.cli("start", "tries", "--arg", "30", "--arg", "/data/note.txt", "--dir", f"{data}::/data", "--dir", f"{gone}::/gone").ok()
    says(arcella, "tries", "/data/note.txt ok")
    gone.rmdir()
    count = len(lines(arcella, "tries"))
    assert arcella.json("grant", "tries", "--deny", "fs:read:/data")["in_force"] == "now"
    says(arcella, "tries", "/data/note.txt Capabilities insufficient", since=count)
    write_policy(arcella, "[[deny]]\n")
    assert arcella.json("grant", "tries", "--deny", "net:connect:*:*")["in_force"] == "now"
    refused = arcella.cli("grant", "tries", "--env", "A=b").failed("[bad-config]")
    assert "granted under a policy that cannot be read" in refused.err


# --- a damaged policy --------------------------------------------------------------------------------------------------

def test_a_crash_under_a_damaged_policy_waits_for_it(arcella):
    arcella.install("ticker.wasm", "ticker")
    arcella.cli("start", "ticker", "--arg", "50").ok()
    policy = write_policy(arcella, '[[deny]]\ngrants = ["net:connect:nowhere"]\n')
    arcella.expect_log("worker lost|its worker ended|failed|until the policy is mended")
    os.kill(figures(arcella, "ticker")[2], signal.SIGKILL)
    wait_until(lambda: any("until the policy is mended" in l["message"]
                           for l in arcella.ask("logs", count=1000)["data"]["lines"]), 20, "the wait")
    time.sleep(1.5)  # several tries
    waits = arcella.deployment("ticker")
    assert waits["state"] == "starting" and "policy.toml:2:11" in json.dumps(arcella.ask("status", target="ticker")["data"])
    assert sum("until the policy is mended" in l["message"] for l in arcella.ask("logs", count=1000)["data"]["lines"]) == 1
    # it does not run yet, but will by itself
    assert arcella.json("grant", "ticker", "--deny", "fs:read:/x")["in_force"] == "as it starts"
    policy.unlink()
    arcella.wait_state("ticker", "running")
    # nor does a start of the daemon give up
    write_policy(arcella, "[[deny]]\n")
    arcella.restart()
    assert arcella.deployment("ticker")["state"] == "starting"
    assert arcella.deployment("ticker")["wanted"] == "running"
    arcella.cli("stop", "ticker").ok()
    assert arcella.deployment("ticker")["state"] == "stopped"
    policy.unlink()
    arcella.cli("start", "ticker").ok()


# --- links -------------------------------------------------------------------------------------------------------------

def test_a_link_in_what_the_policy_lets_be_written(arcella, tmp_path):
    data, secret = tmp_path / "data", tmp_path / "secret"
    tmp_path.chmod(0o755)
    for folder in (data, data / "sub", secret):
        folder.mkdir()
        folder.chmod(0o777)
    (secret / "key").write_text("s3cret")
    write_policy(arcella, allow_dir(data, "/d", '"swap-link"', "read+write"))
    arcella.install("swap_link.wasm")
    arcella.install("list_dir.wasm")
    arcella.cli("start", "swap-link", "--arg", "../secret", "--arg", "/d/sub").ok()
    arcella.wait_state("swap-link", "finished")
    assert (data / "sub").is_symlink()
    refused = arcella.cli("start", "list-dir", "--dir", f"{data}/sub::/s", "--arg", "/s", "--restart", "temporary").failed("[denied]")
    assert "leads out of" in refused.err and "'swap-link' may write" in refused.err


# --- what is said ------------------------------------------------------------------------------------------------------

def test_what_starts_again_is_announced_by_name(arcella, data):
    for name in ("tries", "one", "two"):
        arcella.install("ticker.wasm", name)
        arcella.cli("start", name, "--group", "team").ok()
    human = arcella.cli("grant", "tries", "--dir", f"{data}::/data").ok()
    [line] = [l for l in human.err.splitlines() if "starts again in a new one" in l]
    assert "group 'team'" in line and all(name in line.rpartition(":")[2] for name in ("tries", "one", "two"))
    assert "started again: " in human.out
    machine = arcella.cli("grant", "tries", "--env", "A=b", "--json").ok()
    announced = json.loads(machine.err)["progress"]
    assert announced["stage"] == "restart" and announced["restarting"] == ["tries"]
    assert json.loads(machine.out)["data"]["restarted"] == ["tries"]
    assert arcella.cli("grant", "tries", "--deny", "fs:read:/x").ok().err == ""
    assert arcella.cli("revoke", "tries", "--env", "A").ok().err == ""


def test_the_audit_tells_who_granted_what(arcella, data, package):
    arcella.install("ticker.wasm", "ticker")
    arcella.cli("start", "ticker", "--dir", f"{data}::/data", "--deny", "net:connect:10.0.0.0/8:*", "--arg", "100").ok()
    uid = f"uid={os.geteuid()} "
    started = [(m, f) for m, f in audits(arcella, "ticker") if "command=start" in f]
    assert [m for m, _ in started] == ["granted", "denied by command"] and all(uid in f and "source=option" in f for _, f in started)
    assert f"fs:read:{data}::/data" in started[0][1] and "expires" not in started[0][1]
    arcella.cli("grant", "ticker", "--env", "A=b", "--for", "7d").ok()
    [granted] = [f for m, f in audits(arcella, "ticker") if "command=grant" in f]
    assert uid in granted and "expires=20" in granted
    arcella.cli("revoke", "ticker", "--env", "A").ok()
    assert [m for m, f in audits(arcella, "ticker") if "command=revoke" in f and uid in f] == ["revoked"]
    arcella.cli("install", package("asker", "ticker.wasm", {"class": "net", "action": "resolve", "pattern": "*.example.com", "reason": "x"})).ok()
    arcella.cli("start", "asker", "--allow-requested").ok()
    assert [m for m, f in audits(arcella, "asker") if "source=template" in f and "command=start" in f] == ["granted"]
    # the policy: once for each change, when it is read
    assert not [m for m, _ in audits(arcella) if m == "policy read"]
    policy = write_policy(arcella, allow_dir(data) + '[[deny]]\ngrants = ["net:resolve:a.example", "net:resolve:b.example"]\nreason = "no"\n')
    arcella.cli("grant", "ticker", "--deny", "fs:read:/x").ok()
    arcella.cli("grant", "ticker", "--deny", "fs:read:/y").ok()
    policy.unlink()
    arcella.cli("grant", "ticker", "--deny", "fs:read:/z").ok()
    read = [f for m, f in audits(arcella) if m == "policy read"]
    assert len(read) == 2 and "rules=2 allow=2 deny=2" in read[0] and "rules=0 allow=0 deny=0" in read[1], read


def test_times_of_grants(arcella, data):
    arcella.install("ticker.wasm", "ticker")
    arcella.cli("start", "ticker", "--net", "connect=192.0.2.1:443").ok()
    for wrong in ("0s", "0d", "999ms"):
        assert "a second or more" in arcella.cli("grant", "ticker", "--deny", "fs:read:/x", "--for", wrong).failed("[invalid-argument]").err
    assert not [g for g in arcella.json("inspect", "ticker", "--permissions")["permissions"]["denied"]]
    done = arcella.cli("grant", "ticker", "--net", "connect=192.0.2.1:443", "--for", "7d").ok()
    assert "192.0.2.1:443 was granted for good and ends now at 20" in done.err
    again = arcella.json("grant", "ticker", "--net", "connect=192.0.2.1:443", "--for", "8d")
    assert "shortened" not in again and [r["pattern"] for r in again["changed"]] == ["192.0.2.1:443"]


def test_hints_that_fit(arcella, data, run, tmp_path):
    arcella.install("ticker.wasm", "ticker")
    arcella.cli("start", "ticker", "--dir", f"{data}::/data").ok()
    for flag in (["--env", "Q"], ["--dir", "/x"], ["--secret", "Q"]):
        assert "--deny" not in arcella.cli("revoke", "ticker", *flag).failed("[not-found]").err
    assert "--deny fs:read+write:/data/part" in arcella.cli("revoke", "ticker", "--dir", "/data/part").failed("[not-found]").err
    none = arcella.cli("grant", "ticker", "--allow-requested").ok()
    assert "asks for nothing" in none.out and "recorded" not in none.out
    (tmp_path / "folder").mkdir()
    from conftest import GUESTS
    refused = run("--secret", f"A={tmp_path}/folder", GUESTS / "hello.wasm")
    assert refused.code != 0 and "hint: --secret NAME=FILE" in refused.err
