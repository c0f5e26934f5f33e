# SPDX-License-Identifier: Apache-2.0 OR MIT
"""`make install` and what it installs: paths, units, man pages, completions; libarcella with its headers, its exported
symbols, programs against it by pkg-config and by CMake, the examples, a component in it and in a worker, and beside another
copy of the engine in one process."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import BIN, GUESTS, ROOT, environment, sanitized, SLOW, weaker
from test_components import TABLE, built, calls_of, invocations

API = ROOT / "tests" / "api"
HEADERS = sorted(p.name for p in (ROOT / "include" / "arcella").glob("*.h"))


def call(*command, **more):
    done = subprocess.run([str(c) for c in command], text=True, capture_output=True, timeout=300 * SLOW, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def install(prefix, destdir=""):
    """What `make install PREFIX=… DESTDIR=…` does with a build folder."""
    call("cmake", "--install", BIN.parent, "--prefix", prefix, env={**os.environ, "DESTDIR": str(destdir)})


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefix")
    install(folder)
    return folder


def library_folder(prefix):
    return next(p for p in prefix.rglob("libarcella.so")).parent


def engine_dir():
    cache = (BIN.parent / "CMakeCache.txt").read_text()
    found = re.search(r"^WASMTIME_DIR:PATH=(.+)$", cache, re.M)
    return found.group(1) if found else call(ROOT / "tools" / "engine-dir").strip()


# --- what is installed ---
def test_what_is_installed(prefix):
    for name in ("bin/arcella", "bin/arcella-cli", "bin/arcella-worker", "include/arcella/arcella.h", "lib/systemd/system/arcella.service",
                 "lib/systemd/system/arcella.socket", "lib/systemd/user/arcella.service", "lib/sysusers.d/arcella.conf",
                 "lib/tmpfiles.d/arcella.conf", "share/man/man1/arcella.1", "share/man/man1/arcella-cli.1",
                 "share/man/man1/arcella-worker.1", "share/bash-completion/completions/arcella-cli",
                 "share/bash-completion/completions/arcella", "share/zsh/site-functions/_arcella-cli",
                 "share/fish/vendor_completions.d/arcella-cli.fish", "share/doc/arcella/LICENSE-MIT"):
        assert (prefix / name).is_file() and (prefix / name).stat().st_size, name
    folder = library_folder(prefix)
    for name in ("libarcella.a", "pkgconfig/arcella.pc", "pkgconfig/arcella-static.pc", "cmake/Arcella/ArcellaConfig.cmake",
                 "cmake/Arcella/ArcellaConfigVersion.cmake"):
        assert (folder / name).is_file(), name
    assert call(prefix / "bin" / "arcella", "--version").startswith("arcella ")


def test_the_installed_programs_find_each_other(prefix, tmp_path):
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    for program in ("arcella", "arcella-cli"):  # the client starts the arcella beside it, that its worker
        assert call(prefix / "bin" / program, "run", GUESTS / "hello.wasm", env=env) == "hello from a guest\n"


def test_destdir_is_in_no_file(tmp_path):
    stage = tmp_path / "stage-of-a-package"
    install("/opt/arcella-here", stage)
    assert (stage / "opt/arcella-here/bin/arcella").is_file()
    assert [p.name for p in stage.iterdir()] == ["opt"]
    for path in stage.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20:
            assert b"stage-of-a-package" not in path.read_bytes(), path
    for name in ("system/arcella.service", "user/arcella.service"):
        unit = (stage / "opt/arcella-here/lib/systemd" / name).read_text()
        assert "\nExecStart=/opt/arcella-here/bin/arcella daemon" in unit
        assert "@" not in unit
    text = next(stage.rglob("arcella.pc")).read_text()
    assert "\nprefix=/opt/arcella-here\n" in text and "@" not in text


def test_units_are_sound(prefix, tmp_path):
    verify = shutil.which("systemd-analyze")
    if not verify:
        weaker("systemd units are not verified: no systemd-analyze")
        pytest.skip("no systemd-analyze")
    for name, arguments in (("system", []), ("user", ["--user"])):
        folder = tmp_path / name
        shutil.copytree(prefix / "lib/systemd" / name, folder)
        done = subprocess.run([verify, "verify", *arguments, *sorted(map(str, folder.iterdir()))], text=True, capture_output=True,
                              timeout=120 * SLOW, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "SYSTEMD_UNIT_PATH": f"{folder}:"})
        ours = [line for line in (done.stdout + done.stderr).split("\n")
                # man pages are looked for on the machine, not below the prefix
                if "arcella" in line and "man:arcella" not in line and "man arcella" not in line]
        assert not ours, "\n".join(ours)


def test_man_pages_and_completions_are_sound(prefix):
    for page in sorted((prefix / "share/man/man1").iterdir()):
        text = page.read_text()
        assert re.search(r"^\.TH ARCELLA", text, re.M) and ".SH NAME" in text and ".SH SYNOPSIS" in text, page
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-k", "-man", "-Tutf8", "-ww", "-z", str(page)], text=True, capture_output=True, timeout=60)
            assert done.returncode == 0 and not done.stderr, done.stderr
    for name in ("arcella", "arcella-cli"):
        call("bash", "-n", prefix / "share/bash-completion/completions" / name)
    script = prefix / "share/bash-completion/completions/arcella-cli"
    offered = call("bash", "-c", f"source {script}; COMP_WORDS=(arcella-cli st); COMP_CWORD=1; "
                                 "$(complete -p arcella-cli | sed 's/.*-F \\([^ ]*\\).*/\\1/'); printf '%s\\n' \"${COMPREPLY[@]}\"")
    assert offered.split() == ["status", "start", "stop"]


# --- headers and symbols ---
@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("compiler,language", [("gcc", "-std=c99"), ("clang-14", "-std=c99"), ("g++", "-std=c++17"),
                                               ("clang++-14", "-std=c++17")])
def test_each_header_alone(prefix, tmp_path, header, compiler, language):
    source = tmp_path / ("x.cc" if "++" in compiler else "x.c")
    source.write_text(f"#include <arcella/{header}>\nint main(void) {{ return 0; }}\n")
    call(compiler, language, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", f"-I{prefix}/include", source)


def test_exported_symbols(prefix):
    wanted = (API / "symbols.txt").read_text().split()
    assert wanted == sorted(wanted)
    library = library_folder(prefix) / "libarcella.so"
    lines = call("nm", "-D", "--defined-only", library).strip().split("\n")
    assert sorted({line.split()[-1].split("@")[0] for line in lines if " A " not in line}) == wanted
    assert "NODELETE" in call("readelf", "-d", library)
    # A copy of the engine elsewhere in the program must not meet the one in the static library.
    lines = call("nm", "-g", "--defined-only", library_folder(prefix) / "libarcella.a").strip().split("\n")
    names = sorted(line.split()[-1] for line in lines if len(line.split()) == 3)
    assert [n for n in names if not n.startswith(("__asan_", "__odr_asan", "__ubsan"))] == wanted


def test_each_declared_function_is_exported():
    text = "".join((ROOT / "include/arcella" / name).read_text() for name in HEADERS)
    declared = re.findall(r"ARCELLA_API [^;(]*?\b(arcella_\w+)\(", text)
    assert sorted(declared) == (API / "symbols.txt").read_text().split()


# --- programs against it ---
ADDER = GUESTS / "adder.wasm"
EMBEDDED = GUESTS / "embedded.wasm"
CALLS = [GUESTS / "plain_memory.wasm", GUESTS / "start_trap.wasm", GUESTS / "spin_start.wasm", EMBEDDED, ADDER]
# The programs of tests/api with what each is run with.
PROGRAMS = {"calls": [CALLS], "values": [[EMBEDDED]], "loops": [[GUESTS / "calls.wasm"]], "signals": [[EMBEDDED, "before"], [EMBEDDED, "after"]]}


def run(program, folder, *arguments):
    env = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:handle_segv=0:use_sigaltstack=0")
    return call(program, *arguments, env=env)


def sanitizers():
    return ["-fsanitize=address,undefined"] if sanitized() else []


def build(prefix, folder, source, package="arcella", compiler="gcc -std=c99", more=()):
    """A program built as an embedder would, by pkg-config."""
    env = {**os.environ, "PKG_CONFIG_PATH": str(library_folder(prefix) / "pkgconfig")}
    assert call("pkg-config", "--modversion", package, env=env).strip() == version()
    cflags = call("pkg-config", "--cflags", package, env=env).split()
    libs = call("pkg-config", "--libs", package, env=env).split()
    program = folder / source.stem
    call(*compiler.split(), "-Wall", "-Werror", "-c", "-o", folder / "x.o", source, *cflags, *sanitizers(), *more)
    call(compiler.split()[0], "-o", program, folder / "x.o", *libs, "-pthread", *sanitizers())
    assert ("libarcella" in call("readelf", "-d", program)) == (package == "arcella")
    return program


@pytest.mark.parametrize("package", ["arcella", "arcella-static"])
@pytest.mark.parametrize("compiler", ["gcc -std=c99", "g++ -std=c++17 -x c++"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_by_pkg_config(prefix, tmp_path, package, compiler, name):
    program = build(prefix, tmp_path, API / f"{name}.c", package, compiler)
    for arguments in PROGRAMS[name]:
        assert run(program, library_folder(prefix), *arguments) == "ok\n"


RECEIPT = """\
  6 x eggs at 0.25
  3 x bread at 1.50
  1 x butter at 2.75
in the till: 8.75
"""
SCORES = """\
guest: north is 10.50 for others
guest: another was faster
/data/readings.txt: 3 scores
refused: fs read /etc/passwd; it needs --dir HOSTDIR::/etc
/etc/passwd: Operation not permitted
west = changed
south = 8.50
east = 1.75
north = 10.50
"""
# The examples by their folders: main.c has at most so many lines, run with which guest, what they print.
EXAMPLES = {"embed": (30, ADDER, "20 + 22 = 42\n"), "plugin": (60, GUESTS / "breakfast.wasm", RECEIPT),
            "hosts": (80, GUESTS / "components" / "scores.wasm", SCORES)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example(prefix, tmp_path, name):
    """Built and run by the command in its first comment, in a copy of its folder that has the guest beside it."""
    source, folder = ROOT / "examples" / name / "main.c", tmp_path / name
    lines, guest, said = EXAMPLES[name]
    text = source.read_text()
    assert len(text.splitlines()) <= lines
    command = re.search(r"\bcc (main\.c .+ -o (\w+) && \./\2 (\w+\.wasm)) \*/$", text, re.M)
    assert command and command.group(3) == guest.name
    shutil.copytree(source.parent, folder)
    shutil.copy(guest, folder)
    flags = " ".join(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *sanitizers()])
    env = {**os.environ, "PKG_CONFIG_PATH": str(library_folder(prefix) / "pkgconfig"), "LD_LIBRARY_PATH": str(library_folder(prefix)),
           "ASAN_OPTIONS": environment()["ASAN_OPTIONS"]}
    assert call("bash", "-c", f"cc {flags} {command.group(1)}", cwd=folder, env=env) == said
    done = subprocess.run([folder / command.group(2), "none.wasm"], text=True, capture_output=True, timeout=60 * SLOW, cwd=folder, env=env)
    assert done.returncode == 1 and "none.wasm" in done.stderr and not done.stdout, done.stderr


def test_the_examples_are_all_run():
    assert {p.parent.name for p in (ROOT / "examples").glob("*/main.c")} == set(EXAMPLES)


def test_the_plugins_contract_is_what_its_guest_has(home):
    """Each line of the interface in examples/plugin/shop.wit, comments aside, and what the world exports."""
    text = (ROOT / "examples" / "plugin" / "shop.wit").read_text()
    shown = call(BIN / "arcella", "inspect", EXAMPLES["plugin"][1], "--wit", env=environment(home))
    wanted = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("//")]
    assert "interface till {" in wanted and "export breakfast: func(people: u32) -> receipt;" in wanted
    there = [line.strip() for line in shown.splitlines()]
    # Names of packages and worlds are written otherwise in a binary.
    assert [line for line in wanted if line not in there] == ["package acme:shop@1.0.0;", "world plugin {", "use till.{receipt};"]
    assert "import acme:shop/till@1.0.0;" in there


# --- one component, in a worker and in the library ---
# One whole language runtime is enough: each takes seconds to compile, here twice.
ALIKE = [row for row in TABLE["component"] if row["suite"] == "short" and "calls" in row
         and (row["toolchain"] not in ("go", "qjs") or row["name"] == "words-qjs")]


@pytest.fixture(scope="module")
def invoke(prefix, tmp_path_factory):
    return build(prefix, tmp_path_factory.mktemp("invoke"), API / "invoke.c")


def trap_of(*command, env):
    """A command that must fail by a trap: which."""
    done = subprocess.run([str(c) for c in command], text=True, capture_output=True, timeout=300 * SLOW, env=env)
    found = re.search(r"\btrap: (.+?)(?: \[\w+\])?$", done.stderr, re.M)
    assert done.returncode != 0 and not done.stdout and found, (done.returncode, done.stdout, done.stderr)
    return found.group(1)


@pytest.mark.parametrize("row", ALIKE, ids=lambda row: row["name"])
def test_alike_in_a_worker_and_in_the_library(prefix, invoke, home, row):
    """The calls that the table has for a component, by the same binary: the same results, and the same traps."""
    calls, options, path, folder = calls_of(row), row.get("options", []), built(row), library_folder(prefix)
    results = [result for _, result in calls["results"]]
    texts = [text for text, _ in calls["results"]]
    worker = call(BIN / "arcella", "run", *options, *invocations(texts), path, env=environment(home))
    library = run(invoke, folder, path, *texts)
    assert library == worker and library.splitlines() == results
    for text in calls.get("traps", []):
        in_library = trap_of(invoke, path, text, env={**environment(), "LD_LIBRARY_PATH": str(folder)})
        assert in_library == trap_of(BIN / "arcella", "run", *options, *invocations([text]), path, env=environment(home))


def test_what_is_alike_is_of_every_kind():
    """The rows are many, of several toolchains, and some trap."""
    assert len(ALIKE) >= 15 and {"wat", "c", "as", "qjs", "composed"} <= {row["toolchain"] for row in ALIKE}
    assert any(calls_of(row).get("traps") for row in ALIKE)


@pytest.mark.parametrize("target", ["Arcella::arcella", "Arcella::static"])
def test_a_program_by_cmake(prefix, tmp_path, target):
    source = tmp_path / "consumer"
    source.mkdir()
    flags = " ".join(sanitizers())
    (source / "CMakeLists.txt").write_text(f"""
        cmake_minimum_required(VERSION 3.25)
        project(consumer LANGUAGES C)
        find_package(Arcella {version()} REQUIRED)
        add_executable(calls {API / 'calls.c'})
        target_link_libraries(calls PRIVATE {target})
        """)
    call("cmake", "-S", source, "-B", tmp_path / "b", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
         f"-DCMAKE_C_FLAGS={flags}")
    call("cmake", "--build", tmp_path / "b")
    assert run(tmp_path / "b" / "calls", library_folder(prefix), *CALLS) == "ok\n"
    (source / "CMakeLists.txt").write_text("""
        cmake_minimum_required(VERSION 3.25)
        project(consumer LANGUAGES C)
        find_package(Arcella 99.0 REQUIRED)
        """)
    done = subprocess.run(["cmake", "-S", source, "-B", tmp_path / "c", f"-DCMAKE_PREFIX_PATH={prefix}"], text=True,
                          capture_output=True, timeout=120 * SLOW)
    assert done.returncode != 0 and "99.0" in done.stderr


def version():
    return re.search(r'ARCELLA_VERSION +"(.+)"', (ROOT / "include/arcella/version.h").read_text()).group(1)


def test_the_version_is_said_once():
    assert re.search(r"^project\(arcella VERSION ([\d.]+) ", (ROOT / "CMakeLists.txt").read_text(), re.M).group(1) == version()
    assert f"## {version()} " in (ROOT / "CHANGELOG.md").read_text()


# --- beside another copy of the engine ---
@pytest.mark.parametrize("way", ["shared", "static"])
def test_two_engines_in_one_process(prefix, tmp_path, way):
    if sanitized():
        pytest.skip("the sanitizer's runtime cannot be loaded by dlopen into a plain program")
    folder, engine, program = library_folder(prefix), engine_dir(), tmp_path / "two"
    # Statically: the library linked into a program whose own engine is the shared one.
    own = [f"{engine}/lib/libwasmtime.a"] if way == "shared" else \
        ["-DLINKED", folder / "libarcella.a", f"-L{engine}/lib", "-lwasmtime", f"-Wl,-rpath,{engine}/lib", "-luv", "-lsodium"]
    call("gcc", "-std=gnu17", "-o", program, API / "two_engines.c", f"-I{prefix}/include", f"-I{engine}/include", *own,
         "-lpthread", "-ldl", "-lm")
    assert call(program, folder / "libarcella.so", GUESTS / "plain_add.wasm", GUESTS / "start_trap.wasm") == "ok\n"
