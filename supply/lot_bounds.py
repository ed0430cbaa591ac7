"""What no plan in lots can do better than: rows that hold for every lot, and a bound that looks at products apart.

Without them the program sees any quantity where only a lot may be made, and its bound says little.
Shapes: P products, M months. `above` is stock above the target, `below` what lacks of it or is owed, both >= 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from supply.capacity import Matrix
from supply.linear_program import Numbers, Program
from supply.plan_problem import Facts

WIDTHS: Final = (1, 2)
WORTH_A_ROW: Final = 0.5


@dataclass(frozen=True)
class Blocks:
    """The variables that say what lies and what lacks: stock `above` the target in parts, `safe` up to it (P, M);
    `late` and `lost` (K, P, M), `bought` (U, P, M)."""

    above: tuple[Numbers, ...]
    safe: Numbers
    late: Numbers
    lost: Numbers
    bought: Numbers


@dataclass(frozen=True)
class _Span:
    """Products whose months `first` to `last` are all in lots: `asked` (P,) of new supply, and how far that is from
    the lot below (`short`) and above (`over`)."""

    products: NDArray[np.int64]
    first: int
    last: int
    short: Matrix
    over: Matrix


def lot_rows(program: Program, facts: Facts, cells: NDArray[np.bool_], blocks: Blocks) -> None:
    """Rows that every plan in lots keeps.

    In a span of months with need D either nothing is made, then stock before and what lacks after cover D; or at least
    a lot L is made, then stock after and what lacked before are at least L - D. So with b = above before + below
    after + bought + lost, a = above after + below before:  b / D + a / (L - D) >= 1. For D beyond a lot the same
    holds for the part of a multiple that D is over a whole number (mixed integer rounding; Nemhauser and Wolsey,
    Integer and Combinatorial Optimization, II.1.7).
    """
    for span in _spans(facts, cells):
        p, before, whole = span.products, span.first - 1, span.short + span.over
        of_b, of_a = span.over / whole, span.short / whole
        # below = target - safe + late: the target stands on the right
        target = of_b * facts.safety[p, span.last] + of_a * facts.safety[p, before]
        rows = program.rows(p.shape, lower=span.short * span.over / whole - target)
        for part in blocks.above:
            program.add(rows, part[p, before], of_b)
            program.add(rows, part[p, span.last], of_a)
        program.add(rows, blocks.safe[p, span.last], -of_b)
        program.add(rows, blocks.safe[p, before], -of_a)
        program.add(rows[None], blocks.late[:, p, span.last], of_b[None])
        program.add(rows[None], blocks.late[:, p, before], of_a[None])
        for more in (blocks.bought, blocks.lost):
            program.add(rows[None, :, None], more[:, p, span.first : span.last + 1], of_b[None, :, None])


def _spans(facts: Facts, cells: NDArray[np.bool_]) -> Iterator[_Span]:
    size = np.where(facts.multiples > 0, facts.multiples, 1.0)
    lot = np.where(facts.multiples > 0, np.maximum(np.ceil(facts.lots / size - 1e-6), 1) * size, facts.lots)
    need = np.cumsum(facts.demand.sum(axis=0) - facts.receipts, axis=1) + facts.safety
    for width in WIDTHS:
        for first in range(1, cells.shape[1] - width + 1):
            last = first + width - 1
            asked = need[:, last] - need[:, first - 1]
            within = (asked > 0) & (asked < lot)
            short = np.where(within, asked, np.where(facts.multiples > 0, np.mod(asked, size), 0.0))
            over = np.where(within, lot - asked, np.where(facts.multiples > 0, size - short, 0.0))
            use = cells[:, first : last + 1].all(axis=1) & (short > WORTH_A_ROW) & (over > WORTH_A_ROW)
            products = np.flatnonzero(use)
            if products.size:
                yield _Span(products, first, last, short[products], over[products])
