#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The forwarder: a component that does what its caller says, and nothing by itself.

    forwarder.py [--stable] WIT-FOLDER > forwarder.wat

It imports every function of WASI 0.2 but those of HTTP and exports each with its core parameters and result as numbers, so
that a test calls any function with any pointers, lengths, handles and numbers, right or wrong:

    io-poll-pollable-ready(p0: u32) -> u32       what "[method]pollable.ready" of wasi:io/poll is lowered to
    drop-pollable(p0: u32)                       resource.drop of each resource

A result that is not one number goes where the last parameter says.  Besides:

    peek, poke (8 bytes), peek8, poke8, fill     its memory, which has 64 pages to begin with and may grow to 128
    put(at, bytes), get(at, length) -> bytes     the same, many bytes at a time
    behave(mode, value)                          what cabi_realloc does from now on: 0 gives memory from the 33rd page on,
                                                 1 says `value`, 2 calls an import, 3 traps, 4 has the memory grow and then
                                                 does as 0
    reset                                        gives out memory from the 33rd page on again
    pages                                        how many it has

--mixed imports its interfaces in all versions from 0.2.0 to that of the WIT, one by one; a function has the version that it is
since at least.  --stable leaves out what a host of WASI 0.2 need not have: functions behind a feature, or newer than 0.2.0.
"""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "tools"))
import wit_read  # noqa: E402

PAGES, PAGES_MAX = 64, 128
HEAP = PAGES // 2 * 65536
NAMED = ("record", "variant", "enum", "flags", "resource")
NUMBERS = {"i32": "u32", "i64": "u64"}

LIBC = f"""
  (core module $libc
    (type $nothing (func))
    (memory (export "memory") {PAGES} {PAGES_MAX})
    (table (export "table") 1 funcref)
    (global $next (mut i32) (i32.const {HEAP}))
    (global $mode (mut i32) (i32.const 0))
    (global $value (mut i32) (i32.const 0))
    (func (export "behave") (param i32 i32) (global.set $mode (local.get 0)) (global.set $value (local.get 1)))
    (func (export "reset") (global.set $next (i32.const {HEAP})))
    (func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $wanted i32) (result i32)
      (local $at i32)
      (if (i32.eq (global.get $mode) (i32.const 1)) (then (return (global.get $value))))
      (if (i32.eq (global.get $mode) (i32.const 2)) (then (call_indirect (type $nothing) (i32.const 0))))
      (if (i32.eq (global.get $mode) (i32.const 3)) (then unreachable))
      (if (i32.eq (global.get $mode) (i32.const 4)) (then (drop (memory.grow (i32.const 1)))))
      (local.set $at (i32.and (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
                              (i32.sub (i32.const 0) (local.get $align))))
      (global.set $next (i32.add (local.get $at) (local.get $wanted)))
      (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $at)) (i64.extend_i32_u (local.get $wanted)))
                    (i64.mul (i64.extend_i32_u (memory.size)) (i64.const 65536)))
        (then
          (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $wanted) (i32.const 16)))))
            (then unreachable))))
      (memory.copy (local.get $at) (local.get $old) (local.get $had))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))"""

# Of the module that passes calls on: what is exported besides, with the type it is lifted to.
HELPERS = [
    ("peek", "(param $at i32) (result i64)", "(i64.load (local.get $at))", '(param "at" u32) (result u64)'),
    ("poke", "(param $at i32) (param $v i64)", "(i64.store (local.get $at) (local.get $v))", '(param "at" u32) (param "value" u64)'),
    ("peek8", "(param $at i32) (result i32)", "(i32.load8_u (local.get $at))", '(param "at" u32) (result u32)'),
    ("poke8", "(param $at i32) (param $v i32)", "(i32.store8 (local.get $at) (local.get $v))",
     '(param "at" u32) (param "value" u32)'),
    ("fill", "(param $at i32) (param $v i32) (param $n i32)", "(memory.fill (local.get $at) (local.get $v) (local.get $n))",
     '(param "at" u32) (param "value" u32) (param "length" u32)'),
    ("pages", "(result i32)", "(memory.size)", "(result u32)"),
    ("put", "(param $at i32) (param $from i32) (param $n i32)", "(memory.copy (local.get $at) (local.get $from) (local.get $n))",
     '(param "at" u32) (param "bytes" (list u8))'),
    ("get", "(param $at i32) (param $n i32) (result i32)",
     "(i32.store (i32.const 8) (local.get $at)) (i32.store (i32.const 12) (local.get $n)) (i32.const 8)",
     '(param "at" u32) (param "length" u32) (result (list u8))'),
]


def exported(function):
    """The name under which a function is exported."""
    name = function.name.rpartition("]")[2].replace(".", "-")
    return f"{function.interface.package.partition(':')[2]}-{function.interface.short}-{name}"


def is_stable(function):
    return not function.unstable and function.since == "0.2.0"


def interfaces(folder, stable=False):
    """What is forwarded: everything but what a program exports."""
    found = {name: it for name, it in wit_read.read(folder).items() if name != "wasi:cli/run"}
    if stable:
        for it in found.values():
            # What a function of an interface does not say for itself it has of the resource or interface around it.
            it.functions = [f for f in it.functions if is_stable(f)]
        found = {name: it for name, it in found.items() if it.functions or it.types and not it.unstable}
    return found


def type_text(it, t):
    """A type in the text format, inside the instance type of an interface."""
    kind = t[0]
    if kind == "named":
        where, _, meant = it.resolve(t[1])
        if meant[0] == "resource":
            return f"(own ${t[1]})"
        return f"${t[1]}" if meant[0] in NAMED else type_text(where, meant)
    if kind in ("own", "borrow"):
        return f"({kind} ${t[1]})"
    if kind in ("list", "option"):
        return f"({kind} {type_text(it, t[1])})"
    if kind == "tuple":
        return f"(tuple {' '.join(type_text(it, part) for part in t[1])})"
    if kind == "result":
        ok = f" {type_text(it, t[1])}" if t[1] else ""
        return f"(result{ok}{f' (error {type_text(it, t[2])})' if t[2] else ''})"
    return kind


def definition_text(it, t):
    kind = t[0]
    if kind == "record":
        return f"(record {' '.join(f'(field {chr(34)}{n}{chr(34)} {type_text(it, part)})' for n, part in t[1])})"
    if kind == "variant":
        return f"(variant {' '.join(f'(case {chr(34)}{n}{chr(34)}{(chr(32) + type_text(it, p)) if p else str()})' for n, p in t[1])})"
    return f"({kind} {' '.join(f'{chr(34)}{n}{chr(34)}' for n in t[1])})"


def names_in(t):
    """The names of an interface that a type is made of."""
    if t[0] in ("named", "own", "borrow"):
        return {t[1]}
    if t[0] in ("record", "variant"):
        return {name for _, part in t[1] if part for name in names_in(part)}
    parts = t[1] if t[0] == "tuple" else t[1:] if t[0] in ("list", "option", "result") else ()
    return {name for part in parts if part for name in names_in(part)}


def interface_text(number, it):
    # As toolchains do, leave out what is used from elsewhere and then by nothing here.
    types = [t for f in it.functions for t in (*(t for _, t in f.params), f.result) if t]
    needed = {name for t in (*types, *(t for t in it.types.values() if t[0] != "use")) for name in names_in(t)}
    lines = [f"  (type $T{number} (instance"]
    for name, t in it.types.items():
        where, theirs, meant = it.resolve(name)
        if meant[0] not in NAMED or t[0] == "use" and name not in needed:
            continue
        if t[0] == "use":
            lines += [f"    (alias outer 1 ${where.short}.{theirs} (type $of.{name}))",
                      f'    (export "{name}" (type ${name} (eq $of.{name})))']
        elif t[0] == "resource":
            lines.append(f'    (export "{name}" (type ${name} (sub resource)))')
        else:
            lines += [f"    (type $of.{name} {definition_text(it, t)})",
                      f'    (export "{name}" (type ${name} (eq $of.{name})))']
    for f in it.functions:
        params = "".join(f' (param "{n}" {type_text(it, t)})' for n, t in f.params)
        result = f" (result {type_text(it, f.result)})" if f.result else ""
        lines.append(f'    (export "{f.name}" (func{params}{result}))')
    lines += ["  ))", f'  (import "{it.name}@{it.version}" (instance $I{number} (type $T{number})))']
    lines += [f'  (alias export $I{number} "{name}" (type ${it.short}.{name}))'
              for name, t in it.types.items() if t[0] in NAMED]
    return lines


def core_text(params, results):
    return f"{' (param ' + ' '.join(params) + ')' if params else ''}{' (result ' + ' '.join(results) + ')' if results else ''}"


def calls_text(found):
    """Lowered imports, the module that passes calls on, and what is exported of it."""
    lowered, imports, passing, given, lifted = [], [], [], [], []

    def add(name, lower, params, results):
        at = len(lowered)
        lowered.append(f"  (core func $f{at} {lower})")
        imports.append(f'    (import "f" "{at}" (func $i{at}{core_text(params, results)}))')
        arguments = "".join(f" (local.get {i})" for i in range(len(params)))
        passing.append(f'    (func (export "{name}"){core_text(params, results)} (call $i{at}{arguments}))')
        given.append(f'(export "{at}" (func $f{at}))')
        types = "".join(f' (param "p{i}" {NUMBERS[p]})' for i, p in enumerate(params))
        types += f" (result {NUMBERS[results[0]]})" if results else ""
        lifted.append(f'  (func (export "{name}"){types} (canon lift (core func $pass "{name}")))')
        return at

    now = None
    for number, it in enumerate(found.values()):
        for f in it.functions:
            at = add(exported(f), f'(canon lower (func $I{number} "{f.name}") (memory $memory) (realloc $realloc) '
                                  f"string-encoding=utf8)", *f.flat)
            now = at if f.full == "wasi:clocks/monotonic-clock#now" else now
        for name in it.resources:
            add(f"drop-{name}", f"(canon resource.drop ${it.short}.{name})", ["i32"], [])
    for name, core, body, types in HELPERS:
        passing.append(f'    (func (export "{name}") {core} {body})')
        options = " (memory $memory) (realloc $realloc)" if "list" in types else ""
        lifted.append(f'  (func (export "{name}") {types} (canon lift (core func $pass "{name}"){options}))')
    for name, types in (("behave", '(param "mode" u32) (param "value" u32)'), ("reset", "")):
        lifted.append(f'  (func (export "{name}") {types} (canon lift (core func $libc "{name}")))')
    return [*lowered, "  (core module $pass", f'    (import "libc" "memory" (memory {PAGES} {PAGES_MAX}))',
            '    (import "libc" "table" (table 1 funcref))', *imports,
            f"    (func $again (drop (call $i{now})))", "    (elem (i32.const 0) func $again)", *passing, "  )",
            "  (core instance $pass (instantiate $pass", '    (with "libc" (instance $libc))',
            f'    (with "f" (instance {" ".join(given)}))))', *lifted]


def mix(found):
    """Every interface in another version."""
    last = 1 + max(int(it.version.rpartition(".")[2]) for it in found.values())
    for n, it in enumerate(found.values()):
        if all(is_stable(f) for f in it.functions):
            it.version = f"0.2.{n % last}"


def text(folder, stable=False, mixed=False):
    found = interfaces(folder, stable)
    if mixed:
        mix(found)
    lines = ["(component"]
    for number, it in enumerate(found.values()):
        lines += interface_text(number, it)
    return "\n".join([*lines, LIBC, *calls_text(found), ")", ""])


if __name__ == "__main__":
    print(text(sys.argv[-1], "--stable" in sys.argv, "--mixed" in sys.argv), end="")
