"""What the input of a manager and of marketing did in the month that closed last, in sentences for them alone.

A manager's: the changed cells of the team layer against the sales number beneath them, in the cycles that forecast the
month 0 to 3 months ahead. Marketing's: what the events were to add to the month in the plan made a month before (else
in the month's own), beside what came above the plan without events on the same lines.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from cycles.models import Cycle
from cycles.periods import add_months, months_between
from demand.matrices import Lines
from demand.models import CycleLine, Event, LayerLine, Stage
from demand.selectors.history import actuals_for
from demand.selectors.stages import stage_numbers
from demand.selectors.versions import events_applied, stage_plan, version_current
from kpis.event_words import event_sentence
from kpis.feedback import effect_of_changes, error_sentence, survival_sentence
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import company

LAGS: Final = (0, 1, 2, 3)
COLUMNS: Final = ("before", "after", "final", "actual", "price")


def review_sentences(manager: Person, month: date) -> tuple[list[str], bool]:
    """What the manager's own changes of team numbers did to the error of a closed month; whether in replayed cycles.

    Nothing for a manager who changed none.
    """
    said = _said(manager, month)
    if not said:
        return [], False
    cells, simulated = _cells(said, month)
    effect = effect_of_changes(*(cells[name].to_numpy(dtype=float) for name in COLUMNS))
    if not effect.changed:
        return [], False
    told = error_sentence(effect, f"{month:%B %Y}", company().currency)
    return [f"In your review: {told[0].lower()}{told[1:]}", survival_sentence(effect.survived)], simulated


def _said(manager: Person, month: date) -> list[tuple[date, int, float]]:
    """(cycle's month, line, number) of every cell of the month that the manager's layer has."""
    if manager.role != Role.SALES_MANAGER:
        return []
    rows = LayerLine.objects.filter(
        stage=Stage.TEAM, changed_by=manager, cycle__month__in=[add_months(month, -lag) for lag in LAGS]
    ).values_list("cycle__month", "line", "quantity")
    known = [(cycle, line, quantity[months_between(cycle, month)]) for cycle, line, quantity in rows]
    return [(cycle, line, value) for cycle, line, value in known if value is not None]


def _cells(said: list[tuple[date, int, float]], month: date) -> tuple[pd.DataFrame, bool]:
    """`COLUMNS` by cell in the cycles that have published, and whether one of these was replayed."""
    cycles, lines = sorted({row[0] for row in said}), np.unique([row[1] for row in said])
    numbers = stage_numbers(cycles, lines, (Stage.SALES, Stage.COMPANY_FORECAST))
    known = dict(zip(lines.tolist(), _came(lines, month), strict=True))
    prices = CycleLine.objects.filter(cycle__month__in=cycles, line__in=lines.tolist())
    facts = {row[:2]: row[2:] for row in prices.values_list("cycle__month", "line", "price", "cycle__simulated")}
    rows, simulated = [], False
    for cycle, line, after in said:
        final = numbers.finished.get((cycle, Stage.COMPANY_FORECAST))
        if final is None:
            continue
        at, lag = int(np.searchsorted(lines, line)), months_between(cycle, month)
        price, replayed = facts.get((cycle, line), (0.0, False))
        before = numbers.plan(cycle, Stage.SALES).quantity[at, lag]
        rows.append((before, after, final.quantity[at, lag], known[line], price))
        simulated |= replayed
    return pd.DataFrame(rows, columns=list(COLUMNS)), simulated


def _came(lines: Lines, month: date) -> list[float]:
    actual = actuals_for(lines, start=month, months=1, closed_before=add_months(month, 1)).quantity[:, 0]
    return [float(value) for value in actual]


def marketing_sentences(month: date) -> tuple[list[str], bool]:
    """What every event of a closed month promised and what came, the dearest promise first; whether it is replayed."""
    cycles = Cycle.objects.filter(month__in=[add_months(month, -1), month]).order_by("month")
    cycle = next((each for each in cycles if version_current(each, Stage.TEAM) is not None), None)
    if cycle is None:
        return [], False
    told = sorted(_events(cycle, month), key=lambda pair: -pair[0])
    return [sentence for _, sentence in told], bool(told) and cycle.simulated


def _events(cycle: Cycle, month: date) -> Iterator[tuple[float, str]]:
    """(promised money, sentence) of each event in the month."""
    plan, at = stage_plan(cycle, Stage.TEAM), months_between(cycle.month, month)
    effects = events_applied(cycle, plan)[1]
    effects = effects[effects["month"] == at]
    if effects.empty:
        return
    facts = _facts(cycle, plan.lines, plan.quantity[:, at], month)
    names = dict(Event.objects.filter(code__in=set(effects["event"])).values_list("code", "name"))
    for code, part in effects.groupby("event"):
        rows = facts.loc[part["line"].to_numpy()]
        added, above = part["added"].to_numpy(dtype=float), (rows["actual"] - rows["team"]).to_numpy()
        price = rows["price"].to_numpy(dtype=float)
        promised, came = (added.sum(), (added * price).sum()), (above.sum(), (above * price).sum())
        others = sorted({names[other] for other in _beside(effects, part)})
        yield (
            float(promised[1]),
            event_sentence(names[code], f"{month:%B %Y}", promised, came, company().currency, others),
        )


def _beside(effects: pd.DataFrame, part: pd.DataFrame) -> set[str]:
    """The other events on the same lines."""
    shared = effects[effects["line"].isin(part["line"])]
    return set(shared["event"]) - set(part["event"])


def _facts(cycle: Cycle, lines: np.ndarray, team: np.ndarray, month: date) -> pd.DataFrame:
    price = dict(CycleLine.objects.filter(cycle=cycle).values_list("line", "price"))
    prices = [price[line] for line in lines.tolist()]
    return pd.DataFrame({"team": team, "actual": _came(lines, month), "price": prices}, index=lines)
