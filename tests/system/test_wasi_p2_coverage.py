# SPDX-License-Identifier: Apache-2.0 OR MIT
"""WASI 0.2 as we have it, against the WIT that tools/bootstrap brings: each function has a row, and each row is of the WIT.

That each function has a test is held where the tests are: test_wasi_p2_behaviour.py, by what was really called.
"""
import re

import pytest

import wasi02
from conftest import ROOT

TABLE = ROOT / "src" / "wasi" / "p2" / "functions.def"
ROWS = ROOT / "src" / "wasi" / "p2" / "rows.h"


@pytest.fixture(scope="module")
def wit():
    return wasi02.Wit()


def rows():
    """(interface, function) of each row, in the order of the table."""
    constants = dict(re.findall(r'#define (P2_\w+)\s+"(wasi:[\w:/-]+)@" P2_VERSION', ROWS.read_text()))
    text = re.sub(r"/\*.*?\*/", "", TABLE.read_text(), flags=re.S)
    found = re.findall(r'HOST_FN\(\s*(P2_\w+),\s*"([^"]+)"', text)
    assert len(found) == text.count("HOST_FN("), "a row that this test cannot read"
    return [(constants[interface], name) for interface, name in found]


def test_every_function_has_a_row(wit):
    ours, theirs = rows(), [(f.interface.name, f.name) for f in wit.functions.values()]
    assert len(set(ours)) == len(ours)
    missing = [f"{interface}#{name} has no row" for interface, name in theirs if (interface, name) not in ours]
    extra = [f"{interface}#{name} is no function of the WIT" for interface, name in ours if (interface, name) not in theirs]
    assert not missing + extra, "\n".join(missing + extra)


def test_the_highest_version_is_that_of_the_wit(wit):
    versions = {it.version for it in wit.interfaces.values()}
    assert versions == {re.search(r'#define P2_VERSION "([\d.]+)"', ROWS.read_text())[1]}


def test_the_wit_is_read_as_it_is(wit):
    """Sizes and shapes that are known by heart, so that what all of this stands on is not wrong itself."""
    files, tcp = wit.interfaces["wasi:filesystem/types"], wit.interfaces["wasi:sockets/tcp"]
    assert files.layout(("named", "descriptor-stat")) == (96, 8)
    assert files.layout(("named", "descriptor-flags")) == (1, 1)
    assert files.layout(("list", ("u8",))) == (8, 4)
    assert tcp.layout(("named", "ip-socket-address")) == (32, 4)
    assert len(tcp.flat(("named", "ip-socket-address"))) == 12
    assert wit.functions["tcp-socket.start-bind"].flat == (["i32"] * 15, [])
    assert wit.functions["poll.poll"].flat == (["i32", "i32", "i32"], [])
    assert wit.functions["monotonic-clock.now"].flat == ([], ["i64"])
    assert wit.functions["descriptor.set-times"].flat == (["i32", "i32", "i64", "i32", "i32", "i64", "i32", "i32"], [])
    assert "connection-refused" in wit.functions["tcp-socket.start-connect"].errors()
    assert len(wit.functions) > 120 and len(wit.resources) == 14
