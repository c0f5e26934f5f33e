# SPDX-License-Identifier: Apache-2.0 OR MIT
"""TCP, UDP and names: talks.c in Python, with the same arguments and the same words."""
import encodings.idna  # noqa: F401  (what looking up a name needs; the library cannot be read any more when the program runs)
import socket

from wit_world import exports
from wit_world.imports import environment


def serve(port):
    """One connection at a time: what comes in goes back, until "stop" comes."""
    with socket.create_server(("127.0.0.1", port)) as server:
        print("serving", flush=True)
        while True:
            one, _ = server.accept()
            with one:
                text = b""
                while piece := one.recv(4096):
                    text += piece
                    one.sendall(piece)
                print("served", len(text), "bytes", flush=True)
                if text == b"stop":
                    return


def connect(port, text):
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.sendall(text.encode())
        one.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := one.recv(4096):
            answer += piece
    print("answer:", answer.decode())


def datagram(port, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.sendto(text.encode(), ("127.0.0.1", port))
        answer, where = one.recvfrom(4096)
    print("answer:", answer.decode(), "from", f"{where[0]}:{where[1] == port}")


def lookup(name):
    found = {row[4][0] for row in socket.getaddrinfo(name, 80, socket.AF_INET)}
    print("addresses:", *sorted(found))


class Run(exports.Run):
    def run(self):
        what, *words = environment.get_arguments()[1:]
        if what == "serve":
            serve(int(words[0]))
        elif what == "connect":
            connect(int(words[0]), words[1])
        elif what == "udp":
            datagram(int(words[0]), words[1])
        else:
            lookup(words[0])
