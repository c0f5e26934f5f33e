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
    for unit in ("lib/systemd/system/arcella.service", "lib/systemd/user/arcella.service"):
        assert f"ExecStart={prefix}/bin/arcella daemon" in (prefix / unit).read_text()
    done = subprocess.run([prefix / "bin" / "arcella", "--version"], text=True, capture_output=True)
    assert done.returncode == 0 and done.stdout.startswith("arcella ")


def test_destdir_holds_everything(tmp_path):
    """As a package is made: all below DESTDIR, all of it saying the prefix it will have."""
    subprocess.run(["cmake", "--install", BIN.parent, "--prefix", "/opt/arcella"], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "DESTDIR": str(tmp_path)})
    assert [p.name for p in tmp_path.iterdir()] == ["opt"] and [p.name for p in (tmp_path / "opt").iterdir()] == ["arcella"]
    assert not Path("/opt/arcella").exists()
    root = tmp_path / "opt" / "arcella"
    assert "ExecStart=/opt/arcella/bin/arcella" in (root / "lib/systemd/system/arcella.service").read_text()
    assert "prefix=/opt/arcella\n" in next(root.rglob("arcella.pc")).read_text()
    for path in (p for p in root.rglob("*") if p.is_file() and p.suffix in (".service", ".pc", ".cmake", ".1")):
        assert str(BIN.parent) not in path.read_text() and str(ROOT) not in path.read_text(), path


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
    done = subprocess.run([program, GUESTS / "plain_memory.wasm", GUESTS / "start_trap.wasm"],
                          text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ok\n"


def test_pkg_config_and_find_package(prefix, tmp_path):
    """How programs of others find the library; neither needs to be told more than the prefix."""
    if subprocess.run(["sh", "-c", "command -v pkg-config"], stdout=subprocess.DEVNULL).returncode == 0:
        env = {**os.environ, "PKG_CONFIG_PATH": str(next(prefix.rglob("arcella.pc")).parent)}
        told = subprocess.run(["pkg-config", "--cflags", "--libs", "arcella"], env=env, text=True, check=True, capture_output=True)
        build(prefix, tmp_path, told.stdout.split())
    (tmp_path / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(x C)\nfind_package(Arcella 0.1 REQUIRED)\n"
                                             f"add_executable(x {API / 'calls.c'})\ntarget_link_libraries(x Arcella::arcella)\n")
    made = tmp_path / "made"
    for command in (["cmake", "-S", tmp_path, "-B", made, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}"], ["cmake", "--build", made]):
        done = subprocess.run(command, text=True, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
    if not sanitized():
        done = subprocess.run([made / "x", GUESTS / "plain_memory.wasm", GUESTS / "start_trap.wasm"], text=True, capture_output=True)
        assert done.returncode == 0 and done.stdout == "ok\n", done.stderr


def test_two_engines_in_one_process(prefix, tmp_path):
    if sanitized():
        pytest.skip("the sanitizer's runtime cannot be loaded by dlopen into a plain program")
    library = next(p for p in prefix.rglob("libarcella.so"))
    engine = engine_dir()
    program = tmp_path / "two"
    subprocess.run(["gcc", "-std=gnu17", "-o", program, API / "two_engines.c", f"-I{prefix}/include", f"-I{engine}/include",
                    f"{engine}/lib/libwasmtime.a", "-lpthread", "-ldl", "-lm"], check=True)
    done = subprocess.run([program, library, GUESTS / "plain_memory.wasm", GUESTS / "start_trap.wasm"], text=True, capture_output=True,
                          timeout=120)
    assert done.returncode == 0, (done.returncode, done.stderr)
    assert done.stdout == "ok\n"
