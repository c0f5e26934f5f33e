# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Component: matrices and statistics, exact by way of fractions where that matters."""
import collections
import fractions
import math
import statistics

from componentize_py_types import Err
from wit_world.exports.figures import ShapeError, Summary


def columns(matrix):
    """How many columns; each row must have as many."""
    widths = {len(row) for row in matrix}
    if len(widths) > 1:
        raise Err(ShapeError.NOT_RECTANGULAR)
    return widths.pop() if widths else 0


class Figures:
    def multiply(self, a, b):
        width = columns(a)
        columns(b)
        if width != len(b):
            raise Err(ShapeError.MISMATCH)
        return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]

    def determinant(self, a):
        if columns(a) != len(a):
            raise Err(ShapeError.NOT_SQUARE)
        rows = [[fractions.Fraction(x) for x in row] for row in a]
        result = fractions.Fraction(1)
        for i in range(len(rows)):
            pivot = next((r for r in range(i, len(rows)) if rows[r][i]), None)
            if pivot is None:
                raise Err(ShapeError.SINGULAR)
            if pivot != i:
                rows[i], rows[pivot], result = rows[pivot], rows[i], -result
            result *= rows[i][i]
            for r in range(i + 1, len(rows)):
                factor = rows[r][i] / rows[i][i]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[i])]
        return float(result)

    def summarize(self, values):
        if not values:
            return Summary(0, math.inf, -math.inf, math.nan, None)
        return Summary(len(values), min(values), max(values), statistics.fmean(values), statistics.median(values))

    def histogram(self, values):
        return sorted(collections.Counter(v // 10 * 10 for v in values).items())

    def gcd(self, a, b):
        return math.gcd(a, b)

    def total(self, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q):
        return float(a + b + c + d + e + f + g + h + i + j + k + ord(l) + m + n + o + p + q)

    def limits(self):
        return 255, -128, 65535, -32768, 2**32 - 1, -2**31, 2**64 - 1, -2**63

    def fahrenheit(self, celsius):
        return [c * 9 / 5 + 32 for c in celsius]
