# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Files nobody should be able to hurt us with: each ends in an error with a code, the daemon up, nothing left."""
import os
import subprocess
import time

import pytest

from conftest import GUESTS, SLOW, weaker
from test_lifecycle import package


def nothing_left(arcella):
    assert arcella.json("list", "components")["components"] == []
    assert list((arcella.home / "modules").iterdir()) == []
    assert arcella.ask("ping")["success"]


BAD = sorted(p.name for p in (GUESTS / "bad").glob("bad_*.wasm")) if (GUESTS / "bad").exists() else []


def test_the_bad_files_are_there():
    assert len(BAD) >= 20, "tools/guests builds them"


def test_every_bad_module_is_refused_with_a_code(arcella):
    arcella.expect_log("intake|compile|refused|worker|failed")
    for name in BAD:
        reply = arcella.ask("install", path=str(GUESTS / "bad" / name), id="bad@1.0.0")
        assert not reply["success"], name
        assert reply["error"]["code"] in ("bad-wasm", "wrong-kind", "over-limit", "unsupported", "unknown-import", "timeout"), \
            (name, reply)
        assert reply["error"]["message"] and "hint" in reply["error"]
    nothing_left(arcella)


def test_flipped_bits_never_hurt(arcella):
    arcella.expect_log("")
    for path in sorted((GUESTS / "bad").glob("flip_*.wasm"))[:25]:
        reply = arcella.ask("install", path=str(path), id="flip@1.0.0")
        if reply["success"]:
            arcella.ask("start", target="flip", timeout="500ms", restart="temporary")
            arcella.ask("undeploy", target="flip", timeout="50ms")
            assert arcella.ask("remove", target="flip@1.0.0")["success"]
    nothing_left(arcella)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x7fELF\2\1\1", b"#!/bin/sh\n", b"\0asm", b"\0asm\1\0\0\0" + b"\xff" * 100])
def test_wrong_kinds(arcella, tmp_path, content):
    (tmp_path / "x.wasm").write_bytes(content)
    arcella.cli("install", tmp_path / "x.wasm", "--id", "x@1.0.0").failed("bad-wasm")
    nothing_left(arcella)


def test_oversized(arcella, tmp_path):
    with open(tmp_path / "big.wasm", "wb") as big:
        big.write(b"\0asm\1\0\0\0")
        big.truncate(257 * 1024 * 1024)
    done = arcella.cli("install", tmp_path / "big.wasm", "--id", "x@1.0.0").failed("too-large")
    assert "256 MiB" in done.err or str(256 * 1024 * 1024) in done.err
    nothing_left(arcella)


def test_what_is_no_regular_file(arcella, tmp_path):
    os.mkfifo(tmp_path / "pipe.wasm")
    (tmp_path / "link.wasm").symlink_to("/etc/passwd")
    for name in ("pipe.wasm", "link.wasm", "none.wasm"):
        assert arcella.cli("install", tmp_path / name, "--id", "x@1.0.0").code == 1, name
    assert arcella.cli("install", "/dev/zero", "--id", "x@1.0.0").code == 1
    nothing_left(arcella)


def test_a_compile_bomb_ends_by_its_time_limit(stopped):
    (stopped.home / "cfg").mkdir(parents=True)
    os.chmod(stopped.home, 0o700)
    (stopped.home / "cfg" / "arcella.toml").write_text('[limits]\ncompile = "1500ms"\n')
    stopped.expect_log("unit=compile")
    stopped.start()
    began = time.monotonic()
    reply = stopped.ask("install", path=str(GUESTS / "bad" / "bomb_branches.wasm"), id="bomb@1.0.0")
    assert not reply["success"] and reply["error"]["code"] == "timeout", reply
    assert "1500 ms" in reply["error"]["message"] or "1.5 s" in reply["error"]["message"], reply
    assert time.monotonic() - began < 30 * SLOW
    nothing_left(stopped)


def test_components_nested_too_deep_are_refused_at_once(arcella):
    reply = arcella.ask("install", path=str(GUESTS / "bad" / "bomb_components.wasm"), id="bomb@1.0.0")
    assert not reply["success"] and reply["error"]["code"] == "over-limit", reply
    nothing_left(arcella)


ODD = sorted(p.name for p in (GUESTS / "bad").glob("odd_*.wasm")) if (GUESTS / "bad").exists() else []


def test_odd_but_valid_modules_are_taken_or_refused_with_a_code(arcella):
    """Extremes: very many exports, very long names, terminal escapes in names."""
    assert len(ODD) >= 8
    arcella.expect_log("")
    for name in ODD:
        reply = arcella.ask("install", path=str(GUESTS / "bad" / name), id="odd@1.0.0")
        if not reply["success"]:
            assert reply["error"]["code"] in ("over-limit", "unsupported", "unknown-import", "too-large"), (name, reply)
            continue
        done = arcella.cli("inspect", "odd@1.0.0").ok()
        assert "\x1b" not in done.out and "\u202e" not in done.out, name
        assert arcella.json("inspect", "odd@1.0.0")["component"]["id"] == "odd@1.0.0"
        arcella.ask("start", target="odd", timeout="500ms", restart="temporary")
        assert arcella.ask("undeploy", target="odd", timeout="50ms")["success"] or arcella.deployment("odd") is None, name
        assert arcella.ask("remove", target="odd@1.0.0")["success"], name
    nothing_left(arcella)


@pytest.mark.parametrize("text,places", [
    ("", ["component"]),
    ("[component]\n", ["name"]),
    ('[component]\nname = "x"\n', ["version"]),
    ('[component]\nname = 5\nversion = "1.0.0"\n', ["2:", "name"]),
    ('[component]\nname = "x y"\nversion = "1.0.0"\n', ["2:", "name"]),
    ('[component]\nname = "x"\nversion = "one"\n', ["3:", "version"]),
    ('[component]\nname = "x"\nversion = "1.0.0"\nexports = "a:b"\n', ["4:", "exports"]),
    ('[component]\nname = "x"\nversion = "1.0.0"\nexports = ["not an interface"]\n', ["4:", "exports"]),
    ('[component]\nname = "x"\nversion = "1.0.0"\nname = "y"\n', ["4:"]),
    ('[component\nname = "x"\n', ["component.toml:"]),
    ('[component]\nname = "x\n', ["component.toml:2"]),
    ("\xff\xfe", ["component.toml"]),
])
def test_each_mistake_of_a_manifest_is_named(arcella, tmp_path, text, places):
    source = package(tmp_path / "p", "x")
    (source / "component.toml").write_bytes(text.encode("latin-1"))
    done = arcella.cli("install", source).failed("bad-manifest")
    for place in places:
        assert place in done.err, done.err
    nothing_left(arcella)


@pytest.mark.parametrize("text,places", [
    ('[deployment]\nisolation = "both"\n', ["2:", "isolation", "main", "worker"]),
    ('[deployment]\ntrusted = "yes"\n', ["2:", "trusted"]),
    ('[deployment]\nisolation = "worker"\n[startup]\nentrypoint = 5\n', ["4:", "entrypoint"]),
])
def test_each_mistake_of_a_template_is_named(arcella, tmp_path, text, places):
    done = arcella.cli("install", package(tmp_path / "p", "x", template=text)).failed("bad-manifest")
    for place in places:
        assert place in done.err, done.err
    nothing_left(arcella)


def test_unknown_keys_and_false_claims_are_warnings(arcella, tmp_path):
    source = package(tmp_path / "p", "x")
    text = (source / "component.toml").read_text().replace("exports = []", 'exports = ["acme:shop/cart@1.0"]')
    (source / "component.toml").write_text(text + 'colour = "red"\n')
    warnings = "\n".join(arcella.json("install", source)["warnings"])
    assert "colour" in warnings and "acme:shop/cart" in warnings and "component.toml:" in warnings


def fill(path, leave=0):
    """Write until the disk is full, then give back what is to be left."""
    with open(path, "wb") as out:
        try:
            while True:
                out.write(b"x" * 65536)
                out.flush()
        except OSError:
            pass
    os.truncate(path, max(0, path.stat().st_size - leave))


def test_a_full_disk(stopped):
    """The home on a file system of its own that has no room: errors with a code, nothing lost, nothing half done."""
    if os.geteuid() != 0:
        weaker("a full disk: needs the right to mount")
        return
    stopped.home.mkdir(parents=True, mode=0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "none", stopped.home]).returncode:
        weaker("a full disk: mount is not allowed here")
        return
    try:
        stopped.start()
        stopped.install("hello.wasm")
        stopped.expect_log("space|disk|full|cannot be kept")
        filler = stopped.home / "filler"

        def components():
            return [r["id"] for r in stopped.ask("list", what="components")["data"]["components"]]

        def whole():
            assert components() == ["hello@0.1.0"]
            assert [p.name for p in (stopped.home / "modules").iterdir()] == ["hello@0.1.0"]

        # Room for its bytes but not for its code, for neither, and for nothing at all.
        for leave in (4 << 20, 1 << 20, 0):
            fill(filler, leave)
            reply = stopped.ask("install", path=str(GUESTS / "hello_go.wasm"), id="big@1.0.0")
            assert not reply["success"] and reply["error"]["code"] == "no-space" and reply["error"]["hint"], (leave, reply)
            whole()
        for cmd, target in (("start", "hello"), ("remove", "hello@0.1.0")):
            reply = stopped.ask(cmd, target=target)
            assert not reply["success"] and reply["error"]["code"] == "no-space", (cmd, reply)
        whole()
        assert stopped.ask("ping")["success"]
        assert any(p["code"] == "no-space" for p in stopped.ask("status")["data"]["problems"])
        # It starts on a full disk, too.
        assert stopped.stop() == 0
        stopped.start()
        whole()
        filler.unlink()
        assert stopped.ask("status")["data"]["problems"] == []
        assert stopped.ask("start", target="hello")["success"]
        stopped.wait_state("hello", "finished")
        whole()
    finally:
        stopped.stop()
        complaints = stopped.verify()
        subprocess.run(["umount", "-l", stopped.home], check=True)
        assert not complaints, complaints
