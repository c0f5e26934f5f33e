# SPDX-License-Identifier: Apache-2.0 OR MIT
"""WASI 0.2 from Python: each function called by its name, with values as its WIT has them.

    guest = Guest(Deployed(arcella, "name"))
    socket = guest("tcp-create-socket.create-tcp-socket", "ipv4")
    assert guest("tcp-socket.finish-bind", socket) == Err("not-in-progress")

The guest is the forwarder (tests/guests/components/wasi/forwarder.py); here arguments are lowered into its memory and results
lifted from it, by the types of the WIT, so nothing is written by hand for any function.  Where it runs is behind a small
class: Deployed calls an instance of a daemon, tests/spec/wasi-p2-reference has one for another host.

Values: numbers, bool, str; bytes for list<u8>, list, tuple, dict for a record, str for a case or (case, payload), set of str
for flags, None or the value for an option; a handle is its number.  A result is what is in its ok, or Err(what is in its error).
"""
import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "guests" / "components" / "wasi")]
import forwarder  # noqa: E402
import wit_read  # noqa: E402

ARGUMENTS, RESULT = 4096, 1024  # where both are in the guest's memory
MASKS = {"s8": 8, "s16": 16, "s32": 32, "s64": 64}
# What was called and how it ended, over all guests of this process: {"wasi:io/poll#poll": {"ok", "trap"}}.
RECORD = {}


@dataclass(frozen=True)
class Err:
    """The error of a result."""
    code: object


class Trap(Exception):
    """The guest trapped in a call; it is gone."""


def wit_folder():
    done = subprocess.run([ROOT / "tools" / "bootstrap", "--print", "wit"], text=True, capture_output=True, check=True)
    return done.stdout.strip()


class Wit:
    """All functions by their short names: "tcp-socket.start-bind", "poll.poll", "monotonic-clock.now"."""

    def __init__(self, folder=None):
        self.interfaces = forwarder.interfaces(folder or wit_folder())
        self.functions = {}
        for it in self.interfaces.values():
            for function in it.functions:
                name = function.name.rpartition("]")[2]
                name = name if "." in name else f"{it.short}.{name}"
                assert name not in self.functions
                self.functions[name] = function
        self.resources = [name for it in self.interfaces.values() for name in it.resources]


class Memory:
    """Arguments on their way to the guest's memory."""

    def __init__(self, at):
        self.start, self.bytes = at, bytearray()

    def room(self, size, alignment):
        self.bytes += bytes(-(self.start + len(self.bytes)) % alignment)
        at = self.start + len(self.bytes)
        self.bytes += bytes(size)
        return at

    def store(self, at, number, size):
        self.bytes[at - self.start:at - self.start + size] = (number & (1 << 8 * size) - 1).to_bytes(size, "little")


def case_of(t, value):
    """Of what is a variant by its nature: (index, type of the payload, payload)."""
    if t[0] == "option":
        return (0, None, None) if value is None else (1, t[1], value)
    if t[0] == "result":
        return (1, t[2], value.code) if isinstance(value, Err) else (0, t[1], value)
    name, payload = value if isinstance(value, tuple) else (value, None)
    labels = [case for case, _ in t[1]]
    index = labels.index(name)
    return index, t[1][index][1], payload


def number_of(t, value):
    """What is one number: of an enum, flags, a bool, an integer, a handle."""
    if t[0] == "enum":
        return t[1].index(value) if isinstance(value, str) else value
    if t[0] == "flags":
        return sum(1 << t[1].index(name) for name in value) if not isinstance(value, int) else value
    return int(value)


def lower_flat(it, t, value, memory):
    """Core values of an argument."""
    where, t = it.bare(t)
    kind = t[0]
    if kind in ("string", "list"):
        return list(lower_list(where, t, value, memory))
    if kind == "record":
        return [n for name, part in t[1] for n in lower_flat(where, part, value[name], memory)]
    if kind == "tuple":
        return [n for part, one in zip(t[1], value) for n in lower_flat(where, part, one, memory)]
    if kind in ("variant", "option", "result"):
        index, part, payload = case_of(t, value)
        flat = [index, *(lower_flat(where, part, payload, memory) if part else [])]
        return flat + [0] * (len(it.flat(t)) - len(flat)) if where is it else flat + [0] * (len(where.flat(t)) - len(flat))
    return [number_of(t, value)]


def lower_list(it, t, value, memory):
    """Address and length of a string or list."""
    if t[0] == "string" or isinstance(value, (bytes, bytearray)):
        data = value.encode() if isinstance(value, str) else bytes(value)
        at = memory.room(len(data), 1)
        memory.bytes[at - memory.start:] = data
        return at, len(data)
    size, alignment = it.layout(t[1])
    at = memory.room(size * len(value), alignment)
    for i, one in enumerate(value):
        lower_memory(it, t[1], one, memory, at + i * size)
    return at, len(value)


def lower_memory(it, t, value, memory, at):
    """Write a value to where there is room for it."""
    where, t = it.bare(t)
    kind = t[0]
    if kind in ("string", "list"):
        for i, number in enumerate(lower_list(where, t, value, memory)):
            memory.store(at + 4 * i, number, 4)
    elif kind in ("record", "tuple"):
        parts = [(part, value[name]) for name, part in t[1]] if kind == "record" else list(zip(t[1], value))
        for part, one in parts:
            size, alignment = where.layout(part)
            at += -at % alignment
            lower_memory(where, part, one, memory, at)
            at += size
    elif kind in ("variant", "option", "result"):
        index, part, payload = case_of(t, value)
        memory.store(at, index, where.discriminant(len(where.cases(t))))
        if part:
            lower_memory(where, part, payload, memory, at + where.payload_at(t))
    else:
        memory.store(at, number_of(t, value), where.size(t))


def lift_number(t, number):
    if t[0] == "bool":
        return bool(number)
    if t[0] == "enum":
        return t[1][number]
    if t[0] == "flags":
        return {name for i, name in enumerate(t[1]) if number >> i & 1}
    bits = MASKS.get(t[0])
    return number - (1 << bits) if bits and number >> bits - 1 else number


def lift_case(it, t, index, payload):
    """payload: reads it, given its type."""
    if t[0] == "option":
        return payload(t[1]) if index else None
    if t[0] == "result":
        return Err(payload(t[2]) if t[2] else None) if index else payload(t[1]) if t[1] else None
    name, part = t[1][index]
    return (name, payload(part)) if part else name


def lift_memory(it, t, read, at):
    """Read a value from the guest's memory; read(at, length) gives bytes."""
    where, t = it.bare(t)
    kind = t[0]
    if kind in ("string", "list"):
        head = read(at, 8)
        start, length = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:], "little")
        if kind == "string":
            return read(start, length).decode()
        if t[1] == ("u8",):
            return read(start, length)
        size, _ = where.layout(t[1])
        data = read(start, length * size)  # once, not for each

        def inside(at, n):
            return data[at - start:at - start + n] if start <= at and at + n <= start + len(data) else read(at, n)
        return [lift_memory(where, t[1], inside, start + i * size) for i in range(length)]
    if kind in ("record", "tuple"):
        values, names = [], [name for name, _ in t[1]] if kind == "record" else None
        for part in [part for _, part in t[1]] if kind == "record" else t[1]:
            size, alignment = where.layout(part)
            at += -at % alignment
            values.append(lift_memory(where, part, read, at))
            at += size
        return dict(zip(names, values)) if names else tuple(values)
    if kind in ("variant", "option", "result"):
        index = int.from_bytes(read(at, where.discriminant(len(where.cases(t)))), "little")
        return lift_case(where, t, index, lambda part: lift_memory(where, part, read, at + where.payload_at(t)))
    return lift_number(t, int.from_bytes(read(at, where.size(t)), "little"))


def outcome_of(value):
    """As it is recorded: "ok", the name of an error, or what case of it."""
    if not isinstance(value, Err):
        return "ok"
    return value.code[0] if isinstance(value.code, tuple) else str(value.code)


def has_list(it, t):
    where, t = it.bare(t)
    if t[0] in ("string", "list"):
        return True
    if t[0] in ("record", "variant"):
        return any(has_list(where, part) for _, part in t[1] if part)
    return any(has_list(where, part) for part in (t[1] if t[0] == "tuple" else t[1:]) if isinstance(part, tuple))


class Guest:
    """One instance of the forwarder, and what may be asked of it."""

    def __init__(self, place, wit=None):
        self.place, self.wit = place, wit or Wit()
        self.network = None

    def core(self, name, *numbers):
        """Call an export of the forwarder with its core values."""
        return self.place.call(name, numbers)

    def read(self, at, length):
        return b"".join(self.place.get(at + i, min(LARGEST_PIECE, length - i)) for i in range(0, length, LARGEST_PIECE))

    def write(self, at, data):
        for i in range(0, len(data), LARGEST_PIECE):
            self.place.put(at + i, data[i:i + LARGEST_PIECE])

    def __call__(self, name, *values):
        function = self.wit.functions[name]
        it, memory = function.interface, Memory(ARGUMENTS)
        assert len(values) == len(function.params), f"{name} takes {[n for n, _ in function.params]}"
        flat = [n for (_, t), value in zip(function.params, values) for n in lower_flat(it, t, value, memory)]
        assert len(memory.bytes) <= forwarder.HEAP - ARGUMENTS, "too much for the guest's memory"
        self.write(memory.start, memory.bytes)
        if function.pointer:
            flat.append(RESULT)
        if function.result and has_list(it, function.result):
            self.core("reset")
        outcomes = RECORD.setdefault(function.full, set())
        try:
            number = self.core(forwarder.exported(function), *flat)
        except Trap:
            outcomes.add("trap")
            raise
        if not function.result:
            value = None
        elif function.pointer:
            value = lift_memory(it, function.result, self.read, RESULT)
        else:
            where, t = it.bare(function.result)
            value = lift_case(where, t, number, None) if t[0] == "result" else lift_number(t, number)
        outcomes.add(outcome_of(value))
        return value

    def drop(self, resource, handle):
        self.core(f"drop-{resource}", handle)


LARGEST_PIECE = 32768  # a request to the daemon is a line of at most 64 KiB


class Deployed:
    """An instance of a daemon's deployment.

    A trap ends the instance and the daemon makes another; what a call says of that is the end of this one.
    """

    def __init__(self, arcella, target):
        self.alme, self.target = arcella.alme(), target

    def ask(self, function, args):
        reply = self.alme.ask("call", target=self.target, function=function, json=True, base64=True, args=args)
        if not reply["success"]:
            error = reply["error"]
            if reply.get("data", {}).get("end") or "trap" in json.dumps(error):
                raise Trap(error.get("message", json.dumps(error)))
            raise AssertionError(f"{function}({', '.join(args)}): {reply}")
        data = reply["data"]
        return data.get("result")

    def call(self, function, numbers):
        result = self.ask(function, [str(n) if n < 1 << 53 else f'"{n}"' for n in numbers])
        return int(result) if result is not None else None

    def get(self, at, length):
        return base64.b64decode(self.ask("get", [str(at), str(length)])["base64"])

    def put(self, at, data):
        self.ask("put", [str(at), json.dumps({"base64": base64.b64encode(bytes(data)).decode()})])

    def close(self):
        self.alme.close()
