# SPDX-License-Identifier: Apache-2.0 OR MIT
"""kill -9 at random moments of install, start, stop, remove; what must hold afterwards.

Used by tests/system/test_kill.py (fifty moments) and tests/soak/soak.py (by the hour).
"""
import hashlib
import os
import random
import signal
import sqlite3
import threading
import time
from pathlib import Path

from conftest import GUESTS, alive, children_of, role_of, wait_until

VICTIMS = ("daemon", "worker", "intake", "compile")
GUESTS_USED = ("hello.wasm", "exit_code.wasm", "ticker.wasm", "read_file.wasm", "spin.wasm", "args_env.wasm")
NAMES = ("a", "b", "c", "d")
# Errors that say nothing was changed.
REFUSALS = ("not-found", "still-deployed", "other-bytes", "wrong-state", "already-running", "ambiguous-name")


def digest_of(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class Killer:
    """
    A daemon under a stream of verbs, and a hand that kills one of its processes now and then.

    `components` and `deployments` are what the daemon has acknowledged: what was answered with success must be so after
    any kill, and what was not answered is as it was or as it was to be.
    """

    def __init__(self, arcella, seed):
        self.arcella = arcella
        self.dice = random.Random(seed)
        self.killed = {victim: 0 for victim in VICTIMS}
        self.components = {}   # id → digest
        self.deployments = {}  # name → wanted states that are right
        self.unsure = set()    # ids and names whose last verb was not answered, or failed on the way
        arcella.expect_log("")  # whatever is logged: this is a test of what is kept

    def verb(self):
        """One random verb."""
        name = self.dice.choice(NAMES)
        guest = self.dice.choice(GUESTS_USED)
        choice = self.dice.random()
        version = self.dice.choice(("1.0.0", "1.1.0"))
        if choice < 0.35:
            return "install", {"path": str(GUESTS / guest), "id": f"{name}@{version}"}
        if choice < 0.6:
            return "start", {"target": name}
        if choice < 0.7:
            return "stop", {"target": name, "timeout": "20ms"}
        if choice < 0.85:
            return "undeploy", {"target": name, "timeout": "20ms"}
        return "remove", {"target": f"{name}@{version}"}

    def keep(self, cmd, args, reply):
        """Take an answer (None: there was none) into what is known."""
        subject = args["id"] if cmd == "install" else args["target"]
        good = reply is not None and reply["success"]
        refused = reply is not None and not good and reply["error"]["code"] in REFUSALS
        if refused:
            return
        if not good:
            self.unsure.add(subject)
        elif cmd == "install":
            self.components[subject] = digest_of(args["path"])
        elif cmd == "remove":
            self.components.pop(subject, None)
        elif cmd == "start":
            self.deployments[subject] = ("running", "finished")
        elif cmd == "stop":
            self.deployments[subject] = ("stopped", "finished")
        elif cmd == "undeploy":
            self.deployments.pop(subject, None)
        if good:
            self.unsure.discard(subject)

    def find_victim(self, victim, until):
        """Wait for a process of the role wanted; the daemon is always there."""
        if victim == "daemon":
            return self.arcella.pid
        while time.monotonic() < until:
            for pid in children_of(self.arcella.pid):
                if role_of(pid) == victim:
                    return pid
            time.sleep(0.0005)
        return None

    def round(self):
        """Verbs run in one thread, the kill comes from this one at a random moment."""
        victim = self.dice.choice(VICTIMS)
        verbs = [self.verb() for _ in range(self.dice.randrange(2, 7))]
        if victim in ("intake", "compile"):  # make sure that there is such a process: bytes never seen before
            fresh = self.fresh_module()
            verbs.insert(self.dice.randrange(len(verbs)), ("install", {"path": str(fresh), "id": f"{self.dice.choice(NAMES)}@9.{self.dice.randrange(10**6)}.0"}))
        delay = self.dice.random() ** 2 * 0.12
        wrong = []

        def run():
            for cmd, args in verbs:
                try:
                    reply = self.arcella.ask(cmd, **args)
                except (OSError, EOFError, ValueError):
                    self.keep(cmd, args, None)
                    return
                self.keep(cmd, args, reply)
                if not reply["success"] and reply["error"]["code"] in ("internal", "bad-message"):
                    wrong.append((cmd, args, reply))

        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(delay)
        pid = self.find_victim(victim, time.monotonic() + 1.0)
        children = []
        if pid:
            try:
                if victim == "daemon":  # held still, so that no child is born between the look and the kill
                    os.kill(pid, signal.SIGSTOP)
                    children = children_of(pid)
                os.kill(pid, signal.SIGKILL)
                self.killed[victim] += 1
            except ProcessLookupError:
                pass
        if victim == "daemon":
            self.arcella.process.wait()
            thread.join(60)
            assert not thread.is_alive(), "a client hangs although the daemon is gone"
            wait_until(lambda: not any(alive(p) for p in children), 15, "the end of the killed daemon's children")
            self.arcella.start()
        else:
            thread.join(90)
            assert not thread.is_alive(), f"a verb hangs after the kill of {victim}: {verbs}"
            assert self.arcella.process.poll() is None, "the daemon died with its child"
        assert not wrong, wrong
        self.verify_catalogue()

    def fresh_module(self):
        """hello with a custom section nobody has seen: other bytes, the same program."""
        note = self.dice.randbytes(8).hex().encode()
        body = bytes([len(b"note")]) + b"note" + note
        path = self.arcella.home.parent / "fresh.wasm"
        path.write_bytes((GUESTS / "hello.wasm").read_bytes() + b"\0" + bytes([len(body)]) + body)
        return path

    def verify_catalogue(self):
        """Every component listed is whole on disk, everything on disk is listed, every deployment has its component, and
        all of it is what was acknowledged."""
        a = self.arcella
        components = {r["id"]: r for r in a.ask("list", what="components")["data"]["components"]}
        deployments = {r["id"]: r for r in a.ask("list", what="deployments")["data"]["deployments"]}
        for ident, row in components.items():
            assert row["state"] == "installed", row
            place = a.home / "modules" / ident
            wasm, = [p for p in place.iterdir() if p.suffix == ".wasm"]
            assert row["digest"].endswith(digest_of(wasm)), ident
        on_disk = {p.name for p in (a.home / "modules").iterdir() if not p.name.startswith(".")}
        assert on_disk == set(components), (on_disk, set(components))
        for row in deployments.values():
            assert row["component"] in components, row
            assert row["state"], row
        for ident in self.unsure & (set(self.components) | set(components)):
            self.components.pop(ident, None)
            if ident in components:
                self.components[ident] = components[ident]["digest"].rsplit(":", 1)[-1]
        for name in self.unsure & (set(self.deployments) | set(deployments)):
            self.deployments.pop(name, None)
            if name in deployments:
                self.deployments[name] = (deployments[name]["wanted"], "finished")
        self.unsure.clear()
        assert {i: r["digest"].rsplit(":", 1)[-1] for i, r in components.items()} == self.components
        assert set(deployments) == set(self.deployments), (set(deployments), self.deployments)
        for name, row in deployments.items():
            assert row["wanted"] in self.deployments[name], (row, self.deployments[name])
        problems = a.ask("status")["data"]["problems"]
        assert not problems, problems
        database = sqlite3.connect(f"file:{a.home / 'state' / 'arcella.db'}?mode=ro", uri=True)
        assert database.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        database.close()

    def close(self):
        """After it all every verb still works."""
        a = self.arcella
        for row in a.ask("list", what="deployments")["data"]["deployments"]:
            assert a.ask("undeploy", target=row["id"], timeout="20ms")["success"], row
        for row in a.ask("list", what="components")["data"]["components"]:
            assert a.ask("remove", target=row["id"])["success"], row
        assert a.ask("install", path=str(GUESTS / "hello.wasm"), id="last@1.0.0")["success"]
        assert a.ask("start", target="last")["success"]
        a.wait_state("last", "finished")
