# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Component: words of a text, lines, characters."""
import collections
import re

from componentize_py_types import Err
from wit_world.exports.words import Entry, Order

WORD = re.compile("[0-9A-Za-z\x80-\U0010ffff]+")
LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


class Words:
    def count(self, text, by):
        found = collections.Counter(WORD.findall(text.translate(LOWER)))
        entries = [Entry(word, count) for word, count in sorted(found.items())]
        if by == Order.BY_COUNT:
            entries.sort(key=lambda e: -e.count)
        return entries

    def wrap(self, text, width):
        lines = []
        for word in re.split("[ \t-\r]+", text.strip(" \t\n\v\f\r")) if text else []:
            if len(word) > width:
                raise Err(f"'{word}' is longer than {width}")
            if lines and len(lines[-1]) + 1 + len(word) <= width:
                lines[-1] += " " + word
            elif word:
                lines.append(word)
        return lines

    def reverse(self, text):
        return text[::-1]

    def longest(self, text):
        return max(WORD.findall(text), key=len, default=None)

    def characters(self, text):
        return len(text), sum(c > "\x7f" for c in text)
