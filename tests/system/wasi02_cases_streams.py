# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Cases of wasi:io/streams, by streams of files.  See wasi02_cases.py; those of connections are with the sockets."""
import os

from wasi02 import Err
from wasi02_cases import CLOSED, block, case, read_all, traps, write_all
from wasi02_cases_files import MUTATE, WRITE, folders, made, opened

@case("files")
def a_stream_reads_a_file(g, p):
    data, _ = folders(g)
    text = bytes(i * 7 & 255 for i in range(300_000))
    (p.data / "f").write_bytes(text)
    file = opened(g, data, "f")
    stream = g("descriptor.read-via-stream", file, 0)
    second = g("descriptor.read-via-stream", file, 299_990)
    g.drop("descriptor", file)  # streams live on
    assert g("input-stream.blocking-read", stream, 10) == text[:10]
    assert read_all(g, second) == text[-10:]
    block(g, g("input-stream.subscribe", stream))
    got = g("input-stream.read", stream, 10)
    assert got in (text[10:20], b"")
    assert text[:10] + got + read_all(g, stream) == text
    assert g("input-stream.read", stream, 10) == CLOSED
    assert g("input-stream.read", stream, 0) == CLOSED


@case("files")
def a_stream_behind_the_end_is_closed(g, p):
    data, _ = folders(g)
    (p.data / "f").write_bytes(b"abc")
    file = opened(g, data, "f")
    for offset in (3, 100, 2**40):
        assert g("input-stream.blocking-read", g("descriptor.read-via-stream", file, offset), 10) == CLOSED


@case("files")
def a_stream_is_skipped(g, p):
    data, _ = folders(g)
    (p.data / "f").write_bytes(b"0123456789")
    stream = g("descriptor.read-via-stream", opened(g, data, "f"), 0)
    assert g("input-stream.blocking-skip", stream, 3) == 3
    assert g("input-stream.blocking-read", stream, 2) == b"34"
    block(g, g("input-stream.subscribe", stream))
    skipped = g("input-stream.skip", stream, 2)
    assert skipped in (0, 2)
    assert g("input-stream.blocking-skip", stream, 2**40) == 5 - skipped
    assert g("input-stream.blocking-skip", stream, 1) == CLOSED


@case("files")
def streams_of_what_cannot_be_read_or_written(g, p):
    data, fixed = folders(g)
    (p.data / "f").write_text("x")
    (p.fixed / "f").write_text("x")
    assert g("descriptor.read-via-stream", data, 0) in (Err("is-directory"), Err("bad-descriptor"))
    for name, at in (("write-via-stream", (0,)), ("append-via-stream", ())):
        assert g(f"descriptor.{name}", opened(g, fixed, "f"), *at) in (Err("bad-descriptor"), Err("not-permitted"), Err("read-only"))
        assert g(f"descriptor.{name}", data, *at) in (Err("is-directory"), Err("bad-descriptor"))


@case("files")
def streams_go_the_way_that_a_file_was_opened(g, p):
    data, _ = folders(g)
    refused = (Err("bad-descriptor"), Err("not-permitted"), Err("read-only"))
    assert g("descriptor.read-via-stream", made(g, data, "f", b"x", WRITE), 0) in refused
    assert g("descriptor.write-via-stream", opened(g, data, "f"), 0) in refused
    assert g("descriptor.append-via-stream", opened(g, data, "f")) in refused


@case("files")
def a_stream_writes_a_file(g, p):
    data, _ = folders(g)
    text = bytes(i * 11 & 255 for i in range(300_000))
    file = made(g, data, "f", b"0123456789")
    stream = g("descriptor.write-via-stream", file, 4)
    write_all(g, stream, text)
    assert (p.data / "f").read_bytes() == b"0123" + text
    assert g("output-stream.blocking-write-and-flush", stream, b"end") is None
    assert (p.data / "f").read_bytes() == b"0123" + text + b"end"


@case("files")
def a_stream_appends(g, p):
    data, _ = folders(g)
    file = made(g, data, "f", b"0")
    streams = [g("descriptor.append-via-stream", file) for _ in range(2)]
    for i in range(6):
        assert g("output-stream.blocking-write-and-flush", streams[i % 2], str(i + 1).encode()) is None
    assert (p.data / "f").read_bytes() == b"0123456"


@case("files")
def a_stream_writes_zeroes(g, p):
    data, _ = folders(g)
    stream = g("descriptor.write-via-stream", made(g, data, "f"), 0)
    assert g("output-stream.blocking-write-zeroes-and-flush", stream, 4096) is None
    while g("output-stream.check-write", stream) == 0:
        block(g, g("output-stream.subscribe", stream))
    assert g("output-stream.write-zeroes", stream, 10) is None
    assert g("output-stream.blocking-flush", stream) is None
    assert (p.data / "f").read_bytes() == bytes(4106)


@case("files")
def more_than_4096_zeroes_trap(g, p):
    data, _ = folders(g)
    stream = g("descriptor.write-via-stream", made(g, data, "f"), 0)
    with traps():
        g("output-stream.blocking-write-zeroes-and-flush", stream, 4097)


@case("files")
def more_than_a_stream_of_a_file_permits_traps(g, p):
    data, _ = folders(g)
    stream = g("descriptor.write-via-stream", made(g, data, "f"), 0)
    permit = g("output-stream.check-write", stream)
    assert permit > 0
    with traps():
        g("output-stream.write-zeroes", stream, permit + 1)


@case("files")
def a_write_without_a_permit_traps(g, p):
    data, _ = folders(g)
    stream = g("descriptor.write-via-stream", made(g, data, "f"), 0)
    with traps():
        g("output-stream.write", stream, b"x")


@case("files")
def streams_are_spliced(g, p):
    data, _ = folders(g)
    text = bytes(i * 13 & 255 for i in range(200_000))
    (p.data / "from").write_bytes(text)
    source = g("descriptor.read-via-stream", opened(g, data, "from"), 0)
    into = g("descriptor.write-via-stream", made(g, data, "to"), 0)
    assert g("output-stream.blocking-splice", into, source, 1000) == 1000
    moved = 1000
    while True:
        done = g("output-stream.blocking-splice", into, source, 1 << 20)
        if done == CLOSED:
            break
        assert done > 0
        moved += done
    assert moved == len(text)
    assert g("output-stream.blocking-flush", into) is None
    assert (p.data / "to").read_bytes() == text
    assert g("output-stream.splice", into, source, 10) == CLOSED


@case("files")
def splice_does_not_wait(g, p):
    data, _ = folders(g)
    (p.data / "from").write_bytes(b"abc")
    source = g("descriptor.read-via-stream", opened(g, data, "from"), 0)
    into = g("descriptor.write-via-stream", made(g, data, "to"), 0)
    block(g, g("input-stream.subscribe", source))
    done = g("output-stream.splice", into, source, 2)
    assert done in (0, 2)
    assert g("output-stream.blocking-splice", into, source, 100) == 3 - done
    assert g("output-stream.blocking-flush", into) is None
    assert (p.data / "to").read_bytes() == b"abc"


@case("files")
def an_error_of_a_stream_tells_its_code(g, p):
    """At the last place of all nothing can be written."""
    data, _ = folders(g)
    stream = g("descriptor.write-via-stream", made(g, data, "f"), 2**63 - 1)
    done = g("output-stream.blocking-write-and-flush", stream, b"xx")
    assert isinstance(done, Err) and done.code[0] == "last-operation-failed"
    error = done.code[1]
    assert g("types.filesystem-error-code", error) in ("file-too-large", "invalid", "overflow")
    assert g("error.to-debug-string", error)
    assert g("output-stream.check-write", stream) == CLOSED
    assert (p.data / "f").read_bytes() == b""


@case("files")
def a_directory_that_is_moved_stays_open(g, p):
    data, _ = folders(g)
    os.mkdir(p.data / "d")
    inner = opened(g, data, "d", {"directory"}, MUTATE)
    os.rename(p.data / "d", p.data / "e")
    made(g, inner, "f", b"x")
    assert (p.data / "e" / "f").read_bytes() == b"x"
    assert opened(g, inner, "../e/f") == Err("not-permitted")
