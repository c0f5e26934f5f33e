# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The pages keep their word: links lead somewhere, paths and rooms named are there, what they tell to type runs."""
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from conftest import BIN, ROOT, SLOW, environment, weaker

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# Words with a slash in a page that are no files of the tree: of a home folder, of the system, of a guest, or patterns.
NOT_OURS = re.compile(r"^[~/$-]|[A-Z<>*…{}=:@]|^(build|cfg|state|cache|run|log|modules|code|dev|proc|etc|bad|wasm32|usr)/|^\d|\s")


def page_name(page):
    return str(page.relative_to(ROOT))


def anchors(page):
    """The anchors of a page's headings, as they are made for readers of the repository."""
    headings = re.findall(r"^#+ +(.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.S)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_named_paths_are_there(page):
    """`src/…`, `tests/…` and `room/file.h` in backticks, also with several endings: `tools/x`, `base/toml.{c,cc}`."""
    missing = []
    for word in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page.read_text(), flags=re.S)):
        several = re.fullmatch(r"([\w./-]+)\{([\w.,]+)\}", word)
        for name in [several.group(1) + e for e in several.group(2).split(",")] if several else [word]:
            if "/" not in name or NOT_OURS.search(name):
                continue
            first = name.split("/")[0]
            if not ((ROOT / first).is_dir() or (ROOT / "src" / first).is_dir()):
                continue  # a media type, a guest's path
            if not any((base / name).exists() for base in (ROOT, ROOT / "src", ROOT / "include", page.parent)):
                missing.append(name)
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_named_make_targets_are_there(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.M)
    assert set(named) <= targets


def test_named_verbs_are_there():
    """`arcella VERB` and `arcella-cli VERB` in a page are verbs of the client's table."""
    done = subprocess.run([BIN / "arcella-cli", "help"], text=True, capture_output=True, timeout=30 * SLOW, env=environment())
    verbs = set(re.findall(r"^  ([a-z-]+)  ", done.stdout, re.M))
    assert {"ping", "run", "help"} <= verbs
    unknown = {(page_name(page), verb) for page in PAGES for verb in re.findall(r"(?:^|`)arcella(?:-cli)? ([a-z][a-z-]+)", page.read_text(), re.M)
               if verb not in verbs}
    assert not unknown


def rooms():
    return re.search(r"foreach\(room ([\w ]+)\)", (ROOT / "CMakeLists.txt").read_text()).group(1).split()


def test_rooms_of_the_map():
    """ARCHITECTURE.md's table has each room, in the order in which they are built, with a page of its own."""
    table = re.findall(r"^\| (`[\w`, ]+`) \|[^|]*\| \[[\w-]+\]\(([\w-]+)\.md\)", (ROOT / "docs/ARCHITECTURE.md").read_text(), re.M)
    named = [name for cell, _ in table for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(rooms())
    order = [name for name in named if name not in ("daemon", "worker", "cli")]
    assert order == [name for name in rooms() if name not in ("daemon", "worker", "cli")]
    assert {p.name for p in (ROOT / "src").iterdir() if p.is_dir()} == set(rooms())
    for _, page in table:
        assert (ROOT / "docs" / f"{page}.md").is_file(), page


def test_pages_are_reachable():
    """Each page of docs/ is linked from README, ARCHITECTURE.md or CONTRIBUTING.md."""
    sources = [ROOT / "README.md", ROOT / "docs/ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]
    linked = {(page.parent / target.partition("#")[0]).resolve()
              for page in sources for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())}
    lost = [page_name(p) for p in PAGES if p not in linked and p not in sources]
    assert not lost


# --- what a page tells to type ---

def blocks_of(page, wanted=()):
    """The marked shell blocks of a page; of `<!-- doctest: NAME -->` those whose NAME is wanted."""
    found = re.findall(r"<!-- doctest(?:: ([\w-]+))? -->\n```sh\n(.*?)```", (ROOT / page).read_text(), re.S)
    return [block for name, block in found if not name or name in wanted]


def commands_of(block):
    """Its commands, one string each: a line, or several where it goes on or where text for a file follows."""
    commands, end = [], None
    for line in block.strip().split("\n"):
        if commands and commands[-1].endswith("\\"):
            commands[-1] += "\n" + line
        elif end is None:
            commands.append(line)
            here = re.search(r"<<'(\w+)'$", line)
            end = here and here.group(1)
        else:
            commands[-1] += "\n" + line
            end = None if line == end else end
    assert end is None, block
    return commands


def wait_for(command):
    """A reader takes longer to type than a daemon to start, or a program to run or, as hello, to end."""
    tried = None
    if command.endswith("&"):
        tried = "arcella-cli ping >/dev/null 2>&1"
    elif started := re.match(r"arcella-cli start (\w+)", command):
        state = "finished" if started.group(1) == "hello" else "running"
        tried = f"arcella-cli status {started.group(1)} | grep -q {state}"
    return [f"for n in $(seq 300); do {tried} && break; sleep 0.1; done"] if tried else []


def typed(page, wanted=(), **env):
    """Types a page's marked blocks into one shell, in a clone after `make` as far as they can see it, against the real
    programs.  Returns a function: what the first command that begins so answered."""
    scratch = Path(tempfile.mkdtemp(prefix="arc-"))
    try:
        (scratch / "build/release").mkdir(parents=True)
        (scratch / "build/release/bin").symlink_to(BIN)
        (scratch / "tools").symlink_to(ROOT / "tools")
        script = ["set -e"]
        for block in blocks_of(page, wanted):
            for command in commands_of(block):
                shown = command.partition("\n")[0].rstrip("\\").replace("'", "")
                script += [f"echo '$ {shown}'", command, *wait_for(command)]
        script += ["wait"]
        cache = os.environ.get("ARCELLA_CACHE") or str(Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "arcella")
        env = environment(HOME=str(scratch), ARCELLA_CACHE=cache, ZIG_GLOBAL_CACHE_DIR=f"{cache}/zig-cache", **env)
        began = time.monotonic()
        done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=scratch, env=env, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=300 * SLOW)
        said = done.stdout
        assert done.returncode == 0, f"after {time.monotonic() - began:.0f} s\n{said}"
        assert not (scratch / ".arcella/alme").exists()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)

    def answer(command):
        return said.split(f"\n$ {command}", 1)[1].partition("\n")[2].split("\n$ ", 1)[0]
    return answer


def test_the_quick_start():
    assert len(blocks_of("README.md")) >= 5
    answer = typed("README.md")
    assert "hello from a guest" in answer("arcella run hello.wasm")
    assert "a note" in answer("arcella run --dir")
    assert "export add: func(a: u32, b: u32) -> u32;" in answer("arcella inspect adder.wasm --wit")
    assert answer("arcella run --invoke add(20, 22)") == "42"
    assert "finished" in answer("arcella-cli status hello")
    assert "hello from a guest" in answer("arcella-cli logs hello")
    assert "42" in answer("arcella-cli call adder add 20 22").split("\n")  # the daemon's lines may be between
    assert '"success":true' in answer("printf")


@pytest.mark.parametrize("language", ["js", "c"])
def test_the_page_for_authors(language):
    """docs/components.md: JavaScript with tools of the clone; the C of the page takes its place where wit-bindgen is."""
    if language == "c" and not shutil.which("wit-bindgen"):
        weaker("the C part of docs/components.md is not run: no wit-bindgen")
        pytest.skip("no wit-bindgen")
    assert len(blocks_of("docs/components.md")) >= 5 and len(blocks_of("docs/components.md", ["wit-bindgen"])) >= 6
    answer = typed("docs/components.md", ["wit-bindgen"] if language == "c" else [])
    assert "export longest: func(words: list<string>) -> option<string>;" in answer("arcella inspect words.wasm --wit")
    assert answer("arcella run --invoke longest([") == 'some("moonlight")'
    assert '"sun"' in answer("arcella run --json --invoke")
    assert 'some("bb")' in answer("arcella-cli call words longest").split("\n")
