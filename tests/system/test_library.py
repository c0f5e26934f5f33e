# SPDX-License-Identifier: Apache-2.0 OR MIT
"""libarcella, as installed: headers, exported symbols, a program against it, two engines in one process."""
import os
import re
import subprocess
from pathlib import Path

import pytest

from conftest import BIN, GUESTS, ROOT

API = ROOT / "tests" / "api"


def sanitized():
    return b"__asan_init" in (BIN / "arcella").read_bytes()


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """`make install` into a folder."""
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", BIN.parent, "--prefix", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


def engine_dir():
    cache = (BIN.parent / "CMakeCache.txt").read_text()
    found = re.search(r"^WASMTIME_DIR:PATH=(.+)$", cache, re.M)
    if found:
        return found.group(1)
    return subprocess.run([ROOT / "tools" / "engine-dir"], text=True, check=True, capture_output=True).stdout.strip()


def test_what_is_installed(prefix):
    for name in ("bin/arcella", "bin/arcella-cli", "bin/arcella-worker", "include/arcella/arcella.h", "lib/systemd/system/arcella.service",
                 "lib/systemd/system/arcella.socket", "lib/systemd/user/arcella.service", "lib/sysusers.d/arcella.conf",
                 "share/man/man1/arcella.1", "share/man/man1/arcella-cli.1", "share/bash-completion/completions/arcella-cli"):
        assert (prefix / name).exists(), name
    assert list(prefix.rglob("libarcella.so")) and list(prefix.rglob("libarcella.a"))
    assert list(prefix.rglob("arcella.pc")) and list(prefix.rglob("ArcellaConfig.cmake"))
    unit = (prefix / "lib/systemd/system/arcella.service").read_text()
    assert "/bin/arcella daemon" in unit and "@" not in unit.split("ExecStart")[1].split("\n")[0]
    done = subprocess.run([prefix / "bin" / "arcella", "--version"], text=True, capture_output=True)
    assert done.returncode == 0 and done.stdout.startswith("arcella ")


@pytest.mark.parametrize("header", ["arcella.h", "component.h", "error.h", "version.h"])
@pytest.mark.parametrize("compiler,language", [("gcc", "-std=c99"), ("clang-14", "-std=c99"), ("g++", "-std=c++17"),
                                               ("clang++-14", "-std=c++17")])
def test_each_header_alone(prefix, tmp_path, header, compiler, language):
    source = tmp_path / ("x.cc" if "++" in compiler else "x.c")
    source.write_text(f"#include <arcella/{header}>\nint main(void) {{ return 0; }}\n")
    subprocess.run([compiler, language, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", f"-I{prefix}/include", source],
                   check=True)


def test_exported_symbols(prefix):
    library = next(p for p in prefix.rglob("libarcella.so"))
    text = subprocess.run(["nm", "-D", "--defined-only", library], text=True, check=True, capture_output=True).stdout
    symbols = sorted({line.split()[-1].split("@")[0] for line in text.strip().split("\n") if " A " not in line})
    assert symbols == (API / "symbols.txt").read_text().split()
    dynamic = subprocess.run(["readelf", "-d", library], text=True, check=True, capture_output=True).stdout
    assert "NODELETE" in dynamic


def build(prefix, tmp_path, flags):
    program = tmp_path / "calls"
    sanitize = ["-fsanitize=address,undefined"] if sanitized() else []
    subprocess.run(["gcc", "-std=c99", "-o", program, API / "calls.c", f"-I{prefix}/include", *sanitize, *flags], check=True)
    return program


@pytest.mark.parametrize("way", ["shared", "static"])
def test_a_program_against_the_installed_library(prefix, tmp_path, way):
    folder = next(p for p in prefix.rglob("libarcella.so")).parent
    if way == "shared":
        flags = [f"-L{folder}", "-larcella", f"-Wl,-rpath,{folder}"]
    else:
        flags = [folder / "libarcella.a", "-luv", "-ljansson", "-lmsgpackc", "-lsodium", "-lstdc++", "-lpthread", "-ldl", "-lm"]
    program = build(prefix, tmp_path, flags)
    done = subprocess.run([program, GUESTS / "plain_add.wasm", GUESTS / "start_trap.wasm"],
                          text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ok\n"


def test_two_engines_in_one_process(prefix, tmp_path):
    if sanitized():
        pytest.skip("the sanitizer's runtime cannot be loaded by dlopen into a plain program")
    library = next(p for p in prefix.rglob("libarcella.so"))
    engine = engine_dir()
    program = tmp_path / "two"
    subprocess.run(["gcc", "-std=gnu17", "-o", program, API / "two_engines.c", f"-I{prefix}/include", f"-I{engine}/include",
                    f"{engine}/lib/libwasmtime.a", "-lpthread", "-ldl", "-lm"], check=True)
    done = subprocess.run([program, library, GUESTS / "plain_add.wasm", GUESTS / "start_trap.wasm"], text=True, capture_output=True,
                          timeout=120)
    assert done.returncode == 0, (done.returncode, done.stderr)
    assert done.stdout == "ok\n"
