"""Who is served in time: the classes of customers, and the products that miss the service target they have.

Shapes: K classes, P products, M months.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from supply.capacity import Matrix
from supply.cheapest_plan import CheapestPlan
from supply.ground import Ground, problem_of
from supply.plan_problem import full_facts

NEARLY: Final = 0.0005


@dataclass(frozen=True)
class ClassServed:
    """A class of customers: units asked for, and the share of them that ships in its month (None without demand)."""

    number: int
    units: float
    in_time: float | None


def classes_served(ground: Ground, made: CheapestPlan) -> list[ClassServed]:
    """The service of each class, the one served first first; nothing where customers have no classes.

    What a class waits for at a month's end is late, what it waited for before counts once.
    """
    if ground.parts is None or len(ground.parts.classes) != len(made.backlog):
        return []
    facts = full_facts(problem_of(ground))
    asked = facts.demand.sum(axis=(1, 2))
    late = np.minimum(made.backlog + made.lost, facts.demand).sum(axis=(1, 2))
    return [
        ClassServed(number, float(units), 1 - float(missed / units) if units > 0 else None)
        for number, units, missed in zip(ground.parts.classes, asked, late, strict=True)
    ]


def targets_missed(ground: Ground, late: Matrix) -> int:
    """Products whose share of units in time is below their service target; `late` (P, M) units."""
    demand = np.maximum(np.nan_to_num(ground.demand), 0.0).sum(axis=1)
    target = np.broadcast_to(np.asarray(ground.service, dtype=float), demand.shape)
    in_time = 1 - np.divide(late.sum(axis=1), demand, out=np.zeros_like(demand), where=demand > 0)
    return int(((in_time < target - NEARLY) & (demand > 0)).sum())
