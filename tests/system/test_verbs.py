# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Every ALME verb in every state with every kind of target: the answer is the one expected, and neighbours notice nothing."""
import json
import re
import select
import time

import pytest

from conftest import GUESTS, SLOW, wait_until

STEM = "tick"  # of the deployment under test


class Stage:
    """Brings `tick` into a state, and away again; a bystander runs beside it all the time."""

    def __init__(self, arcella):
        self.arcella = arcella
        self.pending = []
        arcella.install("ticker.wasm", "bystander")
        self.ask("start", target="bystander", group="bystander", arg=["200"])
        arcella.wait_state("bystander", "running")
        self.bystander = self.row_of_bystander()

    def ask(self, cmd, **args):
        reply = self.arcella.ask(cmd, **args)
        assert reply["success"], (cmd, args, reply)
        return reply

    def later(self, cmd, **args):
        """A verb that takes its time; its answer is not waited for."""
        alme = self.arcella.alme()
        alme.send({"cmd": cmd, "args": args})
        self.pending.append(alme)

    def row_of_bystander(self):
        row, = [r for r in self.arcella.ask("list", what="instances")["data"]["instances"] if r["deployment"] == "bystander"]
        return {k: row[k] for k in ("id", "address", "state", "worker_pid", "started", "restarts")}

    def install(self, guest="ticker.wasm", version="1.0.0"):
        self.ask("install", path=str(GUESTS / guest), id=f"{STEM}@{version}")

    def state(self):
        row = self.arcella.deployment(STEM)
        return row["state"] if row else None

    # --- the states; each from nothing ---
    def nothing(self):
        pass

    def installed(self):
        self.install()

    def running(self):
        self.install()
        self.ask("start", target=STEM, arg=["200"])
        self.arcella.wait_state(STEM, "running")

    def stopped(self):
        self.running()
        self.ask("stop", target=STEM, timeout="0s")

    def finished(self):
        self.install("hello.wasm")
        self.ask("start", target=STEM)
        self.arcella.wait_state(STEM, "finished")

    def failed(self):
        self.install("exit_code.wasm")
        self.ask("start", target=STEM, arg=["3"], restart="temporary")
        self.arcella.wait_state(STEM, "failed")

    def starting(self):
        self.install("spin_start.wasm")
        self.later("start", target=STEM, restart="temporary")
        self.arcella.wait_state(STEM, "starting")

    def stopping(self):
        self.running()
        self.later("stop", target=STEM, timeout="400ms")
        self.arcella.wait_state(STEM, "stopping")

    def two_versions(self):
        self.running()
        self.install("hello.wasm", "1.1.0")

    def clear(self):
        for alme in self.pending:
            alme.close()
        self.pending.clear()
        if self.state():
            self.ask("undeploy", target=STEM, timeout="0s")
        for row in self.arcella.ask("list", what="components")["data"]["components"]:
            if row["name"] == STEM:
                self.ask("remove", target=row["id"])
        assert self.row_of_bystander() == self.bystander


STATES = ("nothing", "installed", "running", "stopped", "finished", "failed", "starting", "stopping", "two_versions")
DEPLOYED = set(STATES) - {"nothing", "installed"}
LIVE = {"running", "starting", "stopping", "two_versions"}
# Ways to say what is meant, and whether the deployment of version 1.0.0 is meant.
TARGETS = {
    "name": STEM,
    "id": f"{STEM}@1.0.0",
    "instance": f"{STEM}/0",
    "other version": f"{STEM}@1.1.0",
    "no such version": f"{STEM}@9.9.9",
    "no such name": "tack",
    "no such instance": f"{STEM}/77",
}
ABSENT = {"not-found", "invalid-argument"}  # the latter for what is no id of the kind asked for


def expected(verb, state, kind):
    """Set of error codes; "ok" among them: success.  And what the deployment's state may be afterwards."""
    there = {None} if state not in DEPLOYED else None  # None: as it was
    absent = ABSENT if verb == "remove" else {"not-found"}  # an instance cannot be removed
    if kind.startswith("no such"):
        return absent, there
    if kind == "other version":
        if state != "two_versions":
            return {"not-found"}, there
        if verb == "remove":
            return {"ok"}, there
        return ({"ok"} if verb in ("inspect", "status") else {"wrong-state"} if verb == "start" else {"not-found"}), there
    if verb == "remove":
        if kind == "instance":
            return ABSENT, there
        if state == "two_versions" and kind == "name":
            return {"ambiguous-name"}, there
        return ({"still-deployed"} if state in DEPLOYED else {"ok"} if state == "installed" else {"not-found"}), there
    if state == "nothing":
        return absent if kind == "instance" else {"not-found"}, there
    if state == "installed":
        if kind == "instance":
            return absent, there
        if verb == "start":
            return {"ok"}, {"running"}
        return ({"ok"} if verb in ("inspect", "status") else {"not-found"}), there
    if verb in ("inspect", "status", "grant", "revoke", "explain"):
        return {"ok"}, there
    if verb == "undeploy":
        return {"ok"}, {None}
    if verb == "stop":
        return {"ok"}, {"finished"} if state == "finished" else {"stopped"}
    # start, restart
    return {"ok"}, {"finished"} if state == "finished" else {"failed"} if state == "failed" else {"running"}


def outcome_of(reply):
    assert isinstance(reply["success"], bool) and reply["message"]
    if reply["success"]:
        return "ok"
    assert reply["error"]["message"] and "hint" in reply["error"], reply
    return reply["error"]["code"]


@pytest.mark.parametrize("state", STATES)
def test_verbs_that_change(arcella, state):
    """Legal and illegal orders; what an illegal one was about stays as it was."""
    arcella.expect_log(rf"deployment={STEM}")
    stage = Stage(arcella)
    more = {"grant": {"deny": ["net:connect:192.0.2.1:80"]}, "revoke": {"all": True}}
    for verb in ("start", "stop", "restart", "undeploy", "remove", "grant", "revoke", "explain"):
        for kind, target in TARGETS.items():
            getattr(stage, state)()
            before = stage.state()
            codes, after = expected(verb, state, kind)
            args = {"target": target} | ({"timeout": "0s"} if verb in ("stop", "restart", "undeploy") else more.get(verb, {}))
            case = (state, verb, kind)
            if state == "starting" and verb in ("start", "restart") and codes == {"ok"}:
                stage.later(verb, **args)  # its start section never ends; other verbs go on meanwhile
                wait_until(lambda: stage.state() == "starting", 10, f"{case}: starting")
            else:
                reply = arcella.ask(verb, **args)
                assert outcome_of(reply) in codes, (case, reply)
                if state == "stopping" and after is None:
                    assert stage.state() in ("stopping", "stopped"), case
                elif after is None:
                    assert stage.state() == before, case
                else:
                    # A program that ends at once may be met on its way.
                    wait_until(lambda: stage.state() in after, 10, f"{case}: {after}, now {stage.state()}")
            stage.clear()
    arcella.ask("stop", target="bystander", timeout="0s")


def test_verbs_that_look(arcella):
    """inspect, status, list, logs, ping: in each state, of each kind of target; nothing changes by them."""
    arcella.expect_log(rf"deployment={STEM}")
    stage = Stage(arcella)
    for state in STATES:
        getattr(stage, state)()
        before = stage.state()
        for verb in ("inspect", "status"):
            for kind, target in TARGETS.items():
                reply = arcella.ask(verb, target=target)
                assert outcome_of(reply) in expected(verb, state, kind)[0], (state, verb, kind, reply)
                if reply["success"]:
                    data = reply["data"]
                    version = "1.1.0" if kind == "other version" else "1.0.0"
                    component = data["component"] if isinstance(data.get("component"), dict) else {"id": data["deployment"]["component"]}
                    assert component["id"] == f"{STEM}@{version}", (state, verb, kind, data)
                    if state in DEPLOYED and kind != "other version":
                        assert data["deployment"]["id"] == STEM and data["deployment"]["state"], (state, verb, kind)
        for what, extra in (("components", state != "nothing"), ("deployments", state in DEPLOYED), ("instances", state in LIVE), ("workers", False)):
            rows = arcella.ask("list", what=what)["data"][what]
            assert rows and any(STEM in json.dumps(r) for r in rows) >= extra, (state, what)
        assert arcella.ask("ping")["success"] and arcella.ask("status")["success"]
        for target in TARGETS.values():  # a filter of lines: what is gone may have left some
            reply = arcella.ask("logs", target=target)
            assert reply["success"] and isinstance(reply["data"]["lines"], list), (state, target)
        assert stage.state() == before or state == "stopping", state
        stage.clear()
    arcella.ask("stop", target="bystander", timeout="0s")


NO_IDS = ["", " ", "a b", "../x", "..", ".", "-", "/", "//", "tick@", "@1.0.0", "tick@one", "tick@1", "tick@1.0.0@1.0.0", "tick/", "tick/x", "tick/-1",
          "tick/0/1", "tick/99999999999999999999", "x" * 64 + "/0", "y" * 3000, "tick\u0000", "tick\n", "\u001b[2J", "\u03c4\u03b9\u03ba", "tick\u202e",
          "--help", "*", "%s%n", "'; DROP TABLE components; --"]


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "undeploy", "remove", "inspect", "status", "install", "logs", "events", "grant",
                                  "revoke", "explain"])
def test_what_is_no_id(arcella, verb):
    stage = Stage(arcella)
    stage.running()
    for text in NO_IDS:
        with arcella.alme() as alme:
            args = {"target": text} if verb != "install" else {"path": str(GUESTS / "hello.wasm"), "id": text}
            alme.send({"cmd": verb, "args": args, "id": 1})
            if verb == "events" and not select.select([alme.socket], [], [], 0.1)[0]:
                continue  # a stream of what will never come
            reply = alme.line()
            while "progress" in reply:
                reply = alme.line()
            if verb in ("logs", "events") or (verb == "status" and not text):
                assert reply.get("success") is not False or reply["error"]["code"] in ("invalid-argument", "bad-message"), (text, reply)
                continue
            # JSON that has a NUL in a text is refused as a whole.
            codes = {"bad-message"} if "\0" in text else ABSENT | {"no-manifest"}
            assert not reply["success"] and reply["error"]["code"] in codes, (text, reply)
            assert "\u001b" not in reply["error"]["message"] and "\u202e" not in reply["error"]["message"], reply
            assert len(reply["error"]["message"]) < 2000
    assert [r["id"] for r in arcella.ask("list")["data"]["components"]] == ["bystander@0.1.0", f"{STEM}@1.0.0"]
    stage.clear()
    arcella.ask("stop", target="bystander", timeout="0s")


ODD_VALUES = [None, True, False, 0, -1, 5, 2**63 - 1, 1.5, 1e99, "", "x", "k" * 5000, [], [None], [[]], ["a", 5], {}, {"a": {}}, {"a": "b"}]


def test_arguments_of_other_types(arcella):
    """Each argument of each command with values of each JSON type: an answer, and the connection lives."""
    page = arcella.cli("help", "--markdown", "commands").ok().out
    arcella.expect_log("")
    stage = Stage(arcella)
    stage.running()
    count = 0
    with arcella.alme() as alme:
        for section in page.split("\n## ")[1:]:
            verb = section.split("\n")[0].strip()
            if "No ALME command" in section or verb in ("shutdown", "events", "daemon", "run", "inspect-file", "doctor", "completion", "help"):
                continue
            for name in re.findall(r"^\| `([a-z-]+)`", section, re.M):
                for value in ODD_VALUES:
                    if (verb, name) == ("logs", "follow") and value is True:
                        continue
                    args = {"target": "tack"} if name != "target" and "`target`" in section else {}
                    args |= {"path": "/nowhere"} if name != "path" and "`path`" in section else {}
                    alme.send({"cmd": verb, "args": args | {name: value}, "id": count})
                    reply = alme.line()
                    assert reply["id"] == count and outcome_of(reply), (verb, name, value, reply)
                    assert reply["success"] or reply["error"]["code"] != "internal", (verb, name, value, reply)
                    count += 1
        assert alme.ask("ping")["success"]
    assert count > 400
    assert arcella.ask("set-log-level", levels="info")["success"]
    stage.clear()
    arcella.ask("stop", target="bystander", timeout="0s")


def test_a_second_stop_makes_it_sooner(arcella):
    stage = Stage(arcella)
    for verb in ("stop", "undeploy", "restart"):
        stage.running()
        stage.later("stop", target=STEM, timeout="60s")
        arcella.wait_state(STEM, "stopping")
        began = time.monotonic()
        assert arcella.ask(verb, target=STEM, timeout="50ms")["success"], verb
        assert time.monotonic() - began < 5 * SLOW, verb
        stage.clear()
    arcella.ask("stop", target="bystander", timeout="0s")


def test_undeploy_and_remove_while_a_start_waits(arcella):
    """The verb that waits is answered, whatever becomes of what it waits for."""
    arcella.expect_log(rf"deployment={STEM}")
    stage = Stage(arcella)
    for verb in ("stop", "undeploy", "restart"):
        stage.starting()
        waiting = stage.pending[0]
        if verb == "restart":
            stage.later(verb, target=STEM, timeout="0s")
            stage.later("undeploy", target=STEM, timeout="0s")
        else:
            assert arcella.ask(verb, target=STEM, timeout="0s")["success"]
        reply = waiting.line()
        while "success" not in reply:
            reply = waiting.line()
        assert outcome_of(reply) in ("ok", "cancelled", "wrong-state", "not-found"), (verb, reply)
        wait_until(lambda: stage.state() in (None, "stopped"), 10, verb)
        stage.clear()
    arcella.ask("stop", target="bystander", timeout="0s")


def test_shutdown_in_each_state(arcella):
    """It ends in order whatever is going on; the next daemon knows what was wanted."""
    arcella.expect_log("")
    wanted = {"nothing": None, "installed": None, "running": "running", "stopped": "stopped", "finished": "finished", "failed": "failed",
              "starting": "starting", "stopping": "stopped", "two_versions": "running"}
    for state in STATES:
        stage = Stage(arcella)
        getattr(stage, state)()
        assert arcella.ask("shutdown", timeout="100ms")["success"], state
        assert arcella.process.wait(30 * SLOW) == 0, state
        for alme in stage.pending:
            alme.close()
        arcella.start()
        arcella.wait_state("bystander", "running")
        if wanted[state]:
            arcella.wait_state(STEM, wanted[state])
        else:
            assert arcella.deployment(STEM) is None
        stage.pending.clear()
        stage.bystander = stage.row_of_bystander()
        stage.clear()
        assert arcella.ask("undeploy", target="bystander", timeout="0s")["success"]
        assert arcella.ask("remove", target="bystander")["success"]


def keys_of(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield path, key
            # Objects whose keys are data.
            if key not in ("policy", "limits", "sandbox", "template", "components", "deployments", "instances") or isinstance(inner, list):
                yield from keys_of(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner, path)


def test_replies_have_the_documented_keys(arcella):
    """What comes back is what docs/reference/commands.md says: no key that it does not name."""
    page = arcella.cli("help", "--markdown", "commands").ok().out
    stage = Stage(arcella)
    stage.running()
    seen = []
    for cmd, args in (("ping", {}), ("status", {}), ("status", {"target": STEM}), ("list", {}), ("list", {"what": "deployments"}),
                      ("list", {"what": "instances"}), ("list", {"what": "workers"}), ("inspect", {"target": f"{STEM}@1.0.0"}), ("logs", {}),
                      ("install", {"path": str(GUESTS / "ticker.wasm"), "id": f"{STEM}@1.0.0"}), ("start", {"target": STEM}),
                      ("set-log-level", {"levels": "info"}), ("restart", {"target": STEM, "timeout": "0s"}),
                      ("stop", {"target": STEM, "timeout": "0s"}), ("undeploy", {"target": STEM}), ("remove", {"target": STEM})):
        reply = arcella.ask(cmd, **args)
        assert reply["success"], reply
        seen += [(cmd, *path, key) for path, key in keys_of(reply.get("data", {}))]
    missing = sorted({s for s in seen if f'"{s[-1]}"' not in page})
    assert not missing, "\n".join(map(str, missing))
    arcella.ask("stop", target="bystander", timeout="0s")
