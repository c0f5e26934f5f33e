#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Makes files that no careful runtime may be hurt by: make_bad.py OUT [--seed N] [--list] [NAME…]

Three kinds, told by the first part of the name:

  bad_*    not a valid module: every one must be refused with an error
  flip_*   a good module with a few bytes changed at random (by --seed): may be valid or not; must end well
  bomb_*   valid modules that take very long, or very much, to compile; must end in an error or in success,
           within the limits of a compile process
  odd_*    valid modules with something extreme in them that costs little: may be refused by a limit

Nothing but Python's own library is needed.  The same seed makes the same bytes.  Files of the same name are
written anew; the folder is made if it is not there.
"""

import argparse
import os
import pathlib
import random
import sys
from collections.abc import Callable, Iterator

MAGIC = b"\0asm"
CORE = MAGIC + b"\x01\0\0\0"
COMPONENT = MAGIC + b"\x0d\0\x01\0"
I32 = b"\x7f"
MIB = 1 << 20


# ---- a small encoder ----

def uleb(n: int) -> bytes:
    out = bytearray()
    while True:
        byte, n = n & 0x7F, n >> 7
        out.append(byte | (0x80 if n else 0))
        if not n:
            return bytes(out)


def sleb(n: int) -> bytes:
    out = bytearray()
    while True:
        byte, n = n & 0x7F, n >> 7
        done = (n == 0 and not byte & 0x40) or (n == -1 and byte & 0x40)
        out.append(byte | (0 if done else 0x80))
        if done:
            return bytes(out)


def sized(data: bytes) -> bytes:
    return uleb(len(data)) + data


def vector(items: list[bytes]) -> bytes:
    return uleb(len(items)) + b"".join(items)


def section(number: int, data: bytes) -> bytes:
    return bytes([number]) + sized(data)


def name(text: str) -> bytes:
    return sized(text.encode())


def function_type(params: bytes = b"", results: bytes = b"") -> bytes:
    return b"\x60" + sized(params) + sized(results)


def body(code: bytes, local_groups: list[tuple[int, bytes]] | None = None) -> bytes:
    groups = [uleb(count) + kind for count, kind in local_groups or []]
    return sized(vector(groups) + code + b"\x0b")


def const(n: int) -> bytes:
    return b"\x41" + sleb(n)


def module(bodies: list[bytes], types: list[bytes] | None = None, type_of: int = 0, before_code: bytes = b"",
           after_code: bytes = b"", exports: list[bytes] | None = None) -> bytes:
    """A core module whose functions all have one type; the first is exported as _start."""
    if exports is None:
        exports = [name("_start") + b"\0" + uleb(0)]
    return (CORE
            + section(1, vector(types or [function_type()]))
            + section(3, vector([uleb(type_of)] * len(bodies)))
            + section(7, vector(exports))
            + before_code
            + section(10, vector(bodies))
            + after_code)


def good() -> bytes:
    """A small valid program that the bad ones are made from: memory, global, table, data, three functions."""
    types = [function_type(), function_type(I32 + I32, I32)]
    bodies = [body(const(2) + const(3) + b"\x10\x01\x1a"),                # _start: drop(add(2, 3))
              body(b"\x20\0\x20\x01\x6a"),                               # add
              body(b"\x20\0\x41\x10\x28\x02\0\x20\x01\x6c\x6a")]         # a + load(16) * b
    return (CORE
            + section(1, vector(types))
            + section(3, vector([uleb(0), uleb(1), uleb(1)]))
            + section(4, vector([b"\x70\0" + uleb(4)]))
            + section(5, vector([b"\0" + uleb(1)]))
            + section(6, vector([I32 + b"\x01" + const(7) + b"\x0b"]))
            + section(7, vector([name("_start") + b"\0" + uleb(0), name("memory") + b"\x02" + uleb(0),
                                 name("add") + b"\0" + uleb(1)]))
            + section(9, vector([b"\0" + const(1) + b"\x0b" + vector([uleb(1), uleb(2)])]))
            + section(10, vector(bodies))
            + section(11, vector([b"\0" + const(16) + b"\x0b" + name("twelve bytes")])))


# ---- bad: each must be refused ----

def bad_files(rng: random.Random) -> Iterator[tuple[str, Callable[[], bytes]]]:
    whole = good()
    yield "bad_empty", lambda: b""
    yield "bad_magic_only", lambda: MAGIC
    yield "bad_version", lambda: MAGIC + b"\x02\0\0\0" + whole[8:]
    yield "bad_layer", lambda: MAGIC + b"\x01\0\x07\0" + whole[8:]
    yield "bad_zeros", lambda: bytes(4096)
    yield "bad_elf", lambda: b"\x7fELF\x02\x01\x01" + bytes(57) + whole
    yield "bad_text", lambda: b"(module (func (export \"_start\")))\n"
    yield "bad_component_text", lambda: b"(component)\n"
    yield "bad_html", lambda: b"<!doctype html><title>404</title>\n"
    yield "bad_random", lambda: rng.randbytes(65536)
    yield "bad_random_core", lambda: CORE + rng.randbytes(65536)
    yield "bad_random_component", lambda: COMPONENT + rng.randbytes(65536)
    for percent in (5, 25, 50, 75, 95):
        yield f"bad_cut_{percent}", lambda percent=percent: whole[:max(9, len(whole) * percent // 100)]
    yield "bad_cut_last_byte", lambda: whole[:-1]
    yield "bad_trailing", lambda: whole + b"\x01"
    yield "bad_section_length", lambda: CORE + b"\x01" + uleb(0xFFFFFFFF) + function_type()
    yield "bad_section_order", lambda: (CORE + section(3, vector([uleb(0)]))
                                        + section(1, vector([function_type()])))
    yield "bad_section_twice", lambda: CORE + section(1, vector([function_type()])) * 2
    yield "bad_section_unknown", lambda: CORE + section(99, b"what") + whole[8:]
    yield "bad_leb_endless", lambda: CORE + b"\x01" + b"\x80" * 4096
    yield "bad_count", lambda: CORE + section(1, uleb(0xFFFFFFFF))
    yield "bad_name_length", lambda: CORE + section(7, uleb(1) + uleb(0xFFFFFFFF) + b"x")
    yield "bad_name_utf8", lambda: module([body(b"")], exports=[sized(b"\xff\xfe\xc3(") + b"\0" + uleb(0)])
    yield "bad_export_twice", lambda: module([body(b"")], exports=[name("_start") + b"\0" + uleb(0)] * 2)
    yield "bad_export_index", lambda: module([body(b"")], exports=[name("_start") + b"\0" + uleb(1000)])
    yield "bad_type_index", lambda: module([body(b"")], type_of=1000)
    yield "bad_stack", lambda: module([body(b"\x6a")])
    yield "bad_body_length", lambda: module([uleb(0x0FFFFFFF) + b"\0\x0b"])
    yield "bad_locals", lambda: module([body(b"", [(0xFFFFFFFF, I32)] * 4)])
    yield "bad_memory_limits", lambda: CORE + section(5, vector([b"\x01" + uleb(2) + uleb(1)]))
    yield "bad_memory_pages", lambda: CORE + section(5, vector([b"\0" + uleb(65537)]))
    yield "bad_start_type", lambda: (CORE + section(1, vector([function_type(I32)]))
                                     + section(3, vector([uleb(0)])) + section(8, uleb(0))
                                     + section(10, vector([body(b"")])))
    yield "bad_component_cut", lambda: COMPONENT + b"\x01" + uleb(len(whole)) + whole[:20]
    yield "bad_component_inner", lambda: COMPONENT + section(1, CORE + rng.randbytes(64))


# ---- odd: valid, extreme, cheap ----

def nested(depth: int) -> bytes:
    inner = COMPONENT
    for _ in range(depth):
        inner = COMPONENT + section(4, inner)
    return inner


def odd_files(_: random.Random) -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "odd_smallest", lambda: CORE
    yield "odd_custom_sections", lambda: CORE + section(0, name("note") + b"x" * 100) * 10000
    yield "odd_custom_large", lambda: CORE + section(0, name("note") + bytes(8 * MIB))
    yield "odd_long_name", lambda: module([body(b"")], exports=[name("n" * 90000) + b"\0" + uleb(0)])
    yield "odd_escape_name", lambda: module([body(b"")],
                                            exports=[name("\x1b[2J\x1b]0;x\x07\n\u202e") + b"\0\0"])
    yield "odd_many_exports", lambda: module([body(b"")],
                                             exports=[name(f"e{i}") + b"\0\0" for i in range(100000)])
    yield "odd_many_imports", lambda: (CORE + section(1, vector([function_type()])) + section(2, vector(
        [name("env") + name(f"f{i}") + b"\0\0" for i in range(100000)])))
    yield "odd_nested_blocks", lambda: module([body(b"\x02\x40" * 50000 + b"\x0b" * 50000)])
    yield "odd_nested_components", lambda: nested(90)
    yield "odd_wide_type", lambda: module([body(b"")],
                                          types=[function_type(), function_type(I32 * 1000, I32 * 1000)])


# ---- bombs: valid, and dear to compile ----

def bomb_functions(count: int) -> bytes:
    """Very many small functions, no two of them equal."""
    bodies = []
    for i in range(count):
        code = b"\x20\0" + const(i) + b"\x6a\x22\x01" + b"\x20\x01\x6c" + const(i * 7919 % 65521) + b"\x73"
        code += b"\x04\x40\x20\x01\x20\0\x10" + uleb((i * 31 + 1) % count) + b"\x1a\x0b\x20\x01"
        bodies.append(body(code))
    return module(bodies, types=[function_type(), function_type(I32 + I32, I32)], type_of=1,
                  exports=[name("call") + b"\0\0"])


def bomb_straight(size: int) -> bytes:
    """One function of one block, in which thousands of values live at the same time."""
    values = 1000
    code = bytearray()
    step = 0
    while len(code) < size:
        a, b = step % values, (step * 7 + 13) % values
        code += b"\x20" + uleb(a) + b"\x20" + uleb(b) + b"\x6c" + const(step) + b"\x6a\x21"
        code += uleb((step * 3) % values)
        step += 1
    for value in range(values):
        code += b"\x20" + uleb(value) + b"\x1a"
    return module([body(bytes(code), [(values, I32)])])


def bomb_branches(blocks: int, tables: int) -> bytes:
    """One function with `blocks` nested blocks and `tables` tables, each of which jumps to all of them, while
    hundreds of locals change on every path."""
    values = 200
    code = bytearray()
    table = b"\x0e" + vector([uleb(i) for i in range(blocks)]) + uleb(0)
    code += b"\x02\x40" * blocks
    for t in range(tables):
        a, b = t % values, (t * 17 + 5) % values
        code += b"\x02\x40\x20" + uleb(a) + b"\x0d\0" + b"\x20" + uleb(b) + table + b"\x0b"
        code += b"\x20" + uleb(a) + const(t) + b"\x6a\x21" + uleb(b)
    for t in range(blocks):
        code += b"\x0b\x20" + uleb(t % values) + const(1) + b"\x6a\x21" + uleb((t * 3) % values)
    return module([body(bytes(code), [(values, I32)])])


def bomb_loops(depth: int, copies: int) -> bytes:
    """Deeply nested loops, each of which changes all its locals: the worst for register allocation."""
    values = 50
    bodies = []
    for copy in range(copies):
        code = bytearray()
        for level in range(depth):
            code += b"\x03\x40"
            for v in range(values):
                other = (v + level + copy + 1) % values
                code += b"\x20" + uleb(v) + b"\x20" + uleb(other) + b"\x6a\x21" + uleb(v)
        for level in range(depth):
            code += b"\x20" + uleb(level % values) + b"\x0d\0\x0b"
        bodies.append(body(bytes(code), [(values, I32)]))
    return module(bodies)


def bomb_files(_: random.Random) -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "bomb_functions", lambda: bomb_functions(400000)
    yield "bomb_straight", lambda: bomb_straight(7 * MIB)
    yield "bomb_branches", lambda: bomb_branches(3000, 1200)
    yield "bomb_loops", lambda: bomb_loops(600, 40)
    yield "bomb_components", lambda: nested(16000)


# ---- flips ----

def flip_files(rng: random.Random) -> Iterator[tuple[str, Callable[[], bytes]]]:
    whole = good()
    for i in range(50):
        def flip(_: int = i) -> bytes:
            data = bytearray(whole)
            for _ in range(rng.choice((1, 1, 2, 5))):
                data[rng.randrange(8, len(data))] ^= 1 << rng.randrange(8)
            return bytes(data)
        yield f"flip_{i:02}", flip


def name_chosen(label: str, names: list[str]) -> bool:
    return not names or any(label == n or (n.endswith("_") and label.startswith(n)) for n in names)


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes files that must not hurt a runtime.")
    parser.add_argument("out", type=pathlib.Path, help="folder to write to")
    parser.add_argument("names", nargs="*", help="only these (a prefix such as bad_ means all of that kind)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="print the names, write nothing")
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    made = 0
    for kind in (bad_files, odd_files, bomb_files, flip_files):
        # A generator of its own for each kind and each file: one file alone is the same as among all.
        for label, make in kind(rng := random.Random(args.seed)):
            if not name_chosen(label, args.names):
                continue
            made += 1
            if args.list:
                print(label)
                continue
            rng.seed(f"{args.seed} {label}")
            path = args.out / f"{label}.wasm"
            aside = path.with_suffix(".new")
            aside.write_bytes(make())
            os.replace(aside, path)
    if made == 0:
        print(f"make_bad.py: no such name: {' '.join(args.names)}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
