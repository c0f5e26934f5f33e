# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The daemon itself: start, configuration, signals, who its workers are, damaged homes."""
import json
import os
import re
import signal
import sqlite3
import subprocess
import time

import pytest

from conftest import BIN, GUESTS, SLOW, Alme, alive, children_of, environment, wait_until, weaker


def config(home, text):
    (home / "cfg").mkdir(parents=True, exist_ok=True)
    os.chmod(home, 0o700)
    (home / "cfg" / "arcella.toml").write_text(text)


def test_both_forms_start_it(stopped):
    process = subprocess.Popen([str(BIN / "arcella")], env=environment(stopped.home), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stopped.process = process
    wait_until(stopped.answers, 15, "the daemon's answer")


def test_a_second_daemon_is_refused_with_the_first_ones_pid(arcella):
    done = subprocess.run([str(BIN / "arcella"), "daemon"], env=environment(arcella.home), text=True, capture_output=True,
                          timeout=20 * SLOW)
    assert done.returncode != 0
    assert "already-running" in done.stderr and str(arcella.pid) in done.stderr


def test_a_stale_socket_is_replaced(stopped):
    stopped.start()
    stopped.kill()
    assert stopped.socket_path.exists()
    stopped.start()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it_in_order(arcella, sign):
    arcella.install("ticker.wasm")
    arcella.ask("start", target="ticker", arg=["50"])
    arcella.wait_state("ticker", "running")
    pids = children_of(arcella.pid)
    assert arcella.stop(sign) == 0
    assert not any(alive(p) for p in pids)


def test_a_closed_client_leaves_programs_running(arcella):
    arcella.install("ticker.wasm")
    alme = arcella.alme()
    alme.ask("start", target="ticker", arg=["50"])
    alme.close()
    time.sleep(0.3)
    assert arcella.deployment("ticker")["state"] == "running"


def test_check_config_shows_each_value_with_its_source(stopped):
    config(stopped.home, '[log]\nlevel = "debug"\n')
    done = subprocess.run([str(BIN / "arcella"), "--check-config"], env=environment(stopped.home), text=True,
                          capture_output=True, timeout=20 * SLOW)
    assert done.returncode == 0, done.stderr
    assert re.search(r"log\.level.*debug.*arcella\.toml", done.stdout)
    assert re.search(r"default", done.stdout)


@pytest.mark.parametrize("text,place", [
    ("[log\n", r"arcella\.toml:\d+:\d+"),
    ('[log]\nlevel = "loud"\n', r"arcella\.toml:2:\d+.*log\.level"),
    ("[log]\nlevel = 5\n", r"arcella\.toml:2:\d+.*log\.level"),
    ('[log]\nlevel = "info"\nlevel = "warn"\n', r"arcella\.toml:3"),
])
def test_a_bad_configuration_names_its_place(stopped, text, place):
    config(stopped.home, text)
    done = subprocess.run([str(BIN / "arcella"), "daemon"], env=environment(stopped.home), text=True, capture_output=True,
                          timeout=20 * SLOW)
    assert done.returncode != 0 and "bad-config" in done.stderr
    assert re.search(place, done.stderr), done.stderr


def test_environment_beats_the_file_and_options_beat_both(stopped):
    config(stopped.home, '[log]\nlevel = "debug"\nfiles = 3\n[workers]\nidle = "7s"\n')
    done = subprocess.run([str(BIN / "arcella"), "--check-config", "--set", "log.level=error"], text=True, capture_output=True,
                          env=environment(stopped.home, ARCELLA_LOG_LEVEL="warn", ARCELLA_LOG_FILES="4"), timeout=20 * SLOW)
    assert done.returncode == 0, done.stderr
    for key, value, source in (("log.level", "error", "--set"), ("log.files", "4", "ARCELLA_LOG_FILES|environment"),
                               ("workers.idle", "7s", r"arcella\.toml"), ("alme.clients", "256", "default")):
        line = next(l for l in done.stdout.split("\n") if l.startswith(key))
        assert value in line and re.search(source, line), line


def test_an_unknown_key_is_told(stopped):
    config(stopped.home, "[log]\nlevle = \"info\"\n")
    done = subprocess.run([str(BIN / "arcella"), "--check-config"], env=environment(stopped.home), text=True,
                          capture_output=True, timeout=20 * SLOW)
    assert "levle" in done.stdout + done.stderr


def test_log_files_rotate_and_json(stopped):
    config(stopped.home, '[log]\nformat = "json"\nfile_size = "64k"\nfiles = 2\n')
    stopped.expect_log("dropped|lost")
    stopped.start()
    stopped.install("flood.wasm")
    for _ in range(3):
        stopped.ask("start", target="flood", arg=["lines", "3000"]) if not stopped.deployment("flood") \
            else stopped.ask("start", target="flood")
        stopped.wait_state("flood", "finished", 30)
    files = sorted((stopped.home / "log").iterdir())
    assert 2 <= len(files) <= 3
    assert all(f.stat().st_size < 2 * 64 * 1024 for f in files)
    for line in files[-1].read_text().strip().split("\n"):
        row = json.loads(line)
        assert {"ts", "level", "unit", "msg"} <= set(row)


def test_levels_change_while_running(arcella):
    assert arcella.ask("set-log-level", levels="debug,alme=trace")["success"]
    arcella.ask("ping")
    assert arcella.ask("set-log-level", levels="info")["success"]
    lines = arcella.ask("logs", count=1000)["data"]["lines"]
    assert any(l["level"] in ("debug", "trace") for l in lines)


def test_follow_streams_new_lines(arcella):
    arcella.install("ticker.wasm")
    with arcella.alme() as alme:
        alme.send({"cmd": "logs", "args": {"target": "ticker", "follow": True}})
        arcella.ask("start", target="ticker", arg=["50"])
        text = ""
        while "tick 5" not in text:
            text += json.dumps(alme.line())
    arcella.ask("stop", target="ticker", timeout="50ms")


def test_workers_have_another_user_and_nothing_else(arcella):
    arcella.install("ticker.wasm")
    arcella.ask("start", target="ticker", arg=["50"])
    arcella.wait_state("ticker", "running")
    pid = arcella.workers()[0]["pid"]
    status = open(f"/proc/{pid}/status").read()
    if os.geteuid() == 0:
        uid = re.search(r"Uid:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", status).groups()
        assert len(set(uid)) == 1 and uid[0] != "0"
        assert re.search(r"Groups:\s*(\d+\s*)?\n", status)
    else:
        weaker("workers under another user: the daemon is not root here")
    for line in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        if os.geteuid() == 0:
            assert f"{line}:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status
    links = [os.readlink(f"/proc/{pid}/fd/{n}") for n in sorted(os.listdir(f"/proc/{pid}/fd"), key=int)]
    assert links[:2] == ["/dev/null", "/dev/null"] and links[2].startswith("pipe:") and links[3].startswith("socket:")
    # The rest is the loop's own, and code it has mapped, from the one folder it may read.
    code = f"{arcella.home}/run/worker-"
    for link in links[4:]:
        assert link.startswith(("anon_inode:", "pipe:", "socket:")) or (link.startswith(code) and "/code/" in link), links
    assert not [l for l in open(f"/proc/{pid}/net/unix").read().split("\n") if f"arcella-worker" in l]
    environ = open(f"/proc/{pid}/environ").read()
    assert "ARCELLA_HOME" not in environ and "PATH=" not in environ


def test_a_configured_user_that_does_not_exist_is_refused(stopped):
    if os.geteuid() != 0:
        weaker("workers.user: needs root")
        return
    config(stopped.home, '[workers]\nuser = "no-such-user-here"\n')
    done = subprocess.run([str(BIN / "arcella"), "daemon"], env=environment(stopped.home), text=True, capture_output=True,
                          timeout=20 * SLOW)
    assert done.returncode != 0 and "workers.user" in done.stderr and "no-such-user-here" in done.stderr


def test_a_worker_started_by_hand_ends_with_an_error():
    done = subprocess.run([str(BIN / "arcella-worker"), "--role", "guest"], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=20 * SLOW)
    assert done.returncode != 0 and "arcella-worker" in done.stderr


def test_a_socket_path_over_the_limit_is_refused(tmp_path):
    home = tmp_path / ("x" * 120)
    done = subprocess.run([str(BIN / "arcella"), "daemon"], env=environment(home), text=True, capture_output=True,
                          timeout=20 * SLOW)
    assert done.returncode != 0 and "107" in done.stderr


def test_an_unwritable_home_is_refused(tmp_path):
    done = subprocess.run([str(BIN / "arcella"), "daemon", "--home", "/proc/nowhere"], env=environment(), text=True,
                          capture_output=True, timeout=20 * SLOW)
    assert done.returncode != 0 and "/proc/nowhere" in done.stderr


def test_a_damaged_database_is_put_aside(stopped):
    stopped.start()
    stopped.install("hello.wasm")
    stopped.stop()
    database = stopped.home / "state" / "arcella.db"
    for name in ("arcella.db-wal", "arcella.db-shm"):
        (stopped.home / "state" / name).unlink(missing_ok=True)
    data = bytearray(database.read_bytes())
    data[100:4096] = os.urandom(3996)
    database.write_bytes(data)
    stopped.expect_log("damaged|rebuilt|corrupt|aside")
    stopped.start()
    assert [r["id"] for r in stopped.json("list", "components")["components"]] == ["hello@0.1.0"]
    assert any("damaged" in json.dumps(p) for p in stopped.json("status")["problems"])
    assert list((stopped.home / "state").glob("arcella.db.damaged-*"))


def flip_pages(data):
    return b"".join(data[n:n + 64] if n % 512 else bytes(64) for n in range(0, len(data), 64))


@pytest.mark.parametrize("damage", ["empty", "half", "text", "holes", "wal", "gone"])
def test_whatever_the_database_is(stopped, damage):
    """It is read, or put aside and made anew from what lies in modules/; the daemon runs in any case."""
    stopped.start()
    stopped.install("hello.wasm")
    stopped.ask("start", target="hello")
    stopped.wait_state("hello", "finished")
    stopped.kill() if damage == "wal" else stopped.stop()
    stopped.expect_log("damaged|rebuilt|corrupt|aside|database")
    path = stopped.home / "state" / "arcella.db"
    data = path.read_bytes()
    if damage == "wal":
        wal = path.with_name("arcella.db-wal")
        noise = bytearray(wal.read_bytes())
        for n in range(4096, len(noise), 97):
            noise[n] ^= 0x55
        wal.write_bytes(noise)
    elif damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "half": data[:len(data) // 2], "text": b"not a database\n" * 400, "holes": flip_pages(data)}[damage])
    stopped.start()
    assert [r["id"] for r in stopped.json("list", "components")["components"]] == ["hello@0.1.0"]
    assert stopped.ask("start", target="hello")["success"]
    stopped.wait_state("hello", "finished")
    assert stopped.stop() == 0
    stopped.start()  # what was mended stays mended
    assert [r["id"] for r in stopped.json("list", "components")["components"]] == ["hello@0.1.0"]
    assert not stopped.json("status")["problems"]


def test_a_database_of_a_newer_version_is_refused(stopped):
    stopped.start()
    stopped.stop()
    database = sqlite3.connect(stopped.home / "state" / "arcella.db")
    before = database.execute("PRAGMA user_version").fetchone()[0]
    database.execute("PRAGMA user_version = 9999")
    database.commit()
    database.close()
    done = subprocess.run([str(BIN / "arcella"), "daemon"], env=environment(stopped.home), text=True, capture_output=True,
                          timeout=20 * SLOW)
    assert done.returncode != 0 and "9999" in done.stderr and before < 9999


def test_a_damaged_module_is_quarantined(stopped):
    stopped.start()
    stopped.install("hello.wasm")
    stopped.install("exit_code.wasm")
    stopped.stop()
    place = next((stopped.home / "modules" / "hello@0.1.0").glob("*.wasm"))
    os.chmod(place, 0o644)
    data = bytearray(place.read_bytes())
    data[-5] ^= 1
    place.write_bytes(data)
    for path in (stopped.home / "cache").rglob("*"):
        if path.is_file():
            path.unlink()
    stopped.expect_log("damaged|quarantine|digest")
    stopped.start()
    assert stopped.cli("start", "hello").code != 0
    rows = {r["id"]: r["state"] for r in stopped.json("list", "components")["components"]}
    assert rows["hello@0.1.0"] == "quarantined"
    stopped.cli("start", "exit-code").ok()


def test_foreign_entries_in_the_home_are_reported(stopped):
    stopped.start()
    stopped.stop()
    (stopped.home / "modules" / "not a module").mkdir()
    (stopped.home / "modules" / "stray.txt").write_text("x")
    stopped.expect_log("foreign|unknown|stray|not a module")
    stopped.start()
    assert "not a module" in json.dumps(stopped.json("status")["problems"])


def test_as_pid_1_with_a_read_only_root(stopped, tmp_path):
    """A container without a container engine: new pid and mount namespaces, the root read-only, only the home writable."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-pmf", "true"]).returncode:
        weaker("PID 1 in a container: needs the right to make namespaces")
        return
    stopped.home.mkdir(parents=True, mode=0o700)
    script = (f"mount --make-rprivate / && mount -t tmpfs none {stopped.home} && chmod 700 {stopped.home} && mount -t proc proc /proc && "
              f"mount -o remount,ro,bind / && exec {BIN / 'arcella'} daemon")
    process = subprocess.Popen(["unshare", "-pmf", "--kill-child", "sh", "-c", script], env=environment(stopped.home),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    inside = wait_until(lambda: next((c for c in children_of(process.pid)
                                      if open(f"/proc/{c}/comm").read().strip() == "arcella"), None), 15, "arcella as pid 1")
    path = f"/proc/{inside}/root{stopped.home}/alme"

    def ask(cmd, **args):
        link = tmp_path / "s"
        link.unlink(missing_ok=True)
        link.symlink_to(path)
        with Alme(link) as alme:
            return alme.ask(cmd, **args)

    try:
        wait_until(lambda: os.path.exists(path), 15, "the socket")
        time.sleep(0.2)
        assert ask("ping")["data"]["pid"] == 1
        assert ask("install", path=str(GUESTS / "hello.wasm"), id="hello@0.1.0")["success"]
        assert ask("start", target="hello")["success"]
        rows = wait_until(lambda: [d for d in ask("list", what="deployments")["data"]["deployments"]
                                   if d["state"] == "finished"], 15, "the end of hello")
        assert rows[0]["exit_code"] == 0
        assert ask("shutdown")["success"]
        process.wait(40 * SLOW)
    finally:
        process.kill()
        process.communicate()


def test_sd_notify(stopped, tmp_path):
    import socket
    path = str(stopped.home.parent / "notify")
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(path)
    notify.settimeout(15 * SLOW)
    stopped.start(NOTIFY_SOCKET=path)
    assert b"READY=1" in notify.recv(4096)
    stopped.process.send_signal(signal.SIGTERM)
    seen = b""
    while b"STOPPING=1" not in seen:
        seen = notify.recv(4096)
    stopped.process.wait(20)
    notify.close()


def test_socket_activation(stopped):
    import socket
    stopped.home.mkdir(parents=True, mode=0o700)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(stopped.socket_path))
    listener.listen(5)
    script = f"import os; os.dup2({listener.fileno()}, 3); os.environ['LISTEN_PID'] = str(os.getpid()); " \
             f"os.environ['LISTEN_FDS'] = '1'; os.execv({str(BIN / 'arcella')!r}, ['arcella', 'daemon'])"
    stopped.process = subprocess.Popen(["/usr/bin/python3", "-c", script], pass_fds=[listener.fileno()],
                                       env=environment(stopped.home), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=open(stopped.log_path, "ab"))
    listener.close()
    wait_until(stopped.answers, 15, "the daemon's answer on the inherited socket")
    stopped.stop()
    stopped.socket_path.unlink(missing_ok=True)  # systemd's, so the daemon leaves it


def test_doctor(arcella):
    done = arcella.cli("doctor", "--json")
    checks = done.json["checks"]
    assert {c["name"] for c in checks} and all("ok" in c for c in checks)
    assert done.code == (0 if all(c["ok"] for c in checks) else 1)
    assert "landlock" in done.out and "seccomp" in done.out


def test_inspect_file_and_id_agree(arcella):
    arcella.install("hello.wasm")
    local = arcella.cli("inspect", GUESTS / "hello.wasm", "--json").ok().json
    remote = arcella.cli("inspect", "hello@0.1.0", "--json").ok().json
    pick = lambda r: {(i["module"], i["name"]) for i in r["component"]["imports"]}  # noqa: E731
    assert pick(local) == pick(remote) and ("wasi_snapshot_preview1", "fd_write") in pick(local)
