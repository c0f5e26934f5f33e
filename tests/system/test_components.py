# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Real components, by the table in tests/guests/components: each is inspected, and called for what it must answer.

A row of the table that imports what nobody provides must load, and be refused when it is run, by the name of an import.
Prints a line for each row with the run's last lines: name, toolchain, size, core modules, imports, result.

tools/components builds them into the folder `components` beside the other guests.
"""
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


def refused(run, row):
    """Nobody provides its imports: it loads, and says so when it is to run."""
    done = run(built(row), timeout=SECONDS)
    assert done.code != 0, done.out
    missing = [name for name in imports_of(row) if name in done.err]
    assert missing, f"none of {imports_of(row)} is named in\n{done.err}"
    return "loads, imports not provided"


@pytest.mark.parametrize("row", rows())
def test_component(row, run):
    data = built(row).read_bytes()
    modules, kib = core_modules(data), (len(data) + 1023) // 1024
    assert modules == row["modules"]
    # Toolchains are pinned, but not the Go compiler.
    assert abs(kib - row["size"]) <= max(1, row["size"] // 4), f"{kib} KiB, the table says {row['size']}"
    result = answers(run, row) if "calls" in row else refused(run, row)
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
    used = {row["calls"] for row in table if "calls" in row}
    assert used == set(TABLE["calls"]), "calls that no row has, or the other way round"
