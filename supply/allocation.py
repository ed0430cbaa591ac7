"""Which customer gets what is committed: product x month down to lines, by a named rule.

Always on the demand plan, never on a rep's raw number: asking for more does not bring more.
Shapes: L lines, P products, M months; `product_index` (L,) points from a line to its product.
"""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from supply.capacity import Matrix, checked

TINY: Final = 1e-9


class Rule(StrEnum):
    """How scarce units are shared among the lines of a product."""

    FAIR_SHARE = "fair_share"
    PRIORITY = "priority"
    MARGIN = "margin"
    COMMITTED = "committed"


def allocate(
    demand: ArrayLike,
    product_index: ArrayLike,
    commitment: ArrayLike,
    rule: Rule = Rule.FAIR_SHARE,
    *,
    priority: ArrayLike | None = None,
    margin: ArrayLike | None = None,
    promised: ArrayLike | None = None,
) -> Matrix:
    """Commitment (P, M) shared among lines (L, M).

    What a line may get in a month is what it asks for plus what it still waits for, so a late
    commitment serves the backlog and a line never gets more, cumulatively, than it asked for.

    - fair share: the same fraction of what each line may get;
    - priority: lower `priority` (L,) first, equal ones by fair share;
    - margin: higher `margin` (L,) per unit first, equal ones by fair share;
    - committed: what was `promised` (L, M) before, as far as it is still asked for and has not come yet, first by
      fair share; then the rest by fair share.

    The lines of a product add up to its commitment. ValueError when a commitment exceeds what its
    lines may get, or when the rule's vector is missing.
    """
    wanted = checked("demand plan", np.asarray(demand, dtype=float))
    committed = checked("commitment", np.asarray(commitment, dtype=float))
    product = np.asarray(product_index, dtype=np.int64)
    if product.shape != wanted.shape[:1] or committed.shape[1:] != wanted.shape[1:]:
        raise ValueError(
            f"demand plan {wanted.shape}, product index {product.shape} and commitment "
            f"{committed.shape} do not fit: expected (lines, months), (lines,), (products, months)."
        )
    order = _Order(product, _rank(rule, wanted.shape[0], priority, margin), len(committed))
    kept = np.cumsum(_promised(rule, promised, wanted), axis=1)
    result, waiting, given = np.empty_like(wanted), np.zeros(wanted.shape[0]), np.zeros(wanted.shape[0])
    for t in range(wanted.shape[1]):
        asked = waiting + wanted[:, t]
        result[:, t] = order.share_kept(asked, np.clip(kept[:, t] - given, 0.0, asked), committed[:, t], t)
        waiting, given = asked - result[:, t], given + result[:, t]
    return result


def _promised(rule: Rule, promised: ArrayLike | None, wanted: Matrix) -> Matrix:
    if rule is not Rule.COMMITTED:
        return np.zeros_like(wanted)
    if promised is None:
        raise ValueError(f"The rule {rule.value!r} needs what was promised for every line.")
    kept = checked("promised", np.asarray(promised, dtype=float))
    if kept.shape != wanted.shape:
        raise ValueError(f"committed: expected {wanted.shape} promised units, got {kept.shape}.")
    return kept


class _Order:
    """Lines grouped by (product, rank), the groups of a product in the order they are served."""

    def __init__(self, product: NDArray[np.int64], rank: Matrix, products: int) -> None:
        keys = np.stack([product.astype(float), rank], axis=1)
        groups, self.group = np.unique(keys, axis=0, return_inverse=True)
        self.product = groups[:, 0].astype(np.int64)
        self.first = np.searchsorted(self.product, np.arange(products))

    def share_kept(self, asked: Matrix, kept: Matrix, committed: Matrix, month: int) -> Matrix:
        """First what is `kept` of each line, then the rest of what it asked for."""
        if not kept.any():
            return self.share(asked, committed, month)
        totals, promised = (np.bincount(self.group, part, minlength=len(self.product)) for part in (asked, kept))
        self._check(totals.astype(float), committed, month)
        of_product = np.bincount(self.product, promised, minlength=len(committed))
        first = self.share(kept, np.minimum(committed, of_product), month)
        rest = self.share(asked - kept, np.maximum(committed - of_product, 0.0), month)
        # two parts of a number may add up to a hair more than it, and what waits would be less than nothing
        return np.minimum(first + rest, asked)

    def share(self, asked: Matrix, committed: Matrix, month: int) -> Matrix:
        totals = np.bincount(self.group, asked, minlength=len(self.product)).astype(float)
        running = np.concatenate([[0.0], np.cumsum(totals)])
        before = running[:-1] - running[self.first[self.product]]
        self._check(totals, committed, month)
        given = np.clip(committed[self.product] - before, 0.0, totals)
        whole = totals - given <= TINY * np.maximum(totals, 1.0)
        part = np.divide(given, totals, out=np.zeros_like(totals), where=totals > 0)
        return asked * np.where(whole, 1.0, part)[self.group]

    def _check(self, totals: Matrix, committed: Matrix, month: int) -> None:
        asked = np.bincount(self.product, totals, minlength=len(committed))
        over = np.flatnonzero(committed > asked + 1e-6 * np.maximum(asked, 1.0))
        if over.size:
            p = int(over[0])
            raise ValueError(
                f"Product {p} is committed {committed[p]:g} units in month {month}, but its lines "
                f"may get only {asked[p]:g}."
            )


def _rank(rule: Rule, lines: int, priority: ArrayLike | None, margin: ArrayLike | None) -> Matrix:
    if rule in (Rule.FAIR_SHARE, Rule.COMMITTED):
        return np.zeros(lines)
    chosen = priority if rule is Rule.PRIORITY else margin
    if chosen is None:
        raise ValueError(f"The rule {rule.value!r} needs a {rule.value} for every line.")
    rank = np.asarray(chosen, dtype=float)
    if rank.shape != (lines,) or not np.isfinite(rank).all():
        raise ValueError(f"{rule.value}: expected {lines} finite values, got {rank.shape}.")
    return -rank if rule is Rule.MARGIN else rank
