# SPDX-License-Identifier: Apache-2.0 OR MIT
"""WIT that `inspect` prints is WIT to the reference tool: jco reads each text back, makes a component of its world, and that
component has the same text.  The components are those of tests/guests/components and of tests/spec/component.

Compared is what a text says: jco's own order of types differs, a `use` of several names may be several, comments go.
"""
import json
import re
import subprocess
import tomllib

import pytest

from conftest import BIN, GUESTS, ROOT, SLOW, Result, environment, figure, weaker

TABLE = tomllib.loads((ROOT / "tests" / "guests" / "components" / "table.toml").read_text())["component"]
SPEC = ROOT / "tests" / "spec" / "component"
SCRIPT = ROOT / "tools" / "toolchains" / "wit.mjs"
SECONDS = 300

# What the pinned jco refuses, since its parser is older than these; by the words it does so with.
REFUSED = {
    "maps": "expected ')', found '<'",
    "lists/test.2": "expected ')', found '<'",
    "wide": "invalid character in identifier '3'",
    # Interfaces of one package in several versions, where one version uses another that uses the first.
    "forwarder-mixed": "package depends on itself",
}
# It leaves out an import with nothing in it.
LEFT_OUT = {"invalid/test.48": "a:b/c@0.2.0-rc.1+build"}


def built(suite):
    return {row["name"]: GUESTS / "components" / f"{row['name']}.wasm" for row in TABLE if row["suite"] == suite}


def of_scripts():
    """The components that are no negative test."""
    found = {}
    for script in sorted(SPEC.glob("*/test.json")):
        for command in json.loads(script.read_text())["commands"]:
            path = script.parent / command.get("filename", "")
            if command["type"] in ("module", "module_definition") and path.read_bytes()[4:5] == b"\x0d":
                found[f"{script.parent.name}/{path.stem}"] = path
    return found


@pytest.fixture(scope="module")
def jco():
    done = subprocess.run([ROOT / "tools" / "bootstrap", "--print", "npm"], text=True, capture_output=True, timeout=60)
    folder = done.stdout.strip()
    if done.returncode or not folder or not (ROOT / folder / "@bytecodealliance" / "jco").is_dir():
        weaker("WIT texts are not read back by the reference tool: tools/bootstrap npm brings it")
        pytest.skip("no jco")

    def call(*arguments, stdin=""):
        done = subprocess.run(["node", SCRIPT, f"{folder}/@bytecodealliance/jco", *arguments], text=True, input=stdin,
                              capture_output=True, timeout=SECONDS * SLOW)
        return Result(done).ok().out
    return call


def wit_of(path, home):
    done = subprocess.run([BIN / "arcella", "inspect", path, "--wit"], text=True, capture_output=True, timeout=SECONDS * SLOW,
                          env=environment(home))
    return Result(done).ok().out


def said(text):
    """What a text says: its lines, each with the blocks it stands in."""
    blocks, lines = [], []
    for line in map(str.strip, text.splitlines()):
        if line == "}":
            blocks.pop()
        elif line and not line.startswith("//"):
            used = re.fullmatch(r"use (.+)\.\{(.+)\};", line)
            each = [f"use {used[1]}.{name.strip()}" for name in used[2].split(",")] if used else [line]
            lines += [(*blocks, one) for one in each]
            if line.endswith("{"):
                blocks.append(line)
    return sorted(lines)


@pytest.mark.parametrize("components", [
    pytest.param(lambda: built("short"), id="guests"),
    pytest.param(lambda: built("long"), id="large-guests", marks=pytest.mark.long),
    pytest.param(of_scripts, id="scripts"),
])
def test_the_reference_tool_reads_it_back(components, jco, home, tmp_path):
    components = components()
    assert len(components) >= 10
    texts = {name: wit_of(path, home) for name, path in components.items()}
    rows = []
    for number, text in enumerate(texts.values()):
        (tmp_path / f"{number}.wit").write_text(text)
        rows.append({"wit": str(tmp_path / f"{number}.wit"), "into": str(tmp_path / f"{number}.wasm")})
    refused = dict(zip(texts, json.loads(jco(stdin=json.dumps(rows)))))
    for name, row in zip(texts, rows):
        if name in REFUSED:
            assert REFUSED[name] in (refused[name] or "accepted: take it out of the list"), name
            continue
        assert refused[name] is None, f"{name}: {refused[name]}\n{texts[name]}"
        wanted, got = said(texts[name]), said(wit_of(row["into"], home))
        if name in LEFT_OUT:
            package = re.sub(r"/[^@]+", "", LEFT_OUT[name])
            wanted = [line for line in wanted if LEFT_OUT[name] not in line[-1] and not any(package in part for part in line)]
        assert wanted == got, name
    count = len(texts) - len(REFUSED.keys() & texts.keys())
    figure(f"WIT of {count} components is read back by jco and says the same; it refuses {len(texts) - count}")


def test_a_resource_of_another_nameless_interface(jco, home, tmp_path):
    """One interface of a world cannot use a resource of another that has no name of its own.  jco leaves the resource out, and
    then cannot read its own text; ours declares it there once more, with a comment, and is read back (above)."""
    path = GUESTS / "components" / "lenders.wasm"
    ours, theirs = wit_of(path, home), jco(path)
    assert said(ours) == sorted(said(theirs) + [("world root {", "export reader: interface {", "resource book;")])
    assert "// the same as one of another scope of this world\n    resource book;" in ours
    (tmp_path / "theirs.wit").write_text(theirs)
    row = {"wit": str(tmp_path / "theirs.wit"), "into": str(tmp_path / "theirs.wasm")}
    told, = json.loads(jco(stdin=json.dumps([row])))
    assert "name `book` is not defined" in told
