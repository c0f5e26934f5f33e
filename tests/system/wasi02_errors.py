# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Which errors each function of WASI 0.2 must be seen to tell, and which none can be brought to tell, and why.

Of wasi:sockets the WIT itself says which errors are typical of a function.  Of wasi:filesystem it gives one list of codes for all
functions; FILE_ERRORS is ours: what POSIX says of the call behind each function, and what the WIT says in words.
"""
import re

from conftest import ROOT

DONE_AT_ONCE = "bind and listen are done at once"
ALL_PORTS = "all ports of the machine would have to be taken"
BOTH_FAMILIES = "both address families are there"
NO_WAY = "only where the machine has no way to some network, which depends on it"
# (function, code): why it is not seen.
UNSEEN = {
    ("tcp-socket.start-bind", "would-block"): DONE_AT_ONCE,
    ("tcp-socket.start-listen", "would-block"): DONE_AT_ONCE,
    ("udp-socket.start-bind", "would-block"): DONE_AT_ONCE,
    ("tcp-socket.start-listen", "address-in-use"): ALL_PORTS,
    ("tcp-socket.start-connect", "address-in-use"): ALL_PORTS,
    ("udp-socket.stream", "address-in-use"): ALL_PORTS,
    ("tcp-socket.start-connect", "connection-aborted"): "Linux tells it of no connection that a test could make",
    ("tcp-socket.accept", "connection-aborted"): "such connections are passed over",
    ("tcp-socket.start-connect", "connection-reset"): "a reset of a connection that is being made comes as connection-refused",
    ("tcp-socket.start-connect", "timeout"): "takes minutes, and a machine that answers nothing",
    ("tcp-socket.start-connect", "remote-unreachable"): NO_WAY,
    ("udp-socket.stream", "remote-unreachable"): NO_WAY,
    ("incoming-datagram-stream.receive", "remote-unreachable"): NO_WAY,
    ("outgoing-datagram-stream.send", "remote-unreachable"): NO_WAY,
    ("tcp-socket.set-listen-backlog-size", "not-supported"): "Linux lets it be changed",
    ("tcp-create-socket.create-tcp-socket", "not-supported"): BOTH_FAMILIES,
    ("udp-create-socket.create-udp-socket", "not-supported"): BOTH_FAMILIES,
    ("udp-socket.stream", "connection-refused"): "Linux tells it by a later call: receive and send, whose cases there are",
}

NAME = "access loop name-too-long no-entry not-directory not-permitted"
CHANGED = NAME + " read-only"
SPACE = " insufficient-space quota"
BYTES = "bad-descriptor is-directory invalid"
FILE_ERRORS = {
    "descriptor.read-via-stream": BYTES,
    "descriptor.write-via-stream": "bad-descriptor is-directory",
    "descriptor.append-via-stream": "bad-descriptor is-directory",
    "descriptor.advise": "bad-descriptor invalid invalid-seek",
    "descriptor.sync-data": "insufficient-space",
    "descriptor.get-flags": "",
    "descriptor.get-type": "",
    "descriptor.set-size": BYTES + " file-too-large io text-file-busy",
    "descriptor.set-times": "invalid not-permitted overflow",
    "descriptor.read": BYTES + " invalid-seek io",
    "descriptor.write": BYTES + " file-too-large invalid-seek io" + SPACE,
    "descriptor.read-directory": "insufficient-memory not-directory",
    "descriptor.sync": "io quota",
    "descriptor.create-directory-at": CHANGED + SPACE + " exist too-many-links",
    "descriptor.stat": "io",
    "descriptor.stat-at": NAME,
    "descriptor.set-times-at": CHANGED,
    "descriptor.link-at": CHANGED + " insufficient-space cross-device exist invalid too-many-links",
    "descriptor.open-at": CHANGED + SPACE + " busy exist insufficient-memory invalid io is-directory no-device no-such-device overflow text-file-busy",
    "descriptor.readlink-at": NAME + " illegal-byte-sequence invalid",
    "descriptor.remove-directory-at": CHANGED + " busy invalid not-empty",
    "descriptor.rename-at": CHANGED + " busy cross-device invalid is-directory not-empty too-many-links",
    "descriptor.symlink-at": CHANGED + SPACE + " exist",
    "descriptor.unlink-file-at": CHANGED + " busy is-directory",
    "descriptor.is-same-object": "",
    "descriptor.metadata-hash": "",
    "descriptor.metadata-hash-at": NAME,
    "directory-entry-stream.read-directory-entry": "illegal-byte-sequence io",
    "types.filesystem-error-code": "",
}
# Codes of the WIT that no function is brought to tell.
NO_FILE_ERROR = {
    "would-block": "files are waited for",
    "already": "of connections", "in-progress": "likewise", "message-size": "likewise",
    "deadlock": "there are no locks", "no-lock": "likewise", "not-recoverable": "likewise",
    "interrupted": "a call of the system that is interrupted is made again",
    "no-tty": "no call for terminals is made",
    "pipe": "a pipe has no place to write to, and its stream is closed then",
    "unsupported": "all calls are there on Linux; of its file systems it depends",
}


def given_in_place_of_an_answer():
    """(function, code) of the unit test that lets the system give errors which cannot be brought about."""
    text = (ROOT / "tests" / "unit" / "wasi" / "p2_errors_test.c").read_text()
    return {(name, code) for name, code in re.findall(r'\{"([\w-]+)", \w+, \d+, E\w+, "([\w-]+)"\}', text)}


def demanded(function, short):
    """The codes that must have been seen of a function; short: "descriptor.read"."""
    return set(function.errors()) | set(FILE_ERRORS.get(short, "").split())


def seen_elsewhere(short):
    """Those of them that need no case."""
    given = {code for name, code in given_in_place_of_an_answer() if name == short.rpartition(".")[2]}
    return given | {code for name, code in UNSEEN if name == short}
