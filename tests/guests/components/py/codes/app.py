# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Component: hashes and codes by the standard library."""
import base64
import binascii
import itertools
import string

import hashlib

from componentize_py_types import Err
from wit_world.exports.codes import Access, Algorithm, Digest_Crc32, Digest_Fnv64, Digest_Sha256


def fnv64(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


class Codes:
    def hash(self, how, data):
        if how == Algorithm.CRC32:
            return Digest_Crc32(binascii.crc32(data))
        if how == Algorithm.FNV64:
            return Digest_Fnv64(fnv64(data))
        return Digest_Sha256(hashlib.sha256(data).digest())

    def sha256_hex(self, text):
        return hashlib.sha256(text.encode()).hexdigest()

    def base64(self, data):
        return base64.b64encode(data).decode()

    def base64_decode(self, text):
        body = text.rstrip("=")
        for at, letter in enumerate(body):
            if letter not in string.ascii_letters + string.digits + "+/":
                raise Err(at)
        if len(text) % 4 or len(text) - len(body) > 2:
            raise Err(len(text))
        return base64.b64decode(text)

    def from_mode(self, mode):
        if mode > 0o777:
            return None
        # The mode counts from the other end.
        return Access(int(f"{mode:09b}"[::-1], 2))

    def to_mode(self, granted):
        return int(f"{granted.value:09b}"[::-1], 2)

    def rotate(self, letter, by):
        for letters in string.ascii_lowercase, string.ascii_uppercase:
            if letter in letters:
                return letters[(letters.index(letter) + by) % 26]
        return letter

    def run_lengths(self, data):
        return [(byte, len(list(group))) for byte, group in itertools.groupby(data)]

    def invert(self, data):
        return data.translate(bytes(range(255, -1, -1)))

    def large(self, size):
        return binascii.crc32(self.invert((bytes(range(256)) * (size // 256 + 1))[:size]))
