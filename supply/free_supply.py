"""What supply can still deliver beyond everything it has committed.

Shapes: P products, R resources, M months. Each product is looked at alone: two that need the same hours cannot both be
promised in full.
"""

from dataclasses import dataclass

import numpy as np

from supply.capacity import Matrix, checked


@dataclass(frozen=True)
class Planned:
    """What a supply plan leaves per product: `inventory` and `backlog` at the month's end (P, M), `safety` (P,) that
    stays untouched, `hours` per unit (R, P), `spare` released hours that no production uses (R, M), and `arrives`
    (P,), the first month in which newly ordered supply can be there."""

    inventory: Matrix
    backlog: Matrix
    safety: Matrix
    hours: Matrix
    spare: Matrix
    arrives: np.ndarray


def room(planned: Planned) -> Matrix:
    """Units (P, M) the spare hours of a month could still make of one product: min over the resources it needs of
    spare / hours per unit. Nothing before it arrives, infinite where no resource limits it."""
    spare = checked("spare hours", np.asarray(planned.spare, dtype=float))
    hours = checked("hours per unit", np.asarray(planned.hours, dtype=float))
    products, months = planned.inventory.shape
    units = np.full((products, months), np.inf)
    for r in range(len(hours)):
        needs = hours[r] > 0
        units[needs] = np.minimum(units[needs], spare[r][None, :] / hours[r][needs, None])
    return np.where(np.arange(months) >= np.asarray(planned.arrives)[:, None], units, 0.0)


def free_by(planned: Planned, month: int) -> Matrix:
    """Units of an order for `month` that can ship by the end of `month`, `month` + 1, ... (P, M - month).

        spare stock_t = inventory_t - safety - backlog_t, not below 0
        free_n = min over t >= n of (spare stock_t + Σ room from `month` to t)

    What is taken from stock must be made good by free hours before a later commitment or the safety stock needs it, so
    nothing that is committed moves and no month ends with less of its safety stock than planned. Never falls from one
    month to the next. ValueError for a month outside the plan.
    """
    months = planned.inventory.shape[1]
    if not 0 <= month < months:
        raise ValueError(f"The plan has the months 0 to {months - 1}, got {month}.")
    kept = planned.backlog + np.asarray(planned.safety, dtype=float)[:, None]
    spare_stock = np.maximum(planned.inventory - kept, 0.0)
    above = spare_stock[:, month:] + np.cumsum(room(planned)[:, month:], axis=1)
    return np.minimum.accumulate(above[:, ::-1], axis=1)[:, ::-1]
