# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Limits under the daemon: bad neighbours end with a code, good ones notice little."""
import os
import re
import statistics
import time

import pytest

from conftest import SLOW, figure, wait_until


def outcome(arcella, name):
    return arcella.ask("status", target=name)["data"]["outcome"]


@pytest.mark.parametrize("guest,flags,end,word", [
    ("spin.wasm", ["--cpu-time", "300ms"], "cpu-time-exhausted", "300 ms"),
    ("spin.wasm", ["--timeout", "300ms"], "wall-time-exceeded", "300 ms"),
    ("spin.wasm", ["--fuel", "50000000"], "fuel-exhausted", "fuel"),
    ("spin_start.wasm", ["--cpu-time", "300ms"], "cpu-time-exhausted", "300 ms"),
    ("spin_initialize.wasm", ["--cpu-time", "300ms"], "cpu-time-exhausted", "300 ms"),
    ("recurse.wasm", [], "stack-exhausted", "512 KiB"),
    ("grow_memory.wasm", ["--memory", "8m"], "exited", "8 MiB"),
])
def test_each_limit_has_its_own_code(arcella, guest, flags, end, word):
    arcella.expect_log("deployment=bad")
    arcella.install(guest, "bad")
    arcella.cli("start", "bad", "--restart", "temporary", *flags, timeout=90)
    arcella.wait_state("bad", "failed", 60)
    told = outcome(arcella, "bad")
    assert told["end"] == end, told
    assert word in told["message"], told
    assert word in arcella.cli("status", "bad").ok().out
    assert arcella.ask("ping")["success"]


def test_a_trap_is_told_everywhere(arcella):
    arcella.expect_log("trap|failed")
    arcella.install("trap_oob.wasm", "oops")
    arcella.cli("start", "oops", "--restart", "temporary")
    arcella.wait_state("oops", "failed")
    told = outcome(arcella, "oops")
    names = [f["name"] for f in told["frames"]]
    assert told["end"] == "trap" and names.index("trap_inner") < names.index("trap_middle") < names.index("trap_outer")
    assert all("offset" in f for f in told["frames"])
    assert "trap_inner" in arcella.cli("status", "oops").ok().out
    assert "trap_inner" in arcella.logs("oops")


def test_too_large_from_the_start_is_refused_by_name(arcella):
    arcella.expect_log("limit|failed")
    for guest, word in (("huge_table.wasm", "table"), ("huge_memory.wasm", "memory")):
        arcella.install(guest, word)
        done = arcella.cli("start", word, "--restart", "temporary")
        assert done.code != 0 and word in done.err and "over-limit" in done.err
        arcella.cli("undeploy", word)


def test_endless_loops_delay_a_neighbour_by_a_few_slices_only(arcella):
    """In `_start`, in a start section, in `_initialize`; the neighbour shares their worker.  The median is what counts."""
    arcella.expect_log("failed|exhausted|forced|force|stopped|startup|took longer|exceeded")
    arcella.install("ticker.wasm", "good")
    for name, guest in (("loop-start", "spin.wasm"), ("loop-section", "spin_start.wasm"), ("loop-init", "spin_initialize.wasm")):
        arcella.install(guest, name)
    # Those that loop before they run have not started: their starts are not waited for.
    pending = [arcella.alme() for _ in range(3)]
    for alme, name in zip(pending, ("loop-start", "loop-section", "loop-init")):
        alme.send({"cmd": "start", "args": {"target": name, "group": "shared", "restart": "temporary"}})

    def cpu_of_loops():
        rows = {r["deployment"]: r for r in arcella.ask("list", what="instances")["data"]["instances"]}
        return {n: r["cpu_ms"] for n, r in rows.items() if n.startswith("loop-") and r["state"] in ("starting", "running")}

    before = wait_until(lambda: (lambda c: c if len(c) == 3 and min(c.values()) > 0 else None)(cpu_of_loops()), 15, "three loops")
    arcella.ask("start", target="good", group="shared", arg=["20", "100", "1"])
    arcella.wait_state("good", "finished", 60)
    line = re.search(r"ticks=100 period_ms=20 median_us=(\d+) max_us=(\d+)", arcella.logs("good"))
    median, worst = int(line.group(1)) / 1000, int(line.group(2)) / 1000
    figure(f"three endless loops delay a neighbour by {median:.1f} ms in the median, {worst:.1f} ms at most")
    assert median < 50 * SLOW
    after = cpu_of_loops()
    assert set(after) == set(before) and all(after[n] > before[n] for n in before), (before, after)  # they did loop
    began = time.monotonic()
    for name in ("loop-start", "loop-section", "loop-init"):
        arcella.ask("stop", target=name, timeout="100ms")
    assert time.monotonic() - began < 10 * SLOW
    for alme in pending:
        alme.close()


def test_ping_is_prompt_while_guests_spin(arcella):
    arcella.install("spin.wasm")
    arcella.ask("start", target="spin")
    times = []
    with arcella.alme() as alme:
        for _ in range(200):
            began = time.monotonic()
            assert alme.ask("ping")["success"]
            times.append((time.monotonic() - began) * 1000)
    figure(f"ping beside a spinning guest: {statistics.median(times):.2f} ms in the median")
    assert statistics.median(times) < 50 * SLOW
    arcella.ask("stop", target="spin", timeout="50ms")


def test_a_blocking_read_and_a_sleeper_share_a_worker(arcella):
    """A wait is a suspended fiber, never a blocked worker."""
    arcella.install("sleeper.wasm", "sleeper")
    arcella.install("ticker.wasm", "good")
    arcella.ask("start", target="sleeper", group="g", arg=["3"])
    arcella.ask("start", target="good", group="g", arg=["20", "50", "1"])
    arcella.wait_state("good", "finished", 20)
    median = int(re.search(r"median_us=(\d+)", arcella.logs("good")).group(1))
    assert median < 50000 * SLOW
    arcella.wait_state("sleeper", "finished", 20)


def test_a_flood_of_lines_is_limited_and_counted(arcella):
    arcella.expect_log("dropped|lost|lines")
    arcella.install("flood.wasm")
    arcella.ask("start", target="flood", arg=["lines", "200000"])
    arcella.wait_state("flood", "finished", 60)
    log = arcella.cli("logs", "flood", "-n", "1000").ok().out
    assert re.search(r"dropped|lost", log)
    size = sum(p.stat().st_size for p in (arcella.home / "log").glob("*"))
    assert size < 4 * 1024 * 1024


def test_a_long_line_is_cut(arcella):
    arcella.install("flood.wasm")
    arcella.ask("start", target="flood", arg=["long", "1000000"])
    arcella.wait_state("flood", "finished", 30)
    lines = arcella.ask("logs", target="flood")["data"]["lines"]
    longest = max(len(l["message"]) for l in lines)
    assert 4000 < longest <= 8192 + 64
    assert any(l["message"] == "end" for l in lines)


def test_use_is_shown_beside_the_limits(arcella):
    arcella.install("ticker.wasm")
    arcella.ask("start", target="ticker", arg=["100"], memory="32m")
    arcella.wait_state("ticker", "running")
    row = wait_until(lambda: next((r for r in arcella.ask("list", what="instances")["data"]["instances"]
                                   if r["memory_bytes"] > 0), None), 5, "figures of the instance")
    assert row["limits"]["memory"] in (32 * 1024 * 1024, "32 MiB", "32m")
    policy = arcella.ask("status", target="ticker")["data"]["deployment"]["policy"]
    assert policy["memory"]["origin"] in ("option", "command", "options", "flag")
    assert policy["restart"]["origin"] == "default"
    arcella.ask("stop", target="ticker", timeout="50ms")


def wake_ups(pid):
    """Voluntary and forced context switches of all threads of a process."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        text = open(f"/proc/{pid}/task/{task}/status").read()
        total += sum(int(n) for n in re.findall(r"ctxt_switches:\s+(\d+)", text))
    return total


def test_an_idle_daemon_and_idle_workers_do_not_wake_up(stopped):
    (stopped.home / "cfg").mkdir(parents=True)
    os.chmod(stopped.home, 0o700)
    stopped.start()
    stopped.install("plain_add.wasm", "idle")
    for n in range(5):
        stopped.install("plain_add.wasm", f"idle{n}")
        stopped.ask("start", target=f"idle{n}", group=f"g{n}")
    wait_until(lambda: len(stopped.workers()) == 5, 10, "five workers")
    pids = [stopped.pid] + [w["pid"] for w in stopped.workers()]
    time.sleep(1.5)
    before = {p: wake_ups(p) for p in pids}
    time.sleep(4)
    after = {p: wake_ups(p) for p in pids}
    woken = {p: after[p] - before[p] for p in pids}
    assert sum(woken.values()) <= 4, f"wake-ups in 4 s: {woken}"
