# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Rows of bench/run for WASI 0.2: the guest bench_wasi against bench_wasi_reference, in pairs, in the same run.

Both print nanoseconds of what they did themselves, so starting them does not count.
"""
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

COPY_MIB = int(os.environ.get("BENCH_COPY_MIB", "1024"))
BUFFER = 65536
PAIRS = 3

# name: (target, of the ratio or the value); ratios are ours to the reference's time: 0.7 and 0.5 of its speed are 1/0.7 and 1/0.5.
TARGETS = {
    "WASI 0.2: copy of 1 GiB through streams": (1.43, "ratio"),
    "WASI 0.2: copy of 1 GiB by splice": (None, "ratio"),
    "WASI 0.2: TCP echo of 64 KiB": (1.43, "ratio"),
    "WASI 0.2: TCP echo of 64 bytes": (2.0, "ratio"),
    "WASI 0.2: poll of 10,000 pollables, per ready event": (None, "ratio"),
    "WASI 0.2: wall-clock now()": (None, "ratio"),
    "WASI 0.2: instantiate a command component": (None, "value"),
    "WASI 0.2: name lookup through the daemon": (None, "ratio"),
}


class Bench:
    """What all rows need: programs, a guest, a home, an environment."""

    def __init__(self, build, guests, home, environment):
        self.arcella, self.cli = build / "bin" / "arcella", build / "bin" / "arcella-cli"
        self.reference = build / "bench" / "bench_wasi_reference"
        self.guest, self.home, self.environment = guests / "components" / "bench-wasi.wasm", home, environment

    def ours_command(self, options, *words):
        return [self.arcella, "run", *options, self.guest, *map(str, words)]

    def number(self, command):
        done = subprocess.run([str(c) for c in command], env=self.environment, text=True, stdout=subprocess.PIPE, check=True)
        return int(done.stdout.split()[-1])

    def pairs(self, name, unit, ours, reference, scale, count=PAIRS):
        """The medians of `count` measurements each, in turn."""
        found = [(ours() / scale, reference() / scale) for _ in range(count)]
        mine, theirs = (statistics.median(pair[i] for pair in found) for i in (0, 1))
        return {"name": name, "unit": unit, "ours": mine, "reference": theirs,
                "ratio": statistics.median(a / b for a, b in found)}


def copies(bench, folder):
    """In memory where there is room, so that the disk is not what is measured."""
    place = Path("/dev/shm") if shutil.disk_usage("/dev/shm").free > 3 * COPY_MIB << 20 else Path(folder)
    with tempfile.TemporaryDirectory(prefix="arc-", dir=place) as data:
        block = os.urandom(1 << 20)
        with open(f"{data}/from", "wb") as file:
            for _ in range(COPY_MIB):
                file.write(block)
        options = ["--dir", f"{data}::/data:rw", "--timeout", "0s"]
        reference = lambda: bench.number([bench.reference, "copy", f"{data}/from", f"{data}/theirs", BUFFER])  # noqa: E731
        rows = []
        for name, how in (("WASI 0.2: copy of 1 GiB through streams", "copy"), ("WASI 0.2: copy of 1 GiB by splice", "splice")):
            ours = lambda how=how: bench.number(bench.ours_command(options, how, "from", "ours", BUFFER))  # noqa: E731
            rows.append(bench.pairs(name, "ms", ours, reference, 1e6))
            if Path(f"{data}/ours").stat().st_size != COPY_MIB << 20:
                raise SystemExit(f"{name}: the copy is not as long as what was copied")
        return rows


def spare_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def echoes(bench):
    """One client for both servers, which run side by side and idle in turn."""
    ports = [spare_port(), spare_port()]
    commands = [bench.ours_command(["--net", f"listen=127.0.0.1:{ports[0]}", "--timeout", "0s"], "echo", ports[0]),
                [bench.reference, "echo", str(ports[1])]]
    servers = [subprocess.Popen([str(c) for c in command], env=bench.environment) for command in commands]
    try:
        rows = []
        for name, size, count in (("64 KiB", 65536, 4000), ("64 bytes", 64, 20000)):
            ours, reference = (lambda port=port, size=size, count=count: bench.number([bench.reference, "client", port, size, count])
                               for port in ports)
            rows.append(bench.pairs(f"WASI 0.2: TCP echo of {name}", "us", ours, reference, 1e3))
        return rows
    finally:
        for server in servers:
            server.terminate()
            server.wait()


def lookups(bench):
    """By an instance of a daemon, which resolves for it."""
    home = Path(bench.home).parent / "lookups"
    env = bench.environment | {"ARCELLA_HOME": str(home)}
    daemon = subprocess.Popen([bench.arcella, "daemon"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)

    def cli(*words):
        return subprocess.run([str(bench.cli), *map(str, words)], env=env, text=True, capture_output=True)

    def ours():
        cli("start", "bench", "--restart", "never", "--net", "resolve=localhost", *(part for word in ("lookup", "localhost", 500)
                                                                                   for part in ("--arg", word)))
        while '"finished"' not in cli("list", "deployments", "--json").stdout.replace(" ", ""):
            time.sleep(0.02)
        told = [line.split()[-1] for line in cli("logs", "bench", "-n", 20).stdout.splitlines()]
        cli("undeploy", "bench")
        return int([word for word in told if word.isdigit()][-1])

    try:
        while cli("ping").returncode:
            time.sleep(0.05)
        cli("install", bench.guest, "--id", "bench@1.0.0")
        return [bench.pairs("WASI 0.2: name lookup through the daemon", "us", ours,
                            lambda: bench.number([bench.reference, "lookup", "localhost", 500]), 1e3)]
    finally:
        daemon.terminate()
        daemon.wait()


def measure(bench, folder):
    rows = copies(bench, folder) + echoes(bench)
    for name, unit, words, scale in (("poll of 10,000 pollables, per ready event", "us", ("poll", 10000, 200), 1e3),
                                     ("wall-clock now()", "ns", ("now", 2000000), 1e3)):
        rows.append(bench.pairs(f"WASI 0.2: {name}", unit, lambda words=words: bench.number(bench.ours_command([], *words)),
                                lambda words=words: bench.number([bench.reference, *words]), scale))
    return rows + lookups(bench)
