"""A generated company: lines with a usual demand, surprises that no history foretells, and reps who know some of them.

Everything follows from the seed; nothing here knows of files or a database.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from sop_portal.simulation.people import PERFECT, Rep, reps_drawn, said_by

Floats = NDArray[np.float64]
HISTORY, CYCLES, LAGS = 24, 12, 4
CLOSED = HISTORY + CYCLES
FAMILIES = ("Kettles", "Lamps", "Scales", "Clocks")
PRODUCTS_EACH, CUSTOMERS_EACH, BOUGHT = 3, 3, 6
SURPRISES, RISES = 0.15, 0.65


@dataclass(frozen=True)
class Simulated:
    """`lines` has rep, customer, product and family (names) in the order of the rows of `usual` and `actual`
    (lines, months), whose months run from two years before the first cycle to the last month anybody speaks of;
    the first `CLOSED` months are closed. `inputs` has cycle, line, lag (numbers), qty and reason."""

    seed: int
    reps: list[Rep]
    lines: pd.DataFrame
    usual: Floats
    actual: Floats
    inputs: pd.DataFrame


def simulate(seed: int) -> Simulated:
    """The company of a seed: eight reps, 24 customers, 12 products in four families, 144 lines, twelve cycles."""
    random = np.random.default_rng(seed)
    reps = reps_drawn(random)
    lines = _lines(reps, random)
    usual = _usual(lines, random)
    surprise, actual = _actual(usual, random)
    parts = [_inputs(rep, lines, usual, actual, surprise, random) for rep in reps]
    return Simulated(seed, reps, lines, usual, actual, pd.concat(parts, ignore_index=True))


def _lines(reps: list[Rep], random: Generator) -> pd.DataFrame:
    products = [(f"{family} {size}", family) for family in FAMILIES for size in ("small", "medium", "large")]
    rows = []
    for number, rep in enumerate(sorted(reps, key=lambda rep: rep.username)):
        for each in range(CUSTOMERS_EACH):
            customer = f"C{number * CUSTOMERS_EACH + each + 1:02d}"
            chosen = sorted(random.choice(len(products), BOUGHT, replace=False))
            rows += [(rep.username, customer, *products[place]) for place in chosen]
    return pd.DataFrame(rows, columns=["rep", "customer", "product", "family"])


def _usual(lines: pd.DataFrame, random: Generator) -> Floats:
    """Level × season of the family × a slow trend."""
    months = np.arange(CLOSED + LAGS)
    level = random.lognormal(np.log(40), 0.5, len(lines))[:, None]
    peak = {family: random.integers(0, 12) for family in FAMILIES}
    at = lines["family"].map(peak).to_numpy()[:, None]
    season = 1 + 0.3 * np.cos(2 * np.pi * (months[None, :] - at) / 12)
    trend = (1 + random.normal(0.0, 0.005, len(lines))[:, None]) ** months[None, :]
    return level * season * trend


def _actual(usual: Floats, random: Generator) -> tuple[NDArray[np.bool_], Floats]:
    """Where a surprise comes, and what comes in the end in whole units."""
    surprise = random.random(usual.shape) < SURPRISES
    rise = random.random(usual.shape) < RISES
    times = np.where(rise, random.uniform(1.5, 2.5, usual.shape), random.uniform(0.2, 0.6, usual.shape))
    noise = random.lognormal(0.0, 0.12, usual.shape)
    return surprise, np.round(usual * noise * np.where(surprise, times, 1.0))


def _inputs(
    rep: Rep, lines: pd.DataFrame, usual: Floats, actual: Floats, surprise: NDArray[np.bool_], random: Generator
) -> pd.DataFrame:
    """What the rep entered in each cycle: what was known or believed by then of this month and the three after it."""
    own = np.flatnonzero(lines["rep"] == rep.username)
    said = said_by(rep, usual[own], actual[own], surprise[own], random)
    heard_at = np.zeros(usual[own].shape, dtype=int) if rep.kind == PERFECT else random.integers(0, LAGS, (len(own), 1))
    rows = []
    for cycle in range(CYCLES):
        for lag in range(LAGS):
            month = HISTORY + cycle + lag
            told = np.isfinite(said.quantity[:, month]) & (lag <= LAGS - 1 - heard_at[:, month % heard_at.shape[1]])
            rows += [(cycle, own[i], lag, said.quantity[i, month], said.reason[i, month]) for i in np.flatnonzero(told)]
    return pd.DataFrame(rows, columns=["cycle", "line", "lag", "qty", "reason"])
