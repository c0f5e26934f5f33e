# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Real components, by the table in tests/guests/components: each is inspected, and called for what it must answer or run for what it
must print.

A row of the table that imports what nobody provides must load, and be refused when it is run, by the name of an import.
Prints a line for each row with the run's last lines: name, toolchain, size, core modules, imports, result.

tools/components builds them into the folder `components` beside the other guests.
"""
import json
import re
import subprocess
import tomllib

import pytest

from conftest import BIN, GUESTS, ROOT, SLOW, Result, environment, figure

TABLE = tomllib.loads((ROOT / "tests" / "guests" / "components" / "table.toml").read_text())
FOLDER = GUESTS / "components"
COMPONENT_HEAD = b"\0asm\x0d\0\1\0"
MODULE, COMPONENT = 1, 4  # numbers of sections
SECONDS = 300  # the largest ones have 18 MB of code to compile, on a machine that does other things too


def rows():
    return [pytest.param(row, id=row["name"], marks=[pytest.mark.long] if row["suite"] == "long" else [])
            for row in TABLE["component"]]


def built(row):
    path = FOLDER / f"{row['name']}.wasm"
    assert path.exists(), f"{path} is missing; tools/components builds it"
    return path


def imports_of(row):
    named = row.get("imports", [])
    return TABLE["imports"][named] if isinstance(named, str) else named


def calls_of(row):
    return TABLE["calls"][row["calls"]] if "calls" in row else None


def uleb(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at


def core_modules(data, at=0, end=None):
    """How many core modules there are in a component, at any depth."""
    end = len(data) if end is None else end
    assert data[at:at + 8] == COMPONENT_HEAD
    count, at = 0, at + 8
    while at < end:
        number, (size, start) = data[at], uleb(data, at + 1)
        if number == MODULE:
            count += 1
        elif number == COMPONENT:
            count += core_modules(data, start, start + size)
        at = start + size
    return count


def invocations(calls):
    return [word for call in calls for word in ("--invoke", call)]


def answers(run, row):
    """Calls the component as the table says; what to print as its result."""
    calls = calls_of(row)
    options = row.get("options", [])
    done = run(*options, *invocations(call for call, _ in calls["results"]), built(row), timeout=SECONDS)
    done.ok()
    # A result is one line: what breaks lines is escaped in WAVE.
    got = done.out.splitlines()
    wanted = [result for _, result in calls["results"]]
    for (call, result), line in zip(calls["results"], got):
        assert line == result, f"{row['name']}: {call}"
    assert len(got) == len(wanted), f"{len(got)} lines for {len(wanted)} calls:\n{done.out}\n{done.err}"
    for call in calls.get("traps", []):
        trapped = run(*options, *invocations([call]), built(row), timeout=SECONDS)
        assert trapped.code != 0 and re.search(r"\btrap", trapped.err), f"{call}: {trapped.code} {trapped.out} {trapped.err}"
    traps = len(calls.get("traps", []))
    return f"{len(wanted)} results" + (f", {traps} trap{'s' * (traps > 1)}" if traps else "")


def prints(run, row, folder):
    """Runs the program as the table says; what to print as its result."""
    how, options = TABLE["runs"][row["runs"]], []
    if "files" in how:
        (folder / "data").mkdir()
        for name, text in how["files"].items():
            (folder / "data" / name).write_text(text)
        options = ["--dir", f"{folder / 'data'}::/data:rw"]
    done = run(*row.get("options", []), *how.get("options", []), *options, built(row), *how.get("arguments", []),
               stdin=how.get("stdin", ""), timeout=SECONDS)
    assert done.code == how.get("code", 0), f"{done.code}\n{done.out}\n{done.err}"
    assert done.out == how["out"].lstrip("\n") if "out" in how else done.out, f"{done.out}\n{done.err}"
    return f"runs, {len(done.out.splitlines())} lines"


def refused(run, row):
    """Nobody provides its imports: it loads, and says so when it is to run."""
    done = run(built(row), timeout=SECONDS)
    assert done.code != 0, done.out
    missing = [name for name in imports_of(row) if name in done.err]
    assert missing, f"none of {imports_of(row)} is named in\n{done.err}"
    return "loads, imports not provided"


@pytest.mark.parametrize("row", rows())
def test_component(row, run, tmp_path):
    data = built(row).read_bytes()
    modules, kib = core_modules(data), (len(data) + 1023) // 1024
    assert modules == row["modules"]
    # Toolchains are pinned, but not the Go compiler.
    assert abs(kib - row["size"]) <= max(1, row["size"] // 4), f"{kib} KiB, the table says {row['size']}"
    result = answers(run, row) if "calls" in row else prints(run, row, tmp_path) if "runs" in row else refused(run, row)
    imports = imports_of(row)
    shown = "none" if not imports else imports[0] if len(imports) == 1 else f"{len(imports)} interfaces"
    figure(f"component {row['name']:<20} {row['toolchain']:<10} {kib:>6} KiB {modules:>3} modules  "
           f"imports {shown:<16} {result}")


@pytest.mark.parametrize("row", rows())
def test_inspected(row, home):
    """`inspect FILE --wit` names each import and export that the table knows of."""
    done = subprocess.run([BIN / "arcella", "inspect", built(row), "--wit"], text=True, capture_output=True,
                          timeout=SECONDS * SLOW, env=environment(home))
    text = Result(done).ok().out
    world = text[text.index("world "):]
    world = world[:world.index("\n}")]
    assert re.findall(r"\bimport ([\w:/@.-]+);", world) == imports_of(row), world
    for _, interface in row.get("exports", []):
        assert f"export {interface};" in world
    for call, _ in (calls_of(row) or {"results": []})["results"]:
        function = re.match(r"(?:[\w:/@-]+\.)?(?:\[(\w+)\])?(?:[\w-]+\.)?([\w-]+)\(", call)
        assert function, call
        kind, name = function.groups()
        # Functions are named in the world or in one of its interfaces, constructors by that word.
        wanted = r"\bconstructor\(" if kind == "constructor" else rf"\b{re.escape(name)}: (?:static )?func\("
        assert re.search(wanted, text), f"{call}: no {name} in\n{text}"


def test_a_handle_of_another_resource_is_told_with_both_names(run):
    done = run(*invocations(["[constructor]till(500)", '[constructor]cart("A")', "[method]till.take(handle(2), handle(1))"]),
               FOLDER / "tills-c-c.wasm", timeout=SECONDS).failed("invalid-argument")
    assert "handle 2 is a 'test:shop/carts.cart', wanted is a 'test:shop/tills.till'" in done.err
    assert "(self: borrow<till>, it: own<cart>)" in done.err


def test_table_has_what_it_must():
    """At least 30 components of four toolchains, among them the kinds that are hard."""
    table = TABLE["component"]
    toolchains = {row["toolchain"].removesuffix("-command") for row in table if row["toolchain"] != "composed"}
    assert len(table) >= 30 and len(toolchains) >= 4
    assert {"py", "js", "wat", "c"} <= toolchains
    assert any(row.get("encoding") == "utf16" for row in table)
    assert any(len(row.get("parts", [])) > 1 and "calls" in row for row in table)
    for calls in TABLE["calls"].values():
        assert calls["results"] and all(call and result for call, result in calls["results"])
    for what in ("calls", "runs"):
        used = {row[what] for row in table if what in row}
        assert used == set(TABLE[what]), f"{what} that no row has, or the other way round"


# --- intake's sandbox: what it refuses to do must not be needed for any verdict ---


def inspected(path, home):
    return Result(subprocess.run([BIN / "arcella", "inspect", path], text=True, capture_output=True, timeout=60 * SLOW,
                                 env=environment(home)))


def positive_binaries():
    """The components of our own scripts that are valid, whether or not they can be instantiated."""
    for script in sorted((ROOT / "tests" / "spec" / "component").glob("*/test.json")):
        for command in json.loads(script.read_text())["commands"]:
            path = script.parent / command.get("filename", "")
            valid = command["type"] not in ("assert_invalid", "assert_malformed")
            if valid and path.suffix == ".wasm" and path.read_bytes().startswith(COMPONENT_HEAD):
                yield path


def test_valid_ones_are_inspected(home):
    """Each valid component of the scripts, also those whose functions have no bodies, or that have no module."""
    paths = list(positive_binaries())
    assert len(paths) > 40
    wrong = [f"{path.parent.name}/{path.name}: {done.err}" for path in paths if (done := inspected(path, home)).code]
    assert not wrong, "\n".join(wrong)


def leb(number):
    data = b""
    while number > 0x7F:
        data, number = data + bytes([number & 0x7F | 0x80]), number >> 7
    return data + bytes([number])


def section(number, data):
    return bytes([number]) + leb(len(data)) + data


# (component (import "a" (func $f)) … (core func (canon lower (func $f))))
IMPORT = section(7, b"\1\x40\0\1\0") + section(10, b"\1\0\1a\1\0")
LOWER = section(8, b"\1\1\0\0\0")


def test_largest_without_bodies(home, tmp_path):
    """As many modules, components and levels as may be, and no body anywhere."""
    path = tmp_path / "large.wasm"
    inside = section(MODULE, b"\0asm\1\0\0\0") + section(COMPONENT, COMPONENT_HEAD)
    path.write_bytes(COMPONENT_HEAD + IMPORT + 499 * inside + LOWER)
    inspected(path, home).ok()
    data = COMPONENT_HEAD
    for _ in range(100):
        data = COMPONENT_HEAD + section(COMPONENT, data)
    path.write_bytes(data + IMPORT + LOWER)
    inspected(path, home).ok()


def test_function_exported_again(home, tmp_path):
    """A function of the host's under another name: nobody runs it, and it is valid."""
    path = tmp_path / "again.wasm"
    path.write_bytes(COMPONENT_HEAD + IMPORT + section(11, b"\1\0\1b\1\0\0"))
    assert "b " in inspected(path, home).ok().out


def test_feature_of_the_validator(home, tmp_path):
    """What our reader knows and the validator does not is unsupported: nobody built it badly."""
    path = tmp_path / "labels.wasm"
    path.write_bytes(COMPONENT_HEAD + section(7, b"\1\x42\0") + section(10, b"\1\2\1a\1\0\5a:b/c\5\0"))
    done = inspected(path, home).failed("[unsupported]")
    assert "'implements'" in done.err and "build it again" not in done.err


def test_bodies_are_judged_when_compiled(arcella, run, home, tmp_path):
    """`inspect` reads a file without compiling it, and its help says so; who compiles it refuses it."""
    arcella.expect_log("compile failed")
    path = tmp_path / "bad.wasm"
    core = b"\0asm\1\0\0\0" + section(1, b"\1\x60\0\0") + section(3, b"\1\0") + section(10, b"\1\2\0\xff")
    path.write_bytes(COMPONENT_HEAD + section(MODULE, core) + IMPORT)
    inspected(path, home).ok()
    arcella.cli("install", path, "--id", "bad@1.0.0").failed("bad-wasm")
    run("--invoke", "f()", path).failed("bad-wasm")
    for verb in ("inspect", "inspect-file"):
        assert "read, not compiled" in Result(subprocess.run([BIN / "arcella", verb, "--help"], text=True,
                                                             capture_output=True, env=environment(home))).ok().out


def test_tables_and_memories_are_summed(arcella, tmp_path):
    """What is shown of a component's binary is the sum over its core modules; what one imports counts once."""
    core = b"\0asm\1\0\0\0"
    path = tmp_path / "sums.wasm"
    path.write_bytes(COMPONENT_HEAD + section(MODULE, core + section(4, b"\1\x70\0\5") + section(5, b"\1\0\2")) +
                     section(MODULE, core + section(4, b"\2\x70\0\7\x70\1\1\x09") + section(5, b"\1\0\3")) +
                     section(MODULE, core + section(2, b"\1\0\1t\1\x70\0\5")))
    arcella.install(path, "sums")
    for target in (path, "sums"):
        binary = arcella.json("inspect", target)["component"]["binary"]
        assert (binary["table_elements"], binary["memory_bytes"]) == (13, 5 * 65536)


def many_imports(count):
    """A component that imports functions, 100 bytes of WIT each."""
    names = [f"f{i:05}-{'x' * 76}".encode() for i in range(count)]
    rows = b"".join(b"\0" + bytes([len(name)]) + name + b"\1\0" for name in names)
    return COMPONENT_HEAD + section(7, b"\1\x40\0\1\0") + section(10, leb(count) + rows)


def test_much_wit(arcella, tmp_path):
    """WIT is shown as a whole or refused as too large, of a file and of what is installed."""
    path = tmp_path / "many.wasm"
    path.write_bytes(many_imports(5000))
    arcella.install(path, "many")
    for target in (path, "many"):
        text = arcella.cli("inspect", target, "--wit").ok().out
        assert text.count("\n  import ") == 5000 and len(text) > 400_000
        assert len(arcella.json("inspect", target, "--wit")["component"]["wit"]) == len(text)
    path.write_bytes(many_imports(12000))
    arcella.install(path, "most")
    for target in (path, "most"):
        arcella.cli("inspect", target).ok()
        done = arcella.cli("inspect", target, "--wit").failed("too-large")
        assert "1024 KiB" in done.err and "without --wit" in done.err
        assert '"too-large"' in arcella.cli("inspect", target, "--wit", "--json").failed("too-large").out


# --- components without a core module ---

# (component (type $r (resource (rep i32))) (core func $new (canon resource.new $r))
#   (func (export "fresh") (param "n" u32) (result u32) (canon lift (core func $new))))
WITHOUT_MODULES = (COMPONENT_HEAD + section(7, b"\1\x3f\x7f\0") + section(8, b"\1\2\0") +
                   section(7, b"\1\x40\1\1n\x79\0\x79") + section(8, b"\1\0\0\0\0\1") + section(11, b"\1\0\5fresh\1\0\0"))


def test_without_modules(arcella, run, tmp_path):
    """There is nothing to compile, and something to call."""
    path = tmp_path / "fresh.wasm"
    path.write_bytes(WITHOUT_MODULES)
    for _ in range(2):
        assert run("--invoke", "fresh(70)", "--invoke", "fresh(80)", path).ok().out == "1\n2\n"
    run(path).failed("wrong-kind")
    arcella.install(path, "fresh")
    arcella.cli("start", "fresh").ok()
    assert arcella.cli("call", "fresh", "fresh", "70").ok().out == "1\n"
    arcella.cli("stop", "fresh").ok()
    arcella.cli("start", "fresh").ok()
    assert arcella.json("call", "fresh", "fresh", "70")["result"] == 1


@pytest.mark.parametrize("option,code", [("--timeout", 124), ("--cpu-time", 152)])
def test_a_start_section_that_loops_says_where(run, tmp_path, option, code):
    """While a component is made its guests have frames like those of any call."""
    path = tmp_path / "loops.wasm"
    loop = section(10, b"\1\7\0\3\x40\x0c\0\x0b\x0b")
    core = b"\0asm\1\0\0\0" + section(1, b"\1\x60\0\0") + section(3, b"\1\0") + section(8, b"\0") + loop
    path.write_bytes(COMPONENT_HEAD + section(MODULE, core) + section(2, b"\1\0\0\0") + WITHOUT_MODULES[len(COMPONENT_HEAD):])
    done = run(option, "200ms", "--invoke", "fresh(1)", path)
    assert done.code == code and re.search(r"^  at .*function 0\b", done.err, re.M), f"{done.code} {done.err}"
