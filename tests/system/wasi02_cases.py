# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What each function of WASI 0.2 must do: its success, its errors, its limits.  Cases of io, cli, clocks and random; those of
files and sockets have files of their own beside this one, and all are in CASES.

A case is a function of a guest (wasi02.Guest) and a Place: what it has been granted.  It is told what it needs:

    @case("net")            TCP, UDP and lookups on 127.0.0.1 and ::1
    @case("files")          /data, writable, and /fixed, not; both are folders of the test
    @case("environment")    variables A=1 and B="two words"
    @case(stable=False)     calls what is not in every release of 0.2: hosts need not have it

A case passes on every host that keeps to the WIT, unless tests/spec/wasi-p2-reference says why one differs.
"""
import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path

from wasi02 import Err, Trap

CASES = []
CLOSED = Err("closed")
MS = 1_000_000


@dataclass
class Case:
    name: str
    run: object
    needs: tuple
    stable: bool


@dataclass
class Place:
    """Folders of the host that the guest sees as /data and /fixed."""
    data: Path = None
    fixed: Path = None
    notes: dict = field(default_factory=dict)


def case(*needs, stable=True):
    def put(run):
        CASES.append(Case(run.__name__, run, needs, stable))
        return run
    return put


@contextlib.contextmanager
def traps():
    """What is inside must trap; nothing can be called afterwards."""
    try:
        yield
    except Trap:
        return
    raise AssertionError("no trap")


def block(g, pollable):
    """Wait for a pollable and drop it."""
    g("pollable.block", pollable)
    g.drop("pollable", pollable)


def timer(g, nanoseconds):
    return g("monotonic-clock.subscribe-duration", nanoseconds)


def read_all(g, stream, piece=1 << 20):
    data = b""
    while (got := g("input-stream.blocking-read", stream, piece)) != CLOSED:
        assert got and not isinstance(got, Err), got
        data += got
    return data


def write_all(g, stream, data):
    """By permits, as a program does."""
    while data:
        permit = g("output-stream.check-write", stream)
        assert not isinstance(permit, Err), permit
        if permit == 0:
            block(g, g("output-stream.subscribe", stream))
            continue
        assert g("output-stream.write", stream, data[:permit]) is None
        data = data[permit:]
    assert g("output-stream.blocking-flush", stream) is None


# --- wasi:io/poll ---

@case()
def poll_of_nothing_traps(g, _):
    with traps():
        g("poll.poll", [])


@case()
def poll_tells_which_are_ready(g, _):
    late, now, later = timer(g, 10**12), timer(g, 0), timer(g, 10**13)
    assert g("poll.poll", [late, now, later]) == [1]
    assert g("poll.poll", [now, now, late]) == [0, 1]
    assert g("pollable.ready", now) and not g("pollable.ready", late)


@case()
def poll_waits_for_the_first(g, _):
    first = g("monotonic-clock.now") + 3000 * MS  # when all are made, however slow the machine is
    timers = [g("monotonic-clock.subscribe-instant", first + (99 - i) * 10 * MS) for i in range(100)]
    ready = g("poll.poll", timers)
    assert 99 in ready and ready == sorted(ready) and 0 not in ready
    assert g("monotonic-clock.now") >= first


@case()
def block_waits(g, _):
    began = g("monotonic-clock.now")
    block(g, timer(g, 50 * MS))
    assert g("monotonic-clock.now") - began >= 50 * MS


@case()
def block_is_over_at_once_when_ready(g, _):
    one = timer(g, 0)
    for _ in range(3):
        g("pollable.block", one)
        assert g("pollable.ready", one) is True


@case()
def a_pollable_of_another_kind_traps(g, _):
    stream = g("stdout.get-stdout")
    with traps():
        g("poll.poll", [stream])


@case()
def a_dropped_pollable_traps(g, _):
    one = timer(g, 0)
    g.drop("pollable", one)
    with traps():
        g("pollable.ready", one)


@case()
def a_stream_dropped_before_its_pollable_traps(g, _):
    stream = g("stdin.get-stdin")
    g("input-stream.subscribe", stream)
    with traps():
        g.drop("input-stream", stream)


@case()
def an_output_stream_dropped_before_its_pollable_traps(g, _):
    stream = g("stdout.get-stdout")
    g("output-stream.subscribe", stream)
    with traps():
        g.drop("output-stream", stream)


@case()
def many_pollables(g, _):
    timers = [timer(g, 10**12 + i) for i in range(1000)] + [timer(g, 0)]
    assert g("poll.poll", timers) == [1000]
    for one in timers:
        g.drop("pollable", one)


@case(stable=False)
def there_is_a_limit_of_pollables(g, _):
    """Ours: 16,384 of one instance; the next one ends it."""
    made = 0
    with traps():
        while made <= 16384:
            timer(g, 10**12)
            made += 1
    assert made == 16384, made


# --- wasi:clocks ---

@case()
def the_monotonic_clock_never_goes_back(g, _):
    times = [g("monotonic-clock.now") for _ in range(100)]
    assert times == sorted(times)
    assert 0 < g("monotonic-clock.resolution") < 10**9


@case()
def an_instant_in_the_past_is_ready(g, _):
    now = g("monotonic-clock.now")
    assert g("pollable.ready", g("monotonic-clock.subscribe-instant", now))
    assert g("pollable.ready", g("monotonic-clock.subscribe-instant", 0))
    assert not g("pollable.ready", g("monotonic-clock.subscribe-instant", now + 10**13))


@case()
def an_instant_to_come_is_waited_for(g, _):
    when = g("monotonic-clock.now") + 30 * MS
    block(g, g("monotonic-clock.subscribe-instant", when))
    assert g("monotonic-clock.now") >= when


@case()
def times_without_end_are_never_ready(g, _):
    assert not g("pollable.ready", g("monotonic-clock.subscribe-instant", 2**64 - 1))
    assert not g("pollable.ready", timer(g, 2**64 - 1))
    assert not g("pollable.ready", timer(g, 2**63))


@case()
def the_wall_clock_is_the_hosts(g, _):
    told = g("wall-clock.now")
    assert told["nanoseconds"] < 10**9
    assert abs(told["seconds"] + told["nanoseconds"] / 1e9 - time.time()) < 60
    resolution = g("wall-clock.resolution")
    assert resolution["seconds"] == 0 and 0 < resolution["nanoseconds"] < 10**9


@case(stable=False)
def there_is_no_time_zone_but_utc(g, _):
    for when in (0, 1_700_000_000, 2**63):
        moment = {"seconds": when, "nanoseconds": 0}
        assert g("timezone.utc-offset", moment) == 0
        assert g("timezone.display", moment) == {"utc-offset": 0, "name": "UTC", "in-daylight-saving-time": False}


# --- wasi:random ---

@case()
def random_bytes_are_as_many_as_asked_for(g, _):
    for name in ("random.get-random-bytes", "insecure.get-insecure-random-bytes"):
        assert g(name, 0) == b""
        for length in (1, 16, 4096, 65536):
            assert len(g(name, length)) == length
        assert g(name, 32) != g(name, 32)


@case()
def random_numbers_differ(g, _):
    for name in ("random.get-random-u64", "insecure.get-insecure-random-u64"):
        numbers = {g(name) for _ in range(20)}
        assert len(numbers) == 20 and max(numbers) > 2**32


@case()
def a_seed_is_two_numbers(g, _):
    seed = g("insecure-seed.insecure-seed")
    assert len(seed) == 2 and all(0 <= n < 2**64 for n in seed)


@case()
def more_random_bytes_than_there_is_memory_trap(g, _):
    with traps():
        g("random.get-random-bytes", 2**40)


@case()
def more_insecure_random_bytes_than_there_is_memory_trap(g, _):
    with traps():
        g("insecure.get-insecure-random-bytes", 2**63)


# --- wasi:cli ---

@case("environment")
def the_environment_is_what_was_granted(g, _):
    pairs = g("environment.get-environment")
    assert sorted(pairs) == [("A", "1"), ("B", "two words")]
    assert g("environment.get-environment") == pairs


@case()
def nothing_is_in_the_environment_by_itself(g, _):
    assert g("environment.get-environment") == []
    assert g("environment.initial-cwd") is None


@case("arguments")
def arguments_come_in_their_order(g, _):
    assert g("environment.get-arguments")[1:] == ["one", "", "zwei drei", "\u2603"]


@case()
def there_is_no_terminal(g, _):
    for name in ("stdin", "stdout", "stderr"):
        assert g(f"terminal-{name}.get-terminal-{name}") is None


@case()
def standard_input_is_at_its_end(g, _):
    stream = g("stdin.get-stdin")
    block(g, g("input-stream.subscribe", stream))
    assert g("input-stream.blocking-read", stream, 10) == CLOSED
    assert g("input-stream.read", stream, 10) == CLOSED
    assert g("input-stream.skip", stream, 10) == CLOSED
    assert g("input-stream.blocking-skip", stream, 10) == CLOSED


@case()
def standard_output_takes_what_it_permits(g, _):
    for name in ("stdout", "stderr"):
        stream = g(f"{name}.get-{name}")
        permit = g("output-stream.check-write", stream)
        assert permit > 0
        assert g("output-stream.write", stream, b"from the guest\n") is None
        assert g("output-stream.flush", stream) is None
        assert g("output-stream.blocking-flush", stream) is None
        block(g, g("output-stream.subscribe", stream))
        assert g("output-stream.check-write", stream) > 0


@case()
def standard_output_blocking(g, _):
    stream = g("stdout.get-stdout")
    assert g("output-stream.blocking-write-and-flush", stream, b"x" * 4095 + b"\n") is None
    assert g("output-stream.blocking-write-and-flush", stream, b"") is None


@case()
def several_handles_of_standard_output(g, _):
    handles = [g("stdout.get-stdout") for _ in range(10)]
    assert len(set(handles)) == 10
    for one in handles:
        assert g("output-stream.blocking-write-and-flush", one, b".\n") is None
        g.drop("output-stream", one)


@case()
def more_than_permitted_traps(g, _):
    stream = g("stdout.get-stdout")
    permit = g("output-stream.check-write", stream)
    if permit > 1 << 20:
        return  # a sink that takes anything; streams of files and sockets have cases of their own
    with traps():
        g("output-stream.write", stream, b"x" * (permit + 1))


@case()
def more_than_4096_blocking_traps(g, _):
    stream = g("stdout.get-stdout")
    with traps():
        g("output-stream.blocking-write-and-flush", stream, b"x" * 4097)


@case()
def exit_ends_the_instance(g, _):
    with traps():
        g("exit.exit", None)


@case()
def exit_with_an_error_ends_the_instance(g, _):
    with traps():
        g("exit.exit", Err(None))


@case(stable=False)
def exit_with_code_ends_the_instance(g, _):
    with traps():
        g("exit.exit-with-code", 7)
