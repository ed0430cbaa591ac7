"""Between the two ways to plan: the cheapest plan as a commitment, and a commitment priced like the cheapest plan.

Shapes: P products, M months, R resources, T offers of extra hours.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from supply.capacity import Matrix
from supply.cheapest_plan import CheapestPlan
from supply.commitment import LEAD_TIME, NOT_SHORT, Commitment
from supply.customer_classes import served_in_order
from supply.plan_problem import Facts, Problem, full_facts

TINY: Final = 1e-6
UNKNOWN: Final = float("nan")


def as_commitment(made: CheapestPlan, problem: Problem, *, stock_known: bool) -> Commitment:
    """The cheapest plan as operations answers it: what ships of this demand, first in first out, and what keeps
    the rest: the resource whose hour is worth most to the product in that month, else the lead time."""
    facts = full_facts(problem)
    demand, owed, shipped = facts.demand.sum(axis=0), facts.owed.sum(axis=0), made.shipments.sum(axis=0)
    produced = made.production + made.bought
    commitment = committed(shipped, owed, demand)
    return Commitment(
        commitment=commitment,
        shipments=shipped,
        production=produced,
        inventory=made.inventory,
        backlog=made.backlog.sum(axis=0),
        load=made.load,
        binding=_binding(made, facts, commitment),
        stock_known=stock_known,
        open_demand=np.maximum(demand.sum(axis=1) - commitment.sum(axis=1), 0.0),
        by_rules=False,
        bought=made.bought,
    )


def committed(shipped: Matrix, owed: Matrix, demand: Matrix) -> Matrix:
    """What ships of `demand` (P, M) when the oldest is served first and `owed` (P,) is older than all of it."""
    so_far = np.clip(np.cumsum(shipped, axis=1) - owed[:, None], 0.0, np.cumsum(demand, axis=1))
    return np.maximum(np.diff(so_far, axis=1, prepend=0.0), 0.0)


def _binding(made: CheapestPlan, facts: Facts, commitment: Matrix) -> NDArray[np.int64]:
    """(P, M) the resource that keeps units from shipping in their month, LEAD_TIME, or NOT_SHORT."""
    short = facts.demand.sum(axis=0) - commitment > TINY
    if not len(facts.hours):
        return np.where(short, LEAD_TIME, NOT_SHORT)
    worth = facts.hours[:, :, None] * made.hour_value[:, None, :]
    full = worth.max(axis=0) > TINY
    early = np.arange(short.shape[1]) < facts.lead[:, None]
    named = np.where(full & ~early, worth.argmax(axis=0), LEAD_TIME)
    return np.where(short, named, NOT_SHORT)


def priced(made: Commitment, problem: Problem, *, bound: float = UNKNOWN) -> CheapestPlan:
    """A commitment with the costs of the same problem, so that it can stand beside cheapest plans.

    Hours above the regular ones are taken from overtime and offers, the cheapest first. `bound` is what no plan
    costs less than: it gives the gap; NaN when it is not known. Hours have no value here: the rules do not price them.
    """
    facts = full_facts(problem)
    over = np.maximum(made.load - facts.regular, 0.0)
    sources = np.concatenate([facts.overtime[None], facts.extra])
    taken = _taken(over, sources, np.concatenate([facts.overtime_cost[None], facts.extra_cost]))[0]
    overtime, extra = taken[0], taken[1:]
    extra_cost = (extra * facts.extra_cost[:, :, None]).sum(axis=0)
    cost = _cost(made, facts) + float((overtime * facts.overtime_cost[:, None]).sum() + extra_cost.sum())
    zero = np.zeros_like(made.production)
    bought = zero if made.bought is None else made.bought
    bought_cost = _taken(bought, facts.may_buy, facts.buy)[1]
    cost += float(bought_cost.sum())
    return CheapestPlan(
        production=made.production - bought,
        bought=bought,
        inventory=made.inventory,
        shipments=served_in_order(made.shipments, facts.demand, facts.owed),
        backlog=_waiting(made, facts),
        lost=np.zeros_like(facts.demand),
        load=made.load,
        overtime=overtime,
        extra=extra.sum(axis=0),
        extra_cost=extra_cost,
        bought_cost=bought_cost,
        hour_value=np.zeros_like(facts.regular),
        cost=cost,
        gap=max(cost - bound, 0.0) / max(abs(cost), 1.0) if np.isfinite(bound) else UNKNOWN,
    )


def _waiting(made: Commitment, facts: Facts) -> Matrix:
    """(K, P, M) what each class waits for at the month's end."""
    asked = facts.demand.copy()
    asked[:, :, 0] += facts.owed
    given = served_in_order(made.shipments, facts.demand, facts.owed)
    return np.maximum(np.cumsum(asked - given, axis=2), 0.0)


def _cost(made: Commitment, facts: Facts) -> float:
    """Late, never delivered (what is owed after the last month), held, and below safety stock."""
    backlog = _waiting(made, facts)
    missing = np.maximum(facts.safety - made.inventory, 0.0).sum(axis=1)
    return float(
        (facts.late * backlog[:, :, :-1].sum(axis=2)).sum()
        + (facts.lost * backlog[:, :, -1]).sum()
        + facts.hold @ made.inventory.sum(axis=1)
        + facts.below @ missing
    )


def _taken(needed: Matrix, sources: Matrix, rates: Matrix) -> tuple[Matrix, Matrix]:
    """What each source (S, N, M) gives of `needed` (N, M), the cheapest by `rates` (S, N) first, and what that costs
    (N, M)."""
    taken, left = np.zeros_like(sources), needed.copy()
    for row in range(needed.shape[0]):
        for source in np.argsort(rates[:, row], kind="stable"):
            part = np.minimum(left[row], sources[source, row])
            taken[source, row] = part
            left[row] -= part
    return taken, (taken * rates[:, :, None]).sum(axis=0)
