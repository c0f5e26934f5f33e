#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""`make soak`: kill loops and load by the hour.

    soak.py --seconds 3600 --seed N [--moments N]

Rounds of: kill -9 at random moments (Killer), then load (many programs at once, short-lived and long-lived), then a
look at what the daemon holds.  Ends at the first thing that is wrong, with the seed that shows it again.
"""
import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "system"))
from conftest import Arcella, open_descriptors, wait_until  # noqa: E402
from killer import Killer  # noqa: E402


def resident_kib(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4


def load(arcella, dice):
    """Thirty programs in five groups; half end by themselves, half are stopped."""
    for guest, name in (("hello.wasm", "short"), ("ticker.wasm", "long"), ("spin.wasm", "spin")):
        reply = arcella.ask("install", path=str(arcella_guest(guest)), id=f"{name}@1.0.0")
        assert reply["success"], reply
    started = []
    for _ in range(30):
        name = dice.choice(("short", "long", "spin"))
        args = {"target": name}
        if arcella.deployment(name) is None and name == "long":
            args["arg"] = ["20"]
        reply = arcella.ask("start", **args)
        assert reply["success"], reply
        started.append(name)
        if dice.random() < 0.4:
            assert arcella.ask("stop", target=name, timeout="30ms")["success"]
    for name in set(started):
        assert arcella.ask("undeploy", target=name, timeout="30ms")["success"]
    for name in ("short", "long", "spin"):
        assert arcella.ask("remove", target=f"{name}@1.0.0")["success"]


def arcella_guest(name):
    from conftest import GUESTS
    return GUESTS / name


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--moments", type=int, default=2000)
    options = parser.parse_args()
    print(f"soak: seed {options.seed}, {options.seconds} s or {options.moments} moments, whichever is later", flush=True)
    deadline = time.monotonic() + options.seconds
    moments, number = 0, 0
    while time.monotonic() < deadline or moments < options.moments:
        seed = options.seed + number
        with tempfile.TemporaryDirectory(prefix="arc-") as folder:
            arcella = Arcella(Path(folder) / "home").start()
            try:
                killer = Killer(arcella, seed)
                for _ in range(50):
                    killer.round()
                    moments += 1
                killer.close()
                arcella.ask("undeploy", target="last", timeout="30ms")
                arcella.ask("remove", target="last@1.0.0")
                dice = random.Random(seed)
                load(arcella, dice)
                before = (resident_kib(arcella.pid), len(open_descriptors(arcella.pid)))
                for _ in range(5):
                    load(arcella, dice)
                wait_until(lambda: len(open_descriptors(arcella.pid)) <= before[1] + 12, 20, "descriptors to be closed")
                assert resident_kib(arcella.pid) < before[0] + 8192, f"the daemon grew from {before[0]} KiB to {resident_kib(arcella.pid)} KiB"
                assert arcella.stop() == 0
                assert not arcella.verify(), arcella.verify()
            except BaseException:
                print(f"soak: failed with seed {seed} (`--seed {seed}` shows it again)", file=sys.stderr, flush=True)
                arcella.process.kill()
                raise
        number += 1
        print(f"soak: {moments} moments, {number} rounds, killed {killer.killed}, {max(0, int(deadline - time.monotonic()))} s left", flush=True)
    print(f"1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
