"""Totals down to cells, and cells to whole units, so that every total still adds up.

Two uses: a total edited at a higher level (family, region, rep, quarter, year) goes down pro rata
(:func:`spread_total`), and a published version is rounded once with its product × month totals kept
(:func:`round_matrix`). Both give what cannot be divided to the largest remainders (Hamilton's
method), ties in a fixed order, so the same input always gives the same output.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TINY = 1e-9


def spread_total(
    total: float,
    base: ArrayLike,
    *,
    held: ArrayLike | None = None,
    fallbacks: Sequence[ArrayLike] = (),
    decimals: int | None = None,
) -> Floats:
    """Spread ``total`` over the cells of ``base`` pro rata; the result has base's shape.

    ``held`` (bool, base's shape): cells that keep their base value. The others share the rest in
    proportion to ``base``; where that is all zero, to the first of ``fallbacks`` (baseline, last
    year, ...) that is not; else evenly. ``decimals`` None = unrounded, and ``math.fsum`` of the
    result is the total; else every spread cell is a multiple of 10**-decimals (if held cells are
    finer, their remainder rides on the largest free cell).
    Raises ValueError: negative or unknown numbers, a total finer than ``decimals``, held cells
    that already exceed the total, or nothing free to take the rest.

    >>> spread_total(100, [10, 20, 10], held=[True, False, False], decimals=0)
    array([10., 60., 30.])
    """
    cells, free = _checked_cells(base, held)
    rest = _rest_to_spread(total, cells, free, decimals)
    if not free.any():
        return cells
    weights = _weights(cells, free, fallbacks)
    result = cells.copy()
    result[free] = _shares(rest, weights, decimals)
    return result


def spread_basis(base: ArrayLike, *, held: ArrayLike | None = None, fallbacks: Sequence[ArrayLike] = ()) -> int:
    """Which weights :func:`spread_total` uses: 0 = base, 1.. = that fallback, -1 = evenly."""
    cells, free = _checked_cells(base, held)
    for number, candidate in enumerate([cells, *fallbacks]):
        if _checked_weights(candidate, cells.shape)[free].sum() > 0:
            return number
    return -1


def _checked_cells(base: ArrayLike, held: ArrayLike | None) -> tuple[Floats, NDArray[np.bool_]]:
    cells = np.array(base, dtype=float)
    _checked_weights(cells, cells.shape)
    if held is None:
        return cells, np.ones(cells.shape, dtype=bool)
    free = ~np.asarray(held, dtype=bool)
    if free.shape != cells.shape:
        raise ValueError(f"held has shape {free.shape}, base has {cells.shape}")
    return cells, free


def _checked_weights(candidate: ArrayLike, shape: tuple[int, ...]) -> Floats:
    weights = np.asarray(candidate, dtype=float)
    if weights.shape != shape:
        raise ValueError(f"a fallback has shape {weights.shape}, base has {shape}")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("cells to spread over must be known and not negative")
    return weights


def _rest_to_spread(total: float, cells: Floats, free: NDArray[np.bool_], decimals: int | None) -> float:
    if not math.isfinite(total) or total < 0:
        raise ValueError(f"a total must be a number of 0 or more, not {total}")
    if decimals is not None and abs(total * 10**decimals - round(total * 10**decimals)) > TINY * max(total, 1):
        raise ValueError(f"{total} cannot be split with {decimals} decimals")
    kept = math.fsum(cells[~free])
    rest = math.fsum([total, -kept])
    if rest < -TINY * max(total, 1):
        raise ValueError(f"held cells add up to {kept:g}, more than the total {total:g}")
    if not free.any() and rest > TINY * max(total, 1):
        raise ValueError(f"every cell is held: {rest:g} of the total {total:g} has nowhere to go")
    return max(rest, 0.0)


def _weights(cells: Floats, free: NDArray[np.bool_], fallbacks: Sequence[ArrayLike]) -> Floats:
    basis = spread_basis(cells, held=~free, fallbacks=fallbacks)
    if basis < 0:
        return np.ones(int(free.sum()))
    return _checked_weights([cells, *fallbacks][basis], cells.shape)[free]


def _shares(rest: float, weights: Floats, decimals: int | None) -> Floats:
    portions = weights / weights.max()
    portions = portions / portions.sum()
    if decimals is None:
        return _corrected(rest * portions, rest)
    units = math.floor(rest * 10**decimals + 1e-6)
    shares = _largest_remainder(units, portions) / 10**decimals
    is_clean = abs(math.fsum(shares) - rest) <= TINY * max(rest, 1)
    return shares if is_clean else _corrected(shares, rest)


def _corrected(shares: Floats, rest: float) -> Floats:
    """Put what floating point lost on the largest share, so that fsum gives ``rest``."""
    largest = int(shares.argmax())
    shares[largest] = max(0.0, math.fsum([rest, *-shares, shares[largest]]))
    return shares


def _largest_remainder(units: int, portions: Floats) -> Floats:
    """Whole units in proportion to ``portions`` (which add up to 1), exactly ``units`` together."""
    ideal = np.round(units * portions, 9)
    whole = np.floor(ideal)
    missing = int(units - whole.sum())
    first = np.argsort(whole - ideal, kind="stable")
    whole[first[:missing]] += 1
    return whole


def round_keeping_total(values: ArrayLike, decimals: int = 0, *, codes: ArrayLike) -> Floats:
    """Round ``values`` (1-D) so that they add up to their rounded total; ties by ``codes``.

    >>> round_keeping_total([1.5, 1.5, 1.5], codes=["c", "a", "b"])
    array([1., 2., 2.])
    """
    column = np.asarray(values, dtype=float)[:, np.newaxis]
    one_product = np.zeros(len(column), dtype=int)
    return round_matrix(column, one_product, decimals, codes)[:, 0]


def round_matrix(matrix: ArrayLike, product_index: ArrayLike, decimals: ArrayLike, order: ArrayLike) -> Floats:
    """Round a version for publishing: totals of product × month kept, largest remainder over lines.

    ``matrix`` (lines, months), not negative; ``product_index`` (lines,) counts products from 0;
    ``decimals`` one number or one per product; ``order`` (lines,) codes that settle ties, smallest
    first. Each product-month total is rounded half up, its lines are rounded down, and what is
    missing goes one unit each to the largest remainders. No cell moves by a whole unit or more.
    Raises ValueError on negative or unknown quantities or lengths that do not fit.
    """
    quantity, product, scale = _checked_matrix(matrix, product_index, decimals)
    ranks = np.unique(np.asarray(order), return_inverse=True)[1]
    if ranks.shape != product.shape:
        raise ValueError(f"order has {ranks.size} codes for {product.size} lines")
    if quantity.size == 0:
        return quantity
    rows = np.lexsort((ranks, product))
    scaled = np.round(quantity[rows] * scale[rows], 9)
    rounded = _round_sorted(scaled, product[rows]) / scale[rows]
    result = np.empty_like(quantity)
    result[rows] = rounded
    return result


def _checked_matrix(
    matrix: ArrayLike, product_index: ArrayLike, decimals: ArrayLike
) -> tuple[Floats, Integers, Floats]:
    quantity = np.asarray(matrix, dtype=float)
    product = np.asarray(product_index, dtype=np.int64)
    if quantity.ndim != 2 or product.shape != quantity.shape[:1]:
        raise ValueError(f"{product.shape} product numbers do not fit a matrix of {quantity.shape}")
    if not np.isfinite(quantity).all() or (quantity < 0).any():
        raise ValueError("quantities to round must be known and not negative")
    if (product < 0).any():
        raise ValueError("product numbers count from 0")
    places = np.asarray(decimals, dtype=float)
    per_line = np.full(product.shape, float(places)) if places.ndim == 0 else places[product]
    return quantity, product, 10.0 ** per_line[:, np.newaxis]


def _round_sorted(scaled: Floats, product: Integers) -> Floats:
    """Largest remainder within runs of equal ``product``; earlier rows win ties."""
    whole = np.floor(scaled)
    fraction = scaled - whole
    starts = np.flatnonzero(np.r_[True, product[1:] != product[:-1]])
    run = np.cumsum(np.r_[0, product[1:] != product[:-1]])
    missing = np.floor(np.round(np.add.reduceat(fraction, starts, axis=0), 6) + 0.5)
    best_first = np.argsort(2.0 * run[:, np.newaxis] - fraction, axis=0, kind="stable")
    place = np.arange(len(run)) - starts[run]
    raised = np.zeros(scaled.shape, dtype=bool)
    np.put_along_axis(raised, best_first, place[:, np.newaxis] < missing[run], axis=0)
    return whole + raised
