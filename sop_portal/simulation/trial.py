"""What the rules make of a generated company, without a database: the ladder by kind of rep, for any seed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from demand.calibration import worth_learned
from sop_portal.simulation.company import CYCLES, HISTORY, Simulated, simulate
from sop_portal.simulation.people import INFORMED, NOISE, PERFECT

Floats = NDArray[np.float64]
KINDS = (INFORMED, PERFECT, NOISE)
LATER, ALL = "noise, 5th cycle on", "all"
SETTLED = 4
YEAR = 12


@dataclass(frozen=True)
class Trial:
    """WAPE over the changed cells of one kind of rep (`ALL` = everybody): baseline, sales, calibrated."""

    seed: int
    kind: str
    baseline: float
    sales: float
    plan: float
    cells: int


def plain_baseline(closed: Floats, months: int, family: NDArray[np.int64]) -> Floats:
    """(lines, months) mean of the last year × the family's season: a plain forecast from what is closed."""
    past = closed[:, -2 * YEAR :]
    total = np.zeros((int(family.max()) + 1, past.shape[1]))
    np.add.at(total, family, past)
    season = total.reshape(len(total), 2, YEAR).sum(axis=1)
    season = season / season.mean(axis=1, keepdims=True)
    level = closed[:, -YEAR:].mean(axis=1, keepdims=True)
    return level * season[family][:, np.arange(months) % YEAR]


def changed_cells(company: Simulated) -> pd.DataFrame:
    """Every changed cell: cycle, month, line, lag, rep, reason, before (plain baseline), after and actual."""
    family = pd.factorize(company.lines["family"])[0]
    parts = []
    for cycle, rows in company.inputs.groupby("cycle"):
        start = HISTORY + int(cycle)
        base = plain_baseline(company.actual[:, :start], int(rows["lag"].max()) + 1, family)
        line, lag = rows["line"].to_numpy(), rows["lag"].to_numpy()
        parts.append(rows.assign(month=start + lag, before=base[line, lag], actual=company.actual[line, start + lag]))
    cells = pd.concat(parts, ignore_index=True).rename(columns={"qty": "after"})
    return cells.assign(rep=company.lines["rep"].to_numpy()[cells["line"]])


def calibrated_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells with `plan`, what *calibrated* makes of each from the months closed before its own cycle."""
    parts = []
    for cycle, now in cells.groupby("cycle"):
        worth = worth_learned(cells[(cells["cycle"] < cycle) & (cells["month"] < HISTORY + int(cycle))])
        plan = now["before"] + worth.weights(now) * (now["after"] - now["before"])
        parts.append(now.assign(plan=np.maximum(plan, 0.0)))
    return pd.concat(parts, ignore_index=True)


def trials(seed: int) -> list[Trial]:
    """One row per kind of rep, one for noise once there is a past to learn from, and one for all: over the closed
    months of twelve cycles at lags 0 to 3."""
    company = simulate(seed)
    cells = calibrated_cells(changed_cells(company))
    cells = cells[cells["month"] < HISTORY + CYCLES]
    kind = {rep.username: rep.kind for rep in company.reps}
    groups = [(name, cells[cells["rep"].map(kind) == name]) for name in KINDS]
    noise = groups[KINDS.index(NOISE)][1]
    return [
        _trial(seed, name, part) for name, part in [*groups, (LATER, noise[noise["cycle"] >= SETTLED]), (ALL, cells)]
    ]


def _trial(seed: int, kind: str, cells: pd.DataFrame) -> Trial:
    size = float(cells["actual"].abs().sum())
    wape = {name: float((cells[name] - cells["actual"]).abs().sum()) / size for name in ("before", "after", "plan")}
    return Trial(seed, kind, wape["before"], wape["after"], wape["plan"], len(cells))


def trial_table(seeds: Iterable[int]) -> Iterator[str]:
    """The ladder by kind of rep as text, one row per seed, and the mean of all."""
    head = "".join(f"{kind:>24}" for kind in (*KINDS, LATER, ALL))
    yield "WAPE over changed cells, lags 0 to 3: baseline, sales, calibrated"
    yield f"{'seed':<6}{head}"
    every: list[list[Trial]] = []
    for seed in seeds:
        every.append(trials(seed))
        yield f"{seed:<6}" + "".join(_shown(row.baseline, row.sales, row.plan) for row in every[-1])
    by_kind = zip(*every, strict=True)
    means = [np.mean([(row.baseline, row.sales, row.plan) for row in rows], axis=0) for rows in by_kind]
    yield f"{'mean':<6}" + "".join(_shown(*mean) for mean in means)


def _shown(*wapes: float) -> str:
    return f"{'':>3}" + "".join(f"{wape:>7.1%}" for wape in wapes)
