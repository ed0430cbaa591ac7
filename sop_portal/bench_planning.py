"""What the cheapest plan costs on this machine: made problems of a company's size, planned and planned again."""

from collections.abc import Iterator
from dataclasses import replace
from math import inf
from time import perf_counter, process_time
from typing import Final

import numpy as np

from supply.cheapest_plan import cheapest_plan, least_possible
from supply.customer_classes import class_weights
from supply.linear_program import Unsolved
from supply.plan_problem import Costs, Problem

USUAL: Final = (200, 24, 20)
LARGE: Final = (2000, 24, 50)
PLAN_SECONDS: Final = {USUAL: 5.0, LARGE: 120.0}
SCENARIO_SECONDS: Final = 2.0
SEED: Final = 1


def made_problem(products: int, months: int, resources: int) -> Problem:
    """Seasonal demand that asks for about as many hours as there are; the same numbers every time."""
    draw = np.random.default_rng(SEED)
    hours = np.where(draw.random((resources, products)) < 3 / resources, draw.uniform(0.1, 2, (resources, products)), 0)
    level = draw.lognormal(3, 1, (products, 1))
    phase = (np.arange(months) + draw.integers(0, 12, (products, 1))) / 12
    demand = np.round(level * (1 + 0.4 * np.sin(2 * np.pi * phase)) * draw.uniform(0.7, 1.3, (products, months)))
    usual = (hours @ demand).mean(axis=1, keepdims=True) * draw.uniform(0.85, 1.1, (resources, 1))
    price = draw.uniform(20, 500, products)
    costs = Costs(
        late=0.1 * price[None], lost=1.2 * price[None], hold=0.012 * price, safety=0.05 * price, overtime=25.0
    )
    regular = np.repeat(usual, months, axis=1)
    return Problem(
        demand,
        hours,
        regular,
        costs,
        overtime=regular * 0.2,
        opening_stock=np.round(level[:, 0] * 0.5),
        safety_stock=np.round(level[:, 0] * 0.3),
        lead_months=draw.integers(0, 3, products),
        storable=draw.random(products) < 0.8,
        open_production=np.where(np.arange(months) < 2, np.round(level), 0),
    )


def in_lots(problem: Problem) -> Problem:
    """The same in lots of up to two months of a usual product's demand, half of them in whole tens."""
    draw, products = np.random.default_rng(SEED), len(problem.hours[0])
    lots, multiples = draw.choice([10.0, 20.0, 50.0], products), draw.choice([0.0, 10.0], products)
    return replace(problem, lots=lots, multiples=multiples)


def in_classes(problem: Problem) -> Problem:
    """The same for three classes of customers; the first costs half as much again when late."""
    draw, weight = np.random.default_rng(SEED), class_weights([1, 2, 3])[:, None]
    share = draw.dirichlet([2.0, 1.2, 0.8], len(problem.demand)).T[:, :, None]
    late, lost = (np.asarray(cost, dtype=float) * weight for cost in (problem.costs.late, problem.costs.lost))
    costs = replace(problem.costs, late=late, lost=lost)
    return replace(problem, demand=problem.demand * share, costs=costs)


def planning_figures(*, large: bool) -> Iterator[tuple[str, str, str]]:
    """(what, value, against) for the usual size and, where wanted, the large one, which may run out of time."""
    for size in (USUAL, LARGE) if large else (USUAL,):
        problem = made_problem(*size)
        name = " x ".join(map(str, size))
        asked, limit = PLAN_SECONDS[size], PLAN_SECONDS[size] if size == LARGE else inf
        yield _planned(f"cheapest plan, {name}", problem, asked, limit)
        shift = problem.regular.copy()
        shift[0] *= 1.25
        asked = SCENARIO_SECONDS if size == USUAL else asked
        yield _planned(f"a changed scenario, {name}", replace(problem, regular=shift), asked, limit)
        if size == USUAL:
            changed = replace(problem, regular=shift)
            yield _planned(f"cheapest plan in lots, {name}", in_lots(problem), PLAN_SECONDS[size], limit)
            yield _planned(f"a changed scenario in lots, {name}", in_lots(changed), asked, limit)
            yield _planned(f"cheapest plan by class, {name}", in_classes(problem), PLAN_SECONDS[size], limit)
            yield _planned(f"a changed scenario by class, {name}", in_classes(changed), asked, limit)


def _planned(what: str, problem: Problem, asked: float, limit: float) -> tuple[str, str, str]:
    start, worked = perf_counter(), process_time()
    try:
        made = cheapest_plan(problem, seconds=limit)
        found = f"{(made.hour_value > 0).sum()} hours have a value, gap {made.gap:.1%}"
    except Unsolved:
        found = f"not solved; no plan costs less than {least_possible(problem, seconds=limit):,.0f}"
    spent = f"{perf_counter() - start:.2f} s"
    return what, spent, f"asked: {asked:.0f} s; {process_time() - worked:.2f} s of processor time; {found}"
