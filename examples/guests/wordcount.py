# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Example guest for CPython: wordcount.py FILE [N]

Prints how many words a text has and its N (10) most frequent ones, a line each: count and word.
"""

import collections
import re
import sys


def main() -> int:
    if len(sys.argv) < 2:
        print("usage: wordcount.py FILE [N]", file=sys.stderr)
        return 2
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    words: collections.Counter[str] = collections.Counter()
    size = 0
    try:
        with open(sys.argv[1], encoding="utf-8", errors="replace") as text:
            for line in text:
                size += len(line)
                words.update(re.findall(r"[a-z]+(?:'[a-z]+)?", line.lower()))
    except OSError as error:
        print(f"wordcount: {error}", file=sys.stderr)
        return 1
    print(f"{size} characters, {words.total()} words, {len(words)} different")
    for word, n in sorted(words.items(), key=lambda item: (-item[1], item[0]))[:count]:
        print(f"{n:8} {word}")
    return 0


sys.exit(main())
